package setup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"port-iam/port"
)

// Portal is what setup needs of Port; errors are [port.Error]. Reading what does
// not exist is not found. Creating what exists is refused.
type Portal interface {
	// Blueprint, Action and Entity read.
	Blueprint(ctx context.Context, id string) (port.Object, error)
	Action(ctx context.Context, id string) (port.Object, error)
	Entity(ctx context.Context, blueprint, id string) (port.Entity, error)
	// CreateBlueprint, CreateAction and CreateEntity create, never replace.
	CreateBlueprint(ctx context.Context, body port.Object) error
	CreateAction(ctx context.Context, body port.Object) error
	CreateEntity(ctx context.Context, blueprint string, e port.Entity) error
	// UpdateBlueprint replaces the given fields at the top of a blueprint.
	UpdateBlueprint(ctx context.Context, id string, fields port.Object) error
	// ReplaceAction replaces an action as a whole.
	ReplaceAction(ctx context.Context, id string, body port.Object) error
}

// Desired is what should be in Port. Blueprints come after those that their
// relations lead to.
type Desired struct {
	Blueprints []port.Object
	Actions    []port.Object
	Entities   []Entity
}

// Entity is an entity that is made where it does not exist, and otherwise left
// alone.
type Entity struct {
	Blueprint string
	port.Entity
}

// Plan is what is between Port and what should be there.
type Plan struct {
	portal   Portal
	items    []item
	entities []Entity // that are missing
}

// item is a blueprint or an action.
type item struct {
	kind, id string
	exists   bool
	differ
	apply func(context.Context) error
}

// Compare reads what is in Port and works out what is missing. It changes
// nothing.
func Compare(ctx context.Context, portal Portal, want Desired) (*Plan, error) {
	p := &Plan{portal: portal}
	made := map[string]bool{} // blueprints that do not exist yet
	for _, body := range want.Blueprints {
		it, err := compareBlueprint(ctx, portal, body)
		if err != nil {
			return nil, err
		}
		made[it.id] = !it.exists
		p.items = append(p.items, it)
	}
	for _, body := range want.Actions {
		it, err := compareAction(ctx, portal, body)
		if err != nil {
			return nil, err
		}
		p.items = append(p.items, it)
	}
	var err error
	p.entities, err = missingEntities(ctx, portal, want.Entities, made)
	return p, err
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
func settle(ctx context.Context, refusal error, compare func() (item, error)) error {
	if !port.IsKind(refusal, port.KindRefused) {
		return refusal
	}
	now, err := compare()
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
