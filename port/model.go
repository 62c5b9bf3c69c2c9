package port

import (
	"context"
	"net/http"
	"net/url"
)

// The routes that only setting things up uses, as the metrics name them.
const (
	routeActionCreate    = "action_create"
	routeActionPut       = "action_put"
	routeBlueprintGet    = "blueprint_get"
	routeBlueprintCreate = "blueprint_create"
	routeBlueprintPatch  = "blueprint_patch"
)

// Blueprint returns a blueprint as Port has it. [KindNotFound] when there is
// none.
func (c *Client) Blueprint(ctx context.Context, id string) (Object, error) {
	var answer struct {
		Blueprint Object `json:"blueprint"`
	}
	k := call{
		op: "read blueprint " + id, route: routeBlueprintGet, method: http.MethodGet,
		path: []string{"blueprints", id}, into: &answer, repeatable: true,
	}
	if err := c.do(ctx, k); err != nil {
		return nil, err
	}
	if answer.Blueprint.Text("identifier") != id {
		return nil, incomplete(k.op, "the blueprint of this identifier")
	}
	return answer.Blueprint, nil
}

// CreateBlueprint creates a blueprint and lets Port make a catalogue page for its
// entities. [KindRefused] when Port does not take it, or has a blueprint of this
// identifier, which after a lost answer may be the effect of an earlier try.
func (c *Client) CreateBlueprint(ctx context.Context, body Object) error {
	return c.do(ctx, call{
		op: "create blueprint " + body.Text("identifier"), route: routeBlueprintCreate, method: http.MethodPost,
		path: []string{"blueprints"}, query: url.Values{"create_catalog_page": {"true"}},
		body: body, repeatable: true,
	})
}

// UpdateBlueprint replaces the given fields of a blueprint and leaves the others.
// How deep Port merges is not documented, so a field that is given must be given
// whole. [KindRefused] when Port does not take it.
func (c *Client) UpdateBlueprint(ctx context.Context, id string, fields Object) error {
	return c.do(ctx, call{
		op: "update blueprint " + id, route: routeBlueprintPatch, method: http.MethodPatch,
		path: []string{"blueprints", id}, body: fields, repeatable: true,
	})
}

// Action returns a self-service action or an automation as Port has it.
// [KindNotFound] when there is none.
func (c *Client) Action(ctx context.Context, id string) (Object, error) {
	var answer struct {
		Action Object `json:"action"`
	}
	k := call{
		op: "read action " + id, route: routeActionGet, method: http.MethodGet,
		path: []string{"actions", id}, into: &answer, repeatable: true,
	}
	if err := c.do(ctx, k); err != nil {
		return nil, err
	}
	if answer.Action.Text("identifier") != id {
		return nil, incomplete(k.op, "the action of this identifier")
	}
	return answer.Action, nil
}

// ActionAccount returns the AWS account that the message of an action names: that
// of the daemon which serves it. It is "" where the message names none, because
// the action was made by hand or is not invoked through Kafka. [KindNotFound]
// when there is no such action.
func (c *Client) ActionAccount(ctx context.Context, id string) (string, error) {
	action, err := c.Action(ctx, id)
	if err != nil {
		return "", err
	}
	return action.Text("invocationMethod", "payload", "context", "account"), nil
}

// CreateAction creates an action or automation. [KindRefused] as for
// [Client.CreateBlueprint].
func (c *Client) CreateAction(ctx context.Context, body Object) error {
	return c.do(ctx, call{
		op: "create action " + body.Text("identifier"), route: routeActionCreate, method: http.MethodPost,
		path: []string{"actions"}, body: body, repeatable: true,
	})
}

// ReplaceAction puts the body in place of the action. [KindRefused] when Port
// does not take it: it takes no fields but those that its API documents.
func (c *Client) ReplaceAction(ctx context.Context, id string, body Object) error {
	return c.do(ctx, call{
		op: "update action " + id, route: routeActionPut, method: http.MethodPut,
		path: []string{"actions", id}, body: body, repeatable: true,
	})
}

// CreateEntity creates an entity. [KindRefused] with status 409 when there is one
// of this identifier, which after a lost answer may be the effect of an earlier
// try; the other kinds as for [Client.UpsertEntity].
func (c *Client) CreateEntity(ctx context.Context, blueprint string, e Entity) error {
	return c.do(ctx, call{
		op: "create entity " + e.Identifier + " of " + blueprint, route: routeEntityUpsert, method: http.MethodPost,
		path: []string{"blueprints", blueprint, "entities"}, query: url.Values{"upsert": {"false"}},
		body: e, repeatable: true,
	})
}
