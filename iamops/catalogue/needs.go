package catalogue

import (
	"slices"
	"strings"
)

// sum is all that AWS checks an action on, where one resource may not be enough.
type sum struct {
	needs   []need
	further []int // types that AWS checks in some calls only
}

// need is met by a resource of any of these types.
type need struct {
	types []int // indexes into service.types
	made  bool  // the call makes the resource: one that exists is another
}

func (a *action) needs() []need {
	if a.sum == nil {
		return []need{{types: a.types}}
	}
	return a.sum.needs
}

func (a *action) further() []int {
	if a.sum == nil {
		return nil
	}
	return a.sum.further
}

// sumOf works out what an action needs: by the first table below that knows it, else
// each type that AWS calls required. Types that overrides.go adds stand for the
// required one.
func (s *service) sumOf(a action, required, added []int) (*sum, error) {
	needs, err := s.reviewedSum(a.name)
	if err != nil {
		return nil, err
	}
	if needs == nil && len(required) > 0 && !oneOfItsTypes(s.prefix+":"+a.name) {
		needs = s.families(a.name, required)
		if len(needs) == 1 {
			needs[0].types = append(needs[0].types, added...)
		}
	}
	out := &sum{needs: needs}
	for _, t := range a.types {
		if !slices.ContainsFunc(needs, func(n need) bool { return slices.Contains(n.types, t) }) {
			out.further = append(out.further, t)
		}
	}
	if len(needs) == 0 || len(needs) == 1 && len(out.further) == 0 && !needs[0].made {
		return nil, nil
	}
	return out, nil
}

// reviewedSum reads the needs of an action in the table sums; none if it is not there.
func (s *service) reviewedSum(name string) ([]need, error) {
	for _, row := range sums {
		if !concerns(row.actions, s.prefix) || !Match(row.actions, s.prefix+":"+name) {
			continue
		}
		var out []need
		for _, text := range row.needs {
			keys, made := strings.CutPrefix(text, madeByCall)
			types, err := s.indexes(strings.Split(keys, "|"))
			if err != nil {
				return nil, err
			}
			out = append(out, need{types: types, made: made})
		}
		return out, nil
	}
	return nil, nil
}

// families makes one need of each required type, but of those of one family together.
func (s *service) families(action string, required []int) []need {
	var out []need
	for _, t := range required {
		at := slices.IndexFunc(out, func(n need) bool { return s.alike(s.types[t].key, s.types[n.types[0]].key) })
		if at < 0 {
			out = append(out, need{types: []int{t}, made: s.makes(action, s.types[t])})
			continue
		}
		out[at].types = append(out[at].types, t)
	}
	return out
}

// makes reports whether an action is the one that makes resources of a type, and
// each has an id, which AWS's reference tells from a name that the caller chooses: the
// resource of that name is the one that the action makes.
func (s *service) makes(action string, t resourceType) bool {
	of, creates := strings.CutPrefix(action, "Create")
	return creates && strings.EqualFold(of, strings.ReplaceAll(t.key, "-", "")) &&
		slices.ContainsFunc(t.patterns, func(p pattern) bool { return strings.HasSuffix(p.text, "Id}") })
}

// alike reports whether two types are of one family.
func (s *service) alike(a, b string) bool {
	return slices.ContainsFunc(choices, func(c choice) bool {
		return c.service == s.prefix && slices.Contains(c.types, a) && slices.Contains(c.types, b)
	})
}

func oneOfItsTypes(action string) bool {
	return slices.ContainsFunc(single, func(o oneOf) bool { return Match(o.actions, action) })
}

// concerns reports whether a pattern is of a service.
func concerns(pattern, prefix string) bool {
	return strings.HasPrefix(pattern, prefix) && pattern[len(prefix)] == ':'
}
