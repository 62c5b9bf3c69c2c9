package grants

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"port-iam/iamops"
	"port-iam/port"
	"port-iam/templates"
)

// Surveyor says, for one account, what could not be granted, as [iamops.Ops] does; it calls nothing.
type Surveyor interface {
	Planner
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

	// NeedsApproval and MaxDuration are the strictest of its own limits and those that
	// the catalogue has for its actions; false and 0: none.
	NeedsApproval bool
	MaxDuration   time.Duration

	never bool     // whatever the resource is
	twice []string // actions that a bundle names more than once
}

// Survey judges every permission against every resource of its type, and of those to which
// one of its type is related, in the order of the permissions. A bundle is judged as its
// actions, and works where all of them do. One that works only together with another
// works; one that cannot be read never does. in are the served accounts, at least one, by
// their ids. The error names what of the resources cannot be read, or is that of ctx.
func Survey(ctx context.Context, in map[string]Surveyor, resources, permissions []port.Entity) ([]Surveyed, error) {
	v := &survey{
		in: in, served: slices.Sorted(maps.Keys(in)), resources: resources, byID: byIdentifier(resources), byType: map[string][]int{},
		permissions: make([]permission, len(permissions)), all: make([]Surveyed, len(permissions)), why: make([]refusal, len(permissions)), works: make([][]int, len(permissions)),
	}
	known := byIdentifier(permissions)
	for i := range permissions {
		v.read(i, &permissions[i], known)
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
	v.tooLong()
	for i, r := range v.why {
		if r.err != nil {
			v.all[i].Why, v.all[i].On = r.err.Error(), resources[r.at].Identifier
		}
	}
	return v.all, nil
}

func byIdentifier(entities []port.Entity) map[string]*port.Entity {
	out := make(map[string]*port.Entity, len(entities))
	for i := range entities {
		out[entities[i].Identifier] = &entities[i]
	}
	return out
}

// survey is a survey while it goes on.
type survey struct {
	in        map[string]Surveyor // by account
	served    []string            // accounts, sorted
	resources []port.Entity
	byID      map[string]*port.Entity // resources

	// Places in what follows are those of the permissions.
	byType      map[string][]int
	permissions []permission // of one that cannot be read, nothing

	mu    sync.Mutex
	all   []Surveyed
	why   []refusal // of the first resource that has one
	works [][]int   // of bundles: the places of the resources on which all of it is granted
}

// refusal is why a permission is not granted on the resource of this place.
type refusal struct {
	at  int
	err error
}

// read reads a permission and the limits that count for it. known are all of the
// catalogue.
func (v *survey) read(i int, e *port.Entity, known map[string]*port.Entity) {
	spell := v.in[v.served[0]] // AWS spells them alike everywhere
	p, err := permissionOf(spell, e)
	counted := map[string]*port.Entity{}
	for _, a := range slices.Concat(p.actions, p.written) {
		counted[a] = known[a]
	}
	counted[p.id] = e // of an identifier that a file has twice, this one
	var o offer
	if err == nil {
		o, err = offerOf(spell, []string{p.id}, counted)
	}
	s := &v.all[i]
	*s = Surveyed{Permission: p.id, ResourceType: p.kind, NeedsApproval: o.approval != "", MaxDuration: o.maxDuration, twice: twice(e)}
	if err != nil {
		s.Why, s.never = err.Error(), true
		return
	}
	v.permissions[i] = p
	v.byType[p.kind] = append(v.byType[p.kind], i)
}

// twice are the actions that a bundle names more than once.
func twice(e *port.Entity) (out []string) {
	var listed []string
	_ = json.Unmarshal(e.Properties[templates.PropertyActions], &listed) // what is no list, [permissionOf] refuses
	seen := map[string]int{}
	for _, a := range listed {
		if seen[strings.ToLower(a)]++; seen[strings.ToLower(a)] == 2 {
			out = append(out, a)
		}
	}
	return out
}

// withoutResources judges the permissions of whose type there is no resource: some can
// be granted on none.
func (v *survey) withoutResources() error {
	var places []int
	for i, p := range v.all {
		if p.Resources == 0 && !p.never {
			places = append(places, i)
		}
	}
	never, err := v.in[v.served[0]].Never(v.actions(places)) // whatever the account
	for _, i := range places {
		if why := v.permissions[i].refusedBy(never); why != nil {
			v.all[i].Why, v.all[i].never = why.Error(), true
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
		why := j.wrong
		if why == nil {
			why = v.permissions[n].refusedBy(j.refused)
		}
		if why != nil {
			v.refuse(n, at, why)
			continue
		}
		p.Works++
		if v.permissions[n].bundle {
			v.works[n] = append(v.works[n], at)
		}
	}
	for _, n := range j.beside {
		p := &v.all[n]
		p.Works, p.Resources = p.Works+1, p.Resources+1
	}
	return nil
}

// refuse keeps why a permission is not granted on the first of the resources.
func (v *survey) refuse(n, at int, why error) {
	if v.why[n].err == nil || at < v.why[n].at {
		v.why[n] = refusal{at, why}
	}
}

// refusedBy is why the first of its actions that are refused is so; nil if none is.
func (p permission) refusedBy(refused map[string]error) error {
	for _, a := range p.actions {
		if why := refused[a]; why != nil {
			return why
		}
	}
	return nil
}

// tooLong looks for bundles whose actions make a longer policy than AWS takes. The policies
// of resources of one type differ little in length: where the first is short enough, the
// others are taken to be so.
func (v *survey) tooLong() {
	for n, places := range v.works {
		slices.Sort(places)
		for _, at := range places {
			why := v.planned(n, &v.resources[at])
			if why == nil {
				break
			}
			v.all[n].Works--
			v.refuse(n, at, why)
		}
	}
}

// planned plans a request for one bundle on a resource on which it is granted.
func (v *survey) planned(n int, e *port.Entity) error {
	on, err := v.target(e)
	if err != nil {
		return err
	}
	r := on.request
	r.Actions = v.permissions[n].actions
	r.RunID, r.Requester, r.UserName = "r_0000000000000000", "requester@example.com", "requester@example.com"
	r.Start = time.Unix(0, 0)
	r.End = r.Start.Add(minDuration)
	_, err = v.in[on.account].Plan(r)
	return withoutStep(err)
}

// target is a resource as a request has it.
type target struct {
	account   string
	belonging []resource
	request   iamops.Request // without actions
}

// target reads a resource. The error is why nothing can be granted on it.
func (v *survey) target(e *port.Entity) (t target, err error) {
	r, err := resourceOf(e)
	if err != nil {
		return t, err
	}
	if t.account, err = Route(v.served, r.arn, r.account); err != nil {
		return t, err
	}
	if t.belonging, err = r.belonging(v.byID); err != nil {
		return t, err
	}
	t.request = iamops.Request{Resource: r.arn, Related: arnsOf(t.belonging), Owners: ownersOf(t.belonging)}
	return t, nil
}

// judgement is what a survey finds out about one resource.
type judgement struct {
	kind    string           // of the resource
	wrong   error            // why nothing can be granted on it; nil: something can
	refused map[string]error // why actions are not granted
	beside  []int            // the permissions for other types that act on what is related to it
}

// judged judges the permissions that a request on a resource may hold: those of its type,
// and of the types of what is related to it.
func (v *survey) judged(e *port.Entity) (j judgement, err error) {
	if j.kind, err = catalogueText(e, templates.PropertyResourceType); err != nil {
		return j, err
	}
	on, wrong := v.target(e)
	if wrong != nil {
		return judgement{kind: j.kind, wrong: wrong}, nil //nolint:nilerr // it is the reason of each permission
	}
	kinds, asked := []string{j.kind}, slices.Clone(v.byType[j.kind])
	for _, r := range on.belonging {
		if !slices.Contains(kinds, r.kind) {
			kinds, asked = append(kinds, r.kind), append(asked, v.byType[r.kind]...)
		}
	}
	if len(asked) == 0 {
		return j, nil
	}
	r, access := on.request, v.in[on.account]
	r.Actions = v.actions(asked)
	if j.refused, err = access.Refused(r); err != nil {
		return j, err
	}
	granted := slices.DeleteFunc(asked, func(n int) bool { return v.permissions[n].refusedBy(j.refused) != nil })
	others := func(n int) bool { return v.permissions[n].kind != j.kind }
	if !slices.ContainsFunc(granted, others) {
		return j, nil
	}
	r.Actions = v.actions(granted)
	scope, err := access.Scope(r)
	for _, n := range granted {
		if others(n) && v.permissions[n].offeredBy(on.belonging, scope) {
			j.beside = append(j.beside, n)
		}
	}
	return j, err
}

// actions are those of the permissions of these places, each once.
func (v *survey) actions(places []int) (out []string) {
	seen := map[string]bool{}
	for _, n := range places {
		for _, a := range v.permissions[n].actions {
			if !seen[a] {
				seen[a] = true
				out = append(out, a)
			}
		}
	}
	return out
}

// ActionsOf are the actions that permissions stand for, each once, sorted. A permission
// that cannot be read stands for none.
func ActionsOf(spell Speller, permissions []port.Entity) (out []string) {
	for i := range permissions {
		if p, err := permissionOf(spell, &permissions[i]); err == nil {
			out = append(out, p.actions...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Never reports whether it can never be granted: on none of the resources of its type, or
// on none at all.
func (p Surveyed) Never() bool { return p.never || p.Resources > 0 && p.Works == 0 }

// Odd says what the catalogue has of it without effect. longest is the duration that a
// request may have at most; 0: any.
func (p Surveyed) Odd(longest time.Duration) (odd []string) {
	if len(p.twice) > 0 {
		odd = append(odd, fmt.Sprintf("%s names %s more than once", p.Permission, strings.Join(p.twice, ", ")))
	}
	if longest > 0 && p.MaxDuration > longest {
		odd = append(odd, fmt.Sprintf("%s may be had for %s, and %s is the longest that is granted", p.Permission, short(p.MaxDuration), short(longest)))
	}
	return odd
}

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
