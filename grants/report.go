package grants

import (
	"context"
	"fmt"

	"port-iam/port"
)

// endRun ends a run with a log and returns the state that the run has then, which
// is not always the one asked for: a refusal, or an answer that was lost, is a
// question that only the run itself can answer.
//
// Errors: [errUnreportable] where the run is open and Port refuses its end;
// otherwise Port is away and the same may be tried again.
func (s *Service) endRun(ctx context.Context, runID string, want port.Status, message string) (port.Status, error) {
	portal := s.opts.Portal
	err := portal.EndRun(ctx, runID, want, message)
	if err == nil {
		s.noteEnded()
		return want, nil
	}
	run, readErr := portal.Run(ctx, runID)
	switch {
	case port.IsKind(readErr, port.KindNotFound):
		return "", fmt.Errorf("%w: Port no longer knows the run", errUnreportable)
	case readErr != nil:
		return "", readErr
	case run.Status.Ended():
		return run.Status, nil
	case !isAnswer(err):
		return "", err
	}
	// The run is open and its log is refused: the status alone may pass.
	if err = portal.SetStatus(ctx, runID, want); err == nil {
		s.noteEnded()
		return want, nil
	}
	if !isAnswer(err) {
		return "", err
	}
	// Refused again, perhaps because it has just been ended.
	if run, readErr = portal.Run(ctx, runID); readErr != nil {
		return "", readErr
	}
	if run.Status.Ended() {
		return run.Status, nil
	}
	return "", fmt.Errorf("%w: %w", errUnreportable, err)
}

// isAnswer reports whether Port has understood and refused the request.
func isAnswer(err error) bool {
	return port.IsKind(err, port.KindRefused) || port.IsKind(err, port.KindNotFound)
}

// fail ends the job's run FAILURE and then, for a grant, removes what was made.
// If another instance ended the run SUCCESS meanwhile, nothing is touched.
func (j *Job) fail(ctx context.Context, f *failure) error {
	d := j.decision(f.outcome)
	d.Summary, d.Reason, d.attached, d.cut = f.summary, f.Error(), j.made != nil, j.cut
	status, err := j.svc.endRun(ctx, j.rec.RunID, port.StatusFailure, d.message())
	if err != nil {
		return err
	}
	if status == port.StatusFailure {
		j.conclude(d)
	}
	if j.op == opGrant && status != port.StatusSuccess {
		// What this job never began to make need not be waited for.
		return j.cleanUp(ctx, j.making)
	}
	return nil
}

// cleanUp removes everything of a grant whose run has ended other than SUCCESS.
// lag: it was made so recently that IAM may not show everything yet.
func (j *Job) cleanUp(ctx context.Context, lag bool) error {
	if !j.cleaning {
		// What the run itself was given has been used up, perhaps.
		j.cleaning, j.patience = true, patience{}
	}
	err := j.clear(ctx, lag)
	if err == nil {
		return nil
	}
	if c, retryable := classify(err); retryable && !j.over(c) && !j.poisoned(err) {
		return &again{c, err}
	}
	j.unfinished(err)
	return nil
}
