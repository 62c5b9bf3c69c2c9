package catalogue

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestMissingIsExact: of what an action needs, just that is missing which the rows of
// testdata/needs.txt say, no more and no less. Where the catalogue misses no resource, a
// companion refuses the action and names what the row says.
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
		needs, needed := strings.CutPrefix(strings.TrimSpace(fields[3]), "needs ")
		if !needed {
			continue
		}
		rows++
		keys := strings.Split(needs, ",")
		missing, refusals := missingOf(t, c, strings.TrimSpace(fields[0]), strings.TrimSpace(fields[1]), strings.Fields(fields[2]))
		if len(missing) == 0 {
			if !slices.ContainsFunc(refusals, func(text string) bool { return len(keys) == 1 && namesNeed(text, keys[0]) }) {
				t.Errorf("%s: nothing is missing, and the companions refuse it with %q", strings.TrimSpace(l), refusals)
			}
			continue
		}
		if len(keys) != len(missing) || slices.ContainsFunc(keys, func(key string) bool {
			return !slices.ContainsFunc(missing, func(any []string) bool { return slices.Contains(any, key) })
		}) {
			t.Errorf("%s: %q is missing", strings.TrimSpace(l), missing)
		}
	}
	if rows < 170 {
		t.Errorf("%d rows", rows)
	}
}

// namesNeed reports whether a text names "SERVICE ACTION", or the words of "SERVICE TYPE".
func namesNeed(text, key string) bool {
	service, what, _ := strings.Cut(key, " ")
	return slices.Contains(actionName.FindAllString(text, -1), service+":"+what) || strings.Contains(text, " "+strings.ReplaceAll(what, "-", " ")+" ")
}

// missingOf returns the unmet needs of an action, each as the types that would meet it,
// with their service, and the texts of the companions that refuse it on the entity.
func missingOf(t *testing.T, c *Catalogue, name, entity string, related []string) (out [][]string, refusals []string) {
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
	for _, row := range companionsOf(s.prefix+":"+a.name, ks[0], []string{name}, ks) {
		if row.does == refuse {
			refusals = append(refusals, row.text)
		}
	}
	return out, refusals
}
