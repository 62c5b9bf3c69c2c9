package setup

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"port-iam/iamops/catalogue"
	"port-iam/port"
	"port-iam/templates"
)

// Choice says what to install.
type Choice struct {
	Actions   templates.Automation
	Partition string // of AWS, for ARNs of samples
	// Samples adds two resources and permissions for them.
	Samples bool
	// Starter are prefixes of services whose actions become permissions that can
	// be requested: those that the daemon grants, under these rules.
	Starter []string
	Rules   catalogue.Rules
	Teams   Teams
}

// account is the one that samples are of; "" where none is chosen.
func (c Choice) account() string {
	if len(c.Actions.Accounts) == 0 {
		return ""
	}
	return c.Actions.Accounts[0]
}

// Want renders what a choice means. Its error is about the choice.
func Want(c Choice) (d Desired, err error) {
	var samples []Entity
	if c.Samples || len(c.Starter) > 0 {
		if samples, err = sampleEntities(c); err != nil {
			return d, err
		}
	}
	starter, types, leftOut, err := starterPermissions(c, samples)
	if err != nil {
		return d, err
	}
	d.Notes = leftOut
	blueprints, err := templates.Blueprints(types...)
	if err != nil {
		return d, err
	}
	actions, err := templates.Actions(c.Actions)
	if err != nil {
		return d, err
	}
	for _, text := range slices.Concat(blueprints, actions) {
		var body port.Object
		if err := json.Unmarshal(text, &body); err != nil {
			return d, err
		}
		d.Model = append(d.Model, body)
	}
	if c.Samples {
		d.Entities = samples
	}
	d.Entities, d.Teams = withoutDoubles(append(d.Entities, starter...)), c.Teams
	return d, nil
}

func sampleEntities(c Choice) (samples []Entity, err error) {
	text, err := templates.Samples(c.account(), c.Partition)
	if err != nil {
		return nil, err
	}
	return samples, json.Unmarshal(text, &samples)
}

// resourceTypes are the types that resources and permissions have.
func resourceTypes(entities []Entity) (types []any) {
	for _, e := range entities {
		var v any
		if json.Unmarshal(e.Properties[templates.PropertyResourceType], &v) == nil && v != nil && !slices.Contains(types, v) {
			types = append(types, v)
		}
	}
	return types
}

// withoutDoubles keeps the first of what comes twice: a sample has a title that
// says more.
func withoutDoubles(all []Entity) []Entity {
	seen := map[[2]string]bool{}
	return slices.DeleteFunc(all, func(e Entity) bool {
		key := [2]string{e.Blueprint, e.Identifier}
		double := seen[key]
		seen[key] = true
		return double
	})
}

// starterPermissions are the permissions of the chosen services, bundles among them, the
// types of resources that these are for, and what is left out.
func starterPermissions(c Choice, samples []Entity) (entities []Entity, types, leftOut []string, err error) {
	if len(c.Starter) == 0 {
		return nil, nil, nil, nil
	}
	known, err := catalogue.Open()
	if err != nil {
		return nil, nil, nil, err
	}
	var bad []error
	for _, prefix := range c.Starter {
		kind, resource := strconv.Quote(strings.ToUpper(prefix)), ""
		for _, s := range samples {
			if s.Blueprint == templates.BlueprintResource && strings.Split(s.Identifier, ":")[2] == prefix {
				kind, resource = string(s.Properties[templates.PropertyResourceType]), s.Identifier
			}
		}
		actions, err := grantable(known, c, prefix, resource)
		if err != nil {
			bad = append(bad, err)
			continue
		}
		types = append(types, strings.Trim(kind, `"`))
		for _, a := range actions {
			entities = append(entities, permission(a, a, kind, nil))
		}
		bundles, denied, err := bundlesOf(known, c.Rules, prefix)
		if err != nil {
			return nil, nil, nil, err
		}
		leftOut = append(leftOut, denied...)
		for _, b := range bundles {
			entities = append(entities, permission(b.ID, b.Title, kind, map[string]any{
				templates.PropertyActions: b.Actions, templates.PropertyDescription: b.Meaning + ".",
			}))
		}
	}
	return entities, types, leftOut, errors.Join(bad...)
}

// permission is an entity with the properties that permissions have.
func permission(id, title, kind string, more map[string]any) Entity {
	properties := map[string]json.RawMessage{templates.PropertyResourceType: json.RawMessage(kind)}
	for name, v := range more {
		properties[name], _ = json.Marshal(v) // texts
	}
	return Entity{templates.BlueprintPermission, port.Entity{Identifier: id, Title: title, Properties: properties}}
}

// bundlesOf are the bundles of a service of which the operator denies no action, and of
// the others what is denied: without a part they would not be what their title says.
func bundlesOf(known *catalogue.Catalogue, rules catalogue.Rules, prefix string) (bundles []Bundle, leftOut []string, err error) {
	for _, b := range Bundles() {
		if b.Service() != prefix {
			continue
		}
		req := catalogue.Request{Account: strings.Split(sampleKey, ":")[4], Partition: "aws", Entity: b.Sample, Related: []string{sampleKey}, Actions: b.Actions, Rules: rules}
		if prefix == "kms" {
			req.Related = nil
		}
		var refusals catalogue.Refusals
		switch _, err := known.Scope(req); {
		case errors.As(err, &refusals):
			leftOut = append(leftOut, fmt.Sprintf("the bundle %s is left out: %v", b.ID, refusals[0]))
		case err != nil:
			return nil, nil, err
		default:
			bundles = append(bundles, b)
		}
	}
	return bundles, leftOut, nil
}

// grantable are the actions of a service that the daemon grants on a resource,
// which stands for all of its type. Where it is "" because the type can be
// anything of the service, they are those that it grants on something.
func grantable(known *catalogue.Catalogue, c Choice, prefix, resource string) ([]string, error) {
	actions, err := known.Actions(prefix)
	if err != nil {
		return nil, err
	}
	if len(actions) == 0 {
		return nil, fmt.Errorf("starter permissions: AWS has no service %q: prefixes are those of IAM actions, such as s3 in s3:GetObject", prefix)
	}
	req := catalogue.Request{Account: c.account(), Partition: c.Partition, Entity: resource, Rules: c.Rules}
	if resource == "" {
		req.Entity = "arn:" + c.Partition + ":" + prefix + ":::any"
	}
	for _, a := range actions {
		req.Actions = append(req.Actions, a.Name)
	}
	_, err = known.Scope(req)
	var refusals catalogue.Refusals
	if err != nil && !errors.As(err, &refusals) {
		return nil, err
	}
	// Other reasons are about the resource, and do not count where it can be any.
	refused := map[string]bool{}
	for _, r := range refusals {
		refused[r.Action] = resource != "" || r.Always()
	}
	out := slices.DeleteFunc(req.Actions, func(name string) bool { return refused[name] })
	if len(out) == 0 {
		return nil, fmt.Errorf("starter permissions: nothing of the service %q may be granted", prefix)
	}
	return out, nil
}
