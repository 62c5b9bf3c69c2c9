package iamops_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

func TestOrganizations(t *testing.T) {
	t.Parallel()
	w := newFake(t, iamtest.Options{})
	organizations := func() []string {
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
	if diff := cmp.Diff([]string{orgID}, organizations()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	role("second", path, map[string]string{"port-iam-managed-by": "port-iam", "port-iam-org-id": "org_5", "port-iam-run-id": "second"})
	if diff := cmp.Diff([]string{orgID, "org_5"}, organizations()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestHasIdentityCenterRole(t *testing.T) {
	t.Parallel()
	w := newFake(t, iamtest.Options{})
	for _, tc := range []struct {
		path, role string
		want       bool
	}{
		{"/", "AWSReservedSSO_Pretender_0123456789abcdef", false},
		{"/aws-reserved/sso.amazonaws.com/eu-west-1/", "AWSReservedSSO_Developers_0123456789abcdef", true},
	} {
		w.fake.AddRoleSession(tc.path, tc.role, "alice")
		got, err := newClients(t, w.config, nil).HasIdentityCenterRole(t.Context())
		if noError(t, err); got != tc.want {
			t.Errorf("with %s%s: %v", tc.path, tc.role, got)
		}
	}
}
