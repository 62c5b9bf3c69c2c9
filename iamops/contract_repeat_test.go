package iamops_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"

	"port-iam/iamops"
)

// testRepeat checks that an operation may be repeated whenever it is: after it
// has succeeded, and after it was stopped before any of its calls.
func testRepeat(t *testing.T, newWorld func(t *testing.T) *world) {
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) { repeatable(t, newWorld, op) })
	}
}

func repeatable(t *testing.T, newWorld func(t *testing.T) *world, op operation) {
	w := newWorld(t)
	p := w.plan(t)
	op.given(t, w, p)
	var all stopAfter
	all.left.Store(1 << 20)
	noError(t, op.do(t.Context(), w.daemon(t, all.middleware), p))
	want := w.snapshot(t)
	noError(t, op.do(t.Context(), w.ops, p))
	unchanged(t, "the second time", want, w.snapshot(t))

	calls := 1<<20 - all.left.Load()
	if calls < 1 {
		t.Fatal("the operation calls nothing: nothing is tested here")
	}
	step := int64(1)
	if w.server() == motoServer {
		step = 3 // it is slow, and our own takes every one
	}
	for n := int64(0); n < calls; n += step {
		t.Run(fmt.Sprintf("stopped after %d calls", n), func(t *testing.T) {
			w := newWorld(t)
			op.given(t, w, p)
			var some stopAfter
			some.left.Store(n)
			err := op.do(t.Context(), w.daemon(t, some.middleware), p)
			if !errors.Is(err, errStopped) || !iamops.Temporary(err) {
				t.Errorf("stopped: %v, want a temporary error that says so", err)
			}
			noError(t, op.do(t.Context(), w.ops, p))
			if diff := cmp.Diff(want, w.snapshot(t), byContent); diff != "" {
				t.Errorf("the second attempt ends otherwise (-in one go +in two):\n%s", diff)
			}
		})
	}
}

var errStopped = errors.New("stopped by the test")

// stopAfter lets a number of calls pass and fails all others before they are
// sent: what a process that is killed leaves undone.
type stopAfter struct{ left atomic.Int64 }

func (s *stopAfter) middleware(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("stop",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			if s.left.Add(-1) < 0 {
				return middleware.InitializeOutput{}, middleware.Metadata{}, errStopped
			}
			return next.HandleInitialize(ctx, in)
		}), middleware.Before)
}
