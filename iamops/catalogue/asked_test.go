package catalogue

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// askFor finds what a remedy says to ask for: it names actions, or means all those that
// the text is about.
var askFor = regexp.MustCompile(`\bask for (it|that|them|these|those|both|the three|[a-z0-9-]+:[A-Z])`)

// TestWhatIsToBeAskedForCanBe: where a text says to ask for actions, each of them can be
// granted on some resource, and the text says so of those that only the operator can let be
// granted.
func TestWhatIsToBeAskedForCanBe(t *testing.T) {
	c := shared(t)
	tried := 0
	for _, row := range companionRows() {
		for _, text := range []string{row.text, row.keyed} {
			for _, name := range toBeAskedFor(text) {
				tried++
				c.wantAskable(t, name, text)
			}
		}
	}
	if tried < 120 {
		t.Errorf("%d actions", tried)
	}
}

// TestWhatIsMeantCanBeAskedFor: the same holds of those dependent actions of AWS's reference
// for which words of the text stand.
func TestWhatIsMeantCanBeAskedFor(t *testing.T) {
	c := shared(t)
	said := readWords(t, "testdata/dependent_words.txt")
	for _, of := range readSentry(t) {
		for name := range of.Privileges {
			for _, row := range companionRows() {
				if matching(row.asked, of.Prefix+":"+name) == "" || !meansAll(row.text) {
					continue
				}
				for _, d := range of.dependent(name) {
					if said.meant(row.text, d) {
						c.wantAskable(t, d, row.text)
					}
				}
			}
		}
	}
}

// toBeAskedFor are the actions that a text names and says to ask for.
func toBeAskedFor(text string) []string {
	if meansAll(text) {
		return actionName.FindAllString(text, -1)
	}
	if remedy := remedyOf(text); askFor.MatchString(remedy) {
		return actionName.FindAllString(remedy, -1)
	}
	return nil
}

// meansAll reports whether a text says to ask for all that it is about.
func meansAll(text string) bool {
	of := askFor.FindStringSubmatch(remedyOf(text))
	return of != nil && !strings.Contains(of[1], ":")
}

// remedyOf is what a text says to do.
func remedyOf(text string) string { return text[strings.LastIndex(text, ": ")+1:] }

// wantAskable wants an action that a text says to ask for to be one that can be granted.
func (c *Catalogue) wantAskable(t *testing.T, name, text string) {
	t.Helper()
	if problem := c.unaskable(t, name, text); problem != "" {
		t.Errorf("%s, which %q says to ask for: %s", name, text, problem)
	}
}

// unaskable says why nobody can be granted an action, or what a text that says to ask for
// it leaves out; empty if all is well.
func (c *Catalogue) unaskable(t *testing.T, name, text string) string {
	t.Helper()
	if why := deniedAlways(name); why != "" {
		return "it is never granted: " + why
	}
	prefix, action, _ := strings.Cut(name, ":")
	s, err := c.service(prefix)
	if err != nil {
		t.Fatal(err)
	}
	if s == nil || s.find(action) == nil {
		return "there is no such action"
	}
	switch of := s.find(action); {
	case of.name != action:
		return "AWS spells it " + of.name
	case len(of.types) == 0:
		return "AWS allows it on all resources only"
	case of.level == Permissions && !strings.Contains(text, "unless the operator allows"):
		return "only the operator can let it be granted"
	}
	return ""
}

// meant reports whether words of a text stand for an action.
func (w *words) meant(text, action string) bool {
	return slices.ContainsFunc(w.rows, func(of wordsRow) bool {
		return strings.Contains(text, of.words) && slices.ContainsFunc(of.patterns, func(p string) bool { return Match(p, action) })
	})
}
