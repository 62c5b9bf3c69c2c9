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
	Related   []string // ARNs of the resources that belong to it
	Actions   []string
	Rules     Rules
}

// Origin says why a statement is in a policy.
type Origin string

// The origins, in the order in which statements come out.
const (
	Asked     Origin = "asked"     // its actions were asked for
	Companion Origin = "companion" // actions that were asked for do not work without it
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
}

// Scope is what a request comes to.
type Scope struct {
	Statements []Statement
	Warnings   []string // what may not work although it is granted, for the requester
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
	var refusals Refusals
	entity, bad, err := c.entity(req)
	if err != nil {
		return Scope{}, err
	}
	if bad != nil {
		refusals = append(refusals, bad)
	}
	resources := map[string][]string{} // by action
	for _, name := range req.Actions {
		s, a, refusal, err := c.grantable(name, req.Rules)
		if err != nil {
			return Scope{}, err
		}
		switch {
		case refusal != nil:
		case len(a.types) == 0 && bad != nil:
			refusal = refuseNoResourceLevel(kind{}, s, a)
		case bad == nil:
			k, err := c.kindOf(entity, s)
			if err != nil {
				return Scope{}, err
			}
			resources[s.prefix+":"+a.name], refusal = place(k, s, a)
		}
		if refusal != nil {
			refusal.ARN = req.Entity
			refusals = append(refusals, refusal)
		}
	}
	if len(refusals) > 0 {
		return Scope{}, refusals
	}
	return Scope{Statements: group(resources)}, nil
}

var partitionForm = regexp.MustCompile(`^aws[a-z0-9-]*$`)

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
	}
	return nil
}

// entity takes the entity's ARN apart. Either the result or the refusal counts.
func (c *Catalogue) entity(req Request) (arn, *Refusal, error) {
	entity, bad := parseARN(req.Entity, req.Partition, req.Account)
	if bad != nil || !separatorAtEnd(entity.rest) {
		return entity, bad, nil
	}
	k, err := c.kindOf(entity, nil)
	if err == nil && len(k.shapes) == 0 {
		bad = &Refusal{Reason: InvalidARN, ARN: req.Entity, Message: fmt.Sprintf("%s ends in %q: name one resource", entity.text, entity.text[len(entity.text)-1:])}
	}
	return entity, bad, err
}

// kindOf finds out what the entity is, among the types of the action's service
// and of its own.
func (c *Catalogue) kindOf(entity arn, s *service) (kind, error) {
	own, err := c.service(entity.service)
	if err != nil {
		return kind{}, err
	}
	return resolve(entity, s, own), nil
}

// place returns the resources that name what the action acts on in the entity.
func place(k kind, s *service, a *action) ([]string, *Refusal) {
	if len(a.types) == 0 {
		return nil, refuseNoResourceLevel(k, s, a)
	}
	if found := k.resources(s, a); len(found) > 0 {
		return found, nil
	}
	return nil, refuseWrongType(k, s, a)
}

// resources is place without the reasons.
func (k kind) resources(s *service, a *action) []string {
	if k.exact(s, a) {
		return k.extend(k.written(s.prefix + ":" + a.name))
	}
	return k.extend(k.inside(s, a))
}

// extend is the one place where a resource comes from: the entity's ARN, and
// what follows it.
func (k kind) extend(endings []string) []string {
	out := make([]string, len(endings))
	for i, e := range endings {
		out[i] = k.arn.text + e
	}
	return out
}

// group makes one statement of the actions with equal resources.
func group(resources map[string][]string) []Statement {
	byResources := map[string]*Statement{}
	for _, action := range slices.Sorted(maps.Keys(resources)) {
		key := strings.Join(resources[action], " ")
		if byResources[key] == nil {
			byResources[key] = &Statement{Origin: Asked, Resources: resources[action]}
		}
		byResources[key].Actions = append(byResources[key].Actions, action)
	}
	out := make([]Statement, 0, len(byResources))
	for _, key := range slices.Sorted(maps.Keys(byResources)) {
		out = append(out, *byResources[key])
	}
	return out
}
