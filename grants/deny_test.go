package grants_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

const denyName = "port-iam-revoked"

// guard checks after every call to AWS that, from its first Deny on, a role never
// has its policy without the Deny. It returns what tells how often a role that was
// cut before could be used, and when the first Deny was written.
type guard struct {
	mu    sync.Mutex
	cut   map[string]time.Time // first Deny, by the id of the role
	holes []string
}

func (w *world) guard() *guard {
	g := &guard{cut: map[string]time.Time{}}
	w.aws.OnCall(func(c iamtest.Call) {
		if c.Done {
			g.look(w, c)
		}
	})
	return g
}

func (g *guard) look(w *world, c iamtest.Call) {
	snap := w.aws.Snapshot()
	there := map[string]bool{}
	for _, p := range snap.Policies {
		there[p.ARN] = true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range snap.Roles {
		if r.Inline[denyName] != "" {
			if g.cut[r.ID].IsZero() {
				g.cut[r.ID] = time.Now()
			}
			continue
		}
		for _, arn := range r.Attached {
			if there[arn] && !g.cut[r.ID].IsZero() {
				g.holes = append(g.holes, fmt.Sprintf("after %s %s, %s is attached to %s without the Deny", c.Op, c.Code, arn, r.Name))
			}
		}
	}
}

// want checks that the guard has seen a Deny, and no hole.
func (g *guard) want(t *testing.T) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.cut) == 0 {
		t.Error("no Deny was written")
	}
	for _, hole := range g.holes {
		t.Error(hole)
	}
}

// behind makes everything that is written from the attachment on visible only
// after a while.
func (w *world) behind(lag time.Duration) {
	w.at("AttachRolePolicy", false, func() { w.aws.SetVisibility(lag) })
}

// TestDenyStays: a revocation soon after the grant, while IAM does not show yet
// what was attached, or begins to, and later, when it still shows what was taken
// away.
func TestDenyStays(t *testing.T) {
	withoutRace(t)
	for _, lag := range []time.Duration{0, time.Second, 3 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute} {
		for _, after := range []time.Duration{500 * time.Millisecond, lag - 200*time.Millisecond, lag + time.Second, time.Hour} {
			t.Run(fmt.Sprintf("%s after %s", lag, after), func(t *testing.T) {
				inWorld(t, iamtest.Options{Delay: 50 * time.Millisecond}, func(w *world) {
					g := w.guard()
					w.behind(lag)
					p := w.process()
					rec := w.request(nil)
					p.succeed(rec)
					later(after)
					p.succeed(w.revoke(rec.RunID))
					g.want(t)
					w.wantGrants(0)
				})
			})
		}
	}
}

// TestOperatorInterrupted stops `grants revoke` after each call that it makes:
// whatever was cut stays so, and the sweep removes the rest.
func TestOperatorInterrupted(t *testing.T) {
	withoutRace(t)
	for _, lag := range []time.Duration{0, 10 * time.Second, time.Minute} {
		t.Run(lag.String(), func(t *testing.T) {
			for n, more := 1, true; more; n++ {
				inWorld(t, iamtest.Options{}, func(w *world) {
					g := w.guard()
					w.behind(lag)
					p := w.process()
					rec := w.request(nil)
					p.succeed(rec)
					later(500 * time.Millisecond)
					ctx, interrupt := context.WithCancel(context.Background())
					defer interrupt()
					more = false
					stop := w.calls(func(c numbered) {
						if c.n == n && c.done {
							more = true
							interrupt()
						}
					})
					err := p.operator().Revoke(ctx, iamops.Name(rec.RunID))
					stop()
					if !more && n == 1 {
						t.Error("nothing was interrupted")
					}
					cut := len(g.cut) > 0
					if roles, _, _ := w.left(); cut && len(roles) == 1 && roles[0].Inline[denyName] == "" {
						t.Errorf("interrupted at call %d: the role is left without its Deny: %v", n, err)
					}
					s := p.sweeper()
					for range 4 {
						later(sweepGrace)
						w.sweep(s)
					}
					if cut {
						g.want(t)
						w.wantGrants(0)
					} else {
						w.wantGrants(1)
					}
				})
			}
		})
	}
}

// TestOperatorSaysWhatIsTrue: an operator is interrupted while AWS does not delete
// the role, and is told that the access is cut; it is.
func TestOperatorSaysWhatIsTrue(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		g := w.guard()
		w.behind(5 * time.Minute)
		p := w.process()
		rec := w.request(nil)
		p.succeed(rec)
		later(6 * time.Minute) // so that it is the end which cannot be seen
		err := p.operator().Revoke(context.Background(), iamops.Name(rec.RunID))
		var unfinished *grants.Unfinished
		if err == nil || errors.As(err, &unfinished) || !strings.Contains(err.Error(), "the access is cut") {
			t.Fatalf("error %v", err)
		}
		g.want(t)
		if roles, _, _ := w.left(); len(roles) != 1 || roles[0].Inline[denyName] == "" {
			t.Errorf("left: %+v", roles)
		}
	})
}
