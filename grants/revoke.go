package grants

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

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
	if open, err := j.open(ctx, view.run); !open {
		return err
	}
	if err := j.mayRevoke(ctx, view); err != nil {
		return err
	}
	if err := j.take(ctx, view.grant, view.live, isFresh(view.grant), j.rec.RunID); err != nil {
		return err
	}
	return j.end(ctx, port.StatusSuccess, j.decision(outcomeSucceeded))
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
	var grantRun string
	grantRun, v.named = iamops.RunID(j.name)
	var reads sync.WaitGroup
	reads.Go(func() { v.run, runErr = j.ownRun(ctx) })
	if v.named {
		reads.Go(func() { v.grant, grantErr = j.svc.opts.Portal.Run(ctx, grantRun) })
		reads.Go(func() { v.live, v.liveErr = j.svc.opts.Access.Look(ctx, j.name) })
	}
	reads.Wait()
	if port.IsKind(grantErr, port.KindNotFound) {
		grantErr = nil
	}
	return v, cmp.Or(runErr, grantErr)
}

// mayRevoke checks that what the run asks for is a grant of ours that may be taken
// away.
func (j *Job) mayRevoke(ctx context.Context, v revokeView) error {
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
