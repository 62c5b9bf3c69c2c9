package iamops

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// Right is a set of calls that the daemon makes, as policies see them.
type Right struct {
	Actions  []string
	Resource string
	Context  map[string][]string // keys of conditions
}

// Rights are all that the daemon needs: the calls of [API], and setting tags.
func (o *Ops) Rights() []Right {
	name := Name("check")
	role, policy := o.RoleARN(name), o.policyARN(name)
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
	rights := []Right{
		{[]string{"iam:CreateRole", "iam:TagRole"}, role, madeRole},
		{[]string{"iam:CreatePolicy", "iam:TagPolicy"}, policy, made},
		{[]string{"iam:AttachRolePolicy", "iam:DetachRolePolicy"}, role, attached},
		{[]string{"iam:DeleteRole", "iam:DeleteRolePolicy", "iam:GetRole", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:PutRolePolicy"}, role, bounded},
		{[]string{"iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListEntitiesForPolicy", "iam:ListPolicyVersions"}, policy, nil},
		{[]string{"iam:ListPolicies", "iam:ListRoles"}, "*", nil},
	}
	if o.opts.Boundary != "" {
		rights = append(rights, Right{[]string{"iam:GetPolicy", "iam:GetPolicyVersion"}, o.opts.Boundary, nil})
	}
	return rights
}

// Simulate asks IAM which of the rights the principal lacks, and returns their
// actions, sorted. The principal is the ARN of a user or role, see [Clients.Principal];
// one that does not exist is [KindNotFound]. The daemon does not make this call, and its
// policy allows it where it was printed with the ARN of its role: where it does not,
// that is [KindDenied].
func (c *Clients) Simulate(ctx context.Context, principal string, rights []Right) ([]string, error) {
	var lacking []string
	for _, r := range rights {
		in := &iam.SimulatePrincipalPolicyInput{
			PolicySourceArn: aws.String(principal), ActionNames: r.Actions, ResourceArns: []string{r.Resource},
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
		results, err := all(ctx, c.simulate, in, &in.Marker,
			func(page *iam.SimulatePrincipalPolicyOutput) ([]types.EvaluationResult, *string) {
				return page.EvaluationResults, page.Marker
			},
			"simulate the policies of %s", principal)
		if err != nil {
			return nil, err
		}
		for _, e := range results {
			if e.EvalDecision != types.PolicyEvaluationDecisionTypeAllowed {
				lacking = append(lacking, aws.ToString(e.EvalActionName))
			}
		}
	}
	slices.Sort(lacking)
	return slices.Compact(lacking), nil
}

// Principal is the ARN of the user or role that an identity belongs to: that of a
// session's role, with its path, and any other ARN as it is. The ARN of a session does
// not hold the path, so the role is looked up by its name among all roles of the account,
// with a right that the daemon has anyway. Where that fails, it returns the ARN without
// the path beside the error, [KindNotFound] where no role has that name.
func (c *Clients) Principal(ctx context.Context, identity string) (string, error) {
	a, _ := arn.Parse(identity) // the zero value is no session
	parts := strings.Split(a.Resource, "/")
	if a.Service != "sts" || len(parts) < 3 || parts[0] != "assumed-role" {
		return identity, nil
	}
	name := parts[1]
	guess := "arn:" + a.Partition + ":iam::" + a.AccountID + ":role/" + name
	roles, err := c.IAM.roles(ctx, "/")
	if err != nil {
		return guess, err
	}
	// AWS takes no two roles whose names differ in letter case alone.
	at := slices.IndexFunc(roles, func(r types.Role) bool { return strings.EqualFold(aws.ToString(r.RoleName), name) })
	if at < 0 {
		return guess, refused(KindNotFound, "look up the role of "+identity, "the account has no role %s", name)
	}
	return aws.ToString(roles[at].Arn), nil
}
