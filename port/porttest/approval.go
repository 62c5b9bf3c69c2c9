package porttest

import (
	"fmt"
	"net/http"
	"strings"
)

// Approver is the e-mail of who approves or declines a run where the test does
// not say.
const Approver = "approver@example.com"

// What a run's approval may be.
const (
	stateApproved = "APPROVED"
	stateDeclined = "DECLINED"
)

// UserID is Port's id of the user with that e-mail, the same for each letter
// case; that of the organisation's machine if it is empty.
func (s *Server) UserID(email string) string {
	if email == "" {
		return s.opts.ClientID + "@clients"
	}
	var sum uint64 = 14695981039346656037
	for _, c := range []byte(strings.ToLower(email)) {
		sum = (sum ^ uint64(c)) * 1099511628211
	}
	return fmt.Sprintf("auth0|%016x", sum)
}

// Approve lets a waiting run go on, as [Approver].
func (s *Server) Approve(id string) error { return s.ApproveAs(id, Approver) }

// ApproveAs lets a waiting run go on, as the user with that e-mail, the machine
// if it is empty. Who may approve is not checked: that the requester does is up
// to the action's permissions.
func (s *Server) ApproveAs(id, email string) error {
	s.mu.Lock()
	err := s.decide(id, true, Approval{UserID: s.UserID(email)})
	s.mu.Unlock()
	if err == nil {
		s.onRun.Tell(id)
	}
	return err
}

// Decline ends a waiting run, as [Approver].
func (s *Server) Decline(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.decide(id, false, Approval{UserID: s.UserID(Approver)})
}

func (s *Server) decide(id string, approve bool, by Approval) error {
	r := s.runs.byID[id]
	switch {
	case r == nil:
		return notFound("run", id)
	case r.Status != statusWaiting:
		return refuse(http.StatusUnprocessableEntity, "run_not_waiting_for_approval", "run %s does not wait for approval", id)
	case approve:
		by.State = stateApproved
		r.Status, r.UpdatedAt = statusInProgress, s.now()
	default:
		by.State = stateDeclined
		s.endRun(r, statusDeclined)
	}
	r.Approval = &by
	return nil
}

// approveRun is the route approval.
func (s *Server) approveRun(r *request) (answer, error) {
	id, approve := r.path["run"], r.body["status"] == "APPROVE"
	by := Approval{UserID: s.UserID("")} // the caller has the token of a machine
	by.Description, _ = r.body["description"].(string)
	if err := s.decide(id, approve, by); err != nil {
		return answer{}, err
	}
	if approve {
		r.ready = id
	}
	return ok(http.StatusCreated, object{}), nil
}

// approvalJSON is an approval as the API shows it.
func approvalJSON(a *Approval) any {
	if a == nil {
		return nil
	}
	o := object{"userId": a.UserID, "state": a.State}
	if a.Description != "" {
		o["description"] = a.Description
	}
	return o
}
