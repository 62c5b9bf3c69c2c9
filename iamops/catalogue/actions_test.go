package catalogue_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"port-iam/iamops/catalogue"
)

const account = "111122223333" // of the examples in AWS's documentation

// TestActions holds the catalogue to what was written by hand in
// testdata/actions.txt, which says how to read it.
func TestActions(t *testing.T) {
	c := open(t)
	text, err := os.ReadFile("testdata/actions.txt")
	if err != nil {
		t.Fatal(err)
	}
	var entity string
	rows, services := 0, map[string]bool{}
	for l := range strings.Lines(string(text)) {
		l = strings.TrimRight(l, "\n")
		fields := strings.Fields(l)
		switch {
		case len(fields) == 0 || strings.HasPrefix(fields[0], "#"):
		case !strings.HasPrefix(l, " "):
			entity = l
		case len(fields) < 2:
			t.Fatalf("%s: no result is given in %q", entity, l)
		default:
			rows++
			prefix, _, _ := strings.Cut(strings.ToLower(fields[0]), ":")
			services[prefix] = true
			if got, want := outcome(c, entity, fields[0]), fields[1:]; !slices.Equal(got, want) {
				t.Errorf("%s on %s:\nwant %v\ngot  %v", fields[0], entity, want, got)
			}
		}
	}
	if rows < 400 || len(services) < 25 {
		t.Errorf("the table has %d rows of %d services, and at least 400 of 25 are expected", rows, len(services))
	}
	t.Logf("%d rows, %d services", rows, len(services))
}

// outcome writes what one action on an entity comes to as the table does.
func outcome(c *catalogue.Catalogue, entity, action string) []string {
	scope, err := c.Scope(catalogue.Request{
		Account: account, Partition: "aws", Entity: entity, Actions: []string{action},
		Rules: catalogue.Rules{Allow: []string{"rds-db:connect"}},
	})
	var refusal *catalogue.Refusal
	if errors.As(err, &refusal) {
		return []string{"!" + string(refusal.Reason)}
	}
	if err != nil {
		return []string{"error: " + err.Error()}
	}
	var out []string
	for i, s := range scope.Statements {
		begin := ""
		switch {
		case len(s.Actions) != 1 || (i == 0) != (s.Origin == catalogue.Asked):
			return []string{"not one group of one action"}
		case i > 0 && strings.EqualFold(s.Actions[0], action):
			begin = "+"
		case i > 0:
			begin = "+" + s.Actions[0]
		}
		for _, r := range s.Resources {
			out = append(out, begin+ending(r, entity))
		}
	}
	return out
}

// ending writes what a resource has beyond the entity's ARN.
func ending(resource, entity string) string {
	rest, ok := strings.CutPrefix(resource, catalogue.Written(entity))
	switch {
	case !ok:
		return "elsewhere: " + resource
	case rest == "":
		return "="
	}
	return rest
}

func open(t testing.TB) *catalogue.Catalogue {
	t.Helper()
	c, err := catalogue.Open()
	if err != nil {
		t.Fatal(err)
	}
	return c
}
