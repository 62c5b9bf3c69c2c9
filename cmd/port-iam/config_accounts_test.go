package main

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/iamops"
	"port-iam/templates"
)

// several are the settings of a daemon of two accounts.
func several(more map[string]string) map[string]string {
	env := validEnv()
	env["ACCOUNTS"], env["IAM_PERMISSIONS_BOUNDARY"] = "222222222222,111111111111", "team/Boundary"
	maps.Copy(env, more)
	return env
}

// TestAccounts: what is served, and by which role.
func TestAccounts(t *testing.T) {
	cfg, err := readWith(t, validEnv())
	if err != nil {
		t.Fatal(err)
	}
	if a := cfg.accounts; a.ids != nil || a.role != "PortIam" || a.externalID != "" {
		t.Errorf("without ACCOUNTS: %+v", a)
	}
	if diff := cmp.Diff([]string{"self"}, cfg.grant.trustAccounts); diff != "" {
		t.Errorf("trusted without a setting (-want +got):\n%s", diff)
	}
	cfg, err = readWith(t, several(map[string]string{
		"ACCOUNT_ROLE": "platform/Access", "ACCOUNT_EXTERNAL_ID": "x-1", "GRANT_TRUST_ACCOUNTS": "333333333333, self",
	}))
	if err != nil {
		t.Fatal(err)
	}
	got := []any{cfg.accounts.ids, cfg.accounts.role, cfg.accounts.externalID, cfg.grant.trustAccounts, cfg.iam.boundary}
	want := []any{[]string{"111111111111", "222222222222"}, "platform/Access", "x-1", []string{"333333333333", "self"}, "team/Boundary"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestBoundaryOfAccounts: with several accounts it is a name, none, or a policy of
// AWS's own; with one its ARN is of that account.
func TestBoundaryOfAccounts(t *testing.T) {
	for _, tc := range []struct{ accounts, boundary string }{
		{"111111111111,222222222222", "none"},
		{"111111111111,222222222222", "Boundary"},
		{"111111111111,222222222222", "arn:aws:iam::aws:policy/PowerUserAccess"},
		{"111111111111", "arn:aws:iam::111111111111:policy/Boundary"},
		{"111111111111", "arn:aws:iam::aws:policy/PowerUserAccess"},
	} {
		if _, err := readWith(t, several(map[string]string{"ACCOUNTS": tc.accounts, "IAM_PERMISSIONS_BOUNDARY": tc.boundary})); err != nil {
			t.Errorf("%+v: %v", tc, err)
		}
	}
}

// TestGrantActions: identifiers may hold what separates accounts.
func TestGrantActions(t *testing.T) {
	const one, two = "111111111111", "222222222222"
	for text, want := range map[string][]templates.GrantAction{
		"":                        {{ID: "request_permissions"}},
		"a":                       {{ID: "a"}},
		"a,b":                     {{ID: "a"}, {ID: "b"}},
		" a , b = " + one + " ":   {{ID: "a"}, {ID: "b", Accounts: []string{one}}},
		"a=" + two + "+" + one:    {{ID: "a", Accounts: []string{two, one}}},
		"a=" + two + " + " + one:  {{ID: "a", Accounts: []string{two, one}}},
		"a.b:c@d+e=f-g":           {{ID: "a.b:c@d+e=f-g"}},
		"a=b=" + one:              {{ID: "a=b", Accounts: []string{one}}},
		"a+b=" + one + ",c=d,e+1": {{ID: "a+b", Accounts: []string{one}}, {ID: "c=d"}, {ID: "e+1"}},
	} {
		cfg, err := readWith(t, several(map[string]string{"GRANT_ACTION": text}))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, cfg.actions.Grants); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

// TestOwnAccountDoesNotFit: without ACCOUNTS only AWS says which account is served.
func TestOwnAccountDoesNotFit(t *testing.T) {
	for _, tc := range []struct{ variable, value, want string }{
		{"GRANT_ACTION", "a=111111111111", "GRANT_ACTION: a is to reach account 111111111111, which is not served"},
		{"GRANT_ACTION", "a=123456789012", ""},
		{"IAM_PERMISSIONS_BOUNDARY", "arn:aws:iam::111111111111:policy/x", "IAM_PERMISSIONS_BOUNDARY: arn:aws:iam::111111111111:policy/x is not of account 123456789012"},
		{"IAM_PERMISSIONS_BOUNDARY", "arn:aws:iam::aws:policy/x", ""},
		{"IAM_PERMISSIONS_BOUNDARY", "x", ""},
	} {
		env := validEnv()
		env[tc.variable] = tc.value
		cfg, err := readWith(t, env)
		if err != nil {
			t.Fatal(err)
		}
		err = cfg.checkOwn(iamops.Identity{Account: "123456789012", Partition: "aws"})
		if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%s=%s: %v, want %q", tc.variable, tc.value, err, tc.want)
		}
	}
}

// TestProblemsOfAccounts: all at once, each by the name of its variable.
func TestProblemsOfAccounts(t *testing.T) {
	_, err := readWith(t, several(map[string]string{
		"ACCOUNTS": "1,111111111111,1", "ACCOUNT_ROLE": "a b", "ACCOUNT_EXTERNAL_ID": "x", "GRANT_TRUST": "iam-user", "GRANT_TRUST_ACCOUNTS": "self,111111111111",
	}))
	if err == nil {
		t.Fatal("no error")
	}
	for _, variable := range []string{"ACCOUNTS: ", "ACCOUNT_ROLE: ", "ACCOUNT_EXTERNAL_ID: ", "GRANT_TRUST_ACCOUNTS: "} {
		if !strings.Contains("\n"+err.Error(), "\n"+variable) {
			t.Errorf("%s is not in\n%v", variable, err)
		}
	}
}
