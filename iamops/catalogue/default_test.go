package catalogue

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestDefaults lists the actions whose needs go by AWS's asterisks alone: no reviewed
// table names them, and neither the ARNs of the types (one lies in the other) nor the
// parameters of the operation confirm that each of them is needed, or that one is enough.
// Judge new ones; the tables of sums.go take what is wrong.
func TestDefaults(t *testing.T) {
	c := shared(t)
	params := readRequired(t)
	bySet := map[string][]string{}
	n, all := 0, 0
	for _, prefix := range c.Services() {
		if deniedServices[prefix] != "" {
			continue
		}
		s, err := c.service(prefix)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range s.actions {
			if deniedAlways(prefix+":"+a.name) != "" || len(a.types) < 2 {
				continue
			}
			all++
			if how := s.byDefault(t, a, params); how != "" {
				n++
				bySet[prefix+": "+how] = append(bySet[prefix+": "+how], a.name)
			}
		}
	}
	var lines []string
	for set, names := range bySet {
		lines = append(lines, set+": "+strings.Join(names, " "))
	}
	slices.Sort(lines)
	got := strings.Join(lines, "\n") + "\n"
	// No flag writes this file: a person who has read AWS's page of the action adds the
	// line, or a row to a table.
	const file = "testdata/default.txt"
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	compareLines(t, file, string(want), got)
	params.check(t)
	t.Logf("%d of %d actions with several types", n, all)
	// AWS's asterisks alone are a weak witness: they are missing or too many on some
	// pages. So four of five actions have another one.
	if limit := all / 5; n > limit {
		t.Errorf("%d actions go by the default, and %d are allowed", n, limit)
	}
}

// byDefault writes the needs of an action that no review confirms; empty if one does.
func (s *service) byDefault(t *testing.T, a action, params required) string {
	t.Helper()
	reviewed, err := s.reviewedSum(a.name)
	if err != nil {
		t.Fatal(err)
	}
	if reviewed != nil || oneOfItsTypes(s.prefix+":"+a.name) || a.level == Tagging {
		return ""
	}
	keys := func(types []int, between string) string {
		var out []string
		for _, n := range types {
			out = append(out, s.types[n].key)
		}
		slices.Sort(out)
		return strings.Join(out, between)
	}
	if a.sum == nil {
		if s.related(a.types, s.siblings) || s.related(a.types, func(x, y resourceType) bool { return s.alike(x.key, y.key) }) {
			return ""
		}
		return "any of " + keys(a.types, ", ")
	}
	var needed []int
	for _, n := range a.sum.needs {
		needed = append(needed, n.types[0])
	}
	if len(needed) < 2 || s.related(needed, nested) || s.named(a, params) {
		return ""
	}
	return "all of " + keys(needed, ", ")
}

// named reports whether each call of an action has to name a resource of each need, but
// for those that it makes.
func (s *service) named(a action, params required) bool {
	of := params[s.prefix+":"+a.name]
	if of == nil {
		return false
	}
	of.used = true
	return !slices.ContainsFunc(a.sum.needs, func(n need) bool {
		return !n.made && !slices.ContainsFunc(n.types, func(t int) bool { return of.types[s.types[t].key] != "" })
	})
}

// related reports whether each of these types is so related to the first or to the one
// before it.
func (s *service) related(types []int, are func(a, b resourceType) bool) bool {
	for i := range types[1:] {
		x, y := s.types[types[i]], s.types[types[i+1]]
		if first := s.types[types[0]]; !are(x, y) && !are(first, y) {
			return false
		}
	}
	return true
}

// nested reports whether resources of one type lie in those of the other.
func nested(a, b resourceType) bool {
	for _, p := range a.patterns {
		for _, q := range b.patterns {
			if strings.HasPrefix(p.shape, q.shape) || strings.HasPrefix(q.shape, p.shape) {
				return true
			}
		}
	}
	return false
}

// siblings reports whether the keys of two types begin or end with the same word, as
// those of variants of one thing do.
func (s *service) siblings(a, b resourceType) bool {
	words := regexp.MustCompile(`[A-Z]?[a-z]+|[A-Z]+`)
	x, y := words.FindAllString(a.key, -1), words.FindAllString(b.key, -1)
	last := func(w []string) string { return strings.ToLower(w[len(w)-1]) }
	return strings.EqualFold(x[0], y[0]) || last(x) == last(y)
}
