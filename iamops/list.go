package iamops

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// Listed is what the lists of IAM show under one name. It proves nothing: tags
// are not in lists, so before anything is changed [Ops.Look] has to be asked.
type Listed struct {
	Name  string
	RunID string // "" where the name is not one of a grant
	// RoleCreated and PolicyCreated are zero where there is none.
	RoleCreated, PolicyCreated time.Time
	// Ends says when the grant ends, if EndKnown; zero: when it is revoked.
	Ends     time.Time
	EndKnown bool
}

// HasRole reports whether there is a role, not only a policy.
func (l Listed) HasRole() bool { return !l.RoleCreated.IsZero() }

// List returns everything under the path, by name: roles and policies, those
// with names of others included. It takes one call for each 1,000 objects.
func (o *Ops) List(ctx context.Context) (map[string]Listed, error) {
	out := map[string]Listed{}
	entry := func(name string) Listed {
		l, known := out[name]
		if !known {
			l.Name = name
			l.RunID, _ = RunID(name)
		}
		return l
	}
	// AWS gives fewer than asked for as it sees fit.
	const page = 1000
	roles := iam.NewListRolesPaginator(o.api, &iam.ListRolesInput{PathPrefix: &o.opts.Path, MaxItems: aws.Int32(page)})
	for roles.HasMorePages() {
		answer, err := roles.NextPage(ctx)
		if err != nil {
			return nil, wrap(err, "list roles under %s", o.opts.Path)
		}
		for _, r := range answer.Roles {
			if aws.ToString(r.Path) != o.opts.Path {
				continue // a path below ours
			}
			l := entry(aws.ToString(r.RoleName))
			l.RoleCreated = aws.ToTime(r.CreateDate)
			l.Ends, l.EndKnown = parseDescription(l.RunID, aws.ToString(r.Description))
			out[l.Name] = l
		}
	}
	policies := iam.NewListPoliciesPaginator(o.api, &iam.ListPoliciesInput{
		PathPrefix: &o.opts.Path, Scope: types.PolicyScopeTypeLocal, MaxItems: aws.Int32(page),
	})
	for policies.HasMorePages() {
		answer, err := policies.NextPage(ctx)
		if err != nil {
			return nil, wrap(err, "list policies under %s", o.opts.Path)
		}
		for _, p := range answer.Policies {
			if aws.ToString(p.Path) != o.opts.Path || aws.ToString(p.Arn) == o.opts.Boundary {
				continue
			}
			l := entry(aws.ToString(p.PolicyName))
			l.PolicyCreated = aws.ToTime(p.CreateDate)
			out[l.Name] = l
		}
	}
	return out, nil
}

const untilRevoked = "when revoked"

// description is how the end of a grant stands where lists show it.
func description(runID string, end time.Time) string {
	text := untilRevoked
	if !end.IsZero() {
		text = rfc3339(end)
	}
	return fmt.Sprintf("port-iam run %s ends %s", runID, text)
}

// parseDescription undoes [description].
func parseDescription(runID, text string) (end time.Time, known bool) {
	rest, ok := strings.CutPrefix(text, fmt.Sprintf("port-iam run %s ends ", runID))
	switch {
	case !ok:
		return time.Time{}, false
	case rest == untilRevoked:
		return time.Time{}, true
	}
	end, err := time.Parse(time.RFC3339, rest)
	return end, err == nil
}

// IsCut reports whether the role carries the Deny of [Ops.Cut]: its removal has
// begun.
func (s Live) IsCut() bool { return s.role != nil && slices.Contains(s.role.inline, denyName) }

// Attached reports whether the grant can be used as far as its attachment goes.
func (s Live) Attached() bool {
	return s.role != nil && s.policy != nil && slices.Contains(s.role.attached, s.policy.arn)
}

// HasRole reports whether the role is there.
func (s Live) HasRole() bool { return s.role != nil }

// Changed says what about a grant is not as it was made, by hand most likely.
func (o *Ops) Changed(s Live) []string {
	var out []string
	if s.role != nil {
		if s.role.boundary != o.opts.Boundary {
			out = append(out, fmt.Sprintf("the boundary of the role is %q and not %q", s.role.boundary, o.opts.Boundary))
		}
		for _, name := range s.role.inline {
			if name != denyName {
				out = append(out, fmt.Sprintf("the role has the inline policy %q", name))
			}
		}
		for _, arn := range s.role.attached {
			if arn != o.policyARN(s.Name) {
				out = append(out, fmt.Sprintf("%s is attached to the role", arn))
			}
		}
	}
	if s.policy != nil && (len(s.policy.old) > 0 || s.policy.version != "v1") {
		out = append(out, fmt.Sprintf("the policy has version %s and %d others", s.policy.version, len(s.policy.old)))
	}
	return out
}
