package grants

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"port-iam/iamops"
	"port-iam/port"
	"port-iam/templates"
)

// Surveyor says, for one account, what could not be granted, as [iamops.Ops] does; it calls nothing.
type Surveyor interface {
	// Refused returns why actions cannot be granted, by action as the request has it.
	Refused(r iamops.Request) (map[string]error, error)
	// Scope returns what they cover if all of them can be granted.
	Scope(r iamops.Request) (iamops.Scope, error)
	// Never returns why actions cannot be granted on any resource.
	Never(actions []string) (map[string]error, error)
}

// Surveyed says of one permission in the catalogue on how many of the resources of its
// type it works.
type Surveyed struct {
	Permission, ResourceType string
	Works, Resources         int
	// Why and On are one reason and the resource that it is of, where it does not work
	// on all of them.
	Why, On string

	never bool // whatever the resource is
}

// Survey judges every permission against every resource of its type, and of those to which
// one of its type is related, in the order of the permissions. One that works only
// together with another works. in are the served accounts, at least one, by their ids. The
// error names what of the catalogue cannot be read, or is that of ctx.
func Survey(ctx context.Context, in map[string]Surveyor, resources, permissions []port.Entity) ([]Surveyed, error) {
	v := &survey{in: in, served: slices.Sorted(maps.Keys(in)), all: make([]Surveyed, len(permissions)), why: make([]refusal, len(permissions)), byType: map[string][]int{}, byID: map[string]*port.Entity{}}
	for i := range permissions {
		kind, err := catalogueText(&permissions[i], templates.PropertyResourceType)
		if err != nil {
			return nil, err
		}
		v.all[i] = Surveyed{Permission: permissions[i].Identifier, ResourceType: kind}
		v.byType[kind] = append(v.byType[kind], i)
	}
	for i := range resources {
		v.byID[resources[i].Identifier] = &resources[i]
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range resources {
		g.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return v.judge(i, &resources[i])
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if err := v.withoutResources(); err != nil {
		return nil, err
	}
	for i, r := range v.why {
		if r.err != nil {
			v.all[i].Why, v.all[i].On = r.err.Error(), resources[r.at].Identifier
		}
	}
	return v.all, nil
}

// survey is a survey while it goes on.
type survey struct {
	in     map[string]Surveyor     // by account
	served []string                // accounts, sorted
	byID   map[string]*port.Entity // resources
	byType map[string][]int        // places in all

	mu  sync.Mutex
	all []Surveyed
	why []refusal // by place in all: of the first resource that has one
}

// refusal is why a permission is not granted on the resource of this place.
type refusal struct {
	at  int
	err error
}

// withoutResources judges the permissions of whose type there is no resource: some can
// be granted on none.
func (v *survey) withoutResources() error {
	var actions []string
	for _, p := range v.all {
		if p.Resources == 0 {
			actions = append(actions, p.Permission)
		}
	}
	never, err := v.in[v.served[0]].Never(actions) // whatever the account
	for i := range v.all {
		if p := &v.all[i]; p.Resources == 0 && never[p.Permission] != nil {
			p.Why, p.never = never[p.Permission].Error(), true
		}
	}
	return err
}

// judge judges the permissions of a resource's type. Where the catalogue is wrong about
// the resource itself, that is the reason for all of them.
func (v *survey) judge(at int, e *port.Entity) error {
	j, err := v.judged(e)
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, n := range v.byType[j.kind] {
		p := &v.all[n]
		p.Resources++
		switch why := cmp.Or(j.refused[p.Permission], j.wrong); {
		case why == nil:
			p.Works++
		case v.why[n].err == nil || at < v.why[n].at:
			v.why[n] = refusal{at, why}
		}
	}
	for _, n := range j.beside {
		p := &v.all[n]
		p.Works, p.Resources = p.Works+1, p.Resources+1
	}
	return nil
}

// judgement is what a survey finds out about one resource.
type judgement struct {
	kind    string           // of the resource
	wrong   error            // why nothing can be granted on it; nil: something can
	refused map[string]error // why permissions are not granted
	beside  []int            // the permissions for other types that act on what is related to it
}

// judged judges the permissions that a request on a resource may hold: those of its type,
// and of the types of what is related to it.
func (v *survey) judged(e *port.Entity) (j judgement, err error) {
	if j.kind, err = catalogueText(e, templates.PropertyResourceType); err != nil {
		return j, err
	}
	target, wrong := resourceOf(e)
	if wrong != nil {
		return judgement{kind: j.kind, wrong: wrong}, nil //nolint:nilerr // it is the reason of each permission
	}
	account, wrong := Route(v.served, target.arn, target.account)
	if wrong != nil {
		return judgement{kind: j.kind, wrong: wrong}, nil //nolint:nilerr // likewise
	}
	belonging, wrong := target.belonging(v.byID)
	if wrong != nil {
		return judgement{kind: j.kind, wrong: wrong}, nil //nolint:nilerr // likewise
	}
	kinds, asked := []string{j.kind}, slices.Clone(v.byType[j.kind])
	for _, r := range belonging {
		if !slices.Contains(kinds, r.kind) {
			kinds, asked = append(kinds, r.kind), append(asked, v.byType[r.kind]...)
		}
	}
	r := iamops.Request{Resource: target.arn, Related: arnsOf(belonging), Owners: ownersOf(belonging), Actions: v.named(asked)}
	if len(asked) == 0 {
		return j, nil
	}
	if j.refused, err = v.in[account].Refused(r); err != nil {
		return j, err
	}
	granted := slices.DeleteFunc(asked, func(n int) bool { return j.refused[v.all[n].Permission] != nil })
	others := func(n int) bool { return v.all[n].ResourceType != j.kind }
	if !slices.ContainsFunc(granted, others) {
		return j, nil
	}
	r.Actions = v.named(granted)
	scope, err := v.in[account].Scope(r)
	for _, n := range granted {
		if p := &v.all[n]; others(n) && (permission{kind: p.ResourceType, actions: []string{p.Permission}}).offeredBy(belonging, scope) {
			j.beside = append(j.beside, n)
		}
	}
	return j, err
}

// named are the permissions of these places.
func (v *survey) named(places []int) (out []string) {
	for _, n := range places {
		out = append(out, v.all[n].Permission)
	}
	return out
}

// Never reports whether it can never be granted: on none of the resources of its type, or
// on none at all.
func (p Surveyed) Never() bool { return p.never || p.Resources > 0 && p.Works == 0 }

// String says it for people.
func (p Surveyed) String() string {
	switch {
	case p.never:
		return fmt.Sprintf("%s: %s", p.Permission, oneLine(p.Why))
	case p.Resources == 0:
		return fmt.Sprintf("%s: not judged, since there is no resource of type %q", p.Permission, p.ResourceType)
	case p.Works == p.Resources:
		return fmt.Sprintf("%s: works on all %d resources of type %q", p.Permission, p.Resources, p.ResourceType)
	}
	return fmt.Sprintf("%s: works on %d of %d resources of type %q, and not on %s: %s", p.Permission, p.Works, p.Resources, p.ResourceType, p.On, oneLine(p.Why))
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
