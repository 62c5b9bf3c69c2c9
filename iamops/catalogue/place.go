package catalogue

import "slices"

// kinds are the resources of a grant, seen from the actions of one service: the
// entity, and after it those related to it.
type kinds []kind

// placed is what an action is granted on, and what of that meets each of its needs;
// both sorted.
type placed struct {
	resources []string
	needs     [][]string
}

// place returns what the action is granted on, or why it is not granted.
func (ks kinds) place(s *service, a *action) (placed, *Refusal) {
	switch found, missing := ks.reach(s, a); {
	case len(missing) == 0:
		return found, nil
	case len(a.types) == 0:
		return placed{}, refuseNoResourceLevel(ks[0], s, a)
	case !ks.touched(s, a):
		return placed{}, refuseWrongType(ks, s, a)
	default:
		return placed{}, refuseIncomplete(ks, s, a, missing)
	}
}

// reach returns what the action has to be granted on, or which of its needs the
// resources do not meet.
//
// Each need is met by the entity if the action acts on it, else by all the related
// resources that it acts on. Beyond the needs, the action is granted on those
// resources of which AWS checks it only in some calls.
func (ks kinds) reach(s *service, a *action) (p placed, missing []need) {
	needs := a.needs()
	if !ks.touched(s, a) {
		return placed{}, needs
	}
	for _, n := range needs {
		met := ks.meet(s, a, n)
		if len(met) == 0 {
			missing = append(missing, n.missingOn(s, ks[0]))
		}
		slices.Sort(met)
		p.needs = append(p.needs, met)
	}
	if len(missing) > 0 {
		return placed{}, missing
	}
	p.resources = slices.Concat(p.needs...)
	for _, k := range ks {
		if further := a.further(); k.exact(s, further) {
			p.resources = append(p.resources, k.resources(s, a, further)...)
		}
	}
	slices.Sort(p.resources)
	p.resources = slices.Compact(p.resources)
	return p, nil
}

// touched reports whether the action acts on any of the resources. That it acts on one
// that only completes actions does not count.
func (ks kinds) touched(s *service, a *action) bool {
	return slices.ContainsFunc(ks, func(k kind) bool { return !k.completes && k.touches(s, a.types) })
}

// meet returns the resources that meet a need; none if it stays unmet. What the call
// makes may lie in a resource, and is none that exists.
func (ks kinds) meet(s *service, a *action, n need) (found []string) {
	for i, k := range ks {
		if n.made {
			found = append(found, k.extend(k.inside(s, n.types))...)
		} else {
			found = append(found, k.resources(s, a, n.types)...)
		}
		if i == 0 && len(found) > 0 {
			return found
		}
	}
	return found
}

// missingOn is the need as a refusal tells it: on a resource of a type that the call
// makes, the one that it makes is missing.
func (n need) missingOn(s *service, entity kind) need {
	if entity.exact(s, n.others) {
		return need{types: n.others, made: true}
	}
	return n
}

// touches reports whether resources of one of these types are the resource, or in it.
func (k kind) touches(s *service, types []int) bool {
	return k.exact(s, types) || len(k.inside(s, types)) > 0
}

// resources returns the resources that name what an action acts on, of these of its
// types, in the kind's own resource.
func (k kind) resources(s *service, a *action, types []int) []string {
	if k.exact(s, types) {
		return k.extend(k.written(s.prefix + ":" + a.name))
	}
	return k.extend(k.inside(s, types))
}

// extend is the one place where a resource comes from: the ARN of the entity or of a
// related resource, and what follows it.
func (k kind) extend(endings []string) []string {
	out := make([]string, len(endings))
	for i, e := range endings {
		out[i] = Written(k.arn.text) + e
	}
	return out
}

// enough reports whether an action acts on this resource itself, and on no other.
func (k kind) enough(s *service, a *action) bool {
	return k.exact(s, a.types) && !slices.ContainsFunc(a.needs(), func(n need) bool { return len(kinds{k}.meet(s, a, n)) == 0 })
}
