package catalogue

import (
	"fmt"
	"slices"
	"strings"
)

// maxNamed bounds how many types a message lists.
const maxNamed = 4

// refuseNoResourceLevel explains that AWS does not check the action against a
// resource, and names actions that it does check against this one.
func refuseNoResourceLevel(k kind, s *service, a *action) *Refusal {
	full := s.prefix + ":" + a.name
	return &Refusal{Reason: NoResourceLevel, Action: full, message: func() string {
		message := full + ` cannot be limited to one resource: AWS accepts it on all resources ("*") only, and access is granted to one`
		if names := alternatives(k, s, a); len(names) > 0 {
			message += fmt.Sprintf(". For a resource of type %s there is %s", k.types(), listed(s.prefix+":", names))
		}
		return message
	}}
}

// refuseWrongType explains what the action acts on, and what the resources are.
func refuseWrongType(ks kinds, s *service, a *action) *Refusal {
	full, entity := s.prefix+":"+a.name, ks[0]
	r := &Refusal{Reason: WrongService, Action: full, message: func() string { return wrongType(ks, s, a, full) }}
	for _, n := range a.types {
		for _, p := range s.types[n].patterns {
			if p.service() == entity.arn.service {
				r.Reason = WrongType
			}
		}
	}
	return r
}

func wrongType(ks kinds, s *service, a *action, full string) string {
	entity := ks[0]
	if denied, why := neverOn(full); slices.ContainsFunc(entity.keys, func(key string) bool { return slices.Contains(denied, key) }) {
		return fmt.Sprintf("%s is never granted on %s: %s", full, entity.types(), why)
	}
	acts := "resources whose ARN AWS does not describe"
	if types := s.forms(a.types, entity.arn.partition); types != "" {
		acts = types
	}
	is := "has the form of no resource of " + entity.arn.service + " that AWS describes"
	if len(entity.keys) > 0 {
		is = "is of type " + entity.types()
	}
	if entity.folder {
		is = "is a folder of a bucket, which means the objects under it"
	}
	if names := alternatives(entity, s, a); len(names) > 0 {
		is += ", for which there is " + listed(s.prefix+":", names)
	}
	message := fmt.Sprintf("%s acts on %s; %s %s", full, acts, entity.arn.text, is)
	if seldomOnOne(full) {
		message = fmt.Sprintf(`%s cannot be limited to one resource, but for calls that name one of type %s: AWS accepts all others on all resources ("*") only, and access is granted to one; %s %s`,
			full, acts, entity.arn.text, is)
	}
	if i := slices.IndexFunc(ks, func(k kind) bool { return k.completes && k.touches(s, a.types) }); i >= 0 {
		message += fmt.Sprintf(". %s is related, which only completes actions on the %s: ask for it on that itself, if all of it may be granted", ks[i].arn.text, listed("", entity.keys))
	} else if types := relatable(entity, s, a.types, false); types != "" {
		message += ". " + relate(types, entity)
	} else if on := entity.askOn(s, a.types); on != "" {
		message += ". " + on
	}
	return message
}

// refuseIncomplete explains what else the action needs, and who can help.
func refuseIncomplete(ks kinds, s *service, a *action, missing []need) *Refusal {
	full := s.prefix + ":" + a.name
	return &Refusal{Reason: Incomplete, Action: full, message: func() string { return incomplete(ks[0], s, a, missing) }}
}

func incomplete(entity kind, s *service, a *action, missing []need) string {
	var also, ways []string
	for _, n := range missing {
		text := s.forms(n.types, entity.arn.partition)
		types := relatable(entity, s, n.types, true)
		switch {
		case n.made:
			text += ", which the call makes"
		case types != "":
			ways = append(ways, relate(types, entity))
		case len(a.needs()) == 1 && entity.exact(s, a.further()):
			ways = append(ways, fmt.Sprintf("Ask for it on that: it covers calls that name no %s", listed("", entity.keys)))
		case len(missing) == 1 && entity.liesIn(s, n.types):
			ways = append(ways, entity.askOn(s, n.types))
		case s.relates(n.types, entity) != "":
			ways = append(ways, fmt.Sprintf("Ask for it on the %s, to which this %s has to be related in the catalogue (relation \"related\")", s.relates(n.types, entity), listed("", entity.keys)))
		}
		also = append(also, text)
	}
	if len(ways) < len(missing) {
		ways = []string{"That is no part of this resource, and no grant on it can cover that: ask your platform team for another way"}
	}
	return fmt.Sprintf("%s cannot work with what is granted on %s: in each call AWS also checks %s. %s",
		s.prefix+":"+a.name, entity.arn.text, strings.Join(also, ", and "), strings.Join(ways, ". "))
}

// askOn names that of the types in which the resource lies; empty if there is none.
func (k kind) askOn(s *service, types []int) string {
	for _, n := range types {
		if k.liesIn(s, []int{n}) {
			return fmt.Sprintf("This resource lies in the %s: ask for it on that, if all of it may be granted", s.types[n].key)
		}
	}
	return ""
}

// relate says how a related resource can help.
func relate(types string, entity kind) string {
	return fmt.Sprintf("Relate the %s to the %s in the catalogue (relation \"related\"), and ask again", types, listed("", entity.keys))
}

// relates lists those of the types to which a resource may be related; empty if there are
// none. A type is named with the service in its ARN, as the pairs name it.
func (s *service) relates(types []int, related kind) string {
	var out []string
	for _, n := range types {
		for _, of := range s.types[n].patterns {
			name := of.service() + " " + s.types[n].key
			fits := func(p pair) bool { return p.to == name && related.has(p.related.shape) }
			if slices.ContainsFunc(pairs, fits) && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return listed("", out)
}

// forms lists types, each with the first form of its ARNs; empty if AWS describes none.
func (s *service) forms(types []int, partition string) string {
	var out []string
	for _, n := range types {
		if of := s.types[n].patterns; len(of) > 0 {
			out = append(out, fmt.Sprintf("%s (arn:%s:%s)", s.types[n].key, partition, of[0].text))
		}
	}
	if more := len(out) - maxNamed; more > 0 {
		out = append(out[:maxNamed], fmt.Sprintf("%d more", more))
	}
	return listed("", out)
}

// types names what the entity may be, such as "alias (kms)".
func (k kind) types() string {
	return fmt.Sprintf("%s (%s)", listed("", k.keys), k.arn.service)
}
