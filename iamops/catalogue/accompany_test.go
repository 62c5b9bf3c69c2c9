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
	if err != nil || len(s.Warnings) != 1 || !strings.Contains(s.Warnings[0], "kms:Decrypt") {
		t.Errorf("%q, %v", s.Warnings, err)
	}
}

func scopeOf(t *testing.T, entity string, actions ...string) (Scope, error) {
	t.Helper()
	return shared(t).Scope(Request{Account: testAccount, Partition: "aws", Entity: entity, Actions: actions})
}
