package setup

import (
	"context"
	"slices"

	"port-iam/port"
)

// Fields of an action that Port takes. It answers with more, which it adds
// itself, and takes nothing else back.
var actionFields = []string{
	"identifier", "title", "icon", "description", "trigger", "invocationMethod", "requiredApproval",
	"approvalNotification", "publish", "allowAnyoneToViewRuns",
}

const (
	kafka       = "KAFKA"
	accountPath = "invocationMethod.payload.context.account"
)

func compareAction(ctx context.Context, portal Portal, want port.Object) (item, error) {
	it := item{kind: "action", id: want.Text("identifier")}
	if want.Text("trigger", "type") == "automation" {
		it.kind = "automation"
	}
	have, err := portal.Action(ctx, it.id)
	switch {
	case port.IsKind(err, port.KindNotFound):
		it.apply = func(ctx context.Context) error {
			err := portal.CreateAction(ctx, want)
			return settle(ctx, err, func() (item, error) { return compareAction(ctx, portal, want) })
		}
		return it, nil
	case err != nil:
		return it, err
	}
	it.exists = true
	d := &differ{}
	body := d.action(copyOf(have), want)
	it.changes, it.conflicts, it.notes = d.changes, d.conflicts, d.notes
	it.apply = func(ctx context.Context) error { return portal.ReplaceAction(ctx, it.id, body) }
	return it, nil
}

// action returns the body to write: what is there, and what was missing.
// have is changed.
func (d *differ) action(have object, want port.Object) port.Object {
	body := port.Object{}
	for _, name := range actionFields {
		if have[name] != nil {
			body[name] = have[name]
		}
	}
	d.trigger(body, want)
	if method, ok := d.child(body, "invocationMethod", "invocationMethod"); ok {
		wanted, _ := want.At("invocationMethod").(object)
		d.invocation(method, wanted)
	}
	d.approval(body, want)
	if publish, wanted := want["publish"]; wanted {
		switch body["publish"] {
		case nil:
			body["publish"] = publish
			d.add("publish", publish)
		case false:
			d.note("it is switched off in Port (publish is false) and stays so: what has expired stays listed until the daemon sweeps")
		}
	}
	return body
}

// trigger checks when the action runs and adds the inputs that it lacks.
func (d *differ) trigger(body, want port.Object) {
	trigger, ok := d.child(body, "trigger", "trigger")
	if !ok {
		return
	}
	const remedy = "rename or delete that action in Port, or choose another identifier with GRANT_ACTION, REVOKE_ACTION or EXPIRE_ACTION"
	wanted, _ := want.At("trigger").(object)
	for _, name := range []string{"type", "operation", "blueprintIdentifier"} {
		d.fixed("trigger."+name, trigger[name], wanted[name], remedy)
	}
	event, _ := trigger["event"].(object)
	wantedEvent, _ := wanted["event"].(object)
	for _, name := range []string{"type", "blueprintIdentifier", "propertyIdentifier"} {
		d.fixed("trigger.event."+name, event[name], wantedEvent[name], remedy)
	}
	inputs, _ := want.At("trigger", "userInputs", "properties").(object)
	if len(inputs) == 0 || len(d.conflicts) > 0 {
		return
	}
	if form, ok := d.child(trigger, "trigger.userInputs", "userInputs"); ok {
		order, _ := want.At("trigger", "userInputs", "order").([]any)
		d.inputs(form, inputs, order)
	}
}

// inputs adds the inputs that the form lacks, each where a person finds it.
func (d *differ) inputs(form, want object, order []any) {
	properties, ok := d.child(form, "trigger.userInputs.properties", "properties")
	if !ok {
		return
	}
	for _, v := range order {
		name, _ := v.(string)
		path := "trigger.userInputs.properties." + name
		wanted, _ := want[name].(object)
		if have, exists := properties[name].(object); exists {
			d.fixed(path+".type", have["type"], wanted["type"], "change it in Port: the daemon reads this input")
			continue
		}
		properties[name] = clone(wanted)
		d.add(path, wanted)
		place(form, name)
	}
}

// place puts an input at the end of a form that says where its inputs are.
func place(form object, name string) {
	if steps, _ := form["steps"].([]any); len(steps) > 0 {
		if last, _ := steps[len(steps)-1].(object); last != nil {
			order, _ := last["order"].([]any)
			last["order"] = append(slices.Clone(order), any(name))
		}
		return
	}
	if order, _ := form["order"].([]any); len(order) > 0 {
		form["order"] = append(slices.Clone(order), any(name))
	}
}

// invocation makes the action write the message that the daemon reads.
func (d *differ) invocation(have, want object) {
	if have["type"] != kafka {
		d.conflict("invocationMethod.type is %s and must be %q: this action has another backend. Switch its backend to Kafka in Port, "+
			"or choose another identifier with GRANT_ACTION, REVOKE_ACTION or EXPIRE_ACTION", show(have["type"]), kafka)
		return
	}
	message, _ := want["payload"].(object)
	switch own := have["payload"].(type) {
	case nil:
		have["payload"] = clone(message)
		d.add("invocationMethod.payload", message)
	case object:
		d.message("invocationMethod.payload", own, message)
	default:
		d.conflict("invocationMethod.payload is not an object: make it one in Port, or empty it")
	}
}

// message brings the fields of the message up to date that are port-iam's, and
// leaves others.
func (d *differ) message(path string, have, want object) {
	for _, name := range names(want) {
		at := path + "." + name
		old, exists := have[name]
		inner, isObject := old.(object)
		wanted, nested := want[name].(object)
		switch {
		case !exists || old == nil:
			have[name] = clone(want[name])
			d.add(at, want[name])
		case at == accountPath && old != want[name]:
			d.conflict("it is for account %s, and this is for account %s: one action serves one account. "+
				"Choose other identifiers with GRANT_ACTION, REVOKE_ACTION and EXPIRE_ACTION, or delete this action in Port if that account is gone",
				show(old), show(want[name]))
		case nested && isObject && len(wanted) > 0:
			d.message(at, inner, wanted)
		case nested && isObject, same(old, want[name]):
		default:
			have[name] = clone(want[name])
			d.set(at, old, want[name])
		}
	}
}

// approval makes somebody approve runs where that is asked for. How, and whether
// it is asked for no longer, is the customer's.
func (d *differ) approval(body, want port.Object) {
	if want["requiredApproval"] != true {
		return
	}
	switch old := body["requiredApproval"]; old {
	case nil:
		d.add("requiredApproval", true)
	case false:
		d.set("requiredApproval", old, true)
	default:
		return
	}
	body["requiredApproval"] = true
}
