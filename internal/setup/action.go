package setup

import (
	"maps"
	"slices"
	"strings"

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
	messagePath = "invocationMethod.payload"
	contextPath = messagePath + ".context"

	remedyOtherAction = "choose another identifier with "
	// Settings that hold the identifiers of actions.
	grantAction, revokeAction, expireAction = "GRANT_ACTION", "REVOKE_ACTION", "EXPIRE_ACTION"
)

// setting holds the identifier of an action as setup would install it.
func setting(want port.Object) string {
	return map[string]string{"DAY-2": grantAction, "DELETE": revokeAction, "": expireAction}[want.Text("trigger", "operation")]
}

// action returns the body to write: what Port has, and what was missing. have is
// changed.
func (d *differ) action(have, want port.Object) port.Object {
	body := port.Object{}
	for _, name := range actionFields {
		if have[name] != nil {
			body[name] = have[name]
		}
	}
	d.trigger(body, want)
	d.invocation(d.child(body, "invocationMethod"), want)
	d.approval(body, want)
	switch off := "it is switched off in Port (publish is false) and stays so: "; {
	case body["publish"] == false && setting(want) == expireAction:
		d.notes = append(d.notes, off+"what has expired stays listed until the daemon sweeps")
	case body["publish"] == false:
		d.notes = append(d.notes, off+"nobody can start it")
	case body["publish"] == nil && want["publish"] != nil:
		body["publish"] = want["publish"]
		d.set("publish", nil, want["publish"])
	}
	return body
}

// trigger checks when the action runs and adds the inputs that the form lacks, each
// where a person finds it. The daemon works without those that our form does not
// require.
func (d *differ) trigger(body, want port.Object) {
	trigger := d.child(body, "trigger")
	for _, path := range []string{
		"trigger.type", "trigger.operation", "trigger.blueprintIdentifier",
		"trigger.event.type", "trigger.event.blueprintIdentifier", "trigger.event.propertyIdentifier",
	} {
		names := strings.Split(path, ".")
		d.fixed(path, body.At(names...), want.At(names...), "rename or delete that action in Port, or "+remedyOtherAction+setting(want))
	}
	order, _ := want.At("trigger", "userInputs", "order").([]any)
	if len(order) == 0 || len(d.conflicts) > 0 {
		return
	}
	required, _ := want.At("trigger", "userInputs", "required").([]any)
	form := d.child(trigger, "trigger.userInputs")
	properties := d.child(form, "trigger.userInputs.properties")
	for _, v := range order {
		name, _ := v.(string)
		path := "trigger.userInputs.properties." + name
		wanted, _ := want.At("trigger", "userInputs", "properties", name).(object)
		if have, exists := properties[name].(object); exists {
			d.input(path, have, wanted, slices.Contains(required, v))
			continue
		}
		properties[name] = wanted
		d.add(path, wanted, slices.Contains(required, v))
		place(form, name)
	}
}

// input checks an input that the form has.
func (d *differ) input(path string, have, want port.Object, required bool) {
	const remedy = "change it in Port: the daemon reads this input"
	d.fixed(path+".type", have["type"], want["type"], remedy)
	if of := have.Text("items", "blueprint"); of != "" {
		d.fixed(path+".items.blueprint", of, want.Text("items", "blueprint"), remedy)
	}
	if required && have["visible"] == false && have["default"] == nil {
		d.conflict(remedy, "%s.visible is false and must be true, or nobody can fill it", path)
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

// invocation makes the action write the message that the daemon reads. Without a
// message of its own, Port writes one that the daemon reads too.
func (d *differ) invocation(have object, want port.Object) {
	if have["type"] != kafka {
		d.conflict("switch its backend to Kafka in Port, or "+remedyOtherAction+setting(want), "invocationMethod.type is %s and must be %q", show(have["type"]), kafka)
		return
	}
	message, _ := want.At("invocationMethod", "payload").(object)
	switch own := have["payload"].(type) {
	case nil:
		have["payload"] = message
		d.add(messagePath, message, false)
	case object:
		s := newSample(want)
		d.doubts = s.doubts(own)
		reads := func() string { return s.read(own) }
		if reads() == s.read(s.ours) {
			reads = func() string { return "" } // no change is needed
		}
		d.accounts(have, want)
		d.message(messagePath, own, message, reads)
		if s.read(own) != s.read(s.ours) {
			d.conflict("remove from it what port-iam does not write", "the daemon does not read %s as a run, because of its field %q", messagePath, s.culprit(own))
		}
	default:
		d.conflict("make it one in Port, or empty it", messagePath+" is not an object")
	}
}

// accounts brings the AWS accounts up to date that the message names: one under a key of
// its own, or a list. Where all of them are others, the action is another daemon's.
func (d *differ) accounts(have object, want port.Object) {
	theirs, ours := (port.Object{"invocationMethod": have}).Accounts(), want.Accounts()
	served := func(account string) bool { return slices.Contains(ours, account) }
	if len(theirs) == 0 {
		return // as with any other field that is missing
	}
	if !slices.ContainsFunc(theirs, served) {
		d.conflict("serve that account (ACCOUNTS, or AWS credentials of it), or choose other identifiers with GRANT_ACTION, REVOKE_ACTION and EXPIRE_ACTION, "+
			"or delete this action in Port if that account is gone",
			"it is for account %s and must be for %s, because all accounts of an action are served by one daemon", strings.Join(theirs, ", "), strings.Join(ours, ", "))
	}
	key, other := "account", "accounts"
	if len(ours) > 1 {
		key, other = other, key
	}
	context, _ := port.Object(have).At("payload", "context").(object)
	wanted := want.At("invocationMethod", "payload", "context", key)
	if !slices.Equal(theirs, ours) {
		delete(context, other)
		d.changes = append(d.changes, change{
			path: contextPath + "." + key, old: theirs, new: ours,
			needed: slices.ContainsFunc(theirs, func(account string) bool { return !served(account) }),
		})
	} else if context[key] == nil {
		return
	}
	context[key] = wanted // in whichever order
}

// message brings the fields of the message up to date that are port-iam's, and
// leaves others. A change is needed where the daemon reads something else then.
func (d *differ) message(path string, have, want object, reads func() string) {
	for _, name := range slices.Sorted(maps.Keys(want)) {
		at := path + "." + name
		old := have[name]
		inner, isObject := old.(object)
		wanted, nested := want[name].(object)
		switch {
		case nested && isObject && len(wanted) > 0:
			d.message(at, inner, wanted, reads)
		case nested && isObject, same(old, want[name]):
		default:
			before := reads()
			have[name] = want[name]
			d.changes = append(d.changes, change{path: at, old: old, new: want[name], needed: reads() != before})
		}
	}
}

// approval makes another person approve runs where setup is asked for that. How,
// and whether it is asked for no longer, is the customer's.
func (d *differ) approval(body, want port.Object) {
	old := body["requiredApproval"]
	if want["requiredApproval"] == true && (old == nil || old == false) {
		body["requiredApproval"] = true
		d.set("requiredApproval", old, true)
	}
}
