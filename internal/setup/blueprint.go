package setup

import (
	"maps"
	"slices"
	"strings"

	"port-iam/port"
	"port-iam/templates"
)

// blueprint returns the fields of a blueprint in which something changes: what Port
// has, and what was missing. have is changed.
func (d *differ) blueprint(have, want port.Object) port.Object {
	schema, relations := d.child(have, "schema"), d.child(have, "relations")
	properties := d.child(schema, "schema.properties")
	all := templates.Model()
	model := all[slices.IndexFunc(all, func(b templates.Blueprint) bool { return b.ID == want.Text("identifier") })]
	for _, f := range slices.Concat(model.Properties, model.Relations) {
		all, path := relations, []string{"relations", f.Name}
		if f.Target == "" {
			all, path = properties, []string{"schema", "properties", f.Name}
		}
		wanted, _ := want.At(path...).(object)
		d.field(all, strings.Join(path, "."), f, wanted)
	}
	if model.ID == templates.BlueprintGrant {
		d.beyondUs(schema, relations, model)
	}
	fields := port.Object{"schema": schema, "relations": relations}
	maps.DeleteFunc(fields, func(name string, _ any) bool {
		return !slices.ContainsFunc(d.changes, func(c change) bool { return strings.HasPrefix(c.path, name+".") })
	})
	return fields
}

const remedyField = "change it in Port, or give yours another name there"

// field adds a property or a relation that is missing, and looks at one that exists.
func (d *differ) field(all object, path string, f templates.Field, want object) {
	have, exists := all[f.Name].(object)
	switch {
	case !exists:
		all[f.Name] = want
		d.add(path, want, !f.Optional)
	case f.Target != "":
		many, _ := have["many"].(bool)
		d.fixed(path+".target", have["target"], want["target"], remedyField)
		d.fixed(path+".many", many, want["many"], remedyField)
	default:
		d.property(have, path, f, want)
	}
}

func (d *differ) property(have object, path string, f templates.Field, want object) {
	if f.Use != "" {
		d.fixed(path+".type", have["type"], want["type"], remedyField)
	}
	timer := f.Format == templates.FormatTimer
	if timer && have["format"] == nil {
		have["format"] = f.Format
		d.add(path+".format", f.Format, true)
	}
	if f.Use != "" && !f.ResourceTypes { // the daemon writes it
		format, _ := have["format"].(string)
		if timer || !slices.Contains(append(f.Formats, "", "markdown"), format) {
			d.fixed(path+".format", have["format"], want["format"], remedyField)
		}
		d.fixed(path+".enum", have["enum"], nil, remedyField)
	}
	// The list of types is the customer's. Where it is gone, every one is allowed.
	values, limited := have["enum"].([]any)
	for _, v := range d.types {
		if f.ResourceTypes && limited && !slices.Contains(values, v) {
			values = append(values, v)
			have["enum"] = values
			d.add(path+".enum", v, false)
		}
	}
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
	for _, name := range slices.Sorted(maps.Keys(relations)) {
		r, _ := relations[name].(object)
		if yes, _ := r["required"].(bool); yes && !written(name) {
			d.conflict(remedy, "relations.%s is required and the daemon does not write it, so Port would refuse grants", name)
		}
	}
}
