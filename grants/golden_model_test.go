package grants_test

import (
	"encoding/json"
	"strings"

	"port-iam/templates"
)

// texts are a title and a description in a document for Port.
type texts struct {
	Title       string `json:"title"`
	Description string `json:"description"`
}

func (g *golden) texts(level, id string, of texts) {
	g.write("%s %s (`%s`)", level, of.Title, id)
	if of.Description != "" {
		g.write(": %s", of.Description)
	}
	g.write("\n")
	g.said = append(g.said, of.Title, of.Description)
}

// model writes the catalogue and the actions, as setup installs them.
func (g *golden) model() {
	blueprints, err := templates.Blueprints()
	g.must(err)
	g.write("# The catalogue\n\n")
	for i, body := range blueprints {
		var b struct {
			texts
			Schema struct {
				Properties map[string]texts `json:"properties"`
			} `json:"schema"`
			Relations map[string]texts `json:"relations"`
		}
		g.must(json.Unmarshal(body, &b))
		of := templates.Model()[i]
		g.texts("##", of.ID, b.texts)
		g.write("\n")
		for _, p := range of.Properties {
			g.texts("- property", p.Name, b.Schema.Properties[p.Name])
		}
		for _, r := range of.Relations {
			g.texts("- relation", r.Name, b.Relations[r.Name])
		}
		if n := len(of.Properties) + len(of.Relations); n != len(b.Schema.Properties)+len(b.Relations) {
			g.t.Errorf("%s has more than the %d properties and relations of the model", of.ID, n)
		}
		g.write("\n")
	}
	actions, err := templates.Actions(templates.Automation{Accounts: []string{account}, ActionIDs: templates.ActionIDs{Grants: []templates.GrantAction{{ID: grantAction}}, Revoke: revokeAction, Expire: expireAction}})
	g.must(err)
	g.write("# The actions\n\n")
	for _, body := range actions {
		g.action(body)
	}
}

// action writes an action or the automation with its form.
func (g *golden) action(body json.RawMessage) {
	var a struct {
		texts
		Identifier string `json:"identifier"`
		Trigger    struct {
			UserInputs struct {
				Properties map[string]texts `json:"properties"`
				Order      []string         `json:"order"`
			} `json:"userInputs"`
		} `json:"trigger"`
	}
	g.must(json.Unmarshal(body, &a))
	g.texts("##", a.Identifier, a.texts)
	g.write("\n")
	form := a.Trigger.UserInputs
	for _, name := range form.Order {
		g.texts("- input", name, form.Properties[name])
	}
	if len(form.Order) != len(form.Properties) {
		g.t.Errorf("%s has %d inputs, and the order of %d", a.Identifier, len(form.Properties), len(form.Order))
	}
	if len(form.Order) > 0 {
		g.write("\n")
	}
	for _, text := range []string{a.Title, a.Description} {
		if strings.TrimSpace(text) == "" {
			g.t.Errorf("%s has no title or no description", a.Identifier)
		}
	}
}

func (g *golden) must(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}
