package iamops_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"
)

// testCodes checks which error code answers what; the operations tell by it
// what has happened.
func testCodes(t *testing.T, newWorld func(t *testing.T) *world) {
	none := func(w *world) string { return "arn:aws:iam::" + w.account + ":policy/none" }
	tests := []struct {
		name string
		do   func(t *testing.T, w *world) error
		want string
	}{
		{"create a role twice", func(t *testing.T, w *world) error {
			w.role(t, "r")
			return w.createRole(t, "/", "r", nil)
		}, "EntityAlreadyExists"},
		{"create a role under another path", func(t *testing.T, w *world) error {
			w.role(t, "r")
			return w.createRole(t, "/other/", "r", nil)
		}, "EntityAlreadyExists"},
		{"create a policy twice", func(t *testing.T, w *world) error {
			w.policy(t, "/", "p")
			_, err := w.createPolicy(t, "/", "p", nil)
			return err
		}, "EntityAlreadyExists"},
		{"create a role with sessions of 12 hours", func(t *testing.T, w *world) error { return w.createLasting(t, 43200) }, ""},
		{"read no role", func(t *testing.T, w *world) error {
			_, err := w.iam.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("none")})
			return err
		}, "NoSuchEntity"},
		{"read no policy", func(t *testing.T, w *world) error {
			_, err := w.iam.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: aws.String(none(w))})
			return err
		}, "NoSuchEntity"},
		{"list the attachments of no role", func(t *testing.T, w *world) error {
			_, err := w.iam.ListAttachedRolePolicies(t.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: aws.String("none")})
			return err
		}, "NoSuchEntity"},
		{"list the inline policies of no role", func(t *testing.T, w *world) error {
			_, err := w.iam.ListRolePolicies(t.Context(), &iam.ListRolePoliciesInput{RoleName: aws.String("none")})
			return err
		}, "NoSuchEntity"},
		{"list the versions of no policy", func(t *testing.T, w *world) error {
			_, err := w.iam.ListPolicyVersions(t.Context(), &iam.ListPolicyVersionsInput{PolicyArn: aws.String(none(w))})
			return err
		}, "NoSuchEntity"},
		{"attach to no role", func(t *testing.T, w *world) error {
			return w.attach(t, "none", w.policy(t, "/", "p"))
		}, "NoSuchEntity"},
		{"attach no policy", func(t *testing.T, w *world) error {
			w.role(t, "r")
			return w.attach(t, "r", none(w))
		}, "NoSuchEntity"},
		{"attach twice", func(t *testing.T, w *world) error {
			w.role(t, "r")
			arn := w.policy(t, "/", "p")
			noError(t, w.attach(t, "r", arn))
			return w.attach(t, "r", arn)
		}, ""},
		{"detach twice", func(t *testing.T, w *world) error {
			w.role(t, "r")
			arn := w.policy(t, "/", "p")
			noError(t, w.attach(t, "r", arn))
			noError(t, w.detach(t, "r", arn))
			return w.detach(t, "r", arn)
		}, "NoSuchEntity"},
		{"put an inline policy on no role", func(t *testing.T, w *world) error { return w.putInline(t, "none", "i") }, "NoSuchEntity"},
		{"put an inline policy twice", func(t *testing.T, w *world) error {
			w.role(t, "r")
			noError(t, w.putInline(t, "r", "i"))
			return w.putInline(t, "r", "i")
		}, ""},
		{"delete no inline policy", func(t *testing.T, w *world) error {
			w.role(t, "r")
			return w.deleteInline(t, "r", "none")
		}, "NoSuchEntity"},
		{"delete no role", func(t *testing.T, w *world) error { return w.deleteRole(t, "none") }, "NoSuchEntity"},
		{"delete a role with an attachment", func(t *testing.T, w *world) error {
			w.role(t, "r")
			noError(t, w.attach(t, "r", w.policy(t, "/", "p")))
			return w.deleteRole(t, "r")
		}, "DeleteConflict"},
		{"delete a role with an inline policy", func(t *testing.T, w *world) error {
			w.role(t, "r")
			noError(t, w.putInline(t, "r", "i"))
			return w.deleteRole(t, "r")
		}, "DeleteConflict"},
		{"delete a role with a boundary", func(t *testing.T, w *world) error {
			w.role(t, "r")
			_, err := w.iam.PutRolePermissionsBoundary(t.Context(), &iam.PutRolePermissionsBoundaryInput{RoleName: aws.String("r"), PermissionsBoundary: aws.String(w.boundary)})
			noError(t, err)
			return w.deleteRole(t, "r")
		}, ""},
		{"delete no policy", func(t *testing.T, w *world) error { return w.deletePolicy(t, none(w)) }, "NoSuchEntity"},
		{"delete the version in use", func(t *testing.T, w *world) error {
			return w.deleteVersion(t, w.policy(t, "/", "p"), "v1")
		}, "DeleteConflict"},
		{"delete a version twice", func(t *testing.T, w *world) error {
			arn := w.policy(t, "/", "p")
			noError(t, w.addVersion(t, arn, true))
			noError(t, w.deleteVersion(t, arn, "v1"))
			return w.deleteVersion(t, arn, "v1")
		}, "NoSuchEntity"},
		{"make a sixth version", func(t *testing.T, w *world) error {
			arn := w.policy(t, "/", "p")
			for range 4 {
				noError(t, w.addVersion(t, arn, false))
			}
			return w.addVersion(t, arn, false)
		}, "LimitExceeded"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := code(tt.do(t, newWorld(t))); got != tt.want {
				t.Errorf("code %q, want %q", got, tt.want)
			}
		})
	}
}

// testAnswers checks what reads return of what was written.
func testAnswers(t *testing.T, newWorld func(t *testing.T) *world) {
	w := newWorld(t)
	ctx := t.Context()
	p := w.plan(t)
	noError(t, w.ops.CreatePolicy(ctx, p))
	noError(t, w.ops.CreateRole(ctx, p))

	role, err := w.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &p.Name})
	noError(t, err)
	if got := *role.Role.AssumeRolePolicyDocument; !strings.HasPrefix(got, "%7B%22Version%22%3A") {
		t.Errorf("the trust policy is not encoded: %.40s", got)
	}
	if got := *role.Role.Arn; got != p.RoleARN {
		t.Errorf("role %s, planned %s", got, p.RoleARN)
	}
	want := seenRole{
		ID: *role.Role.RoleId, Description: p.Description, Boundary: w.boundary, Trust: p.Trust, Tags: p.Tags, Inline: map[string]string{},
		MaxSession: 28800,
	}
	policy, err := w.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &p.PolicyARN})
	noError(t, err)
	if got := aws.ToString(policy.Policy.Description); got != "port-iam run "+p.RunID+" begins 2030-11-23T06:00:00Z" {
		t.Errorf("the description of the policy is %q", got)
	}
	if diff := cmp.Diff(want, w.seenRole(t, p.Name)); diff != "" {
		t.Errorf("role (-planned +made):\n%s", diff)
	}
	made := w.seenPolicy(t, p.PolicyARN)
	if diff := cmp.Diff(seenPolicy{ID: made.ID, Default: "v1", Tags: p.Tags, Documents: map[string]string{"v1": p.Policy}}, made); diff != "" {
		t.Errorf("policy (-planned +made):\n%s", diff)
	}

	// ListRoles shows the end of a grant without a look at the role itself.
	list, err := w.iam.ListRoles(ctx, &iam.ListRolesInput{PathPrefix: aws.String(path)})
	noError(t, err)
	if len(list.Roles) != 1 {
		t.Fatalf("%d roles under %s", len(list.Roles), path)
	}
	if got := list.Roles[0]; aws.ToString(got.Description) != p.Description || plain(t, got.AssumeRolePolicyDocument) != p.Trust || got.Tags != nil {
		t.Errorf("ListRoles shows %+v", got)
	}
}

// testPages checks that a list ends where the API says so and not where a page
// does.
func testPages(t *testing.T, newWorld func(t *testing.T) *world) {
	w := newWorld(t)
	ctx := t.Context()
	var want []string
	for i := range 5 {
		name := fmt.Sprintf("p%d", i)
		want = append(want, name)
		noError(t, w.createRole(t, "/paged/", name, nil))
		noError(t, w.attach(t, "p0", w.policy(t, "/paged/", name)))
	}
	two := aws.Int32(2)
	var roles, attached, policies []string
	for p := iam.NewListRolesPaginator(w.iam, &iam.ListRolesInput{PathPrefix: aws.String("/paged/"), MaxItems: two}); p.HasMorePages(); {
		page, err := p.NextPage(ctx)
		noError(t, err)
		for _, r := range page.Roles {
			roles = append(roles, *r.RoleName)
		}
	}
	for p := iam.NewListAttachedRolePoliciesPaginator(w.iam, &iam.ListAttachedRolePoliciesInput{RoleName: aws.String("p0"), MaxItems: two}); p.HasMorePages(); {
		page, err := p.NextPage(ctx)
		noError(t, err)
		for _, a := range page.AttachedPolicies {
			attached = append(attached, *a.PolicyName)
		}
	}
	for p := iam.NewListPoliciesPaginator(w.iam, &iam.ListPoliciesInput{PathPrefix: aws.String("/paged/"), Scope: types.PolicyScopeTypeLocal, MaxItems: two}); p.HasMorePages(); {
		page, err := p.NextPage(ctx)
		noError(t, err)
		for _, x := range page.Policies {
			policies = append(policies, *x.PolicyName)
		}
	}
	for what, got := range map[string][]string{"roles": roles, "attached policies": attached, "policies": policies} {
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}
