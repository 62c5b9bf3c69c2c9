package catalogue

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestMissingIsExact: of what an action needs, just that is missing which the rows of
// testdata/needs.txt say, no more and no less. Rows that a companion refuses miss
// nothing.
func TestMissingIsExact(t *testing.T) {
	c := shared(t)
	text, err := os.ReadFile("testdata/needs.txt")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for l := range strings.Lines(string(text)) {
		fields := strings.Split(l, "|")
		if len(fields) != 5 || l[0] == '#' {
			continue
		}
		keys, needs := strings.CutPrefix(strings.TrimSpace(fields[3]), "needs ")
		if missing := missingOf(t, c, strings.TrimSpace(fields[0]), strings.TrimSpace(fields[1]), strings.Fields(fields[2])); needs && len(missing) > 0 {
			rows++
			want := strings.Split(keys, ",")
			if len(want) != len(missing) || slices.ContainsFunc(want, func(key string) bool {
				return !slices.ContainsFunc(missing, func(any []string) bool { return slices.Contains(any, key) })
			}) {
				t.Errorf("%s: %q is missing", strings.TrimSpace(l), missing)
			}
		}
	}
	if rows < 100 {
		t.Errorf("%d rows", rows)
	}
}

// missingOf returns the unmet needs of an action, each as the types that would meet it,
// with their service.
func missingOf(t *testing.T, c *Catalogue, name, entity string, related []string) (out [][]string) {
	t.Helper()
	w := newWork(c, Request{Account: "123456789012", Partition: "aws", Entity: entity, Related: related})
	if _, err := w.findResources(); err != nil || len(w.resources) == 0 {
		t.Fatalf("%s: %v", entity, err)
	}
	s, a, refusal, err := c.grantable(name, Rules{Allow: []string{"*:*"}})
	if err != nil || refusal != nil {
		t.Fatalf("%s: %v, %v", name, refusal, err)
	}
	ks, err := w.kinds(s)
	if err != nil {
		t.Fatal(err)
	}
	_, missing := ks.reach(s, a)
	for _, n := range missing {
		var types []string
		for _, i := range n.types {
			types = append(types, s.prefix+" "+s.types[i].key)
		}
		out = append(out, types)
	}
	return out
}
