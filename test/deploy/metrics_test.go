package deploy

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"port-iam/test/kit/daemontest"
)

var (
	metricName = regexp.MustCompile(`\b(port_iam|process|go)_[a-z0-9_]+\b`)
	recorded   = regexp.MustCompile(`\bport_iam:[a-z0-9_:]+\b`)
	histogram  = regexp.MustCompile(`_(bucket|sum|count)$`)
	comment    = regexp.MustCompile(`(?m)^\s*#.*$`)
)

// TestMetricNames: every metric in the rules, on the dashboard and on the pages
// is one that the daemon serves.
func TestMetricNames(t *testing.T) {
	served := servedByDemo(t)
	text := map[string]string{
		"rules.yaml":     comment.ReplaceAllString(read(t, rulesDir, "rules.yaml"), ""),
		"port-iam.json":  read(t, "deploy/grafana/port-iam.json"),
		"the unit tests": comment.ReplaceAllString(read(t, rulesDir, "tests.yaml"), ""),
	}
	for _, p := range pages(t) {
		text[p.Name] = p.Text
	}
	for where, content := range text {
		for _, name := range metricName.FindAllString(content, -1) {
			base := histogram.ReplaceAllString(name, "")
			if !served[name] && !served[base] && !isFamily(served, name) {
				t.Errorf("%s uses %s, which the daemon does not serve", where, name)
			}
		}
		for _, name := range recorded.FindAllString(content, -1) {
			if !strings.Contains(text["rules.yaml"], "- record: "+name+"\n") {
				t.Errorf("%s uses %s, which no rule records", where, name)
			}
		}
	}
}

// isFamily: what ends in _ stands for the names that begin with it.
func isFamily(served map[string]bool, name string) bool {
	for s := range served {
		if strings.HasSuffix(name, "_") && strings.HasPrefix(s, name) {
			return true
		}
	}
	return false
}

// servedByDemo returns the names of all metrics that the demo serves.
func servedByDemo(t *testing.T) (names map[string]bool) {
	t.Helper()
	url := demoSays(t, build(t, root(t)), `   metrics: +(http://[^ ,]+/metrics)`)
	eventually(t, 60*time.Second, func() string { // the lag is measured from time to time
		names = scrape(t, url)
		if !names["port_iam_consumer_lag_records"] {
			return "the lag is not measured"
		}
		return ""
	})
	return names
}

// scrape returns the names of the metrics at a URL.
func scrape(t *testing.T, url string) map[string]bool {
	t.Helper()
	_, body := daemontest.Fetch(t, url)
	names := map[string]bool{}
	for _, line := range strings.Split(body, "\n") {
		if rest, ok := strings.CutPrefix(line, "# TYPE "); ok {
			names[strings.Fields(rest)[0]] = true
		}
	}
	if len(names) < 10 {
		t.Fatalf("%s serves %d metrics only", url, len(names))
	}
	return names
}
