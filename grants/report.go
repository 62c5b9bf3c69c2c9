package grants

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"port-iam/internal/audit"
	"port-iam/port"
	"port-iam/templates"
)

// labelledEnds is how often it is tried to end a run together with its status label.
const labelledEnds = 3

// endRun ends a run with a log and returns the state that the run has then, which
// is not always the one asked for: a refusal, or an answer that was lost, is a
// question that only the run itself can answer. ours: Port took the end from here.
//
// After some tries the status label is sent by itself before, because it may be what
// Port fails at.
//
// Errors: [errUnreportable] where the run is open and Port refuses its end;
// otherwise Port is away and the same may be tried again.
func (r *removal) endRun(ctx context.Context, runID string, e port.RunEnd) (status port.Status, ours bool, err error) {
	s, want := r.svc, e.Status
	portal := s.opts.Portal
	ends := []func() error{
		func() error { return portal.EndRun(ctx, runID, e) },
		// The run is open and this is refused: with less of it the end may pass.
		func() error {
			s.labeller.setLast(ctx, runID, e.Label)
			return portal.EndRun(ctx, runID, port.RunEnd{Status: want, Message: e.Message})
		},
		func() error { return portal.SetStatus(ctx, runID, want) },
	}
	if r.ends++; r.ends > labelledEnds {
		ends = ends[1:]
	}
	var refusal error
	for _, end := range ends {
		err := end()
		if err == nil {
			s.lastEnded.Store(new(time.Now()))
			return want, true, nil
		}
		run, readErr := portal.Run(ctx, runID)
		switch {
		case port.IsKind(readErr, port.KindNotFound):
			return "", false, fmt.Errorf("%w: Port no longer knows the run", errUnreportable)
		case readErr != nil:
			return "", false, readErr
		case run.Status.Ended():
			return run.Status, false, nil
		case !isAnswer(err):
			return "", false, err
		}
		s.opts.Log.Warn("Port refused the end of a run, trying it with less", keyRunID, runID, keyError, err)
		refusal = err
	}
	return "", false, fmt.Errorf("%w: %w", errUnreportable, refusal)
}

// isAnswer reports whether Port has understood and refused the request.
func isAnswer(err error) bool {
	return port.IsKind(err, port.KindRefused) || port.IsKind(err, port.KindNotFound)
}

// late is why an attempt may not decide about its run any more: its time is over, as that
// of a process which stood still. It could not report to Port what it tells the audit log,
// and another instance may have decided otherwise, and have told so. The next attempt reads
// the run first.
func late(ctx context.Context) error {
	err := ctx.Err()
	if end, limited := ctx.Deadline(); limited && !time.Now().Before(end) {
		err = context.DeadlineExceeded
	}
	if err != nil {
		return fmt.Errorf("the time of the attempt is over: %w", err)
	}
	return nil
}

// fail ends the job's run FAILURE. err wraps f, and may say more, such as in which account.
func (j *Job) fail(ctx context.Context, f *failure, err error) error {
	if err := late(ctx); err != nil {
		return err
	}
	d := j.decision(f.outcome)
	d.Summary, d.Reason, d.attached, d.cut, d.stays = f.summary, err.Error(), j.made != nil, j.cut(), j.stays()
	d.partly, d.private = j.partly(), f.private
	if err := j.tellFailed(ctx, d); err != nil {
		return err
	}
	return j.end(ctx, port.StatusFailure, d)
}

// end ends the job's run and follows the end that it has then: another instance
// may have given it another one meanwhile.
func (j *Job) end(ctx context.Context, want port.Status, d Decision) error {
	j.label.stop()
	status, ours, err := j.endRun(ctx, j.rec.RunID, port.RunEnd{Status: want, Label: d.label(), Message: d.message()})
	if err != nil {
		return err
	}
	if status == want && !j.ended {
		j.ended, d.Took = true, time.Since(j.began)
		j.svc.conclude(j.log, d)
	}
	if ours && status == port.StatusSuccess {
		return nil
	}
	// What this job never began to make need not be waited for.
	return j.follow(ctx, status, j.making)
}

// follow accepts the end of the run. After SUCCESS nothing is touched, unless the
// grant was taken away since; after anything else, everything of it is removed.
func (j *Job) follow(ctx context.Context, status port.Status, lag bool) error {
	j.label.close()
	if !j.ended {
		j.log.Info("run has ended already", keyGrant, j.name, keyOutcome, string(status))
	}
	switch {
	case j.op != opGrant:
		return nil
	case status != port.StatusSuccess:
		return j.cleanUp(ctx, lag)
	case j.told == audit.Failed, j.told == audit.Refused:
		if err := j.tellGrantedAfterAll(ctx); err != nil {
			return err
		}
	}
	if j.made != nil {
		return j.attachedLate(ctx)
	}
	return nil
}

// attachedLate removes what this job has attached after another instance finished
// the grant, and a revocation took it away: there is no entity any more.
func (j *Job) attachedLate(ctx context.Context) error {
	entity, err := find(ctx, j.svc.opts.Portal, templates.BlueprintGrant, j.name)
	if err != nil || entity != nil {
		return err
	}
	j.log.Warn("grant was taken away while it was attached", keyGrant, j.name)
	return j.tidy(func() error { return j.andTell(ctx, func() error { return j.clearMade(ctx, true) }) })
}

// andTell tells that what was made is taken away: as soon as nothing can use it, or at
// the end where nothing was found.
func (j *Job) andTell(ctx context.Context, remove func() error) error {
	j.gone = j.tellRemoved
	err := remove()
	if err == nil {
		j.tellRemoved(ctx)
	}
	return err
}

// cleanUp removes everything of a grant whose run has ended other than SUCCESS.
// lag: it was made so recently that IAM may not show everything yet.
func (j *Job) cleanUp(ctx context.Context, lag bool) error {
	return j.tidy(func() error {
		if err := j.lookWhereMade(ctx); err != nil {
			return err
		}
		return j.andTell(ctx, func() error { return j.clear(ctx, lag) })
	})
}

// standAside ends an attempt whose role is not the one that the entity of the
// grant names: run and entity are left to the attempt whose role that is, and
// what was made elsewhere is removed.
func (j *Job) standAside(ctx context.Context, entity *port.Entity) error {
	j.log.Warn("grant is left to another attempt: its entity names another role", keyGrant, j.name)
	return j.tidy(func() error {
		err := j.lookWhereMade(ctx)
		named := j.svc.accountIn(entity)
		j.places = slices.DeleteFunc(j.places, func(p *place) bool { return p.account == named })
		if err != nil {
			return err
		}
		return j.clearMade(ctx, j.making)
	})
}

// lookWhereMade is for a job that has not come far enough to know where an earlier
// attempt at its run has made something: the resource says it.
func (j *Job) lookWhereMade(ctx context.Context) error {
	if len(j.places) > 0 {
		return nil
	}
	made, err := j.svc.madeIn(ctx, port.Run{Entity: j.rec.Entity, Blueprint: templates.BlueprintResource})
	if a := j.svc.account(made); a != nil {
		j.lookIn(a)
	}
	return err
}

// tidy removes what is not needed any more. It goes on for as long as a removal
// is given; the sweep does the rest.
func (j *Job) tidy(remove func() error) error {
	if !j.cleaning {
		// What the run itself was given has been used up, perhaps.
		j.cleaning, j.patience = true, patience{op: j.op}
	}
	err := remove()
	if err == nil {
		return nil
	}
	_, given := errors.AsType[*failure](err) // up: the run itself has been decided
	if c, retryable := classify(err); retryable && !given && !j.over(c) {
		return &again{c, err}
	}
	j.unfinished(err)
	return nil
}
