package grants

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"port-iam/iamops"
	"port-iam/port"
)

// Decision is how a run ended. The log of the run in Port, the line in our log,
// the metrics and the status page are made from this one record.
type Decision struct {
	At        time.Time
	Operation string // grant, revoke or expire
	Outcome   string // succeeded, refused or failed
	Grant     string // its name
	Account   string // in which the grant is, or was to be; "" where that is not known
	Took      time.Duration
	// Summary says why the run did not succeed, without people and resources;
	// Reason says it in full, to the requester.
	Summary, Reason string
	// Requester and Resource are for those who may see them; empty where the run
	// has none.
	Requester, Resource string

	note      string       // what the requester gave as the reason of the request
	signInURL string       // of a grant; "" in a partition where AWS documents none
	console   string       // the page of the resource in AWS's console; "" where it is not known
	profile   string       // for the AWS CLI
	related   []string     // ARNs of the resources that belong to that of a grant
	bundles   []string     // what bundles of a grant stand for
	scope     iamops.Scope // of a grant
	end       time.Time    // of a grant; zero: until revoked
	attached  bool         // a grant that failed was attached, perhaps
	cut       bool         // a removal that failed has cut the access
	stays     bool         // and that access cannot come back
	private   bool         // the reason names a person
	partly    string       // where it was cut and where not, if it was in one account of several
	differs   string       // what the entity said otherwise than IAM, of a removal
}

// label is the status label of the run in Port.
func (d Decision) label() string {
	switch {
	case d.Outcome == outcomeRefused:
		return "Refused"
	case d.Outcome == outcomeFailed:
		return "Failed"
	case d.Operation != opGrant:
		return labelRevoked
	case d.end.IsZero():
		return "Granted until revoked"
	}
	return "Granted until " + d.end.UTC().Format(time.RFC3339)
}

// labelRevoked is the status label of a run that has taken access away, and of a
// grant's run that was ended by one.
const labelRevoked = "Revoked"

// message is the log of the run in Port.
func (d Decision) message() string {
	switch {
	case d.Outcome == outcomeRefused:
		return "The request was refused: " + d.Reason
	case d.Summary == summaryLost && d.Operation == opGrant:
		return "The request was lost, please request again."
	case d.Summary == summaryLost:
		return "The run was lost, and does not say which permission it is for: revoke that permission if it is still there."
	case d.Outcome == outcomeFailed && d.Operation == opGrant:
		left := "No access was given."
		if d.attached {
			left = "The access is being removed."
		}
		return fmt.Sprintf("The permissions could not be granted: %s\n%s Please request again, or ask the platform team if it keeps failing.", d.Reason, left)
	case d.Outcome == outcomeFailed && d.cut && !d.stays:
		return fmt.Sprintf("The permission could not be removed completely: %s\nIts policy was detached from its role, but AWS did not take the Deny that keeps it so. Run the action again to remove the rest.", d.Reason)
	case d.Outcome == outcomeFailed && d.cut:
		return fmt.Sprintf("The permission could not be removed completely: %s\nIts role is already cut, and nobody can use that role any more. Run the action again to remove the rest.", d.Reason)
	case d.Outcome == outcomeFailed && d.partly != "":
		return fmt.Sprintf("The permission could not be removed completely: %s\n%s Run the action again, or ask the platform team.", d.Reason, d.partly)
	case d.Outcome == outcomeFailed:
		return fmt.Sprintf("The permission could not be removed: %s\nIts access may still be usable until its end. Run the action again, or ask the platform team.", d.Reason)
	case d.Operation != opGrant:
		requester := d.Requester
		switch {
		case requester == "" && d.Operation == opExpire:
			requester = "not known (started by Port)"
		case requester == "":
			requester = "not known"
		}
		text := fmt.Sprintf("Permission %s has been deleted.\nRequested by: %s", d.Grant, requester)
		if d.differs != "" {
			text += "\n" + d.differs
		}
		return text
	}
	return d.granted()
}

// grants notes what a run gave.
func (d *Decision) grants(p iamops.Plan, r request) {
	d.Resource, d.note, d.signInURL, d.end = r.Resource, r.reason, p.SignInURL, r.End
	d.related, d.bundles, d.scope = r.Related, r.bundles, p.Scope
	d.console, d.profile = p.ConsoleURL, p.Profile
}

// granted is the log of a run that gave access.
func (d Decision) granted() string {
	lines := []string{"Permissions on the AWS resource: " + d.Resource, "Requester: " + d.Requester}
	if d.signInURL == "" {
		lines = append(lines, "Sign-in URL: none, since AWS documents none for this partition. Switch to the role by hand")
	} else {
		lines = append(lines, "Sign-in URL: "+d.signInURL)
	}
	for _, b := range d.bundles {
		lines = append(lines, "Bundle: "+b)
	}
	for _, arn := range d.related {
		if actions := d.scope.On(arn); len(actions) > 0 {
			lines = append(lines, fmt.Sprintf("Also covers: %s (%s)", iamops.Written(arn), strings.Join(actions, ", ")))
		}
	}
	for _, st := range d.scope.Console().Statements {
		lines = append(lines, fmt.Sprintf("For AWS's console: %s (on %s)", strings.Join(st.Actions, ", "), st.On()))
	}
	if d.end.IsZero() {
		lines = append(lines, "Ends: when revoked")
	} else {
		lines = append(lines, "Ends: "+d.end.UTC().Format(time.RFC3339))
	}
	if d.console != "" {
		lines = append(lines, "Console page: "+d.console)
	}
	lines = append(lines, "AWS CLI profile, for ~/.aws/config:\n"+d.profile)
	for _, w := range d.scope.Warnings {
		lines = append(lines, "Note: "+w)
	}
	if d.note != "" {
		lines = append(lines, "Reason: "+d.note)
	}
	return strings.Join(lines, "\n")
}

// conclude notes the end of a run in metrics, log and status page.
func (s *Service) conclude(log *slog.Logger, d Decision) {
	d.At = time.Now()
	s.metrics.runs.WithLabelValues(d.Account, d.Operation, d.Outcome).Inc()
	s.metrics.duration.WithLabelValues(d.Operation, d.Outcome).Observe(d.Took.Seconds())
	s.recent.add(d)
	attrs := []any{keyGrant, d.Grant, keyOutcome, d.Outcome, keyDuration, d.Took.Round(time.Millisecond).String()}
	if d.Operation == opGrant && d.Outcome == outcomeSucceeded {
		attrs = append(attrs, keyResource, d.Resource, keyEnd, d.end)
	}
	if d.Account != "" {
		attrs = append(attrs, keyAccount, d.Account)
	}
	if reason := d.Reason; reason != "" {
		if d.private {
			reason = d.Summary
		}
		attrs = append(attrs, keyReason, reason)
	}
	if d.Outcome == outcomeFailed {
		log.Error("run ended", attrs...)
		return
	}
	log.Info("run ended", attrs...)
}

// failure ends a run.
type failure struct {
	outcome string
	summary string // what went wrong, without people and resources
	err     error  // what went wrong, for the requester to read
	private bool   // err names a person, so the summary is all that is logged
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// summaryLost is why a run ends for which no record will come.
const summaryLost = "lost"

// refuse ends a run whose request is not allowed; summary says why without people
// and resources.
func refuse(summary, format string, args ...any) error {
	return &failure{outcome: outcomeRefused, summary: summary, err: fmt.Errorf(format, args...)}
}

// private marks a refusal whose reason names a person.
func private(refusal error) error {
	if f, ok := errors.AsType[*failure](refusal); ok {
		f.private = true
	}
	return refusal
}

// giveUp ends a run that Port, AWS or the daemon could not carry out.
func giveUp(format string, err error, args ...any) error {
	return &failure{outcome: outcomeFailed, summary: summaryOf(err), err: fmt.Errorf(format, append(args, err)...)}
}

// portRefused ends a run because Port refused what was to be done; what says it in
// words, instead of the name of the call.
func portRefused(what string, err error) error {
	f := &failure{outcome: outcomeFailed, summary: summaryOf(err), err: fmt.Errorf("%s: %w", what, err)}
	if e, ok := errors.AsType[*port.Error](err); ok {
		f.err = fmt.Errorf("%s: %s", what, e.Answer())
	}
	return f
}

// summaryOf says which side failed and how, without people and resources.
func summaryOf(err error) string {
	c, _ := classify(err)
	switch {
	case iamops.IsKind(err, iamops.KindDenied):
		return "AWS refuses the daemon a right"
	case iamops.IsKind(err, iamops.KindBoundary):
		return "the permissions boundary is missing"
	case iamops.IsKind(err, iamops.KindQuota):
		return "a quota of the AWS account is used up"
	case iamops.IsKind(err, iamops.KindConflict), iamops.IsKind(err, iamops.KindKept):
		return "something else changes or uses the role or policy"
	case iamops.IsKind(err, iamops.KindForeign):
		return "a role or policy of that name is not ours"
	case c == causeClock:
		return "the clock is wrong"
	case isAnswer(err):
		return "Port refuses"
	case c == causePort:
		return "Port does not answer"
	case c == causeAWS:
		return "AWS does not answer, or throttles"
	}
	return "AWS refused a call, or the role or policy differs from the request"
}
