package grants

import (
	"fmt"
	"time"

	"port-iam/iamops"
	"port-iam/port"
)

// facts are what is known of one name. The lists give the first of them; what
// judge needs beyond is read when it asks.
type facts struct {
	name   string
	listed iamops.Listed // zero where IAM lists nothing
	inIAM  bool          // IAM lists it
	entity *port.Entity  // as Port lists it or, once entityRead, as it was read; nil: none
	// What the entity says: its role is the one that IAM would list under this
	// name, or another one; and its end, zero: none.
	ours, elsewhere bool
	entityEnds      time.Time
	closely         bool // it is its turn to be looked at closely
	braked          bool // too many grants lack their entities: see [round.brake]

	// unreportable: the run is open, no record comes for it any more, and Port does
	// not take its end.
	unreportable bool
	*memory      // of earlier sweeps, and of the look at this one
	// Read at this sweep.
	looked     bool
	seen       seen
	live       iamops.Live // what was looked at
	runRead    bool
	runFailed  bool     // Port does not give the run, which is unreportable besides
	run        port.Run // zero where Port does not know it
	entityRead bool
	placeRead  bool
	mayBeIn    string // another account in which the grant of an entity may be; "": none
}

// seen is what a close look shows. The live objects count more than the lists.
type seen struct {
	exists, role  bool      // something of ours; its role
	attached, cut bool      // as [iamops.Live] says
	end           time.Time // as the tags say; zero: until revoked
}

// need is what judge must know to decide.
type need int

const (
	needNothing need = iota
	needLive         // [iamops.Ops.Look]
	needRun          // the run that made the grant
	needEntity       // the grant's entity, by its identifier
	needPlace        // whether it may be in the account of the resource that its run is about
)

// verdict is what a name is, and what is to be done.
type verdict struct {
	state  State
	why    string
	ends   time.Time
	remove string // the reason of its removal, as the metrics name it; "": it stays
	// doubtful: so many of these would mean that something else is wrong: see
	// [round.brake].
	doubtful bool
}

// rules are the settings that judge goes by.
type rules struct {
	grace time.Duration // see [SweepOptions]
	force bool
}

// lateAfter: a role created so long after the end of its run was made by a
// process that should have stopped.
const lateAfter = time.Minute

// judge says what a name is and whether it is to be removed. It reads nothing and
// changes nothing: where the facts do not suffice, it says what to read first. A
// removal is decided by the live objects: before they were looked at, a verdict
// that says so is only a suspicion, and comes with [needLive].
func judge(f *facts, now time.Time, r rules) (verdict, need) {
	v, n := f.judgeClosely(now, r)
	if v.state != StateForeign || v.remove != "" { // of what is not ours we know no end
		v.ends = f.end()
	}
	if v.remove != "" && !f.looked {
		n = needLive
	}
	return v, n
}

// judgeClosely decides by what a close look shows, and leaves the rest to
// judgeByTime.
func (f *facts) judgeClosely(now time.Time, r rules) (verdict, need) {
	detached := f.seen.role && !f.seen.attached
	over := expired(f.seen.end, now) && expired(f.end(), now) // which needs no run
	switch {
	case f.listed.RunID == "":
		return verdict{state: StateForeign, why: "its name is not that of a grant"}, needNothing
	case !f.looked && f.mustLook(now):
		return verdict{state: StateActive}, needLive
	case f.foreign && f.looked && !f.seen.exists:
		return verdict{state: StateForeign, why: "its tags are not ours"}, needNothing
	// Next to what is foreign there may be something of ours.
	case f.foreign && f.seen.exists && expired(f.seen.end, now):
		return verdict{state: StateForeign, why: "one of role and policy is not ours; the time of the other is over", remove: removedExpired}, needNothing
	case f.foreign && !f.runRead:
		return verdict{state: StateForeign}, needRun
	case f.foreign && f.run.Status.Ended() && f.run.Status != port.StatusSuccess:
		return verdict{state: StateForeign, why: "one of role and policy is not ours; the other was left by a failed run", remove: removedOrphaned}, needNothing
	case f.foreign:
		return verdict{state: StateForeign, why: "its tags are not ours"}, needNothing
	case f.seen.cut:
		return verdict{state: StateIncomplete, why: "its removal was interrupted", remove: removedInterrupted}, needNothing
	case over:
	case (detached || f.unreportable) && !f.runRead && !f.runFailed:
		return f.standing(), needRun
	case f.unreportable && (f.runFailed || f.run.ID != "" && !f.run.Status.Ended()):
		return verdict{state: StateIncomplete, why: "its run was lost, and Port does not take its end", remove: removedInterrupted}, needNothing
	case detached && f.run.Status == port.StatusSuccess && f.endedFor(r.grace, now):
		// A run ends SUCCESS only after the attachment: a removal has come past its
		// Deny and no further, or the policy was detached by hand. Both want it gone.
		return verdict{state: StateIncomplete, why: "its policy is not attached: its removal was interrupted", remove: removedInterrupted}, needNothing
	}
	return f.judgeByTime(now, r)
}

// judgeByTime decides by the end of the grant, and leaves the rest to judgeByRun.
func (f *facts) judgeByTime(now time.Time, r rules) (verdict, need) {
	if !f.isListed() || !expired(f.end(), now) {
		return f.judgeByRun(now, r)
	}
	if f.seen.exists && !expired(f.seen.end, now) {
		// The tags decide, not the description from the list.
		return verdict{state: StateExpired, why: "its time is over by its description, and its tags do not say so: one of them was changed by hand"}, needNothing
	}
	return verdict{state: StateExpired, why: "its time is over", remove: removedExpired}, needNothing
}

// judgeByRun decides by the run that made the grant.
func (f *facts) judgeByRun(now time.Time, r rules) (verdict, need) {
	orphaned := func(why string, remove bool) (verdict, need) {
		v := verdict{state: StateOrphaned, why: why}
		if remove {
			v.remove = removedOrphaned
		}
		return v, needNothing
	}
	whole := f.hasRole() && f.entity != nil && !f.elsewhere
	switch {
	case whole && !f.succeeded.IsZero() && f.succeeded.Equal(f.listed.RoleCreated):
		return f.standing(), needNothing
	case !f.runRead:
		return f.standing(), needRun
	case !f.hasRole() && !f.hasPolicy():
		return f.judgeEntity(now, r)
	case f.run.ID == "":
		return orphaned("Port does not know its run", r.force && f.end().IsZero())
	case !f.run.Status.Ended():
		v := f.standing()
		if v.state != StateChanged {
			v.state, v.why = StateIncomplete, fmt.Sprintf("its run is still open (%s)", f.run.Status)
		}
		return v, needNothing
	case f.run.Status != port.StatusSuccess:
		return orphaned(fmt.Sprintf("its run ended %s", f.run.Status), true)
	case f.late():
		return orphaned("its role was made after its run had ended", true)
	case whole:
		return f.standing(), needNothing
	case !f.entityRead:
		return f.standing(), needEntity
	}
	waits := f.braked || !f.endedFor(r.grace, now)
	if f.hasRole() {
		why := "its run succeeded, and Port has no entity of it"
		if f.elsewhere {
			why = "its run succeeded, and its entity names a role elsewhere"
		}
		v, n := orphaned(why, !waits)
		v.doubtful = true
		return v, n
	}
	return orphaned("a policy without a role", !waits && now.Sub(f.listed.PolicyCreated) >= r.grace)
}

// judgeEntity judges an entity of which IAM has nothing.
func (f *facts) judgeEntity(now time.Time, r rules) (verdict, need) {
	v := verdict{state: StateIncomplete, why: "an entity without a role"}
	goes := false
	switch {
	case f.entity == nil:
		v.why = "removed since the lists were read"
	case !f.ours:
		v.why = "an entity of a role elsewhere"
	case f.run.ID == "":
		v.why = "an entity without a role, and Port does not know its run"
		goes = expired(f.entityEnds, now) || r.force && f.entityEnds.IsZero()
	case f.run.Status == port.StatusSuccess:
		goes = f.endedFor(r.grace, now)
	default:
		goes = f.run.Status.Ended()
	}
	switch {
	case goes && !f.entityRead:
		return v, needEntity
	case goes && !f.placeRead:
		return v, needPlace
	case goes && f.mayBeIn != "":
		v.why = fmt.Sprintf("an entity without a role in the account that it names, and it was requested for a resource of account %s, where it may be", f.mayBeIn)
	case goes:
		v.remove = removedOrphaned
	}
	return v, needNothing
}

// mustLook: what the lists show does not suffice, or it is its turn.
func (f *facts) mustLook(now time.Time) bool {
	return f.inIAM && (f.closely || !f.listed.HasRole() || !f.listed.EndKnown && !f.foreign || f.foreign && expired(f.listed.Ends, now))
}

// standing is the verdict of a grant that nothing speaks against.
func (f *facts) standing() verdict {
	switch {
	case f.changed:
		return verdict{state: StateChanged, why: "changed by hand"}
	case !f.isListed():
		return verdict{state: StateIncomplete, why: "an entity without a role"}
	case !f.hasRole():
		return verdict{state: StateIncomplete, why: "a policy without a role"}
	}
	return verdict{state: StateActive}
}

func (f *facts) isListed() bool { return f.inIAM || f.seen.exists }

func (f *facts) hasRole() bool {
	if f.looked {
		return f.seen.role
	}
	return f.listed.HasRole()
}

func (f *facts) hasPolicy() bool {
	if f.looked {
		return f.seen.exists && !f.seen.role
	}
	return !f.listed.PolicyCreated.IsZero()
}

// end is when the grant ends: as the list says or, where it says nothing, as the
// tags do. Zero: until it is revoked, or not known.
func (f *facts) end() time.Time {
	if f.looked && (!f.listed.EndKnown || f.listed.Ends.IsZero()) {
		return f.seen.end
	}
	return f.listed.Ends
}

// late: the role was made after its run had ended.
func (f *facts) late() bool {
	return f.listed.HasRole() && !f.run.EndedAt.IsZero() && f.listed.RoleCreated.After(f.run.EndedAt.Add(lateAfter))
}

// endedFor reports whether the run has ended at least so long ago. Where Port
// does not say when, nothing that counts from there is decided.
func (f *facts) endedFor(d time.Duration, now time.Time) bool {
	return f.run.Status.Ended() && !f.run.EndedAt.IsZero() && now.Sub(f.run.EndedAt) >= d
}
