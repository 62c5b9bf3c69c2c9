package catalogue

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestEveryForm makes an ARN of every pattern of every type that an action acts
// on, and wants the action to act on exactly that. What does not come out so is
// in testdata/forms.txt with its reason.
func TestEveryForm(t *testing.T) {
	c := shared(t)
	reviewed := readReasons(t, "testdata/forms.txt")
	forms, refused := 0, 0
	eachService(t, c, func(s *service) {
		if deniedServices[s.prefix] != "" {
			return
		}
		for n, ty := range s.types {
			for _, p := range ty.patterns {
				for i := range s.actions {
					a := &s.actions[i]
					if !slices.Contains(a.types, n) || deniedAlways(s.prefix+":"+a.name) != "" {
						continue
					}
					forms++
					text := instance(p, "name-1")
					why := actsOn(t, c, s.prefix, a.name, text)
					if why == "" {
						continue
					}
					refused++
					if !reviewed.explain(s.prefix, ty.key) {
						t.Errorf("%s %s: %s on %s: %s", s.prefix, ty.key, a.name, text, why)
					}
				}
			}
		}
	})
	t.Logf("%d actions on the ARNs of their types, %d not exact", forms, refused)
	reviewed.check(t)
}

// TestRealForms: ARNs of AWS's documentation that no pattern of the reference
// shows.
func TestRealForms(t *testing.T) {
	c := shared(t)
	text, err := os.ReadFile("testdata/arns.txt")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for l := range strings.Lines(string(text)) {
		if l = strings.TrimSpace(l); l == "" || l[0] == '#' {
			continue
		}
		rows++
		row, page, _ := strings.Cut(l, " | ")
		action, arn, _ := strings.Cut(row, " ")
		prefix, name, _ := strings.Cut(action, ":")
		if page == "" {
			t.Errorf("no page is named in %q", l)
		}
		if why := actsOn(t, c, prefix, name, strings.TrimSpace(arn)); why != "" {
			t.Errorf("%s on %s: %s", action, strings.TrimSpace(arn), why)
		}
	}
	if rows < 60 {
		t.Errorf("%d rows are too few", rows)
	}
}

// TestUnusualNames: an ARN with a ":" or "*" in a name that may hold it is of the
// type whose name it is.
func TestUnusualNames(t *testing.T) {
	eachService(t, shared(t), func(s *service) {
		for _, ty := range s.types {
			for _, p := range ty.patterns {
				if p.names == plain || p.names == id || !strings.HasSuffix(p.shape, "*") {
					continue
				}
				text := instance(p, "a:b")
				if p.names == free || p.names == freeAtEnd {
					text = instance(p, "a:b*c?")
				}
				if p.names == colons || p.names == free {
					text = strings.Replace(text, "/v", "/v:w", 1)
				}
				entity, bad := parseARN(text, "aws", testAccount)
				if bad != nil {
					t.Errorf("%s: %v", text, bad)
					continue
				}
				if k := resolve(entity, s); !slices.Contains(k.keys, ty.key) {
					t.Errorf("%s is of the types %v, and %s %s is expected", text, k.keys, s.prefix, ty.key)
				}
			}
		}
	})
}
