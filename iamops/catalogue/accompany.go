package catalogue

import (
	"fmt"
	"slices"
	"strings"
)

// accompany applies the reviewed companions of an action that is granted on found: it
// notes statements and warnings, or returns why the action is of no use.
func (w *work) accompany(ks kinds, s *service, a *action, found []string) (*Refusal, error) {
	full := s.prefix + ":" + a.name
	for _, k := range ks {
		if k.completes || !slices.ContainsFunc(found, k.holds) {
			continue
		}
		for _, row := range companionsOf(full, k, w.req.Actions, ks) {
			switch row.does {
			case refuse:
				return &Refusal{Reason: Incomplete, Action: full, message: said(full + ": " + row.text)}, nil
			case warn:
				advice, err := w.advice(row)
				if err != nil {
					return nil, err
				}
				w.warn(full, advice)
			case add:
				if refusal, err := w.add(full, k, row, k.held(found)); refusal != nil || err != nil {
					return refusal, err
				}
			}
		}
	}
	return nil, nil
}

// holds reports whether a resource of a policy is this one, or inside it.
func (k kind) holds(resource string) bool { return Within(resource, k.arn.text) }

// held are those of the resources of a policy.
func (k kind) held(resources []string) []string {
	return slices.DeleteFunc(slices.Clone(resources), func(r string) bool { return !k.holds(r) })
}

// warn notes what may not work, once for all actions of which it is true.
func (w *work) warn(action, advice string) {
	if !slices.Contains(w.warnings[advice], action) {
		w.warnings[advice] = append(w.warnings[advice], action)
	}
}

// told are the warnings: of the resources, and of actions, each with those that it is
// about, sorted.
func (w *work) told() []string {
	var out []string
	for _, r := range w.resources {
		if strings.ContainsAny(r.arn.text, wildcards) {
			out = append(out, fmt.Sprintf("%s means the one resource of that very name: its \"*\" and \"?\" are no wildcards", r.arn.text))
		}
	}
	for _, r := range w.unused() {
		out = append(out, r.Error())
	}
	for advice, actions := range w.warnings {
		slices.Sort(actions)
		out = append(out, strings.Join(actions, ", ")+": "+advice)
	}
	slices.Sort(out)
	return out
}

// add notes the actions of a row as companions of an action that was asked for on a
// resource, and is granted on what was found of it. They pass the same rules as those.
func (w *work) add(asked string, k kind, row *companion, found []string) (*Refusal, error) {
	actions := row.actions
	if actions == nil {
		actions = []string{asked}
	}
	resources := found
	if row.endings != nil {
		resources = k.extend(row.endings)
	}
	for _, name := range actions {
		s, a, refusal, err := w.catalogue.grantable(name, w.req.Rules)
		if err != nil {
			return nil, err
		}
		if refusal != nil {
			return &Refusal{Reason: DeniedAction, Action: asked, message: func() string {
				return fmt.Sprintf("%s does not work without %s, and %s", asked, name, refusal)
			}}, nil
		}
		full := s.prefix + ":" + a.name
		w.added[full] = append(w.added[full], resources...)
	}
	return nil, nil
}

// companions makes statements of what was added and was not asked for anyway.
func (w *work) companions() []Statement {
	for action, resources := range w.added {
		slices.Sort(resources)
		resources = slices.DeleteFunc(slices.Compact(resources), func(r string) bool {
			return slices.ContainsFunc(w.asked[action], func(asked string) bool { return r == asked || Match(asked, r) })
		})
		w.added[action] = resources
		if len(resources) == 0 {
			delete(w.added, action)
		}
	}
	return group(Companion, w.added)
}
