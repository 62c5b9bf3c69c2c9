package iamops

import (
	"context"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// API are the calls to IAM that the daemon makes, and no others. A new call
// takes a field here, a line in newAPI, its action in [Ops.Rights] and the policy
// of the daemon in package templates; a list also takes the type that its
// paginator wants. Metrics and tests go by the fields.
//
// The calls are kept as functions, for the size of the binary alone: of a type
// that is ever made an interface, and of each type that such a type holds, the
// linker keeps every method, because templates can call methods by name. With
// the SDK's client in here, the binary would hold all 180 operations of IAM and
// be 4.6 MB larger (docs/decisions.md).
type API struct {
	AttachRolePolicy         call[iam.AttachRolePolicyInput, iam.AttachRolePolicyOutput]
	CreatePolicy             call[iam.CreatePolicyInput, iam.CreatePolicyOutput]
	CreateRole               call[iam.CreateRoleInput, iam.CreateRoleOutput]
	DeletePolicy             call[iam.DeletePolicyInput, iam.DeletePolicyOutput]
	DeletePolicyVersion      call[iam.DeletePolicyVersionInput, iam.DeletePolicyVersionOutput]
	DeleteRole               call[iam.DeleteRoleInput, iam.DeleteRoleOutput]
	DeleteRolePolicy         call[iam.DeleteRolePolicyInput, iam.DeleteRolePolicyOutput]
	DetachRolePolicy         call[iam.DetachRolePolicyInput, iam.DetachRolePolicyOutput]
	GetPolicy                call[iam.GetPolicyInput, iam.GetPolicyOutput]
	GetPolicyVersion         call[iam.GetPolicyVersionInput, iam.GetPolicyVersionOutput]
	GetRole                  call[iam.GetRoleInput, iam.GetRoleOutput]
	ListAttachedRolePolicies listAttachedRolePolicies
	ListPolicies             listPolicies
	ListPolicyVersions       listPolicyVersions
	ListRolePolicies         listRolePolicies
	ListRoles                listRoles
	PutRolePolicy            call[iam.PutRolePolicyInput, iam.PutRolePolicyOutput]
}

type call[In, Out any] func(context.Context, *In, ...func(*iam.Options)) (*Out, error)

func newAPI(c *iam.Client) *API {
	return &API{
		AttachRolePolicy:         c.AttachRolePolicy,
		CreatePolicy:             c.CreatePolicy,
		CreateRole:               c.CreateRole,
		DeletePolicy:             c.DeletePolicy,
		DeletePolicyVersion:      c.DeletePolicyVersion,
		DeleteRole:               c.DeleteRole,
		DeleteRolePolicy:         c.DeleteRolePolicy,
		DetachRolePolicy:         c.DetachRolePolicy,
		GetPolicy:                c.GetPolicy,
		GetPolicyVersion:         c.GetPolicyVersion,
		GetRole:                  c.GetRole,
		ListAttachedRolePolicies: c.ListAttachedRolePolicies,
		ListPolicies:             c.ListPolicies,
		ListPolicyVersions:       c.ListPolicyVersions,
		ListRolePolicies:         c.ListRolePolicies,
		ListRoles:                c.ListRoles,
		PutRolePolicy:            c.PutRolePolicy,
	}
}

// operations are the names of the calls, in the order of the fields.
func operations() []string {
	var names []string
	for f := range reflect.TypeFor[API]().Fields() {
		names = append(names, f.Name)
	}
	return names
}

// The SDK's paginators want a type with the method that they call.
type (
	listAttachedRolePolicies call[iam.ListAttachedRolePoliciesInput, iam.ListAttachedRolePoliciesOutput]
	listPolicies             call[iam.ListPoliciesInput, iam.ListPoliciesOutput]
	listPolicyVersions       call[iam.ListPolicyVersionsInput, iam.ListPolicyVersionsOutput]
	listRolePolicies         call[iam.ListRolePoliciesInput, iam.ListRolePoliciesOutput]
	listRoles                call[iam.ListRolesInput, iam.ListRolesOutput]
	simulatePrincipalPolicy  call[iam.SimulatePrincipalPolicyInput, iam.SimulatePrincipalPolicyOutput]
)

func (c listAttachedRolePolicies) ListAttachedRolePolicies(ctx context.Context, in *iam.ListAttachedRolePoliciesInput, o ...func(*iam.Options)) (*iam.ListAttachedRolePoliciesOutput, error) {
	return c(ctx, in, o...)
}

func (c listPolicies) ListPolicies(ctx context.Context, in *iam.ListPoliciesInput, o ...func(*iam.Options)) (*iam.ListPoliciesOutput, error) {
	return c(ctx, in, o...)
}

func (c listPolicyVersions) ListPolicyVersions(ctx context.Context, in *iam.ListPolicyVersionsInput, o ...func(*iam.Options)) (*iam.ListPolicyVersionsOutput, error) {
	return c(ctx, in, o...)
}

func (c listRolePolicies) ListRolePolicies(ctx context.Context, in *iam.ListRolePoliciesInput, o ...func(*iam.Options)) (*iam.ListRolePoliciesOutput, error) {
	return c(ctx, in, o...)
}

func (c listRoles) ListRoles(ctx context.Context, in *iam.ListRolesInput, o ...func(*iam.Options)) (*iam.ListRolesOutput, error) {
	return c(ctx, in, o...)
}

func (c simulatePrincipalPolicy) SimulatePrincipalPolicy(ctx context.Context, in *iam.SimulatePrincipalPolicyInput, o ...func(*iam.Options)) (*iam.SimulatePrincipalPolicyOutput, error) {
	return c(ctx, in, o...)
}

// pager is a paginator of the SDK.
type pager[Out any] interface {
	HasMorePages() bool
	NextPage(context.Context, ...func(*iam.Options)) (*Out, error)
}

// all returns the items of all pages of a list.
func all[Out, Item any](ctx context.Context, p pager[Out], items func(*Out) []Item, op string, args ...any) ([]Item, error) {
	var out []Item
	for p.HasMorePages() {
		page, err := p.NextPage(ctx)
		if err != nil {
			return nil, wrap(err, op, args...)
		}
		out = append(out, items(page)...)
	}
	return out, nil
}
