package grants

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"port-iam/iamops"
	"port-iam/port"
	"port-iam/templates"
)

// Surveyor says what could not be granted, as [iamops.Ops] does; it calls nothing.
type Surveyor interface {
	// Refused returns why actions cannot be granted, by action as the request has it.
	Refused(r iamops.Request) (map[string]error, error)
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

// Survey judges every permission against every resource of its type, in the order of the
// permissions. One that works only together with another one of its type works. The error names what of the catalogue cannot be read,
// or is that of ctx.
func Survey(ctx context.Context, s Surveyor, resources, permissions []port.Entity) ([]Surveyed, error) {
	v := &survey{surveyor: s, all: make([]Surveyed, len(permissions)), why: make([]refusal, len(permissions)), byType: map[string][]int{}, byID: map[string]*port.Entity{}}
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
	surveyor Surveyor
	byID     map[string]*port.Entity // resources
	byType   map[string][]int        // places in all

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
	never, err := v.surveyor.Never(actions)
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
	kind, refused, err := v.refused(e)
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, n := range v.byType[kind] {
		p := &v.all[n]
		p.Resources++
		switch why := cmp.Or(refused[p.Permission], refused[""]); {
		case why == nil:
			p.Works++
		case v.why[n].err == nil || at < v.why[n].at:
			v.why[n] = refusal{at, why}
		}
	}
	return nil
}

// refused says which permissions of a resource's type are not granted on it, and why; ""
// stands for all of them.
func (v *survey) refused(e *port.Entity) (kind string, refused map[string]error, err error) {
	if kind, err = catalogueText(e, templates.PropertyResourceType); err != nil {
		return "", nil, err
	}
	target, wrong := resourceOf(e)
	if wrong != nil {
		return kind, map[string]error{"": wrong}, nil //nolint:nilerr // it is the reason of each permission
	}
	places := v.byType[target.kind]
	if len(places) == 0 {
		return target.kind, nil, nil
	}
	belonging, wrong := target.belonging(v.byID)
	if wrong != nil {
		return target.kind, map[string]error{"": wrong}, nil //nolint:nilerr // likewise
	}
	r := iamops.Request{Resource: target.arn, Related: arnsOf(belonging)}
	for _, n := range places {
		r.Actions = append(r.Actions, v.all[n].Permission)
	}
	refused, err = v.surveyor.Refused(r)
	return target.kind, refused, err
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
