package catalogue

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// reviews find actions by their names and want each of them either in a list of
// what is refused or in a file, which lists those found harmless. When the data
// moves to another version, judge the new ones.
var reviews = []struct {
	file     string
	suspect  *regexp.Regexp
	harmless *regexp.Regexp // beginnings of names that say that the action only reads, or takes away
	levels   []Level
}{
	// Who has access. Those in the file set scaling, retention or network rules, or
	// act on data of an application.
	{
		"testdata/write_only.txt",
		regexp.MustCompile(`Polic(y|ies)|Permission|Shar(e|ing)|Grant|AccessEntry|Visibility|Public|CrossAccount|Principal|Membership`),
		regexp.MustCompile(`^(Get|List|Describe|BatchGet|Delete|Remove|Revoke|Disassociate|Reject|Cancel|Search|Test|Validate)`),
		[]Level{Write},
	},
	// Credentials and forwarding. Those in the file read a secret that exists, hand
	// out what ends by itself, or act on data or users of an application. Reading
	// can hand out something new, too.
	{
		"testdata/credentials.txt",
		regexp.MustCompile(`(?i)Credential|AccessKey|ApiKey|Password|PublicKey|KeyPair|Token|Secret|Subscri(be|ption)|Login|Accessor|SignedUrl|Get\w*Access$|Access(Details|ForBucket)$|Issue|(Create|Update|Modify)User$`),
		regexp.MustCompile(`^(List|Describe|Delete|Remove|Disassociate|BatchDisassociate|Reject|Cancel|Disable|Count|AdminDelete)`),
		[]Level{Read, List, Write},
	},
	// Who enters: administrators, members, roles and those who vouch for them. Those in
	// the file are of an application or a network, or take iam:PassRole.
	{
		"testdata/members.txt",
		regexp.MustCompile(`Admin|Authentic|Invit|Member|Role|Assignment|ServiceAccount|Identit(y|ies)|Saml|Sso|Accessor`),
		regexp.MustCompile(`^(Get|List|Describe|BatchGet|Delete|Remove|Revoke|Disassociate|BatchDisassociate|Reject|Cancel|Search|Test|Validate|BatchRemove|Deregister|Disable|Admin(Delete|Disable|Remove|Get|List|Forget))`),
		[]Level{Write},
	},
}

func TestSharingIsComplete(t *testing.T) {
	c := shared(t)
	for _, r := range reviews {
		var got []string
		for _, prefix := range c.Services() {
			s, err := c.service(prefix)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range s.actions {
				full := prefix + ":" + a.name
				if slices.Contains(r.levels, a.level) && len(a.types) > 0 && r.suspect.MatchString(a.name) && !r.harmless.MatchString(a.name) && deniedAlways(full) == "" {
					got = append(got, full)
				}
			}
		}
		text := strings.Join(got, "\n") + "\n"
		if *update {
			if err := os.WriteFile(r.file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(r.file)
		if err != nil {
			t.Fatal(err)
		}
		compareLines(t, r.file, string(want), text)
	}
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
	for _, d := range deniedTypes {
		someAction("deniedTypes", d.action)
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
	for name, prefix := range otherNames {
		if !slices.Contains(c.Services(), prefix) || name == prefix {
			t.Errorf("otherNames: %s stands for %s", name, prefix)
		}
	}
	for _, key := range keys(patternFixes, unusual) {
		if !types[key] {
			t.Errorf("overrides: there is no resource type %q", key)
		}
	}
}

func keys(fixes map[string][]string, ends map[string]names) []string {
	var out []string
	for k := range fixes {
		out = append(out, k)
	}
	for k := range ends {
		out = append(out, k)
	}
	return out
}
