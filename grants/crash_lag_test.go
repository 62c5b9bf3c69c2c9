package grants_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port"
	"port-iam/port/porttest"
)

// watchCut fails the test when, after a call, a role whose access was cut, by a
// Deny or by detaching, carries a policy that exists without a Deny.
func (w *world) watchCut() (stop func()) {
	var mu sync.Mutex // nobody looks at an older state behind a newer one
	cut := map[string]bool{}
	return w.onAWS(func(account string, c iamtest.Call) {
		if !c.Done {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		snap := w.in[account].Snapshot()
		for _, r := range snap.Roles {
			switch {
			case isDenied(r), c.Op == "DetachRolePolicy" && c.Code == "" && c.Name == r.Name && !isAttached(snap, r):
				cut[r.ID] = true
			case cut[r.ID] && isAttached(snap, r):
				delete(cut, r.ID) // told once
				w.t.Errorf("after %s %s, %s carries its policy without a Deny, and it was cut before", c.Op, c.Name, r.Name)
			}
		}
	})
}

func isDenied(r iamtest.Role) bool { return strings.Contains(r.Inline["port-iam-revoked"], `"Deny"`) }

// isAttached reports whether a policy that exists is attached to a role.
func isAttached(snap iamtest.Snapshot, r iamtest.Role) bool {
	return slices.ContainsFunc(snap.Policies, func(p iamtest.Policy) bool { return slices.Contains(r.Attached, p.ARN) })
}

// settle sweeps until what began before the last call of this test must be
// settled.
func (w *world) settle() {
	s := w.process().sweeper()
	for range 6 {
		later(sweepInterval)
		_, _ = s.Sweep(context.Background()) // what it could not do is for the next one
	}
}

// lagScenario is what happens to a grant while reads show old states.
type lagScenario struct {
	name string
	// prepare returns what is to be interrupted.
	prepare func(w *world) func(ctx context.Context, p *process)
	grants  int // left once all is settled
	// mayStay: what is interrupted permanently before the Deny may leave a grant.
	mayStay bool
	member  bool // the grant is in an account that the daemon enters
}

// interrupted handles a record.
func interrupted(rec port.Record) func(context.Context, *process) {
	return func(ctx context.Context, p *process) { _ = p.finish(ctx, p.job(rec)) }
}

var lagScenarios = []lagScenario{
	{"grant", func(w *world) func(context.Context, *process) { return interrupted(w.request(nil)) }, 1, true, false},
	{"grant in a member", func(w *world) func(context.Context, *process) { return interrupted(w.request(nil)) }, 1, true, true},
	{"revoke in a member, and the entity names another account", func(w *world) func(context.Context, *process) {
		grant := w.request(nil)
		w.process().succeed(grant)
		w.says(grant.RunID, third)
		later(visible)
		return interrupted(w.revoke(grant.RunID))
	}, 0, false, true},
	{"revoke", func(w *world) func(context.Context, *process) {
		grant := w.request(nil)
		w.process().succeed(grant)
		return interrupted(w.revoke(grant.RunID))
	}, 0, false, false},
	{"revoke of a half-made grant", func(w *world) func(context.Context, *process) {
		grant := w.request(nil)
		w.crashAt(w.process(), grant, "entity_upsert")
		return interrupted(w.revoke(grant.RunID))
	}, 0, false, false},
	{"expire", func(w *world) func(context.Context, *process) {
		grant := w.short()
		w.process().succeed(grant)
		later(time.Hour)
		return interrupted(w.start(porttest.RunSpec{Action: expireAction, Blueprint: grantEntity, Entity: iamops.Name(grant.RunID)}))
	}, 0, false, false},
	{"operator", func(w *world) func(context.Context, *process) {
		grant := w.request(nil)
		w.process().succeed(grant)
		return func(ctx context.Context, p *process) {
			_ = p.NewOperator(sweepGrace).Revoke(ctx, iamops.Name(grant.RunID))
		}
	}, 0, true, false},
	{"sweep", func(w *world) func(context.Context, *process) {
		w.process().succeed(w.short())
		later(time.Hour)
		return func(ctx context.Context, p *process) { _, _ = p.sweeper().Sweep(ctx) }
	}, 0, false, false},
}

// play interrupts a scenario before or after its n-th call, and returns how many
// calls there were, and whether this one was among them. handled says that who
// began it goes on with it; else only sweeps follow.
func (s lagScenario) play(w *world, n int, after, handled bool) (total int, killed bool) {
	if s.member {
		w.addAccounts()
		w.bucketIn(second)
	}
	defer w.watchCut()()
	act := s.prepare(w)
	ctx, die := context.WithCancel(context.Background())
	defer die()
	var mu sync.Mutex
	denied := false // by what was interrupted
	stop := w.calls(func(c numbered) {
		mu.Lock()
		defer mu.Unlock()
		total = max(total, c.n)
		roles, _, _ := w.left()
		denied = denied || slices.ContainsFunc(roles, isDenied)
		if c.n == n && c.done == after {
			killed = true
			die()
		}
	})
	act(ctx, w.process())
	die()
	stop()
	if handled {
		act(context.Background(), w.process())
	}
	w.settle()
	switch roles, _, _ := w.left(); {
	case handled || denied || n == 0:
		w.wantGrants(s.grants)
	case s.mayStay: // whole, or not at all
		w.wantGrants(len(roles))
	default:
		w.wantGrants(0)
	}
	return total, killed
}

// once is more calls than any of these makes while nothing lags.
const once = 18

// stride is how far apart the calls behind those are that are interrupted.
const stride = 17

// TestCrashMatrixLag kills the process before and after every call it makes while
// IAM shows old states, and lets another one finish, or only the sweep: access
// that was cut stays cut, and what is to go is gone.
func TestCrashMatrixLag(t *testing.T) {
	withoutRace(t)
	for _, s := range lagScenarios {
		for _, lag := range []time.Duration{0, 10 * time.Second, time.Minute} {
			t.Run(fmt.Sprintf("%s, %s", s.name, lag), func(t *testing.T) {
				t.Parallel()
				opts := iamtest.Options{Visibility: lag}
				total := 0
				inWorld(t, opts, func(w *world) { total, _ = s.play(w, 0, false, false) })
				planned, met := 0, 0 // of the calls that repeat others: their number differs
				kill := func(n int, after, handled bool) {
					inWorld(t, opts, func(w *world) {
						_, killed := s.play(w, n, after, handled)
						switch {
						case n > once:
							planned++
							if killed {
								met++
							}
						case !killed:
							t.Error("there was no such call")
						}
					})
					if t.Failed() {
						t.Fatalf("killed at call %d of %d (after: %t, handled again: %t)", n, total, after, handled)
					}
				}
				for n := 1; n <= min(total, once); n++ {
					// Before a call is behind the one before, so each moment is
					// met both ways.
					kill(n, false, n%2 == 0)
					kill(n, true, n%2 == 0)
				}
				for n := once + 1; n <= total; n += stride { // the same calls again, until all is visible
					kill(n, true, n%2 == 0)
				}
				if met < planned/2 {
					t.Errorf("%d of %d interruptions came", met, planned)
				}
			})
		}
	}
}
