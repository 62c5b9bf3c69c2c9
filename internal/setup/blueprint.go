package setup

import (
	"context"
	"slices"
	"strings"

	"port-iam/port"
)

// blueprintOfGrants is the blueprint whose entities the daemon writes, and these
// are the properties that it always fills.
const blueprintOfGrants = "provisioned_permissions"

var alwaysWritten = []string{"requester", "iam_policy", "sign_in_url", "policy_arn", "role_arn"}

// formatTimer is the one format that something depends on: Port starts the
// automation when such a property is over.
const formatTimer = "timer"

func compareBlueprint(ctx context.Context, portal Portal, want port.Object) (item, error) {
	it := item{kind: "blueprint", id: want.Text("identifier")}
	have, err := portal.Blueprint(ctx, it.id)
	switch {
	case port.IsKind(err, port.KindNotFound):
		it.apply = func(ctx context.Context) error {
			err := portal.CreateBlueprint(ctx, want)
			return settle(ctx, err, func() (item, error) { return compareBlueprint(ctx, portal, want) })
		}
		return it, nil
	case err != nil:
		return it, err
	}
	it.exists = true
	d := &differ{}
	fields := d.blueprint(copyOf(have), want)
	it.changes, it.conflicts, it.notes = d.changes, d.conflicts, d.notes
	it.apply = func(ctx context.Context) error { return portal.UpdateBlueprint(ctx, it.id, fields) }
	return it, nil
}

// blueprint returns the fields of a blueprint to write: what is there, and what
// was missing. have is changed.
func (d *differ) blueprint(have object, want port.Object) port.Object {
	schema, ok := d.child(have, "schema", "schema")
	if !ok {
		return nil
	}
	properties, ok := d.child(schema, "schema.properties", "properties")
	if !ok {
		return nil
	}
	wanted, _ := want.At("schema", "properties").(object)
	for _, name := range names(wanted) {
		d.property(properties, name, wanted[name].(object))
	}
	relations, ok := d.child(have, "relations", "relations")
	if !ok {
		return nil
	}
	wanted, _ = want.At("relations").(object)
	for _, name := range names(wanted) {
		d.relation(relations, name, wanted[name].(object))
	}
	if want.Text("identifier") == blueprintOfGrants {
		d.beyondUs(schema, relations)
	}
	return d.changed(port.Object{"schema": schema, "relations": relations})
}

// changed are the fields in which something changes: the others need not be
// sent.
func (d *differ) changed(all port.Object) port.Object {
	fields := port.Object{}
	for _, c := range d.changes {
		top, _, _ := strings.Cut(c.path, ".")
		fields[top] = all[top]
	}
	return fields
}

func (d *differ) property(all object, name string, want object) {
	path := "schema.properties." + name
	have, exists := all[name].(object)
	if !exists {
		all[name] = clone(want)
		d.add(path, want)
		return
	}
	const remedy = "change it in Port, or give yours another name there"
	d.fixed(path+".type", have["type"], want["type"], remedy)
	if want["format"] == formatTimer {
		if have["format"] == nil {
			have["format"] = formatTimer
			d.add(path+".format", formatTimer)
		}
		d.fixed(path+".format", have["format"], want["format"], remedy)
	}
	// Where there is no list of values any more, every value is allowed.
	values, limited := have["enum"].([]any)
	ours, _ := want["enum"].([]any)
	for _, v := range ours {
		if limited && !slices.Contains(values, v) {
			values = append(values, v)
			have["enum"] = values
			d.add(path+".enum", v)
		}
	}
}

func (d *differ) relation(all object, name string, want object) {
	path := "relations." + name
	have, exists := all[name].(object)
	if !exists {
		all[name] = clone(want)
		d.add(path, want)
		return
	}
	const remedy = "change it in Port, or give yours another name there"
	d.fixed(path+".target", have["target"], want["target"], remedy)
	many, _ := have["many"].(bool)
	d.fixed(path+".many", any(many), want["many"], remedy)
}

// beyondUs looks for what a customer requires of every grant and the daemon does
// not write: Port would refuse its entities.
func (d *differ) beyondUs(schema, relations object) {
	required, _ := schema["required"].([]any)
	for _, v := range required {
		if name, _ := v.(string); !slices.Contains(alwaysWritten, name) {
			d.conflict("schema.required holds %q, which not every grant has, so Port would refuse grants: make it optional in Port", name)
		}
	}
	for _, name := range names(relations) {
		r, _ := relations[name].(object)
		if yes, _ := r["required"].(bool); yes && name != "permissions" && name != "aws_resource" {
			d.conflict("relations.%s is required and the daemon does not write it, so Port would refuse grants: make it optional in Port", name)
		}
	}
}
