package catalogue

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// advice is the text of a warning, about the related keys where there are any, and with
// what to do.
func (w *work) advice(row *companion) (string, error) {
	if row.rights != nil {
		return w.remedy(row)
	}
	var related []string
	for _, r := range w.resources[1:] {
		if r.arn.service == "kms" {
			related = append(related, r.arn.text)
		}
	}
	if row.keyed == "" || len(related) == 0 {
		return row.text, nil
	}
	return fmt.Sprintf(row.keyed, strings.Join(related, " or ")), nil
}

// remedy is the text of a warning about rights, and what to do: to ask for those that can
// be granted on the resources of the request, or on one that may be related to them. Of
// the others it says what they act on, and sends to an operator.
func (w *work) remedy(row *companion) (string, error) {
	var h holding
	request := slices.Concat(w.req.Actions, row.rights)
	for _, needed := range row.rights {
		if asksFor(w.req.Actions, needed) {
			continue
		}
		if err := w.hold(needed, request, &h); err != nil {
			return "", err
		}
	}
	return row.text + h.outside() + ": " + h.todo(row), nil
}

// holding is how a grant can hold rights that it does not hold yet.
type holding struct {
	now     []string            // they only have to be asked for
	related map[string][]string // by the types of which a resource has to be related before
	beyond  map[string][]string // by what they act on, and it cannot hold them for that
	never   bool                // there are some that it cannot hold
}

// hold finds out how the grant can hold a right, or one of those that "|" is between, in a
// request for all these.
func (w *work) hold(needed string, request []string, h *holding) error {
	one := holding{related: map[string][]string{}, beyond: map[string][]string{}}
	for _, name := range strings.Split(needed, "|") {
		s, a, refusal, err := w.catalogue.grantable(name, w.req.Rules)
		if err != nil {
			return err
		}
		if refusal != nil {
			continue
		}
		ks, err := w.kinds(s)
		if err != nil {
			return err
		}
		p, missing := ks.reach(s, a)
		types := ks.supply(s, a, missing)
		switch {
		case len(missing) == 0 && !refused(name, ks, request, p.resources):
			one.now = append(one.now, name)
		case types != "":
			one.related[types] = append(one.related[types], name)
		case len(missing) > 0:
			on := ks.actsOn(s, a)
			one.beyond[on] = append(one.beyond[on], name)
		}
	}
	h.take(one)
	return nil
}

// take adds the best way to hold one of several rights.
func (h *holding) take(one holding) {
	if len(one.now) > 0 {
		h.now = append(h.now, strings.Join(one.now, " or "))
		return
	}
	from, to := one.related, &h.related
	if len(from) == 0 {
		h.never = true
		from, to = one.beyond, &h.beyond
	}
	if *to == nil {
		*to = map[string][]string{}
	}
	for what, names := range from {
		(*to)[what] = append((*to)[what], strings.Join(names, " or "))
	}
}

// refused reports whether a companion refuses an action on what was found for it.
func refused(action string, ks kinds, request, found []string) bool {
	for _, k := range ks {
		if !k.completes && slices.ContainsFunc(found, k.holds) &&
			slices.ContainsFunc(companionsOf(action, k, request, ks), func(row *companion) bool { return row.does == refuse }) {
			return true
		}
	}
	return false
}

// supply names the type of which a resource has to be related so that the action can be
// granted; empty if no single one would do.
func (ks kinds) supply(s *service, a *action, missing []need) string {
	if len(missing) != 1 || missing[0].made {
		return ""
	}
	return relatable(ks[0], s, missing[0].types, ks.touched(s, a))
}

// actsOn says on what an action acts that cannot be granted on these resources.
func (ks kinds) actsOn(s *service, a *action) string {
	if ks.touched(s, a) {
		return "more than this resource"
	}
	var types []string
	for _, n := range a.types {
		types = append(types, s.types[n].key)
	}
	slices.Sort(types)
	types = slices.Compact(types)
	if more := len(types) - maxNamed; more > 0 {
		types = append(types[:maxNamed], fmt.Sprintf("%d more", more))
	}
	return s.prefix + " " + strings.Join(types, ", ")
}

// outside says on what the rights act that the grant cannot hold.
func (h *holding) outside() string {
	var out []string
	for _, on := range slices.Sorted(maps.Keys(h.beyond)) {
		out = append(out, allOf(h.beyond[on])+" (on "+on+")")
	}
	if len(out) == 0 {
		return ""
	}
	return "; no grant on this resource holds " + strings.Join(out, ", or ")
}

// todo says what to do about the rights of a row.
func (h *holding) todo(row *companion) string {
	var ways []string
	switch now := allOf(h.now); {
	case now == "":
	case slices.Equal(h.now, row.unless) && len(h.now) == 1:
		ways = append(ways, "ask for that, too")
	case slices.Equal(h.now, row.unless):
		ways = append(ways, "ask for these, too")
	default:
		ways = append(ways, "ask for "+now+", too")
	}
	for _, types := range slices.Sorted(maps.Keys(h.related)) {
		ways = append(ways, fmt.Sprintf("relate the %s (relation \"related\") and ask for %s, too", types, allOf(h.related[types])))
	}
	switch {
	case len(ways) == 0:
		ways = append(ways, "ask an operator if AWS denies the call")
	case h.never:
		ways = append(ways, "ask an operator if AWS still denies the call")
	}
	return strings.Join(ways, ", and ")
}

// allOf lists things of which all are meant.
func allOf(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
