package grants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"port-iam/iamops"
	"port-iam/port"
)

// visibilityLag is how long after the end of a grant's run "not found" in IAM
// may mean "not visible yet".
const visibilityLag = 2 * time.Minute

// revoke handles a run of the revoke action, and of the automation that Port
// starts when a grant's time is over. The names in IAM come from the entity's
// identifier, never from its properties.
func (j *Job) revoke(ctx context.Context) error {
	view, err := j.readRevoke(ctx)
	if err != nil {
		return err
	}
	run := view.run
	if want := j.action(); run.Action != want {
		return j.drop(eventWrongAction, "the run is of action %q", run.Action)
	}
	if run.Status.Ended() {
		j.log.Info("run has ended already", keyGrant, j.name, keyOutcome, string(run.Status))
		return nil
	}
	if run.Status != port.StatusInProgress {
		j.log.Info("run is not to be acted upon", keyGrant, j.name, keyReason, string(run.Status))
		return nil
	}
	if err := j.mayRevoke(ctx, view); err != nil {
		return err
	}
	if err := j.takeAway(ctx, view); err != nil {
		return err
	}
	status, err := j.end(ctx, run.ID, port.StatusSuccess, revokeLog(j.name, j.rec.Requester))
	if err != nil {
		return err
	}
	if status == port.StatusSuccess {
		j.count(outcomeSucceeded)
	}
	return nil
}

// action is the identifier of the job's action in Port.
func (j *Job) action() string {
	if j.op == opExpire {
		return j.svc.opts.Actions.Expire
	}
	return j.svc.opts.Actions.Revoke
}

// revokeView is what Port and IAM say about a revocation, read at once.
type revokeView struct {
	run      port.Run
	grant    port.Run    // the run that made the grant; zero where Port does not know it
	named    bool        // the entity's identifier is the name of a grant
	state    iamops.Live // what exists in IAM
	stateErr error       // IAM's answer decides only after the run is confirmed
}

func (j *Job) readRevoke(ctx context.Context) (revokeView, error) {
	var v revokeView
	var runErr, grantErr error
	portal := j.svc.opts.Portal
	var grantRun string
	grantRun, v.named = iamops.RunID(j.name)
	var g errgroup.Group
	g.Go(func() error {
		v.run, runErr = portal.Run(ctx, j.rec.RunID)
		return nil
	})
	if v.named {
		g.Go(func() error {
			v.grant, grantErr = portal.Run(ctx, grantRun)
			return nil
		})
		g.Go(func() error {
			v.state, v.stateErr = j.svc.opts.Access.Look(ctx, j.name)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return v, err
	}
	switch {
	case port.IsKind(runErr, port.KindNotFound):
		return v, j.unknownRun(runErr)
	case runErr != nil:
		return v, runErr
	case grantErr != nil && !port.IsKind(grantErr, port.KindNotFound):
		return v, grantErr
	}
	return v, nil
}

// fresh reports whether the grant's run is open or ended so recently that IAM
// may not show everything yet.
func (v revokeView) fresh() bool { return v.grant.ID != "" && isFresh(v.grant) }

func isFresh(grant port.Run) bool {
	return !grant.Status.Ended() || time.Since(grant.EndedAt) < visibilityLag
}

// mayRevoke checks that the record fits its run, and that what the run asks for
// is a grant of ours that may be taken away.
func (j *Job) mayRevoke(ctx context.Context, v revokeView) error {
	if v.run.Entity != "" && v.run.Entity != j.rec.Entity {
		return j.drop(eventWrongEntity, "the run was started on %q and the record names %q", v.run.Entity, j.rec.Entity)
	}
	lacks := v.run.Entity == "" && j.op != opExpire
	if lacks || v.run.Entity != "" && v.run.Blueprint != blueprintGrant {
		return refuse("the action was started on %q of blueprint %q, and a provisioned permission (blueprint %q) was expected: start it from one", v.run.Entity, v.run.Blueprint, blueprintGrant)
	}
	if !v.named {
		return refuse("the entity %q is not a grant of port-iam (%s<run id>): delete it by hand if it is not needed", j.name, iamops.NamePrefix)
	}
	if v.stateErr != nil {
		j.noteForeign(v.stateErr)
		return j.cutOurs(ctx, v.state, v.stateErr)
	}
	if j.op == opExpire && v.state.Exists() {
		end, limited := v.state.End()
		if !limited {
			return refuse("the grant %s has no end: it lasts until it is revoked", j.name)
		}
		switch early := time.Until(end); {
		case early > maxClockSkew:
			return refuse("the grant %s has not expired: it ends at %s", j.name, end.Format(time.RFC3339))
		case early > 0: // our clock is a little behind Port's
			return &again{causeClock, fmt.Errorf("the grant ends in %s", early)}
		}
	}
	return nil
}

// cutOurs cuts the access of a role that is ours where the policy beside it is
// not, which keeps the grant from being removed: why.
func (j *Job) cutOurs(ctx context.Context, state iamops.Live, why error) error {
	if j.op == opRevoke && iamops.IsKind(why, iamops.KindForeign) && state.HasRole() {
		if err := j.cutAccess(ctx, state); err != nil {
			return err
		}
	}
	return why
}

// takeAway removes the grant: its own run is ended first if it is still open, so
// that nothing can complete it any more; then the access is cut, the objects are
// removed, and the entity goes.
func (j *Job) takeAway(ctx context.Context, v revokeView) error {
	if err := j.endOpen(ctx, v.grant, "The grant was revoked before it was complete."); err != nil {
		return err
	}
	if err := j.dismantle(ctx, v.state, v.fresh()); err != nil {
		return err
	}
	return j.deleteEntity(ctx)
}

// endOpen ends the run that made a grant if it is still open. Where Port refuses
// even that, the access is taken away all the same.
func (j *Job) endOpen(ctx context.Context, grant port.Run, message string) error {
	if grant.ID == "" || grant.Status.Ended() || grant.Action != j.svc.opts.Actions.Grant {
		return nil
	}
	_, err := j.end(ctx, grant.ID, port.StatusFailure, message)
	if errors.Is(err, errUnreportable) {
		return nil
	}
	return err
}

// deleteEntity deletes the entity on behalf of the revoking run. Where that has
// been ended meanwhile, whoever ended it has done the same.
func (j *Job) deleteEntity(ctx context.Context) error {
	portal := j.svc.opts.Portal
	err := portal.DeleteEntity(ctx, blueprintGrant, j.name, j.rec.RunID)
	if err == nil || port.IsKind(err, port.KindNotFound) {
		return nil
	}
	if !isAnswer(err) {
		return err
	}
	run, readErr := portal.Run(ctx, j.rec.RunID)
	switch {
	case readErr != nil:
		return readErr
	case run.Status.Ended():
		return nil
	}
	return &failure{outcome: outcomeFailed, err: fmt.Errorf("the access is removed, and Port refused to delete the entity: %w", err)}
}
