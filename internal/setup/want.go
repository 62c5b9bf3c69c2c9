package setup

import (
	"encoding/json"
	"errors"
	"fmt"
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
}

// Want renders what a choice means. Its error is about the choice.
func Want(c Choice) (Desired, error) {
	starter, types, err := starterPermissions(c)
	if err != nil {
		return Desired{}, err
	}
	blueprints, err := templates.Blueprints(types...)
	if err != nil {
		return Desired{}, err
	}
	actions, err := templates.Actions(c.Actions)
	if err != nil {
		return Desired{}, err
	}
	var d Desired
	if d.Blueprints, err = objects(blueprints); err != nil {
		return Desired{}, err
	}
	if d.Actions, err = objects(actions); err != nil {
		return Desired{}, err
	}
	if c.Samples {
		samples, err := templates.Samples(c.Actions.Account, c.Partition)
		if err != nil {
			return Desired{}, err
		}
		for _, s := range samples {
			d.Entities = append(d.Entities, entity(s))
		}
	}
	d.Entities = withoutDoubles(append(d.Entities, starter...))
	return d, nil
}

func objects(raw []json.RawMessage) ([]port.Object, error) {
	out := make([]port.Object, len(raw))
	for i := range raw {
		if err := json.Unmarshal(raw[i], &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func entity(s templates.Sample) Entity {
	e := Entity{Blueprint: s.Blueprint, Entity: port.Entity{
		Identifier: s.Identifier, Title: s.Title, Properties: map[string]json.RawMessage{},
	}}
	for name, v := range s.Properties {
		text, _ := json.Marshal(v) // a text always encodes
		e.Properties[name] = text
	}
	return e
}

// withoutDoubles keeps the first of what comes twice: a sample has a title that
// says more.
func withoutDoubles(all []Entity) []Entity {
	seen := map[[2]string]bool{}
	var out []Entity
	for _, e := range all {
		key := [2]string{e.Blueprint, e.Identifier}
		if !seen[key] {
			out = append(out, e)
		}
		seen[key] = true
	}
	return out
}

// starterPermissions are the permissions of the chosen services, and the types
// of resources that these are for.
func starterPermissions(c Choice) (entities []Entity, types []string, err error) {
	if len(c.Starter) == 0 {
		return nil, nil, nil
	}
	known, err := catalogue.Open()
	if err != nil {
		return nil, nil, err
	}
	samples, err := templates.Samples(c.Actions.Account, c.Partition)
	if err != nil {
		return nil, nil, err
	}
	var bad []error
	for _, prefix := range c.Starter {
		kind, resource := strings.ToUpper(prefix), ""
		for _, s := range samples {
			if s.Blueprint == templates.BlueprintResource && strings.Split(s.Identifier, ":")[2] == prefix {
				kind, resource = s.Properties[templates.PropertyResourceType], s.Identifier
			}
		}
		actions, err := grantable(known, c, prefix, resource)
		if err != nil {
			bad = append(bad, err)
			continue
		}
		types = append(types, kind)
		for _, a := range actions {
			entities = append(entities, entity(templates.Sample{
				Blueprint: templates.BlueprintPermission, Identifier: a, Title: a, Properties: map[string]string{templates.PropertyResourceType: kind},
			}))
		}
	}
	return entities, types, errors.Join(bad...)
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
	req := catalogue.Request{Account: c.Actions.Account, Partition: c.Partition, ARN: resource, Rules: c.Rules}
	if resource == "" {
		req.ARN = "arn:" + c.Partition + ":" + prefix + ":::any"
	}
	for _, a := range actions {
		req.Actions = append(req.Actions, a.Name)
	}
	_, err = known.Resources(req)
	var refusals catalogue.Refusals
	if err != nil && !errors.As(err, &refusals) {
		return nil, err
	}
	refused := map[string]bool{}
	for _, r := range refusals {
		switch r.Reason {
		case catalogue.DeniedAction, catalogue.NoResourceLevel, catalogue.UnknownAction:
			refused[r.Action] = true
		default: // about this resource
			refused[r.Action] = resource != ""
		}
	}
	var out []string
	for _, name := range req.Actions {
		if !refused[name] {
			out = append(out, name)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("starter permissions: nothing of the service %q may be granted", prefix)
	}
	return out, nil
}
