package setup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"port-iam/port"
)

// Desired is what should be in Port.
type Desired struct {
	// Model are the bodies of blueprints, each after those that its relations lead
	// to, and of actions.
	Model    []port.Object
	Entities []Entity
	Notes    []string // what is not installed, for people
	Teams    Teams    // who may use the actions
}

// Entity is an entity that is made where it does not exist, and otherwise left
// alone.
type Entity struct {
	Blueprint string `json:"blueprint"`
	port.Entity
}

// Plan is what is between Port and what should be there.
type Plan struct {
	portal   *port.Client
	items    []item
	entities []Entity // that are missing
	notes    []string
}

// item is a blueprint or an action.
type item struct {
	kind, id string
	exists   bool
	approval bool // a run of the action needs approval
	differ
	apply func(context.Context) error
}

// Compare reads what is in Port and works out what is missing. It changes
// nothing.
func Compare(ctx context.Context, portal *port.Client, want Desired) (*Plan, error) {
	missing, err := missingEntities(ctx, portal, want.Entities)
	if err != nil {
		return nil, err
	}
	p := &Plan{portal: portal, entities: missing, notes: want.Notes}
	types := resourceTypes(missing)
	for _, body := range want.Model {
		it, err := compare(ctx, portal, body, types)
		if err != nil {
			return nil, err
		}
		p.items = append(p.items, it)
	}
	p.items, err = withPermissions(ctx, portal, p.items, want.Teams)
	return p, err
}

// compare works out how a blueprint or an action in Port differs from the one that
// should be there. types are the types of the resources and permissions that are
// about to be made.
func compare(ctx context.Context, portal *port.Client, want port.Object, types []any) (item, error) {
	it := item{kind: kindOf(want), id: want.Text("identifier"), approval: needsApproval(want), differ: differ{types: types}}
	read, create := portal.Action, portal.CreateAction
	if it.kind == blueprint {
		read, create = portal.Blueprint, portal.CreateBlueprint
	}
	have, err := read(ctx, it.id)
	switch {
	case port.IsKind(err, port.KindNotFound):
		it.apply = func(ctx context.Context) error { return settle(ctx, portal, want, types, create(ctx, want)) }
		return it, nil
	case err != nil:
		return it, err
	}
	it.exists = true
	if it.kind == blueprint {
		fields := it.blueprint(have, want)
		it.apply = func(ctx context.Context) error { return portal.UpdateBlueprint(ctx, it.id, fields) }
		return it, nil
	}
	body := it.action(have, want)
	it.approval = needsApproval(body)
	it.apply = func(ctx context.Context) error { return portal.ReplaceAction(ctx, it.id, body) }
	return it, nil
}

const (
	blueprint  = "blueprint"
	action     = "action"
	automation = "automation"
)

// kindOf is what people call the thing of this body.
func kindOf(body port.Object) string {
	switch {
	case body["schema"] != nil:
		return blueprint
	case body.Text("trigger", "type") == automation:
		return automation
	}
	return action
}

// needsApproval tells whether runs of an action wait for an approver.
func needsApproval(body port.Object) bool {
	v := body["requiredApproval"]
	return v != nil && v != false
}

// Empty tells whether Port is as it should be.
func (p *Plan) Empty() bool {
	for _, it := range p.items {
		if !it.exists || len(it.changes) > 0 || len(it.conflicts) > 0 {
			return false
		}
	}
	return len(p.entities) == 0
}

// ErrConflict is why a plan cannot be applied.
var ErrConflict = errors.New("what is in Port contradicts what port-iam needs; nothing was changed")

// Conflicts are what only a person can solve, each with what to do.
func (p *Plan) Conflicts() []string {
	var all []string
	for _, it := range p.items {
		for _, c := range it.conflicts {
			all = append(all, it.name()+": "+c.String())
		}
	}
	return all
}

func (it *item) name() string { return it.kind + " " + it.id }

// Write shows the plan: "+" is created or added, "~" changed, "=" left as it is,
// "!" needs a person, "?" is worth knowing.
func (p *Plan) Write(w io.Writer) error {
	var b strings.Builder
	for _, it := range p.items {
		sign := "="
		switch {
		case !it.exists:
			sign = "+"
		case len(it.changes) > 0:
			sign = "~"
		}
		fmt.Fprintf(&b, "%s %s\n", sign, it.name())
		for _, c := range it.changes {
			fmt.Fprintf(&b, "    %s\n", c)
		}
		for _, c := range it.conflicts {
			fmt.Fprintf(&b, "  ! %s\n", c)
		}
		for _, n := range it.notes {
			fmt.Fprintf(&b, "  ? %s\n", n)
		}
	}
	writeEntities(&b, p.entities)
	for _, n := range p.notes {
		fmt.Fprintf(&b, "? %s\n", n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Apply makes the changes, in the order in which they need each other, and says
// of each when it is done. After an error what is done stays; a new plan holds
// the rest. A plan with conflicts changes nothing and is [ErrConflict].
func (p *Plan) Apply(ctx context.Context, progress io.Writer) error {
	if len(p.Conflicts()) > 0 {
		return ErrConflict
	}
	for _, it := range p.items {
		if it.exists && len(it.changes) == 0 {
			continue
		}
		if err := it.apply(ctx); err != nil {
			return err
		}
		verb := "created"
		if it.exists {
			verb = "updated"
		}
		_, _ = fmt.Fprintf(progress, "%s %s\n", verb, it.name())
	}
	return createEntities(ctx, p.portal, p.entities, progress)
}

// settle is the end of a creation that Port refused: what exists by now, perhaps
// through an earlier try whose answer was lost, is compared and brought up to
// date. The refusal stands if nothing exists.
func settle(ctx context.Context, portal *port.Client, want port.Object, types []any, refusal error) error {
	if !port.IsKind(refusal, port.KindRefused) {
		return refusal
	}
	now, err := compare(ctx, portal, want, types)
	switch {
	case err != nil || !now.exists:
		return refusal
	case len(now.conflicts) > 0:
		all := (&Plan{items: []item{now}}).Conflicts()
		return fmt.Errorf("created in the meantime by another program: %s", strings.Join(all, "; "))
	case len(now.changes) == 0:
		return nil
	}
	return now.apply(ctx)
}
