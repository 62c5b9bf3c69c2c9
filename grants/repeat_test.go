package grants_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port"
	"port-iam/port/porttest"
)

// TestDuplicates: copies of a record, at once in two processes and later, make
// one grant and end the run once.
func TestDuplicates(t *testing.T) {
	inWorld(t, iamtest.Options{Delay: 80 * time.Millisecond, Visibility: time.Second}, func(w *world) {
		a, b := w.process(), w.process()
		rec := w.request(nil)
		var all sync.WaitGroup
		for i := range 6 {
			p := []*process{a, b}[i%2]
			all.Go(func() {
				later(time.Duration(i) * 50 * time.Millisecond)
				if err := p.handle(rec); err != nil {
					t.Errorf("copy %d: %v", i, err)
				}
			})
		}
		all.Wait()
		w.wantRun(rec.RunID, "SUCCESS")
		w.wantGrants(1)
		if err := w.process().handle(rec); err != nil {
			t.Errorf("later: %v", err)
		}
		w.wantGrants(1)
		if n := a.metric("port_iam_runs_total", "grant", "succeeded") + b.metric("port_iam_runs_total", "grant", "succeeded"); n < 1 || n > 2 {
			t.Errorf("%v successes counted", n)
		}
	})
}

// TestRevokedStaysRevoked: a copy of the grant's record after the revocation, or
// during it, brings nothing back.
func TestRevokedStaysRevoked(t *testing.T) {
	inWorld(t, iamtest.Options{Delay: 80 * time.Millisecond}, func(w *world) {
		p := w.process()
		rec := w.request(nil)
		p.succeed(rec)
		rev := w.revoke(rec.RunID)
		var both sync.WaitGroup
		both.Go(func() { _ = w.process().handle(rec) })
		p.succeed(rev)
		both.Wait()
		w.wantGrants(0)
		if err := p.handle(rec); err != nil {
			t.Fatal(err)
		}
		w.wantGrants(0)
		w.wantRun(rec.RunID, "SUCCESS")
	})
}

// TestRevokeDuringGrant starts the revocation at every moment of the grant, in
// another process; whatever wins, nothing is left.
func TestRevokeDuringGrant(t *testing.T) {
	const step = 20 * time.Millisecond
	for after := time.Duration(0); after <= 700*time.Millisecond; after += step {
		inWorld(t, iamtest.Options{Delay: 80 * time.Millisecond, Visibility: 3 * time.Second}, func(w *world) {
			w.port.Fault(porttest.Fault{Kind: porttest.Delayed, Delay: 40 * time.Millisecond, Count: -1})
			rec := w.request(nil)
			var both sync.WaitGroup
			both.Go(func() {
				if err := w.process().handle(rec); err != nil {
					t.Errorf("grant: %v", err)
				}
			})
			later(after)
			rev := w.revoke(rec.RunID)
			if err := w.process().handle(rev); err != nil {
				t.Errorf("revoke: %v", err)
			}
			both.Wait()
			w.wantRun(rev.RunID, "SUCCESS")
			w.wantGrants(0)
			if r, _ := w.port.Run(rec.RunID); !r.Ended() || r.Ends != 1 {
				t.Errorf("the grant's run: %s, ended %d times", r.Status, r.Ends)
			}
			if t.Failed() {
				t.Fatalf("revoked %s after the request", after)
			}
		})
	}
}

// TestRevokeGone: what is gone already is a success.
func TestRevokeGone(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.request(nil)
		p.succeed(rec)
		p.succeed(w.revoke(rec.RunID))
		p.succeed(w.revoke(rec.RunID))
		p.succeed(w.revoke("r_0000000000000000")) // a run that Port does not know any more
	})
}

// TestRevokeRefused: what is not a grant of ours stays as it is.
func TestRevokeRefused(t *testing.T) {
	for _, c := range []struct {
		name, entity, blueprint string
		want                    []string
	}{
		{"no grant's name", "SomethingElse", grantEntity, []string{"SomethingElse", "Permission-"}},
		{"no entity", "", "", []string{"provisioned_permissions"}},
		{"other blueprint", bucket, "aws_resource", []string{"aws_resource", "provisioned_permissions"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				p := w.process()
				rec := w.start(porttest.RunSpec{Action: revokeAction, Entity: c.entity, Blueprint: c.blueprint, Requester: alice})
				if err := p.handle(rec); err != nil {
					t.Fatal(err)
				}
				contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), c.want...)
				p.wantMetric("port_iam_runs_total", 1, "revoke", "refused")
				if n := w.aws.CallCount("DeleteRole"); n != 0 {
					t.Errorf("%d roles deleted", n)
				}
			})
		})
	}
}

// TestExpire: the automation's run acts only when the end has passed.
func TestExpire(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		grant := w.short()
		p.succeed(grant)
		expire := func() port.Record {
			return w.start(porttest.RunSpec{Action: expireAction, Blueprint: grantEntity, Entity: iamops.Name(grant.RunID)})
		}
		early := expire()
		if err := p.handle(early); err != nil {
			t.Fatal(err)
		}
		contains(t, "log", w.wantRun(early.RunID, "FAILURE"), "not expired")
		w.wantGrants(1)
		later(time.Hour)
		p.succeed(expire())
		w.wantGrants(0)
		p.wantMetric("port_iam_runs_total", 1, "expire", "succeeded")
	})
}

// TestFinalFailure: what AWS refuses permanently ends the run first, and then
// everything of it is removed.
func TestFinalFailure(t *testing.T) {
	for op, fate := range map[string]string{
		"CreatePolicy":     "No access was given",
		"CreateRole":       "No access was given",
		"AttachRolePolicy": "The access is being removed",
	} {
		t.Run(op, func(t *testing.T) {
			inWorld(t, iamtest.Options{Visibility: 2 * time.Second}, func(w *world) {
				p := w.process()
				w.aws.Fault(iamtest.Fault{Op: op, Code: "AccessDenied", Status: 403, Message: "not authorized", Count: -1})
				rec := w.request(nil)
				if err := p.handle(rec); err != nil {
					t.Fatal(err)
				}
				contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), "AccessDenied", fate)
				w.wantGrants(0)
				p.wantMetric("port_iam_runs_total", 1, "grant", "failed")
			})
		})
	}
}

// TestSlowLooks: the time in which not everything may be visible is over during a
// look; what that look shows is removed anyway.
func TestSlowLooks(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		w.aws.Fault(iamtest.Fault{Op: "CreatePolicy", Code: "AccessDenied", Status: 403, Count: -1})
		w.aws.Fault(iamtest.Fault{Kind: iamtest.Delayed, Op: "GetRole", Delay: 8 * time.Second, Count: -1})
		rec := w.request(nil)
		if err := p.handle(rec); err != nil {
			t.Fatal(err)
		}
		w.wantRun(rec.RunID, "FAILURE")
		w.wantGrants(0)
	})
}

// TestPatience: how long a run goes on while something is wrong.
func TestPatience(t *testing.T) {
	for _, c := range []struct {
		name     string
		trouble  func(w *world)
		revoke   bool
		min, max time.Duration
		want     []string
	}{
		{"AWS away, grant", func(w *world) { w.aws.Fault(iamtest.Fault{Status: 503, Code: "ServiceUnavailable", Count: -1}) }, false, 10 * time.Minute, 11 * time.Minute, []string{"10m"}},
		{"AWS away, revoke", func(w *world) { w.aws.Fault(iamtest.Fault{Status: 503, Code: "ServiceUnavailable", Count: -1}) }, true, 15 * time.Minute, 16 * time.Minute, []string{"15m", "may still be usable"}},
		{"access cut, rest stuck", func(w *world) {
			w.aws.Fault(iamtest.Fault{Op: "DeleteRole", Status: 503, Code: "ServiceUnavailable", Count: -1})
		}, true, 15 * time.Minute, 16 * time.Minute, []string{"15m", "already cut"}},
		{"role never visible", func(w *world) {
			w.aws.Fault(iamtest.Fault{Op: "AttachRolePolicy", Status: 404, Code: "NoSuchEntity", Count: -1})
		}, false, 2 * time.Minute, 4 * time.Minute, []string{"2m"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				p := w.process()
				rec := w.request(nil)
				if c.revoke {
					p.succeed(rec)
					rec = w.revoke(rec.RunID)
				}
				c.trouble(w)
				began := time.Now()
				ended := make(chan error, 1)
				go func() { ended <- p.handle(rec) }()
				for r, _ := w.port.Run(rec.RunID); !r.Ended(); r, _ = w.port.Run(rec.RunID) {
					later(time.Second)
				}
				if took := time.Since(began); took < c.min || took > c.max {
					t.Errorf("gave up after %s, want %s to %s", took, c.min, c.max)
				}
				contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), c.want...)
				if err := <-ended; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestPortAway: however long Port is away, the run waits for it.
func TestPortAway(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.request(nil)
		back := w.port.Fault(porttest.Fault{Status: 502, Count: -1})
		ended := make(chan error, 1)
		go func() { ended <- p.handle(rec) }()
		later(2 * time.Hour)
		select {
		case err := <-ended:
			t.Fatalf("gave up: %v", err)
		default:
		}
		back()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		w.wantRun(rec.RunID, "SUCCESS")
		w.wantGrants(1)
	})
}

// TestLogRefused: where the log is refused the status alone ends the run.
func TestLogRefused(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.request(nil)
		w.port.Fault(porttest.Fault{Route: "run_log", Status: 422, Count: -1})
		p.succeed(rec)
		w.wantGrants(1)
		p.wantMetric("port_iam_unreportable_runs_total", 0)
	})
}

// TestForeign: a role of our name that is not ours stays untouched, whether it
// is in the way of a grant or the object of a revocation.
func TestForeign(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.request(nil)
		w.aws.AddRoleSession("/port-iam/", iamops.Name(rec.RunID), "mallory")
		before := fmt.Sprintf("%+v", w.aws.Snapshot().Roles)
		if err := p.handle(rec); err != nil {
			t.Fatal(err)
		}
		contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), "not of this run")
		if _, policies, _ := w.left(); len(policies) != 0 {
			t.Errorf("left next to the foreign role: %+v", policies)
		}
		rev := w.revoke(rec.RunID)
		if err := p.handle(rev); err != nil {
			t.Fatal(err)
		}
		contains(t, "log", w.wantRun(rev.RunID, "FAILURE"), "not ours")
		if after := fmt.Sprintf("%+v", w.aws.Snapshot().Roles); after != before {
			t.Errorf("a foreign role was changed:\n%s\n%s", before, after)
		}
		if n := p.metric("port_iam_security_events_total", "foreign_object"); n < 2 {
			t.Errorf("%v events", n)
		}
	})
}

// TestWrongClock: nothing is granted and nothing dropped while the clock is off;
// access is taken away anyway.
func TestWrongClock(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		grant := w.request(nil)
		p.succeed(grant)
		w.aws.SetClockSkew(2 * time.Minute)
		p.succeed(w.revoke(grant.RunID))
		rec := w.request(nil)
		off := w.process(func(o *grants.Options) {
			o.ClockSkew = func() (time.Duration, bool) { return -2 * time.Minute, true }
		})
		ctx, stop := context.WithTimeout(context.Background(), time.Hour)
		defer stop()
		if err := off.finish(ctx, off.Grant(rec)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the run did not wait for the clock: %v", err)
		}
		w.wantRun(rec.RunID, "IN_PROGRESS")
		w.wantGrants(0)
		p.wantMetric("port_iam_runs_total", 1, "revoke", "succeeded")
	})
}

// TestOtherSettings: a copy of a run in a process with other settings adopts
// nothing that the first one made, and the run ends by the first.
func TestOtherSettings(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		rec := w.request(nil)
		w.crashAt(w.process(), rec, "entity_upsert")
		other := w.process(func(o *grants.Options) { o.Duration = time.Hour })
		if err := other.handle(rec); err != nil {
			t.Fatal(err)
		}
		contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), "gave up after 10m")
		w.wantGrants(0)
	})
}

// TestCleanUpAfterGivingUp: what AWS was away for is removed when it is back,
// although the time of the grant is used up. Here only the answer of the last
// call was lost, so the grant could be used.
func TestCleanUpAfterGivingUp(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.request(nil)
		away := func() (back func()) {
			return w.aws.Fault(iamtest.Fault{Status: 503, Code: "ServiceUnavailable", Count: -1})
		}
		w.aws.Fault(iamtest.Fault{Op: "AttachRolePolicy", Kind: iamtest.LostAnswer})
		var back func()
		defer w.at("AttachRolePolicy", true, func() { back = away() })()
		ended := make(chan error, 1)
		go func() { ended <- p.handle(rec) }()
		for r, _ := w.port.Run(rec.RunID); !r.Ended(); r, _ = w.port.Run(rec.RunID) {
			later(time.Second)
		}
		contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), "gave up", "is being removed")
		if roles, _, _ := w.left(); len(roles) != 1 || len(roles[0].Attached) != 1 {
			t.Fatalf("before the clean-up: %+v", roles)
		}
		later(time.Minute)
		back()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		w.wantGrants(0)
	})
}
