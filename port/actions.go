package port

import (
	"context"
	"net/http"
)

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
