package catalogue

import "fmt"

// maxNamed bounds how many types a message lists.
const maxNamed = 4

// refuseNoResourceLevel explains that AWS does not check the action against a
// resource, and names actions that it does check against this one.
func refuseNoResourceLevel(k kind, s *service, a *action) *Refusal {
	full := s.prefix + ":" + a.name
	message := full + ` cannot be limited to one resource: AWS accepts it on all resources ("*") only, and access is granted to one`
	if names := alternatives(k, s, a); len(names) > 0 {
		message += fmt.Sprintf(". For a resource of type %s there is %s", k.types(), listed(s.prefix+":", names))
	}
	return &Refusal{Reason: NoResourceLevel, Action: full, Message: message}
}

// refuseWrongType explains what the action acts on, and what the entity is.
func refuseWrongType(k kind, s *service, a *action) *Refusal {
	full := s.prefix + ":" + a.name
	r := &Refusal{Reason: WrongService, Action: full}
	var types []string
	for _, n := range a.types {
		t := s.types[n]
		for _, p := range t.patterns {
			if p.service() == k.arn.service {
				r.Reason = WrongType
			}
			types = append(types, fmt.Sprintf("%s (arn:%s:%s)", t.key, k.arn.partition, p.text))
		}
	}
	if more := len(types) - maxNamed; more > 0 {
		types = append(types[:maxNamed], fmt.Sprintf("%d more", more))
	}
	acts := "resources whose ARN AWS does not describe"
	if len(types) > 0 {
		acts = listed("", types)
	}
	is := "has the form of no resource of " + k.arn.service + " that AWS describes"
	if len(k.keys) > 0 {
		is = "is of type " + k.types()
	}
	if names := alternatives(k, s, a); len(names) > 0 {
		is += ", for which there is " + listed(s.prefix+":", names)
	}
	r.Message = fmt.Sprintf("%s acts on %s; %s %s", full, acts, k.arn.text, is)
	return r
}

// types names what the entity may be, such as "alias (kms)".
func (k kind) types() string {
	return fmt.Sprintf("%s (%s)", listed("", k.keys), k.arn.service)
}

// alternatives returns the actions most like this one, by name, that act on the
// entity itself, could be granted, and read if this one reads.
func alternatives(k kind, s *service, a *action) []string {
	reads := func(l Level) bool { return l == Read || l == List }
	var names []string
	for i := range s.actions {
		b := &s.actions[i]
		if k.exact(s, b) && b.level != Permissions && reads(a.level) == reads(b.level) && deniedAlways(s.prefix+":"+b.name) == "" {
			names = append(names, b.name)
		}
	}
	return nearest(a.name, names, func(string, int) bool { return true })
}
