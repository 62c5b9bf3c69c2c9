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
	// others are types that would do in place of these, but that the call makes.
	others []int
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
	if needs == nil {
		needs = s.needsByFlags(a, required, added)
	}
	out := &sum{needs: needs}
	for _, t := range a.types {
		if !slices.ContainsFunc(needs, func(n need) bool { return slices.Contains(n.types, t) || slices.Contains(n.others, t) }) {
			out.further = append(out.further, t)
		}
	}
	if len(needs) == 0 || len(needs) == 1 && len(out.further) == 0 && !needs[0].made && needs[0].others == nil {
		return nil, nil
	}
	return out, nil
}

// needsByFlags makes the needs of an action that no table knows: by the types that AWS
// calls required, else any of its types.
func (s *service) needsByFlags(a action, required, added []int) []need {
	if len(required) > 0 && !oneOfItsTypes(s.prefix+":"+a.name) {
		needs := s.families(a.name, required)
		if len(needs) == 1 {
			needs[0].types = append(needs[0].types, added...)
		}
		return needs
	}
	var there, made []int
	for _, t := range a.types {
		if s.makes(a.name, s.types[t]) {
			made = append(made, t)
		} else {
			there = append(there, t)
		}
	}
	switch {
	case len(made) == 0:
		return nil
	case len(there) == 0:
		return []need{{types: made, made: true}}
	default:
		return []need{{types: there, others: made}}
	}
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
		made := s.makes(action, s.types[t])
		at := slices.IndexFunc(out, func(n need) bool { return n.made == made && s.alike(s.types[t].key, s.types[n.types[0]].key) })
		if at < 0 {
			out = append(out, need{types: []int{t}, made: made})
			continue
		}
		out[at].types = append(out[at].types, t)
	}
	return out
}

// makes reports whether an action is the one that makes resources of a type, and AWS
// gives each of them an id, which its reference tells from a name that the caller
// chooses: the resource of that id is another one than the action makes.
func (s *service) makes(action string, t resourceType) bool {
	of, creates := strings.CutPrefix(action, "Create")
	if !creates || slices.ContainsFunc(chosen, func(c chosenID) bool { return c.of == s.prefix+" "+t.key }) {
		return false
	}
	of = oneWord(of)
	return slices.ContainsFunc(t.patterns, func(p pattern) bool {
		ids, last := p.ids()
		return last && of == oneWord(t.key) || slices.ContainsFunc(ids, func(id string) bool { return oneWord(id) == of })
	})
}

// wordsForID are those at the end of a variable in AWS's patterns.
var wordsForID = []string{"Id", "ID", "Identifier", "Uuid", "RandomString"}

// ids returns of what the variables of a pattern are ids, as "Archive" for
// "${ArchiveId}", and whether the pattern ends in one.
func (p pattern) ids() (of []string, last bool) {
	for _, v := range variables.FindAllString(p.text, -1) {
		for _, word := range wordsForID {
			what, ok := strings.CutSuffix(strings.TrimSuffix(v, "}"), word)
			if !ok {
				continue
			}
			if _, what, _ = strings.Cut(what, "{"); what != "Resource" { // that is anything
				of = append(of, what)
			}
			last = strings.HasSuffix(p.text, v)
		}
	}
	return of, last
}

// oneWord writes names of a thing alike, whatever parts their words, and whatever
// version of the API has them.
func oneWord(name string) string {
	name = strings.ToLower(strings.NewReplacer("-", "", " ", "", "/", "").Replace(name))
	return strings.TrimSuffix(name, "v2")
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
	return strings.HasPrefix(pattern, prefix) && len(pattern) > len(prefix) && pattern[len(prefix)] == ':'
}
