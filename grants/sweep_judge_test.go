package grants

import (
	"testing"
	"time"

	"port-iam/iamops"
	"port-iam/port"
)

// TestJudge: what a name is and what becomes of it, by what is known. Each row
// changes a grant that is as it should be.
func TestJudge(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	made, ended := now.Add(-2*time.Hour), now.Add(-2*time.Hour).Add(time.Second)
	ends := now.Add(time.Hour)
	const grace = 10 * time.Minute

	looked := func(f *facts) {
		f.looked, f.seen = true, seen{exists: true, role: true, attached: true, end: ends}
	}
	noEntity := func(f *facts) { f.entity, f.ours = nil, false }
	elsewhere := func(f *facts) { f.ours, f.elsewhere = false, true }
	noRole := func(f *facts) {
		f.listed.RoleCreated, f.seen.role, f.seen.attached = time.Time{}, false, false
	}
	onlyEntity := func(f *facts) {
		f.inIAM, f.listed = false, iamops.Listed{RunID: f.listed.RunID}
	}
	over := func(f *facts) { f.listed.Ends, f.seen.end = now, now }
	run := func(s port.Status) func(*facts) {
		return func(f *facts) {
			if f.run.Status = s; !s.Ended() {
				f.run.EndedAt = time.Time{}
			}
		}
	}
	unknownRun := func(f *facts) { f.run = port.Run{} }
	noRun := func(f *facts) { f.run, f.runRead = port.Run{}, false }
	entityRead := func(f *facts) { f.entityRead, f.placeRead = true, true }
	unreportable := func(f *facts) { f.unreportable = true }
	seenNothing := func(f *facts) { f.looked, f.seen = true, seen{} }

	for _, c := range []struct {
		name   string
		change []func(*facts)
		state  State
		remove string
		need   need
	}{
		{"as it should be", nil, StateActive, "", needNothing},
		{"as it should be, looked at", []func(*facts){looked}, StateActive, "", needNothing},
		{"its run was not read", []func(*facts){noRun}, StateActive, "", needRun},
		{"its run ended SUCCESS, as an earlier sweep read", []func(*facts){noRun, func(f *facts) { f.succeeded = made }}, StateActive, "", needNothing},
		{"its run ended SUCCESS, and the role is another one now", []func(*facts){noRun, func(f *facts) { f.succeeded = made.Add(-time.Hour) }}, StateActive, "", needRun},
		{"its turn", []func(*facts){func(f *facts) { f.closely = true }}, StateActive, "", needLive},
		{"the list does not say when it ends", []func(*facts){func(f *facts) { f.listed.EndKnown = false }}, StateActive, "", needLive},
		{"a name that is none of a grant", []func(*facts){func(f *facts) { f.listed.RunID = "" }}, StateForeign, "", needNothing},

		{"over", []func(*facts){over}, StateExpired, removedExpired, needLive},
		{"over, looked at", []func(*facts){looked, over}, StateExpired, removedExpired, needNothing},
		{"over by the list alone", []func(*facts){looked, over, func(f *facts) { f.seen.end = ends }}, StateExpired, "", needNothing},
		{"over by the list, until revoked by the tags", []func(*facts){looked, over, func(f *facts) { f.seen.end = time.Time{} }}, StateExpired, "", needNothing},
		{"over by the tags, where the list says nothing", []func(*facts){looked, over, func(f *facts) { f.listed.EndKnown, f.listed.Ends = false, time.Time{} }}, StateExpired, removedExpired, needNothing},
		{"over, its run open", []func(*facts){looked, over, run(port.StatusInProgress)}, StateExpired, removedExpired, needNothing},
		{"over, and gone from IAM", []func(*facts){seenNothing, over}, StateExpired, removedExpired, needNothing},

		{"cut", []func(*facts){looked, func(f *facts) { f.seen.cut = true }}, StateIncomplete, removedInterrupted, needNothing},
		{"detached", []func(*facts){looked, func(f *facts) { f.seen.attached = false }}, StateIncomplete, removedInterrupted, needNothing},
		{"detached, its run not read", []func(*facts){looked, noRun, func(f *facts) { f.seen.attached = false }}, StateActive, "", needRun},
		{"detached, its run open", []func(*facts){looked, run(port.StatusInProgress), func(f *facts) { f.seen.attached = false }}, StateIncomplete, "", needNothing},
		{"detached within the grace", []func(*facts){looked, func(f *facts) { f.seen.attached, f.run.EndedAt = false, now.Add(-time.Minute) }}, StateActive, "", needNothing},

		{"detached and over, its run not read", []func(*facts){looked, over, noRun, func(f *facts) { f.seen.attached = false }}, StateExpired, removedExpired, needNothing},
		{"detached, over by the list alone, its run not read", []func(*facts){looked, over, noRun, func(f *facts) { f.seen.attached, f.seen.end = false, ends }}, StateActive, "", needRun},
		{"over, its run not read", []func(*facts){over, noRun}, StateExpired, removedExpired, needLive},

		{"unreportable, its run not read", []func(*facts){looked, noRun, unreportable}, StateActive, "", needRun},
		{"unreportable, its run open", []func(*facts){looked, run(port.StatusInProgress), unreportable}, StateIncomplete, removedInterrupted, needNothing},
		{"unreportable, its run open, not looked at", []func(*facts){run(port.StatusInProgress), unreportable}, StateIncomplete, removedInterrupted, needLive},
		{"unreportable, Port does not give its run", []func(*facts){looked, noRun, unreportable, func(f *facts) { f.runFailed = true }}, StateIncomplete, removedInterrupted, needNothing},
		{"unreportable, and its run ended SUCCESS after all", []func(*facts){looked, unreportable}, StateActive, "", needNothing},
		{"unreportable, its run unknown", []func(*facts){looked, unknownRun, unreportable}, StateOrphaned, "", needNothing},

		{"foreign", []func(*facts){seenNothing, func(f *facts) { f.foreign = true }}, StateForeign, "", needNothing},
		{"foreign before", []func(*facts){func(f *facts) { f.foreign = true }}, StateForeign, "", needNothing},
		{"foreign before, its run not read", []func(*facts){noRun, func(f *facts) { f.foreign = true }}, StateForeign, "", needRun},
		{"foreign before, its run failed", []func(*facts){run(port.StatusFailure), func(f *facts) { f.foreign = true }}, StateForeign, removedOrphaned, needLive},
		{"foreign, its run failed, nothing of ours", []func(*facts){seenNothing, run(port.StatusFailure), func(f *facts) { f.foreign = true }}, StateForeign, "", needNothing},
		{"foreign before and over", []func(*facts){over, func(f *facts) { f.foreign = true }}, StateActive, "", needLive},
		{"foreign next to what a failed run left", []func(*facts){looked, run(port.StatusFailure), func(f *facts) { f.foreign = true }}, StateForeign, removedOrphaned, needNothing},
		{"foreign next to what has expired", []func(*facts){looked, over, func(f *facts) { f.foreign = true }}, StateForeign, removedExpired, needNothing},
		{"foreign next to what is ours", []func(*facts){looked, func(f *facts) { f.foreign = true }}, StateForeign, "", needNothing},
		{"foreign next to what is ours, its run not read", []func(*facts){looked, noRun, func(f *facts) { f.foreign = true }}, StateForeign, "", needRun},

		{"changed", []func(*facts){looked, func(f *facts) { f.changed = true }}, StateChanged, "", needNothing},
		{"changed and over", []func(*facts){looked, over, func(f *facts) { f.changed = true }}, StateExpired, removedExpired, needNothing},

		{"its run is open", []func(*facts){run(port.StatusInProgress)}, StateIncomplete, "", needNothing},
		{"its run waits for approval", []func(*facts){run("WAITING_FOR_APPROVAL")}, StateIncomplete, "", needNothing},
		{"its run is in a state we do not know", []func(*facts){run("RESTING")}, StateIncomplete, "", needNothing},
		{"its run failed", []func(*facts){run(port.StatusFailure)}, StateOrphaned, removedOrphaned, needLive},
		{"its run failed, looked at", []func(*facts){looked, run(port.StatusFailure)}, StateOrphaned, removedOrphaned, needNothing},
		{"its run failed, and it is gone", []func(*facts){seenNothing, noEntity, run(port.StatusFailure)}, StateIncomplete, "", needNothing},
		{"its run is unknown", []func(*facts){looked, unknownRun}, StateOrphaned, "", needNothing},
		{"made after its run", []func(*facts){looked, func(f *facts) { f.listed.RoleCreated = ended.Add(lateAfter + time.Second) }}, StateOrphaned, removedOrphaned, needNothing},
		{"made after its run, no entity, too many of them", []func(*facts){looked, noEntity, func(f *facts) {
			f.listed.RoleCreated, f.braked = ended.Add(lateAfter+time.Second), true
		}}, StateOrphaned, removedOrphaned, needNothing},
		{"made with its run", []func(*facts){looked, func(f *facts) { f.listed.RoleCreated = ended.Add(lateAfter) }}, StateActive, "", needNothing},

		{"no entity in the list", []func(*facts){noEntity}, StateActive, "", needEntity},
		{"no entity", []func(*facts){looked, noEntity, entityRead}, StateOrphaned, removedOrphaned, needNothing},
		{"no entity, not looked at", []func(*facts){noEntity, entityRead}, StateOrphaned, removedOrphaned, needLive},
		{"no entity, too many of them", []func(*facts){looked, noEntity, entityRead, func(f *facts) { f.braked = true }}, StateOrphaned, "", needNothing},
		{"no entity within the grace", []func(*facts){looked, noEntity, entityRead, func(f *facts) { f.run.EndedAt = now.Add(-grace + time.Second) }}, StateOrphaned, "", needNothing},
		{"no entity, and Port does not say when the run ended", []func(*facts){looked, noEntity, entityRead, func(f *facts) { f.run.EndedAt = time.Time{} }}, StateOrphaned, "", needNothing},
		{"an entity that the list did not show", []func(*facts){entityRead}, StateActive, "", needNothing},

		{"an entity of a role elsewhere in the list", []func(*facts){elsewhere}, StateActive, "", needEntity},
		{"an entity of a role elsewhere", []func(*facts){looked, elsewhere, entityRead}, StateOrphaned, removedOrphaned, needNothing},
		{"an entity of a role elsewhere, its run not read", []func(*facts){looked, elsewhere, noRun, func(f *facts) { f.succeeded = made }}, StateActive, "", needRun},
		{"an entity of a role elsewhere, its run open", []func(*facts){looked, elsewhere, run(port.StatusInProgress)}, StateIncomplete, "", needNothing},
		{"an entity of a role elsewhere within the grace", []func(*facts){looked, elsewhere, entityRead, func(f *facts) { f.run.EndedAt = now.Add(-grace + time.Second) }}, StateOrphaned, "", needNothing},
		{"an entity of a role elsewhere, too many of them", []func(*facts){looked, elsewhere, entityRead, func(f *facts) { f.braked = true }}, StateOrphaned, "", needNothing},
		{"a policy alone, and an entity of a role elsewhere", []func(*facts){looked, noRole, elsewhere, entityRead}, StateOrphaned, removedOrphaned, needNothing},
		{"an entity that says nothing of its role", []func(*facts){looked, entityRead, func(f *facts) { f.ours = false }}, StateActive, "", needNothing},

		{"a policy without a role in the lists", []func(*facts){noRole}, StateActive, "", needLive},
		{"a policy without a role", []func(*facts){looked, noRole, noEntity, entityRead}, StateOrphaned, removedOrphaned, needNothing},
		{"a young policy without a role", []func(*facts){looked, noRole, noEntity, entityRead, func(f *facts) { f.listed.PolicyCreated = now.Add(-grace + time.Second) }}, StateOrphaned, "", needNothing},
		{"a policy whose role the lists did not show yet", []func(*facts){looked, func(f *facts) { f.listed.RoleCreated = time.Time{} }}, StateActive, "", needNothing},

		{"an entity without a role", []func(*facts){onlyEntity, seenNothing, entityRead}, StateIncomplete, removedOrphaned, needNothing},
		{"an entity without a role, not looked at", []func(*facts){onlyEntity, entityRead}, StateIncomplete, removedOrphaned, needLive},
		{"an entity without a role, in the list alone", []func(*facts){onlyEntity}, StateIncomplete, "", needEntity},
		{"an entity without a role, not asked for elsewhere", []func(*facts){onlyEntity, seenNothing, entityRead, func(f *facts) { f.placeRead = false }}, StateIncomplete, "", needPlace},
		{"an entity without a role, and perhaps one elsewhere", []func(*facts){onlyEntity, seenNothing, entityRead, func(f *facts) { f.mayBeIn = "222222222222" }}, StateIncomplete, "", needNothing},
		{"an entity without a role, its run not read", []func(*facts){onlyEntity, noRun}, StateIncomplete, "", needRun},
		{"an entity without a role, its run open", []func(*facts){onlyEntity, entityRead, run(port.StatusInProgress)}, StateIncomplete, "", needNothing},
		{"an entity without a role, its run in a state we do not know", []func(*facts){onlyEntity, entityRead, run("RESTING")}, StateIncomplete, "", needNothing},
		{"an entity without a role, its run failed just now", []func(*facts){onlyEntity, run(port.StatusFailure), seenNothing, entityRead, func(f *facts) { f.run.EndedAt = now }}, StateIncomplete, removedOrphaned, needNothing},
		{"an entity without a role within the grace", []func(*facts){onlyEntity, entityRead, func(f *facts) { f.run.EndedAt = now.Add(-grace + time.Second) }}, StateIncomplete, "", needNothing},
		{"an entity without a role, and Port does not say when its run ended", []func(*facts){onlyEntity, entityRead, func(f *facts) { f.run.EndedAt = time.Time{} }}, StateIncomplete, "", needNothing},
		{"an entity without a role, its run unknown", []func(*facts){onlyEntity, entityRead, unknownRun}, StateIncomplete, "", needNothing},
		{"an entity without a role or end, its run unknown", []func(*facts){onlyEntity, entityRead, unknownRun, func(f *facts) { f.entityEnds = time.Time{} }}, StateIncomplete, "", needNothing},
		{"an entity without a role that is over, its run unknown", []func(*facts){onlyEntity, seenNothing, entityRead, unknownRun, func(f *facts) { f.entityEnds = now }}, StateIncomplete, removedOrphaned, needNothing},
		{"an entity without a role that is over, its run open", []func(*facts){onlyEntity, entityRead, run(port.StatusInProgress), func(f *facts) { f.entityEnds = now }}, StateIncomplete, "", needNothing},
		{"an entity without a role that is gone meanwhile", []func(*facts){onlyEntity, seenNothing, noEntity, entityRead}, StateIncomplete, "", needNothing},
		{"an entity that names a role elsewhere meanwhile", []func(*facts){onlyEntity, seenNothing, elsewhere, entityRead}, StateIncomplete, "", needNothing},
		{"an entity whose role appeared, its run not read", []func(*facts){onlyEntity, looked, noRun}, StateActive, "", needRun},
		{"an entity whose role appeared", []func(*facts){onlyEntity, looked}, StateActive, "", needNothing},
	} {
		f := &facts{
			name: "Permission-r_1", inIAM: true, memory: &memory{},
			listed: iamops.Listed{Name: "Permission-r_1", RunID: "r_1", RoleCreated: made, PolicyCreated: made, Ends: ends, EndKnown: true},
			entity: &port.Entity{Identifier: "Permission-r_1"}, ours: true, entityEnds: ends,
			runRead: true, run: port.Run{ID: "r_1", Status: port.StatusSuccess, EndedAt: ended},
		}
		for _, change := range c.change {
			change(f)
		}
		v, n := judge(f, now, rules{grace: grace})
		if v.state != c.state || v.remove != c.remove || n != c.need {
			t.Errorf("%s: %s, remove %q, need %d (%s); want %s, %q, %d", c.name, v.state, v.remove, n, v.why, c.state, c.remove, c.need)
		}
		if foreign := v.state == StateForeign && v.remove == ""; foreign && !v.ends.IsZero() {
			t.Errorf("%s: it is said to end at %s", c.name, v.ends)
		}
		if (v.why == "") != (v.state == StateActive) && n == needNothing {
			t.Errorf("%s: %s because %q", c.name, v.state, v.why)
		}
	}
}

// TestJudgeForced: by force, a grant goes whose run Port does not know, if it has
// no end of its own.
func TestJudgeForced(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	f := &facts{
		name: "Permission-r_1", inIAM: true, memory: &memory{}, runRead: true, looked: true, seen: seen{exists: true, role: true, attached: true},
		listed: iamops.Listed{Name: "Permission-r_1", RunID: "r_1", RoleCreated: now.Add(-time.Hour), EndKnown: true},
	}
	for force, want := range map[bool]string{false: "", true: removedOrphaned} {
		if v, _ := judge(f, now, rules{force: force}); v.remove != want || v.state != StateOrphaned {
			t.Errorf("force %v: %+v", force, v)
		}
	}
	f.listed.Ends, f.seen.end = now.Add(time.Hour), now.Add(time.Hour)
	if v, _ := judge(f, now, rules{force: true}); v.remove != "" {
		t.Errorf("with an end: %+v", v)
	}
}
