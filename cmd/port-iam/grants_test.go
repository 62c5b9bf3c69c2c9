package main

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"port-iam/grants"
	"port-iam/iamops/iamtest"
	"port-iam/internal/demo"
	"port-iam/port"
	"port-iam/port/porttest"
)

// TestGrantsList: every state is told, and who may do what until when. The
// settings of Kafka need not be right.
func TestGrantsList(t *testing.T) {
	w := newOperatorWorld(t, map[string]string{"KAFKA_TLS": "perhaps", "KAFKA_BROKERS": "nonsense", "KAFKA_PASSWORD_FILE": "/nonexistent"})
	if out := wantCommand(t, 0, "", "grants list"); !strings.HasPrefix(out, "There is nothing under /port-iam/") {
		t.Errorf("an empty account: %s", out)
	}
	if out := wantCommand(t, 0, "", "grants list --json"); strings.TrimSpace(out) != "[]" {
		t.Errorf("an empty account: %s", out)
	}
	names := w.everyState()
	var all []grantJSON
	w.must(json.Unmarshal([]byte(wantCommand(t, 0, "", "grants list --json")), &all))
	states := map[grants.State]string{}
	for _, g := range all {
		states[grants.State(g.State)] = g.Name
	}
	if diff := cmp.Diff(names, states); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	rows := map[string][]string{}
	gap := regexp.MustCompile(`  +`)
	for line := range strings.Lines(wantCommand(t, 0, "", "grants list")) {
		cells := gap.Split(strings.TrimSpace(line), -1)
		rows[cells[0]] = cells[1:]
	}
	instance := strings.ReplaceAll(porttest.SampleInstance, "%s", demo.Account)
	want := map[string][]string{
		"NAME":                        {"ACCOUNT", "REQUESTER", "RESOURCE", "PERMISSIONS", "EXPIRES IN", "STATE"},
		names[grants.StateActive]:     {demo.Account, alice, porttest.SampleBucket, "s3:GetObject,s3:PutObject", "7h59m", "active"},
		names[grants.StateExpired]:    {demo.Account, bob, instance, "ec2:StopInstances", "over", "expired: its time is over"},
		names[grants.StateOrphaned]:   {demo.Account, bob, instance, "ec2:StopInstances", "1h59m", "orphaned: its run ended FAILURE"},
		names[grants.StateMissing]:    {demo.Account, bob, instance, "ec2:StopInstances", "1h59m", "missing in Port: its run succeeded, and Port has no entity of it"},
		names[grants.StateIncomplete]: {demo.Account, bob, instance, "ec2:StopInstances", "1h59m", "incomplete: its removal was interrupted"},
		names[grants.StateChanged]:    {demo.Account, bob, instance, "ec2:StopInstances", "1h59m", "changed: changed by hand"},
		names[grants.StateForeign]:    {demo.Account, "-", "-", "-", "-", "foreign: its tags are not ours"},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}

	t.Run("Port away", func(t *testing.T) {
		defer w.portAway()()
		out := wantCommand(t, 1, "the list is not complete", "grants list")
		for _, part := range []string{alice, bob, "unknown", "s3:GetObject", "ec2:StopInstances", names[grants.StateActive]} {
			if !strings.Contains(out, part) {
				t.Errorf("%q is not in\n%s", part, out)
			}
		}
	})
	t.Run("AWS away", func(t *testing.T) {
		defer w.AWS.Fault(iamtest.Fault{Op: "ListRoles", Code: "AccessDenied", Status: 403, Count: -1})()
		out := wantCommand(t, 1, "the list is not complete: list roles under /port-iam/: AccessDenied", "grants list")
		for _, part := range []string{names[grants.StateActive], alice, "unknown"} { // what Port says
			if !strings.Contains(out, part) {
				t.Errorf("%q is not in\n%s", part, out)
			}
		}
		defer w.portAway()()
		if out := wantCommand(t, 1, "PORT_ORG_ID", "grants list"); out != "" {
			t.Errorf("without Port, too: %s", out)
		}
	})
}

func TestGrantsShow(t *testing.T) {
	w := newOperatorWorld(t, nil)
	names := w.everyState()
	for _, tc := range []struct {
		state grants.State
		parts []string
	}{
		{grants.StateActive, []string{"active", alice, porttest.SampleBucket, "s3:GetObject, s3:PutObject", "(in 7h59m)", "https://signin.aws.amazon.com/switchrole", "yes, until it ends", "SUCCESS"}},
		{grants.StateExpired, []string{"expired", bob, "(over)", "no: its time is over"}},
		{grants.StateIncomplete, []string{"its removal was interrupted", "no: its access is cut"}},
		{grants.StateChanged, []string{"changed by hand", `the role has the inline policy "policy-1"`}},
		{grants.StateMissing, []string{"missing in Port", bob, "ec2:StopInstances", "instance/i-0123456789abcdef0"}},
		{grants.StateForeign, []string{"foreign", "its tags are not ours"}},
	} {
		out := wantCommand(t, 0, "", "grants show "+names[tc.state])
		for _, part := range tc.parts {
			if !strings.Contains(out, part) {
				t.Errorf("%s: %q is not in\n%s", tc.state, part, out)
			}
		}
	}
	if out := wantCommand(t, 0, "", "grants show "+names[grants.StateActive]); strings.Contains(out, "Why") {
		t.Errorf("an active grant has no reason:\n%s", out)
	}
	var g grantJSON
	w.must(json.Unmarshal([]byte(wantCommand(t, 0, "", "grants show --json "+names[grants.StateActive])), &g))
	attached := true
	want := grantJSON{
		Name: names[grants.StateActive], Account: demo.Account, State: "active", Requester: alice, Resource: porttest.SampleBucket,
		Resources: []string{porttest.SampleBucket + "/*"}, Permissions: []string{"s3:GetObject", "s3:PutObject"}, ExpiresIn: "7h59m", InIAM: true, InPort: true, Run: "SUCCESS", Attached: &attached,
	}
	if diff := cmp.Diff(want, g, cmpopts.IgnoreFields(grantJSON{}, "EndsAt", "SignInURL", "Policy", "Versions", "Trust")); diff != "" || g.EndsAt.IsZero() {
		t.Errorf("ends %v (-want +got):\n%s", g.EndsAt, diff)
	}
	for args, code := range map[string]int{"grants show Permission-none": 3, "grants show Something": 3, "grants show": 2, "grants show a b": 2} {
		if out := wantCommand(t, code, "", args); out != "" {
			t.Errorf("%s prints %s", args, out)
		}
	}
	defer w.portAway()()
	if out := wantCommand(t, 1, "what is shown is not complete", "grants show "+names[grants.StateActive]); !strings.Contains(out, alice) {
		t.Errorf("with Port away: %s", out)
	}
}

func TestGrantsRevoke(t *testing.T) {
	w := newOperatorWorld(t, nil)
	names := w.everyState()
	revoked := func(args string) []string {
		t.Helper()
		out := wantCommand(t, 0, "", "grants revoke --yes "+args)
		var gone []string
		for line := range strings.Lines(out) {
			if name, ok := strings.CutSuffix(strings.TrimSpace(line), " revoked"); ok {
				gone = append(gone, name)
			}
		}
		slices.Sort(gone)
		return gone
	}
	want := func(what string, got []string, names ...string) {
		t.Helper()
		slices.Sort(names)
		if diff := cmp.Diff(names, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	hers, another := w.grant(alice), w.grant("carol@example.com")
	want("by name", revoked(names[grants.StateExpired]+" "+names[grants.StateMissing]), names[grants.StateExpired], names[grants.StateMissing])
	want("by requester", revoked("--requester ALICE@example.com"), names[grants.StateActive], hers)
	want("by resource", revoked("--resource "+porttest.SampleBucket), another)
	wantCommand(t, 3, "no such grant", "grants revoke --yes Permission-none none")
	wantCommand(t, 3, "no such grant: nobody@example.com has none", "grants revoke --yes --requester nobody@example.com")
	wantCommand(t, 3, "no such grant", "grants revoke --yes --resource arn:aws:s3:::none")

	before := w.AWS.Snapshot()
	wantCommand(t, 1, "it is not ours and was left alone", "grants revoke --yes "+names[grants.StateForeign])
	if diff := cmp.Diff(before, w.AWS.Snapshot(), cmpopts.IgnoreUnexported(iamtest.Role{}, iamtest.Policy{})); diff != "" {
		t.Errorf("changed:\n%s", diff)
	}
	want("all", revoked("--all"), names[grants.StateOrphaned], names[grants.StateIncomplete], names[grants.StateChanged])
	roles, entities := w.left()
	want("roles left", roles, names[grants.StateForeign])
	want("entities left", entities)
	if out := wantCommand(t, 0, "1 foreign object", "grants revoke --yes --all"); !strings.Contains(out, "There is no grant") {
		t.Errorf("again: %s", out)
	}
}

// TestGrantsRevokeArguments: nothing happens by mistake.
func TestGrantsRevokeArguments(t *testing.T) {
	w := newOperatorWorld(t, nil)
	name := w.grant(alice)
	for args, says := range map[string]string{
		"grants revoke":                            "say which grants",
		"grants revoke --yes":                      "say which grants",
		"grants revoke --all " + name:              "say which grants",
		"grants revoke --all --requester " + alice: "say which grants",
		"grants revoke --nonsense " + name:         "unknown flag",

		"grants revoke --yes --resource arn:aws:s3:::":                                   "its name is missing",
		"grants revoke --yes --resource arn:aws:s3":                                      "its name is missing",
		"grants revoke --yes --resource arn:aws:dynamodb:us-east-1:123456789012:table/":  "its name is missing",
		"grants revoke --yes --resource arn:aws:lambda:us-east-1:123456789012:function:": "its name is missing",

		"grants revoke " + name: "add --yes",
		"grants sweep":          "add --yes",
		"grants sweep all":      "unknown command",
		"grants":                "say what to do: list, revoke, show, sweep",
		"grants nonsense":       "unknown command",
	} {
		wantCommand(t, 2, says, args)
	}
	t.Setenv("PORT_CLIENT_ID", "")
	t.Setenv("IAM_PATH", "nonsense")
	wantCommand(t, 2, "PORT_CLIENT_ID: is missing", "grants list")
	wantCommand(t, 2, "IAM_PATH:", "grants list")
	if roles, _ := w.left(); len(roles) != 1 {
		t.Errorf("roles left: %v", roles)
	}
}

// TestGrantsRevokeWithoutPort: the access goes, and what is left is said; when
// Port is back, the same command does the rest.
func TestGrantsRevokeWithoutPort(t *testing.T) {
	for _, tc := range []struct{ name, args string }{
		{"by name", ""}, {"by requester", "--requester " + alice}, {"by resource", "--resource " + porttest.SampleBucket}, {"all", "--all"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newOperatorWorld(t, nil)
			name := w.grant(alice)
			args := "grants revoke --yes " + tc.args
			if tc.args == "" {
				args += name
			}
			back := w.portAway()
			wantCommand(t, 1, "the access is removed, and the policy is gone; left are the role, which carries a Deny, and the entity in Port", args)
			role := w.AWS.Snapshot().Roles[0]
			if role.Name != name || len(role.Attached) != 0 || role.Inline["port-iam-revoked"] == "" {
				t.Errorf("the role is %+v", role)
			}
			back()
			wantCommand(t, 0, "", args)
			if roles, entities := w.left(); len(roles)+len(entities) > 0 {
				t.Errorf("left: %v %v", roles, entities)
			}
		})
	}
	t.Run("whose", func(t *testing.T) {
		w := newOperatorWorld(t, nil)
		defer w.portAway()()
		wantCommand(t, 3, "no role under /port-iam/", "grants revoke --yes Permission-none")
		wantCommand(t, 3, "no role under /port-iam/", "grants show Permission-none")
		const says = "port-iam: Port cannot be asked, and no role under /port-iam/ has the tags of a grant: set PORT_ORG_ID\n"
		wantCommand(t, 1, says, "grants list")
		wantCommand(t, 1, says, "grants sweep --yes")
		w.AWS.AddRoleSession("/port-iam/", "Permission-r_foreign", "stranger")
		wantCommand(t, 3, "no role under /port-iam/", "grants revoke --yes Permission-r_foreign")
		w.must(w.anotherOrganization("r_theirs", "org_theirs"))
		w.must(w.anotherOrganization("r_others", "org_others"))
		wantCommand(t, 1, "set PORT_ORG_ID", "grants revoke --yes --all")
		t.Setenv("PORT_ORG_ID", demo.Org)
		wantCommand(t, 1, "it is not ours", "grants revoke --yes Permission-r_foreign")
		wantCommand(t, 1, "it is not ours", "grants revoke --yes Permission-r_theirs")
	})
}

func TestGrantsSweep(t *testing.T) {
	w := newOperatorWorld(t, nil)
	names := w.everyState()
	going := []string{names[grants.StateExpired], names[grants.StateIncomplete], names[grants.StateOrphaned]} // the others wait for the grace, or stay
	all, _ := w.left()
	out := wantCommand(t, 0, "", "grants sweep --dry-run")
	for _, name := range going {
		if !regexp.MustCompile(name + ` .*would be removed`).MatchString(out) {
			t.Errorf("%s is not in\n%s", name, out)
		}
	}
	if roles, _ := w.left(); !cmp.Equal(all, roles) || !strings.Contains(out, "3 would be removed") {
		t.Errorf("a dry run left %v and says\n%s", roles, out)
	}

	stop := w.AWS.Fault(iamtest.Fault{Op: "DeleteRole", Name: names[grants.StateExpired], Code: "AccessDenied", Status: 403, Count: -1})
	wantCommand(t, 1, "not removed, see above: "+names[grants.StateExpired], "grants sweep --yes")
	stop()
	if out := wantCommand(t, 0, "", "grants sweep --yes"); !strings.Contains(out, "Removed 1 grant.") {
		t.Errorf("again: %s", out)
	}
	if out := wantCommand(t, 0, "", "grants sweep --yes"); !strings.Contains(out, "Nothing to remove") {
		t.Errorf("again: %s", out)
	}
	roles, _ := w.left()
	for _, name := range all {
		if slices.Contains(going, name) == slices.Contains(roles, name) {
			t.Errorf("%s is left: %v", name, slices.Contains(roles, name))
		}
	}
	defer w.portAway()()
	wantCommand(t, 1, "without Port a sweep cannot tell", "grants sweep --yes")
}

// TestGrantsSweepBrake: many orphans at once go only by --yes.
func TestGrantsSweepBrake(t *testing.T) {
	w := newOperatorWorld(t, map[string]string{"SWEEP_GRACE": "0s"})
	for i := range 11 {
		name := w.make("r_brake"+string(rune('a'+i)), time.Now().Add(time.Hour), port.StatusSuccess)
		w.must(w.conn.portal.DeleteEntity(t.Context(), grantBlueprint, name, ""))
	}
	if out := wantCommand(t, 0, "", "grants sweep --dry-run"); !strings.Contains(out, "0 would be removed") {
		t.Errorf("%s", out)
	}
	if out := wantCommand(t, 0, "", "grants sweep --yes"); !strings.Contains(out, "Removed 11 grants.") {
		t.Errorf("%s", out)
	}
}
