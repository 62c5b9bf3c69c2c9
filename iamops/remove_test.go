package iamops_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

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

// TestPolicyKept: what AWS keeps a policy for is named, and what cannot be read is
// said.
func TestPolicyKept(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		hold func(t *testing.T, w *world, arn string)
		says string
	}{
		"attached to a role": {func(t *testing.T, w *world, arn string) {
			w.role(t, "theirs")
			noError(t, w.attach(t, "theirs", arn))
		}, "still attached to role theirs, which can use it until "},
		"the boundary of a role": {func(t *testing.T, w *world, arn string) {
			w.role(t, "theirs")
			_, err := w.iam.PutRolePermissionsBoundary(t.Context(), &iam.PutRolePermissionsBoundaryInput{RoleName: aws.String("theirs"), PermissionsBoundary: &arn})
			noError(t, err)
		}, "role theirs"},
		"not to be read": {func(t *testing.T, w *world, arn string) {
			w.role(t, "theirs")
			noError(t, w.attach(t, "theirs", arn))
			w.fake.Fault(iamtest.Fault{Op: "ListEntitiesForPolicy", Code: "AccessDenied", Status: http.StatusForbidden})
		}, "the daemon cannot read where"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newFake(t, iamtest.Options{})
			p := w.plan(t)
			w.grant(t, p)
			tt.hold(t, w, p.PolicyARN)
			err := revoke(t.Context(), w.ops, p)
			wantKind(t, "revoke", iamops.KindKept, err)
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("the error does not say %q: %v", tt.says, err)
			}
		})
	}
}
