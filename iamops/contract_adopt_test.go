package iamops_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"port-iam/iamops"
)

// adopted stands for no error in the tables below.
const adopted iamops.Kind = -1

// testAdopt checks what a second attempt says to what it finds. It never changes
// anything.
func testAdopt(t *testing.T, newWorld func(t *testing.T) *world) {
	other := func(change func(*iamops.Request)) func(*testing.T, *world, iamops.Plan) {
		return func(t *testing.T, w *world, _ iamops.Plan) {
			g := request()
			change(&g)
			w.create(t, w.planOf(t, g))
		}
	}
	made := func(change func(t *testing.T, w *world, p iamops.Plan) error) func(*testing.T, *world, iamops.Plan) {
		return func(t *testing.T, w *world, p iamops.Plan) {
			w.create(t, p)
			noError(t, change(t, w, p))
		}
	}
	sessions := func(seconds int32) func(*testing.T, *world, iamops.Plan) {
		return func(t *testing.T, w *world, p iamops.Plan) {
			noError(t, w.ops.CreatePolicy(t.Context(), p))
			in := &iam.CreateRoleInput{
				RoleName: &p.Name, Path: aws.String(path), AssumeRolePolicyDocument: &p.Trust, Tags: tags(p.Tags),
				PermissionsBoundary: aws.String(w.boundary), Description: &p.Description,
			}
			if seconds > 0 {
				in.MaxSessionDuration = &seconds
			}
			_, err := w.iam.CreateRole(t.Context(), in)
			noError(t, err)
		}
	}
	tests := []struct {
		name         string
		given        func(t *testing.T, w *world, p iamops.Plan)
		policy, role iamops.Kind
	}{
		{"as planned", made(func(*testing.T, *world, iamops.Plan) error { return nil }), adopted, adopted},
		{"attached already", func(t *testing.T, w *world, p iamops.Plan) { w.grant(t, p) }, adopted, adopted},

		{"other actions", other(func(g *iamops.Request) { g.Actions = g.Actions[:1] }), iamops.KindDiffers, adopted},
		{"other user name", other(func(g *iamops.Request) { g.UserName = "bob@example.com" }), adopted, iamops.KindDiffers},
		{"other requester", other(func(g *iamops.Request) { g.Requester = "bob@example.com" }), iamops.KindDiffers, iamops.KindDiffers},
		{"other end", other(func(g *iamops.Request) { g.End = g.End.Add(time.Second) }), iamops.KindDiffers, iamops.KindDiffers},
		{"no end", other(func(g *iamops.Request) { g.End = time.Time{} }), iamops.KindDiffers, iamops.KindDiffers},

		{"an inline policy on the role", made(func(t *testing.T, w *world, p iamops.Plan) error {
			return w.putInline(t, p.Name, "by-hand")
		}), adopted, iamops.KindDiffers},
		{"a foreign policy on the role", made(func(t *testing.T, w *world, p iamops.Plan) error {
			return w.attach(t, p.Name, w.policy(t, "/", "Foreign"))
		}), adopted, iamops.KindDiffers},
		{"revoked", made(func(t *testing.T, w *world, p iamops.Plan) error {
			w.cut(t, p.Name)
			return nil
		}), adopted, iamops.KindCut},
		{"revoked, and an inline policy", made(func(t *testing.T, w *world, p iamops.Plan) error {
			w.cut(t, p.Name)
			return w.putInline(t, p.Name, "by-hand")
		}), adopted, iamops.KindCut},
		{"no boundary", made(func(t *testing.T, w *world, p iamops.Plan) error {
			_, err := w.iam.DeleteRolePermissionsBoundary(t.Context(), &iam.DeleteRolePermissionsBoundaryInput{RoleName: &p.Name})
			return err
		}), adopted, iamops.KindDiffers},
		{"another boundary", made(func(t *testing.T, w *world, p iamops.Plan) error {
			_, err := w.iam.PutRolePermissionsBoundary(t.Context(), &iam.PutRolePermissionsBoundaryInput{RoleName: &p.Name, PermissionsBoundary: aws.String(w.policy(t, "/", "Wider"))})
			return err
		}), adopted, iamops.KindDiffers},
		{"another trust", made(func(t *testing.T, w *world, p iamops.Plan) error {
			_, err := w.iam.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: &p.Name, PolicyDocument: aws.String(trustAll)})
			return err
		}), adopted, iamops.KindDiffers},
		{"shorter sessions, as earlier versions made them", sessions(0), adopted, iamops.KindDiffers},
		{"longer sessions", sessions(43200), adopted, iamops.KindDiffers},
		{"the same sessions", sessions(28800), adopted, adopted},
		{"another description", func(t *testing.T, w *world, p iamops.Plan) {
			noError(t, w.ops.CreatePolicy(t.Context(), p))
			_, err := w.iam.CreateRole(t.Context(), &iam.CreateRoleInput{
				RoleName: &p.Name, Path: aws.String(path), AssumeRolePolicyDocument: &p.Trust, Tags: tags(p.Tags),
				PermissionsBoundary: aws.String(w.boundary), Description: aws.String("ends later"), MaxSessionDuration: aws.Int32(28800),
			})
			noError(t, err)
		}, adopted, iamops.KindDiffers},
		{"another tag on the role", made(func(t *testing.T, w *world, p iamops.Plan) error {
			_, err := w.iam.TagRole(t.Context(), &iam.TagRoleInput{RoleName: &p.Name, Tags: tags(map[string]string{"team": "admins"})})
			return err
		}), adopted, iamops.KindDiffers},
		{"another tag on the policy", made(func(t *testing.T, w *world, p iamops.Plan) error {
			_, err := w.iam.TagPolicy(t.Context(), &iam.TagPolicyInput{PolicyArn: &p.PolicyARN, Tags: tags(map[string]string{"extra": "x"})})
			return err
		}), iamops.KindDiffers, adopted},
		{"another version in use", made(func(t *testing.T, w *world, p iamops.Plan) error {
			return w.addVersion(t, p.PolicyARN, true)
		}), iamops.KindDiffers, adopted},
		{"another version not in use", made(func(t *testing.T, w *world, p iamops.Plan) error {
			return w.addVersion(t, p.PolicyARN, false)
		}), adopted, adopted},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			p := w.plan(t)
			tt.given(t, w, p)
			before := w.snapshot(t)
			wantOutcome(t, "CreatePolicy", tt.policy, w.ops.CreatePolicy(t.Context(), p))
			wantOutcome(t, "CreateRole", tt.role, w.ops.CreateRole(t.Context(), p))
			// What the role says decides where both say something.
			verify := tt.role
			if verify == adopted {
				verify = tt.policy
			}
			wantOutcome(t, "Verify", verify, errOf(w.ops.Verify(t.Context(), p)))
			unchanged(t, "a second attempt", before, w.snapshot(t))
		})
	}
}

// testEncoding checks that a document is known again whatever is in it: some
// answers hold it encoded, some as it is, and only one of the two may be decoded.
func testEncoding(t *testing.T, newWorld func(t *testing.T) *world) {
	w := newWorld(t)
	g := request()
	g.Resource, g.Actions, g.UserName = "arn:aws:s3:::reports/a+b%41&c", []string{"s3:GetObject"}, "alice+a%41&b@example.com"
	p := w.planOf(t, g)
	w.create(t, p)
	noError(t, errOf(w.ops.Verify(t.Context(), p)))
}

// testBoundary checks that the text in use of a policy is read, whatever its encoding,
// and what is said where there is no such policy.
func testBoundary(t *testing.T, newWorld func(t *testing.T) *world) {
	w := newWorld(t)
	clients := w.clients(t, w.config)
	arn := w.policy(t, "/team/", "Limit")
	for _, want := range []int{1, 0} { // the first allows one action, the next one all
		b, err := clients.Boundary(t.Context(), arn)
		noError(t, err)
		if got := outside(b); len(got) != want {
			t.Errorf("outside are %v, want %d", got, want)
		}
		noError(t, w.addVersion(t, arn, true))
	}
	_, err := clients.Boundary(t.Context(), arn+"2")
	wantKind(t, "Boundary", iamops.KindBoundary, err)
}

func wantOutcome(t *testing.T, what string, want iamops.Kind, err error) {
	t.Helper()
	if want != adopted {
		wantKind(t, what, want, err)
	} else if err != nil {
		t.Errorf("%s: %v, want no error", what, err)
	}
}

// testVerifyPart checks what Verify says where one half is missing, and that what
// can only get worse is not hidden by it.
func testVerifyPart(t *testing.T, newWorld func(t *testing.T) *world) {
	tests := []struct {
		name string
		make func(ctx context.Context, ops *iamops.Ops, p iamops.Plan) error
	}{
		{"nothing", func(context.Context, *iamops.Ops, iamops.Plan) error { return nil }},
		{"the policy alone", func(ctx context.Context, ops *iamops.Ops, p iamops.Plan) error { return ops.CreatePolicy(ctx, p) }},
		{"the role alone", func(ctx context.Context, ops *iamops.Ops, p iamops.Plan) error { return ops.CreateRole(ctx, p) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			p := w.plan(t)
			noError(t, tt.make(t.Context(), w.ops, p))
			wantKind(t, "Verify", iamops.KindNotFound, errOf(w.ops.Verify(t.Context(), p)))
			if code(w.ops.Attach(t.Context(), p)) != "NoSuchEntity" {
				t.Error("Attach works with one half missing")
			}
		})
	}
	t.Run("a revoked role without its policy", func(t *testing.T) {
		w := newWorld(t)
		p := w.plan(t)
		noError(t, w.ops.CreateRole(t.Context(), p))
		w.cut(t, p.Name)
		wantKind(t, "Verify", iamops.KindCut, errOf(w.ops.Verify(t.Context(), p)))
	})
}
