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
	began := time.Now()
	state, err := w.examine(ctx, c, reason)
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
	r := w.svc.newRemoval(c.name, w.log)
	if err := r.take(ctx, c.run, state, false, ""); err != nil {
		return err
	}
	c.removed = true
	w.svc.metrics.removed.WithLabelValues(reason).Inc()
	if reason == removedExpired {
		w.svc.conclude(w.log, Decision{Operation: opExpire, Outcome: outcomeSucceeded, Grant: c.name, Took: time.Since(began)})
	}
	w.log.Info("grant removed", keyGrant, c.name, keyReason, c.why)
	return nil
}

// errStands: a grant without a role was suspected, and it is whole. It came about
// while the lists were read, and the sweep took longer than the grace to get to it.
var errStands = errors.New("the grant is whole")

// examine reads what is there, and checks that it may go for that reason.
func (w *Sweeper) examine(ctx context.Context, c *sweepCase, reason string) (iamops.Live, error) {
	state, err := w.svc.opts.Access.Look(ctx, c.name)
	if err != nil && (!iamops.IsKind(err, iamops.KindForeign) || !state.Exists()) {
		w.svc.noteForeign(err)
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
