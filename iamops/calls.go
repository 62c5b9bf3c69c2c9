package iamops

import (
	"context"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// API are the calls to IAM that the daemon makes, and no others. A new call
// takes a field here, a line in newAPI, its action in [Ops.Rights] and the policy
// of the daemon in package templates. Metrics and tests go by the fields.
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
	ListAttachedRolePolicies call[iam.ListAttachedRolePoliciesInput, iam.ListAttachedRolePoliciesOutput]
	ListEntitiesForPolicy    call[iam.ListEntitiesForPolicyInput, iam.ListEntitiesForPolicyOutput]
	ListPolicies             call[iam.ListPoliciesInput, iam.ListPoliciesOutput]
	ListPolicyVersions       call[iam.ListPolicyVersionsInput, iam.ListPolicyVersionsOutput]
	ListRolePolicies         call[iam.ListRolePoliciesInput, iam.ListRolePoliciesOutput]
	ListRoles                call[iam.ListRolesInput, iam.ListRolesOutput]
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
		ListEntitiesForPolicy:    c.ListEntitiesForPolicy,
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

// all returns the items of all pages of a list. page takes them out of an answer,
// with the marker of the next page; marker is where the input wants it.
func all[In, Out, Item any](
	ctx context.Context, list call[In, Out], in *In, marker **string, page func(*Out) ([]Item, *string), op string, args ...any,
) ([]Item, error) {
	var items []Item
	for {
		out, err := list(ctx, in)
		if err != nil {
			return nil, wrap(err, op, args...)
		}
		more, next := page(out)
		items = append(items, more...)
		if next == nil || *next == "" {
			return items, nil
		}
		*marker = next
	}
}
