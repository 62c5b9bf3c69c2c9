package grants_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

const (
	sweepInterval = 5 * time.Minute
	sweepGrace    = 10 * time.Minute
)

func (p *process) sweeper(change ...func(*grants.SweepOptions)) *grants.Sweeper {
	o := grants.SweepOptions{
		Interval: sweepInterval, Grace: sweepGrace,
		Offsets:  &progress{ends: map[int32]int64{0: 1}, committed: map[int32]int64{0: 1}},
		Sweeping: func() bool { return true },
	}
	for _, c := range change {
		c(&o)
	}
	return p.NewSweeper(o)
}

// sweep sweeps once and returns what was found, by name.
func (w *world) sweep(s *grants.Sweeper) map[string]grants.Finding {
	w.t.Helper()
	return w.look(s.Sweep)
}

// look returns what a sweep or a dry run finds, by name.
func (w *world) look(sweep func(context.Context) (grants.Report, error)) map[string]grants.Finding {
	w.t.Helper()
	r, err := sweep(context.Background())
	if err != nil {
		w.t.Fatalf("sweep: %v", err)
	}
	out := map[string]grants.Finding{}
	for _, f := range r.Findings {
		out[f.Name] = f
	}
	return out
}

func later(d time.Duration) { time.Sleep(d) } //nolint:forbidigo // the clock is faked

// TestSweepLeavesActive: what is as it should be stays, and costs few calls.
func TestSweepLeavesActive(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		for range 1000 {
			p.succeed(w.request(nil))
		}
		s := p.sweeper()
		w.sweep(s) // reads every run once
		for range 3 {
			later(sweepInterval)
			w.aws.ResetCalls()
			w.port.ResetCalls()
			w.sweep(s)
			if n := w.aws.CallCount(""); n > 50*5+2 {
				t.Errorf("%d calls to AWS", n)
			}
			if n := w.port.CallCount(""); n > 10 {
				t.Errorf("%d calls to Port", n)
			}
		}
		w.wantGrants(1000)
		p.wantMetric("port_iam_grants", 1000, "active")
		p.wantMetric("port_iam_sweeps_total", 4, "ok")
	})
}

// TestSweepExpires: after its end a grant is removed, whether or not its run's
// process still lives; its run keeps its outcome.
func TestSweepExpires(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		short := w.short()
		long := w.request(map[string]any{"permissions": []any{"s3:PutObject"}, "duration": "3h"})
		p.succeed(short)
		p.succeed(long)
		s := p.sweeper()
		later(time.Hour - time.Second)
		w.sweep(s)
		w.wantGrants(2)
		later(2 * time.Second)
		if f := w.sweep(s)[iamops.Name(short.RunID)]; f.State != grants.StateExpired || !f.Removed {
			t.Errorf("finding %+v", f)
		}
		w.wantGrants(1)
		w.wantRun(short.RunID, "SUCCESS")
		p.wantMetric("port_iam_runs_total", 1, "expire", "succeeded")
		p.wantMetric("port_iam_sweep_removed_total", 1, "expired")
		p.wantMetric("port_iam_grants_overdue", 0)
	})
}

// TestOverdue: while Port is away nothing is removed, and that is known.
func TestOverdue(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		p.succeed(w.short())
		later(time.Hour + 2*sweepInterval + time.Second)
		back := w.port.Fault(porttest.Fault{Status: 503, Count: -1})
		s := p.sweeper()
		if _, err := s.Sweep(context.Background()); err == nil {
			t.Error("swept without Port")
		}
		p.wantMetric("port_iam_grants_overdue", 1)
		back()
		w.sweep(s)
		p.wantMetric("port_iam_grants_overdue", 0)
	})
}

// TestSweepWrongClock: a wrong clock removes nothing.
func TestSweepWrongClock(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		p.succeed(w.request(nil))
		w.aws.SetClockSkew(-9 * time.Hour)
		later(10 * time.Hour)
		if _, err := p.sweeper().Sweep(context.Background()); err == nil {
			t.Error("swept by a wrong clock")
		}
		w.wantGrants(1)
		p.wantMetric("port_iam_sweeps_total", 1, "failed")
	})
}

// TestSweepInterrupted: a role that carries the Deny is finished, whatever its
// entity says.
func TestSweepInterrupted(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.request(nil)
		p.succeed(rec)
		w.crashAt(p, w.revoke(rec.RunID), "PutRolePolicy")
		w.sweep(w.process().sweeper())
		w.wantGrants(0)
	})
}

// TestSweepDetached: a removal that ended between the Deny, which goes with the
// role's other inline policies, and the role itself, is finished too.
func TestSweepDetached(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.request(nil)
		p.succeed(rec)
		revive := func() {}
		// Who is dead does not put the Deny back either.
		stop := w.at("DeleteRolePolicy", true, func() {
			revive = w.aws.Fault(iamtest.Fault{Op: "PutRolePolicy", Kind: iamtest.LostRequest, Count: -1})
		})
		w.crashAt(p, w.revoke(rec.RunID), "DeleteRolePolicy")
		stop()
		revive()
		if roles, _, _ := w.left(); len(roles) != 1 || len(roles[0].Attached) != 0 || len(roles[0].Inline) != 0 {
			t.Fatalf("left: %+v", roles)
		}
		s := p.sweeper()
		w.sweep(s)
		if roles, _, entities := w.left(); len(roles) != 1 || len(entities) != 1 {
			t.Errorf("removed before the grace: %d roles, %d entities", len(roles), len(entities))
		}
		later(sweepGrace)
		if f := w.sweep(s)[iamops.Name(rec.RunID)]; f.State != grants.StateIncomplete || !f.Removed {
			t.Errorf("finding %+v", f)
		}
		w.wantGrants(0)
		p.wantMetric("port_iam_sweep_removed_total", 1, "interrupted")
	})
}

// TestSweepOrphans is what crashes and hands can leave behind, and what becomes
// of it at once, and after the grace.
func TestSweepOrphans(t *testing.T) {
	deleteEntity := func(w *world, id string) {
		p := w.process()
		if err := p.portal.DeleteEntity(context.Background(), grantEntity, iamops.Name(id), ""); err != nil {
			w.t.Fatal(err)
		}
	}
	removeRole := func(w *world, id string) {
		takeFromIAM(w, w.process(), iamops.Name(id))
	}
	for _, c := range []struct {
		name        string
		make        func(w *world, id string)
		now, graced int // grants that exist after the first sweep, and after the grace
		entities    int // that exist after the grace, where not the same
	}{
		{"entity gone", deleteEntity, 1, 0, 0},
		{"role and policy gone", removeRole, 0, 0, 0},
		{"Port does not know the run", func(w *world, id string) {
			w.port.Fault(porttest.Fault{Route: "run_get", ID: id, Status: 404, Count: -1})
		}, 1, 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				p := w.process()
				rec := w.request(nil)
				p.succeed(rec)
				later(time.Minute)
				c.make(w, rec.RunID)
				s := w.process().sweeper()
				w.sweep(s)
				roles, policies, _ := w.left()
				if len(roles) != c.now || len(policies) != c.now {
					t.Errorf("at once: %d roles, %d policies, want %d", len(roles), len(policies), c.now)
				}
				later(sweepGrace)
				w.sweep(s)
				roles, policies, entities := w.left()
				if len(roles) != c.graced || len(policies) != c.graced || len(entities) != c.entities {
					t.Errorf("after the grace: %d roles, %d policies, %d entities; want %d and %d", len(roles), len(policies), len(entities), c.graced, c.entities)
				}
			})
		})
	}
}

// TestSweepFailed: everything of a run that ended FAILURE goes at once; here the
// process died between the end of the run and its clean-up.
func TestSweepFailed(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		rec := w.request(nil)
		w.aws.Fault(iamtest.Fault{Op: "AttachRolePolicy", Code: "AccessDenied", Status: 403, Count: -1})
		w.crashAt(w.process(), rec, "run_log")
		roles, _, entities := w.left()
		if len(roles) != 1 || len(entities) != 1 {
			t.Fatalf("%d roles and %d entities before the sweep", len(roles), len(entities))
		}
		p := w.process()
		w.sweep(p.sweeper())
		w.wantGrants(0)
		w.wantRun(rec.RunID, "FAILURE")
		p.wantMetric("port_iam_sweep_removed_total", 1, "orphaned")
	})
}

// TestSweepBrake: when Port seems to have lost its entities nothing of that is
// removed, and what has expired goes anyway.
func TestSweepBrake(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		for range 12 {
			p.succeed(w.request(nil))
		}
		short := w.short()
		p.succeed(short)
		for _, id := range w.port.Entities(grantEntity) {
			if err := p.portal.DeleteEntity(context.Background(), grantEntity, id, ""); err != nil {
				t.Fatal(err)
			}
		}
		later(2 * time.Hour)
		s := p.sweeper()
		r, err := s.Sweep(context.Background())
		if err != nil || r.Braked != 12 {
			t.Errorf("braked %d, %v", r.Braked, err)
		}
		if roles, _, _ := w.left(); len(roles) != 12 {
			t.Errorf("%d roles left", len(roles))
		}
		p.wantMetric("port_iam_sweeps_total", 1, "stopped")
		p.wantMetric("port_iam_sweep_removed_total", 1, "expired")
		forced := p.sweeper(func(o *grants.SweepOptions) { o.Force = true })
		w.sweep(forced)
		w.wantGrants(0)
	})
}

// TestSweepForeign: what is not ours is told apart and left.
func TestSweepForeign(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		w.aws.AddRoleSession("/port-iam/", "Something", "mallory")
		w.aws.AddRoleSession("/port-iam/", "Permission-r_foreign", "mallory")
		w.aws.AddRoleSession("/", "Permission-r_elsewhere", "mallory")
		before := fmt.Sprintf("%+v", w.aws.Snapshot().Roles)
		s := p.sweeper()
		for range 3 {
			w.sweep(s)
			later(sweepGrace)
		}
		if after := fmt.Sprintf("%+v", w.aws.Snapshot().Roles); after != before {
			t.Errorf("changed: %s", cmp.Diff(before, after))
		}
		p.wantMetric("port_iam_grants", 2, "foreign")
		p.wantMetric("port_iam_security_events_total", 1, "foreign_object")
	})
}

// TestSweepDryRun changes nothing and says what it would do.
func TestSweepDryRun(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.short()
		p.succeed(rec)
		later(2 * time.Hour)
		f := w.look(p.sweeper().DryRun)[iamops.Name(rec.RunID)]
		if !f.Removed || f.State != grants.StateExpired {
			t.Errorf("finding %+v", f)
		}
		w.wantGrants(1)
	})
}

// TestSweepRunsOnOne: only the instance that sweeps sweeps.
func TestSweepRunsOnOne(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		var mu sync.Mutex
		owner := true
		s := p.sweeper(func(o *grants.SweepOptions) {
			o.Sweeping = func() bool { mu.Lock(); defer mu.Unlock(); return owner }
		})
		p.succeed(w.request(nil))
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		done := make(chan struct{})
		go func() { defer close(done); s.Run(ctx) }()
		later(sweepInterval + time.Minute)
		p.wantMetric("port_iam_grants", 1, "active")
		mu.Lock()
		owner = false
		mu.Unlock()
		later(sweepInterval)
		p.wantMetric("port_iam_grants", 0, "active")
		p.wantMetric("port_iam_sweeps_total", 1, "ok")
		stop()
		<-done
	})
}

// TestChangedByHand is alerted about once and not repaired.
func TestChangedByHand(t *testing.T) {
	const open = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:root"},"Action":"sts:AssumeRole"}]}`
	for name, change := range map[string]func(w *world, name string){
		"another policy":    func(w *world, name string) { w.changeByHand(name) },
		"the trust policy":  func(w *world, name string) { w.trust(name, open) },
		"a tag of the role": func(w *world, name string) { w.retag(name, "port-iam-expires-at", "2099-01-01T00:00:00Z") },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				p := w.process()
				granted := w.granted(p, "8h")
				change(w, granted)
				before := fmt.Sprintf("%+v", w.aws.Snapshot().Roles)
				s := p.sweeper()
				w.sweep(s)
				w.sweep(s)
				p.wantMetric("port_iam_grants", 1, "changed")
				if n := strings.Count(p.log.String(), "a grant was changed by hand"); n != 1 {
					t.Errorf("said %d times:\n%s", n, p.log)
				}
				if after := fmt.Sprintf("%+v", w.aws.Snapshot().Roles); after != before {
					t.Errorf("changed: %s", cmp.Diff(before, after))
				}
				if shown, err := p.show(granted); err != nil || len(shown.Looked.Changes) == 0 {
					t.Errorf("shown: %+v, %v", shown, err)
				}
			})
		})
	}
}
