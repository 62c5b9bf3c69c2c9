package sim

import (
	"slices"
	"time"

	"port-iam/port/porttest"
)

// about are the events that a condition fits, in order.
func (w *world) about(fits func(entry) bool) (out []entry) {
	w.ledger.mu.Lock()
	defer w.ledger.mu.Unlock()
	for _, e := range w.ledger.entries {
		if fits(e) {
			out = append(out, e)
		}
	}
	return out
}

// missing reports whether an event about a grant, or of a run, may not have been kept
// although its writer tried.
func (w *world) missing(ids ...string) bool {
	w.ledger.mu.Lock()
	defer w.ledger.mu.Unlock()
	return slices.ContainsFunc(ids, func(id string) bool { return w.ledger.unkept[id] })
}

// told checks that access is given only behind an event that says so, and what.
func (o *observer) told(s *site, order *order) {
	w := o.w
	if !w.plan.audits {
		return
	}
	for _, r := range s.Snapshot().Roles {
		if r.Name != order.name() || r.Path != path {
			continue
		}
		events := w.about(func(e entry) bool { return e.Event == "granted" && e.RunID == order.run && e.RoleID == r.ID })
		if len(events) == 0 {
			w.violation("%s was attached, and no event was kept before that its role %s is granted", order.name(), r.ID)
			return
		}
		w.judgeEvent(order, s, events[len(events)-1])
	}
}

// judgeEvent checks what an event says about a grant.
func (w *world) judgeEvent(o *order, s *site, e entry) {
	asked, end := o.asked, w.endOf(o).Format(time.RFC3339)
	if asked == nil {
		asked = o.actions
	}
	lacks := slices.ContainsFunc(o.actions, func(a string) bool { return !slices.Contains(e.Actions, a) })
	more := slices.ContainsFunc(e.Actions, func(a string) bool {
		return !slices.Contains(o.actions, a) && (!w.plan.console || !reading.MatchString(a) || data.MatchString(a))
	})
	run, _ := w.port.Run(o.run)
	approver := ""
	if run.Approval != nil {
		approver = run.Approval.UserID
	}
	if e.Grant != o.name() || e.Account != s.id || e.Requester != o.requester || e.Approver != approver || e.PortAction != grantAction ||
		!slices.Equal(e.Permissions, asked) || lacks || more || e.End != end && !w.plan.mixed {
		w.violation("grant %s of %v, %v, until %s, approved by %q has the event %+v", o.run, asked, o.actions, end, approver, e)
	}
}

// judgeAudit checks that what was decided about a run is told, and true in the end.
func (w *world) judgeAudit(o *order, r porttest.RunState) {
	events := w.about(func(e entry) bool { return e.RunID == o.run && e.Event != "dropped" })
	switch {
	case !w.plan.audits || !r.Ended() || r.Status == "DECLINED":
	case o.kind == kindGrant:
		w.judgeGranted(o, r, events)
	case w.missing(o.run, o.entity):
	case len(events) == 0:
		w.violation("run %s is %s, and no event says that", o.run, r.Status)
	case r.Status == "SUCCESS" && !slices.ContainsFunc(events, func(e entry) bool { return e.Event == "revoked" || e.Event == "expired" }):
		w.violation("run %s took something away, and its events are %+v", o.run, events)
	}
}

// judgeStanding checks that the last event about a role that stands is that it is granted.
// What other attempts made elsewhere is another role.
func (w *world) judgeStanding(o *order, events []entry) {
	for _, r := range w.piecesOf(o).roles {
		last := ""
		for _, e := range events {
			if e.RoleID == "" || e.RoleID == r.ID {
				last = e.Event
			}
		}
		if last != "granted" && w.observer.usable(o.name()) && o.copied == "" {
			w.violation("role %s of grant %s stands, and the events are %+v", r.ID, o.run, events)
		}
	}
}

// judgeGranted checks the events of a request, which may be those of several attempts.
func (w *world) judgeGranted(o *order, r porttest.RunState, events []entry) {
	granted := func(e entry) bool { return e.Event == "granted" }
	last := len(events) - 1
	switch {
	case r.Status == "SUCCESS" && !slices.ContainsFunc(events, granted):
		w.violation("run %s succeeded, and its events are %+v", o.run, events)
	case w.missing(o.run, o.name()):
	case r.Status != "SUCCESS" && (last < 0 || granted(events[last]) && len(w.takersOf(o))+len(w.byCLI(o)) == 0):
		w.violation("run %s is %s, and its events are %+v", o.run, r.Status, events)
	case r.Status == "SUCCESS" && !w.taken(o):
		w.judgeStanding(o, events)
	}
	all := w.about(func(e entry) bool { return e.Grant == o.name() })
	if len(all) > 0 && granted(all[len(all)-1]) && !w.missing(o.run, o.name()) && w.piecesOf(o).none() && o.handled == "" {
		w.violation("grant %s is gone, and its events are %+v", o.run, all)
	}
}
