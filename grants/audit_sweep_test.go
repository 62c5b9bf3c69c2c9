package grants_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/internal/audit"
)

// TestAuditByHand: what operators take away is told with who they are, also what could
// not be removed completely; what was not there is no event.
func TestAuditByHand(t *testing.T) {
	const caller = "arn:aws:sts::" + account + ":assumed-role/Admin/olga"
	inWorld(t, iamtest.Options{}, func(w *world) {
		var n notebook
		p := w.process()
		byHand := w.process(n.in, func(o *grants.Options) { o.Actor = caller })
		grant, name := w.granted(p, "8h"), w.granted(p, "1h")
		run, old := strings.TrimPrefix(grant, iamops.NamePrefix), strings.TrimPrefix(name, iamops.NamePrefix)
		ids := []string{w.roleID(grant), w.roleID(name)}
		w.must(byHand.operator().Revoke(context.Background(), grant))
		if err := byHand.operator().Revoke(context.Background(), grant); err == nil {
			t.Log("gone, and not visible yet")
		}
		later(2 * time.Hour)
		w.sweep(byHand.sweeper(func(o *grants.SweepOptions) { o.Force = true }))
		w.wantGrants(0)
		n.events = slices.CompactFunc(n.events, func(a, b audit.Event) bool { return a.Grant == b.Grant && a.Event == b.Event })
		n.want(t,
			audit.Event{Event: audit.Revoked, RunID: run, Grant: grant, Account: account, RoleARN: roleARN(grant), RoleID: ids[0], Requester: alice, Actor: caller, By: audit.ByOperator},
			audit.Event{
				Event: audit.Expired, RunID: old, Grant: name, Account: account, RoleARN: roleARN(name), RoleID: ids[1], Requester: alice, Actor: caller, By: audit.ByOperator,
				End: n.events[1].End, Why: "its time is over",
			})

		n.events = nil
		grant = w.granted(p, "8h")
		w.aws.Fault(iamtest.Fault{Op: "DeletePolicy", Code: "AccessDenied", Status: 403, Count: -1})
		if err := byHand.operator().Revoke(context.Background(), grant); err == nil {
			t.Error("revoked without the right to")
		}
		if len(n.events) != 1 || n.events[0].Event != audit.Revoked || !strings.Contains(n.events[0].Why, "could not be removed") {
			t.Errorf("events %+v", n.events)
		}
	})
}

// TestAuditLost: a lost run waits for the audit log too, and holds up no lost removal.
func TestAuditLost(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		var n notebook
		p := w.process(n.in)
		run := strings.TrimPrefix(w.granted(p, "8h"), iamops.NamePrefix)
		for range 20 {
			w.request(nil)
		}
		revoke := w.revoke(run)
		n.events = nil
		n.breaks(errDisk)
		s := p.sweeper(func(o *grants.SweepOptions) {
			o.Offsets = &progress{ends: map[int32]int64{0: 3}, committed: map[int32]int64{0: 3}}
		})
		for range 3 {
			later(15 * time.Minute)
			began := time.Now()
			w.sweep(s)
			if took := time.Since(began); took > time.Minute {
				t.Errorf("the sweep took %s", took)
			}
		}
		w.wantRun(revoke.RunID, "SUCCESS")
		w.wantGrants(0)
		n.breaks(nil)
		w.sweep(s)
		if told := n.told(); strings.Count(told, audit.Failed) != 20 || n.events[0].By != audit.BySweeper {
			t.Errorf("events %s by %s", told, n.events[0].By)
		}
	})
}
