package iamops_test

import (
	"testing"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

func TestDetach(t *testing.T) {
	t.Parallel()
	w := newFake(t, iamtest.Options{})
	p := w.plan(t)
	w.grant(t, p)
	state, err := w.ops.Look(t.Context(), p.Name)
	noError(t, err)
	for range 2 {
		noError(t, w.ops.Detach(t.Context(), state))
	}
	state, err = w.ops.Look(t.Context(), p.Name)
	noError(t, err)
	if !state.Complete() || state.Attached() {
		t.Errorf("after detaching: complete %v, attached %v", state.Complete(), state.Attached())
	}
	noError(t, remove(t.Context(), w.ops, state))
	noError(t, w.ops.Detach(t.Context(), state)) // gone meanwhile
	noError(t, w.ops.Detach(t.Context(), iamops.Live{}))
}
