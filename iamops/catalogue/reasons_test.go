package catalogue

import (
	"os"
	"strings"
	"testing"
)

// reasons is a reviewed list of exceptions. A line is some patterns, as of
// actions, and the reason, which names the page that gives it.
type reasons struct {
	file string
	rows []reasonRow
}

type reasonRow struct {
	patterns []string
	used     bool
}

// maxReasons is the most rows that one person can be asked to read.
const maxReasons = 150

// readReasons reads a file of lines "PATTERN PATTERN ... | reason".
func readReasons(t *testing.T, file string) *reasons {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	out := &reasons{file: file}
	for l := range strings.Lines(string(text)) {
		if l = strings.TrimSpace(l); l == "" || l[0] == '#' {
			continue
		}
		patterns, why, _ := strings.Cut(l, "|")
		if len(strings.Fields(why)) < 3 {
			t.Errorf("%s gives no reason in %q", file, l)
		}
		out.rows = append(out.rows, reasonRow{patterns: strings.Fields(patterns)})
	}
	if len(out.rows) > maxReasons {
		t.Errorf("%s has %d rows, and %d are allowed", file, len(out.rows), maxReasons)
	}
	return out
}

// explain reports whether a row fits these names.
func (r *reasons) explain(names ...string) bool {
	found := false
	for i := range r.rows {
		if row := &r.rows[i]; row.fits(names) {
			row.used, found = true, true
		}
	}
	return found
}

func (r *reasonRow) fits(names []string) bool {
	if len(r.patterns) != len(names) {
		return false
	}
	for i, p := range r.patterns {
		if !Match(p, names[i]) {
			return false
		}
	}
	return true
}

// check reports the rows that explained nothing.
func (r *reasons) check(t *testing.T) {
	t.Helper()
	for _, row := range r.rows {
		if !row.used {
			t.Errorf("%s: %v explains nothing any more", r.file, row.patterns)
		}
	}
}
