package chaos

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"port-iam/port/porttest"
	"port-iam/test/kit/daemontest"
)

// judge checks everything that is promised once things have settled. It goes by
// what Port and AWS hold, and by the orders.
func (w *world) judge() {
	roles, policies := map[string][]string{}, map[string][]string{} // by account
	for _, account := range accounts() {
		roles[account], policies[account] = w.NamesIn(w.t, account)
	}
	for _, o := range w.plan.orders {
		r, found := w.Port.Run(o.run)
		if !found && !o.placed {
			continue // an expiry of what never came about
		}
		if !found {
			w.violation("run %s is gone from Port", o.run)
			continue
		}
		if o.kind == kindForeign {
			if r.Status != "IN_PROGRESS" || len(r.Logs) > 0 || !r.UpdatedAt.Equal(r.CreatedAt) {
				w.violation("run %s of another action was touched: %+v", o.run, r)
			}
			continue
		}
		if r.Ends != 1 || len(r.Logs) != 1 {
			w.violation("run %s ended %d times with %d logs, it is %s", o.run, r.Ends, len(r.Logs), r.Status)
		}
		switch o.kind {
		case kindGrant:
			w.judgeOutcome(o, r)
			w.judgeGrant(o, r, slices.Contains(roles[o.account], o.name()), slices.Contains(policies[o.account], o.name()))
		case kindRevoke:
			w.judgeRevocation(o, r)
		case kindExpire:
			if o.target == nil {
				w.judgeRevocation(o, r)
				continue
			}
			early := r.Status == "FAILURE" && strings.Contains(lastLog(r), "has not expired")
			t, _ := w.Port.Run(o.target.run)
			gone := r.Status == "SUCCESS" && (o.target.revoked || r.EndedAt.After(o.target.end(t)))
			if !early && !gone {
				w.violation("run %s came before the end of %s and is %s: %q", o.run, o.target.run, r.Status, lastLog(r))
			}
		}
	}
	if diff := cmp.Diff(w.foreign, w.notOurs()); diff != "" {
		w.violation("something that is not ours was touched (-before +after):\n%s", diff)
	}
	if !w.Drained() {
		w.violation("not everything is committed")
	}
}

// judgeOutcome checks how the run of a grant has ended: with success, unless
// there is a reason.
func (w *world) judgeOutcome(o *order, r porttest.RunState) {
	log := lastLog(r)
	switch {
	case r.Status == "SUCCESS" && !o.grantable():
		w.violation("run %s must not succeed", o.run)
	case r.Status == "SUCCESS":
	case o.revoked && strings.Contains(log, "revoked before it was complete"):
	case o.refused && strings.Contains(log, "was refused"):
	case o.lost && strings.Contains(log, "lost"):
	case o.inTheWay && strings.Contains(log, "not of this run"):
	case strings.Contains(log, "waited too long") && r.EndedAt.After(o.end(r).Add(-5*time.Minute)):
	case strings.Contains(log, "gave up after") && r.EndedAt.Sub(r.CreatedAt) > 10*time.Minute:
	default:
		w.violation("run %s is %s without a reason: %q", o.run, r.Status, log)
	}
}

// judgeGrant checks that a grant is whole where it must be, and gone elsewhere.
func (w *world) judgeGrant(o *order, r porttest.RunState, role, policy bool) {
	_, entity := w.Port.Entity(daemontest.GrantBlueprint, o.name())
	there := fmt.Sprintf("role %t, policy %t, entity %t", role, policy, entity)
	switch end := o.end(r); {
	case r.Status != "SUCCESS" || o.revoked || !end.After(w.settled):
		if role != o.inTheWay || policy || entity {
			w.violation("grant %s must be gone (%s, revoked %t, ends %s), and there are: %s", o.run, r.Status, o.revoked, end, there)
		}
	case end.Before(time.Now()): // perhaps there was a sweep since, perhaps not
	case !role || !policy || !entity:
		w.violation("grant %s must be whole, and there are: %s", o.run, there)
	default:
		w.CheckGrant(w.t, daemontest.Grant{Run: o.run, Account: o.account, Requester: o.requester, Resource: o.resource, Actions: o.actions, Lasts: o.lasts})
	}
}

// judgeRevocation checks how a revocation has ended: with success, unless what
// it is about is not ours.
func (w *world) judgeRevocation(o *order, r porttest.RunState) {
	notOurs := o.refused || o.target != nil && o.target.inTheWay
	gaveUp := strings.Contains(lastLog(r), "could not be removed") && strings.Contains(lastLog(r), "gave up after") && r.EndedAt.Sub(r.CreatedAt) > 15*time.Minute
	if notOurs != (r.Status == "FAILURE") && !gaveUp {
		w.violation("revocation %s of %s is %s: %q", o.run, o.entity, r.Status, lastLog(r))
	}
}
