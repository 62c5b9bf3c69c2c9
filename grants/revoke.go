package grants

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"port-iam/iamops"
	"port-iam/port"
	"port-iam/templates"
)

// revoke handles a run of the revoke action, and of the automation that Port
// starts when a grant's time is over. The names in IAM come from the entity's
// identifier, never from its properties. The access is cut as soon as the record
// has been found to fit its run and the role to be ours, before anything else is
// read.
//
// The first attempt ends with the cut, and what is left takes another one: so the
// cuts of all that wait come before what follows them. Where the Deny is not on the
// role, each attempt begins with it.
func (j *Job) revoke(ctx context.Context) error {
	j.begin()
	if !j.stays() {
		return j.cutFirst(ctx)
	}
	return j.takeRest(ctx)
}

// cutFirst is the first part of a revocation.
func (j *Job) cutFirst(ctx context.Context) error {
	var run port.Run
	var runErr error
	var reads sync.WaitGroup
	hurry := j.hurry(ctx)
	reads.Go(func() {
		run, runErr = j.ownRun(hurry)
		j.label.begin(waitsForAWS)
	})
	searched := false
	if _, named := iamops.RunID(j.name); named {
		reads.Go(func() { searched = j.search(hurry) })
	}
	reads.Wait()
	if runErr != nil {
		return runErr // IAM's answer decides only after the run is confirmed
	}
	if open, err := j.open(ctx, run); !open {
		return err
	}
	if err := j.mayRevoke(run); err != nil {
		return err
	}
	j.searchOn(hurry, searched)
	if err := j.problem(); err != nil && !j.any((*place).hasRole) {
		return err
	}
	if err := j.hasEnded(); err != nil {
		return err
	}
	before := j.any((*place).cut)
	j.cutAll(ctx)
	switch now := j.any((*place).cut); {
	case now && !before:
		return &again{causeTurn, errors.New("the access is cut, and the rest follows")}
	case !now && j.problem() != nil:
		return j.problem()
	}
	return j.takeRest(ctx)
}

// takeRest is the other part.
func (j *Job) takeRest(ctx context.Context) error {
	var run port.Run
	var runErr error
	var s standing
	var reads sync.WaitGroup
	hurry := j.hurry(ctx)
	reads.Go(func() { run, runErr = j.ownRun(hurry) })
	reads.Go(func() { s = j.read(ctx) })
	reads.Wait()
	if runErr != nil {
		return runErr
	}
	if open, err := j.open(ctx, run); !open {
		return err
	}
	for _, p := range j.places {
		j.svc.noteForeign(p.liveErr)
	}
	if err := j.hasEnded(); err != nil {
		return err
	}
	if j.op == opExpire && !j.cut() && !j.any((*place).hasRole) && s.lag && !s.run.Status.Ended() {
		return refuse("the grant is still being made", "the grant %s is still being made, and has no role yet: its time cannot be over", j.name)
	}
	if err := j.take(ctx, s, j.rec.RunID); err != nil {
		return err
	}
	j.tellTaken(ctx)
	d := j.decision(outcomeSucceeded)
	d.differs = j.differs
	return j.end(ctx, port.StatusSuccess, d)
}

// mayRevoke checks that the run was started on what may be a grant of ours.
func (j *Job) mayRevoke(run port.Run) error {
	if err := run.Readable("blueprint"); err != nil {
		return err // it is asked for again: a removal does not end because of that
	}
	lacks := run.Entity == "" && j.op != opExpire
	if lacks || run.Entity != "" && run.Blueprint != templates.BlueprintGrant {
		return refuse("it was not started on a provisioned permission", "the action was started on %s, and a provisioned permission (blueprint %q) was expected: start it from one", startedOn(run), templates.BlueprintGrant)
	}
	if _, named := iamops.RunID(j.name); !named {
		return refuse("the entity is not a grant of port-iam", "the entity %q is not a grant of port-iam (%s<run id>): delete it by hand if it is not needed", j.name, iamops.NamePrefix)
	}
	return nil
}

// hasEnded refuses an expiry before the end that the tags in IAM say.
func (j *Job) hasEnded() error {
	if j.op != opExpire {
		return nil
	}
	for _, p := range j.places {
		if !p.exists() {
			continue
		}
		end, limited := p.live.End()
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
