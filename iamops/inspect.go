package iamops

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// The calls of this file are made by a check before the daemon runs, and never
// by the daemon: its policy need not allow them. Where it does not, they are
// [KindDenied].

// PolicyDocument returns the document in use of a managed policy. [KindNotFound]
// when there is no such policy.
func (c *Clients) PolicyDocument(ctx context.Context, arn string) (string, error) {
	op := fmt.Sprintf("read policy %q", arn)
	policy, err := c.IAM.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})
	if err != nil {
		return "", wrap(err, "%s", op)
	}
	if policy.Policy == nil {
		return "", refused(KindUnavailable, op, "the answer holds no policy")
	}
	version, err := c.IAM.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: policy.Policy.DefaultVersionId})
	if err != nil {
		return "", wrap(err, "%s", op)
	}
	if version.PolicyVersion == nil {
		return "", refused(KindUnavailable, op, "the answer holds no version")
	}
	return aws.ToString(version.PolicyVersion.Document), nil
}

// ssoPath is the path of the roles that Identity Center makes in an account, one
// for each permission set that is assigned there; a region may follow.
const (
	ssoPath   = "/aws-reserved/sso.amazonaws.com/"
	ssoPrefix = "AWSReservedSSO_"
)

// HasIdentityCenterRole reports whether anybody can come into the account by
// Identity Center.
func (c *Clients) HasIdentityCenterRole(ctx context.Context) (bool, error) {
	pages := iam.NewListRolesPaginator(c.IAM, &iam.ListRolesInput{PathPrefix: aws.String(ssoPath)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, wrap(err, "list roles under %s", ssoPath)
		}
		for _, r := range page.Roles {
			if strings.HasPrefix(aws.ToString(r.RoleName), ssoPrefix) {
				return true, nil
			}
		}
	}
	return false, nil
}

// Right is a set of calls that the daemon makes, as policies see them.
type Right struct {
	Actions  []string
	Resource string
	Context  map[string][]string // keys of conditions
}

// Rights are all that the daemon needs.
func (o *Ops) Rights() []Right {
	name := Name("check")
	role, policy := o.roleARN(name), o.policyARN(name)
	made := map[string][]string{"aws:TagKeys": nil}
	for k, v := range o.tags(Request{RunID: "check"}) {
		made["aws:RequestTag/"+k] = []string{v}
		made["aws:TagKeys"] = append(made["aws:TagKeys"], k)
	}
	slices.Sort(made["aws:TagKeys"])
	bounded := map[string][]string{}
	if o.opts.Boundary != "" {
		bounded["iam:PermissionsBoundary"] = []string{o.opts.Boundary}
	}
	attached := maps.Clone(bounded)
	attached["iam:PolicyARN"] = []string{policy}
	madeRole := maps.Clone(made)
	maps.Copy(madeRole, bounded)
	return []Right{
		{[]string{"iam:CreateRole", "iam:TagRole"}, role, madeRole},
		{[]string{"iam:CreatePolicy", "iam:TagPolicy"}, policy, made},
		{[]string{"iam:AttachRolePolicy", "iam:DetachRolePolicy"}, role, attached},
		{[]string{"iam:DeleteRole", "iam:DeleteRolePolicy", "iam:GetRole", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:PutRolePolicy"}, role, bounded},
		{[]string{"iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListPolicyVersions"}, policy, nil},
		{[]string{"iam:ListPolicies", "iam:ListRoles"}, "*", nil},
	}
}

// Simulate asks IAM which of the rights the principal lacks, and returns their
// actions, sorted. The principal is the ARN of a user or role, or of a session of
// a role whose path is "/": the ARN of a session does not hold the path, and the
// role of another one is [KindNotFound].
func (c *Clients) Simulate(ctx context.Context, principal string, rights []Right) ([]string, error) {
	var lacking []string
	for _, r := range rights {
		in := &iam.SimulatePrincipalPolicyInput{
			PolicySourceArn: aws.String(sourceARN(principal)), ActionNames: r.Actions, ResourceArns: []string{r.Resource},
		}
		for _, key := range slices.Sorted(maps.Keys(r.Context)) {
			kind := types.ContextKeyTypeEnumString
			if key == "aws:TagKeys" {
				kind = types.ContextKeyTypeEnumStringList
			}
			in.ContextEntries = append(in.ContextEntries, types.ContextEntry{
				ContextKeyName: aws.String(key), ContextKeyType: kind, ContextKeyValues: r.Context[key],
			})
		}
		pages := iam.NewSimulatePrincipalPolicyPaginator(c.IAM, in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, wrap(err, "simulate the policies of %s", principal)
			}
			for _, e := range page.EvaluationResults {
				if e.EvalDecision != types.PolicyEvaluationDecisionTypeAllowed {
					lacking = append(lacking, aws.ToString(e.EvalActionName))
				}
			}
		}
	}
	slices.Sort(lacking)
	return slices.Compact(lacking), nil
}

// sourceARN is the role of a session, and anything else as it is.
func sourceARN(principal string) string {
	parts := strings.SplitN(principal, ":", 6)
	if len(parts) != 6 || parts[2] != "sts" {
		return principal
	}
	kind, rest, _ := strings.Cut(parts[5], "/")
	role, _, found := strings.Cut(rest, "/")
	if kind != "assumed-role" || !found {
		return principal
	}
	return "arn:" + parts[1] + ":iam::" + parts[4] + ":role/" + role
}

// Outside returns those of the actions that a boundary cannot allow. It is a
// simple reading, which may overlook some: an action counts as allowed where any
// Allow matches its name, whatever the resources and conditions, unless a Deny
// without conditions matches it on all resources.
func Outside(boundary string, actions []string) ([]string, error) {
	statements, err := parseStatements(boundary)
	if err != nil {
		return nil, fmt.Errorf("the document of the boundary cannot be read: %w", err)
	}
	var out []string
	for _, a := range actions {
		allowed, denied := false, false
		for _, st := range statements {
			switch {
			case !st.covers(a):
			case st.Effect == effectAllow:
				allowed = true
			case len(st.Condition) == 0 && slices.Contains(st.Resource, "*"):
				denied = true
			}
		}
		if denied || !allowed {
			out = append(out, a)
		}
	}
	return out, nil
}

// covers reports whether the statement is about an action.
func (s statement) covers(action string) bool {
	matches := func(p string) bool { return wildcard(strings.ToLower(p), strings.ToLower(action)) }
	if len(s.NotAction) > 0 {
		return !slices.ContainsFunc(s.NotAction, matches)
	}
	return slices.ContainsFunc(s.Action, matches)
}

// wildcard matches as policies do: "*" is any text, "?" any one character.
func wildcard(pattern, s string) bool {
	if pattern == "" {
		return s == ""
	}
	switch pattern[0] {
	case '*':
		for i := range len(s) + 1 {
			if wildcard(strings.TrimLeft(pattern, "*"), s[i:]) {
				return true
			}
		}
		return false
	case '?':
		return s != "" && wildcard(pattern[1:], s[1:])
	}
	return s != "" && s[0] == pattern[0] && wildcard(pattern[1:], s[1:])
}
