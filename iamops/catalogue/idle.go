package catalogue

import (
	"slices"
	"strings"
)

// Idle returns the patterns of rules that have no effect: those of Deny that match
// no action, and those of Allow that match none which needs them and may be granted.
// It unpacks the table at most once and keeps nothing of it. An error means that the
// program was built wrongly.
func (c *Catalogue) Idle(rules Rules) (Rules, error) {
	idle := Rules{Deny: slices.Clone(rules.Deny), Allow: slices.Clone(rules.Allow)}
	last := len(c.header.Services)
	err := eachLine(c.packed, func(n int, text []byte) (bool, error) {
		if n == 0 { // the header
			return n < last, nil
		}
		prefix := c.header.Services[n-1]
		if !concerned(idle.Deny, prefix) && !concerned(idle.Allow, prefix) {
			return n < last, nil
		}
		s, err := parseService(text, prefix)
		if err != nil {
			return false, err
		}
		for _, a := range s.actions {
			name := s.prefix + ":" + a.name
			matches := func(pattern string) bool { return Match(pattern, name) }
			idle.Deny = slices.DeleteFunc(idle.Deny, matches)
			if a.level == Permissions && deniedAlways(name) == "" {
				idle.Allow = slices.DeleteFunc(idle.Allow, matches)
			}
		}
		return n < last, nil
	})
	return idle, err
}

// concerned reports whether a pattern may match an action of a service.
func concerned(patterns []string, prefix string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		of, _, _ := strings.Cut(p, ":")
		return Match(of, prefix)
	})
}
