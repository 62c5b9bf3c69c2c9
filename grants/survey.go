package grants

import (
	"cmp"
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"

	"port-iam/iamops"
	"port-iam/port"
	"port-iam/templates"
)

// Surveyor says what could not be granted, as [iamops.Ops] does; it calls nothing.
type Surveyor interface {
	// Refused returns why actions cannot be granted, by action as the request has it.
	Refused(r iamops.Request) (map[string]error, error)
}

// Surveyed says of one permission in the catalogue on how many of the resources of its
// type it works.
type Surveyed struct {
	Permission, ResourceType string
	Works, Resources         int
	// Why and On are one reason and the resource that it is of, where it does not work
	// on all of them.
	Why, On string
}

// Survey judges every permission against every resource of its type, each by itself,
// in the order of the permissions. The error names what of the catalogue cannot be read.
func Survey(s Surveyor, resources, permissions []port.Entity) ([]Surveyed, error) {
	out := make([]Surveyed, len(permissions))
	byType := map[string][]int{} // places in out
	for i := range permissions {
		kind, err := catalogueText(&permissions[i], templates.PropertyResourceType)
		if err != nil {
			return nil, err
		}
		out[i] = Surveyed{Permission: permissions[i].Identifier, ResourceType: kind}
		byType[kind] = append(byType[kind], i)
	}
	byID := make(map[string]*port.Entity, len(resources))
	for i := range resources {
		byID[resources[i].Identifier] = &resources[i]
	}
	found := make([]map[string]error, len(resources)) // by place in resources
	g := errgroup.Group{}
	g.SetLimit(runtime.GOMAXPROCS(0))
	kinds := make([]string, len(resources))
	for i := range resources {
		g.Go(func() (err error) {
			kinds[i], found[i], err = surveyResource(s, &resources[i], byID, permissions, byType)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for i := range resources {
		for _, n := range byType[kinds[i]] {
			out[n].note(resources[i].Identifier, found[i])
		}
	}
	return out, nil
}

// surveyResource judges the permissions of a resource's type. Where the catalogue is
// wrong about the resource itself, that is the reason for all of them.
func surveyResource(s Surveyor, e *port.Entity, byID map[string]*port.Entity, permissions []port.Entity, byType map[string][]int) (kind string, refused map[string]error, err error) {
	target, err := resourceOf(e)
	if err != nil {
		kind, _ = catalogueText(e, templates.PropertyResourceType)
		return kind, map[string]error{"": err}, nil //nolint:nilerr // it is the reason of each permission
	}
	places := byType[target.kind]
	if len(places) == 0 {
		return target.kind, nil, nil
	}
	belonging, err := target.belonging(byID)
	if err != nil {
		return target.kind, map[string]error{"": err}, nil //nolint:nilerr // likewise
	}
	r := iamops.Request{Resource: target.arn}
	for _, b := range belonging {
		r.Related = append(r.Related, b.arn)
	}
	for _, n := range places {
		r.Actions = append(r.Actions, permissions[n].Identifier)
	}
	refused, err = s.Refused(r)
	return target.kind, refused, err
}

// note counts one resource.
func (p *Surveyed) note(id string, refused map[string]error) {
	p.Resources++
	switch why := cmp.Or(refused[p.Permission], refused[""]); {
	case why == nil:
		p.Works++
	case p.Why == "":
		p.Why, p.On = why.Error(), id
	}
}

// Never reports whether there are resources of its type and it works on none of them.
func (p Surveyed) Never() bool { return p.Resources > 0 && p.Works == 0 }

// String says it for people.
func (p Surveyed) String() string {
	switch {
	case p.Resources == 0:
		return fmt.Sprintf("%s: not judged, since there is no resource of type %q", p.Permission, p.ResourceType)
	case p.Works == p.Resources:
		return fmt.Sprintf("%s: works on all %d resources of type %q", p.Permission, p.Resources, p.ResourceType)
	}
	return fmt.Sprintf("%s: works on %d of %d resources of type %q, and not on %s: %s", p.Permission, p.Works, p.Resources, p.ResourceType, p.On, oneLine(p.Why))
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
