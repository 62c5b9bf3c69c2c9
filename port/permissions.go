package port

import (
	"context"
	"net/http"
)

// permissions reads who may do what with a blueprint or an action. kinds is the
// first segment of its path.
func (c *Client) permissions(ctx context.Context, kinds, route, id string) (Object, error) {
	var answer struct {
		Permissions Object `json:"permissions"`
	}
	k := call{op: "read the permissions of " + kinds[:len(kinds)-1] + " " + id, route: route, path: []string{kinds, id, "permissions"}, into: &answer}
	if err := c.do(ctx, k); err != nil {
		return nil, err
	}
	if answer.Permissions == nil {
		return nil, incomplete(k.op, "permissions")
	}
	return answer.Permissions, nil
}

// ActionPermissions returns who may execute an action and approve its runs, in
// the objects execute and approve: lists of users, roles and teams, and perhaps a
// policy. [KindNotFound] when there is no such action, [KindUnauthorized] when the
// credentials may not read them.
func (c *Client) ActionPermissions(ctx context.Context, id string) (Object, error) {
	return c.permissions(ctx, "actions", routeActionPermissionsGet, id)
}

// SetActionPermissions replaces who may execute an action and approve its runs.
// How deep Port merges is not documented, so execute and approve must be whole.
// [KindRefused] when Port does not take them, for example because there is no such
// team; [KindUnauthorized] when the credentials may not change them.
func (c *Client) SetActionPermissions(ctx context.Context, id string, body Object) error {
	return c.do(ctx, call{
		op: "set the permissions of action " + id, route: routeActionPermissionsPatch, method: http.MethodPatch,
		path: []string{"actions", id, "permissions"}, body: body,
	})
}

// BlueprintPermissions returns who may register, update and unregister the
// entities of a blueprint, in the object entities. The errors are those of
// [Client.ActionPermissions].
func (c *Client) BlueprintPermissions(ctx context.Context, id string) (Object, error) {
	return c.permissions(ctx, "blueprints", routeBlueprintPermissionsGet, id)
}

// Team returns nil if there is a team of that name. [KindNotFound] when there is none,
// [KindUnauthorized] when the credentials may not read teams.
func (c *Client) Team(ctx context.Context, name string) error {
	return c.do(ctx, call{op: "read team " + name, route: routeTeamGet, path: []string{"teams", name}})
}
