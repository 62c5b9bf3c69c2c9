package templates_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/templates"
)

const installPage = "../docs/install.md"

// modelTable is the model as docs/install.md shows it.
func modelTable() string {
	var b strings.Builder
	b.WriteString("\n| blueprint | property or relation | of type | meaning | who fills and reads it |\n|---|---|---|---|---|\n")
	for _, blueprint := range templates.Model() {
		for _, f := range slices.Concat(blueprint.Properties, blueprint.Relations) {
			kind, use := f.Type, f.Use
			if kind == "string" {
				kind = "text"
			}
			if f.Format != "" {
				kind += ", " + f.Format
			}
			if f.Items != "" {
				kind += " of " + f.Items
			}
			if f.Target != "" {
				kind = "relation to `" + f.Target + "`"
			}
			if f.Many {
				kind += ", many"
			}
			if use == "" {
				use = "the daemon does neither"
			}
			fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s | %s |\n", blueprint.ID, f.Name, kind, f.Meaning, use)
		}
	}
	return b.String() + "\n"
}

// TestModelTable holds the table in docs/install.md against the model.
func TestModelTable(t *testing.T) {
	const begin, end = "<!-- model: begin (make generate) -->\n", "<!-- model: end -->"
	text, err := os.ReadFile(installPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	table, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the model between %q and %q", installPage, begin, end)
	}
	want := modelTable()
	if *update {
		if err := os.WriteFile(installPage, []byte(before+begin+want+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, table); diff != "" {
		t.Errorf("the table in %s differs from the model (-want +got), run `make generate`:\n%s", installPage, diff)
	}
}

// TestModelRows: every row says what it needs to say, and names lead somewhere.
func TestModelRows(t *testing.T) {
	var known []string
	for _, b := range templates.Model() {
		known = append(known, b.ID)
		seen := map[string]bool{}
		for _, f := range slices.Concat(b.Properties, b.Relations) {
			name := b.ID + "." + f.Name
			if seen[f.Name] || f.Name == "" || f.Title == "" || f.Meaning == "" {
				t.Errorf("%s is there twice, or has no title or meaning", name)
			}
			seen[f.Name] = true
			if (f.Type == "") == (f.Target == "") {
				t.Errorf("%s must be a property or a relation", name)
			}
			if f.Target != "" && !slices.Contains(known, f.Target) {
				t.Errorf("%s leads to %s, which does not come before", name, f.Target)
			}
			if f.Use == "" && !f.Optional {
				t.Errorf("%s is needed, and nothing says who needs it", name)
			}
			if (f.Format == templates.FormatTimer) != (f.Name == templates.PropertyExpiryTime) {
				t.Errorf("%s: Port starts the automation by one timer", name)
			}
		}
	}
}

// TestActionsAgreeWithTheModel: the documents of actions and samples name
// blueprints and properties of the model only.
func TestActionsAgreeWithTheModel(t *testing.T) {
	model := map[string][]string{}
	for _, b := range templates.Model() {
		for _, f := range b.Properties {
			model[b.ID] = append(model[b.ID], f.Name)
		}
	}
	checked := 0
	has := func(blueprint, property string) {
		t.Helper()
		checked++
		if _, known := model[blueprint]; !known || property != "" && !slices.Contains(model[blueprint], property) {
			t.Errorf("the model has no property %q of blueprint %q", property, blueprint)
		}
	}
	actions, err := templates.Actions(automation())
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range actions {
		var a struct {
			Trigger struct {
				BlueprintIdentifier string
				Event               struct{ BlueprintIdentifier, PropertyIdentifier string }
				UserInputs          struct {
					Properties map[string]struct {
						Items struct {
							Blueprint string
							Dataset   struct{ Rules []struct{ Property string } }
						}
					}
				}
			}
		}
		if err := json.Unmarshal(body, &a); err != nil {
			t.Fatal(err)
		}
		if id := a.Trigger.BlueprintIdentifier; id != "" {
			has(id, "")
		} else {
			has(a.Trigger.Event.BlueprintIdentifier, a.Trigger.Event.PropertyIdentifier)
		}
		for _, input := range a.Trigger.UserInputs.Properties {
			for _, r := range input.Items.Dataset.Rules {
				has(input.Items.Blueprint, r.Property)
			}
		}
	}
	text, err := templates.Samples("123456789012", "aws")
	if err != nil {
		t.Fatal(err)
	}
	var samples []struct {
		Blueprint  string
		Properties map[string]string
	}
	if err := json.Unmarshal(text, &samples); err != nil {
		t.Fatal(err)
	}
	for _, s := range samples {
		for name := range s.Properties {
			has(s.Blueprint, name)
		}
	}
	if checked < 11 {
		t.Errorf("%d names were found", checked)
	}
}
