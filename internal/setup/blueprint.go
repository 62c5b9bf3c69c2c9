package setup

import (
	"context"
	"slices"
	"strings"

	"port-iam/port"
	"port-iam/templates"
)

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
	fields := it.blueprint(copyOf(have), want)
	it.apply = func(ctx context.Context) error { return portal.UpdateBlueprint(ctx, it.id, fields) }
	return it, nil
}

// modelOf is the blueprint in the model.
func modelOf(id string) templates.Blueprint {
	all := templates.Model()
	if i := slices.IndexFunc(all, func(b templates.Blueprint) bool { return b.ID == id }); i >= 0 {
		return all[i]
	}
	return templates.Blueprint{}
}

// blueprint returns the fields of a blueprint to write: what Port has, and what
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
	relations, ok := d.child(have, "relations", "relations")
	if !ok {
		return nil
	}
	model := modelOf(want.Text("identifier"))
	for _, f := range model.Properties {
		wanted, _ := want.At("schema", "properties", f.Name).(object)
		d.property(properties, f, wanted)
	}
	for _, f := range model.Relations {
		wanted, _ := want.At("relations", f.Name).(object)
		d.relation(relations, f, wanted)
	}
	if model.ID == templates.BlueprintGrant {
		d.beyondUs(schema, relations, model)
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

const remedyField = "change it in Port, or give yours another name there"

func (d *differ) property(all object, f templates.Field, want object) {
	path := "schema.properties." + f.Name
	have, exists := all[f.Name].(object)
	if !exists {
		all[f.Name] = clone(want)
		d.add(path, want, !f.Optional)
		return
	}
	if f.Use != "" {
		d.fixed(path+".type", have["type"], want["type"], remedyField)
	}
	if f.Format == templates.FormatTimer {
		if have["format"] == nil {
			have["format"] = f.Format
			d.add(path+".format", f.Format, true)
		}
		d.fixed(path+".format", have["format"], want["format"], remedyField)
	}
	// Where the list of values is gone, every value is allowed.
	values, limited := have["enum"].([]any)
	ours, _ := want["enum"].([]any)
	for _, v := range ours {
		if limited && !slices.Contains(values, v) {
			values = append(values, v)
			have["enum"] = values
			d.add(path+".enum", v, false)
		}
	}
}

func (d *differ) relation(all object, f templates.Field, want object) {
	path := "relations." + f.Name
	have, exists := all[f.Name].(object)
	if !exists {
		all[f.Name] = clone(want)
		d.add(path, want, !f.Optional)
		return
	}
	d.fixed(path+".target", have["target"], want["target"], remedyField)
	many, _ := have["many"].(bool)
	d.fixed(path+".many", any(many), want["many"], remedyField)
}

// beyondUs looks for what a customer requires of every grant and the daemon does
// not always write: Port would refuse its entities.
func (d *differ) beyondUs(schema, relations object, model templates.Blueprint) {
	const remedy = "make it optional in Port"
	written := func(name string) bool {
		return slices.ContainsFunc(slices.Concat(model.Properties, model.Relations), func(f templates.Field) bool { return f.Name == name && !f.Sometimes })
	}
	required, _ := schema["required"].([]any)
	for _, v := range required {
		if name, _ := v.(string); !written(name) {
			d.conflict(remedy, "schema.required holds %q, which not every grant has, so Port would refuse grants", name)
		}
	}
	for _, name := range names(relations) {
		r, _ := relations[name].(object)
		if yes, _ := r["required"].(bool); yes && !written(name) {
			d.conflict(remedy, "relations.%s is required and the daemon does not write it, so Port would refuse grants", name)
		}
	}
}
