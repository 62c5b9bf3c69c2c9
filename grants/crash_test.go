package grants_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port"
	"port-iam/port/porttest"
)

// scenario is something that happens to a grant, and what it must come to.
type scenario struct {
	name    string
	prepare func(w *world) port.Record
	check   func(w *world, rec port.Record)
}

var scenarios = []scenario{
	{"grant", func(w *world) port.Record { return w.request(nil) }, func(w *world, rec port.Record) {
		w.wantRun(rec.RunID, "SUCCESS")
		w.wantGrants(1)
	}},
	{"refused", func(w *world) port.Record { return w.request(map[string]any{"permissions": []any{"s3:*"}}) }, func(w *world, rec port.Record) {
		w.wantRun(rec.RunID, "FAILURE")
		w.wantGrants(0)
	}},
	{"revoke", func(w *world) port.Record {
		grant := w.request(nil)
		w.process().succeed(grant)
		return w.revoke(grant.RunID)
	}, func(w *world, rec port.Record) {
		w.wantRun(rec.RunID, "SUCCESS")
		w.wantGrants(0)
	}},
	{"expire", func(w *world) port.Record {
		grant := w.short()
		w.process().succeed(grant)
		later(time.Hour)
		return w.start(porttest.RunSpec{Action: expireAction, Blueprint: grantEntity, Entity: iamops.Name(grant.RunID)})
	}, func(w *world, rec port.Record) {
		w.wantRun(rec.RunID, "SUCCESS")
		w.wantGrants(0)
	}},
	{"revoke of a half-made grant", func(w *world) port.Record {
		grant := w.request(nil)
		w.crashAt(w.process(), grant, "entity_upsert")
		return w.revoke(grant.RunID)
	}, func(w *world, rec port.Record) {
		w.wantRun(rec.RunID, "SUCCESS")
		w.wantGrants(0)
	}},
}

// inMember is the world of a grant in an account that the daemon enters.
func inMember(t *testing.T, opts iamtest.Options, f func(w *world)) {
	t.Helper()
	inAccounts(t, opts, func(w *world) {
		w.bucketIn(second)
		f(w)
	})
}

// visible is how old a grant is of which IAM shows everything.
const visible = 3 * time.Minute

// apart is what may happen to a grant where several accounts are served.
var apart = slices.Concat(scenarios, []scenario{
	{"revoke, and the entity names another account", func(w *world) port.Record {
		grant := w.request(nil)
		w.process().succeed(grant)
		w.says(grant.RunID, third)
		later(visible)
		return w.revoke(grant.RunID)
	}, func(w *world, rec port.Record) {
		w.wantRun(rec.RunID, "SUCCESS")
		w.wantGrants(0)
	}},
	{"revoke, and a copy is in another account", func(w *world) port.Record {
		grant := w.request(nil)
		w.process().succeed(grant)
		w.copyTo(third, w.roleIn(second, iamops.Name(grant.RunID)), true)
		w.says(grant.RunID, third)
		later(visible)
		return w.revoke(grant.RunID)
	}, func(w *world, rec port.Record) {
		w.wantRun(rec.RunID, "SUCCESS")
		w.wantGrants(0)
	}},
})

// settings are where the scenarios are played.
var settings = []struct {
	name      string
	in        func(t *testing.T, opts iamtest.Options, f func(w *world))
	scenarios []scenario
}{{"", audited(inWorld), scenarios}, {" in a member", audited(inMember), apart}}

// count runs a scenario without trouble and returns how many calls it makes.
func (s scenario) count(t *testing.T, in func(*testing.T, iamtest.Options, func(*world))) (total int) {
	t.Helper()
	in(t, iamtest.Options{}, func(w *world) {
		rec := s.prepare(w)
		var mu sync.Mutex
		stop := w.calls(func(c numbered) { mu.Lock(); total = max(total, c.n); mu.Unlock() })
		defer stop()
		if err := w.process().handle(rec); err != nil {
			t.Fatal(err)
		}
		s.check(w, rec)
		w.wantTold(rec)
	})
	return total
}

// TestCrashMatrix kills the process before and after every call it makes, and every audit
// event it keeps; after
// a new one has handled the record again, nothing shows that this happened, and the
// events tell what is true. The calls are counted, so that a new one is covered the day it is written.
func TestCrashMatrix(t *testing.T) {
	for _, at := range settings {
		for _, s := range at.scenarios {
			t.Run(s.name+at.name, func(t *testing.T) {
				total := s.count(t, at.in)
				for n := 1; n <= total; n++ {
					for _, after := range []bool{false, true} {
						at.in(t, iamtest.Options{}, func(w *world) {
							rec := s.prepare(w)
							ctx, die := context.WithCancel(context.Background())
							stop := w.atCall(n, after, func(c numbered) {
								if c.event != nil && !after {
									c.event.lost = true
								}
								die()
							})
							p := w.process()
							_ = p.finish(ctx, p.job(rec))
							die()
							stop()
							if err := w.process().handle(rec); err != nil {
								t.Errorf("killed at call %d (after: %t): %v", n, after, err)
							}
							s.check(w, rec)
							w.wantTold(rec)
							if t.Failed() {
								t.Fatalf("killed at call %d of %d (after: %t)", n, total, after)
							}
						})
					}
				}
				t.Logf("killed before and after each of %d calls", total)
			})
		}
	}
}

// TestLostCalls loses each call in turn, once without it being applied, once
// only its answer, and once it is refused as by a server in trouble; one process
// lives through it.
func TestLostCalls(t *testing.T) {
	for _, at := range settings {
		for _, s := range at.scenarios {
			t.Run(s.name+at.name, func(t *testing.T) {
				total := s.count(t, at.in)
				for _, trouble := range []struct {
					name string
					port porttest.Fault
					aws  iamtest.Fault
				}{
					{"request lost", porttest.Fault{Kind: porttest.LostRequest}, iamtest.Fault{Kind: iamtest.LostRequest}},
					{"answer lost", porttest.Fault{Kind: porttest.LostAnswer}, iamtest.Fault{Kind: iamtest.LostAnswer}},
					{"500", porttest.Fault{Status: 500}, iamtest.Fault{}},
					{"throttled", porttest.Fault{Status: 429, RetryAfter: "1"}, iamtest.Fault{Code: "Throttling"}},
					{"busy", porttest.Fault{Status: 503}, iamtest.Fault{Code: "ConcurrentModification", Status: 409}},
				} {
					for n := 1; n <= total; n++ {
						at.in(t, iamtest.Options{}, func(w *world) {
							rec := s.prepare(w)
							defer w.atCall(n, false, func(c numbered) {
								switch {
								case c.event != nil:
									c.event.lost, c.event.unsure = trouble.name != "answer lost", trouble.name == "answer lost"
								case c.port:
									w.port.Fault(trouble.port)
								default:
									w.in[c.in].Fault(trouble.aws)
								}
							})()
							if err := w.process().handle(rec); err != nil {
								t.Errorf("handle: %v", err)
							}
							s.check(w, rec)
							if t.Failed() {
								t.Fatalf("%s at call %d of %d", trouble.name, n, total)
							}
						})
					}
				}
			})
		}
	}
}
