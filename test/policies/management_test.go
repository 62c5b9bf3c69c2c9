package policies

import (
	"reflect"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"port-iam/iamops"
	"port-iam/templates"
)

// implied are actions that a call takes beside its own, because it sets tags.
var implied = []string{"iam:TagPolicy", "iam:TagRole"}

// apiActions are the actions of the calls that package iamops can make.
func apiActions() []string {
	var list []string
	for m := range reflect.TypeFor[iamops.API]().Fields() {
		list = append(list, "iam:"+m.Name)
	}
	return list
}

// simulate is what `port-iam check` asks, and the daemon does not.
const simulate = "iam:SimulatePrincipalPolicy"

// TestManagementActions holds the daemon's policy to the calls in its code: no
// action too few, and none too many.
func TestManagementActions(t *testing.T) {
	for _, s := range settings {
		want := append(apiActions(), implied...)
		if s.simulates {
			want = append(want, simulate)
		}
		slices.Sort(want)
		var got []string
		for _, st := range statements(t, s.management(t)) {
			if st["Effect"] == "Allow" {
				got = append(got, list(st["Action"])...)
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: actions of the code and of the policy (-code +policy):\n%s", s.name, diff)
		}
	}
}

// TestDaemonUnderItsPolicy has the daemon make, adopt, use, cut and remove grants
// with nothing but its policy, in an imitation of IAM that enforces policies, and
// asks the evaluator about every call of this.
func TestDaemonUnderItsPolicy(t *testing.T) {
	t.Parallel()
	for _, s := range settings {
		t.Run(s.name, func(t *testing.T) {
			calls := work(t, s)
			made := map[string]bool{}
			var questions []question
			for _, c := range calls {
				for _, r := range c.requests {
					made[r.action] = true
					questions = append(questions, question{c.operation, r, policies{identity: []string{s.management(t)}}, !c.refused})
				}
				// Only what must not work without the boundary was refused.
				if c.refused && (c.operation != "PutRolePolicy" || c.requests[0].context["iam:PermissionsBoundary"] != nil) {
					t.Errorf("the daemon may not %s: %+v", c.operation, c.requests)
				}
			}
			actions := append(apiActions(), "sts:GetCallerIdentity")
			if s.simulates {
				actions = append(actions, simulate)
			}
			for _, action := range actions {
				if !made[action] {
					t.Errorf("%s was never called, so nothing is known of it", action)
				}
			}
			check(t, questions)
		})
	}
}

// work lets the daemon do everything that it does, and returns its calls.
func work(t *testing.T, s setting) []call {
	t.Helper()
	w := newWorld(t, s)
	w.fake.RequireKnownKeys(true)
	key, secret := w.fake.AddUser("port-iam-daemon", s.management(t))
	rec := &recorder{s: s, fake: w.fake}
	cfg := w.as(key, secret)
	cfg.APIOptions = append(cfg.APIOptions, rec.middleware)
	clients, ops := daemon(t, s, templates.TrustIdentityCenter, cfg)
	ctx := t.Context()
	p, err := ops.Plan(grantOf(inPartition(s.partition, "arn:aws:s3:::reports"), "s3:GetObject", "s3:ListBucket"))
	noError(t, err)

	_, err = clients.Identity(ctx)
	noError(t, err)
	b, err := ops.Boundary(ctx)
	noError(t, err)
	if b.Denied != nil {
		t.Errorf("the daemon may not read the boundary: %v", b.Denied)
	}
	if s.simulates {
		lacking, err := clients.Simulate(ctx, s.self(), ops.Rights())
		noError(t, err)
		if len(lacking) > 0 {
			t.Errorf("the daemon lacks %v", lacking)
		}
	}
	grant := func() {
		t.Helper()
		noError(t, ops.CreatePolicy(ctx, p))
		noError(t, ops.CreateRole(ctx, p))
		noError(t, ops.Attach(ctx, p))
	}
	remove := func(cut bool) {
		t.Helper()
		state, err := ops.Look(ctx, p.Name)
		noError(t, err)
		if err := ops.Cut(ctx, state); cut != (err == nil) || err != nil && !iamops.IsKind(err, iamops.KindDenied) {
			t.Errorf("cut: %v", err)
		}
		noError(t, ops.Detach(ctx, state))
		noError(t, ops.DeletePolicy(ctx, state))
		noError(t, ops.DeleteRole(ctx, state))
		state, err = ops.Look(ctx, p.Name)
		if noError(t, err); state.Exists() {
			t.Errorf("something is left: %+v", w.fake.Snapshot())
		}
	}

	grant()
	_, err = ops.Verify(ctx, p)
	noError(t, err)
	grant() // adopts role and policy
	_, err = ops.List(ctx)
	noError(t, err)
	_, err = clients.IAM.ListEntitiesForPolicy(ctx, &iam.ListEntitiesForPolicyInput{PolicyArn: &p.PolicyARN})
	noError(t, err)
	remove(true)

	grant()
	crowd(t, w, s, p)
	remove(false) // nobody may write to a role without its boundary

	// A role that has taken the name, under another path, is seen and left alone.
	_, err = w.stranger().CreateRole(ctx, &iam.CreateRoleInput{RoleName: &p.Name, Path: aws.String("/theirs/"), AssumeRolePolicyDocument: &p.Trust})
	noError(t, err)
	if _, err := ops.Look(ctx, p.Name); !iamops.IsKind(err, iamops.KindForeign) {
		t.Errorf("look at a foreign role: %v", err)
	}
	if err := ops.CreateRole(ctx, p); !iamops.IsKind(err, iamops.KindForeign) {
		t.Errorf("create a role whose name is taken: %v", err)
	}
	return rec.calls
}

// crowd changes a grant by hand in every way there is.
func crowd(t *testing.T, w *world, s setting, p iamops.Plan) {
	t.Helper()
	ctx, by := t.Context(), w.stranger()
	_, err := by.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &p.Name, PolicyName: aws.String("theirs"), PolicyDocument: aws.String(admin)})
	noError(t, err)
	_, err = by.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: &p.Name, PolicyArn: aws.String(s.boundary())})
	noError(t, err)
	_, err = by.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: &p.PolicyARN, PolicyDocument: aws.String(admin), SetAsDefault: true})
	noError(t, err)
	_, err = by.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: &p.Name})
	noError(t, err)
}

// statements of a document.
func statements(t *testing.T, document string) []map[string]any {
	t.Helper()
	var all []map[string]any
	for _, st := range parse(t, document)["Statement"].([]any) {
		all = append(all, st.(map[string]any))
	}
	return all
}

// list is a value of a policy that may be one or several.
func list(v any) []string {
	if s, ok := v.(string); ok {
		return []string{s}
	}
	var all []string
	for _, s := range v.([]any) {
		all = append(all, s.(string))
	}
	return all
}
