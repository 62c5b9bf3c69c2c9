package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/internal/demo"
	"port-iam/port"
)

// TestGrantsProfile: it is made from IAM, and only of a grant that can be used; else
// nothing is printed.
func TestGrantsProfile(t *testing.T) {
	w := newOperatorWorld(t, nil)
	names := w.everyState()
	role := func(name string) string { return "arn:aws:iam::" + demo.Account + ":role/port-iam/" + name }
	profile := func(name, region string) string {
		return "[profile " + name + "]\nrole_arn = " + role(name) + "\nsource_profile = <your profile>\n" + region + "duration_seconds = 3600\n"
	}
	edited := w.grant(alice)
	w.edit(edited, bob, true)
	for name, region := range map[string]string{
		names[grants.StateActive]:   "",
		edited:                      "",
		names[grants.StateOrphaned]: "region = us-east-1\n", // AWS still allows it
		names[grants.StateMissing]:  "region = us-east-1\n",
		names[grants.StateChanged]:  "region = us-east-1\n",
	} {
		if diff := cmp.Diff(profile(name, region), wantCommand(t, 0, "", "grants show --profile "+name)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	w.must(w.conn.portal.CreateEntity(t.Context(), grantBlueprint, port.Entity{
		Identifier: "Permission-r_entity", Properties: map[string]json.RawMessage{"role_arn": json.RawMessage(`"` + role("Permission-r_entity") + `"`)},
	}, ""))
	unattached := w.make("r_unattached", time.Now().Add(time.Hour), port.StatusSuccess)
	state, err := w.ops().Look(t.Context(), unattached)
	w.must(err)
	w.must(w.ops().Detach(t.Context(), state))
	for name, want := range map[string]struct {
		code int
		says string
	}{
		names[grants.StateExpired]:    {1, "its time is over since 20"},
		names[grants.StateIncomplete]: {1, "its access is cut"},
		names[grants.StateForeign]:    {1, "not ours"},
		unattached:                    {1, "its policy is not attached"},
		"Permission-r_entity":         {3, "IAM has no role Permission-r_entity"},
		"Permission-r_none":           {3, "there is no such grant"},
		"Something":                   {3, "names are Permission-<run id>"},
	} {
		if out := wantCommand(t, want.code, want.says, "grants show --profile "+name); out != "" {
			t.Errorf("%s: printed is %s", name, out)
		}
	}
	defer w.portAway()()
	if out := wantCommand(t, 0, "", "grants show --profile "+names[grants.StateActive]); out != profile(names[grants.StateActive], "") {
		t.Errorf("with Port away: %s", out)
	}
}

// TestGrantsProfileOfAUser: an IAM user's session may last as long as the role's.
func TestGrantsProfileOfAUser(t *testing.T) {
	w := newOperatorWorld(t, map[string]string{"GRANT_TRUST": "iam-user"})
	w.AWS.AddUser(alice)
	if out := wantCommand(t, 0, "", "grants show --profile "+w.grant(alice)); !strings.HasSuffix(out, "\nduration_seconds = 28800\n") {
		t.Errorf("printed is %s", out)
	}
}

// TestGrantsProfileInTwoAccounts: of two roles with one name that can be used, none is
// chosen.
func TestGrantsProfileInTwoAccounts(t *testing.T) {
	w := newTwoAccounts(t)
	o := w.operate()
	here := o.grantOn("r_here", w.instance(demo.Account))
	there := o.grantOn("r_there", w.instance(member))
	for name, account := range map[string]string{here: demo.Account, there: member} {
		if out := wantCommand(t, 0, "", "grants show --profile "+name); !strings.Contains(out, "\nrole_arn = arn:aws:iam::"+account+":role/port-iam/"+name+"\n") {
			t.Errorf("%s: printed is %s", name, out)
		}
	}
	back := w.away()
	if out := wantCommand(t, 1, "account "+member, "grants show --profile "+there); out != "" {
		t.Errorf("with its account away: %s", out)
	}
	back()
	p, err := o.conn.served[1].ops.Plan(iamops.Request{
		RunID: "r_here", Requester: alice, UserName: alice, Resource: w.instance(member), Actions: []string{"ec2:StopInstances"},
	})
	o.must(err)
	_, err = o.conn.served[1].ops.Create(t.Context(), p)
	o.must(err)
	o.must(o.conn.served[1].ops.Attach(t.Context(), p))
	if out := wantCommand(t, 1, "set ACCOUNTS to one of them", "grants show --profile "+here); out != "" {
		t.Errorf("of two: %s", out)
	}
	t.Setenv("ACCOUNTS", member)
	if out := wantCommand(t, 0, "", "grants show --profile "+here); !strings.Contains(out, member) {
		t.Errorf("of the chosen one: %s", out)
	}
}

// TestShownDocuments: what `grants show --json` says of the policies is what IAM has.
func TestShownDocuments(t *testing.T) {
	w := newOperatorWorld(t, nil)
	name := w.grant(alice)
	var s struct {
		Policy   json.RawMessage `json:"policy_document"`
		Versions []string        `json:"policy_versions"`
		Trust    json.RawMessage `json:"trust_document"`
	}
	w.must(json.Unmarshal([]byte(wantCommand(t, 0, "", "grants show --json "+name)), &s))
	same := func(what string, got json.RawMessage, want string) {
		t.Helper()
		var a, b any
		if json.Unmarshal(got, &a) != nil || json.Unmarshal([]byte(want), &b) != nil || !cmp.Equal(a, b) {
			t.Errorf("%s is %s, want %s", what, got, want)
		}
	}
	snap := w.AWS.Snapshot()
	at := slices.IndexFunc(snap.Policies, func(p iamtest.Policy) bool { return p.Name == name })
	same("policy", s.Policy, snap.Policies[at].Versions[0].Document)
	same("trust", s.Trust, snap.Roles[0].Trust)
	if !cmp.Equal(s.Versions, []string{"v1"}) {
		t.Errorf("versions %q", s.Versions)
	}
}
