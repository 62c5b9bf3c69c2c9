package grants

import (
	"context"
	"fmt"
	"strings"
	"time"

	"port-iam/iamops"
	"port-iam/port"
)

// end ends a run with a log and returns the state that the run has then, which
// is not always the one asked for: a refusal, or an answer that was lost, is a
// question that only the run itself can answer.
//
// Errors: [errUnreportable] where the run is open and Port refuses its end;
// otherwise Port is away and the same may be tried again.
func (j *Job) end(ctx context.Context, runID string, status port.Status, message string) (port.Status, error) {
	portal := j.svc.opts.Portal
	err := portal.EndRun(ctx, runID, status, message)
	if err == nil {
		j.svc.noteEnded()
		return status, nil
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
	if err = portal.SetStatus(ctx, runID, status); err == nil {
		j.svc.noteEnded()
		return status, nil
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
// If somebody else ended the run SUCCESS meanwhile, nothing is touched.
func (j *Job) fail(ctx context.Context, f *failure) error {
	status, err := j.end(ctx, j.rec.RunID, port.StatusFailure, j.explain(f))
	if err != nil {
		return err
	}
	if status == port.StatusFailure {
		j.count(f.outcome, keyReason, f.Error())
	}
	if j.op == opGrant && status != port.StatusSuccess {
		// What this job never began to make need not be waited for.
		return j.cleanUp(ctx, j.making)
	}
	return nil
}

// explain is the log of a run that did not succeed.
func (j *Job) explain(f *failure) string {
	var b strings.Builder
	switch {
	case f.outcome == outcomeRefused:
		fmt.Fprintf(&b, "The request was refused: %v", f.err)
	case j.op == opGrant:
		left := "Nothing of this request can be used."
		if j.made != nil { // attached, perhaps
			left = "What was made of this request is being removed."
		}
		fmt.Fprintf(&b, "The permissions could not be granted: %v\n%s Please request again, or ask the platform team if it keeps failing.", f.err, left)
	case j.cut:
		fmt.Fprintf(&b, "The permission could not be removed completely: %v\nIts access is already cut: it cannot be used any more. Run the action again to remove the rest.", f.err)
	default:
		fmt.Fprintf(&b, "The permission could not be removed: %v\nIts access may still be usable until its end. Run the action again, or ask the platform team.", f.err)
	}
	return b.String()
}

// cleanUp removes everything of a grant whose run has ended other than SUCCESS.
// lag: it was made so recently that IAM may not show everything yet.
func (j *Job) cleanUp(ctx context.Context, lag bool) error {
	if !j.cleaning {
		// What the run itself was given has been used up, perhaps.
		j.cleaning, j.patience = true, patience{}
	}
	err := j.remove(ctx, lag)
	if err == nil {
		err = j.svc.opts.Portal.DeleteEntity(ctx, blueprintGrant, j.name, "")
	}
	if err == nil || port.IsKind(err, port.KindNotFound) {
		return nil
	}
	if c, retryable := classify(err); retryable && !j.over(c) && !j.poisoned(err) {
		return &again{c, err}
	}
	j.noteForeign(err)
	j.log.Error("clean-up is unfinished", keyGrant, j.name, keyError, err)
	return nil
}

// remove takes away what exists of the grant in IAM: access first, then the
// objects.
func (j *Job) remove(ctx context.Context, lag bool) error {
	state, err := j.svc.opts.Access.Look(ctx, j.name)
	if iamops.IsKind(err, iamops.KindForeign) && state.Exists() {
		// What is not ours stays; what is, goes.
		if removing := j.dismantle(ctx, state, false); removing != nil {
			return removing
		}
	}
	if err != nil {
		return err
	}
	return j.dismantle(ctx, state, lag)
}

// dismantle removes what was seen: access first, then the objects. Where some of
// it may not be visible yet, it looks again for a while.
func (j *Job) dismantle(ctx context.Context, state iamops.Live, lag bool) error {
	if err := j.cutAccess(ctx, state); err != nil {
		return err
	}
	if lag && !state.Complete() && !j.over(causeGone) {
		return &again{causeGone, fmt.Errorf("grant %s is not completely visible in IAM", j.name)}
	}
	if !state.Exists() {
		return nil
	}
	return j.svc.opts.Access.Remove(ctx, state)
}

// cutAccess writes the Deny. AWS may refuse it for good, as it does where somebody
// removed the boundary or filled the role with inline policies; detaching is
// allowed all the same and comes next.
func (j *Job) cutAccess(ctx context.Context, state iamops.Live) error {
	if !state.Exists() {
		return nil
	}
	err := j.svc.opts.Access.Cut(ctx, state)
	if err != nil && !iamops.Temporary(err) {
		j.log.Warn("access cannot be cut by a Deny, detaching instead", keyGrant, j.name, keyError, err)
		return nil
	}
	j.cut = j.cut || err == nil
	return err
}

// noteForeign counts an object that is in the way and not ours.
func (j *Job) noteForeign(err error) {
	if iamops.IsKind(err, iamops.KindForeign) {
		j.svc.metrics.events.WithLabelValues(eventForeignObject).Inc()
	}
}

// grantLog is what the requester reads of a grant.
func grantLog(r request, p iamops.Plan) string {
	lines := []string{
		"Permissions on the AWS resource: " + r.resource,
		"Requester: " + r.requester,
		"Sign-in URL: " + p.SignInURL,
	}
	if r.end.IsZero() {
		lines = append(lines, "Ends: when revoked")
	} else {
		lines = append(lines, "Ends: "+r.end.UTC().Format(time.RFC3339))
	}
	if r.reason != "" {
		lines = append(lines, "Reason: "+r.reason)
	}
	return strings.Join(lines, "\n")
}

// revokeLog is what is read of a revocation. There is no requester where the
// time of the grant ended it.
func revokeLog(name, requester string) string {
	if requester == "" {
		requester = "not known (started by Port)"
	}
	return fmt.Sprintf("Permission %s has been deleted.\nRequested by: %s", name, requester)
}
