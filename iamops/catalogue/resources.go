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
	Account   string // in which access is granted: 12 digits
	Partition string // such as aws
	ARN       string // of the one entity
	Actions   []string
	Rules     Rules
}

// Group is one statement of a policy: these actions on these resources, both
// sorted.
type Group struct {
	Actions   []string
	Resources []string
}

// Resources works out the statements that allow exactly the requested actions on
// exactly the entity, grouped by equal resources and sorted: the same request
// always gives the same answer. Actions come out once each, as AWS spells them.
//
// If anything is wrong with the request, all that is wrong is returned as
// [Refusals] and nothing is granted. Any other error means that the request or
// the rules are not formed as they must be (no action, an account that is none,
// a malformed pattern), or that the table is broken.
func (c *Catalogue) Resources(req Request) ([]Group, error) {
	if err := req.check(); err != nil {
		return nil, err
	}
	var refusals Refusals
	entity, bad, err := c.entity(req)
	if err != nil {
		return nil, err
	}
	if bad != nil {
		refusals = append(refusals, bad)
	}
	resources := map[string][]string{} // by action
	for _, name := range req.Actions {
		s, a, refusal, err := c.grantable(name, req.Rules)
		if err != nil {
			return nil, err
		}
		switch {
		case refusal != nil:
		case len(a.types) == 0 && bad != nil:
			refusal = refuseNoResourceLevel(kind{}, s, a)
		case bad == nil:
			k, err := c.kindOf(entity, s)
			if err != nil {
				return nil, err
			}
			resources[s.prefix+":"+a.name], refusal = place(k, s, a)
		}
		if refusal != nil {
			refusal.ARN = req.ARN
			refusals = append(refusals, refusal)
		}
	}
	if len(refusals) > 0 {
		return nil, refusals
	}
	return group(resources), nil
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
	entity, bad := parseARN(req.ARN, req.Partition, req.Account)
	if bad != nil || !separatorAtEnd(entity.rest) {
		return entity, bad, nil
	}
	k, err := c.kindOf(entity, nil)
	if err == nil && len(k.shapes) == 0 {
		bad = &Refusal{Reason: InvalidARN, ARN: req.ARN, Message: fmt.Sprintf("%s ends in %q: name one resource", entity.text, entity.text[len(entity.text)-1:])}
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
func group(resources map[string][]string) []Group {
	byResources := map[string]*Group{}
	for _, action := range slices.Sorted(maps.Keys(resources)) {
		key := strings.Join(resources[action], " ")
		if byResources[key] == nil {
			byResources[key] = &Group{Resources: resources[action]}
		}
		byResources[key].Actions = append(byResources[key].Actions, action)
	}
	out := make([]Group, 0, len(byResources))
	for _, key := range slices.Sorted(maps.Keys(byResources)) {
		out = append(out, *byResources[key])
	}
	return out
}
