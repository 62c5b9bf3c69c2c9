package setup_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/internal/setup"
	"port-iam/templates"
)

const second, third = "210987654321", "333333333333"

// serving is what a daemon of these accounts installs.
func serving(accounts ...string) setup.Choice {
	c := choice()
	c.Actions.Accounts = accounts
	return c
}

// TestAccountsOfActions goes from one list of accounts to another, as when an account is
// added or taken out. Each is in every message afterwards, under one key, and what else is
// in the message stays.
func TestAccountsOfActions(t *testing.T) {
	many := func(ids ...any) object { return object{"accounts": ids} }
	one := func(id string) object { return object{"account": id} }
	for _, tt := range []struct {
		name          string
		before, after []string
		want          object
		shown         string
		needed        bool // check calls it a fault
	}{
		{"one", nil, []string{account}, one(account), "+ action request_permissions", true},
		{"several", nil, []string{account, second}, many(account, second), "+ action request_permissions", true},
		{"added to one", []string{account}, []string{account, second}, many(account, second), `    ~ invocationMethod.payload.context.accounts: ["123456789012"] -> ["123456789012","210987654321"]`, false},
		{"added to several", []string{account, second}, []string{account, second, third}, many(account, second, third), `["123456789012","210987654321"] -> ["123456789012","210987654321","333333333333"]`, false},
		{"taken out", []string{account, second, third}, []string{account, third}, many(account, third), `["123456789012","210987654321","333333333333"] -> ["123456789012","333333333333"]`, true},
		{"one is left", []string{account, second}, []string{second}, one(second), `    ~ invocationMethod.payload.context.account: ["123456789012","210987654321"] -> ["210987654321"]`, true},
		{"in another order", []string{account, second}, []string{account, second}, nil, "= action request_permissions", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			if tt.before != nil {
				w.mustInstall(t, want(t, serving(tt.before...)))
				w.own(t, "request_permissions")
			}
			d := want(t, serving(tt.after...))
			for _, body := range d.Model[3:] {
				problems, _, err := setup.Judge(t.Context(), w.client, body)
				if err != nil || (len(problems) > 0) != tt.needed {
					t.Errorf("check says of %s: %v %v", body.Text("identifier"), problems, err)
				}
			}
			shown, _ := w.mustInstall(t, d)
			if !strings.Contains(shown, tt.shown) {
				t.Errorf("shown, without %s:\n%s", tt.shown, shown)
			}
			for _, id := range []string{"request_permissions", "revoke_permissions", "revoke_expired_permissions"} {
				a, _ := w.Action(id)
				got := maps.Clone(at(a, "invocationMethod", "payload", "context").(object))
				if tt.before != nil && id == "request_permissions" && got["mine"] != "x" {
					t.Errorf("the customer's own field is gone: %v", got)
				}
				for _, name := range []string{"blueprint", "entity", "runId", "mine"} {
					delete(got, name)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" && tt.want != nil {
					t.Errorf("%s (-want +got):\n%s", id, diff)
				}
			}
			w.settled(t, d)
		})
	}
}

// own adds a field of the customer's to the context of a message, and turns the list of
// accounts round.
func (w *world) own(t *testing.T, action string) {
	t.Helper()
	a, err := w.client.Action(t.Context(), action)
	if err == nil {
		context := at(object(a), "invocationMethod", "payload", "context").(object)
		context["mine"] = "x"
		if accounts, several := context["accounts"].([]any); several {
			slices.Reverse(accounts)
		}
		for _, name := range []string{"id", "createdAt", "createdBy", "updatedAt", "updatedBy"} {
			delete(a, name)
		}
		err = w.client.ReplaceAction(t.Context(), action, a)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestActionOfAnotherDaemon: actions of which no account is served are another daemon's.
func TestActionOfAnotherDaemon(t *testing.T) {
	w := newWorld(t)
	w.mustInstall(t, want(t, serving(account, second)))
	plan, err := setup.Compare(t.Context(), w.client, want(t, serving(third)))
	if err != nil {
		t.Fatal(err)
	}
	const why = "it is for account 123456789012, 210987654321 and must be for 333333333333"
	if c := plan.Conflicts(); len(c) != 3 || !strings.Contains(c[0], why) {
		t.Errorf("conflicts %q, want three with %q", c, why)
	}
}

// TestSeveralGrantActions: each is an action of its own, with the accounts that it may
// reach and a title that tells it from the others.
func TestSeveralGrantActions(t *testing.T) {
	w := newWorld(t)
	c := serving(account, second, third)
	c.Actions.Grants = []templates.GrantAction{{ID: "request_permissions"}, {ID: "request_prod", Accounts: []string{third}}, {ID: "request_both", Accounts: []string{third, account}}}
	c.Actions.ApproveGrants = true
	d := want(t, c)
	w.mustInstall(t, d)
	for id, accounts := range map[string][]string{
		"request_permissions": {account, second, third}, "request_prod": {third}, "request_both": {account, third}, "revoke_permissions": {account, second, third},
	} {
		got, err := w.client.ActionAccounts(t.Context(), id)
		if diff := cmp.Diff(accounts, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", id, err, diff)
		}
		a, _ := w.Action(id)
		if grant := c.Actions.IsGrant(id); grant && (a["title"] != fmt.Sprintf("Request permissions (%s)", id) || a["requiredApproval"] != true) {
			t.Errorf("%s: title %q, approval %v", id, a["title"], a["requiredApproval"])
		}
	}
	w.settled(t, d)
}

// TestPropertyOfAnEarlierVersion: blueprints of an organisation that was set up before get
// the property account, and the daemon works without it.
func TestPropertyOfAnEarlierVersion(t *testing.T) {
	w := newWorld(t)
	d := want(t, choice())
	w.mustInstall(t, d)
	for i, id := range []string{"aws_resource", "", "provisioned_permissions"} {
		if id == "" {
			continue
		}
		b, err := w.client.Blueprint(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		schema := at(object(b), "schema").(object)
		delete(schema["properties"].(object), "account")
		if err := w.client.UpdateBlueprint(t.Context(), id, object{"schema": schema}); err != nil {
			t.Fatal(err)
		}
		problems, notes, err := setup.Judge(t.Context(), w.client, d.Model[i])
		if err != nil || len(problems) > 0 || !slices.Equal(notes, []string{"`port-iam setup` would change schema.properties.account"}) {
			t.Errorf("check says of %s: %v %v %v", id, problems, notes, err)
		}
	}
	shown, _ := w.mustInstall(t, d)
	if n := strings.Count(shown, "    + schema.properties.account: "); n != 2 {
		t.Errorf("the property is added %d times:\n%s", n, shown)
	}
	w.settled(t, d)
}
