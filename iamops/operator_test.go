package iamops_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

// TestLookForOperator: who and what a grant is for can be read from IAM alone.
func TestLookForOperator(t *testing.T) {
	t.Parallel()
	w := newFake(t, iamtest.Options{})
	p := w.plan(t)
	look := func() (string, iamops.Allowance) {
		t.Helper()
		state, err := w.ops.Look(t.Context(), p.Name)
		noError(t, err)
		a, err := w.ops.Allowance(t.Context(), state)
		noError(t, err)
		return state.Requester(), a
	}
	want := iamops.Allowance{
		Actions: []string{"s3:GetObject", "s3:ListBucket"}, Resources: []string{"arn:aws:s3:::reports", "arn:aws:s3:::reports/*"},
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

// TestDetach: what is detached stays, without access; again is no error.
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
	noError(t, w.ops.Remove(t.Context(), state))
	noError(t, w.ops.Detach(t.Context(), state)) // gone meanwhile
	noError(t, w.ops.Detach(t.Context(), iamops.Live{}))
}

func TestOwners(t *testing.T) {
	t.Parallel()
	w := newFake(t, iamtest.Options{})
	owners := func() []string {
		t.Helper()
		got, err := newClients(t, w.config, nil).Organizations(t.Context(), path)
		noError(t, err)
		return got
	}
	role := func(runID, path string, tags map[string]string) {
		t.Helper()
		noError(t, w.createRole(t, path, iamops.Name(runID), tags))
	}
	w.grant(t, w.plan(t))
	role("untagged", path, nil)
	role("theirs", path, map[string]string{"port-iam-managed-by": "terraform", "port-iam-org-id": "org_2", "port-iam-run-id": "theirs"})
	role("misnamed", path, map[string]string{"port-iam-managed-by": "port-iam", "port-iam-org-id": "org_3", "port-iam-run-id": "other"})
	role("elsewhere", "/x/", map[string]string{"port-iam-managed-by": "port-iam", "port-iam-org-id": "org_4", "port-iam-run-id": "elsewhere"})
	if diff := cmp.Diff([]string{orgID}, owners()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	role("second", path, map[string]string{"port-iam-managed-by": "port-iam", "port-iam-org-id": "org_5", "port-iam-run-id": "second"})
	if diff := cmp.Diff([]string{orgID, "org_5"}, owners()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
