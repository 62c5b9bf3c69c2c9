package grants_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port"
	"port-iam/port/porttest"
)

// calls numbers the calls that reach Port and AWS together, and has f called at
// each end of each one.
func (w *world) calls(f func(n int, done bool)) (stop func()) {
	var mu sync.Mutex
	n := 0
	numbers := map[string]int{}
	note := func(key string, done bool) {
		mu.Lock()
		if !done {
			n++
			numbers[key] = n
		}
		at := numbers[key]
		mu.Unlock()
		f(at, done)
	}
	stopPort := w.port.OnCall(func(c porttest.Call) { note(fmt.Sprint("port", c.N), c.Done) })
	stopAWS := w.aws.OnCall(func(c iamtest.Call) { note(fmt.Sprint("aws", c.N), c.Done) })
	return func() { stopPort(); stopAWS() }
}

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

// crashAt works on a record until a call of that name is done, and no further.
func (w *world) crashAt(p *process, rec port.Record, name string) {
	ctx, die := context.WithCancel(context.Background())
	defer die()
	defer w.port.OnCall(func(c porttest.Call) {
		if c.Done && c.Route == name {
			die()
		}
	})()
	defer w.aws.OnCall(func(c iamtest.Call) {
		if c.Done && c.Op == name {
			die()
		}
	})()
	_ = p.finish(ctx, p.job(rec))
}

// count runs a scenario without trouble and returns how many calls it makes.
func (s scenario) count(t *testing.T, opts iamtest.Options) (total int) {
	t.Helper()
	inWorld(t, opts, func(w *world) {
		rec := s.prepare(w)
		var mu sync.Mutex
		stop := w.calls(func(n int, _ bool) { mu.Lock(); total = max(total, n); mu.Unlock() })
		defer stop()
		if err := w.process().handle(rec); err != nil {
			t.Fatal(err)
		}
		s.check(w, rec)
	})
	return total
}

// TestCrashMatrix kills the process before and after every call it makes; after
// a new one has handled the record again, nothing shows that this happened. The
// calls are counted, so that a new one is covered the day it is written.
func TestCrashMatrix(t *testing.T) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			total := s.count(t, iamtest.Options{})
			for n := 1; n <= total; n++ {
				for _, after := range []bool{false, true} {
					inWorld(t, iamtest.Options{}, func(w *world) {
						rec := s.prepare(w)
						ctx, die := context.WithCancel(context.Background())
						stop := w.calls(func(at int, done bool) {
							if at == n && done == after {
								die()
							}
						})
						p := w.process()
						_ = p.finish(ctx, p.job(rec))
						die()
						stop()
						if err := w.process().handle(rec); err != nil {
							t.Errorf("killed at call %d (after: %t): %v", n, after, err)
						}
						s.check(w, rec)
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

// TestLostCalls loses each call in turn, once without it being applied, once
// only its answer, and once it is refused as by a server in trouble; one process
// lives through it.
func TestLostCalls(t *testing.T) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			total := s.count(t, iamtest.Options{})
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
					inWorld(t, iamtest.Options{}, func(w *world) {
						rec := s.prepare(w)
						stop := w.calls(func(at int, done bool) {
							if at == n && !done {
								// Whichever of the two it is meets its fault.
								w.port.Fault(trouble.port)
								w.aws.Fault(trouble.aws)
							}
						})
						defer stop()
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
