package grants

import (
	"context"
	"fmt"
	"strings"
	"time"

	"port-iam/iamops"
	"port-iam/port"
)

// settle decides about one name and acts. Lists only raise a suspicion: before
// anything is changed, the live objects and the entity are read.
func (w *Sweeper) settle(ctx context.Context, c *sweepCase) error {
	switch {
	case c.listed.RunID == "":
		c.state, c.why = StateForeign, "its name is not that of a grant"
		return nil
	case !c.inIAM:
		return w.settleEntity(ctx, c)
	case !c.listed.HasRole():
		c.state, c.why, c.closely = StateIncomplete, "a policy without a role", true
	case !c.listed.EndKnown && !w.foreign[c.name]:
		c.closely = true // the list does not say when it ends
	}
	if c.closely {
		if done, err := w.closeLook(ctx, c); done || err != nil {
			return err
		}
	}
	w.recall(c)
	if c.state == StateForeign {
		return nil
	}
	if expired(c.ends, time.Now()) {
		c.state, c.why = StateExpired, "its time is over"
		return w.remove(ctx, c, removedExpired)
	}
	return w.settleByRun(ctx, c)
}

// recall repeats what an earlier close look found.
func (w *Sweeper) recall(c *sweepCase) {
	switch {
	case w.foreign[c.name]:
		c.state, c.why = StateForeign, "its tags are not ours"
	case w.changed[c.name]:
		c.state, c.why = StateChanged, "changed by hand"
	}
}

// closeLook reads what lists do not show. done: the removal of the grant had
// begun, and has been finished.
func (w *Sweeper) closeLook(ctx context.Context, c *sweepCase) (done bool, err error) {
	state, err := w.svc.opts.Access.Look(ctx, c.name)
	if iamops.IsKind(err, iamops.KindForeign) {
		if !w.foreign[c.name] {
			w.log.Error("an object under our path is not ours", keyGrant, c.name, keyError, err)
			w.svc.metrics.events.WithLabelValues(eventForeignObject).Inc()
		}
		w.foreign[c.name] = true
		if !state.Exists() {
			return false, nil
		}
		if err := w.readRun(ctx, c); err != nil {
			return false, err
		}
		if c.runUnknown() || !c.run.Status.Ended() || c.run.Status == port.StatusSuccess {
			return false, nil
		}
		c.state, c.why = StateForeign, "its tags are not ours, but those of what a failed run left beside it are"
		return true, w.remove(ctx, c, removedOrphaned)
	}
	if err != nil {
		return false, err
	}
	delete(w.foreign, c.name)
	if end, limited := state.End(); limited && (!c.listed.EndKnown || c.listed.Ends.IsZero()) {
		c.ends = end
	}
	if state.IsCut() {
		c.state, c.why = StateIncomplete, "its removal was interrupted"
		return true, w.remove(ctx, c, removedInterrupted)
	}
	if state.HasRole() && !state.Attached() {
		if done, err := w.settleDetached(ctx, c); done || err != nil {
			return done, err
		}
	}
	changes := w.svc.opts.Access.Changed(state)
	if len(changes) > 0 && !w.changed[c.name] {
		w.log.Error("a grant was changed by hand", keyGrant, c.name, keyReason, strings.Join(changes, "; "))
	}
	if w.changed[c.name] = len(changes) > 0; !w.changed[c.name] {
		delete(w.changed, c.name)
	}
	return false, nil
}

// settleDetached judges a role to which the policy of its grant is not attached.
// A run ends SUCCESS only after the attachment, so a removal has come past its
// Deny and no further, or somebody detached the policy: both want it gone.
func (w *Sweeper) settleDetached(ctx context.Context, c *sweepCase) (done bool, err error) {
	if err := w.readRun(ctx, c); err != nil {
		return false, err
	}
	if c.run.Status != port.StatusSuccess || !c.endedFor(w.opts.Grace) {
		return false, nil
	}
	c.state, c.why = StateIncomplete, "its policy is not attached: its removal was interrupted"
	return true, w.remove(ctx, c, removedInterrupted)
}

// settleByRun judges a grant that has not expired by the run that made it. A
// run that has ended well stays so; with the entity in Port's list, nothing
// needs to be asked again.
func (w *Sweeper) settleByRun(ctx context.Context, c *sweepCase) error {
	if at, known := w.settled[c.name]; known && at.Equal(c.listed.RoleCreated) && c.entity != nil && c.listed.HasRole() {
		return nil
	}
	if err := w.readRun(ctx, c); err != nil {
		return err
	}
	switch {
	case c.runUnknown():
		c.state, c.why = StateOrphaned, "Port does not know its run"
		w.log.Error("Port does not know the run of a grant", keyGrant, c.name)
		if w.opts.Force && c.ends.IsZero() {
			return w.remove(ctx, c, removedOrphaned)
		}
		return nil
	case !c.run.Status.Ended():
		if c.state != StateChanged {
			c.state, c.why = StateIncomplete, "its run is still open"
		}
		return nil
	case c.run.Status != port.StatusSuccess:
		c.state, c.why = StateOrphaned, fmt.Sprintf("its run ended %s", c.run.Status)
		return w.remove(ctx, c, removedOrphaned)
	case c.late():
		c.state, c.why = StateOrphaned, "its role was made after its run had ended"
		return w.remove(ctx, c, removedOrphaned)
	case c.entity == nil || !c.listed.HasRole():
		return w.settleIncomplete(ctx, c)
	}
	w.settled[c.name] = c.listed.RoleCreated
	return nil
}

// settleIncomplete judges role or policy of a run that succeeded, where the
// entity or the role is missing.
func (w *Sweeper) settleIncomplete(ctx context.Context, c *sweepCase) error {
	entity, err := find(ctx, w.svc.opts.Portal, blueprintGrant, c.name)
	if err != nil {
		return err
	}
	waiting := !c.endedFor(w.opts.Grace)
	switch {
	case !c.listed.HasRole():
		c.why = "a policy without a role"
		waiting = waiting || time.Since(c.listed.PolicyCreated) < w.opts.Grace
	case entity != nil:
		return nil // Port's list lags behind
	default:
		c.why = "its run succeeded, and Port has no entity of it"
	}
	c.state = StateOrphaned
	if c.braked || waiting {
		return nil
	}
	return w.remove(ctx, c, removedOrphaned)
}

// settleEntity judges an entity of which IAM lists nothing.
func (w *Sweeper) settleEntity(ctx context.Context, c *sweepCase) error {
	c.state, c.why = StateIncomplete, "an entity without a role"
	if err := w.readRun(ctx, c); err != nil {
		return err
	}
	if c.runUnknown() || !c.run.Status.Ended() {
		return nil
	}
	if c.run.Status == port.StatusSuccess && !c.endedFor(w.opts.Grace) {
		return nil
	}
	return w.remove(ctx, c, removedOrphaned)
}
