package iamops_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"port-iam/iamops"
)

// operation is something that the daemon does, along with a state that it finds.
// The suites repeat, interrupt and disturb it.
type operation struct {
	name  string
	given func(t *testing.T, w *world, p iamops.Plan)
	do    func(ctx context.Context, ops *iamops.Ops, p iamops.Plan) error
}

func operations() []operation {
	create := func(t *testing.T, w *world, p iamops.Plan) { w.create(t, p) }
	grant := func(t *testing.T, w *world, p iamops.Plan) { w.grant(t, p) }
	return []operation{
		{"create policy", nothing, func(ctx context.Context, ops *iamops.Ops, p iamops.Plan) error { return ops.CreatePolicy(ctx, p) }},
		{"create role", nothing, func(ctx context.Context, ops *iamops.Ops, p iamops.Plan) error { return ops.CreateRole(ctx, p) }},
		{"adopt policy", create, func(ctx context.Context, ops *iamops.Ops, p iamops.Plan) error { return ops.CreatePolicy(ctx, p) }},
		{"adopt role", create, func(ctx context.Context, ops *iamops.Ops, p iamops.Plan) error { return ops.CreateRole(ctx, p) }},
		{"adopt role in use", grant, func(ctx context.Context, ops *iamops.Ops, p iamops.Plan) error { return ops.CreateRole(ctx, p) }},
		{"verify", create, func(ctx context.Context, ops *iamops.Ops, p iamops.Plan) error { return errOf(ops.Verify(ctx, p)) }},
		{"attach", create, func(ctx context.Context, ops *iamops.Ops, p iamops.Plan) error { return ops.Attach(ctx, p) }},
		{"grant", nothing, func(ctx context.Context, ops *iamops.Ops, p iamops.Plan) error {
			for _, step := range []func(context.Context, iamops.Plan) error{ops.CreatePolicy, ops.CreateRole, ops.Attach} {
				if err := step(ctx, p); err != nil {
					return err
				}
			}
			return nil
		}},
		{"look", grant, func(ctx context.Context, ops *iamops.Ops, p iamops.Plan) error {
			_, err := ops.Look(ctx, p.Name)
			return err
		}},
		{"cut", grant, func(ctx context.Context, ops *iamops.Ops, p iamops.Plan) error {
			state, err := ops.Look(ctx, p.Name)
			if err != nil {
				return err
			}
			return ops.Cut(ctx, state)
		}},
		{"revoke", grant, revoke},
		{"revoke before attach", create, revoke},
		{"revoke what others changed", crowded, revoke},
		{"revoke a role alone", func(t *testing.T, w *world, p iamops.Plan) { noError(t, w.ops.CreateRole(t.Context(), p)) }, revoke},
		{"revoke a policy alone", func(t *testing.T, w *world, p iamops.Plan) { noError(t, w.ops.CreatePolicy(t.Context(), p)) }, revoke},
		{"revoke what is cut", func(t *testing.T, w *world, p iamops.Plan) {
			w.grant(t, p)
			w.cut(t, p.Name)
		}, revoke},
		{"revoke nothing", nothing, revoke},
	}
}

// revoke is how package grants takes a grant away.
func revoke(ctx context.Context, ops *iamops.Ops, p iamops.Plan) error {
	found, err := ops.Find(ctx, p.Name)
	if err == nil {
		err = ops.Cut(ctx, found)
	}
	if err != nil && !iamops.IsKind(err, iamops.KindNotFound) {
		return err
	}
	state, err := ops.Rest(ctx, found)
	if err != nil {
		return err
	}
	return remove(ctx, ops, state)
}

// remove takes away what was seen of a grant.
func remove(ctx context.Context, ops *iamops.Ops, seen iamops.Live) error {
	if err := ops.Detach(ctx, seen); err != nil {
		return err
	}
	if err := ops.DeletePolicy(ctx, seen); err != nil {
		return err
	}
	return ops.DeleteRole(ctx, seen)
}

func nothing(*testing.T, *world, iamops.Plan) {}

// crowded is a grant to which all that can be added was added by hand, and
// whose boundary was taken away.
func crowded(t *testing.T, w *world, p iamops.Plan) {
	t.Helper()
	w.grant(t, p)
	for _, name := range []string{"inline-1", "inline-2", "zz"} {
		noError(t, w.putInline(t, p.Name, name))
		noError(t, w.attach(t, p.Name, w.policy(t, "/", "Foreign-"+name)))
	}
	for _, inUse := range []bool{false, true, false, false} {
		noError(t, w.addVersion(t, p.PolicyARN, inUse))
	}
	_, err := w.iam.DeleteRolePermissionsBoundary(t.Context(), &iam.DeleteRolePermissionsBoundaryInput{RoleName: aws.String(p.Name)})
	noError(t, err)
}
