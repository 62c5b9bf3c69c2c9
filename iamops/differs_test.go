package iamops_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

// TestDifferenceIsNamed: what keeps a role or policy from being adopted is named,
// with both values where they are ours, and with the way out.
func TestDifferenceIsNamed(t *testing.T) {
	tagRole := func(key, value string) func(*testing.T, *world, iamops.Plan) error {
		return func(t *testing.T, w *world, p iamops.Plan) error {
			_, err := w.iam.TagRole(t.Context(), &iam.TagRoleInput{RoleName: &p.Name, Tags: tags(map[string]string{key: value})})
			return err
		}
	}
	for name, c := range map[string]struct {
		change func(*testing.T, *world, iamops.Plan) error
		want   []string
		not    string
	}{
		"tag of another tool": {tagRole("creator", "not-to-be-shown"), []string{`tag "creator"`, "exclude " + path, "IAM_TAGS"}, "not-to-be-shown"},
		"tag of a policy": {func(t *testing.T, w *world, p iamops.Plan) error {
			_, err := w.iam.TagPolicy(t.Context(), &iam.TagPolicyInput{PolicyArn: &p.PolicyARN, Tags: tags(map[string]string{"creator": "x"})})
			return err
		}, []string{"policy", `tag "creator"`}, "adopt role"},
		"further tag": {tagRole("team", "admins"), []string{`tag "team" is "admins" and not "platform"`}, ""},
		"our tag":     {tagRole("port-iam-requester", "bob@example.com"), []string{`tag "port-iam-requester" is "bob@example.com" and not "alice@example.com"`}, ""},
		"inline policy": {
			func(t *testing.T, w *world, p iamops.Plan) error { return w.putInline(t, p.Name, "by-hand") },
			[]string{"inline policies", "by-hand"},
			"",
		},
		"attached policy": {func(t *testing.T, w *world, p iamops.Plan) error {
			return w.attach(t, p.Name, w.policy(t, "/", "Foreign"))
		}, []string{"attached policies", "policy/Foreign"}, ""},
		"boundary": {func(t *testing.T, w *world, p iamops.Plan) error {
			_, err := w.iam.DeleteRolePermissionsBoundary(t.Context(), &iam.DeleteRolePermissionsBoundaryInput{RoleName: &p.Name})
			return err
		}, []string{`boundary is "" and not "` + boundary}, ""},
		"trust": {func(t *testing.T, w *world, p iamops.Plan) error {
			_, err := w.iam.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: &p.Name, PolicyDocument: aws.String(trustAll)})
			return err
		}, []string{"trust policy"}, ""},
		"sessions": {func(t *testing.T, w *world, p iamops.Plan) error {
			if err := w.deleteRole(t, p.Name); err != nil {
				return err
			}
			p.MaxSession = time.Hour
			return w.ops.CreateRole(t.Context(), p)
		}, []string{"maximum session duration is 1h0m0s and not 8h0m0s"}, ""},
		"document": {
			func(t *testing.T, w *world, p iamops.Plan) error { return w.addVersion(t, p.PolicyARN, true) },
			[]string{"document"},
			"",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newFake(t, iamtest.Options{})
				p := w.plan(t)
				w.create(t, p)
				noError(t, c.change(t, w, p))
				for what, do := range map[string]func() error{
					"Create": func() error { return errOf(w.ops.Create(t.Context(), p)) },
					"Verify": func() error { return errOf(w.ops.Verify(t.Context(), p)) },
				} {
					err := do()
					wantKind(t, what, iamops.KindDiffers, err)
					for _, part := range c.want {
						if err != nil && !strings.Contains(err.Error(), part) {
							t.Errorf("%s: %v, want %q", what, err, part)
						}
					}
					if err != nil && c.not != "" && strings.Contains(err.Error(), c.not) {
						t.Errorf("%s: %v shows %q", what, err, c.not)
					}
				}
			})
		})
	}
}

// TestMissingTagIsNamed: a role of other settings may lack a tag of this attempt.
func TestMissingTagIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFake(t, iamtest.Options{})
		w.create(t, w.plan(t))
		o := options(t, newClients(t, w.config, nil).IAM)
		o.Tags = map[string]string{"team": "platform", "cost": "7"}
		ops, err := iamops.New(o)
		noError(t, err)
		p, err := ops.Plan(request())
		noError(t, err)
		err = errOf(ops.Create(t.Context(), p))
		wantKind(t, "Create", iamops.KindDiffers, err)
		if err != nil && !strings.Contains(err.Error(), `lacks the tag "cost"`) {
			t.Error(err)
		}
	})
}

// TestBoundaryIsNamed: a role that AWS does not make because of its boundary says
// so at once; where there is no boundary the same answer means something else.
func TestBoundaryIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		boundary string
		fault    iamtest.Fault
		want     iamops.Kind
	}{
		"missing":        {boundary + "2", iamtest.Fault{}, iamops.KindBoundary},
		"not attachable": {boundary, iamtest.Fault{Op: "CreateRole", Code: "PolicyNotAttachable", Count: -1}, iamops.KindBoundary},
		"denied":         {boundary, iamtest.Fault{Op: "CreateRole", Code: "AccessDenied", Status: 403, Count: -1}, iamops.KindDenied},
		"no boundary":    {"", iamtest.Fault{Op: "CreateRole", Code: "NoSuchEntity", Status: 404, Count: -1}, iamops.KindNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newFake(t, iamtest.Options{})
				o := options(t, newClients(t, w.config, nil).IAM)
				o.Boundary = c.boundary
				ops, err := iamops.New(o)
				noError(t, err)
				if c.fault.Op != "" {
					w.fake.Fault(c.fault)
				}
				_, err = ops.Create(t.Context(), w.plan(t))
				wantKind(t, "Create", c.want, err)
				if c.want == iamops.KindBoundary && !strings.Contains(err.Error(), c.boundary) {
					t.Errorf("%v does not name the boundary", err)
				}
			})
		})
	}
}
