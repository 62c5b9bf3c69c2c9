package iamops

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"golang.org/x/sync/errgroup"
)

// Live is what exists of a grant at the moment of looking.
type Live struct {
	Name  string
	RunID string
	role  *liveRole
	// policy is nil when there is none under our path.
	policy *livePolicy
}

// Exists reports whether a role or a policy is there.
func (s Live) Exists() bool { return s.role != nil || s.policy != nil }

type liveRole struct {
	name, path, arn, boundary, description, trust string
	tags                                          map[string]string
	inline, attached                              []string // names; ARNs
}

type livePolicy struct {
	arn, version string
	tags         map[string]string
	old          []string // versions that are not the default
}

// Look reads what exists of the grant of that name and proves that it is ours:
// by path, by name and by the tags of the live objects. [KindForeign]: something
// of that name exists and is not ours; it must be left alone, and the State holds
// what is ours beside it. Nothing found is no error.
func (o *Ops) Look(ctx context.Context, name string) (Live, error) {
	runID, ok := RunID(name)
	if !ok {
		return Live{}, refused(KindInvalid, "look at "+name, "it is not the name of a grant (%s<run id>)", NamePrefix)
	}
	s := Live{Name: name, RunID: runID}
	var g errgroup.Group
	g.Go(func() error {
		role, err := o.getRole(ctx, name)
		if IsKind(err, KindNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if why := o.foreignRole(runID, role); why != "" {
			return refused(KindForeign, "look at role "+name, "it is not ours: %s", why)
		}
		if err := o.listRole(ctx, role); err != nil && !IsKind(err, KindNotFound) {
			return err
		}
		s.role = role
		return nil
	})
	g.Go(func() error {
		policy, err := o.getPolicy(ctx, o.policyARN(name))
		if IsKind(err, KindNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if why := o.foreign(runID, policy.tags); why != "" {
			return refused(KindForeign, "look at policy "+name, "it is not ours: %s", why)
		}
		if err := o.listVersions(ctx, policy); err != nil && !IsKind(err, KindNotFound) {
			return err
		}
		s.policy = policy
		return nil
	})
	err := g.Wait() // before s is read: the reads above write it
	return s, err
}

func (o *Ops) getRole(ctx context.Context, name string) (*liveRole, error) {
	out, err := o.api.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		return nil, wrap(err, "read role %q", name)
	}
	if out.Role == nil {
		return nil, refused(KindUnavailable, "read role "+name, "the answer holds no role")
	}
	r := &liveRole{
		name: aws.ToString(out.Role.RoleName), path: aws.ToString(out.Role.Path), arn: aws.ToString(out.Role.Arn),
		description: aws.ToString(out.Role.Description), trust: aws.ToString(out.Role.AssumeRolePolicyDocument),
		tags: tagMap(out.Role.Tags),
	}
	if b := out.Role.PermissionsBoundary; b != nil {
		r.boundary = aws.ToString(b.PermissionsBoundaryArn)
	}
	return r, nil
}

// listRole reads what hangs on a role, both lists at once.
func (o *Ops) listRole(ctx context.Context, r *liveRole) error {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		pages := iam.NewListRolePoliciesPaginator(o.api, &iam.ListRolePoliciesInput{RoleName: &r.name})
		for pages.HasMorePages() {
			page, err := pages.NextPage(gctx)
			if err != nil {
				return wrap(err, "list inline policies of role %q", r.name)
			}
			r.inline = append(r.inline, page.PolicyNames...)
		}
		return nil
	})
	g.Go(func() error {
		pages := iam.NewListAttachedRolePoliciesPaginator(o.api, &iam.ListAttachedRolePoliciesInput{RoleName: &r.name})
		for pages.HasMorePages() {
			page, err := pages.NextPage(gctx)
			if err != nil {
				return wrap(err, "list policies attached to role %q", r.name)
			}
			for _, a := range page.AttachedPolicies {
				r.attached = append(r.attached, aws.ToString(a.PolicyArn))
			}
		}
		return nil
	})
	return g.Wait()
}

func (o *Ops) getPolicy(ctx context.Context, arn string) (*livePolicy, error) {
	out, err := o.api.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})
	if err != nil {
		return nil, wrap(err, "read policy %q", arn)
	}
	if out.Policy == nil {
		return nil, refused(KindUnavailable, "read policy "+arn, "the answer holds no policy")
	}
	return &livePolicy{arn: arn, version: aws.ToString(out.Policy.DefaultVersionId), tags: tagMap(out.Policy.Tags)}, nil
}

func (o *Ops) listVersions(ctx context.Context, p *livePolicy) error {
	pages := iam.NewListPolicyVersionsPaginator(o.api, &iam.ListPolicyVersionsInput{PolicyArn: &p.arn})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return wrap(err, "list versions of policy %q", p.arn)
		}
		for _, v := range page.Versions {
			if !v.IsDefaultVersion {
				p.old = append(p.old, aws.ToString(v.VersionId))
			}
		}
	}
	return nil
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

// both runs two independent steps at once, waits for both, and returns the error
// that decides: one that waiting cannot mend before one that it may.
func both(a, b func() error) error {
	var errA, errB error
	done := make(chan struct{})
	go func() {
		defer close(done)
		errA = a()
	}()
	errB = b()
	<-done
	if finality(errB) > finality(errA) {
		return errB
	}
	return errA
}

// finality ranks errors by how little hope there is in trying again. What is
// missing may only be invisible, and what differs may be removed by its run.
func finality(err error) int {
	switch {
	case err == nil:
		return 0
	case Temporary(err):
		return 1
	case IsKind(err, KindNotFound):
		return 2
	case IsKind(err, KindDiffers):
		return 3
	}
	return 4
}

// Complete reports whether both role and policy are there.
func (s Live) Complete() bool { return s.role != nil && s.policy != nil }

// End is when the grant ends, from the tags of its role or policy; false when
// it lasts until revoked or the tag cannot be read.
func (s Live) End() (time.Time, bool) {
	var text string
	switch {
	case s.role != nil:
		text = s.role.tags[tagExpiresAt]
	case s.policy != nil:
		text = s.policy.tags[tagExpiresAt]
	}
	end, err := time.Parse(time.RFC3339, text)
	return end, err == nil
}
