package catalogue_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"port-iam/iamops/catalogue"
)

// TestNeeds holds the catalogue to the rows of testdata/needs.txt, which were written
// by hand from AWS's documentation and say how to read them.
func TestNeeds(t *testing.T) {
	c := open(t)
	text, err := os.ReadFile("testdata/needs.txt")
	if err != nil {
		t.Fatal(err)
	}
	works, refused := 0, 0
	for l := range strings.Lines(string(text)) {
		l = strings.TrimSpace(l)
		if l == "" || l[0] == '#' {
			continue
		}
		fields := strings.Split(l, "|")
		if len(fields) != 5 || strings.TrimSpace(fields[4]) == "" {
			t.Fatalf("not a row with a page: %s", l)
		}
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
		}
		if strings.HasPrefix(fields[3], "works") {
			works++
		} else {
			refused++
		}
		if wrong := played(c, fields[0], fields[1], strings.Fields(fields[2]), fields[3]); wrong != "" {
			t.Errorf("%s\n%s", l, wrong)
		}
	}
	if works < 100 || refused < 100 {
		t.Errorf("%d rows that work and %d that do not: at least 100 of each are expected", works, refused)
	}
	t.Logf("%d rows that work, %d that do not", works, refused)
}

// played says how an action on its resources differs from what a row says.
func played(c *catalogue.Catalogue, action, entity string, related []string, verdict string) string {
	scope, err := c.Scope(catalogue.Request{
		Account: accountOf(entity), Partition: "aws", Entity: entity, Related: related, Actions: []string{action},
		Rules: catalogue.Rules{Allow: []string{"*:*"}},
	})
	missing, needs := strings.CutPrefix(verdict, "needs ")
	var refusal *catalogue.Refusal
	switch {
	case strings.HasPrefix(verdict, "works"):
		return worksOn(scope, err, named(entity, related, verdict))
	case !needs:
		return "no verdict"
	case err == nil:
		return fmt.Sprint("is granted: ", scope.Statements)
	case !errors.As(err, &refusal) || refusal.Reason != catalogue.Incomplete:
		return fmt.Sprint("is refused otherwise: ", err)
	}
	for _, m := range strings.Split(missing, ",") {
		_, key, _ := strings.Cut(strings.TrimSpace(m), " ")
		words := func(s string) string { return strings.ReplaceAll(s, "-", " ") }
		if !strings.Contains(words(refusal.Error()), words(key)) {
			return fmt.Sprintf("the refusal does not name %s: %s", key, refusal.Error())
		}
	}
	return ""
}

// named are the resources that a policy has to name by a verdict "works".
func named(entity string, related []string, verdict string) (want []string) {
	on, more := strings.CutPrefix(verdict, "works on ")
	if !more {
		return []string{entity}
	}
	for _, word := range strings.Fields(on) {
		if ending, of := strings.CutPrefix(word, "related"); of {
			for _, r := range related {
				want = append(want, r+ending)
			}
		} else {
			want = append(want, entity+strings.TrimPrefix(word, "entity"))
		}
	}
	slices.Sort(want)
	return want
}

// worksOn says how what is granted differs from what has to be.
func worksOn(scope catalogue.Scope, err error, want []string) string {
	if err != nil {
		return fmt.Sprint("is refused: ", err)
	}
	var got []string
	for _, s := range scope.Statements {
		if s.Origin == catalogue.Asked {
			got = append(got, s.Resources...)
		}
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		return fmt.Sprintf("is granted on %q, and not on %q", got, want)
	}
	return ""
}

// accountOf returns the account that an ARN names, or one.
func accountOf(arn string) string {
	if fields := strings.SplitN(arn, ":", 6); len(fields) == 6 && len(fields[4]) == 12 {
		return fields[4]
	}
	return "123456789012"
}
