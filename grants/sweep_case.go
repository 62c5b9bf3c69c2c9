package grants

import (
	"context"
	"maps"
	"slices"
	"time"

	"port-iam/iamops"
	"port-iam/port"
)

// sweepCase is one name at a sweep.
type sweepCase struct {
	name    string
	listed  iamops.Listed // zero where IAM lists nothing
	inIAM   bool
	entity  *port.Entity // as Port lists it; nil where it lists none
	closely bool         // its turn to be looked at closely

	run      port.Run
	runErr   error // of reading the run
	runKnown bool  // the run was read, or need not be

	state   State
	why     string
	ends    time.Time
	removed bool
	braked  bool
}

func (c *sweepCase) finding() Finding {
	return Finding{Name: c.name, State: c.state, Ends: c.ends, Why: c.why, Removed: c.removed}
}

// lateAfter: a role created so long after the end of its run was made by a
// process that should have stopped.
const lateAfter = time.Minute

// cases brings together what IAM and Port list, by name.
func (w *Sweeper) cases(listed map[string]iamops.Listed, entities []port.Entity) []*sweepCase {
	all := map[string]*sweepCase{}
	for name, l := range listed {
		all[name] = &sweepCase{name: name, listed: l, inIAM: true, state: StateActive, ends: l.Ends}
	}
	for i, e := range entities {
		c := all[e.Identifier]
		if c == nil {
			if _, ok := iamops.RunID(e.Identifier); !ok || !w.svc.isOurs(&e) {
				continue // somebody else's, as the guide's own workflow makes them
			}
			c = &sweepCase{name: e.Identifier, state: StateIncomplete}
			c.listed.RunID, _ = iamops.RunID(e.Identifier)
			all[e.Identifier] = c
		}
		c.entity = &entities[i]
	}
	names := slices.Sorted(maps.Keys(all))
	w.forget(all)
	out := make([]*sweepCase, len(names))
	for i, name := range names {
		out[i] = all[name]
	}
	w.chooseClose(out)
	return out
}

// forget drops what is remembered of grants that are gone.
func (w *Sweeper) forget(all map[string]*sweepCase) {
	gone := func(name string) bool { c := all[name]; return c == nil || !c.inIAM }
	maps.DeleteFunc(w.settled, func(name string, _ time.Time) bool { return gone(name) })
	maps.DeleteFunc(w.foreign, func(name string, _ bool) bool { return gone(name) })
	maps.DeleteFunc(w.changed, func(name string, _ bool) bool { return gone(name) })
}

// chooseClose marks whose turn it is, going on after the last one of the sweep
// before.
func (w *Sweeper) chooseClose(sorted []*sweepCase) {
	var candidates []*sweepCase
	for _, c := range sorted {
		if c.inIAM && c.listed.RunID != "" {
			candidates = append(candidates, c)
		}
	}
	first := 0
	for first < len(candidates) && candidates[first].name <= w.turn {
		first++
	}
	for i := range min(closeLooks, len(candidates)) {
		c := candidates[(first+i)%len(candidates)]
		c.closely = true
		w.turn = c.name
	}
}

// readRun reads the run that made the grant, once, unless it is known to have
// ended well.
func (w *Sweeper) readRun(ctx context.Context, c *sweepCase) error {
	if !c.runKnown {
		c.run, c.runErr = w.svc.opts.Portal.Run(ctx, c.listed.RunID)
		c.runKnown = c.runErr == nil || port.IsKind(c.runErr, port.KindNotFound)
	}
	if c.runKnown {
		return nil
	}
	return c.runErr
}

func (c *sweepCase) runUnknown() bool { return c.runErr != nil }

// orphaned reports whether a run that succeeded has left a role or policy, and
// Port lists no entity of it.
func (c *sweepCase) orphaned() bool {
	return c.inIAM && c.entity == nil && c.run.Status == port.StatusSuccess && c.listed.HasRole() && !c.late()
}

// late: the role was made after its run had ended.
func (c *sweepCase) late() bool {
	return c.listed.HasRole() && c.ended() && c.listed.RoleCreated.After(c.run.EndedAt.Add(lateAfter))
}

// ended reports whether the run has ended at a known time. Without one, nothing
// that counts from it is decided.
func (c *sweepCase) ended() bool { return c.run.Status.Ended() && !c.run.EndedAt.IsZero() }

// endedFor reports whether the run has ended at least so long ago.
func (c *sweepCase) endedFor(d time.Duration) bool {
	return c.ended() && time.Since(c.run.EndedAt) >= d
}

// brake counts what looks orphaned. More than ten and more than a tenth of all
// grants is no rubbish but a broken environment: none of these is removed then.
// What Port does not tell counts too.
func (w *Sweeper) brake(ctx context.Context, cases []*sweepCase) int {
	var suspects []*sweepCase
	var t trouble
	roles := 0
	now := time.Now()
	for _, c := range cases {
		if c.listed.HasRole() {
			roles++
		}
		if !c.inIAM || c.listed.RunID == "" || c.entity != nil || expired(c.listed.Ends, now) {
			continue
		}
		if t < tooMuch {
			if err := w.readRun(ctx, c); err != nil {
				t.giveUpAfter(err)
			}
		}
		if c.orphaned() || !c.runKnown && c.listed.HasRole() {
			suspects = append(suspects, c)
		}
	}
	const least, part = 10, 10
	if len(suspects) <= least || len(suspects)*part <= roles || w.opts.Force {
		return 0
	}
	for _, c := range suspects {
		c.braked = true
	}
	return len(suspects)
}
