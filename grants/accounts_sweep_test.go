package grants_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

// TestSweepOfALeftRole: a role that an attempt left in another account goes, and the
// grant that the entity names stays as it is, with its entity.
func TestSweepOfALeftRole(t *testing.T) {
	for name, crash := range map[string]string{"made": "CreateRole", "removal begun": "PutRolePolicy"} {
		t.Run(name, func(t *testing.T) {
			inAccounts(t, iamtest.Options{}, func(w *world) {
				w.bucketIn(second)
				rec := w.request(nil)
				w.crashAt(w.process(), rec, "CreateRole")
				w.bucketIn(third)
				if crash == "PutRolePolicy" {
					w.crashAt(w.process(), rec, "entity_upsert")
					w.bucketIn(second) // the other attempt stands aside, and crashes when it has cut its role
					w.crashAt(w.process(), rec, crash)
					w.bucketIn(third)
				}
				w.process().succeed(rec)
				grant := iamops.Name(rec.RunID)
				s := w.process().sweeper()
				for range 4 {
					later(sweepInterval)
					w.sweep(s)
				}
				w.wantIn(grant, third)
				if r := w.roleIn(third, grant); r == nil || len(r.Attached) != 1 || len(r.Inline) != 0 {
					t.Errorf("role %+v", r)
				}
				if _, exists := w.port.Entity(grantEntity, grant); !exists {
					t.Error("the entity is gone")
				}
			})
		})
	}
}

// TestSweepKeepsAnEntity whose grant may be where nobody was asked.
func TestSweepKeepsAnEntity(t *testing.T) {
	for _, c := range []struct {
		name    string
		arrange func(w *world, run string)
		stays   bool
	}{
		{"gone everywhere", func(w *world, run string) { w.removeByHand(second, run) }, false},
		{"gone, and the resource moved to a served one", func(w *world, run string) { w.removeByHand(second, run); w.bucketIn(third) }, false},
		{"gone, and the resource moved to one that is away", func(w *world, run string) {
			w.removeByHand(second, run)
			w.bucketIn(third)
			w.closed(third)
		}, true},
		{"gone, and the resource is of one that is not served", func(w *world, run string) { w.removeByHand(second, run); w.bucketIn(unserved) }, true},
		{"gone, and nothing says where", func(w *world, run string) { w.removeByHand(second, run); w.bucketIn("") }, false},
		{"taken out, and the entity names the hub", func(w *world, run string) { w.serving(account, third); w.says(run, account) }, true},
		{"taken out, and one is served", func(w *world, run string) { w.serving(account); w.says(run, account) }, true},
		{"taken out", func(w *world, _ string) { w.serving(account, third) }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			inAccounts(t, iamtest.Options{}, func(w *world) {
				run := w.grantedIn(second, nil)
				c.arrange(w, run)
				p := w.process()
				s := p.sweeper()
				for range 4 {
					later(sweepInterval)
					if _, err := s.Sweep(context.Background()); err != nil {
						t.Error(err)
					}
				}
				if _, stays := w.port.Entity(grantEntity, iamops.Name(run)); stays != c.stays {
					t.Errorf("the entity is there: %t", stays)
				}
				p.wantMetric("port_iam_sweeps_total", 4, "ok")
			})
		})
	}
}

// TestSweepOfAccounts: an account that is away keeps no other one from being swept, and
// nothing is said of what it holds.
func TestSweepOfAccounts(t *testing.T) {
	for name, trouble := range troubles {
		t.Run(name, func(t *testing.T) {
			inAccounts(t, iamtest.Options{}, func(w *world) {
				short := map[string]any{"permissions": []any{"s3:PutObject"}, "duration": "1h"}
				for _, id := range []string{account, second, third} {
					w.grantedIn(id, short)
					w.grantedIn(id, nil)
				}
				p := w.process()
				s := p.sweeper()
				w.sweep(s)
				for _, id := range w.served {
					p.wantIn("port_iam_grants", id, 2, "active")
					p.wantIn("port_iam_grants_overdue", id, 0)
				}
				later(time.Hour + 3*sweepInterval)
				back := trouble(w, second)
				r, err := s.Sweep(context.Background())
				w.must(err)
				if len(r.Away) != 1 || r.Away[second] == nil {
					t.Errorf("away %v", r.Away)
				}
				if diff := cmp.Diff(map[string]int{account: 1, third: 1}, gone(r)); diff != "" {
					t.Errorf("removed (-want +got):\n%s", diff)
				}
				for _, id := range []string{account, third} {
					p.wantIn("port_iam_grants", id, 1, "active")
					p.wantIn("port_iam_grants_overdue", id, 0)
				}
				p.wantAbsent("port_iam_grants", second, "active")
				p.wantAbsent("port_iam_grants_overdue", second)
				p.wantMetric("port_iam_sweeps_total", 2, "ok")
				p.wantMetric("port_iam_sweeps_total", 0, "failed")
				p.wantMetric("port_iam_sweep_removed_total", 2, "expired")
				back()
				later(sweepInterval) // and the session ends that was refused
				w.sweep(s)
				p.wantIn("port_iam_grants", second, 1, "active")
				p.wantMetric("port_iam_sweep_removed_total", 3, "expired")
				p.wantIn("port_iam_runs_total", second, 1, "expire", "succeeded")
			})
		})
	}
}

// TestAllAccountsAway: such a sweep has failed.
func TestAllAccountsAway(t *testing.T) {
	inAccounts(t, iamtest.Options{}, func(w *world) {
		for _, in := range w.in {
			in.Fault(iamtest.Fault{Code: "Throttling", Count: -1})
		}
		p := w.process()
		if r, err := p.sweeper().Sweep(context.Background()); err == nil || len(r.Away) != 3 {
			t.Errorf("%v, away %v", err, r.Away)
		}
		p.wantMetric("port_iam_sweeps_total", 1, "failed")
	})
}

// TestRunWithHangingAccounts: the sweeps of the others keep their time while the rounds
// of two accounts do not come to an end, and Run ends soon when it is told to.
func TestRunWithHangingAccounts(t *testing.T) {
	inAccounts(t, iamtest.Options{}, func(w *world) {
		p := w.process(func(o *grants.Options) {
			for _, id := range []string{second, third} {
				o.Accounts[id] = hanging{o.Accounts[id]}
			}
		})
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan struct{})
		s := p.sweeper()
		go func() { defer close(ended); s.Run(ctx) }()
		for range 3 {
			run := w.grantedIn(account, map[string]any{"permissions": []any{"s3:PutObject"}, "duration": "15m"})
			later(15*time.Minute + sweepInterval + time.Minute) // between two sweeps
			w.wantIn(iamops.Name(run))                          // gone by the next sweep after its end
			w.must(s.Alive())
		}
		p.wantMetric("port_iam_sweeps_total", 12, "ok") // in an hour, also where the first one waits for the late ones
		stop()
		<-ended
	})
}

// hanging is an account whose list never comes.
type hanging struct{ grants.Access }

// List is part of grants.Access.
func (hanging) List(ctx context.Context) (map[string]iamops.Listed, error) {
	<-ctx.Done()
	return nil, &iamops.Error{Op: "list roles", Kind: iamops.KindUnavailable, Err: ctx.Err()}
}

// TestBrakeOfAnAccount: grants without entities stop the removal of those in their account
// alone.
func TestBrakeOfAnAccount(t *testing.T) {
	inAccounts(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		lose := func(id string, n int) {
			for range n {
				run := w.grantedIn(id, nil)
				w.must(p.portal.DeleteEntity(context.Background(), grantEntity, iamops.Name(run), ""))
			}
		}
		lose(second, 12)
		lose(third, 9)
		later(2 * sweepGrace)
		r, err := p.sweeper().Sweep(context.Background())
		w.must(err)
		if r.Braked != 12 {
			t.Errorf("%d braked", r.Braked)
		}
		if diff := cmp.Diff(map[string]int{third: 9}, gone(r)); diff != "" {
			t.Errorf("removed (-want +got):\n%s", diff)
		}
		p.wantMetric("port_iam_sweeps_total", 1, "stopped")
		p.wantIn("port_iam_grants", second, 12, "orphaned")
		p.wantIn("port_iam_grants", third, 0, "orphaned")
	})
}

// TestCloseLooksOfAnAccount: each account has fifty of its own, and its own trouble.
func TestCloseLooksOfAnAccount(t *testing.T) {
	inAccounts(t, iamtest.Options{}, func(w *world) {
		for _, id := range []string{second, third} {
			for range 60 {
				w.grantedIn(id, nil)
			}
		}
		s := w.process().sweeper()
		for range 2 {
			for _, id := range []string{second, third} {
				w.in[id].ResetCalls()
			}
			w.sweep(s)
			for _, id := range []string{second, third} {
				if n := w.in[id].CallCount("GetRole"); n != 50 {
					t.Errorf("%d close looks in %s", n, id)
				}
			}
		}
		w.in[second].Fault(iamtest.Fault{Op: "GetRole", Code: "Throttling", Count: -1})
		w.in[third].ResetCalls()
		r, err := s.Sweep(context.Background())
		w.must(err)
		if n := w.in[third].CallCount("GetRole"); n != 50 || r.Away[second] == nil || r.Away[third] != nil {
			t.Errorf("%d close looks in the other account, away %v", n, r.Away)
		}
	})
}

// TestLostRunsOfAccounts: each is ended once, and those of an account that is away do not
// keep the others.
func TestLostRunsOfAccounts(t *testing.T) {
	inAccounts(t, iamtest.Options{}, func(w *world) {
		stuck, good := map[string]string{}, map[string]string{}
		for range 5 {
			run := w.grantedIn(third, nil)
			good[w.revoke(run).RunID] = run
		}
		for range 60 {
			run := w.grantedIn(second, nil)
			stuck[w.revoke(run).RunID] = run
		}
		lost := w.request(nil)
		p := w.process(withSlots)
		w.bucketIn(third)
		back := w.in[second].Fault(iamtest.Fault{Kind: iamtest.Delayed, Delay: time.Hour, Count: -1})
		s := p.sweeper()
		_, _ = s.Sweep(context.Background())
		for range 4 {
			later(sweepGrace)
			_, _ = s.Sweep(context.Background())
		}
		for run := range good {
			w.wantRun(run, "SUCCESS")
		}
		contains(t, "log", w.wantRun(lost.RunID, "FAILURE"), "please request again")
		for range 60 {
			later(sweepInterval)
			_, _ = s.Sweep(context.Background())
		}
		for run := range stuck {
			contains(t, "log", w.wantRun(run, "FAILURE"), second)
		}
		back()
	})
}
