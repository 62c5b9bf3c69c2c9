package iamops

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// calls are the operations of IAM that this package uses, and no others. They
// are kept as functions: in a type that is ever made an interface, and of each
// type that such a type holds, the linker keeps every method, because templates
// can call methods by name. With the SDK's client in here the binary would hold
// all of IAM, 160 operations more.
type calls struct {
	attachRolePolicy         call[iam.AttachRolePolicyInput, iam.AttachRolePolicyOutput]
	createPolicy             call[iam.CreatePolicyInput, iam.CreatePolicyOutput]
	createRole               call[iam.CreateRoleInput, iam.CreateRoleOutput]
	deletePolicy             call[iam.DeletePolicyInput, iam.DeletePolicyOutput]
	deletePolicyVersion      call[iam.DeletePolicyVersionInput, iam.DeletePolicyVersionOutput]
	deleteRole               call[iam.DeleteRoleInput, iam.DeleteRoleOutput]
	deleteRolePolicy         call[iam.DeleteRolePolicyInput, iam.DeleteRolePolicyOutput]
	detachRolePolicy         call[iam.DetachRolePolicyInput, iam.DetachRolePolicyOutput]
	getPolicy                call[iam.GetPolicyInput, iam.GetPolicyOutput]
	getPolicyVersion         call[iam.GetPolicyVersionInput, iam.GetPolicyVersionOutput]
	getRole                  call[iam.GetRoleInput, iam.GetRoleOutput]
	listAttachedRolePolicies call[iam.ListAttachedRolePoliciesInput, iam.ListAttachedRolePoliciesOutput]
	listPolicies             call[iam.ListPoliciesInput, iam.ListPoliciesOutput]
	listPolicyVersions       call[iam.ListPolicyVersionsInput, iam.ListPolicyVersionsOutput]
	listRolePolicies         call[iam.ListRolePoliciesInput, iam.ListRolePoliciesOutput]
	listRoles                call[iam.ListRolesInput, iam.ListRolesOutput]
	putRolePolicy            call[iam.PutRolePolicyInput, iam.PutRolePolicyOutput]
	simulatePrincipalPolicy  call[iam.SimulatePrincipalPolicyInput, iam.SimulatePrincipalPolicyOutput]
}

var _ API = calls{}

type call[In, Out any] func(context.Context, *In, ...func(*iam.Options)) (*Out, error)

func callsOf(c *iam.Client) calls {
	return calls{
		attachRolePolicy:         c.AttachRolePolicy,
		createPolicy:             c.CreatePolicy,
		createRole:               c.CreateRole,
		deletePolicy:             c.DeletePolicy,
		deletePolicyVersion:      c.DeletePolicyVersion,
		deleteRole:               c.DeleteRole,
		deleteRolePolicy:         c.DeleteRolePolicy,
		detachRolePolicy:         c.DetachRolePolicy,
		getPolicy:                c.GetPolicy,
		getPolicyVersion:         c.GetPolicyVersion,
		getRole:                  c.GetRole,
		listAttachedRolePolicies: c.ListAttachedRolePolicies,
		listPolicies:             c.ListPolicies,
		listPolicyVersions:       c.ListPolicyVersions,
		listRolePolicies:         c.ListRolePolicies,
		listRoles:                c.ListRoles,
		putRolePolicy:            c.PutRolePolicy,
		simulatePrincipalPolicy:  c.SimulatePrincipalPolicy,
	}
}

func (c calls) AttachRolePolicy(ctx context.Context, in *iam.AttachRolePolicyInput, o ...func(*iam.Options)) (*iam.AttachRolePolicyOutput, error) {
	return c.attachRolePolicy(ctx, in, o...)
}

func (c calls) CreatePolicy(ctx context.Context, in *iam.CreatePolicyInput, o ...func(*iam.Options)) (*iam.CreatePolicyOutput, error) {
	return c.createPolicy(ctx, in, o...)
}

func (c calls) CreateRole(ctx context.Context, in *iam.CreateRoleInput, o ...func(*iam.Options)) (*iam.CreateRoleOutput, error) {
	return c.createRole(ctx, in, o...)
}

func (c calls) DeletePolicy(ctx context.Context, in *iam.DeletePolicyInput, o ...func(*iam.Options)) (*iam.DeletePolicyOutput, error) {
	return c.deletePolicy(ctx, in, o...)
}

func (c calls) DeletePolicyVersion(ctx context.Context, in *iam.DeletePolicyVersionInput, o ...func(*iam.Options)) (*iam.DeletePolicyVersionOutput, error) {
	return c.deletePolicyVersion(ctx, in, o...)
}

func (c calls) DeleteRole(ctx context.Context, in *iam.DeleteRoleInput, o ...func(*iam.Options)) (*iam.DeleteRoleOutput, error) {
	return c.deleteRole(ctx, in, o...)
}

func (c calls) DeleteRolePolicy(ctx context.Context, in *iam.DeleteRolePolicyInput, o ...func(*iam.Options)) (*iam.DeleteRolePolicyOutput, error) {
	return c.deleteRolePolicy(ctx, in, o...)
}

func (c calls) DetachRolePolicy(ctx context.Context, in *iam.DetachRolePolicyInput, o ...func(*iam.Options)) (*iam.DetachRolePolicyOutput, error) {
	return c.detachRolePolicy(ctx, in, o...)
}

func (c calls) GetPolicy(ctx context.Context, in *iam.GetPolicyInput, o ...func(*iam.Options)) (*iam.GetPolicyOutput, error) {
	return c.getPolicy(ctx, in, o...)
}

func (c calls) GetPolicyVersion(ctx context.Context, in *iam.GetPolicyVersionInput, o ...func(*iam.Options)) (*iam.GetPolicyVersionOutput, error) {
	return c.getPolicyVersion(ctx, in, o...)
}

func (c calls) GetRole(ctx context.Context, in *iam.GetRoleInput, o ...func(*iam.Options)) (*iam.GetRoleOutput, error) {
	return c.getRole(ctx, in, o...)
}

func (c calls) ListAttachedRolePolicies(ctx context.Context, in *iam.ListAttachedRolePoliciesInput, o ...func(*iam.Options)) (*iam.ListAttachedRolePoliciesOutput, error) {
	return c.listAttachedRolePolicies(ctx, in, o...)
}

func (c calls) ListPolicies(ctx context.Context, in *iam.ListPoliciesInput, o ...func(*iam.Options)) (*iam.ListPoliciesOutput, error) {
	return c.listPolicies(ctx, in, o...)
}

func (c calls) ListPolicyVersions(ctx context.Context, in *iam.ListPolicyVersionsInput, o ...func(*iam.Options)) (*iam.ListPolicyVersionsOutput, error) {
	return c.listPolicyVersions(ctx, in, o...)
}

func (c calls) ListRolePolicies(ctx context.Context, in *iam.ListRolePoliciesInput, o ...func(*iam.Options)) (*iam.ListRolePoliciesOutput, error) {
	return c.listRolePolicies(ctx, in, o...)
}

func (c calls) ListRoles(ctx context.Context, in *iam.ListRolesInput, o ...func(*iam.Options)) (*iam.ListRolesOutput, error) {
	return c.listRoles(ctx, in, o...)
}

func (c calls) PutRolePolicy(ctx context.Context, in *iam.PutRolePolicyInput, o ...func(*iam.Options)) (*iam.PutRolePolicyOutput, error) {
	return c.putRolePolicy(ctx, in, o...)
}

func (c calls) SimulatePrincipalPolicy(ctx context.Context, in *iam.SimulatePrincipalPolicyInput, o ...func(*iam.Options)) (*iam.SimulatePrincipalPolicyOutput, error) {
	return c.simulatePrincipalPolicy(ctx, in, o...)
}
