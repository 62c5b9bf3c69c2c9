package deploytest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"port-iam/iamops/iamtest"
	"port-iam/internal/demo"
	"port-iam/port"
	"port-iam/port/porttest"
)

// TestLive runs the daemon under a real Prometheus: after some work every panel
// of the dashboard shows something, nothing is alerted, and each fault raises its
// alert.
func TestLive(t *testing.T) {
	requireReal(t, "prometheus")
	l := startLive(t)
	// Two scrapes before the work, so that rates have something to start from.
	eventually(t, 30*time.Second, func() string {
		if n, _ := l.query(t, `count_over_time(up{job="port-iam"}[1m]) > 3 and on (job) up == 1`); n == 0 {
			return "Prometheus does not reach the daemon"
		}
		return ""
	})
	for range 3 {
		if r := l.revoke(t, l.request(t)); r.Status != "SUCCESS" {
			t.Fatalf("revocation ended %s: %v", r.Status, r.Logs)
		}
	}
	t.Run("dashboard", func(t *testing.T) { l.dashboard(t) })
	t.Run("quiet", func(t *testing.T) {
		eventually(t, 60*time.Second, func() string { // until the first sweep
			for _, a := range alerts(t) {
				if l.firing(t, a.name, a.severity) {
					return fmt.Sprintf("%s (%s) fires although nothing is wrong", a.name, a.severity)
				}
			}
			return ""
		})
	})
	t.Run("alerts", func(t *testing.T) { l.alerts(t) })
}

// grafana stands in for what Grafana fills in.
var grafana = strings.NewReplacer("$__rate_interval", "1m", "$__range", "1h", "$job", ".+", "$instance", ".+")

func (l *live) dashboard(t *testing.T) {
	for title, queries := range readDashboard(t).queries() {
		for _, q := range queries {
			eventually(t, 45*time.Second, func() string {
				series, numbers := l.query(t, grafana.Replace(q))
				// A quantile of what has not happened is no number: expiries here.
				if numbers == 0 {
					return fmt.Sprintf("panel %q: %d series, none with a number: %s", title, series, q)
				}
				return ""
			})
		}
	}
}

// manyRequests starts runs in the middle of a fault. The function it returns ends
// the fault, and waits for the runs to end too.
func (l *live) manyRequests(t *testing.T, endFault func()) (remove func()) {
	const many = 20
	ids := make([]string, many)
	for i := range ids {
		ids[i] = l.world.Port.StartRun(grantSpec())
	}
	return func() {
		endFault()
		for _, id := range ids {
			if r := l.awaitEnd(t, id); r.Status != "SUCCESS" {
				t.Errorf("a grant ended %s after the fault: %v", r.Status, r.Logs)
			}
		}
	}
}

// loseEntities deletes what Port knows of the grants.
func (l *live) loseEntities(t *testing.T) {
	t.Helper()
	client, err := port.New(port.Options{BaseURL: l.world.PortURL, ClientID: demo.ClientID, ClientSecret: demo.ClientSecret})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range l.world.Port.Entities("provisioned_permissions") {
		if err := client.DeleteEntity(t.Context(), "provisioned_permissions", id, ""); err != nil {
			t.Fatal(err)
		}
	}
}

// alerts injects one fault after the other. Their windows overlap, so each is
// looked for only while or right after its fault lasts.
func (l *live) alerts(t *testing.T) {
	aws, portal := l.world.AWS, l.world.Port
	for _, c := range []struct {
		name, severity string
		fault          func() (remove func())
	}{
		{"PortIamIAMQuota", "critical", func() func() {
			remove := aws.Fault(iamtest.Fault{Op: "CreateRole", Code: "LimitExceeded", Status: 409, Count: -1})
			for range 3 {
				if r := l.request(t); r.Status != "FAILURE" {
					t.Errorf("a grant ended %s at the quota", r.Status)
				}
			}
			return remove
		}},
		{"PortIamGrantsFailing", "critical", nil}, // by the same fault
		{"PortIamUnreportableRuns", "warning", func() func() {
			id := portal.StartRun(grantSpec())
			log := portal.Fault(porttest.Fault{Route: "run_log", ID: id, Status: 422, Count: -1})
			patch := portal.Fault(porttest.Fault{Route: "run_patch", ID: id, Status: 422, Count: -1})
			return func() { log(); patch() }
		}},
		{"PortIamForeignObject", "warning", func() func() {
			aws.AddRoleSession("/port-iam/", "Permission-by-hand", "somebody")
			return func() {}
		}},
		{"PortIamPortThrottled", "warning", func() func() {
			return l.manyRequests(t, portal.Fault(porttest.Fault{Route: "run_get", Status: 429, Count: -1}))
		}},
		{"PortIamIAMThrottled", "warning", func() func() {
			return l.manyRequests(t, aws.Fault(iamtest.Fault{Op: "CreateRole", Code: "Throttling", Count: -1}))
		}},
		{"PortIamAccessDenied", "warning", func() func() {
			remove := aws.Fault(iamtest.Fault{Op: "CreatePolicy", Code: "AccessDenied", Status: 403, Count: -1})
			l.request(t)
			return remove
		}},
		{"PortIamSecurityEvents", "critical", func() func() {
			id := portal.StartRun(porttest.RunSpec{Action: "request_permissions", Entity: porttest.SampleBucket, Requester: requester, RequiredApproval: true})
			forged := strings.ReplaceAll(string(portal.Message(id, porttest.FormTemplated)), id, "r_0000000000000000")
			if err := l.world.Produce(t.Context(), []byte(forged)); err != nil {
				t.Fatal(err)
			}
			return func() {}
		}},
		// The throttled grants above have succeeded: enough for the brake.
		{"PortIamSweeperStopped", "critical", func() func() {
			l.loseEntities(t)
			return func() {}
		}},
		{"PortIamGrantsUnsettled", "warning", nil}, // by the same fault
		{"PortIamClockSkew", "critical", func() func() {
			aws.SetClockSkew(2 * time.Minute)
			return func() { aws.SetClockSkew(0) }
		}},
		{"PortIamCredentialsRejected", "critical", func() func() {
			aws.RejectCredentials(true)
			return func() { aws.RejectCredentials(false) }
		}},
		{"PortIamNotReady", "critical", func() func() {
			portal.RejectCredentials(true)
			return func() { portal.RejectCredentials(false) }
		}},
		{"PortIamRestarting", "warning", func() func() {
			for range 4 {
				l.stopDaemon()
				l.stopDaemon = l.startDaemon()
				l.awaitReady(t)
				l.awaitStart(t)
			}
			return func() {}
		}},
		{"PortIamDown", "critical", func() func() {
			l.stopDaemon()
			return func() {}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.fault != nil {
				eventually(t, 60*time.Second, func() string { // until the fault before is overcome
					if l.firing(t, c.name, c.severity) {
						return "fires before its fault"
					}
					return ""
				})
				defer c.fault()()
			}
			l.awaitFiring(t, c.name, c.severity)
		})
	}
}
