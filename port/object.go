package port

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
)

// Object is a JSON object of Port's data model, a blueprint or an action. Inside
// of it objects are map[string]any and numbers json.Number: what this program
// does not know can be sent back as it came.
type Object map[string]any

// UnmarshalJSON keeps numbers as they are written.
func (o *Object) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		return err
	}
	*o = m
	return nil
}

// At returns what is at the end of a path of names; nil where there is nothing.
func (o Object) At(path ...string) any {
	var v any = map[string]any(o)
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

// Text is [Object.At] for a text; "" where there is none.
func (o Object) Text(path ...string) string {
	s, _ := o.At(path...).(string)
	return s
}

// object reads the blueprint or the action of an identifier.
func (c *Client) object(ctx context.Context, kind, route, id string) (Object, error) {
	var answer Object
	k := call{op: "read " + kind + " " + id, route: route, path: []string{kind + "s", id}, into: &answer}
	if err := c.do(ctx, k); err != nil {
		return nil, err
	}
	o, _ := answer[kind].(map[string]any)
	if Object(o).Text("identifier") != id {
		return nil, incomplete(k.op, "the "+kind+" of this identifier")
	}
	return o, nil
}

// Blueprint returns a blueprint as Port has it. [KindNotFound] when there is
// none.
func (c *Client) Blueprint(ctx context.Context, id string) (Object, error) {
	return c.object(ctx, "blueprint", routeBlueprintGet, id)
}

// CreateBlueprint creates a blueprint and lets Port make a catalogue page for its
// entities. [KindRefused] when Port does not take it, or has a blueprint of this
// identifier, which after a lost answer may be the effect of an earlier try.
func (c *Client) CreateBlueprint(ctx context.Context, body Object) error {
	return c.do(ctx, call{
		op: "create blueprint " + body.Text("identifier"), route: routeBlueprintCreate, method: http.MethodPost,
		path: []string{"blueprints"}, query: url.Values{"create_catalog_page": {"true"}}, body: body,
	})
}

// UpdateBlueprint replaces the given fields of a blueprint and leaves the others.
// How deep Port merges is not documented, so a field that is given must be given
// whole. [KindRefused] when Port does not take it.
func (c *Client) UpdateBlueprint(ctx context.Context, id string, fields Object) error {
	return c.do(ctx, call{
		op: "update blueprint " + id, route: routeBlueprintPatch, method: http.MethodPatch,
		path: []string{"blueprints", id}, body: fields,
	})
}

// Action returns a self-service action or an automation as Port has it.
// [KindNotFound] when there is none.
func (c *Client) Action(ctx context.Context, id string) (Object, error) {
	return c.object(ctx, "action", routeActionGet, id)
}

// ActionAccounts returns the AWS accounts that the message of an action names: those
// that its daemon serves. There is none where the message names none, because the
// action was made by hand or is not invoked through Kafka. [KindNotFound] when there
// is no such action.
func (c *Client) ActionAccounts(ctx context.Context, id string) ([]string, error) {
	action, err := c.Action(ctx, id)
	if err != nil {
		return nil, err
	}
	return action.Accounts(), nil
}

// Accounts are the AWS accounts that the message of an action names, under one key or
// the other, sorted and each once. What is no text counts as none.
func (o Object) Accounts() []string {
	context, _ := o.At("invocationMethod", "payload", "context").(map[string]any)
	listed, _ := context["accounts"].([]any)
	var all []string
	for _, v := range append(slices.Clone(listed), context["account"]) {
		if account, _ := v.(string); account != "" {
			all = append(all, account)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Invocation returns how Port performs an action: KAFKA, WEBHOOK and others.
// [KindNotFound] when there is no such action.
func (c *Client) Invocation(ctx context.Context, action string) (string, error) {
	a, err := c.Action(ctx, action)
	if err != nil {
		return "", err
	}
	return a.Text("invocationMethod", "type"), nil
}

// CreateAction creates an action or automation. [KindRefused] as for
// [Client.CreateBlueprint].
func (c *Client) CreateAction(ctx context.Context, body Object) error {
	return c.do(ctx, call{
		op: "create action " + body.Text("identifier"), route: routeActionCreate, method: http.MethodPost,
		path: []string{"actions"}, body: body,
	})
}

// ReplaceAction puts the body in place of the action. [KindRefused] when Port
// does not take it: it takes no fields but those that its API documents.
func (c *Client) ReplaceAction(ctx context.Context, id string, body Object) error {
	return c.do(ctx, call{
		op: "update action " + id, route: routeActionPut, method: http.MethodPut,
		path: []string{"actions", id}, body: body,
	})
}
