package porttest

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// permissionRoutes are the operations about who may do what.
func permissionRoutes() []route {
	const ofAction, ofBlueprint = "/v1/actions/:action/permissions", "/v1/blueprints/:blueprint/permissions"
	return []route{
		newRoute("team_get", http.MethodGet, "/v1/teams/:team", params{"*fields": anyParam}, nil, (*Server).getTeam),
		newRoute("blueprint_permissions_get", http.MethodGet, ofBlueprint, nil, nil, (*Server).getBlueprintPermissions),
		newRoute("action_permissions_get", http.MethodGet, ofAction, nil, nil, (*Server).getActionPermissions),
		newRoute("action_permissions_patch", http.MethodPatch, ofAction, nil, actionPermissionsShape(), (*Server).patchActionPermissions),
	}
}

// people is who may do something with an action or an entity: lists, each
// sorted, and perhaps a policy.
func people(roles ...string) object {
	o := object{"users": []any{}, "roles": []any{}, "teams": []any{}}
	for _, r := range roles {
		o["roles"] = append(o["roles"].([]any), r)
	}
	return o
}

// withOwners is people that can hold the teams that own an entity, too.
func withOwners(who object) object {
	who["ownedByTeam"] = false
	return who
}

// newActionPermissions are those of an action that Port has just created: every
// member may execute it, and administrators approve.
func newActionPermissions() object {
	return object{"execute": withOwners(people("Admin", "Member")), "approve": people("Admin")}
}

// newBlueprintPermissions are those of a blueprint that Port has just created:
// administrators and its moderators edit its entities, and members read them.
func newBlueprintPermissions(id string, properties, relations []string) object {
	edit := func() object { return withOwners(people("Admin", id+"-moderator")) }
	each := func(names []string) object {
		o := object{}
		for _, name := range names {
			o[name] = edit()
		}
		return o
	}
	properties = append([]string{"$icon", "$identifier", "$team", "$title"}, properties...)
	return object{"entities": object{
		"read":     withOwners(people("Admin", id+"-moderator", "Member")),
		"register": edit(), "update": edit(), "unregister": edit(),
		"updateProperties": each(properties), "updateRelations": each(relations),
	}}
}

// actionPermissionsShape is the body that changes the permissions of an action.
func actionPermissionsShape() *shape {
	query := (&shape{
		fields:   map[string]rule{"combinator": oneOf("and", "or"), "rules": isArray},
		required: []string{"combinator", "rules"},
	}).rule
	policy := (&shape{
		fields: map[string]rule{
			"queries": func(v any) string {
				o, _ := v.(object)
				if len(o) == 0 {
					return "must be an object that is not empty"
				}
				for name, q := range o {
					if wrong := query(q); wrong != "" {
						return name + " " + wrong
					}
				}
				return ""
			},
			"conditions": func(v any) string {
				if list, _ := v.([]any); len(list) == 0 || slices.Contains(list, any("")) {
					return "must be an array of texts that is not empty"
				}
				return isTexts(v)
			},
		},
		required: []string{"queries", "conditions"},
	}).rule
	who := func() map[string]rule {
		return map[string]rule{"users": isTexts, "roles": isTexts, "teams": isTexts, "policy": either(isNull, policy)}
	}
	execute := who()
	execute["ownedByTeam"] = isBool
	return &shape{fields: map[string]rule{"execute": (&shape{fields: execute}).rule, "approve": (&shape{fields: who()}).rule}}
}

// SetActionPermissions sets what the permissions of an action hold, given as JSON
// as Port's API answers it. SetBlueprintPermissions does so for a blueprint. Both
// panic where it is not JSON or there is no such thing.
func (s *Server) SetActionPermissions(id, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.actions[id].permissions = object{}
	mustDecode(text, &s.actions[id].permissions)
}

// SetBlueprintPermissions is like [Server.SetActionPermissions].
func (s *Server) SetBlueprintPermissions(id, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blueprints[id].permissions = object{}
	mustDecode(text, &s.blueprints[id].permissions)
}

// ActionPermissions returns the permissions of an action as Port holds them. They
// must not be changed.
func (s *Server) ActionPermissions(id string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.actions[id]; a != nil {
		return a.permissions
	}
	return nil
}

// AddTeams makes teams of these names.
func (s *Server) AddTeams(names ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		s.teams[name] = true
	}
}

// getTeam is the route team_get.
func (s *Server) getTeam(r *request) (answer, error) {
	name := r.path["team"]
	if !s.teams[name] {
		return answer{}, notFound("team", name)
	}
	return ok(http.StatusOK, object{"team": object{"name": name, "users": []any{}}}), nil
}

// getActionPermissions is the route action_permissions_get.
func (s *Server) getActionPermissions(r *request) (answer, error) {
	a := s.actions[r.path["action"]]
	if a == nil {
		return answer{}, notFound("action", r.path["action"])
	}
	return ok(http.StatusOK, object{"permissions": a.permissions}), nil
}

// patchActionPermissions is the route action_permissions_patch. It takes execute
// and approve whole: who relies on more would lose what the customer has.
func (s *Server) patchActionPermissions(r *request) (answer, error) {
	a := s.actions[r.path["action"]]
	if a == nil {
		return answer{}, notFound("action", r.path["action"])
	}
	permissions := maps.Clone(a.permissions)
	for name, v := range r.body {
		who := people()
		if name == "execute" {
			who = withOwners(who)
		}
		for _, team := range teamsOf(v) {
			if !s.teams[team] {
				return answer{}, notFound("team", team)
			}
		}
		for field, v := range v.(object) {
			who[field] = sorted(v)
			if v == nil { // of a policy: it is removed
				delete(who, field)
			}
		}
		permissions[name] = who
	}
	a.permissions = permissions
	return ok(http.StatusOK, object{"permissions": permissions}), nil
}

func teamsOf(who any) (names []string) {
	list, _ := who.(object)["teams"].([]any)
	for _, v := range list {
		names = append(names, v.(string))
	}
	return names
}

// sorted is a list of texts in the order in which Port keeps it. Anything else is
// as it is.
func sorted(v any) any {
	list, isList := v.([]any)
	if !isList {
		return v
	}
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	return slices.Compact(list)
}

// getBlueprintPermissions is the route blueprint_permissions_get.
func (s *Server) getBlueprintPermissions(r *request) (answer, error) {
	b := s.blueprints[r.path["blueprint"]]
	if b == nil {
		return answer{}, notFound("blueprint", r.path["blueprint"])
	}
	return ok(http.StatusOK, object{"permissions": b.permissions}), nil
}
