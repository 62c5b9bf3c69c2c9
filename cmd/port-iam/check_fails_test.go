package main

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"port-iam/internal/demo"
	"port-iam/port/porttest"
)

// TestCheckFails breaks one thing after the other: that step says so, and what to
// do, and what depends on it is skipped.
func TestCheckFails(t *testing.T) {
	portSteps := []string{"Port login"}
	for _, tc := range []struct {
		name    string
		change  func(w *checkWorld)
		failed  []string
		why     string
		remedy  string
		skipped []string // some of those that are
	}{
		{
			"wrong secret", func(w *checkWorld) { w.env["PORT_CLIENT_SECRET"] = "wrong" }, append(portSteps, "Kafka access"), "", "PORT_CLIENT_SECRET",
			[]string{"Port organisation", "blueprint aws_resource", "action request_permissions", "Kafka login", "rights of the daemon"},
		},
		{
			"Port away", func(w *checkWorld) { w.Port.Fault(porttest.Fault{Status: 503, RetryAfter: "3600", Count: -1}) }, append(portSteps, "Kafka access"), "503", "check PORT_BASE_URL",
			[]string{"Port organisation"},
		},
		{
			"another organisation", func(w *checkWorld) { w.env["PORT_ORG_ID"] = "org_other" },
			[]string{"Port organisation"},
			"PORT_ORG_ID is org_other, and the credentials are of " + demo.Org, "correct PORT_ORG_ID",
			[]string{"Kafka login"},
		},
		{"clock of Port", func(w *checkWorld) { w.env["PORT_BASE_URL"] = lateProxy(w.t, w.PortURL) }, []string{"Port clock"}, "ahead of Port's", "set the clock", nil},
		{"no blueprint", func(w *checkWorld) {
			w.Port.Fault(porttest.Fault{Route: "blueprint_get", ID: "aws_resource", Status: 404, Count: -1})
		}, []string{"blueprint aws_resource"}, "Port has no blueprint aws_resource", "port-iam setup", nil},
		{"may not read blueprints", func(w *checkWorld) {
			w.Port.Fault(porttest.Fault{Route: "blueprint_get", ID: "iam_permissions", Status: 403, Count: -1})
		}, []string{"blueprint iam_permissions"}, "403", "allowed to read blueprints", []string{"permissions in the boundary"}},
		{"may not read actions", func(w *checkWorld) {
			w.Port.Fault(porttest.Fault{Route: "action_get", ID: "revoke_permissions", Status: 403, Count: -1})
		}, []string{"action revoke_permissions"}, "403", "allowed to read blueprints, actions", nil},
		{"no action", func(w *checkWorld) { w.env["REVOKE_ACTION"] = "none" }, []string{"action none"}, "Port has no action none", "run `port-iam setup`, or set REVOKE_ACTION to the identifier", nil},
		{
			"broker without a name", func(w *checkWorld) { w.env["KAFKA_BROKERS"] = "kafka.invalid:9092" },
			[]string{"Kafka DNS"},
			"kafka.invalid", "check KAFKA_BROKERS and the DNS",
			[]string{"Kafka connection", "Kafka TLS", "Kafka login", "Kafka topic", "Kafka group"},
		},
		{"broker away", func(w *checkWorld) { w.env["KAFKA_BROKERS"] = "127.0.0.1:1" }, []string{"Kafka connection"}, "refused", "firewalls", []string{"Kafka TLS", "Kafka group"}},
		{"broker without TLS", func(w *checkWorld) { stranger(w, (*httptest.Server).Start) }, []string{"Kafka TLS"}, "127.0.0.1", "KAFKA_TLS=false", []string{"Kafka login"}},
		{"unknown authority", func(w *checkWorld) { stranger(w, (*httptest.Server).StartTLS) }, []string{"Kafka TLS"}, "certificate", "KAFKA_TLS_CA_FILE", []string{"Kafka login"}},
		{
			"wrong password", func(w *checkWorld) { refusingBroker(w, kmsg.SASLAuthenticate, kerr.SaslAuthenticationFailed) },
			[]string{"Kafka login"},
			"refused the user name or the password", "(KAFKA_USERNAME, KAFKA_PASSWORD)",
			[]string{"Kafka topic", "Kafka group"},
		},
		{"broker that hangs up at the wrong password", func(w *checkWorld) { w.env["KAFKA_PASSWORD"] = "wrong" }, []string{"Kafka login"}, "EOF", "KAFKA_PASSWORD", nil},
		{"no topic", func(w *checkWorld) { w.env["KAFKA_TOPIC"] = "absent" }, []string{"Kafka topic"}, `no topic "absent"`, "(KAFKA_TOPIC)", []string{"Kafka group"}},
		{"no right on the group", func(w *checkWorld) { refusingBroker(w, kmsg.OffsetFetch, kerr.GroupAuthorizationFailed) }, []string{"Kafka group"}, "join group", "(KAFKA_GROUP_ID)", nil},
		{
			"wrong AWS key", func(w *checkWorld) { w.env["AWS_ACCESS_KEY_ID"] = "AKIAWRONG" },
			[]string{"AWS identity"},
			"InvalidClientTokenId", "AWS_ACCESS_KEY_ID",
			[]string{"AWS clock", "boundary", "permissions in the boundary", "permissions on the resources", "limits of permissions", "Identity Center", "path", "rights of the daemon"},
		},
		{"no AWS profile", func(w *checkWorld) { w.env["AWS_PROFILE"] = "absent" }, []string{"AWS identity"}, "absent", "AWS_PROFILE", []string{"AWS clock", "rights of the daemon"}},
		{"no authorities of AWS", func(w *checkWorld) { w.env["AWS_CA_BUNDLE"] = "/absent" }, []string{"AWS identity"}, "/absent", "AWS_CA_BUNDLE", []string{"path"}},
		{"clock of AWS", func(w *checkWorld) { w.AWS.SetClockSkew(-2 * time.Minute) }, []string{"AWS clock"}, "ahead of AWS's", "set the clock", nil},
		{"clock of AWS, which is ahead", func(w *checkWorld) { w.AWS.SetClockSkew(2 * time.Minute) }, []string{"AWS clock"}, "s behind AWS's", "set the clock", nil},
		{
			"no boundary", func(w *checkWorld) { w.env["IAM_PERMISSIONS_BOUNDARY"] = demo.Boundary + "X"; w.principal(allOfIAM) },
			[]string{"boundary"},
			"does not exist", "port-iam print boundary",
			[]string{"permissions in the boundary"},
		},
		{
			"boundary of another account", func(w *checkWorld) { w.env["IAM_PERMISSIONS_BOUNDARY"] = "arn:aws:iam::210987654321:policy/X" },
			[]string{"boundary", "rights of the daemon"},
			"is not of account",
			"correct IAM_PERMISSIONS_BOUNDARY",
			[]string{"permissions in the boundary"},
		},
		{"permission outside of the boundary", func(w *checkWorld) {
			w.Port.AddEntity("iam_permissions", `{"identifier":"dynamodb:GetItem","properties":{"resource_type":"S3"}}`)
		}, []string{"permissions in the boundary"}, "1 action of the permissions in Port outside of the boundary: requests for them are refused: dynamodb:GetItem", "delete them from iam_permissions", nil},
		{"no rights at all", func(w *checkWorld) { w.principal(rightsOfCheck) }, []string{"path", "rights of the daemon"}, "", "print management-policy", []string{"Identity Center"}},
		{"a right is missing", func(w *checkWorld) { w.principal(withoutPutRolePolicy, rightsOfCheck) }, []string{"rights of the daemon"}, "lacks iam:PutRolePolicy", "print management-policy", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newCheckWorld(t)
			tc.change(w)
			code, steps, _ := w.check()
			if code != exitFailed {
				t.Errorf("exit code %d", code)
			}
			slices.Sort(tc.failed)
			if diff := cmp.Diff(tc.failed, results(steps, resultFailed)); diff != "" {
				t.Fatalf("failed (-want +got):\n%s\n%+v", diff, steps)
			}
			s := steps[tc.failed[0]]
			if !strings.Contains(s.Remedy, tc.remedy) {
				s = steps[tc.failed[len(tc.failed)-1]]
			}
			if !strings.Contains(s.Why, tc.why) || !strings.Contains(s.Remedy, tc.remedy) {
				t.Errorf("%s: %q, do %q; want %q, %q", s.Step, s.Why, s.Remedy, tc.why, tc.remedy)
			}
			for _, name := range tc.skipped {
				if s := steps[name]; s.Result != resultSkipped {
					t.Errorf("%s is not skipped: %+v", name, s)
				}
			}
		})
	}
}

// TestClockOff: which way a clock is off is said in words.
func TestClockOff(t *testing.T) {
	for skew, want := range map[time.Duration]string{90 * time.Second: "1m30s ahead of AWS's", -90 * time.Second: "1m30s behind AWS's"} {
		if got := clockOff(skew, "AWS"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
