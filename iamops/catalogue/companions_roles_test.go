package catalogue

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestRolesThatCallsDemand: an action whose calls always name a role is refused for
// iam:PassRole, whatever else the request asks for, and on each resource.
func TestRolesThatCallsDemand(t *testing.T) {
	c := shared(t)
	text, err := os.ReadFile("testdata/roles.txt")
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for l := range strings.Lines(string(text)) {
		if l = strings.TrimSpace(l); l == "" || l[0] == '#' {
			continue
		}
		what, reason, excepted := strings.Cut(l, "|")
		name := strings.Fields(what)[0]
		if len(strings.Fields(what)) != 2 || excepted && len(strings.Fields(reason)) < 3 {
			t.Errorf("%q is no line of this file", l)
		}
		prefix, action, _ := strings.Cut(name, ":")
		s, err := c.service(prefix)
		if err != nil || s == nil || s.find(action) == nil {
			t.Fatalf("there is no action %s (%v)", name, err)
		}
		if got := passesRole(name); got == excepted {
			t.Errorf("%q: refused is %t", l, got)
		}
		if !excepted {
			refused++
		}
	}
	if refused < 180 {
		t.Errorf("%d actions", refused)
	}
}

// passesRole reports whether an action is always refused since it takes iam:PassRole.
func passesRole(action string) bool {
	return slices.ContainsFunc(companionRows(), func(row companion) bool {
		return row.does == refuse && len(row.on)+len(row.unless) == 0 && row.when == nil &&
			matching(row.asked, action) != "" && strings.Contains(row.text, "iam:PassRole")
	})
}
