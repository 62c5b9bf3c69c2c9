package catalogue

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Level is AWS's classification of actions.
type Level string

// The levels. AWS's own list is in "Actions, resources, and condition keys for
// AWS services" of the Service Authorization Reference.
const (
	Read        Level = "Read"
	List        Level = "List"
	Write       Level = "Write"
	Tagging     Level = "Tagging"
	Permissions Level = "Permissions management"
)

// levels are the levels as the table writes them.
var levels = map[string]Level{"R": Read, "L": List, "W": Write, "T": Tagging, "P": Permissions}

// service is one service, unpacked.
type service struct {
	prefix  string
	types   []resourceType
	actions []action // sorted by lower-case name
}

type resourceType struct {
	key      string
	patterns []pattern
}

type action struct {
	name  string // without the prefix, as AWS spells it
	level Level
	types []int // all that it acts on: indexes into service.types
	sum   *sum  // nil: a resource of one of the types is enough
}

func newService(l line) (*service, error) {
	s := &service{prefix: l.Service, types: make([]resourceType, 0, len(l.Types)), actions: make([]action, 0, len(l.Actions))}
	for _, row := range slices.Concat(l.Types, ownTypes[l.Service]) {
		if len(row) == 0 {
			return nil, fmt.Errorf("the action catalogue, service %s: a type without a name", l.Service)
		}
		t := resourceType{key: row[0]}
		patterns, wrong := patternFixes[l.Service+" "+t.key]
		if !wrong {
			patterns = row[1:]
		}
		for _, text := range patterns {
			if p, ok := parsePattern(text); ok {
				p.names = namesOf(l.Service, t.key, p)
				t.patterns = append(t.patterns, p)
			}
		}
		s.types = append(s.types, t)
	}
	for _, text := range l.Actions {
		a, err := s.parseAction(text)
		if err != nil {
			return nil, fmt.Errorf("the action catalogue, service %s, %q: %w", l.Service, text, err)
		}
		if matching(sharing, s.prefix+":"+a.name) != "" {
			a.level = Permissions
		}
		s.actions = append(s.actions, a)
	}
	return s, nil
}

// parseAction reads "Name Level Type Type! ...".
func (s *service) parseAction(text string) (action, error) {
	fields := strings.Fields(text)
	if len(fields) < 2 {
		return action{}, fmt.Errorf("a name and a level are expected")
	}
	level, known := levels[fields[1]]
	if !known {
		return action{}, fmt.Errorf("unknown level")
	}
	a := action{name: fields[0], level: level}
	denied, _ := neverOn(s.prefix + ":" + a.name)
	never, err := s.indexes(denied)
	if err != nil {
		return action{}, err
	}
	var required []int
	for _, f := range fields[2:] {
		index, starred := strings.CutSuffix(f, "!")
		n, err := strconv.Atoi(index)
		if err != nil || n < 0 || n >= len(s.types) {
			return action{}, fmt.Errorf("unknown type %s", f)
		}
		if slices.Contains(never, n) {
			continue
		}
		a.types = append(a.types, n)
		if starred {
			required = append(required, n)
		}
	}
	added, err := s.indexes(addedTypes(s.prefix, a.name))
	if err != nil {
		return action{}, err
	}
	a.types = append(a.types, added...)
	a.sum, err = s.sumOf(a, required, added)
	return a, err
}

// indexes finds types by their keys.
func (s *service) indexes(keys []string) ([]int, error) {
	var out []int
	for _, key := range keys {
		n := slices.IndexFunc(s.types, func(t resourceType) bool { return t.key == key })
		if n < 0 {
			return nil, fmt.Errorf("a reviewed table names the unknown type %s", key)
		}
		out = append(out, n)
	}
	return out, nil
}

// find returns the action of this name, whatever its case; nil if there is none.
func (s *service) find(name string) *action {
	i, found := slices.BinarySearchFunc(s.actions, name, func(a action, name string) int { return compareFold(a.name, name) })
	if !found {
		return nil
	}
	return &s.actions[i]
}
