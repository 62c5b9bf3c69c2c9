package iamops

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"port-iam/internal/priority"
)

// denyName is the inline policy that cuts the access of a role in one call. It
// also says, durably, that the role is being removed.
const denyName = "port-iam-revoked"

// denyDocument needs no condition: a role that carries it is never used again.
const denyDocument = `{"Version":"2012-10-17","Statement":[{"Sid":"Revoked","Effect":"Deny","Action":"*","Resource":"*"}]}`

// Cut takes the access of a grant away in one call, sessions that exist
// included: an inline Deny on the role that [Ops.Find] found. Repeating it is
// harmless. [KindNotFound]: the role is gone, or a part of IAM does not know it yet.
// [KindDenied]: the boundary
// was removed by hand, so the daemon may not write to the role any more;
// [Ops.Detach] still works.
func (o *Ops) Cut(ctx context.Context, s Live) error {
	if s.role == nil {
		return nil
	}
	_, err := o.api.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
		RoleName: &s.role.name, PolicyName: aws.String(denyName), PolicyDocument: aws.String(denyDocument),
	})
	return wrap(err, "cut access of role %q", s.Name)
}

// Detach takes the policy of the grant off its role, whatever IAM's lists say:
// what was attached a moment ago may not be in them yet. What they do show goes
// too, inline policies as well, but for the Deny of [Ops.Cut]. Nothing on the role
// is a success.
func (o *Ops) Detach(ctx context.Context, s Live) error {
	if s.role == nil {
		return nil
	}
	own := o.policyARN(s.Name)
	others := slices.DeleteFunc(slices.Clone(s.role.attached), func(arn string) bool { return arn == own })
	for _, arn := range append([]string{own}, others...) {
		_, err := o.api.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: &s.role.name, PolicyArn: &arn})
		if err := gone(wrap(err, "detach %s from role %q", arn, s.Name)); err != nil {
			return err
		}
	}
	for _, name := range s.role.inline {
		if name != denyName {
			if err := o.deleteInline(ctx, s, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// DeletePolicy deletes the policy of a grant that [Ops.Look] found, with all its
// versions. Gone already is a success. AWS deletes no policy that is attached to
// anything: a success proves that it is not. [KindKept]: it still is, or its
// detaching is not visible yet; the error names what keeps it.
func (o *Ops) DeletePolicy(ctx context.Context, s Live) error {
	if s.policy == nil {
		return nil
	}
	for _, v := range s.policy.old {
		_, err := o.api.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: &s.policy.arn, VersionId: &v})
		if err := gone(wrap(err, "delete version %s of policy %q", v, s.Name)); err != nil {
			return err
		}
	}
	_, err := o.api.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: &s.policy.arn})
	err = gone(wrap(err, "delete policy %q", s.Name))
	if IsKind(err, KindKept) {
		return o.keptPolicy(ctx, s, err)
	}
	return err
}

// keptPolicy says what keeps a policy, until when it can be used there, and the
// way out.
func (o *Ops) keptPolicy(ctx context.Context, s Live, why error) error {
	until := ""
	if end, limited := s.End(); limited {
		until = " until " + rfc3339(end)
	}
	holders, err := o.api.holders(ctx, s.policy.arn)
	if s.role != nil { // which it was detached from
		holders = slices.DeleteFunc(holders, func(h string) bool { return h == "role "+s.Name })
	}
	switch {
	case err != nil:
		return refused(KindKept, "delete policy "+s.Name, "the policy is still attached somewhere, which can use it%s, and the daemon cannot read where (%w): detach it there", until, err)
	case len(holders) == 0:
		return why // that it was detached is not visible yet
	}
	return refused(KindKept, "delete policy "+s.Name, "the policy is still attached to %s, which can use it%s: detach it there", strings.Join(holders, ", "), until)
}

// holders are the roles, users and groups that a policy is attached to or is the
// boundary of.
func (a *API) holders(ctx context.Context, arn string) ([]string, error) {
	in := &iam.ListEntitiesForPolicyInput{PolicyArn: &arn}
	return all(ctx, a.ListEntitiesForPolicy, in, &in.Marker,
		func(page *iam.ListEntitiesForPolicyOutput) (names []string, marker *string) {
			for _, r := range page.PolicyRoles {
				names = append(names, "role "+aws.ToString(r.RoleName))
			}
			for _, u := range page.PolicyUsers {
				names = append(names, "user "+aws.ToString(u.UserName))
			}
			for _, g := range page.PolicyGroups {
				names = append(names, "group "+aws.ToString(g.GroupName))
			}
			return names, page.Marker
		},
		"list what policy %q is attached to", arn)
}

// DeleteRole takes the Deny of [Ops.Cut] off the role of a grant that [Ops.Look]
// found, and deletes the role. It comes after [Ops.Detach] and [Ops.DeletePolicy]:
// nothing else is on the role any more. An error means that it may be off while the role stands: the caller writes
// it again. Gone already is a success. [KindKept]: something still hangs on the
// role, or that nothing does any more is not visible yet.
func (o *Ops) DeleteRole(ctx context.Context, s Live) error {
	if s.role == nil {
		return nil
	}
	if err := o.deleteInline(ctx, s, denyName); err != nil {
		return err
	}
	// The role stands without its Deny: only what takes access away goes first.
	ctx = priority.With(ctx, priority.Soon)
	_, err := o.api.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &s.role.name})
	return gone(keptRole(s.Name, wrap(err, "delete role %q", s.Name)))
}

func (o *Ops) deleteInline(ctx context.Context, s Live, name string) error {
	_, err := o.api.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &s.role.name, PolicyName: &name})
	return gone(wrap(err, "delete inline policy %s of role %q", name, s.Name))
}

// keptRole adds the way out to an error by which AWS keeps a role.
func keptRole(name string, err error) error {
	why := err
	if e, ok := errors.AsType[*Error](err); ok {
		why = e.Err // without the name of the step
	}
	switch {
	case IsKind(err, KindKept) && strings.Contains(err.Error(), "instance profile"):
		return refused(KindInvalid, "delete role "+name, "%w Take it out (aws iam remove-role-from-instance-profile)", why)
	case IsKind(err, KindKept):
		return refused(KindKept, "delete role "+name, "%w Take off what was added to it since", why)
	case IsKind(err, KindDenied):
		return refused(KindDenied, "delete role "+name, "%w: let the daemon do iam:DeleteRole (its own policy and the service control policies count), or delete the role by hand", why)
	}
	return err
}

// gone turns "not found" into success.
func gone(err error) error {
	if IsKind(err, KindNotFound) {
		return nil
	}
	return err
}
