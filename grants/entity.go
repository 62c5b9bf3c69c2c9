package grants

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"port-iam/iamops"
	"port-iam/port"
	"port-iam/templates"
)

// entityOf is the entity of a grant in Port.
func entityOf(p iamops.Plan, r request) (port.Entity, error) {
	properties := map[string]any{
		templates.PropertyRequester: r.requester,
		templates.PropertyPolicy:    json.RawMessage(p.Policy),
		templates.PropertySignInURL: p.SignInURL,
		templates.PropertyPolicyARN: p.PolicyARN,
		templates.PropertyRoleARN:   p.RoleARN,
	}
	if !r.end.IsZero() {
		properties[templates.PropertyExpiryTime] = r.end.UTC().Format(time.RFC3339)
	}
	e := port.Entity{Identifier: p.Name, Title: p.Name}
	var err error
	if e.Properties, err = rawMap(properties); err != nil {
		return e, err
	}
	e.Relations, err = rawMap(map[string]any{templates.RelationResource: r.resource, templates.RelationPermissions: r.actions})
	return e, err
}

func rawMap(m map[string]any) (map[string]json.RawMessage, error) {
	out := make(map[string]json.RawMessage, len(m))
	for k, v := range m {
		raw, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("encode %s: %w", k, err)
		}
		out[k] = raw
	}
	return out, nil
}

// describeEntity adds to a row of the operator's list what the entity of the
// grant says. A relation of another form is left out.
func describeEntity(l *Listing, e *port.Entity) {
	l.Requester, l.SignInURL = textOf(e, templates.PropertyRequester), textOf(e, templates.PropertySignInURL)
	_ = json.Unmarshal(e.Relations[templates.RelationResource], &l.Resource)
	_ = json.Unmarshal(e.Relations[templates.RelationPermissions], &l.Permissions)
}

// isOurs reports whether the role that the entity of a grant names is, or was,
// in this account and under our path.
func (s *Service) isOurs(e *port.Entity) bool {
	return textOf(e, templates.PropertyRoleARN) == s.opts.RoleARN(e.Identifier)
}

// textOf reads a property that is a text; "" where it is not.
func textOf(e *port.Entity, property string) string {
	var s string
	if json.Unmarshal(e.Properties[property], &s) != nil {
		return ""
	}
	return s
}

// find reads an entity; nil where there is none.
func find(ctx context.Context, portal Portal, blueprint, id string) (*port.Entity, error) {
	e, err := portal.Entity(ctx, blueprint, id)
	if port.IsKind(err, port.KindNotFound) {
		return nil, nil //nolint:nilnil // absence is an answer
	}
	if err != nil {
		return nil, err
	}
	return &e, nil
}
