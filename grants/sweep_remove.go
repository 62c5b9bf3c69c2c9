package grants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"port-iam/iamops"
	"port-iam/port"
)

// remove takes a grant away: what is there is read again, under the grant's
// lock, and its own run is ended first if it is still open.
func (w *Sweeper) remove(ctx context.Context, c *sweepCase, reason string) error {
	unlock, err := w.svc.locks.lock(ctx, c.name)
	if err != nil {
		return err
	}
	defer unlock()
	j := w.svc.newJob(opExpire, c.name, port.Record{})
	j.began = time.Now()
	state, err := w.examine(ctx, j, c, reason)
	switch {
	case errors.Is(err, errStands):
		c.state, c.why = StateActive, ""
		return nil
	case err != nil:
		return err
	case w.opts.DryRun:
		c.removed = true
		return nil
	}
	if err := w.takeAway(ctx, j, c, state); err != nil {
		return err
	}
	c.removed = true
	w.svc.metrics.removed.WithLabelValues(reason).Inc()
	if reason == removedExpired {
		j.count(outcomeSucceeded)
	}
	w.log.Info("grant removed", keyGrant, c.name, keyReason, c.why)
	return nil
}

// errStands: a grant without a role was suspected, and it is whole. It came about
// while the lists were read, and the sweep took longer than the grace to get to it.
var errStands = errors.New("the grant is whole")

// examine reads what is there, and checks that it may go for that reason.
func (w *Sweeper) examine(ctx context.Context, j *Job, c *sweepCase, reason string) (iamops.Live, error) {
	state, err := w.svc.opts.Access.Look(ctx, c.name)
	if err != nil && (!iamops.IsKind(err, iamops.KindForeign) || !state.Exists()) {
		j.noteForeign(err)
		return state, err
	}
	if reason == removedExpired {
		// The tags decide, not the description from the list.
		if end, limited := state.End(); state.Exists() && (!limited || !expired(end, time.Now())) {
			return state, fmt.Errorf("the tags of grant %s do not say that it has expired", c.name)
		}
	}
	if err := w.readRun(ctx, c); err != nil {
		return state, err
	}
	if reason == removedOrphaned && c.run.Status == port.StatusSuccess && !c.listed.HasRole() && state.Attached() {
		return state, errStands
	}
	return state, nil
}

func (w *Sweeper) takeAway(ctx context.Context, j *Job, c *sweepCase, state iamops.Live) error {
	if err := j.endOpen(ctx, c.run, "The grant was revoked before it was complete."); err != nil {
		return err
	}
	if err := j.dismantle(ctx, state, false); err != nil {
		return err
	}
	err := w.svc.opts.Portal.DeleteEntity(ctx, blueprintGrant, c.name, "")
	if port.IsKind(err, port.KindNotFound) {
		return nil
	}
	return err
}
