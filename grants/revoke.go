package grants

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"port-iam/iamops"
	"port-iam/port"
	"port-iam/templates"
)

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
	if err := j.take(ctx, view.grant, view.live, isFresh(view.grant), run.ID); err != nil {
		return err
	}
	d := j.decision(outcomeSucceeded)
	status, err := j.svc.endRun(ctx, run.ID, port.StatusSuccess, d.message())
	if err != nil {
		return err
	}
	if status == port.StatusSuccess {
		j.conclude(d)
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
	run     port.Run
	grant   port.Run    // the run that made the grant; zero where Port does not know it
	named   bool        // the entity's identifier is the name of a grant
	live    iamops.Live // what exists in IAM
	liveErr error       // IAM's answer decides only after the run is confirmed
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
			v.live, v.liveErr = j.svc.opts.Access.Look(ctx, j.name)
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

// mayRevoke checks that the record fits its run, and that what the run asks for
// is a grant of ours that may be taken away.
func (j *Job) mayRevoke(ctx context.Context, v revokeView) error {
	if v.run.Entity != "" && v.run.Entity != j.rec.Entity {
		return j.drop(eventWrongEntity, "the run was started on %q and the record names %q", v.run.Entity, j.rec.Entity)
	}
	lacks := v.run.Entity == "" && j.op != opExpire
	if lacks || v.run.Entity != "" && v.run.Blueprint != templates.BlueprintGrant {
		return refuse("it was not started on a provisioned permission", "the action was started on %q of blueprint %q, and a provisioned permission (blueprint %q) was expected: start it from one", v.run.Entity, v.run.Blueprint, templates.BlueprintGrant)
	}
	if !v.named {
		return refuse("the entity is not a grant of port-iam", "the entity %q is not a grant of port-iam (%s<run id>): delete it by hand if it is not needed", j.name, iamops.NamePrefix)
	}
	if v.liveErr != nil {
		j.svc.noteForeign(v.liveErr)
		if j.op == opExpire {
			return v.liveErr
		}
		return j.cutForeign(ctx, v.live, v.liveErr)
	}
	if j.op == opExpire && v.live.Exists() {
		end, limited := v.live.End()
		if !limited {
			return refuse("the grant has no end", "the grant %s has no end: it lasts until it is revoked", j.name)
		}
		switch early := time.Until(end); {
		case early > iamops.MaxClockSkew:
			return refuse("the grant has not expired", "the grant %s has not expired: it ends at %s", j.name, end.Format(time.RFC3339))
		case early > 0: // our clock is a little behind Port's
			return &again{causeClock, fmt.Errorf("the grant ends in %s", early)}
		}
	}
	return nil
}
