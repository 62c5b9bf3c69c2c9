package grants

import (
	"context"
	"encoding/json"
	"time"

	"port-iam/iamops"
	"port-iam/port"
	"port-iam/templates"
)

// entityOf is the entity of a grant in Port, with all properties that its blueprint may
// have.
func entityOf(p iamops.Plan, r request, account string) port.Entity {
	e := port.Entity{
		Identifier: p.Name, Title: p.Name,
		Properties: map[string]json.RawMessage{
			templates.PropertyRequester: encode(r.Requester),
			templates.PropertyPolicy:    json.RawMessage(p.Policy),
			templates.PropertyPolicyARN: encode(p.PolicyARN),
			templates.PropertyRoleARN:   encode(p.RoleARN),
			templates.PropertyAccount:   encode(account),
			templates.PropertyProfile:   encode(p.Profile),
		},
		Relations: map[string]json.RawMessage{
			templates.RelationResource:    encode(r.entity),
			templates.RelationPermissions: encode(r.permissions),
		},
	}
	if p.SignInURL != "" {
		e.Properties[templates.PropertySignInURL] = encode(p.SignInURL)
	}
	if p.ConsoleURL != "" {
		e.Properties[templates.PropertyConsoleURL] = encode(p.ConsoleURL)
	}
	if !r.End.IsZero() {
		e.Properties[templates.PropertyExpiryTime] = encode(r.End.UTC().Format(time.RFC3339))
	}
	return e
}

// encode writes a text or several as JSON, which cannot fail.
func encode[T string | []string](v T) json.RawMessage {
	raw, _ := json.Marshal(v)
	return raw
}

// describeEntity adds to a row of the operator's list what the entity of the
// grant says. A relation of another form is left out.
func describeEntity(l *Listing, e *port.Entity) {
	l.Requester, l.SignInURL = textOf(e, templates.PropertyRequester), textOf(e, templates.PropertySignInURL)
	_ = json.Unmarshal(e.Relations[templates.RelationResource], &l.Resource)
	_ = json.Unmarshal(e.Relations[templates.RelationPermissions], &l.Permissions)
}

// textOf reads a property that is a text; "" where it is not.
func textOf(e *port.Entity, property string) string {
	var s string
	if json.Unmarshal(e.Properties[property], &s) != nil {
		return ""
	}
	return s
}

// find reads an entity; nil where there is none. That its properties cannot be read
// does not make them absent: it is an error.
func find(ctx context.Context, portal Portal, blueprint, id string) (*port.Entity, error) {
	e, err := portal.Entity(ctx, blueprint, id)
	if port.IsKind(err, port.KindNotFound) {
		return nil, nil //nolint:nilnil // absence is an answer
	}
	if err == nil {
		err = e.Readable("properties")
	}
	if err != nil {
		return nil, err
	}
	return &e, nil
}
