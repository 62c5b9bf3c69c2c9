package iamops_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// snapshot is everything that an account shows through its API.
type snapshot struct {
	Roles    map[string]seenRole   // by ARN
	Policies map[string]seenPolicy // by ARN; those of the account only
}

type seenRole struct {
	ID, Description, Boundary, Trust string
	MaxSession                       int32 // seconds
	Tags, Inline                     map[string]string
	Attached                         []string
}

type seenPolicy struct {
	ID, Default     string
	Tags, Documents map[string]string
}

// byContent compares what objects are and not which: one that was made again
// under its name is the same.
var byContent = cmp.Options{cmpopts.IgnoreFields(seenRole{}, "ID"), cmpopts.IgnoreFields(seenPolicy{}, "ID"), cmpopts.EquateEmpty()}

func (w *world) snapshot(t *testing.T) snapshot {
	t.Helper()
	s := snapshot{map[string]seenRole{}, map[string]seenPolicy{}}
	for roles := iam.NewListRolesPaginator(w.iam, &iam.ListRolesInput{}); roles.HasMorePages(); {
		page, err := roles.NextPage(t.Context())
		noError(t, err)
		for _, r := range page.Roles {
			s.Roles[*r.Arn] = w.seenRole(t, *r.RoleName)
		}
	}
	for policies := iam.NewListPoliciesPaginator(w.iam, &iam.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal}); policies.HasMorePages(); {
		page, err := policies.NextPage(t.Context())
		noError(t, err)
		for _, p := range page.Policies {
			s.Policies[*p.Arn] = w.seenPolicy(t, *p.Arn)
		}
	}
	return s
}

func (w *world) seenRole(t *testing.T, name string) seenRole {
	t.Helper()
	ctx := t.Context()
	got, err := w.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	noError(t, err)
	r := seenRole{
		ID: *got.Role.RoleId, Description: aws.ToString(got.Role.Description), Trust: plain(t, got.Role.AssumeRolePolicyDocument),
		MaxSession: aws.ToInt32(got.Role.MaxSessionDuration),
		Tags:       map[string]string{}, Inline: map[string]string{},
	}
	if b := got.Role.PermissionsBoundary; b != nil {
		r.Boundary = *b.PermissionsBoundaryArn
	}
	for _, tag := range got.Role.Tags {
		r.Tags[*tag.Key] = *tag.Value
	}
	inline, err := w.iam.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: &name})
	noError(t, err)
	for _, n := range inline.PolicyNames {
		doc, err := w.iam.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &name, PolicyName: &n})
		noError(t, err)
		r.Inline[n] = plain(t, doc.PolicyDocument)
	}
	attached, err := w.iam.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: &name})
	noError(t, err)
	for _, p := range attached.AttachedPolicies {
		r.Attached = append(r.Attached, *p.PolicyArn)
	}
	slices.Sort(r.Attached)
	return r
}

func (w *world) seenPolicy(t *testing.T, arn string) seenPolicy {
	t.Helper()
	ctx := t.Context()
	got, err := w.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})
	noError(t, err)
	p := seenPolicy{ID: *got.Policy.PolicyId, Default: *got.Policy.DefaultVersionId, Tags: map[string]string{}, Documents: map[string]string{}}
	for _, tag := range got.Policy.Tags {
		p.Tags[*tag.Key] = *tag.Value
	}
	versions, err := w.iam.ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: &arn})
	noError(t, err)
	for _, v := range versions.Versions {
		doc, err := w.iam.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: v.VersionId})
		noError(t, err)
		p.Documents[*v.VersionId] = plain(t, doc.PolicyVersion.Document)
	}
	return p
}

// plain undoes the encoding of a document, where there is one.
func plain(t *testing.T, doc *string) string {
	t.Helper()
	if strings.HasPrefix(aws.ToString(doc), "{") {
		return *doc
	}
	text, err := url.PathUnescape(aws.ToString(doc))
	noError(t, err)
	return text
}

// unchanged fails the test unless the account is what it was before, down to
// the identifiers that AWS gives to objects.
func unchanged(t *testing.T, what string, before, after snapshot) {
	t.Helper()
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("%s changed the account (-before +after):\n%s", what, diff)
	}
}
