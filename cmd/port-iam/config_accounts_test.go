package main

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
