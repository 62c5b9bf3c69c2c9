package grants

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"port-iam/iamops"
	"port-iam/port"
	"port-iam/templates"
)

// maxBundle is how many actions a bundle may have. Far fewer fit into a policy, and
// each may have limits of its own that have to be read.
const maxBundle = 200

// maxActions is how many permissions a request may have, and for how many actions they may
// stand together: each is read, and their policy would be longer than AWS takes.
const maxActions = 500

// Speller knows how AWS spells actions, as [iamops.Ops] does.
type Speller interface {
	// Spelled returns an action as AWS spells it; false where there is none.
	Spelled(action string) (string, bool)
}

// permission is what people may ask for, as the catalogue in Port has it: an action, or
// a bundle of several.
type permission struct {
	id            string
	kind          string        // its resource_type
	actions       []string      // what it stands for, each once, as AWS spells it where AWS has it
	written       []string      // those of a bundle, as the catalogue writes them
	bundle        bool          // it is not the action that its identifier names
	maxDuration   time.Duration // 0: none of its own
	needsApproval bool
	updated       time.Time // zero: Port does not say
}

// permissionOf reads the entity of a permission. Its errors refuse the request: what has
// another type than the blueprint says is not absent.
func permissionOf(spell Speller, e *port.Entity) (p permission, err error) {
	p = permission{id: e.Identifier, updated: e.UpdatedAt}
	if p.kind, err = catalogueText(e, templates.PropertyResourceType); err != nil {
		return p, err
	}
	if err := p.readActions(spell, e); err != nil {
		return p, err
	}
	if raw := e.Properties[templates.PropertyNeedsApproval]; len(raw) > 0 && json.Unmarshal(raw, &p.needsApproval) != nil {
		return p, wrongInCatalogue("the property %q of %s is neither true nor false: ask the platform team to correct it in Port", templates.PropertyNeedsApproval, p.id)
	}
	text, err := catalogueText(e, templates.PropertyMaxDuration)
	if err != nil || text == "" {
		return p, err
	}
	if p.maxDuration, err = parseDuration(text); err != nil || p.maxDuration < minDuration {
		return p, wrongInCatalogue("the property %q of %s is %q, and a duration such as 30m, 8h or 1d was expected, of at least %s: ask the platform team to correct it in Port", templates.PropertyMaxDuration, p.id, text, short(minDuration))
	}
	p.maxDuration = p.maxDuration.Truncate(time.Second)
	return p, nil
}

// readActions reads what the permission stands for. An identifier that is an action can
// be no other: who reads it in the form would be misled.
func (p *permission) readActions(spell Speller, e *port.Entity) error {
	var listed []string
	if raw := e.Properties[templates.PropertyActions]; len(raw) > 0 && json.Unmarshal(raw, &listed) != nil {
		return wrongInCatalogue("the property %q of %s is not a list of texts: ask the platform team to correct it in Port", templates.PropertyActions, p.id)
	}
	if n := len(listed); n > maxBundle {
		return wrongInCatalogue("the property %q of %s has %d actions, and %d are allowed: ask the platform team to split the bundle in Port", templates.PropertyActions, p.id, n, maxBundle)
	}
	p.written = listed
	own, isAction := spell.Spelled(p.id)
	for _, name := range listed {
		if spelled, known := spell.Spelled(name); known {
			name = spelled
		}
		switch {
		case isAction && name != own:
			return wrongInCatalogue("the permission %s is an action of AWS, and its property %q names another one, %s: ask the platform team to correct it in Port", p.id, templates.PropertyActions, name)
		case name == "":
			return wrongInCatalogue("the property %q of %s holds an empty text, and an action such as s3:GetObject was expected: ask the platform team to correct it in Port", templates.PropertyActions, p.id)
		}
		if !slices.Contains(p.actions, name) {
			p.actions = append(p.actions, name)
		}
	}
	p.bundle = len(p.actions) > 0 && !isAction
	switch {
	case p.bundle:
	case isAction:
		p.actions = []string{own}
	case listed != nil && !strings.Contains(p.id, ":"):
		return wrongInCatalogue("the property %q of %s is an empty list, so it stands for no action: ask the platform team to correct it in Port", templates.PropertyActions, p.id)
	default:
		p.actions = []string{p.id}
	}
	return nil
}

// countIn are the permissions of a request with the single actions that they stand for,
// each once: in AWS's spelling and in that of the catalogue, whose identifiers may differ
// in letter case. What cannot be read of one is refused later.
func countIn(spell Speller, ids []string, entities map[string]*port.Entity) []string {
	all := slices.Clone(ids)
	for _, id := range ids {
		e := entities[id]
		if e == nil {
			continue
		}
		p, err := permissionOf(spell, e)
		if err != nil {
			continue
		}
		for _, a := range slices.Concat(p.actions, p.written) {
			if !slices.Contains(all, a) {
				all = append(all, a)
			}
		}
	}
	return all
}

// fewEnough refuses a request for which too much would have to be read.
func fewEnough(permissions []string) error {
	if n := len(permissions); n > maxActions {
		return refuse(badInput(inputPermissions), "input %q stands for %d permissions and actions, and %d are allowed: ask for less", inputPermissions, n, maxActions)
	}
	return nil
}

// offer is what the catalogue makes of the permissions of a request.
type offer struct {
	permissions []permission // that were asked for; of what is not in the catalogue, the identifier alone
	actions     []string     // what they stand for together, each once
	counted     []permission // all whose limits count, the asked ones first

	maxDuration time.Duration // the shortest of those that count; 0: none
	limitedBy   string        // the permission that has it
	approval    string        // the first that needs approval; "": none does
}

// offerOf brings together what the catalogue says of the permissions of a request.
// Where it has an entity for a single action of a bundle, the limits of both count, and
// the strictest of each kind wins. entities are by identifier; nil stands for one that
// does not exist.
func offerOf(spell Speller, ids []string, entities map[string]*port.Entity) (o offer, err error) {
	for i, id := range countIn(spell, ids, entities) {
		e, asked := entities[id], i < len(ids)
		if e == nil {
			if asked {
				o.permissions = append(o.permissions, permission{id: id, actions: []string{id}})
			}
			continue
		}
		p, err := permissionOf(spell, e)
		if err != nil {
			return o, err
		}
		if asked {
			o.permissions = append(o.permissions, p)
		}
		o.count(p)
	}
	for _, p := range o.permissions {
		for _, a := range p.actions {
			if !slices.Contains(o.actions, a) {
				o.actions = append(o.actions, a)
			}
		}
	}
	return o, nil
}

// count takes the limits of a permission into account.
func (o *offer) count(p permission) {
	o.counted = append(o.counted, p)
	if p.maxDuration > 0 && (o.maxDuration == 0 || p.maxDuration < o.maxDuration) {
		o.maxDuration, o.limitedBy = p.maxDuration, p.id
	}
	if p.needsApproval && o.approval == "" {
		o.approval = p.id
	}
}

// bundles says of each bundle what it stands for.
func (o offer) bundles() (out []string) {
	for _, p := range o.permissions {
		if p.bundle {
			out = append(out, fmt.Sprintf("%s (%s)", p.id, strings.Join(p.actions, ", ")))
		}
	}
	return out
}

// check refuses what the catalogue in Port does not offer: a permission is for resources
// of the type of the requested one, or of a related one that all of it acts on. The form
// filters by type as well, but only for who uses the form.
func (o offer) check(entities map[string]*port.Entity, r resource, related []resource, scope iamops.Scope) error {
	for _, p := range o.permissions {
		if entities[p.id] == nil {
			return refuse("a permission is not in the catalogue", "permission %s is not in the catalogue (blueprint %q): choose another one, or ask the platform team to add it", p.id, templates.BlueprintPermission)
		}
		if p.kind != r.kind && !p.offeredBy(related, scope) {
			return refuse("a permission is for another type of resource", "permission %s is for resources of %s %q, and %s is of %q: choose one for this type", p.id, templates.PropertyResourceType, p.kind, r.arn, r.kind)
		}
	}
	return nil
}

// offeredBy reports whether the permission, which is for another type of resources,
// acts on those of that type that belong to the requested one: each of its actions does.
func (p permission) offeredBy(related []resource, scope iamops.Scope) bool {
	return !slices.ContainsFunc(p.actions, func(action string) bool {
		return !slices.ContainsFunc(related, func(r resource) bool {
			return r.kind == p.kind && slices.ContainsFunc(scope.On(r.arn), func(a string) bool { return strings.EqualFold(a, action) })
		})
	})
}
