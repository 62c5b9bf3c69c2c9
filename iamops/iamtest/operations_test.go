package iamtest_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"port-iam/iamops/iamtest"
)

// TestTwice runs every operation twice in a row on an account that has a role
// "old" (policy Old attached, inline "in", a boundary), a role "bare", and a
// policy Free of two versions.
func TestTwice(t *testing.T) {
	t.Parallel()
	const (
		oldARN  = "arn:aws:iam::123456789012:policy/p/Old"
		freeARN = "arn:aws:iam::123456789012:policy/p/Free"
		bareARN = "arn:aws:iam::123456789012:role/p/bare"
	)
	str := aws.String
	tests := []struct {
		name          string
		call          func(context.Context, *world) (any, error)
		first, second string
	}{
		{"CreateRole", func(ctx context.Context, w *world) (any, error) {
			return w.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: str("new"), AssumeRolePolicyDocument: str(trustAll)})
		}, "", "EntityAlreadyExists"},
		{"CreateRole in other letters and under another path", func(ctx context.Context, w *world) (any, error) {
			return w.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: str("OLD"), AssumeRolePolicyDocument: str(trustAll)})
		}, "EntityAlreadyExists", "EntityAlreadyExists"},
		{"GetRole", func(ctx context.Context, w *world) (any, error) {
			return w.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: str("old")})
		}, "", ""},
		{"GetRole of none", func(ctx context.Context, w *world) (any, error) {
			return w.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: str("none")})
		}, "NoSuchEntity", "NoSuchEntity"},
		{"ListRoles", func(ctx context.Context, w *world) (any, error) { return w.iam.ListRoles(ctx, nil) }, "", ""},
		{"DeleteRole", func(ctx context.Context, w *world) (any, error) {
			return w.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: str("bare")})
		}, "", "NoSuchEntity"},
		{"DeleteRole in use", func(ctx context.Context, w *world) (any, error) {
			return w.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: str("old")})
		}, "DeleteConflict", "DeleteConflict"},
		{"UpdateAssumeRolePolicy", func(ctx context.Context, w *world) (any, error) {
			return w.iam.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: str("old"), PolicyDocument: str(trustAll)})
		}, "", ""},
		{"PutRolePermissionsBoundary", func(ctx context.Context, w *world) (any, error) {
			return w.iam.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: str("bare"), PermissionsBoundary: str(boundary)})
		}, "", ""},
		{"DeleteRolePermissionsBoundary", func(ctx context.Context, w *world) (any, error) {
			return w.iam.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: str("old")})
		}, "", "NoSuchEntity"},
		{"ListRoleTags", func(ctx context.Context, w *world) (any, error) {
			return w.iam.ListRoleTags(ctx, &iam.ListRoleTagsInput{RoleName: str("old")})
		}, "", ""},
		{"TagRole", func(ctx context.Context, w *world) (any, error) {
			return w.iam.TagRole(ctx, &iam.TagRoleInput{RoleName: str("old"), Tags: []types.Tag{{Key: str("k"), Value: str("v")}}})
		}, "", ""},
		{"ListInstanceProfilesForRole", func(ctx context.Context, w *world) (any, error) {
			return w.iam.ListInstanceProfilesForRole(ctx, &iam.ListInstanceProfilesForRoleInput{RoleName: str("old")})
		}, "", ""},
		{"AttachRolePolicy", func(ctx context.Context, w *world) (any, error) {
			return w.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: str("bare"), PolicyArn: str(oldARN)})
		}, "", ""},
		{"DetachRolePolicy", func(ctx context.Context, w *world) (any, error) {
			return w.iam.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: str("old"), PolicyArn: str(oldARN)})
		}, "", "NoSuchEntity"},
		{"ListAttachedRolePolicies", func(ctx context.Context, w *world) (any, error) {
			return w.iam.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: str("old")})
		}, "", ""},
		{"PutRolePolicy", func(ctx context.Context, w *world) (any, error) {
			return w.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: str("old"), PolicyName: str("x"), PolicyDocument: str(statement("Deny", "*", "*"))})
		}, "", ""},
		{"GetRolePolicy", func(ctx context.Context, w *world) (any, error) {
			return w.iam.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: str("old"), PolicyName: str("in")})
		}, "", ""},
		{"DeleteRolePolicy", func(ctx context.Context, w *world) (any, error) {
			return w.iam.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: str("old"), PolicyName: str("in")})
		}, "", "NoSuchEntity"},
		{"ListRolePolicies", func(ctx context.Context, w *world) (any, error) {
			return w.iam.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: str("old")})
		}, "", ""},
		{"CreatePolicy", func(ctx context.Context, w *world) (any, error) {
			return w.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: str("New"), PolicyDocument: str(statement("Allow", "*", "*"))})
		}, "", "EntityAlreadyExists"},
		{"CreatePolicy in other letters and under another path", func(ctx context.Context, w *world) (any, error) {
			return w.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: str("old"), Path: str("/q/"), PolicyDocument: str(statement("Allow", "*", "*"))})
		}, "EntityAlreadyExists", "EntityAlreadyExists"},
		{"GetPolicy", func(ctx context.Context, w *world) (any, error) {
			return w.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: str(oldARN)})
		}, "", ""},
		{"ListPolicies", func(ctx context.Context, w *world) (any, error) { return w.iam.ListPolicies(ctx, nil) }, "", ""},
		{"DeletePolicy attached", func(ctx context.Context, w *world) (any, error) {
			return w.iam.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: str(oldARN)})
		}, "DeleteConflict", "DeleteConflict"},
		{"DeletePolicy with versions", func(ctx context.Context, w *world) (any, error) {
			return w.iam.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: str(freeARN)})
		}, "DeleteConflict", "DeleteConflict"},
		{"DeletePolicy used as a boundary", func(ctx context.Context, w *world) (any, error) {
			return w.iam.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: str(boundary)})
		}, "DeleteConflict", "DeleteConflict"},
		{"ListEntitiesForPolicy", func(ctx context.Context, w *world) (any, error) {
			return w.iam.ListEntitiesForPolicy(ctx, &iam.ListEntitiesForPolicyInput{PolicyArn: str(oldARN)})
		}, "", ""},
		{"CreatePolicyVersion", func(ctx context.Context, w *world) (any, error) {
			return w.iam.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: str(oldARN), PolicyDocument: str(statement("Allow", "*", "*"))})
		}, "", ""},
		{"GetPolicyVersion", func(ctx context.Context, w *world) (any, error) {
			return w.iam.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: str(freeARN), VersionId: str("v2")})
		}, "", ""},
		{"DeletePolicyVersion", func(ctx context.Context, w *world) (any, error) {
			return w.iam.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: str(freeARN), VersionId: str("v2")})
		}, "", "NoSuchEntity"},
		{"DeletePolicyVersion in use", func(ctx context.Context, w *world) (any, error) {
			return w.iam.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: str(freeARN), VersionId: str("v1")})
		}, "DeleteConflict", "DeleteConflict"},
		{"ListPolicyVersions", func(ctx context.Context, w *world) (any, error) {
			return w.iam.ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: str(freeARN)})
		}, "", ""},
		{"ListPolicyTags", func(ctx context.Context, w *world) (any, error) {
			return w.iam.ListPolicyTags(ctx, &iam.ListPolicyTagsInput{PolicyArn: str(freeARN)})
		}, "", ""},
		{"TagPolicy", func(ctx context.Context, w *world) (any, error) {
			return w.iam.TagPolicy(ctx, &iam.TagPolicyInput{PolicyArn: str(freeARN), Tags: []types.Tag{{Key: str("k"), Value: str("v")}}})
		}, "", ""},
		{"GetAccountSummary", func(ctx context.Context, w *world) (any, error) { return w.iam.GetAccountSummary(ctx, nil) }, "", ""},
		{"SimulatePrincipalPolicy", func(ctx context.Context, w *world) (any, error) {
			return w.iam.SimulatePrincipalPolicy(ctx, &iam.SimulatePrincipalPolicyInput{PolicySourceArn: str(bareARN), ActionNames: []string{"s3:GetObject"}})
		}, "", ""},
		{"GetCallerIdentity", func(ctx context.Context, w *world) (any, error) {
			return w.sts("AKIADAEMON", "s", "").GetCallerIdentity(ctx, nil)
		}, "", ""},
		{"AssumeRole", func(ctx context.Context, w *world) (any, error) {
			return w.sts("AKIADAEMON", "s", "").AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: str(bareARN), RoleSessionName: str("me")})
		}, "", ""},
		{"an operation that is not there", func(ctx context.Context, w *world) (any, error) { return w.iam.ListUsers(ctx, nil) }, "InvalidAction", "InvalidAction"},
		{"a parameter that is not there", func(ctx context.Context, w *world) (any, error) {
			return w.iam.ListPolicies(ctx, &iam.ListPoliciesInput{PolicyUsageFilter: types.PolicyUsageTypePermissionsBoundary})
		}, "InvalidParameterValue", "InvalidParameterValue"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, iamtest.Options{})
			w.AddPolicy(boundary, statement("Allow", "*", "*"))
			w.role(t, "old")
			w.role(t, "bare")
			w.attach(t, "old", w.policy(t, "Old"))
			w.policy(t, "Free")
			ctx := t.Context()
			_, err := w.iam.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: str(freeARN), PolicyDocument: str(statement("Deny", "*", "*"))})
			noError(t, err)
			_, err = w.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: str("old"), PolicyName: str("in"), PolicyDocument: str(statement("Deny", "*", "*"))})
			noError(t, err)
			_, err = w.iam.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: str("old"), PermissionsBoundary: str(boundary)})
			noError(t, err)

			_, err = tt.call(ctx, w)
			wantCode(t, tt.first, err)
			_, err = tt.call(ctx, w)
			wantCode(t, tt.second, err)
			if op, _, _ := strings.Cut(tt.name, " "); op != "an" && op != "a" && w.CallCount(op) < 2 {
				t.Errorf("%d calls of %s counted", w.CallCount(op), op)
			}
		})
	}
}
