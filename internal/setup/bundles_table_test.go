package setup_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/internal/setup"
)

const bundlesPage = "../../docs/bundles.md"

// bundleTable is the bundles as docs/bundles.md shows them: one for encrypted resources
// in the row of its other.
func bundleTable() string {
	var b strings.Builder
	b.WriteString("\n| bundle | title in Port | what it is good for | actions | `-encrypted` has also |\n|---|---|---|---|---|\n")
	onKey := map[string][]string{}
	all := setup.Bundles()
	for _, bundle := range all {
		if id, is := strings.CutSuffix(bundle.ID, "-encrypted"); is {
			onKey[id] = bundle.Actions
		}
	}
	for _, bundle := range all {
		if strings.HasSuffix(bundle.ID, "-encrypted") {
			continue
		}
		key := "–"
		if both := onKey[bundle.ID]; both != nil {
			key = listed(both[len(bundle.Actions):])
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", bundle.ID, bundle.Title, bundle.Meaning, listed(bundle.Actions), key)
	}
	return b.String() + "\n"
}

func listed(actions []string) string { return "`" + strings.Join(actions, "`, `") + "`" }

// TestBundleTable holds the table in docs/bundles.md against the bundles.
func TestBundleTable(t *testing.T) {
	const begin, end = "<!-- bundles: begin (make generate) -->\n", "<!-- bundles: end -->"
	text, err := os.ReadFile(bundlesPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	table, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the bundles between %q and %q", bundlesPage, begin, end)
	}
	want := bundleTable()
	if *update {
		if err := os.WriteFile(bundlesPage, []byte(before+begin+want+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, table); diff != "" {
		t.Errorf("the table in %s differs from the bundles (-want +got), run `make generate`:\n%s", bundlesPage, diff)
	}
}
