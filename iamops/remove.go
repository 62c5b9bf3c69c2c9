package iamops

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// denyName is the inline policy that cuts the access of a role in one call. It
// also says, durably, that the role is being removed.
const denyName = "port-iam-revoked"

// denyDocument needs no condition: a role that carries it is never used again.
const denyDocument = `{"Version":"2012-10-17","Statement":[{"Sid":"Revoked","Effect":"Deny","Action":"*","Resource":"*"}]}`

// Cut takes the access of a grant away in one call, sessions that exist
// included: an inline Deny on the role. Repeating it is harmless. A role that
// does not exist needs no cut. [KindDenied]: the boundary was removed by hand, so
// the daemon may not write to the role any more; detaching still works.
func (o *Ops) Cut(ctx context.Context, s Live) error {
	if s.role == nil || s.IsCut() {
		return nil
	}
	_, err := o.api.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
		RoleName: &s.role.name, PolicyName: aws.String(denyName), PolicyDocument: aws.String(denyDocument),
	})
	return gone(wrap(err, "cut access of role %q", s.Name))
}

// Detach takes every managed policy off the role that [Ops.Look] found, and
// leaves the role. It comes after [Ops.Cut] where the role must stay for now.
func (o *Ops) Detach(ctx context.Context, s Live) error {
	if s.role == nil {
		return nil
	}
	for _, arn := range s.role.attached {
		_, err := o.api.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: &s.role.name, PolicyArn: &arn})
		if err := gone(wrap(err, "detach %s from role %q", arn, s.Name)); err != nil {
			return err
		}
	}
	return nil
}

// Remove deletes everything of a grant that [Ops.Look] found, dependents first.
// An object that is gone already is a success. [KindConflict]: something was added
// meanwhile, or a change is not visible yet; look and remove again.
func (o *Ops) Remove(ctx context.Context, s Live) error {
	if s.role != nil {
		if err := o.removeRole(ctx, s); err != nil {
			return err
		}
	}
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
	return gone(wrap(err, "delete policy %q", s.Name))
}

func (o *Ops) removeRole(ctx context.Context, s Live) error {
	if err := o.Detach(ctx, s); err != nil {
		return err
	}
	// The Deny goes last: what it cuts must be detached before.
	others := slices.DeleteFunc(slices.Clone(s.role.inline), func(n string) bool { return n == denyName })
	for _, name := range append(others, denyName) {
		_, err := o.api.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &s.role.name, PolicyName: &name})
		if err := gone(wrap(err, "delete inline policy %s of role %q", name, s.Name)); err != nil {
			return err
		}
	}
	_, err := o.api.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &s.role.name})
	return gone(wrap(err, "delete role %q", s.Name))
}

// gone turns "not found" into success.
func gone(err error) error {
	if IsKind(err, KindNotFound) {
		return nil
	}
	return err
}
