package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/iamops/iamtest"
	"port-iam/internal/demo"
	"port-iam/port/porttest"
	"port-iam/templates"
)

const (
	identityStore = "d-1234567890"
	readerRole    = "arn:aws:iam::" + member + ":role/identity/Reader"
	mayEverything = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
)

// newStoreWorld is the world of check with an identity store in a second account, in
// which alice is called differently.
func newStoreWorld(t *testing.T) *twoAccounts {
	t.Helper()
	settle(t)
	w := &twoAccounts{checkWorld: newCheckWorld(t)}
	w.env["AWS_ACCESS_KEY_ID"], w.env["AWS_SECRET_ACCESS_KEY"] = w.AWS.AddUser("hub", mayEverything)
	w.there = w.AWS.AddAccount(member)
	w.there.AddStoreUser(identityStore, iamtest.StoreUser{UserName: "alice.a", Email: alice})
	trust, err := templates.MemberTrust(templates.Member{Hub: hubARN, Organization: organization, ExternalID: "external-1"})
	if err != nil {
		t.Fatal(err)
	}
	rights, err := templates.IdentityPolicy(templates.StoreReader{Partition: "aws", Store: identityStore, Account: member})
	if err != nil {
		t.Fatal(err)
	}
	w.there.AddRole("/identity/", "Reader", trust, rights)
	maps.Copy(w.env, map[string]string{
		"GRANT_USER_NAME": "identity-store", "IDENTITY_STORE_ID": identityStore, "IDENTITY_STORE_REGION": "eu-central-1",
		"IDENTITY_STORE_ROLE": readerRole, "ACCOUNT_EXTERNAL_ID": "external-1",
	})
	return w
}

// TestRunLooksUp: a grant trusts the user name of Identity Center, and who has none is
// refused before anything is made.
func TestRunLooksUp(t *testing.T) {
	w := newStoreWorld(t)
	d := w.run()
	awaitReady(t, d.url)
	id := w.request(demo.Account)
	w.awaitRun(id, "SUCCESS")
	roles := w.AWS.Snapshot().Roles
	if len(roles) != 2 || !strings.Contains(roles[1].Trust, `"*:alice.a"`) {
		t.Errorf("%+v", roles)
	}
	stranger := w.Port.StartRun(porttest.RunSpec{
		Action: "request_permissions", Entity: w.instance(demo.Account), Requester: "bob@example.com",
		Properties: map[string]any{"permissions": []string{"ec2:StopInstances"}},
	})
	w.awaitRun(stranger, "FAILURE")
	run, _ := w.Port.Run(stranger)
	if log := fmt.Sprint(run.Logs); !strings.Contains(log, `"bob@example.com" has no user in IAM Identity Center`) {
		t.Errorf("log: %s", log)
	}
	if n := len(w.AWS.Snapshot().Roles); n != 2 {
		t.Errorf("%d roles", n)
	}
	if got := d.metric(t, `port_iam_aws_requests_total{code="ok",operation="DescribeUser"}`); !strings.HasSuffix(got, " 1") {
		t.Errorf("%q", got)
	}
	if log := d.end(t); strings.Contains(log, "cannot be looked up") {
		t.Errorf("log: %s", log)
	}
}

// TestRunWithoutTheStore: the log says at the start what is missing.
func TestRunWithoutTheStore(t *testing.T) {
	w := newStoreWorld(t)
	w.there.Fault(iamtest.Fault{Op: "GetUserId", Code: "AccessDenied", Status: 403, Count: -1})
	d := w.run()
	d.awaitLog(t, "attach the policy that `port-iam print identity-policy` prints to "+readerRole)
	d.end(t)
}

// checkUser runs check --user, and returns the step and what the report says of the user.
func (w *checkWorld) checkUser(email string) (code int, step, store stepOutcome, user trustedUser) {
	w.t.Helper()
	_, _ = readWith(w.t, w.env)
	code, stdout, stderr := command("check", "--json", "--user", email)
	var report checkReport
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || report.User == nil {
		w.t.Fatalf("%v\nstdout: %s\nstderr: %s", err, stdout, stderr)
	}
	for _, s := range report.Steps {
		switch s.Step {
		case "requester":
			step = s
		case "identity store":
			store = s
		}
	}
	return code, step, store, *report.User
}

// TestCheckUserInStore: whom a grant would trust, and whether the user exists.
func TestCheckUserInStore(t *testing.T) {
	w := newStoreWorld(t)
	id := w.there.AddStoreUser(identityStore, iamtest.StoreUser{UserName: "alice.a", Email: alice})
	code, step, store, user := w.checkUser("Alice@example.com")
	if code != 0 || step.Result != resultOK || store.Result != resultOK {
		t.Errorf("%d, %+v, %+v", code, step, store)
	}
	want := trustedUser{"Alice@example.com", "identity-center", []string{"self"}, "alice.a", id, existsYes}
	if diff := cmp.Diff(want, user); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, part := range []string{`sessions of IAM Identity Center called "alice.a", from the account of the grant`, id} {
		if !strings.Contains(step.Why, part) {
			t.Errorf("%q is not in %q", part, step.Why)
		}
	}
	code, step, _, user = w.checkUser("bob@example.com")
	if code != exitFailed || step.Result != resultFailed || user.Exists != existsNo || user.UserName != "" {
		t.Errorf("%d, %+v, %+v", code, step, user)
	}
	out := wantCommand(t, 0, "", "check --user "+alice)
	if !strings.Contains(out, "ok       requester ") {
		t.Errorf("%s", out)
	}
	w.there.RemoveRole("Reader")
	_, step, store, user = w.checkUser(alice)
	if step.Result != resultFailed || !strings.Contains(store.Remedy, "IDENTITY_STORE_ROLE") || user.Exists != existsNotAsked {
		t.Errorf("%+v, %+v, %+v", step, store, user)
	}
}

// TestCheckUserByEmail: without an identity store, whether the user exists is not asked.
func TestCheckUserByEmail(t *testing.T) {
	for name, tt := range map[string]struct {
		env    map[string]string
		email  string
		result string
		why    string
		user   trustedUser
	}{
		"e-mail": {
			nil, alice, resultOK, "is not asked (GRANT_USER_NAME=email)",
			trustedUser{alice, "identity-center", []string{"self"}, alice, "", existsNotAsked},
		},
		"local part of a user": {
			map[string]string{"GRANT_USER_NAME": "local-part", "GRANT_EMAIL_DOMAIN": "example.com", "GRANT_TRUST": "iam-user", "GRANT_TRUST_ACCOUNTS": member},
			alice, resultOK, `the IAM user "alice", from account ` + member + "; whether there is such an IAM user is not asked",
			trustedUser{alice, "iam-user", []string{member}, "alice", "", existsNotAsked},
		},
		"anyone": {
			map[string]string{"GRANT_TRUST": "account"},
			alice, resultOK, "no user is named",
			trustedUser{alice, "account", []string{"self"}, "", "", existsNotAsked},
		},
		"another domain": {
			map[string]string{"GRANT_EMAIL_DOMAIN": "example.org"},
			alice, resultFailed, "is not of the domain example.org",
			trustedUser{alice, "identity-center", []string{"self"}, "", "", existsNotAsked},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newCheckWorld(t)
			maps.Copy(w.env, tt.env)
			_, step, store, user := w.checkUser(tt.email)
			if step.Result != tt.result || !strings.Contains(step.Why, tt.why) || store.Step != "" {
				t.Errorf("%+v, %+v", step, store)
			}
			if diff := cmp.Diff(tt.user, user); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
