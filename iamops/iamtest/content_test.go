package iamtest_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"port-iam/iamops/iamtest"
)

// TestAnswers checks that the SDK decodes what was stored, and that the snapshot
// says the same.
func TestAnswers(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 5e8, time.UTC)
	w := newWorld(t, iamtest.Options{Now: func() time.Time { return now }})
	w.AddPolicy(boundary, statement("Allow", "*", "*"))
	ctx := t.Context()
	tags := []types.Tag{{Key: aws.String("a:b"), Value: aws.String("user+x@example.com")}, {Key: aws.String("e"), Value: aws.String("")}}

	made, err := w.iam.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: aws.String("R"), Path: aws.String("/p/"), AssumeRolePolicyDocument: aws.String(trustAll), Description: aws.String("é <&> \n"),
		MaxSessionDuration: aws.Int32(7200), PermissionsBoundary: aws.String(boundary), Tags: tags,
	})
	noError(t, err)
	got, err := w.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("r")})
	noError(t, err)
	want := types.Role{
		Arn: aws.String("arn:aws:iam::123456789012:role/p/R"), CreateDate: aws.Time(now.Truncate(time.Second)), Path: aws.String("/p/"),
		RoleId: made.Role.RoleId, RoleName: aws.String("R"), AssumeRolePolicyDocument: got.Role.AssumeRolePolicyDocument,
		Description: aws.String("é <&> \n"), MaxSessionDuration: aws.Int32(7200), Tags: tags,
		PermissionsBoundary: &types.AttachedPermissionsBoundary{PermissionsBoundaryArn: aws.String(boundary), PermissionsBoundaryType: "Policy"},
	}
	ignore := cmpopts.IgnoreUnexported(types.Role{}, types.AttachedPermissionsBoundary{}, types.Tag{})
	if diff := cmp.Diff(want, *got.Role, ignore); diff != "" {
		t.Errorf("GetRole (-want +got):\n%s", diff)
	}
	if trust, _ := url.QueryUnescape(*got.Role.AssumeRolePolicyDocument); trust != trustAll || *got.Role.AssumeRolePolicyDocument == trustAll {
		t.Errorf("trust policy %s", *got.Role.AssumeRolePolicyDocument)
	}
	listed, err := w.iam.ListRoles(ctx, &iam.ListRolesInput{PathPrefix: aws.String("/p/")})
	noError(t, err)
	want.Tags, want.PermissionsBoundary = nil, nil
	if diff := cmp.Diff([]types.Role{want}, listed.Roles, ignore); diff != "" {
		t.Errorf("ListRoles (-want +got):\n%s", diff)
	}

	document := statement("Allow", "s3:*", "arn:aws:s3:::a b+c/*")
	_, err = w.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("P"), Path: aws.String("/p/"), PolicyDocument: &document, Tags: tags, Description: aws.String("d")})
	noError(t, err)
	arn := "arn:aws:iam::123456789012:policy/p/P"
	w.attach(t, "R", arn)
	policy, err := w.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})
	noError(t, err)
	if p := policy.Policy; *p.AttachmentCount != 1 || *p.DefaultVersionId != "v1" || !p.IsAttachable || *p.Description != "d" || len(p.Tags) != 2 {
		t.Errorf("GetPolicy: %+v", *p)
	}
	version, err := w.iam.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v1")})
	noError(t, err)
	if text, _ := url.PathUnescape(*version.PolicyVersion.Document); text != document || !version.PolicyVersion.IsDefaultVersion {
		t.Errorf("GetPolicyVersion: %s", *version.PolicyVersion.Document)
	}
	entities, err := w.iam.ListEntitiesForPolicy(ctx, &iam.ListEntitiesForPolicyInput{PolicyArn: aws.String(boundary)})
	noError(t, err)
	if len(entities.PolicyRoles) != 1 || *entities.PolicyRoles[0].RoleName != "R" {
		t.Errorf("ListEntitiesForPolicy: %+v", entities.PolicyRoles)
	}
	summary, err := w.iam.GetAccountSummary(ctx, nil)
	noError(t, err)
	if m := summary.SummaryMap; m["Roles"] != 1 || m["RolesQuota"] != 1000 || m["Policies"] != 2 {
		t.Errorf("GetAccountSummary: %v", m)
	}
	me, err := w.sts("AKIADAEMON", "s", "").GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	noError(t, err)
	if *me.Arn != "arn:aws:iam::123456789012:user/port-iam" || *me.Account != account {
		t.Errorf("GetCallerIdentity: %s in %s", *me.Arn, *me.Account)
	}

	wantRole := iamtest.Role{
		ID: *made.Role.RoleId, Path: "/p/", Name: "R", ARN: *made.Role.Arn, Description: "é <&> \n", Trust: trustAll, Boundary: boundary,
		Tags: map[string]string{"a:b": "user+x@example.com", "e": ""}, Attached: []string{arn}, MaxSession: 2 * time.Hour, Created: now.Truncate(time.Second), Shown: now,
	}
	if diff := cmp.Diff([]iamtest.Role{wantRole}, w.Snapshot().Roles, cmpopts.IgnoreUnexported(iamtest.Role{})); diff != "" {
		t.Errorf("Snapshot (-want +got):\n%s", diff)
	}
}

// TestPages reads lists page by page, with pages of the server's choice and of
// the client's.
func TestPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, iamtest.Options{PageSize: 4})
	names := []string{"a", "B", "c", "D", "e", "F", "g", "H", "i"}
	for _, n := range names {
		w.role(t, n)
		w.policy(t, n)
	}
	ctx := t.Context()
	var got []string
	pages := 0
	for p := iam.NewListRolesPaginator(w.iam, &iam.ListRolesInput{MaxItems: aws.Int32(3)}); p.HasMorePages(); pages++ {
		out, err := p.NextPage(ctx)
		noError(t, err)
		for _, r := range out.Roles {
			got = append(got, *r.RoleName)
		}
	}
	if diff := cmp.Diff(names, got); diff != "" || pages != 3 {
		t.Errorf("%d pages (-want +got):\n%s", pages, diff)
	}
	got, pages = nil, 0
	for p := iam.NewListPoliciesPaginator(w.iam, &iam.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal}); p.HasMorePages(); pages++ {
		out, err := p.NextPage(ctx)
		noError(t, err)
		for _, r := range out.Policies {
			got = append(got, *r.PolicyName)
		}
	}
	if diff := cmp.Diff(names, got); diff != "" || pages != 3 {
		t.Errorf("%d pages (-want +got):\n%s", pages, diff)
	}
	// ten actions come in the order asked for, across pages
	var actions []string
	for _, c := range "jihgfedcba" {
		actions = append(actions, "s3:"+string(c))
	}
	got = nil
	in := &iam.SimulatePrincipalPolicyInput{PolicySourceArn: aws.String("arn:aws:iam::123456789012:role/p/a"), ActionNames: actions}
	for p := iam.NewSimulatePrincipalPolicyPaginator(w.iam, in); p.HasMorePages(); {
		out, err := p.NextPage(ctx)
		noError(t, err)
		for _, r := range out.EvaluationResults {
			got = append(got, *r.EvalActionName)
		}
	}
	if diff := cmp.Diff(actions, got); diff != "" {
		t.Errorf("simulation (-want +got):\n%s", diff)
	}
	_, err := w.iam.ListRoles(ctx, &iam.ListRolesInput{MaxItems: aws.Int32(1001)})
	wantCode(t, "ValidationError", err)
}
