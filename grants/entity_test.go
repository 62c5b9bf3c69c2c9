package grants

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"port-iam/iamops"
	"port-iam/port"
	"port-iam/templates"
)

// TestEntityIsTheModels: what is written of a grant is what the model in Port
// says, no more and no less.
func TestEntityIsTheModels(t *testing.T) {
	t.Parallel()
	model := templates.Model()
	i := slices.IndexFunc(model, func(b templates.Blueprint) bool { return b.ID == templates.BlueprintGrant })
	names := func(fields []templates.Field, sometimes bool) []string {
		var out []string
		for _, f := range fields {
			if sometimes || !f.Sometimes {
				out = append(out, f.Name)
			}
		}
		slices.Sort(out)
		return out
	}
	for limited, end := range map[bool]time.Time{true: time.Unix(1e9, 0), false: {}} {
		p := iamops.Plan{Policy: "{}", Profile: "[profile x]"}
		if limited { // with all that an entity may have
			p.SignInURL, p.ConsoleURL = "https://signin", "https://console"
		}
		e := entityOf(p, request{Request: iamops.Request{End: end}}, "123456789012")
		if diff := cmp.Diff(names(model[i].Properties, limited), slices.Sorted(maps.Keys(e.Properties))); diff != "" {
			t.Errorf("properties, limited %v (-model +entity):\n%s", limited, diff)
		}
		if diff := cmp.Diff(names(model[i].Relations, limited), slices.Sorted(maps.Keys(e.Relations))); diff != "" {
			t.Errorf("relations (-model +entity):\n%s", diff)
		}
	}
}

// TestEntityIsReadBack: the operator's list reads what was written.
func TestEntityIsReadBack(t *testing.T) {
	t.Parallel()
	e := entityOf(
		iamops.Plan{Policy: "{}", SignInURL: "https://signin"},
		request{entity: "arn:r", permissions: []string{"s3:PutObject"}, Request: iamops.Request{Requester: "alice", Actions: []string{"s3:PutObject"}}},
		"123456789012",
	)
	var l Listing
	describeEntity(&l, &e)
	want := Listing{Requester: "alice", Resource: "arn:r", Permissions: []string{"s3:PutObject"}, SignInURL: "https://signin"}
	if diff := cmp.Diff(want, l); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	describeEntity(&l, &port.Entity{}) // one that lacks everything is no error
}
