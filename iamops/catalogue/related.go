package catalogue

import (
	"fmt"
	"slices"
	"strings"
)

// MaxRelated is how many resources may be related to one: each is one more that the
// policy of a grant names.
const MaxRelated = 10

// pair says that a resource of one type may be related to one of another.
type pair struct {
	related relatedType
	to      string // service and type, as AWS's reference names them
	page    string
}

// relatedType is a type of resources that may be related to others.
type relatedType struct {
	name  string // service and type
	shape string
	// completes: it is others' as well, and AWS checks it in calls that act on the
	// entity. It only completes those, and gives no action that does not.
	completes bool
	parent    bool // the entity lies in it, and says so in its ARN
}

// related takes the ARNs of the related resources apart and holds each to the rules
// of the entity, and to the reviewed pairs. One that breaks them is not a part of the
// grant, and unfit says why: it matters to who asks for something that acts on it.
func (c *Catalogue) related(entity arn, req Request) (out []resource, unfit Refusals, err error) {
	for _, text := range req.Related {
		a, bad, err := c.parse(text, req)
		if err != nil {
			return nil, nil, err
		}
		if bad != nil {
			unfit = append(unfit, bad)
			continue
		}
		if owner := req.Owners[text]; a.account == "" && owner != "" && owner != req.Account {
			message := fmt.Sprintf("%s is of account %s, and access is granted in account %s", a.text, owner, req.Account)
			unfit = append(unfit, &Refusal{Reason: ForeignAccount, ARN: a.text, message: said(message)})
			continue
		}
		p, bad, err := c.pair(entity, a)
		if err != nil {
			return nil, nil, err
		}
		if bad != nil {
			unfit = append(unfit, bad)
			continue
		}
		if !slices.ContainsFunc(out, func(r resource) bool { return r.arn.text == a.text }) {
			out = append(out, resource{arn: a, completes: p.related.completes})
		}
	}
	return out, unfit, nil
}

// pair finds the reviewed pair of the entity and a related resource.
func (c *Catalogue) pair(entity, a arn) (pair, *Refusal, error) {
	of, err := c.kindOf(entity, nil)
	if err != nil {
		return pair{}, nil, err
	}
	is, err := c.kindOf(a, nil)
	if err != nil {
		return pair{}, nil, err
	}
	for _, p := range pairs {
		if !p.fits(of) || !is.has(p.related.shape) {
			continue
		}
		if wrong := p.apart(entity, a); wrong != "" {
			return pair{}, &Refusal{Reason: WrongType, ARN: a.text, message: said(wrong)}, nil
		}
		return p, nil, nil
	}
	what := "has the form of no resource of " + a.service + " that AWS describes"
	if len(is.keys) > 0 {
		what = "is of type " + is.types()
	}
	which := "none can be"
	if types := relatedTypes(of); len(types) > 0 {
		which = "only resources of these types can be: " + strings.Join(types, ", ")
	}
	message := fmt.Sprintf("%s %s, and cannot be related to %s: %s", a.text, what, entity.text, which)
	return pair{}, &Refusal{Reason: WrongType, ARN: a.text, message: said(message)}, nil
}

// MayBelong reports whether a resource of a policy can be one that was related to an
// entity, as far as service, account and form of the ARNs tell.
func MayBelong(resource, entity string) bool {
	is, of := strings.SplitN(resource, ":", 6), strings.SplitN(entity, ":", 6)
	return len(is) == 6 && len(of) == 6 && is[1] == of[1] && slices.ContainsFunc(pairs, func(p pair) bool {
		service, _, _ := strings.Cut(p.to, " ")
		ownerless := strings.Split(p.related.shape, ":")[2] == "" && is[4] == ""
		return service == of[2] && (of[4] == "" || is[4] == of[4] || ownerless) && Match(p.related.shape, strings.Join(is[2:], ":"))
	})
}

// fits reports whether the pair is of the type of this entity.
func (p pair) fits(entity kind) bool {
	service, key, _ := strings.Cut(p.to, " ")
	return service == entity.arn.service && slices.Contains(entity.keys, key)
}

// has reports whether a shape is that of the resource.
func (k kind) has(shape string) bool {
	return slices.ContainsFunc(k.shapes, func(p pattern) bool { return p.shape == shape })
}

// relatedTypes are the types that may be related to an entity.
func relatedTypes(entity kind) []string {
	var out []string
	for _, p := range pairs {
		if p.fits(entity) && !slices.Contains(out, p.related.name) {
			out = append(out, p.related.name)
		}
	}
	slices.Sort(out)
	return out
}

// relatable lists the types that may be related to the entity and are these types of a
// service, or hold resources of them; empty if there are none. Those that only complete
// count where the action acts on the entity.
func relatable(entity kind, s *service, types []int, completing bool) string {
	var out []string
	for _, p := range pairs {
		if !p.fits(entity) || p.related.completes && !completing || slices.Contains(out, p.related.name) {
			continue
		}
		for _, n := range types {
			if slices.ContainsFunc(s.types[n].patterns, func(of pattern) bool { return holds(p.related.shape, of.shape) }) {
				out = append(out, p.related.name)
				break
			}
		}
	}
	return listed("", out)
}

// holds reports whether resources of one shape are those of the other, or lie in them.
func holds(outer, shape string) bool {
	rest, ok := strings.CutPrefix(shape, outer)
	return ok && (rest == "" || rest[0] == '/' || rest[0] == ':')
}
