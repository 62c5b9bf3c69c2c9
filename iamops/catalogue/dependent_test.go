package catalogue

import (
	"slices"
	"strings"
	"testing"
	"unicode"
)

// TestDependentActions: where AWS's reference names dependent actions of an action that
// can be granted, a row of the companions says so to who asks for it, or the reviewed
// reasons of testdata/dependent.txt say why it need not.
func TestDependentActions(t *testing.T) {
	c := shared(t)
	reviewed := readReasons(t, "testdata/dependent.txt")
	rows := companionRows()
	told, silent := 0, 0
	for _, of := range readSentry(t) {
		s, err := c.service(of.Prefix)
		if err != nil {
			t.Fatal(err)
		}
		if s == nil {
			continue
		}
		for name := range of.Privileges {
			full := of.Prefix + ":" + name
			a := s.find(name)
			if a == nil || deniedAlways(full) != "" || !couldBeGranted(t, c, s, a) {
				continue
			}
			dependent := of.dependent(name)
			left := slices.DeleteFunc(slices.Clone(dependent), func(d string) bool { return d == full || reviewed.explain(full, d) })
			switch {
			case len(dependent) == 0:
			case len(left) == 0:
				silent++
			case untold(rows, full, left) == nil:
				told++
			default:
				t.Errorf("%s also needs %q, says AWS, and no row of the companions says so", full, untold(rows, full, left))
			}
		}
	}
	t.Logf("%d actions with a row, %d with nothing but reviewed reasons", told, silent)
	if told < 700 {
		t.Errorf("%d actions with a row", told)
	}
	reviewed.check(t)
}

// untold are those dependent actions of an action of which no row that is about it says
// anything: none of its texts names the action, or its service.
func untold(rows []companion, action string, dependent []string) (out []string) {
	var said []string
	for _, row := range rows {
		if row.when == nil && matching(row.asked, action) != "" {
			if row.does == refuse && len(row.on)+len(row.unless) == 0 {
				return nil // nothing that could be added helps
			}
			said = append(said, row.text, strings.Join(row.actions, " "))
		}
	}
	words := strings.FieldsFunc(strings.Join(said, " "), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' })
	for _, d := range dependent {
		if prefix, _, _ := strings.Cut(d, ":"); !slices.Contains(words, prefix) {
			out = append(out, d)
		}
	}
	return out
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

// couldBeGranted reports whether an action can be granted on a resource of one of its
// types, with what is related to it where that is needed.
func couldBeGranted(t *testing.T, c *Catalogue, s *service, a *action) bool {
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
				return true
			}
		}
	}
	return false
}
