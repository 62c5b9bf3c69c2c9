package port

import (
	"context"
	"net/http"
	"net/url"
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
