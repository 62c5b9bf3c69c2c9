package iamops_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

func TestRequesterAndAllowance(t *testing.T) {
	t.Parallel()
	w := newFake(t, iamtest.Options{})
	p := w.plan(t)
	look := func() (string, iamops.Allowance) {
		t.Helper()
		state, err := w.ops.Look(t.Context(), p.Name)
		noError(t, err)
		a, err := w.ops.Allowance(t.Context(), p.Name)
		noError(t, err)
		return state.Requester(), a
	}
	want := iamops.Allowance{
		Actions: []string{"s3:GetObject", "s3:ListBucket"}, Resources: []string{"arn:aws:s3:::reports", "arn:aws:s3:::reports/*"},
		Document: p.Policy,
	}
	for _, step := range []struct {
		name      string
		do        func()
		requester string
		want      iamops.Allowance
	}{
		{"nothing", func() {}, "", iamops.Allowance{}},
		{"policy alone", func() { noError(t, w.ops.CreatePolicy(t.Context(), p)) }, "alice@example.com", want},
		{"all of it", func() { w.grant(t, p) }, "alice@example.com", want},
	} {
		step.do()
		requester, got := look()
		if requester != step.requester {
			t.Errorf("%s: requester %q", step.name, requester)
		}
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
	}
}
