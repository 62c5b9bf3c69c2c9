package iamops_test

import (
	"testing"
	"testing/synctest"
	"time"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

// patience is the two minutes within which everything that AWS has accepted is
// taken to be visible.
const patience = 2 * time.Minute

// persist repeats an operation as package grants does, until it succeeds. What
// ends it at once is an error that waiting cannot fix.
func persist(t *testing.T, w *world, op operation, p iamops.Plan) {
	t.Helper()
	for began := time.Now(); ; pass(t, 3*time.Second) {
		err := op.do(t.Context(), w.ops, p)
		if err == nil {
			return
		}
		if !iamops.Temporary(err) && !iamops.IsKind(err, iamops.KindNotFound) {
			t.Fatalf("%v, and that is not worth trying again", err)
		}
		if time.Since(began) > patience {
			t.Fatalf("still fails after %v: %v", patience, err)
		}
	}
}

// pass lets the time of a bubble go by.
func pass(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
		t.Fatal(t.Context().Err())
	}
}

// TestEventualConsistency runs every operation while AWS takes its time to show
// what it has done.
func TestEventualConsistency(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			_, want := undisturbed(t, op)
			synctest.Test(t, func(t *testing.T) {
				w := newFake(t, iamtest.Options{})
				p := w.plan(t)
				op.given(t, w, p)
				w.fake.SetVisibility(20 * time.Second)
				persist(t, w, op, p)
				same(t, "after a delay", want, w)
			})
		})
	}
}

// TestInvisible checks what is said of what exists and cannot be seen yet: what
// cannot be known is not called a permanent error.
func TestInvisible(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newFake(t, iamtest.Options{Visibility: 20 * time.Second})
		p := w.plan(t)
		w.create(t, p)
		wantKind(t, "adopt policy", iamops.KindNotFound, w.ops.CreatePolicy(t.Context(), p))
		wantKind(t, "adopt role", iamops.KindNotFound, w.ops.CreateRole(t.Context(), p))
		wantKind(t, "verify", iamops.KindNotFound, errOf(w.ops.Verify(t.Context(), p)))
		wantKind(t, "attach", iamops.KindNotFound, w.ops.Attach(t.Context(), p))
		if state, err := w.ops.Look(t.Context(), p.Name); err != nil || state.Exists() {
			t.Errorf("look: %+v, %v", state, err)
		}
		pass(t, 20*time.Second)
		noError(t, errOf(w.ops.Verify(t.Context(), p)))
		noError(t, w.ops.Attach(t.Context(), p))
	})
}

// TestThrottled runs every operation in an account that admits a call a second.
func TestThrottled(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			_, want := undisturbed(t, op)
			synctest.Test(t, func(t *testing.T) {
				// What the test itself does comes before the daemon is
				// throttled: it takes the burst.
				w := newFake(t, iamtest.Options{Rate: 1, Burst: 60})
				p := w.plan(t)
				op.given(t, w, p)
				for code(w.deleteRole(t, "none")) != "Throttling" {
					continue
				}
				persist(t, w, op, p)
				same(t, "throttled", want, w)
			})
		})
	}
}

// TestRejectedCredentials runs every operation with credentials that AWS does
// not accept for a while: nothing happens, and it is no reason to give up.
func TestRejectedCredentials(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			w := newFake(t, iamtest.Options{})
			p := w.plan(t)
			op.given(t, w, p)
			before := w.fake.Snapshot()
			w.fake.RejectCredentials(true)
			err := op.do(t.Context(), w.ops, p)
			if !iamops.RejectedCredentials(err) || !iamops.Temporary(err) {
				t.Errorf("%v, want a temporary error about the credentials", err)
			}
			same(t, "rejected", before, w)
			w.fake.RejectCredentials(false)
			noError(t, op.do(t.Context(), w.ops, p))
		})
	}
}
