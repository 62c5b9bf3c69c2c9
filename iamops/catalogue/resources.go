package catalogue

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Request asks which resources a policy must name.
type Request struct {
	Account   string   // in which access is granted: 12 digits
	Partition string   // such as aws
	Entity    string   // ARN of the one resource that was asked for
	Related   []string // ARNs of the resources that belong to it, at most 10
	// Owners are the accounts of related resources whose ARNs name none, by ARN, as far
	// as they are known.
	Owners  map[string]string
	Actions []string
	Rules   Rules
	// Console adds what AWS's console needs to show the entity.
	Console bool
}

// Origin says why a statement is in a policy.
type Origin string

// The origins, in the order in which statements come out.
const (
	Asked     Origin = "asked"     // its actions were asked for
	Companion Origin = "companion" // actions that were asked for do not work without it
	Console   Origin = "console"   // AWS's console needs it to show the entity
)

// Statement is one statement of a policy: these actions on these resources, both
// sorted.
type Statement struct {
	Origin    Origin
	Actions   []string
	Resources []string
	// InAccount: the ARNs name no account, and AWS says in each call of the actions
	// whose resource it is. The statement has to be limited to the account.
	InAccount bool
	// Region is where calls have to go, of a statement on "*"; "" where that is no matter.
	Region string
}

// Scope is what a request comes to.
type Scope struct {
	Statements []Statement
	// Several are the requested actions for which the resources of a statement do not
	// stand in for each other: each call is checked on one of each of these lists.
	Several  map[string][][]string
	Warnings []string // what may not work although it is granted, for the requester
}

// Scope works out the statements that allow exactly the requested actions on
// exactly the resources, grouped by equal resources and sorted: the same request
// always gives the same answer. Actions come out once each, as AWS spells them.
//
// If anything is wrong with the request, all that is wrong is returned as
// [Refusals] and nothing is granted. Any other error means that the request or
// the rules are not formed as they must be (no action, an account that is none,
// a malformed pattern), or that the table is broken.
func (c *Catalogue) Scope(req Request) (Scope, error) {
	if err := req.check(); err != nil {
		return Scope{}, err
	}
	w := newWork(c, req)
	refusals, err := w.findResources()
	if err != nil {
		return Scope{}, err
	}
	for _, name := range req.Actions {
		refusal, err := w.grant(name)
		if err != nil {
			return Scope{}, err
		}
		if refusal != nil {
			refusal.ARN = req.Entity
			refusals = append(refusals, refusal)
		}
	}
	if slices.ContainsFunc(refusals, func(r *Refusal) bool { return !r.Always() }) {
		refusals = append(refusals, w.unused()...)
	}
	if len(refusals) > 0 {
		return Scope{}, refusals
	}
	statements := append(group(Asked, w.asked), w.companions()...)
	console, err := w.console()
	if err != nil {
		return Scope{}, err
	}
	return Scope{Statements: append(statements, console...), Several: w.several, Warnings: w.told()}, nil
}

// partitionForm is that of templates.IsPartition, which a test compares: this package
// imports none of ours.
var partitionForm = regexp.MustCompile(`^aws(-[a-z0-9]+)*$`)

// check looks at what the requester cannot fix.
func (r Request) check() error {
	err := CheckPatterns(slices.Concat(r.Rules.Deny, r.Rules.Allow))
	switch {
	case err != nil:
		return err
	case !accountID.MatchString(r.Account):
		return fmt.Errorf("%q is not an AWS account id", r.Account)
	case !partitionForm.MatchString(r.Partition):
		return fmt.Errorf("%q is not an AWS partition", r.Partition)
	case len(r.Actions) == 0:
		return errors.New("no permission is requested")
	case len(r.Related) > MaxRelated:
		return fmt.Errorf("%d resources are related to %s, and a grant takes %d at most", len(r.Related), r.Entity, MaxRelated)
	}
	return nil
}

// work is one request on its way through Scope.
type work struct {
	catalogue *Catalogue
	req       Request
	resources []resource          // the entity first; none if it was refused
	unfit     Refusals            // of related resources, which are no part of the grant
	seen      map[string]kinds    // by prefix of the actions
	asked     map[string][]string // the resources of each requested action
	several   map[string][][]string
	added     map[string][]string // those of each companion
	warnings  map[string][]string // the actions that each is about
}

func newWork(c *Catalogue, req Request) *work {
	return &work{catalogue: c, req: req, seen: map[string]kinds{}, asked: map[string][]string{}, several: map[string][][]string{}, added: map[string][]string{}, warnings: map[string][]string{}}
}

// resource is one resource of the grant.
type resource struct {
	arn       arn
	completes bool // see relatedType
}

// findResources takes the ARNs of the request apart and holds them to the rules
// that do not depend on an action.
func (w *work) findResources() (Refusals, error) {
	entity, bad, err := w.catalogue.parse(w.req.Entity, w.req)
	if err != nil {
		return nil, err
	}
	if bad != nil {
		return Refusals{bad}, nil
	}
	related, unfit, err := w.catalogue.related(entity, w.req)
	w.resources, w.unfit = append([]resource{{arn: entity}}, related...), unfit
	return nil, err
}

// unused says of each related resource that is no part of the grant why it is none.
func (w *work) unused() Refusals {
	out := make(Refusals, len(w.unfit))
	for i, r := range w.unfit {
		out[i] = &Refusal{Reason: Unrelated, ARN: r.ARN, message: func() string { return "a related resource is no part of this grant: " + r.Error() }}
	}
	return out
}

// parse takes an ARN of the request apart. Either the result or the refusal counts.
func (c *Catalogue) parse(text string, req Request) (arn, *Refusal, error) {
	a, bad := parseARN(text, req.Partition, req.Account)
	if bad != nil || !a.needsType() {
		return a, bad, nil
	}
	k, err := c.kindOf(a, nil)
	if err == nil && len(k.shapes) == 0 {
		bad = &Refusal{Reason: InvalidARN, ARN: text, message: a.incomplete}
	}
	return a, bad, err
}

// grant notes the resources of one requested action, or refuses it.
func (w *work) grant(name string) (*Refusal, error) {
	s, a, refusal, err := w.catalogue.grantable(name, w.req.Rules)
	if err != nil || refusal != nil {
		return refusal, err
	}
	if len(w.resources) == 0 {
		if len(a.types) == 0 {
			refusal = refuseNoResourceLevel(kind{}, s, a)
		}
		return refusal, nil
	}
	ks, err := w.kinds(s)
	if err != nil {
		return nil, err
	}
	p, refusal := ks.place(s, a)
	if refusal != nil {
		return refusal, nil
	}
	full := s.prefix + ":" + a.name
	w.asked[full] = p.resources
	if a.sum != nil {
		w.several[full] = p.needs
	}
	return w.accompany(ks, s, a, p.resources)
}

// kinds returns what the resources are to the actions of a service.
func (w *work) kinds(s *service) (kinds, error) {
	if ks := w.seen[s.prefix]; ks != nil {
		return ks, nil
	}
	ks := make(kinds, len(w.resources))
	for i, r := range w.resources {
		k, err := w.catalogue.kindOf(r.arn, s)
		if err != nil {
			return nil, err
		}
		k.completes = r.completes
		ks[i] = k
	}
	w.seen[s.prefix] = ks
	return ks, nil
}

// kindOf finds out what a resource is, among the types of the action's service
// and of its own.
func (c *Catalogue) kindOf(a arn, s *service) (kind, error) {
	own, err := c.service(a.service)
	if err != nil {
		return kind{}, err
	}
	return resolve(a, s, own), nil
}

// group makes one statement of the actions with equal resources.
func group(origin Origin, resources map[string][]string) []Statement {
	byResources := map[string]*Statement{}
	add := func(action string, resources []string, inAccount bool) {
		key := strings.Join(resources, "\x00") // names may hold blanks
		if inAccount {
			key += "\x00account"
		}
		if byResources[key] == nil {
			byResources[key] = &Statement{Origin: origin, Resources: resources, InAccount: inAccount}
		}
		byResources[key].Actions = append(byResources[key].Actions, action)
	}
	for _, action := range slices.Sorted(maps.Keys(resources)) {
		if limited, others := byOwner(action, resources[action]); len(limited) == 0 {
			add(action, others, false)
		} else {
			add(action, limited, true)
			if len(others) > 0 {
				add(action, others, false)
			}
		}
	}
	out := make([]Statement, 0, len(byResources))
	for _, key := range slices.Sorted(maps.Keys(byResources)) {
		out = append(out, *byResources[key])
	}
	return out
}
