package catalogue

import (
	"slices"
	"testing"
)

// TestEveryTypeIsReached: each type of resource of a service that may be granted
// has an action on it, of whatever service. If none has, then most likely the
// source has lost half of an action's types, and a grant on the resource would
// reach for what is inside it instead.
func TestEveryTypeIsReached(t *testing.T) {
	c := shared(t)
	reached := map[string]bool{}
	eachService(t, c, func(s *service) {
		for _, a := range s.actions {
			for _, n := range a.types {
				for _, p := range s.types[n].patterns {
					reached[p.shape] = true
				}
			}
		}
	})
	reviewed := readReasons(t, "testdata/unreached.txt")
	types := 0
	eachService(t, c, func(s *service) {
		if deniedServices[s.prefix] != "" {
			return
		}
		for _, ty := range s.types {
			types++
			ok := slices.ContainsFunc(ty.patterns, func(p pattern) bool { return reached[p.shape] })
			if !ok && len(ty.patterns) > 0 && !reviewed.explain(s.prefix, ty.key) {
				t.Errorf("%s %s: no action acts on %s", s.prefix, ty.key, ty.patterns[0].text)
			}
		}
	})
	t.Logf("%d types, %d of them reached by no action for a reason", types, len(reviewed.rows))
	reviewed.check(t)
}

// TestOtherGenerations: a type with several ARNs is how the source shows that the
// prefix stands for several pages of AWS's reference. Each such prefix has a row
// in otherGeneration, since actions have lost types there.
func TestOtherGenerations(t *testing.T) {
	found := 0
	eachService(t, shared(t), func(s *service) {
		for _, ty := range s.types {
			if _, fixed := patternFixes[s.prefix+" "+ty.key]; fixed || len(ty.patterns) < 2 {
				continue
			}
			found++
			if !slices.ContainsFunc(otherGeneration, func(e extra) bool { return e.service == s.prefix }) {
				t.Errorf("%s %s has several ARNs, and otherGeneration has no row of this prefix", s.prefix, ty.key)
			}
		}
	})
	if found < 10 {
		t.Errorf("%d types have several ARNs: the source has changed how it shows them", found)
	}
}

func eachService(t *testing.T, c *Catalogue, visit func(*service)) {
	t.Helper()
	for _, prefix := range c.Services() {
		s, err := c.service(prefix)
		if err != nil {
			t.Fatal(err)
		}
		visit(s)
	}
}
