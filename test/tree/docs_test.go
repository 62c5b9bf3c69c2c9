package tree

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"port-iam/internal/tools/markdown"
)

const root = "../.."

func pages(t *testing.T) []markdown.Page {
	t.Helper()
	all, err := markdown.Pages(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 30 {
		t.Fatalf("%d pages only", len(all))
	}
	return all
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	notKept = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors are what links can point at in a page.
func anchors(p markdown.Page) map[string]bool {
	all := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(p.Prose(), -1) {
		all[strings.ReplaceAll(notKept.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
	}
	return all
}

// TestLinks: links within the tree lead somewhere.
func TestLinks(t *testing.T) {
	all, checked := pages(t), 0
	headings := map[string]map[string]bool{}
	for _, p := range all {
		headings[p.Name] = anchors(p)
	}
	for _, p := range all {
		for _, m := range link.FindAllStringSubmatch(p.Prose(), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			checked++
			file, anchor, _ := strings.Cut(m[1], "#")
			target := p.Name
			if file != "" {
				target = path.Join(path.Dir(p.Name), file)
			}
			if _, err := os.Stat(filepath.Join(root, target)); err != nil {
				t.Errorf("%s: %v", p.Name, err)
			}
			if anchor != "" && !headings[target][anchor] {
				t.Errorf("%s: %s has no heading #%s", p.Name, target, anchor)
			}
		}
	}
	if checked < 60 {
		t.Errorf("%d links were found", checked)
	}
}

var (
	makeTarget = regexp.MustCompile(`(?m)^([a-z-]+):`)
	ofTree     = regexp.MustCompile(`^(?:file://)?(\.?/?(?:cmd|consumer|deploy|docs|grants|iamops|internal|port|templates|test|\.ci)/[\w./-]*)`)
)

// TestNamedFiles: the targets of make and the files that pages name exist.
func TestNamedFiles(t *testing.T) {
	makefile := read(t, "Makefile")
	targets := map[string]bool{"…": true}
	for _, m := range makeTarget.FindAllStringSubmatch(makefile, -1) {
		targets[m[1]] = true
	}
	for _, p := range pages(t) {
		for _, command := range p.Commands() {
			if command[0] == "make" {
				for _, target := range command[1:] {
					name, _, isVariable := strings.Cut(target, "=")
					switch {
					case isVariable && !strings.Contains(makefile, "$("+name+")"):
						t.Errorf("%s: make knows no variable %s", p.Name, name)
					case !isVariable && !targets[target]:
						t.Errorf("%s: make has no target %s", p.Name, target)
					}
				}
			}
			if command[0] == "kubectl" {
				continue // deploy/port-iam is a name there
			}
			for _, w := range command {
				m := ofTree.FindStringSubmatch(w)
				if m == nil || strings.Contains(w, "…") || strings.Contains(w, "*") {
					continue
				}
				if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
					t.Errorf("%s names %s: %v", p.Name, w, err)
				}
			}
		}
	}
}

var testName = regexp.MustCompile(`^(?:Test|Fuzz|Benchmark)[A-Z]\w+$`)

// TestNamedTests: the tests that pages name exist.
func TestNamedTests(t *testing.T) {
	var code strings.Builder
	if err := filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		code.Write(text)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, p := range pages(t) {
		for _, s := range p.Spans() {
			if testName.MatchString(s) && !strings.Contains(code.String(), "\nfunc "+s+"(") {
				t.Errorf("%s: there is no %s", p.Name, s)
			}
		}
	}
}

var (
	ruleHeading = regexp.MustCompile(`(?m)^### (\d+)\. `)
	namedRule   = regexp.MustCompile(`\brules? (\d+)(?: (?:to|and) (\d+))?\b`)
)

// TestNamedRules: the rules of docs/guarantees.md are counted without a gap, each
// says what shows it, and what pages and comments call a rule is one.
func TestNamedRules(t *testing.T) {
	const page = "docs/guarantees.md"
	text := read(t, page)
	starts := ruleHeading.FindAllStringSubmatchIndex(text, -1)
	for i, at := range starts {
		rule, _, _ := strings.Cut(text[at[1]:], "\n##")
		if n := text[at[2]:at[3]]; n != strconv.Itoa(i+1) {
			t.Errorf("%s: rule %s comes where %d is expected", page, n, i+1)
		}
		if !strings.Contains(rule, "*Shown by*") && !strings.Contains(rule, "*Not yet built") {
			t.Errorf("%s: rule %d does not say what shows it", page, i+1)
		}
	}
	texts := map[string]string{}
	for _, p := range pages(t) {
		texts[p.Name] = p.Text
	}
	if err := filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		code, err := os.ReadFile(path)
		texts[path] = string(code)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	found := 0
	for name, text := range texts {
		for _, m := range namedRule.FindAllStringSubmatch(text, -1) {
			for _, number := range m[1:] {
				if n, err := strconv.Atoi(number); err == nil && (n < 1 || n > len(starts)) {
					t.Errorf("%s names rule %d, and %s has %d", name, n, page, len(starts))
				}
			}
			found++
		}
	}
	if len(starts) < 17 || found < 5 {
		t.Errorf("%d rules, named %d times", len(starts), found)
	}
}
