package main

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"port-iam/iamops/iamtest"
	"port-iam/internal/demo"
)

func TestCheckGreen(t *testing.T) {
	w := newCheckWorld(t)
	code, steps, order := w.check()
	if code != 0 {
		t.Errorf("exit code %d: %+v", code, steps)
	}
	want := []string{
		"settings", "templates", "audit log", "Port login", "Port organisation", "Port clock",
		"blueprint aws_resource", "blueprint iam_permissions", "blueprint provisioned_permissions",
		"action request_permissions", "action revoke_permissions", "automation revoke_expired_permissions",
		"who may use the actions", "who may edit the catalogue",
		"Kafka access", "Kafka DNS", "Kafka connection", "Kafka TLS", "Kafka login", "Kafka topic", "Kafka group",
		"AWS identity", "AWS clock", "boundary", "permissions in the boundary", "Identity Center", "path", "rights of the daemon", "permissions on the resources", "limits of permissions", "rights of requesters",
	}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Kafka TLS", "rights of requesters"}, results(steps, resultSkipped)); diff != "" {
		t.Errorf("skipped (-want +got):\n%s", diff)
	}
	for name, why := range map[string]string{
		"settings": "KAFKA_TLS=false", "Port organisation": demo.Org, "Kafka topic": demo.Org + ".runs", "Kafka group": demo.Org + ".port-iam",
		"AWS identity": "user/port-iam", "boundary": demo.Boundary, "permissions in the boundary": "5 actions", "path": "/port-iam/ holds 0 grants",
		"action request_permissions": "does not name an AWS account",
	} {
		if !strings.Contains(steps[name].Why, why) {
			t.Errorf("%s: %q is not in %q", name, why, steps[name].Why)
		}
	}
	out := wantCommand(t, 0, "", "check")
	for _, line := range []string{"RESULT   STEP ", "ok       Kafka login ", "skipped  Kafka TLS ", "do: put what `port-iam print requester-policy` prints"} {
		if !strings.Contains(out, line) {
			t.Errorf("%q is not in\n%s", line, out)
		}
	}
	if len(w.Port.Runs()) > 0 || len(w.AWS.Snapshot().Policies) > 1 {
		t.Error("the check changed something")
	}
}

// TestCheckTrustedBroker: with its authority the certificate is trusted.
func TestCheckTrustedBroker(t *testing.T) {
	w := newCheckWorld(t)
	server := stranger(w, (*httptest.Server).StartTLS)
	file := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	w.env["KAFKA_TLS_CA_FILE"] = file
	c := w.checker(t.Context())
	for _, do := range []func(context.Context) stepOutcome{c.kafkaSettings, c.kafkaDNS, c.kafkaConnection, c.kafkaTLS} {
		if o := do(t.Context()); o.Result != resultOK {
			t.Errorf("%+v", o)
		}
	}
}

// TestCheckClockFollowsNoRedirect: the time is that of PORT_BASE_URL.
func TestCheckClockFollowsNoRedirect(t *testing.T) {
	w := newCheckWorld(t)
	server := httptest.NewServer(http.RedirectHandler("http://127.0.0.1:1", http.StatusFound))
	t.Cleanup(server.Close)
	w.env["PORT_BASE_URL"] = server.URL
	if o := w.checker(t.Context()).portClock(t.Context()); o.Result != resultOK {
		t.Errorf("%+v", o)
	}
}

// TestCheckAWSAway: the SDK tries for a while, which this does not wait for.
func TestCheckAWSAway(t *testing.T) {
	w := newCheckWorld(t)
	w.env["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1"
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if o := w.checker(ctx).whoWeAre(ctx); o.Result != resultFailed || !strings.Contains(o.Remedy, "sts.amazonaws.com") {
		t.Errorf("%+v", o)
	}
}

// TestCheckSkips: what the credentials may not read, and what does not apply, is
// no failure.
func TestCheckSkips(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(w *checkWorld)
		want   map[string]string // why, by step
	}{
		{
			"no boundary by choice", func(w *checkWorld) { w.env["IAM_PERMISSIONS_BOUNDARY"] = "none"; w.principal(allOfIAM) },
			map[string]string{"boundary": "IAM_PERMISSIONS_BOUNDARY=none", "permissions in the boundary": "there is no boundary"},
		},
		{"IAM users", func(w *checkWorld) { w.env["GRANT_TRUST"] = "iam-user" }, map[string]string{"Identity Center": "GRANT_TRUST=iam-user"}},
		{"a principal that IAM does not find", func(w *checkWorld) {
			w.AWS.RequireKnownKeys(false)
			w.env["AWS_ACCESS_KEY_ID"] = "daemon"
			w.AWS.Fault(iamtest.Fault{Op: "SimulatePrincipalPolicy", Code: "NoSuchEntity", Status: 404, Count: -1})
		}, map[string]string{"rights of the daemon": "IAM cannot tell"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newCheckWorld(t)
			tc.change(w)
			code, steps, _ := w.check()
			if code != 0 {
				t.Errorf("exit code %d: %v", code, results(steps, resultFailed))
			}
			for name, why := range tc.want {
				if s := steps[name]; s.Result != resultSkipped || !strings.Contains(s.Why, why) {
					t.Errorf("%s: %+v, want %q", name, s, why)
				}
			}
		})
	}
}

// TestCheckPolicyOfEarlierVersion: with a policy that an earlier version has printed the
// daemon works, and it is said what it cannot do, and what to print.
func TestCheckPolicyOfEarlierVersion(t *testing.T) {
	w := newCheckWorld(t)
	w.principal(strings.NewReplacer(",\n        \""+demo.Boundary+"\"\n", "\n", "iam:SimulatePrincipalPolicy", "iam:ListRoles").Replace(w.management()))
	code, steps, _ := w.check()
	if code != 0 {
		t.Errorf("exit code %d: %v", code, results(steps, resultFailed))
	}
	if diff := cmp.Diff([]string{"boundary", "rights of the daemon", "who may use the actions"}, results(steps, resultWarning)); diff != "" {
		t.Fatalf("warnings (-want +got):\n%s", diff)
	}
	for name, why := range map[string]string{"boundary": "may not read " + demo.Boundary, "rights of the daemon": "lack iam:SimulatePrincipalPolicy"} {
		s := steps[name]
		if !strings.Contains(s.Why, why) || !strings.Contains(s.Remedy, "`port-iam print management-policy --role arn:aws:iam::"+demo.Account+":user/port-iam`") {
			t.Errorf("%+v", s)
		}
	}
	if s := steps["permissions in the boundary"]; s.Result != resultSkipped || !strings.Contains(s.Why, "cannot be read") {
		t.Errorf("%+v", s)
	}
}

// TestCheckRoleWithPath: the rights of a role are tried, and what to print names it, also
// where it has a path, which the credentials of its sessions do not show.
func TestCheckRoleWithPath(t *testing.T) {
	const (
		user    = "arn:aws:iam::" + demo.Account + ":user/port-iam"
		role    = "arn:aws:iam::" + demo.Account + ":role/platform/port-iam"
		known   = "`port-iam print management-policy --role " + role + "`, and put"
		unknown = "`port-iam print management-policy --role arn:aws:iam::" + demo.Account + ":role/port-iam` (with the path of the role, if it has one; "
	)
	w := newCheckWorld(t)
	printed := strings.ReplaceAll(w.management(), user, role)
	for _, tc := range []struct {
		name, document, rights, boundary, remedy string
	}{
		{"printed with the role", printed, resultOK, resultOK, ""},
		{"printed with another one", strings.ReplaceAll(printed, role, role+"-other"), resultWarning, resultOK, known},
		{"roles can be listed", allowListRoles, resultWarning, resultWarning, known},
		{"nothing can be read", allowNothing, resultWarning, resultWarning, unknown},
	} {
		w.AWS.RequireKnownKeys(true)
		w.env["AWS_ACCESS_KEY_ID"], w.env["AWS_SECRET_ACCESS_KEY"], w.env["AWS_SESSION_TOKEN"] = w.AWS.AddRoleSession("/platform/", "port-iam", "session", tc.document)
		c := w.checker(t.Context())
		c.org = demo.Org
		a := c.newAccountCheck(demo.Account)
		rights, boundary := a.rights(t.Context()), a.boundary(t.Context())
		if rights.Result != tc.rights || boundary.Result != tc.boundary {
			t.Errorf("%s: the rights are %+v\nthe boundary is %+v", tc.name, rights, boundary)
		}
		for _, s := range []stepOutcome{rights, boundary} {
			if s.Result == resultWarning && !strings.Contains(s.Remedy, tc.remedy) {
				t.Errorf("%s: do %q, want %q", tc.name, s.Remedy, tc.remedy)
			}
		}
	}
}

// TestCheckNobodyComes: without a role of Identity Center nobody could use a
// grant.
func TestCheckNobodyComes(t *testing.T) {
	w := newOperatorWorld(t, map[string]string{"KAFKA_TLS": "false"})
	out := wantCommand(t, 1, "1 of 31 steps failed", "check")
	if !strings.Contains(out, "no role AWSReservedSSO_*") || !strings.Contains(out, "set GRANT_TRUST=iam-user") {
		t.Errorf("%s", out)
	}
	w.grant(alice)
	if out := wantCommand(t, 1, "", "check"); !strings.Contains(out, "/port-iam/ holds 1 grant and nothing else") {
		t.Errorf("%s", out)
	}
}

// TestCheckSettings: wrong settings end with code 2, in JSON as well.
func TestCheckSettings(t *testing.T) {
	_, _ = readWith(t, map[string]string{"KAFKA_TLS": "perhaps"})
	wantCommand(t, 2, "PORT_CLIENT_ID: is missing", "check")
	wantCommand(t, 2, "unknown flag", "check --nonsense")
	wantCommand(t, 2, "unknown command", "check nonsense")
	var report checkReport
	if err := json.Unmarshal([]byte(wantCommand(t, 2, "KAFKA_TLS", "check --json")), &report); err != nil {
		t.Fatal(err)
	}
	if report.OK || len(report.Steps) != 1 || report.Steps[0].Result != resultFailed || !strings.Contains(report.Steps[0].Why, "KAFKA_TLS") {
		t.Errorf("%+v", report)
	}
}
