package iamops_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/templates"
)

// ownTrust is a trust policy of one's own, with what only the grant knows.
const ownTrust = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
  "Principal": {"AWS": "arn:aws:iam::{{ .Account }}:root"}, "Condition": {
    "DateGreaterThan": {"aws:CurrentTime": {{ json .Start }}}{{ if .End }}, "DateLessThan": {"aws:CurrentTime": {{ json .End }}}{{ end }}}}]}`

// TestChanged: each change by hand is reported, by what is read anyway, and what
// was not changed is not.
func TestChanged(t *testing.T) {
	t.Parallel()
	trust := func(document string) func(*testing.T, *world, string) {
		return func(t *testing.T, w *world, name string) {
			_, err := w.iam.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: &name, PolicyDocument: &document})
			noError(t, err)
		}
	}
	tagRole := func(key, value string) func(*testing.T, *world, string) {
		return func(t *testing.T, w *world, name string) {
			_, err := w.iam.TagRole(t.Context(), &iam.TagRoleInput{RoleName: &name, Tags: tags(map[string]string{key: value})})
			noError(t, err)
		}
	}
	again := func(change func(*iam.CreateRoleInput)) func(*testing.T, *world, string) {
		return func(t *testing.T, w *world, name string) { // AWS has calls for that, too
			role, err := w.iam.GetRole(t.Context(), &iam.GetRoleInput{RoleName: &name})
			noError(t, err)
			noError(t, w.deleteRole(t, name))
			r := role.Role
			document := plain(t, r.AssumeRolePolicyDocument)
			in := &iam.CreateRoleInput{
				RoleName: &name, Path: r.Path, Description: r.Description, AssumeRolePolicyDocument: &document, Tags: r.Tags,
				PermissionsBoundary: r.PermissionsBoundary.PermissionsBoundaryArn, MaxSessionDuration: r.MaxSessionDuration,
			}
			change(in)
			_, err = w.iam.CreateRole(t.Context(), in)
			noError(t, err)
		}
	}
	described := func(text string) func(*testing.T, *world, string) {
		return again(func(in *iam.CreateRoleInput) { in.Description = &text })
	}
	sessions := func(seconds int32) func(*testing.T, *world, string) {
		return again(func(in *iam.CreateRoleInput) { in.MaxSessionDuration = &seconds })
	}
	// of an earlier version: AWS's default, and the policy does not say when the grant begins
	earlier := func(t *testing.T, w *world, name string) {
		sessions(3600)(t, w, name)
		w.redescribePolicy(t, "arn:aws:iam::"+account+":policy"+path+name, "port-iam run r_AbCdEf0123456789")
	}
	const open = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"%s}]}`
	ends := strings.Replace(open, "%s", `,"Condition":{"DateLessThan":{"aws:CurrentTime":"2030-11-23T14:00:00Z"}}`, 1)
	for _, tt := range []struct {
		name     string
		trust    string // the setting, "" for the usual one
		template string // "" for the built-in one
		end      bool   // false: until revoked
		user     string
		change   func(*testing.T, *world, string)
		want     string // "" for nothing
	}{
		{"nothing", "", "", true, "alice@example.com", nil, ""},
		{"nothing, until revoked", "", "", false, "alice@example.com", nil, ""},
		{"nothing, users", templates.TrustIAMUser, "", true, "alice@example.com", nil, ""},
		{"nothing, account", templates.TrustAccount, "", true, "", nil, ""},
		{"nothing, account, until revoked", templates.TrustAccount, "", false, "", nil, ""},
		{"nothing, requester not known", "", "", true, "", nil, ""},
		{"nothing, template of one's own", "", ownTrust, true, "alice@example.com", nil, ""},
		{"trust without end", "", "", true, "alice@example.com", trust(strings.Replace(open, "%s", "", 1)), "the trust policy of the role is "},
		{"nothing, requester not known, users", templates.TrustIAMUser, "", true, "", nil, ""},
		{"nothing, requester not known, until revoked", "", "", false, "", nil, ""},
		{"trust without end, requester not known", "", "", true, "", trust(strings.Replace(open, "%s", "", 1)), "the trust policy of the role is "},
		{"trust in the account, requester not known", "", "", true, "", trust(ends), "the trust policy of the role is "},
		{"trust in the account, requester not known, until revoked", "", "", false, "", trust(strings.Replace(open, "%s", "", 1)), "the trust policy of the role is "},
		{"trust in all users, requester not known", "", "", false, "", trust(strings.Replace(open, "%s", `,"Condition":{"StringLike":{"aws:userid":"*:*"}}`, 1)), "the trust policy of the role is "},
		{"trust without end, account", templates.TrustAccount, "", true, "", trust(strings.Replace(open, "%s", "", 1)), "the trust policy of the role is "},
		{"trust without end, template of one's own", "", ownTrust, true, "alice@example.com", trust(strings.Replace(open, "%s", "", 1)), "does not end at 2030-11-23T14:00:00Z"},
		{"trust with another end, template of one's own", "", ownTrust, true, "alice@example.com", trust(strings.Replace(ends, "2030", "2031", 1)), "does not end at 2030-11-23T14:00:00Z"},
		{"trust in the account", "", "", true, "alice@example.com", trust(ends), "the trust policy of the role is "},
		{"trust in the account, until revoked", "", "", false, "alice@example.com", trust(strings.Replace(open, "%s", "", 1)), "the trust policy of the role is "},
		{"trust in another user", "", "", true, "bob@example.com", nil, "the trust policy of the role is "},
		{"a foreign tag", "", "", true, "alice@example.com", tagRole("creator", "mallory"), `the role has the tag creator="mallory"`},
		{"another tag of ours", "", "", true, "alice@example.com", tagRole("team", "mallory"), `the tag team is "mallory" on the role and "platform" on the policy`},
		{"another requester", "", "", true, "alice@example.com", tagRole("port-iam-requester", "bob@example.com"), "the tag port-iam-requester is"},
		{"a later end", "", "", true, "alice@example.com", tagRole("port-iam-expires-at", "2031-11-23T14:00:00Z"), "the tag port-iam-expires-at is"},
		{"longer sessions", "", "", true, "alice@example.com", sessions(43200), "the maximum session duration of the role is 12h0m0s and not 8h0m0s"},
		{"shorter sessions", "", "", true, "alice@example.com", sessions(3600), "the maximum session duration of the role is 1h0m0s and not 8h0m0s"},
		{"other sessions, until revoked", "", "", false, "alice@example.com", sessions(3600), "the maximum session duration of the role is 1h0m0s and not 12h0m0s"},
		{"nothing, of an earlier version", "", "", true, "alice@example.com", earlier, ""},
		{"nothing, of an earlier version, until revoked", "", "", false, "alice@example.com", earlier, ""},
		{"another description", "", "", true, "alice@example.com", described("port-iam run r_AbCdEf0123456789 ends when revoked"), "the description of the role is"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newFake(t, iamtest.Options{})
			o := options(t, newClients(t, w.config, nil).IAM)
			if tt.trust != "" {
				o.Trust = tt.trust
			}
			if tt.template != "" {
				set, err := templates.Load(fstest.MapFS{templates.TrustPolicyFile: {Data: []byte(tt.template)}})
				noError(t, err)
				o.Templates = set
			}
			ops, err := iamops.New(o)
			noError(t, err)
			g := request()
			if !tt.end {
				g.End = time.Time{}
			}
			p, err := ops.Plan(g)
			noError(t, err)
			noError(t, errOf(ops.Create(t.Context(), p)))
			if tt.change != nil {
				tt.change(t, w, p.Name)
			}
			w.fake.ResetCalls()
			live, err := ops.Look(t.Context(), p.Name)
			noError(t, err)
			calls := w.fake.CallCount("")
			got := strings.Join(ops.Changed(live, tt.user), "; ")
			if !strings.Contains(got, tt.want) || (got == "") != (tt.want == "") {
				t.Errorf("changed: %q, want %q", got, tt.want)
			}
			if w.fake.CallCount("") != calls {
				t.Error("it calls AWS")
			}
		})
	}
}
