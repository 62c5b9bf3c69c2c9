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
	"golang.org/x/sync/errgroup"
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
	roles, err := o.api.roles(ctx, o.opts.Path)
	if err != nil {
		return nil, err
	}
	for _, r := range roles {
		if aws.ToString(r.Path) != o.opts.Path {
			continue // a path below ours
		}
		l := entry(aws.ToString(r.RoleName))
		l.RoleCreated = aws.ToTime(r.CreateDate)
		l.Ends, l.EndKnown = parseDescription(l.RunID, aws.ToString(r.Description))
		out[l.Name] = l
	}
	policies, err := o.api.policies(ctx, o.opts.Path)
	if err != nil {
		return nil, err
	}
	for _, p := range policies {
		if aws.ToString(p.Path) != o.opts.Path || aws.ToString(p.Arn) == o.opts.Boundary {
			continue
		}
		l := entry(aws.ToString(p.PolicyName))
		l.PolicyCreated = aws.ToTime(p.CreateDate)
		out[l.Name] = l
	}
	return out, nil
}

// pageSize is the most that a list takes; AWS gives fewer as it sees fit.
const pageSize = 1000

// Up reports whether the account can be entered, and IAM answers there, by one call with
// a right that the daemon needs anyway. It is sent at once, whatever waits for a turn. That
// AWS throttles is an answer. The error is [KindDenied] where the daemon lacks the right,
// and else temporary.
func (o *Ops) Up(ctx context.Context) error {
	_, err := o.api.ListRoles(unpaced(ctx), &iam.ListRolesInput{PathPrefix: &o.opts.Path, MaxItems: aws.Int32(1)})
	if Throttled(err) {
		return nil
	}
	return wrap(err, "ask whether IAM answers in account %s", o.opts.Account)
}

// roles lists the roles whose path begins with prefix.
func (a *API) roles(ctx context.Context, prefix string) ([]types.Role, error) {
	in := &iam.ListRolesInput{PathPrefix: &prefix, MaxItems: aws.Int32(pageSize)}
	return all(ctx, a.ListRoles, in, &in.Marker,
		func(page *iam.ListRolesOutput) ([]types.Role, *string) { return page.Roles, page.Marker },
		"list roles under %s", prefix)
}

// policies lists the account's own managed policies whose path begins with prefix.
func (a *API) policies(ctx context.Context, prefix string) ([]types.Policy, error) {
	in := &iam.ListPoliciesInput{PathPrefix: &prefix, Scope: types.PolicyScopeTypeLocal, MaxItems: aws.Int32(pageSize)}
	return all(ctx, a.ListPolicies, in, &in.Marker,
		func(page *iam.ListPoliciesOutput) ([]types.Policy, *string) { return page.Policies, page.Marker },
		"list policies under %s", prefix)
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

// policyDescription says when a grant begins; nobody can change the description of a
// policy.
func policyDescription(runID string, begins time.Time) string {
	return fmt.Sprintf("port-iam run %s begins %s", runID, rfc3339(begins))
}

// parsePolicyDescription undoes [policyDescription]. Policies of earlier versions do not
// say when their grants began.
func parsePolicyDescription(runID, text string) (begins time.Time, known bool) {
	begins, err := time.Parse(time.RFC3339, strings.TrimPrefix(text, fmt.Sprintf("port-iam run %s begins ", runID)))
	return begins, err == nil
}

// parallelReads bounds the roles that are read at once.
const parallelReads = 8

// Organizations returns the organisations whose grants are under the path, as the
// tags of the roles say, sorted. It is for an operator who cannot ask Port which
// organisation this is.
func (c *Clients) Organizations(ctx context.Context, path string) ([]string, error) {
	listed, err := c.IAM.roles(ctx, path)
	if err != nil {
		return nil, err
	}
	found := make([]string, len(listed)) // "" where a role is no grant
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallelReads)
	for i, r := range listed {
		name := aws.ToString(r.RoleName)
		runID, ok := RunID(name)
		if !ok {
			continue
		}
		g.Go(func() error {
			role, err := c.IAM.role(ctx, name)
			if err != nil {
				return gone(err)
			}
			if role.path == path && role.tags[tagManagedBy] == managedBy && role.tags[tagRunID] == runID {
				found[i] = role.tags[tagOrgID]
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	slices.Sort(found)
	return slices.DeleteFunc(slices.Compact(found), func(org string) bool { return org == "" }), nil
}

// ssoPath is the path of the roles that Identity Center makes in an account, one
// for each permission set that is assigned there; a region may follow.
const (
	ssoPath   = "/aws-reserved/sso.amazonaws.com/"
	ssoPrefix = "AWSReservedSSO_"
)

// HasIdentityCenterRole reports whether people can come into the account by
// Identity Center. The policy of the daemon need not allow this list: where it
// does not, that is [KindDenied].
func (c *Clients) HasIdentityCenterRole(ctx context.Context) (bool, error) {
	roles, err := c.IAM.roles(ctx, ssoPath)
	return slices.ContainsFunc(roles, func(r types.Role) bool { return strings.HasPrefix(aws.ToString(r.RoleName), ssoPrefix) }), err
}
