package deploytest

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var (
	metricName = regexp.MustCompile(`\b(port_iam|process|go)_[a-z0-9_]+\b`)
	recorded   = regexp.MustCompile(`\bport_iam:[a-z0-9_:]+\b`)
	histogram  = regexp.MustCompile(`_(bucket|sum|count)$`)
	comment    = regexp.MustCompile(`(?m)^\s*#.*$`)
	metricsAt  = regexp.MustCompile(`metrics: +(http://[^ ,]+/metrics)`)
)

// TestMetricNames: every metric in the rules, on the dashboard and in the runbooks
// is one that the daemon serves.
func TestMetricNames(t *testing.T) {
	served := servedByDemo(t)
	text := map[string]string{
		"rules.yaml":     comment.ReplaceAllString(read(t, rulesDir, "rules.yaml"), ""),
		"port-iam.json":  read(t, "deploy/grafana/port-iam.json"),
		"the unit tests": comment.ReplaceAllString(read(t, rulesDir, "tests.yaml"), ""),
	}
	pages, err := filepath.Glob(filepath.Join(root(t), runbooks, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		text[filepath.Base(p)] = read(t, runbooks, filepath.Base(p))
	}
	for where, content := range text {
		for _, name := range metricName.FindAllString(content, -1) {
			base := histogram.ReplaceAllString(name, "")
			if !served[name] && !served[base] {
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

// servedByDemo returns the names of all metrics that the demo serves.
func servedByDemo(t *testing.T) map[string]bool {
	t.Helper()
	cmd := exec.Command(build(t, root(t)), "demo")
	in, out := io.Pipe()
	t.Cleanup(func() { _ = out.Close() })
	cmd.Stdout = out
	start(t, cmd)
	found := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(in); lines.Scan(); {
			if m := metricsAt.FindStringSubmatch(lines.Text()); m != nil {
				select {
				case found <- m[1]:
				default: // the story names the address more than once
				}
			}
		}
	}()
	select {
	case url := <-found:
		var names map[string]bool
		eventually(t, 60*time.Second, func() string { // the lag is measured from time to time
			names = scrape(t, url)
			if !names["port_iam_consumer_lag_records"] {
				return "the lag is not measured"
			}
			return ""
		})
		return names
	case <-time.After(60 * time.Second):
		t.Fatal("the demo does not say where its metrics are")
	}
	return nil
}

// scrape returns the names of the metrics at a URL.
func scrape(t *testing.T, url string) map[string]bool {
	t.Helper()
	_, body := fetch(t, url)
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

// fetch gets a page; status 0 means that there was no answer.
func fetch(t *testing.T, url string) (status int, body string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(text)
}
