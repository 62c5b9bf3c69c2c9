package port

import (
	"context"
	"net/http"
	"net/url"
)

// Entities returns all entities of a blueprint. [KindNotFound] when there is no
// such blueprint.
func (c *Client) Entities(ctx context.Context, blueprint string) ([]Entity, error) {
	var answer struct {
		Entities *[]Entity `json:"entities"`
	}
	k := call{
		op: "list entities of " + blueprint, route: routeEntityList, method: http.MethodGet,
		path: []string{"blueprints", blueprint, "entities"}, query: url.Values{"exclude_calculated_properties": {"true"}},
		into: &answer, long: true, repeatable: true,
	}
	if err := c.do(ctx, k); err != nil {
		return nil, err
	}
	if answer.Entities == nil {
		return nil, incomplete(k.op, "entities")
	}
	return *answer.Entities, nil
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
