package grants

import (
	"strings"

	"port-iam/port"
)

// approved refuses a run whose approval does not cover what is to be granted: a
// permission needs approval and no other person has given it, or a permission was changed
// since it was asked for, so that who approved saw something else, perhaps. Port's answers
// decide, and what Port does not say is no approval. Where no permission needs approval,
// and Port does not say when they were changed, the approval is the action's affair.
func (j *Job) approved(run port.Run, o offer) error {
	if o.approval != "" {
		if err := j.approvedByAnother(run, o.approval); err != nil {
			return err
		}
	}
	if !run.RequiredApproval {
		return nil
	}
	for _, p := range o.counted {
		switch {
		case p.updated.After(run.CreatedAt):
			return refuse("the catalogue changed", "the catalogue changed, please request again: permission %s was changed after the request, and the approval was given for what it was before", p.id)
		case p.updated.IsZero() && o.approval != "":
			return refuse("the catalogue changed", "the catalogue may have changed, please request again: Port does not say when permission %s was changed last, and the approval is for what it was at the request", p.id)
		}
	}
	return nil
}

// approvedByAnother checks that a person other than the requester has approved the run.
func (j *Job) approvedByAnother(run port.Run, permission string) error {
	if err := readable(run, "approval", "createdBy"); err != nil {
		return err
	}
	needs := func(format string, args ...any) error {
		return refuse("a permission needs the approval of another person", "permission %s needs the approval of another person, and "+format, append([]any{permission}, args...)...)
	}
	person := func(id string) bool { return id != "" && !port.IsServiceAccount(id) }
	by := run.Approval.UserID
	switch {
	case !j.svc.opts.ConfirmRequester:
		return needs("this daemon does not confirm who asks (PORT_CONFIRM_REQUESTER=false): ask the platform team")
	case !run.RequiredApproval:
		return needs("the action %q requires none: use an action that does, or ask the platform team", run.Action)
	case !person(run.CreatedBy):
		return needs("Port does not name the person who asked for it: start the action as a user of Port")
	case !person(by):
		return needs("Port does not name a person who gave it: ask a user of Port to approve the request")
	case strings.EqualFold(by, run.CreatedBy):
		return needs("who asked for it gave it: ask another person to approve the request")
	case isDecline(run.Approval.State):
		return needs("Port says of it %q: request again", run.Approval.State)
	}
	return nil
}

// isDecline reports whether Port's word for the state of an approval says that there is
// none. Its words are not documented, and the state of the run counts in any case.
func isDecline(state string) bool {
	return strings.Contains(strings.ToUpper(state), "DECLINE")
}
