package deploy

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestLive runs two instances of the daemon under a real Prometheus: after some
// work every panel of the dashboard shows something, nothing is alerted, and each
// fault raises its alert.
func TestLive(t *testing.T) {
	requireReal(t, "prometheus")
	l := startLive(t)
	// Two scrapes before the work, so that rates have something to start from.
	eventually(t, 30*time.Second, func() string {
		if n, _ := l.query(t, `count_over_time(up{job="port-iam"}[1m]) > 3 and up == 1`); n < len(l.instances) {
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
				if l.firing(t, a.name+" "+a.severity) {
					return fmt.Sprintf("%s (%s) fires although nothing is wrong", a.name, a.severity)
				}
			}
			return ""
		})
	})
	t.Run("alerts", func(t *testing.T) { l.alerts(t) })
}

// grafana stands in for what Grafana fills in.
var grafana = strings.NewReplacer("$__rate_interval", "1m", "$__range", "1h", "$job", ".+", "$release", ".*", "$instance", ".+", "$account", ".*")

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

// alerts injects one fault after the other. Their windows overlap, so the alerts
// of each are looked for only while it lasts.
func (l *live) alerts(t *testing.T) {
	for _, f := range faults() {
		t.Run(f.raises[0], func(t *testing.T) {
			eventually(t, 60*time.Second, func() string { // until the fault before is overcome
				for _, a := range f.raises {
					if l.firing(t, a) {
						return a + " fires before its fault"
					}
				}
				return ""
			})
			defer f.begin(t, l)()
			for _, a := range f.raises {
				l.awaitFiring(t, a)
			}
		})
	}
}
