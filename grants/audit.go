package grants

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"port-iam/iamops"
	"port-iam/internal/audit"
	"port-iam/port"
	"port-iam/templates"
)

// Audit keeps the events of decisions, as [audit.Log] does. It is safe for concurrent
// use.
type Audit interface {
	// Write returns within a few seconds, when an event is kept; with an error it may
	// not be.
	Write(ctx context.Context, e audit.Event) error
	// Problem is why events cannot be kept at present; nil where that is not known.
	Problem() error
}

// keep writes an event. Its error says that it may not be kept, and has been counted:
// what gives access waits for that, and what takes access away does not.
func (s *Service) keep(ctx context.Context, e audit.Event) error {
	if s.opts.Audit == nil {
		return nil
	}
	if e.Actor = s.opts.Actor; e.Actor != "" {
		e.By = audit.ByOperator
	}
	// It is not for an attempt that ends to stop it: it has a limit of its own.
	err := s.opts.Audit.Write(context.WithoutCancel(ctx), e)
	if err != nil {
		s.metrics.auditErrors.Inc()
	}
	return err
}

// auditable is why a grant cannot be told of at present; nil where that is not known. What
// waits for that is counted as if it was tried, so that the count goes on until it is over.
func (s *Service) auditable() error {
	if s.opts.Audit == nil {
		return nil
	}
	err := s.opts.Audit.Problem()
	if err != nil {
		s.metrics.auditErrors.Inc()
	}
	return unkept(err)
}

// unkept has a grant wait whose event may not be kept.
func unkept(err error) error {
	if err == nil {
		return nil
	}
	return &again{causeAudit, fmt.Errorf("nothing is granted without its audit event: %w", err)}
}

// takenAway is the event of a removal that a run asked for.
func takenAway(op string) string {
	if op == opExpire {
		return audit.Expired
	}
	return audit.Revoked
}

// askedBy is who has a run of an operation handled.
func askedBy(op string) string {
	if op == opExpire {
		return audit.ByPort
	}
	return audit.ByRequester
}

// event is what the job knows of a decision about its run.
func (j *Job) event(what, why string) audit.Event {
	a := j.want
	e := audit.Event{
		Event: what, RunID: j.rec.RunID, Grant: j.name, Account: j.in(), PortAction: j.action, Requester: j.requester, Approver: j.approver,
		UserID: j.userID, Related: a.Related, Permissions: a.permissions, Actions: a.Actions, Start: a.Start, End: a.End, Reason: a.reason,
		By: askedBy(j.op), Why: why,
	}
	if j.op == opGrant {
		e.Resource = cmp.Or(j.resource, j.entity)
	}
	if j.lost { // which Port says, and no record
		e.By, e.Resource = audit.BySweeper, j.rec.Entity
	}
	return e
}

// keepOnce writes an event unless it is the last one that this job has written.
func (j *Job) keepOnce(ctx context.Context, e audit.Event) error {
	if j.told == e.Event {
		return nil
	}
	err := j.svc.keep(ctx, e)
	if err == nil {
		j.told = e.Event
	}
	return err
}

// tellGranted writes that access begins, before it does.
func (j *Job) tellGranted(ctx context.Context, plan iamops.Plan) error {
	if err := late(ctx); err != nil {
		return err
	}
	e := j.event(audit.Granted, "")
	e.RoleARN, e.RoleID, e.Actions = plan.RoleARN, j.roleID, nil
	for _, s := range plan.Scope.Statements { // with what belongs to the requested ones
		e.Actions = append(e.Actions, s.Actions...)
	}
	slices.Sort(e.Actions)
	e.Actions = slices.Compact(e.Actions)
	e.Related = slices.DeleteFunc(slices.Clone(e.Related), func(arn string) bool { return len(plan.Scope.On(arn)) == 0 })
	return unkept(j.keepOnce(ctx, e))
}

// tellFailed writes that the run is about to end without what it was for. A grant waits
// until that is kept.
func (j *Job) tellFailed(ctx context.Context, d Decision) error {
	what := audit.Failed
	if d.Outcome == outcomeRefused {
		what = audit.Refused
	}
	err := j.keepOnce(ctx, j.event(what, d.Reason))
	if j.op != opGrant {
		return nil
	}
	return unkept(err)
}

// tellTaken writes that what a run was for has been taken away.
func (j *Job) tellTaken(ctx context.Context) {
	if what := takenAway(j.op); j.told != what && j.keepEach(ctx, j.event(what, j.differs)) == nil {
		j.told = what
	}
}

// tellRemoved writes that what was made for a run of the grant action is taken away: the
// run has ended otherwise, or the grant was taken away while it was made.
func (j *Job) tellRemoved(ctx context.Context) {
	if j.told == audit.Removed || j.told != audit.Granted && !j.any((*place).saw) {
		return
	}
	e := j.event(audit.Removed, "its run has not ended with access, or the access was taken away while it was given")
	if j.keepEach(ctx, e) == nil {
		j.told = audit.Removed
	}
}

// tellGrantedAfterAll corrects what this job has written last, where another instance has
// made the grant: the last event of a grant is to be true.
func (j *Job) tellGrantedAfterAll(ctx context.Context) error {
	portal := j.svc.opts.Portal
	entity, err := find(ctx, portal, templates.BlueprintGrant, j.name)
	if err != nil || entity == nil {
		return err // it is gone again
	}
	e := j.event(audit.Granted, "another attempt at this run has granted it")
	if a := j.svc.accountIn(entity); a != nil {
		e.Account, e.RoleARN = a.id, a.RoleARN(j.name)
		if live, err := a.Find(ctx, j.name); err == nil {
			e.RoleID = live.RoleID()
		}
	}
	if err := j.keepOnce(ctx, e); err != nil {
		return unkept(err)
	}
	switch entity, err := find(ctx, portal, templates.BlueprintGrant, j.name); {
	case err != nil:
		j.log.Warn("it is not known whether the grant is still there", keyGrant, j.name, keyError, err)
	case entity == nil:
		j.tellRemoved(ctx)
	}
	return nil
}

// keepEach writes an event for each account in which something of the grant was seen, or
// one where nothing was.
func (r *removal) keepEach(ctx context.Context, e audit.Event) error {
	var err error
	seen := false
	unasked := e.By == audit.BySweeper || e.By == audit.ByOperator // so the requester is that of the grant
	for _, p := range r.places {
		if !p.saw() {
			continue
		}
		seen, e.Account, e.RoleARN, e.RoleID = true, p.id, "", p.roleID
		if unasked {
			e.Requester = p.live.Requester()
		}
		if p.sawRole {
			e.RoleARN = p.RoleARN(r.name)
		}
		err = errors.Join(err, r.svc.keep(ctx, e))
	}
	if !seen {
		if len(r.places) == 1 {
			e.Account = r.places[0].id
		}
		err = r.svc.keep(ctx, e)
	}
	return err
}

// tellGone tells who takes the grant away that nothing can use it any more.
func (r *removal) tellGone(ctx context.Context) {
	if r.gone != nil && r.problem() == nil {
		r.gone(ctx)
	}
}

// tellEndOpen writes that the open run of a grant is about to be ended by the removal.
func (r *removal) tellEndOpen(ctx context.Context, run port.Run) {
	if r.toldOpen {
		return
	}
	r.toldOpen = r.svc.keep(ctx, audit.Event{
		Event: audit.Failed, RunID: run.ID, Grant: r.name, PortAction: run.Action, By: r.by, Why: "the grant was revoked before it was complete",
	}) == nil
}

// tellSwept writes what a sweep takes away, once where the sweep has to come again.
func (w *round) tellSwept(ctx context.Context, r *removal, j *judged) {
	if j.told {
		return
	}
	e := audit.Event{Event: audit.Removed, RunID: j.listed.RunID, Grant: j.name, End: j.ends, By: audit.BySweeper, Why: j.why}
	if j.verdict.remove == removedExpired {
		e.Event = audit.Expired
	}
	if j.entity != nil {
		e.RoleARN = textOf(j.entity, templates.PropertyRoleARN)
	}
	j.told = r.keepEach(ctx, e) == nil
}

// tell writes that the operator has taken the grant away; why says what is left of it.
func (h *byHand) tell(ctx context.Context, why string) {
	if h.told || !h.found && !h.cut() {
		return
	}
	runID, _ := iamops.RunID(h.name)
	h.told = h.keepEach(ctx, audit.Event{Event: audit.Revoked, RunID: runID, Grant: h.name, By: audit.ByOperator, Why: why}) == nil
}

// tellDropped writes that a record was left out, with nothing of it but the run that it names.
func (s *Service) tellDropped(cause, run string) {
	_ = s.keep(context.Background(), audit.Event{Event: audit.Dropped, RunID: run, Why: cause}) // counted
}
