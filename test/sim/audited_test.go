package sim

import (
	"slices"
	"strings"
	"time"

	"port-iam/port/porttest"
)

// What an event about a run of the grant action says of how it was decided, and what
// says that a grant is no more.
var (
	decided = []string{"granted", "refused", "failed"}
	over    = []string{"refused", "failed", "revoked", "expired", "removed"}
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
	events := w.about(func(e entry) bool { return e.RunID == o.run && slices.Contains(decided, e.Event) })
	switch {
	case !w.plan.audits || !r.Ended() || r.Status == "DECLINED":
	case o.kind == kindGrant:
		w.judgeGranted(o, r, events)
	case w.missing(o.run, o.entity):
	case r.Status == "SUCCESS":
		if len(w.about(func(e entry) bool { return e.RunID == o.run && slices.Contains(over, e.Event) })) == 0 {
			w.violation("run %s took something away, and no event says that", o.run)
		}
	case len(events) == 0:
		w.violation("run %s failed, and no event says that", o.run)
	}
}

// judgeGranted checks the events of a request.
func (w *world) judgeGranted(o *order, r porttest.RunState, events []entry) {
	last := ""
	if len(events) > 0 {
		last = events[len(events)-1].Event
	}
	switch {
	case r.Status == "SUCCESS" && last != "granted":
		w.violation("run %s succeeded, and its last event is %q", o.run, last)
	case r.Status != "SUCCESS" && last != "refused" && last != "failed" && !w.missing(o.run, o.name()):
		w.violation("run %s is %s, and its last event is %q", o.run, r.Status, last)
	}
	all := w.about(func(e entry) bool {
		return e.Grant == o.name() && (e.Event == "granted" || slices.Contains(over, e.Event))
	})
	if len(all) == 0 || w.missing(o.run, o.name()) {
		return
	}
	if last := all[len(all)-1]; last.Event == "granted" && w.piecesOf(o).none() && !byHandAlone(o) {
		w.violation("grant %s is gone, and its last event is %q", o.run, last.Event)
	}
}

// byHandAlone reports whether it was a person past port-iam who took a grant away.
func byHandAlone(o *order) bool {
	return o.handled != "" || strings.HasPrefix(o.copied, "1") || o.strange != ""
}
