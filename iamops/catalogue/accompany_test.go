package catalogue

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// onTable is a request of one action on a table, placed.
func onTable(t *testing.T, name string, rules Rules) (*work, kinds, []string) {
	t.Helper()
	w := newWork(shared(t), Request{Account: testAccount, Partition: "aws", Entity: "arn:aws:dynamodb:eu-west-1:111122223333:table/T", Actions: []string{name}, Rules: rules})
	if refusals, err := w.findResources(); err != nil || len(refusals) > 0 {
		t.Fatal(refusals, err)
	}
	s, a, refusal, err := w.catalogue.grantable(name, Rules{})
	if err != nil || refusal != nil {
		t.Fatal(refusal, err)
	}
	ks, err := w.kinds(s)
	if err != nil {
		t.Fatal(err)
	}
	found, missing := ks.reach(s, a)
	if len(missing) > 0 {
		t.Fatalf("%v is missing", missing)
	}
	return w, ks, found.resources
}

// TestAddedActions: actions that a row adds pass the rules of those asked for, and come
// out once.
func TestAddedActions(t *testing.T) {
	const on = "arn:aws:dynamodb:eu-west-1:111122223333:table/T"
	row := companion{does: add, actions: []string{"dynamodb:GetItem"}}
	for _, tc := range []struct {
		name  string
		row   companion
		rules Rules
		want  []string // resources of dynamodb:GetItem
		why   string
	}{
		{"on the resources of the asked one", row, Rules{}, []string{on}, ""},
		{"on what follows", companion{does: add, actions: row.actions, endings: []string{"/index/*"}}, Rules{}, []string{on + "/index/*"}, ""},
		{"which the operator denies", row, Rules{Deny: []string{"dynamodb:Get*"}}, nil, "dynamodb:PutItem does not work without dynamodb:GetItem, and dynamodb:GetItem is refused here: the operator denies dynamodb:Get*"},
		{"which is never granted", companion{does: add, actions: []string{"sts:GetServiceBearerToken"}}, Rules{}, nil, "dynamodb:PutItem does not work without sts:GetServiceBearerToken, and sts:GetServiceBearerToken is never granted: "},
	} {
		w, ks, found := onTable(t, "dynamodb:PutItem", tc.rules)
		refusal, err := w.add("dynamodb:PutItem", ks[0], &tc.row, found)
		switch {
		case err != nil:
			t.Fatal(err)
		case tc.why != "" && (refusal == nil || refusal.Reason != DeniedAction || refusal.Action != "dynamodb:PutItem" || !strings.HasPrefix(refusal.Error(), tc.why)):
			t.Errorf("%s: %+v", tc.name, refusal)
		case tc.why == "" && refusal != nil:
			t.Errorf("%s: %v", tc.name, refusal)
		case !slices.Equal(w.added["dynamodb:GetItem"], tc.want):
			t.Errorf("%s: %v", tc.name, w.added)
		}
		w.asked["dynamodb:GetItem"] = []string{on}
		for _, s := range w.companions() {
			if slices.Contains(s.Resources, on) {
				t.Errorf("%s: it was asked for, and comes out as a companion, too: %+v", tc.name, s)
			}
		}
	}
}

// TestHeld: of what an action is granted on, its companions are on what is the resource's
// that needs them.
func TestHeld(t *testing.T) {
	k := kind{arn: arn{text: "arn:aws:s3:::b"}}
	all := []string{"arn:aws:s3:::a", "arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:s3:::b2/*"}
	if got := k.held(all); !slices.Equal(got, all[1:3]) || all[0] != "arn:aws:s3:::a" {
		t.Errorf("%q of %q", got, all)
	}
}

// TestGroupsAreApart: names with blanks do not make one statement of two.
func TestGroupsAreApart(t *testing.T) {
	got := group(Asked, map[string][]string{
		"a:A": {"arn:aws:glue:::job/a", "arn:aws:glue:::job/b"},
		"a:B": {"arn:aws:glue:::job/a arn:aws:glue:::job/b"},
		"a:C": {"arn:aws:glue:::job/a in the account"},
	})
	if len(got) != 3 {
		t.Errorf("%+v", got)
	}
}

// TestFolderTypes: a folder is of the types of what it holds, and of no other.
func TestFolderTypes(t *testing.T) {
	c := shared(t)
	for entity, want := range map[string][]string{
		"arn:aws:s3:::reports/a/": {"object"},
		"arn:aws:s3:eu-west-1:111122223333:accesspoint/finance/object/a/": {"accesspointobject"},
		"arn:aws:s3:::reports/":                                  nil,
		"arn:aws:s3:eu-west-1:111122223333:accesspoint/finance/": nil,
		"arn:aws:ecs:eu-west-1:111122223333:cluster/a/":          nil,
		"arn:aws:s3:::reports/a":                                 {"object"},
	} {
		a, bad := parseARN(entity, "aws", testAccount)
		if bad != nil {
			t.Fatal(bad)
		}
		k, err := c.kindOf(a, nil)
		if err != nil || !slices.Equal(k.keys, want) || len(k.keys) != len(k.shapes) || k.folder != (want != nil && strings.HasSuffix(entity, "/")) {
			t.Errorf("%s is of %q, with %d shapes, a folder: %v, %v", entity, k.keys, len(k.shapes), k.folder, err)
		}
	}
}

// TestHolds: companions are looked up for the resources that an action is granted on.
func TestHolds(t *testing.T) {
	k := kind{arn: arn{text: "arn:aws:s3:::b"}}
	for resource, want := range map[string]bool{"arn:aws:s3:::b": true, "arn:aws:s3:::b/*": true, "arn:aws:s3:::b2": false, "arn:aws:s3:::a": false} {
		if k.holds(resource) != want {
			t.Errorf("%s: %v", resource, !want)
		}
	}
}

// TestCompanionsOfUnusualNames: a name that is written otherwise in a policy takes part
// in the rules as every other.
func TestCompanionsOfUnusualNames(t *testing.T) {
	var refusals Refusals
	if _, err := scopeOf(t, "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:CPU: 100%? (*)", "cloudwatch:PutCompositeAlarm"); !errors.As(err, &refusals) || refusals[0].Reason != Incomplete {
		t.Errorf("a composite alarm: %v", err)
	}
	s, err := scopeOf(t, "arn:aws:s3:::reports/a $1?*/q1.csv", "s3:GetObject")
	if err != nil || len(s.Warnings) != 2 || !strings.Contains(s.Warnings[1], "kms:Decrypt") {
		t.Errorf("%q, %v", s.Warnings, err)
	}
}

func scopeOf(t *testing.T, entity string, actions ...string) (Scope, error) {
	t.Helper()
	return shared(t).Scope(Request{Account: testAccount, Partition: "aws", Entity: entity, Actions: actions})
}

// TestLiteralNames: who may have meant a wildcard is told that it is none.
func TestLiteralNames(t *testing.T) {
	const alarm, group = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:", "arn:aws:logs:eu-west-1:111122223333:log-group:app"
	for entity, want := range map[string][]string{
		alarm + "CPU *": {alarm + `CPU * means the one resource of that very name: its "*" and "?" are no wildcards`},
		alarm + "CPU*":  {alarm + `CPU* means the one resource of that very name: its "*" and "?" are no wildcards`},
		alarm + "why?":  {alarm + `why? means the one resource of that very name: its "*" and "?" are no wildcards`},
		alarm + "5 $":   nil,
		alarm + "CPU":   nil,
	} {
		if s, err := scopeOf(t, entity, "cloudwatch:DeleteAlarms"); err != nil || !slices.Equal(s.Warnings, want) {
			t.Errorf("%s: %q, %v", entity, s.Warnings, err)
		}
	}
	for _, entity := range []string{group, group + ":*"} {
		if s, err := scopeOf(t, entity, "logs:FilterLogEvents"); err != nil || len(s.Warnings) > 0 {
			t.Errorf("%s: %q, %v", entity, s.Warnings, err)
		}
	}
}

// TestWithin: a resource of a policy is told by the ARN as AWS gives it, or as the policy
// has it, and not by the beginning of a name.
func TestWithin(t *testing.T) {
	const a = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:"
	for _, tc := range []struct {
		resource, arn string
		want          bool
	}{
		{a + "x ${*}${?}${$}", a + "x *?$", true},
		{a + "x ${*}${?}${$}/y", a + "x *?$", true},
		{a + "x ${*}${?}${$}", a + "x ${*}${?}${$}", true},
		{a + "x $", a + "x $", true},
		{a + "x ${*}", a + "x ${$}", false},
		{a + "x ${*}2", a + "x *", false},
		{a + "x1", a + "x?", false},
		{a + "x1", a + "x*", false},
		{"arn:aws:s3:::b/a/*", "arn:aws:s3:::b/a/", true},
		{"arn:aws:s3:::b/a2/*", "arn:aws:s3:::b/a/", false},
		{"arn:aws:s3:::b", "arn:aws:s3:::b/a", false},
		{"*", "arn:aws:s3:::b", false},
		{"arn:aws:s3:::b", "arn:aws:s3:::", false},
		{"arn:aws:s3:::b", "arn:aws:s3:::/", false},
		{"arn:aws:s3:::b", "arn:", false},
		{"arn:aws:s3:::b", "", false},
		{"arn:aws:logs:eu-west-1:111122223333:log-group:g", "arn:aws:logs:eu-west-1:111122223333:log-group:g:*", true},
	} {
		if got := Within(tc.resource, tc.arn); got != tc.want {
			t.Errorf("%s in %s: %v", tc.resource, tc.arn, got)
		}
	}
	s := Scope{Statements: []Statement{{Actions: []string{"a:B"}, Resources: []string{a + "x ${*}"}}}}
	if on, not := s.On(a+"x *"), s.On(a+"x y"); !slices.Equal(on, []string{"a:B"}) || len(not) > 0 {
		t.Errorf("on the alarm %q, on another %q", on, not)
	}
}

// TestCompanionsOfEveryName: each row of the companions takes part for resources whose
// names hold "$", "*" or "?", where AWS takes such names.
func TestCompanionsOfEveryName(t *testing.T) {
	c := shared(t)
	rows := companionRows()
	tried := map[string]bool{}
	for i := range rows {
		row := &rows[i]
		eachService(t, c, func(s *service) {
			if !slices.ContainsFunc(row.asked, func(p string) bool { return concerns(p, s.prefix) }) {
				return
			}
			for _, a := range s.actions {
				if full := s.prefix + ":" + a.name; matching(row.asked, full) != "" && deniedAlways(full) == "" {
					for _, sign := range []string{"$", "*", "?"} {
						for _, n := range a.types {
							if c.accompaniedBy(t, s, &a, s.types[n], sign, row) {
								tried[row.text+row.page+sign] = true
							}
						}
					}
				}
			}
		})
	}
	if len(tried) < 200 {
		t.Errorf("%d rows and signs tried", len(tried))
	}
}

// accompaniedBy grants an action on a resource of a type with a sign at the end of its
// name, and wants the row to take part; false: AWS takes no such name, or the row is
// about others.
func (c *Catalogue) accompaniedBy(t *testing.T, s *service, a *action, of resourceType, sign string, row *companion) bool {
	full := s.prefix + ":" + a.name
	for _, p := range of.patterns {
		w := newWork(c, Request{Account: testAccount, Partition: "aws", Entity: instance(p, "name"+sign), Actions: []string{full}, Rules: Rules{Allow: []string{"*:*"}}})
		if bad, err := w.findResources(); err != nil || len(bad) > 0 {
			continue
		}
		ks, err := w.kinds(s)
		if err != nil {
			t.Fatal(err)
		}
		if !ks[0].has(p.shape) || !row.fits(ks[0]) {
			continue
		}
		if _, missing := ks.reach(s, a); len(missing) > 0 {
			continue
		}
		refusal, err := w.grant(full)
		if err != nil {
			t.Fatal(err)
		}
		said := refusal != nil || row.does == add && len(w.added) > 0
		for advice := range w.warnings {
			said = said || advice == row.text || row.rights != nil && strings.HasPrefix(advice, row.text)
		}
		if !said {
			t.Errorf("%s on %s: nothing is made of %q", full, w.req.Entity, row.text)
		}
		return true
	}
	return false
}
