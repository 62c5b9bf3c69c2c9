package iamops

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"golang.org/x/sync/errgroup"
)

// Find reads the role of a grant, without its policies, and proves that it is
// ours: all that [Ops.Cut] needs, in one call. [KindForeign]: a role of that name
// exists and is not ours; it must be left alone. Nothing found is no error.
func (o *Ops) Find(ctx context.Context, name string) (Live, error) {
	s, err := named(name)
	if err != nil {
		return s, err
	}
	s.role, err = o.ownRole(ctx, s.RunID)
	return s, gone(err)
}

// Look reads what exists of the grant of that name and proves that it is ours:
// by path, by name and by the tags of the live objects. [KindForeign]: an object
// of that name exists and is not ours; it must be left alone, and the result
// holds the other object where that is ours. Nothing found is no error.
func (o *Ops) Look(ctx context.Context, name string) (Live, error) {
	s, err := named(name)
	if err != nil {
		return s, err
	}
	return o.Rest(ctx, s)
}

// Rest is [Ops.Look] for what [Ops.Find] has begun: a role that was found is not
// read again, only its policies.
func (o *Ops) Rest(ctx context.Context, found Live) (Live, error) {
	s := Live{Name: found.Name, RunID: found.RunID}
	var roleErr, policyErr error
	var reads sync.WaitGroup
	reads.Go(func() {
		role := found.role
		if role == nil {
			role, roleErr = o.ownRole(ctx, s.RunID)
		}
		if roleErr == nil {
			role, roleErr = o.api.listRole(ctx, *role)
			roleErr = gone(roleErr) // the role was seen
		}
		if roleErr == nil {
			s.role = role
		}
	})
	reads.Go(func() {
		var policy *livePolicy
		if policy, policyErr = o.ownPolicy(ctx, s.RunID); policyErr == nil {
			policy.old, policyErr = o.api.oldVersions(ctx, policy.arn)
			policyErr = gone(policyErr)
		}
		if policyErr == nil {
			s.policy = policy
		}
	})
	reads.Wait()
	// That one is foreign decides only once the other one was read.
	for _, err := range []error{roleErr, policyErr} {
		if Temporary(err) {
			return s, err
		}
	}
	return s, cmp.Or(gone(roleErr), gone(policyErr))
}

// named is what is known of a grant before anything was read.
func named(name string) (Live, error) {
	runID, ok := RunID(name)
	if !ok {
		return Live{}, refused(KindInvalid, "look at "+name, "it is not the name of a grant (%s<run id>)", NamePrefix)
	}
	return Live{Name: name, RunID: runID}, nil
}

// ownRole reads the role of a grant without its policies, if it is ours.
func (o *Ops) ownRole(ctx context.Context, runID string) (*liveRole, error) {
	role, err := o.api.role(ctx, Name(runID))
	if err != nil {
		return nil, err
	}
	if why := o.foreignRole(runID, role); why != "" {
		return nil, refused(KindForeign, "look at role "+role.name, "it is not of this run and so not ours: %s", why)
	}
	return role, nil
}

// ownPolicy reads the policy of a grant without its versions, if it is ours.
func (o *Ops) ownPolicy(ctx context.Context, runID string) (*livePolicy, error) {
	policy, err := o.api.policy(ctx, o.policyARN(Name(runID)))
	if err != nil {
		return nil, err
	}
	if why := o.foreign(runID, policy.tags); why != "" {
		return nil, refused(KindForeign, "look at policy "+policy.arn, "it is not of this run and so not ours: %s", why)
	}
	return policy, nil
}

// role reads a role without its policies.
func (a *API) role(ctx context.Context, name string) (*liveRole, error) {
	out, err := a.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		return nil, wrap(err, "read role %q", name)
	}
	if out.Role == nil {
		return nil, refused(KindUnavailable, "read role "+name, "the answer holds no role")
	}
	r := &liveRole{
		name: aws.ToString(out.Role.RoleName), id: aws.ToString(out.Role.RoleId), path: aws.ToString(out.Role.Path),
		description: aws.ToString(out.Role.Description), trust: aws.ToString(out.Role.AssumeRolePolicyDocument),
		maxSession: time.Duration(aws.ToInt32(out.Role.MaxSessionDuration)) * time.Second,
		tags:       tagMap(out.Role.Tags),
	}
	if b := out.Role.PermissionsBoundary; b != nil {
		r.boundary = aws.ToString(b.PermissionsBoundaryArn)
	}
	return r, nil
}

// listRole adds the policies of a role, both lists at once.
func (a *API) listRole(ctx context.Context, r liveRole) (*liveRole, error) {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		in := &iam.ListRolePoliciesInput{RoleName: &r.name}
		r.inline, err = all(gctx, a.ListRolePolicies, in, &in.Marker,
			func(page *iam.ListRolePoliciesOutput) ([]string, *string) { return page.PolicyNames, page.Marker },
			"list inline policies of role %q", r.name)
		return err
	})
	g.Go(func() error {
		in := &iam.ListAttachedRolePoliciesInput{RoleName: &r.name}
		attached, err := all(gctx, a.ListAttachedRolePolicies, in, &in.Marker,
			func(page *iam.ListAttachedRolePoliciesOutput) ([]types.AttachedPolicy, *string) {
				return page.AttachedPolicies, page.Marker
			},
			"list policies attached to role %q", r.name)
		for _, p := range attached {
			r.attached = append(r.attached, aws.ToString(p.PolicyArn))
		}
		return err
	})
	return &r, g.Wait()
}

// policy reads a managed policy without its versions.
func (a *API) policy(ctx context.Context, arn string) (*livePolicy, error) {
	out, err := a.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})
	if err != nil {
		return nil, wrap(err, "read policy %q", arn)
	}
	if out.Policy == nil {
		return nil, refused(KindUnavailable, "read policy "+arn, "the answer holds no policy")
	}
	return &livePolicy{
		arn: arn, id: aws.ToString(out.Policy.PolicyId), version: aws.ToString(out.Policy.DefaultVersionId),
		description: aws.ToString(out.Policy.Description), tags: tagMap(out.Policy.Tags),
	}, nil
}

// oldVersions lists the versions of a policy that are not in use.
func (a *API) oldVersions(ctx context.Context, arn string) ([]string, error) {
	in := &iam.ListPolicyVersionsInput{PolicyArn: &arn}
	versions, err := all(ctx, a.ListPolicyVersions, in, &in.Marker,
		func(page *iam.ListPolicyVersionsOutput) ([]types.PolicyVersion, *string) {
			return page.Versions, page.Marker
		},
		"list versions of policy %q", arn)
	var old []string
	for _, v := range versions {
		if !v.IsDefaultVersion {
			old = append(old, aws.ToString(v.VersionId))
		}
	}
	return old, err
}

// foreignRole says why a role is not ours; "" when it is. Role names are unique
// without regard to case and path, so both are compared too.
func (o *Ops) foreignRole(runID string, r *liveRole) string {
	if r.name != Name(runID) {
		return fmt.Sprintf("its name is %q, which differs in letter case", r.name)
	}
	if r.path != o.opts.Path {
		return fmt.Sprintf("its path is %s and not %s", r.path, o.opts.Path)
	}
	return o.foreign(runID, r.tags)
}

// foreign says which tag proves that an object is not ours; "" when none does.
func (o *Ops) foreign(runID string, tags map[string]string) string {
	for _, want := range [][2]string{{tagManagedBy, managedBy}, {tagOrgID, o.opts.OrgID}, {tagRunID, runID}} {
		if got, ok := tags[want[0]]; !ok || got != want[1] {
			return fmt.Sprintf("its tag %s is %q and not %q", want[0], got, want[1])
		}
	}
	return ""
}
