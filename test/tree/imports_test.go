package tree

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "port-iam"

// pkg is what `go list` says about a package. Tests may import more: they
// build the worlds that a package runs in.
type pkg struct {
	ImportPath, Doc string
	Imports         []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Doc,Imports", module+"/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < 8 {
		t.Fatalf("go list found %d packages only", len(all))
	}
	return all
}

// ours is what a package of the product may import of the tree.
var ours = map[string][]string{
	"consumer":         {"port", "internal/pulse"},
	"grants":           {"port", "iamops", "templates", "internal/audit", "internal/priority", "internal/pulse"},
	"iamops":           {"templates", "iamops/catalogue", "internal/priority"},
	"iamops/catalogue": {},
	"port":             {},
	"templates":        {},
}

// reserved names who alone may import something, by the beginning of its path.
// Doubles, the demo and test tools are not the product and may import all.
var reserved = map[string][]string{
	"github.com/twmb/franz-go":              {"consumer"},
	"github.com/aws/aws-sdk-go-v2/service":  {"iamops"},
	"github.com/aws/aws-sdk-go-v2":          {"iamops", "cmd/port-iam"},
	"github.com/kelseyhightower/envconfig":  {"cmd/port-iam"},
	"github.com/spf13/cobra":                {"cmd/port-iam"},
	"os/signal":                             {"cmd/port-iam"},
	"net/http":                              {"port", "cmd/port-iam", "iamops"},
	"embed":                                 {"templates", "iamops/catalogue"},
	"github.com/cenkalti/backoff":           {"port"},
	"github.com/prometheus/client_golang/p": {"consumer", "grants", "iamops", "port", "cmd/port-iam"},
}

func product(path string) bool {
	_, known := ours[path]
	return known || path == "cmd/port-iam"
}

func TestImports(t *testing.T) {
	seen := 0
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		if !product(name) {
			continue
		}
		seen++
		for _, imported := range p.Imports {
			if own, ok := strings.CutPrefix(imported, module+"/"); ok {
				if allowed, limited := ours[name]; limited && !slices.Contains(allowed, own) {
					t.Errorf("%s imports %s: it may import of the tree only %v", name, own, allowed)
				}
				continue
			}
			for prefix, who := range reserved {
				if strings.HasPrefix(imported, prefix) && !slices.Contains(who, name) {
					t.Errorf("%s imports %s, which only %v may", name, imported, who)
				}
			}
		}
	}
	if seen < 6 {
		t.Errorf("only %d packages of the product were checked", seen)
	}
}

// TestOnlyTestsImportTests: suites and kits are imported by tests and by each
// other. Imports of test files are not in the list of `go list`.
func TestOnlyTestsImportTests(t *testing.T) {
	const suites = module + "/test/"
	for _, p := range packages(t) {
		for _, imported := range p.Imports {
			if strings.HasPrefix(imported, suites) && !strings.HasPrefix(p.ImportPath, suites) {
				t.Errorf("%s imports %s, which only tests may", p.ImportPath, imported)
			}
		}
	}
}

// TestPackageDocs holds every package to a doc comment that begins the usual way.
func TestPackageDocs(t *testing.T) {
	for _, p := range packages(t) {
		if p.Doc == "" && !strings.HasSuffix(p.ImportPath, "_test") {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}
