package policies

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/iamops/catalogue"
)

const security = "../../docs/security.md"

func securityDoc(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(security)
	noError(t, err)
	return string(text)
}

// Tests are named in docs/security.md as `TestA`, `TestB` (package).
var (
	namedTests = regexp.MustCompile("((?:`(?:Test|Fuzz)\\w+`[,\\s]*)+)\\((\\w+)\\)")
	testName   = regexp.MustCompile(`(?:Test|Fuzz)\w+`)
)

// TestSecurityDoc: each test that the document names exists, where it says.
func TestSecurityDoc(t *testing.T) {
	dirs := map[string]string{
		"templates": "templates", "grants": "grants", "port": "port", "consumer": "consumer", "iamops": "iamops",
		"catalogue": "iamops/catalogue", "iamtest": "iamops/iamtest", "policies": "test/policies",
		"e2e": "test/e2e", "deploy": "test/deploy", "main": "cmd/port-iam",
	}
	text := securityDoc(t)
	found := 0
	for _, m := range namedTests.FindAllStringSubmatch(text, -1) {
		dir, known := dirs[m[2]]
		if !known {
			t.Errorf("there is no package (%s)", m[2])
			continue
		}
		code := source(t, filepath.Join("../..", dir))
		for _, name := range testName.FindAllString(m[1], -1) {
			found++
			if !strings.Contains(code, "\nfunc "+name+"(") {
				t.Errorf("%s is not in %s", name, dir)
			}
		}
	}
	if all := len(testName.FindAllString(text, -1)); found != all || found < 40 {
		t.Errorf("%d of %d names of tests are followed by their package", found, all)
	}
}

// TestSecurityDocNamesActions: AWS has every service and action that the document
// names, and the table of services is the list of the code.
func TestSecurityDocNamesActions(t *testing.T) {
	known, err := catalogue.Open()
	noError(t, err)
	text := securityDoc(t)
	checked := 0
	for _, m := range regexp.MustCompile(`\b([a-z0-9-]+):([A-Z][A-Za-z]+|connect)\b(\*?)`).FindAllStringSubmatch(text, -1) {
		if m[1] == "aws" {
			continue // a condition key
		}
		actions, err := known.Actions(m[1])
		noError(t, err)
		checked++
		if !slices.ContainsFunc(actions, func(a catalogue.Action) bool {
			return a.Name == m[1]+":"+m[2] || m[3] == "*" && strings.HasPrefix(a.Name, m[1]+":"+m[2])
		}) {
			t.Errorf("AWS has no %s", m[0])
		}
	}
	if checked < 20 {
		t.Errorf("%d actions were found", checked)
	}
	_, table, _ := strings.Cut(text, "| services | why |")
	table, _, _ = strings.Cut(table, "\n\n")
	var listed []string
	for row := range strings.Lines(table) {
		if cells := strings.Split(row, "|"); len(cells) > 2 {
			for _, m := range regexp.MustCompile("`([a-z0-9-]+)`").FindAllStringSubmatch(cells[1], -1) {
				listed = append(listed, m[1])
			}
		}
	}
	slices.Sort(listed)
	if diff := cmp.Diff(catalogue.DeniedServices(), listed); diff != "" {
		t.Errorf("services never granted (-code +document):\n%s", diff)
	}
}

// source is the code of all tests in a directory.
func source(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	noError(t, err)
	var code strings.Builder
	for _, f := range files {
		text, err := os.ReadFile(f)
		noError(t, err)
		code.Write(text)
	}
	return code.String()
}
