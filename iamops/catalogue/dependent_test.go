package catalogue

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// actionName finds the actions that a text names.
var actionName = regexp.MustCompile(`[a-z0-9-]+:[A-Z][A-Za-z0-9]*`)

// TestDependentActions: where AWS's reference names dependent actions of an action,
// companions name each of them to who asks for it, on every kind of resource on which it
// can be granted. Else testdata/dependent_words.txt says which of their words stand for
// it, or the reviewed reasons of testdata/dependent.txt why nothing is said.
func TestDependentActions(t *testing.T) {
	c := shared(t)
	by := toldDependents{rows: companionRows(), words: readWords(t, "testdata/dependent_words.txt"), reviewed: readReasons(t, "testdata/dependent.txt")}
	for _, of := range readSentry(t) {
		s, err := c.service(of.Prefix)
		if err != nil {
			t.Fatal(err)
		}
		if s == nil {
			continue
		}
		for name := range of.Privileges {
			full, dependent := of.Prefix+":"+name, of.dependent(name)
			a := s.find(name)
			if a == nil || deniedAlways(full) != "" || len(dependent) == 0 {
				continue
			}
			for _, k := range grantedOn(t, c, s, a) {
				for _, d := range by.untold(full, k, dependent) {
					t.Errorf("%s on %s also needs %s, says AWS, and no row of the companions says so", full, k.arn.text, d)
				}
			}
		}
	}
	t.Logf("%d dependent actions are named, %d are among what the words of a row stand for, %d have a reviewed reason", by.named, by.summed, by.silent)
	if all := by.named + by.summed + by.silent; all < 3000 || by.silent*6 > all {
		t.Errorf("of %d dependent actions nothing is said of %d: one of six at most", all, by.silent)
	}
	by.reviewed.check(t)
	by.words.check(t)
}

// toldDependents is what says something of dependent actions, and how many each does.
type toldDependents struct {
	rows                  []companion
	words                 *words
	reviewed              *reasons
	named, summed, silent int
}

// untold are those dependent actions of an action on a kind of resource of which nothing
// says anything.
func (by *toldDependents) untold(action string, k kind, dependent []string) (out []string) {
	about := rowsOn(by.rows, action, k)
	if slices.ContainsFunc(about, func(row companion) bool { return row.does == refuse && len(row.unless) == 0 }) {
		return nil // nothing that could be added helps
	}
	for _, d := range dependent {
		switch {
		case d == action:
		case slices.ContainsFunc(about, func(row companion) bool { return row.names(d) }):
			by.named++
		case by.words.standFor(about, d):
			by.summed++
		case by.reviewed.explain(action, d):
			by.silent++
		default:
			out = append(out, d)
		}
	}
	return out
}

// rowsOn are the companions of an action on each resource of a kind, whatever its name
// is.
func rowsOn(rows []companion, action string, k kind) []companion {
	return slices.DeleteFunc(slices.Clone(rows), func(row companion) bool {
		return row.when != nil || matching(row.asked, action) == "" || !row.fits(k)
	})
}

// names reports whether a row names an action, or adds it.
func (c *companion) names(action string) bool {
	return slices.Contains(c.actions, action) || slices.Contains(actionName.FindAllString(c.text, -1), action)
}

// words say which actions some words in the texts of the companions stand for.
type words struct {
	file string
	rows []wordsRow
}

type wordsRow struct {
	words    string
	patterns []string
	used     []bool // of each pattern
}

// readWords reads a file of lines "WORDS | PATTERN PATTERN ...".
func readWords(t *testing.T, file string) *words {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	out := &words{file: file}
	for l := range strings.Lines(string(text)) {
		if l = strings.TrimSpace(l); l == "" || l[0] == '#' {
			continue
		}
		said, patterns, _ := strings.Cut(l, "|")
		row := wordsRow{words: strings.TrimSpace(said), patterns: strings.Fields(patterns)}
		row.used = make([]bool, len(row.patterns))
		for _, p := range row.patterns {
			if _, action, _ := strings.Cut(p, ":"); strings.Trim(action, "*") == "" {
				t.Errorf("%s: no words stand for %s", file, p)
			}
		}
		out.rows = append(out.rows, row)
	}
	if len(out.rows) > maxReasons {
		t.Errorf("%s has %d rows, and %d are allowed", file, len(out.rows), maxReasons)
	}
	return out
}

// standFor reports whether a text of these rows has words that stand for an action.
func (w *words) standFor(rows []companion, action string) bool {
	found := false
	for _, of := range w.rows {
		if !slices.ContainsFunc(rows, func(row companion) bool { return strings.Contains(row.text, of.words) }) {
			continue
		}
		for i, p := range of.patterns {
			if Match(p, action) {
				of.used[i], found = true, true
			}
		}
	}
	return found
}

// check reports the patterns that stand for nothing.
func (w *words) check(t *testing.T) {
	t.Helper()
	for _, row := range w.rows {
		for i, p := range row.patterns {
			if !row.used[i] {
				t.Errorf("%s: no row says %q where AWS names %s", w.file, row.words, p)
			}
		}
	}
}

// dependent are the dependent actions of an action on any of its types.
func (s sentryService) dependent(action string) []string {
	var out []string
	for _, r := range s.Privileges[action].ResourceTypes {
		for _, d := range r.Dependent {
			out = append(out, strings.TrimSpace(d))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// grantedOn returns each kind of resource on which an action can be granted, with what is
// related to it where that is needed.
func grantedOn(t *testing.T, c *Catalogue, s *service, a *action) (out []kind) {
	t.Helper()
	for _, n := range a.types {
		for _, p := range s.types[n].patterns {
			entity, bad := parseARN(instance(p, "name-1"), "aws", testAccount)
			if bad != nil {
				continue
			}
			k, err := c.kindOf(entity, s)
			if err != nil {
				t.Fatal(err)
			}
			_, missing := kinds{k}.reach(s, a)
			if k.touches(s, a.types) && !slices.ContainsFunc(missing, func(n need) bool { return n.made }) {
				out = append(out, k)
			}
		}
	}
	return out
}
