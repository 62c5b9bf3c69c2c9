package deploy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"port-iam/internal/tools/markdown"
)

func pages(t *testing.T) []markdown.Page {
	t.Helper()
	all, err := markdown.Pages(root(t))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestDocumentedShell: a shell can read what the pages tell people to type.
func TestDocumentedShell(t *testing.T) {
	for _, p := range pages(t) {
		for _, code := range p.Code("sh") {
			cmd := exec.Command("sh", "-n")
			cmd.Stdin = strings.NewReader(code)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v: %s\n%s", p.Name, err, out, code)
			}
		}
	}
}

// TestDocumentedQueries: Prometheus can read the queries of the pages.
func TestDocumentedQueries(t *testing.T) {
	requireReal(t, "promtool")
	queries := map[string]string{}
	for _, p := range pages(t) {
		for _, code := range p.Code("promql") {
			for _, query := range strings.Split(strings.TrimSpace(code), "\n") {
				query, _, _ = strings.Cut(query, " # ")
				queries[query] = p.Name
			}
		}
	}
	checkQueries(t, queries)
}

// checkQueries has Prometheus read queries, each as a rule that says where it is
// from.
func checkQueries(t *testing.T, where map[string]string) {
	t.Helper()
	var rules strings.Builder
	rules.WriteString("groups:\n  - name: queries\n    rules:\n")
	for query, from := range where {
		fmt.Fprintf(&rules, "      - record: query\n        labels: {from: %q, n: %q}\n        expr: %q\n", from, fmt.Sprint(rules.Len()), query)
	}
	file := filepath.Join(t.TempDir(), "rules.yaml")
	write(t, file, rules.String())
	t.Log(output(t, exec.Command("promtool", "check", "rules", file)))
}

var namedSetting = regexp.MustCompile(`\b(?:PORT|KAFKA|IAM|GRANT|REVOKE|EXPIRE|SWEEP|LISTEN|STATUS|LOG|AUDIT|TEMPLATES|ALLOW)_[A-Z][A-Z_]*[A-Z]\b`)

// TestDocumentedSettings: the settings that pages name are settings.
func TestDocumentedSettings(t *testing.T) {
	known := settingsOf(t)
	for _, p := range pages(t) {
		for _, name := range namedSetting.FindAllString(p.Text, -1) {
			// What begins with PORT_IAM_ is for the tests.
			if !known[name] && !strings.HasPrefix(name, "PORT_IAM_") {
				t.Errorf("%s: there is no setting %s", p.Name, name)
			}
		}
	}
}

// TestDocumentedAWS: AWS has the calls and parameters that the pages name.
func TestDocumentedAWS(t *testing.T) {
	var commands [][]string
	for _, p := range pages(t) {
		for _, c := range p.Commands() {
			if c[0] == "aws" && len(c) > 3 {
				commands = append(commands, c)
			}
		}
	}
	if len(commands) < 20 {
		t.Errorf("%d commands were found", len(commands))
	}
	text, err := json.Marshal(commands)
	if err != nil {
		t.Fatal(err)
	}
	cmd := python(t, "python", "aws_commands.py")
	cmd.Stdin = bytes.NewReader(text)
	if problems := output(t, cmd); problems != "" {
		t.Error(problems)
	}
}

// TestDocumentedChart renders the chart with the values of the command that the
// page says.
func TestDocumentedChart(t *testing.T) {
	requireReal(t, "go")
	found := false
	for _, p := range pages(t) {
		for _, c := range p.Commands() {
			if c[0] != "helm" || len(c) < 4 {
				continue
			}
			found = true
			cmd := helm(t, slices.Concat([]string{"template", "--kube-version", "1.33.0", c[2], filepath.Join(root(t), c[3])}, c[4:])...)
			output(t, cmd)
		}
	}
	if !found {
		t.Error("no page says how to install the chart")
	}
}
