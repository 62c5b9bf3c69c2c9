package templates_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/templates"
	goldenfile "port-iam/test/kit/golden"
)

func automation() templates.Automation {
	return templates.Automation{
		Accounts:  []string{"123456789012"},
		ActionIDs: templates.ActionIDs{Grants: []templates.GrantAction{{ID: "request_permissions"}}, Revoke: "revoke_permissions", Expire: "revoke_expired_permissions"},
	}
}

// TestPortGolden holds every document that is installed in Port: a change of a
// message changes what the daemon reads.
func TestPortGolden(t *testing.T) {
	for _, g := range []struct {
		file   string
		render func() (any, error)
	}{
		{"blueprints", func() (any, error) { return templates.Blueprints() }},
		{"blueprints-more-types", func() (any, error) { return templates.Blueprints("DYNAMODB", "S3", "DYNAMODB") }},
		{"actions", func() (any, error) { return templates.Actions(automation()) }},
		{"actions-approved", func() (any, error) {
			a := automation()
			a.Grants[0].ID, a.Revoke, a.Expire = "grant.eu-1", "revoke@eu", "expire=eu"
			a.ApproveGrants, a.ApproveRevokes = true, true
			return templates.Actions(a)
		}},
		{"actions-accounts", func() (any, error) {
			a := automation()
			a.Accounts = []string{"210987654321", "123456789012", "333333333333"}
			a.Grants = []templates.GrantAction{{ID: "request_permissions"}, {ID: "request_prod", Accounts: []string{"333333333333", "123456789012"}}, {ID: "request_one", Accounts: []string{"210987654321"}}}
			return templates.Actions(a)
		}},
		{"samples", func() (any, error) { return templates.Samples("123456789012", "aws") }},
		{"samples-aws-us-gov", func() (any, error) { return templates.Samples("123456789012", "aws-us-gov") }},
	} {
		t.Run(g.file, func(t *testing.T) {
			v, err := g.render()
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			e := json.NewEncoder(&b)
			e.SetEscapeHTML(false)
			e.SetIndent("", "  ")
			if err := e.Encode(v); err != nil {
				t.Fatal(err)
			}
			goldenfile.Check(t, *update, filepath.Join("testdata", "port", g.file+".json"), b.String())
		})
	}
}

func TestPortRefused(t *testing.T) {
	change := func(f func(*templates.Automation)) func() error {
		return func() error {
			a := automation()
			f(&a)
			_, err := templates.Actions(a)
			return err
		}
	}
	samples := func(account, partition string) func() error {
		return func() error {
			_, err := templates.Samples(account, partition)
			return err
		}
	}
	const form = `cannot be the identifier of an action in Port: it takes letters, digits and @_.+:=-`
	for _, tt := range []struct {
		name string
		err  func() error
		want string
	}{
		{"no account", change(func(a *templates.Automation) { a.Accounts = nil }), `actions: no account is served`},
		{"account with a quote", change(func(a *templates.Automation) { a.Accounts = []string{`12345678901"`} }), `actions: the account "12345678901\"" is not 12 digits`},
		{"no grant action", change(func(a *templates.Automation) { a.Grants = nil }), `actions: there is no grant action`},
		{"account of an action", change(func(a *templates.Automation) { a.Grants[0].Accounts = []string{"x"} }), `actions: the account "x" of action request_permissions is not 12 digits
action request_permissions is for account x, which is not served`},
		{"account that is not served", change(func(a *templates.Automation) { a.Grants[0].Accounts = []string{"210987654321"} }), `actions: action request_permissions is for account 210987654321, which is not served`},
		{"two grant actions alike", change(func(a *templates.Automation) { a.Grants = append(a.Grants, a.Grants[0]) }), `actions: must be different actions`},
		{"slash", change(func(a *templates.Automation) { a.Grants[0].ID = "a/b" }), `actions: "a/b" ` + form},
		{"dots", change(func(a *templates.Automation) { a.Revoke = ".." }), `actions: ".." ` + form},
		{"empty", change(func(a *templates.Automation) { a.Expire = "" }), `actions: "" ` + form},
		{"twice the same", change(func(a *templates.Automation) { a.Expire = a.Revoke }), `actions: must be different actions`},
		{"samples without account", samples("1", "aws"), `samples: nothing is known of an account "1" in a partition "aws"`},
		{"samples elsewhere", samples("123456789012", "aws-new"), `samples: nothing is known of an account "123456789012" in a partition "aws-new"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.err()
			if err == nil {
				t.Fatal("it was not refused")
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestGrantActions(t *testing.T) {
	ids := templates.ActionIDs{
		Grants: []templates.GrantAction{{ID: "any"}, {ID: "one", Accounts: []string{"123456789012"}}}, Revoke: "revoke", Expire: "expire",
	}
	if diff := cmp.Diff([]string{"any", "one", "revoke", "expire"}, ids.All()); diff != "" {
		t.Errorf("all (-want +got):\n%s", diff)
	}
	for _, tt := range []struct {
		id             string
		grant          bool
		reaches, other bool
	}{{"any", true, true, true}, {"one", true, true, false}, {"revoke", false, false, false}, {"", false, false, false}} {
		got := []bool{ids.IsGrant(tt.id), ids.Reaches(tt.id, "123456789012"), ids.Reaches(tt.id, "210987654321")}
		if diff := cmp.Diff([]bool{tt.grant, tt.reaches, tt.other}, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.id, diff)
		}
	}
}
