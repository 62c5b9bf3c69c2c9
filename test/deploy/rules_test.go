package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const rulesDir = "deploy/prometheus"

// TestRules has Prometheus check the rules and run their unit tests.
func TestRules(t *testing.T) {
	requireReal(t, "promtool")
	for _, args := range [][]string{
		{"check", "config", "prometheus.yaml"}, // which names the rules
		{"test", "rules", "tests.yaml"},
	} {
		cmd := exec.Command("promtool", args...)
		cmd.Dir = filepath.Join(root(t), rulesDir)
		t.Log(strings.TrimSpace(output(t, cmd)))
	}
}

// alert is what the text of a rule says about an alert.
type alert struct{ name, severity, text string }

var alertName = regexp.MustCompile(`^(\w+)\n`)

// alerts are the alerts of the rules, in their order; a name can be there twice.
func alerts(t *testing.T) []alert {
	t.Helper()
	var all []alert
	for _, text := range strings.Split(read(t, rulesDir, "rules.yaml"), "      - alert: ")[1:] {
		text, _, _ = strings.Cut(text, "\n  - name: ")
		m := alertName.FindStringSubmatch(text)
		if m == nil {
			t.Fatalf("cannot read an alert in:\n%s", text)
		}
		a := alert{name: m[1], text: text}
		if m := regexp.MustCompile(`\n          severity: (\w+)\n`).FindStringSubmatch(text); m != nil {
			a.severity = m[1]
		}
		all = append(all, a)
	}
	if len(all) < 15 {
		t.Fatalf("rules.yaml holds %d alerts only", len(all))
	}
	return all
}

// TestAlerts: every alert says how bad it is and what to do.
func TestAlerts(t *testing.T) {
	tests := read(t, rulesDir, "tests.yaml")
	for _, a := range alerts(t) {
		if a.severity != "critical" && a.severity != "warning" {
			t.Errorf("%s: severity %q", a.name, a.severity)
		}
		for _, want := range []string{
			"\n        for: ", "\n          summary: ", "\n          description: ",
			"\n          runbook: docs/runbooks/" + a.name + ".md\n",
		} {
			if !strings.Contains(a.text, want) {
				t.Errorf("%s (%s) lacks %q", a.name, a.severity, strings.TrimSpace(want))
			}
		}
		for _, want := range []string{
			"alertname: " + a.name + "\n        exp_alerts:\n",  // it fires
			"alertname: " + a.name + "\n        exp_alerts: []", // it keeps quiet
		} {
			if !strings.Contains(tests, want) {
				t.Errorf("%s: tests.yaml has no case %q", a.name, want)
			}
		}
	}
}

const runbooks = "docs/runbooks"

// TestRunbooks: every alert has a page, and every page an alert and the same
// four questions.
func TestRunbooks(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(root(t), runbooks, "PortIam*.md"))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, a := range alerts(t) {
		want = append(want, filepath.Join(root(t), runbooks, a.name+".md"))
	}
	slices.Sort(want)
	if want = slices.Compact(want); !slices.Equal(pages, want) {
		t.Errorf("runbooks:\n%s\nalerts:\n%s", strings.Join(pages, "\n"), strings.Join(want, "\n"))
	}
	index := read(t, runbooks, "README.md")
	for _, page := range pages {
		name := strings.TrimSuffix(filepath.Base(page), ".md")
		if !strings.Contains(index, "]("+name+".md)") {
			t.Errorf("README.md does not name %s", name)
		}
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if got := headings(string(text)); got != "# "+name+"|## What it means|## What users feel|## How to confirm|## What to do" {
			t.Errorf("%s has the headings %s", name, got)
		}
	}
}

// headings leaves out what stands in code, where # begins a comment.
func headings(text string) string {
	var out []string
	code := false
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "```") {
			code = !code
		}
		if !code && strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	return strings.Join(out, "|")
}
