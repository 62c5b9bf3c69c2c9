package catalogue

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// suspect are names of actions that may change who has access.
var suspect = regexp.MustCompile(`Polic(y|ies)|Permission|Shar(e|ing)|Grant|AccessEntry|Visibility|Public|CrossAccount|Principal|Membership`)

// harmless are beginnings of names that say that the action only reads, or takes
// away.
var harmless = regexp.MustCompile(`^(Get|List|Describe|BatchGet|Delete|Remove|Revoke|Disassociate|Reject|Cancel|Search|Test|Validate)`)

// TestSharingIsComplete finds actions of level Write whose name sounds like
// sharing, and wants each either in sharing.go or in testdata/write_only.txt,
// which lists those found harmless: they set scaling, retention or network
// rules, or act on data of an application. When the data moves to another
// version, judge the new ones.
func TestSharingIsComplete(t *testing.T) {
	c := shared(t)
	var got []string
	for _, prefix := range c.Services() {
		s, err := c.service(prefix)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range s.actions {
			full := prefix + ":" + a.name
			if a.level == Write && len(a.types) > 0 && suspect.MatchString(a.name) && !harmless.MatchString(a.name) && deniedAlways(full) == "" {
				got = append(got, full)
			}
		}
	}
	const file = "testdata/write_only.txt"
	text := strings.Join(got, "\n") + "\n"
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	compareLines(t, file, string(want), text)
}

// TestListsNameWhatExists keeps the hand-written lists free of rows that match
// nothing, such as a misspelt name.
func TestListsNameWhatExists(t *testing.T) {
	c := shared(t)
	var all []string
	types, shapes := map[string]bool{}, map[string]bool{}
	for _, prefix := range c.Services() {
		s, err := c.service(prefix)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range s.actions {
			all = append(all, prefix+":"+a.name)
		}
		for _, ty := range s.types {
			types[prefix+" "+ty.key] = true
			for _, p := range ty.patterns {
				shapes[p.shape] = true
			}
		}
	}
	someAction := func(list, pattern string) {
		for _, a := range all {
			if Match(pattern, a) {
				return
			}
		}
		t.Errorf("%s: %q matches no action", list, pattern)
	}
	for _, p := range sharing {
		someAction("sharing", p)
	}
	for _, d := range deniedActions {
		someAction("deniedActions", d.pattern)
	}
	for prefix := range deniedServices {
		someAction("deniedServices", prefix+":*")
	}
	for _, f := range forms {
		someAction("forms", f.action)
		if !shapes[f.shape] {
			t.Errorf("forms: no resource type has the shape %q", f.shape)
		}
	}
	for _, e := range extraTypes {
		for _, a := range e.actions {
			someAction("extraTypes", e.service+":"+a)
		}
	}
	for operation, names := range operations {
		prefix, _, _ := strings.Cut(operation, ":")
		for _, n := range names {
			someAction("operations", prefix+":"+n)
		}
		for _, a := range all {
			if strings.EqualFold(a, operation) {
				t.Errorf("operations: %s is an action after all", operation)
			}
		}
	}
	for _, key := range keys(patternFixes, openEnds) {
		if !types[key] {
			t.Errorf("overrides: there is no resource type %q", key)
		}
	}
}

func keys(fixes map[string][]string, ends map[string]bool) []string {
	var out []string
	for k := range fixes {
		out = append(out, k)
	}
	for k := range ends {
		out = append(out, k)
	}
	return out
}
