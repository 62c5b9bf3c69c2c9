package grants

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"port-iam/iamops"
	"port-iam/port"
)

// Blueprints of Port's guide that port-iam works with.
const (
	blueprintResource   = "aws_resource"
	blueprintPermission = "iam_permissions"
	blueprintGrant      = "provisioned_permissions"
)

// Properties and relations of these blueprints.
const (
	propertyType = "resource_type" // of a resource, and of a permission

	propertyRequester = "requester"
	propertyPolicy    = "iam_policy"
	propertySignInURL = "sign_in_url"
	propertyPolicyARN = "policy_arn"
	propertyRoleARN   = "role_arn"
	propertyExpiry    = "expiry_time"

	relationResource    = "aws_resource"
	relationPermissions = "permissions"
)

// entityOf is the entity of a grant in Port.
func entityOf(p iamops.Plan, r request) (port.Entity, error) {
	properties := map[string]any{
		propertyRequester: r.requester,
		propertyPolicy:    json.RawMessage(p.Policy),
		propertySignInURL: p.SignInURL,
		propertyPolicyARN: p.PolicyARN,
		propertyRoleARN:   p.RoleARN,
	}
	if !r.end.IsZero() {
		properties[propertyExpiry] = r.end.UTC().Format(time.RFC3339)
	}
	e := port.Entity{Identifier: p.Name, Title: p.Name}
	var err error
	if e.Properties, err = rawMap(properties); err != nil {
		return e, err
	}
	e.Relations, err = rawMap(map[string]any{relationResource: r.resource, relationPermissions: r.actions})
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
	l.Requester, l.SignInURL = textOf(e, propertyRequester), textOf(e, propertySignInURL)
	_ = json.Unmarshal(e.Relations[relationResource], &l.Resource)
	_ = json.Unmarshal(e.Relations[relationPermissions], &l.Permissions)
}

// isOurs reports whether the role that the entity of a grant names is, or was,
// in this account and under our path.
func (s *Service) isOurs(e *port.Entity) bool {
	return textOf(e, propertyRoleARN) == s.opts.RoleARN(e.Identifier)
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
