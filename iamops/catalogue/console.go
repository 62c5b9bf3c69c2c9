package catalogue

import (
	"slices"
	"strings"
)

// place is on what a call of AWS's console is allowed.
type place string

const (
	onEntity   place = "the resource"
	onParent   place = "what holds the resource"
	inRegion   place = "all in the Region of the resource"
	everywhere place = "all in the account"
)

// consoleView is what AWS's console calls to show a resource of one type. The table is
// in console_views.go.
type consoleView struct {
	to string // service and type, as AWS's reference names them
	// parent makes the ARN of what holds the resource from the ARN of the resource; ""
	// where that does not name it. nil: no call is on it.
	parent func(entity string) string
	calls  []consoleCall
}

// consoleCall is one action of a view, with what its answer holds.
type consoleCall struct {
	action string
	on     place
	answer string
}

// ConsoleCall is one reviewed call of AWS's console.
type ConsoleCall struct {
	Type   string // service and type of the resource that is shown: "s3 bucket"
	Action string
	On     string // what the call is allowed on, for people
	Answer string // what the answer holds
}

// ConsoleCalls are all reviewed calls, by type and action.
func ConsoleCalls() []ConsoleCall {
	var all []ConsoleCall
	for _, v := range consoleViews {
		for _, c := range v.calls {
			all = append(all, ConsoleCall{v.to, c.action, string(c.on), c.answer})
		}
	}
	return all
}

// IsConsole reports whether an action is one of the reviewed calls, whatever it is on.
func IsConsole(action string) bool {
	return slices.ContainsFunc(ConsoleCalls(), func(c ConsoleCall) bool { return strings.EqualFold(c.Action, action) })
}

// ConsoleActions are the actions of other services that AWS's console needs to show
// resources of these services, given by their prefixes; sorted.
func ConsoleActions(services []string) []string {
	var actions []string
	for _, c := range ConsoleCalls() {
		of, _, _ := strings.Cut(c.Type, " ")
		prefix, _, _ := strings.Cut(c.Action, ":")
		if slices.Contains(services, of) && !slices.Contains(services, prefix) {
			actions = append(actions, c.Action)
		}
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}

// console makes the statements of what AWS's console needs to show the entity, where the
// request wants them and its type is reviewed. What was asked for anyway is left out, and
// what the operator denies, too, with a warning.
func (w *work) console() ([]Statement, error) {
	if !w.req.Console {
		return nil, nil
	}
	entity := w.resources[0].arn
	k, err := w.catalogue.kindOf(entity, nil)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(consoleViews, func(v consoleView) bool {
		service, key, _ := strings.Cut(v.to, " ")
		return service == entity.service && slices.Contains(k.keys, key)
	})
	if at < 0 {
		return nil, nil
	}
	found := shown{named: map[string][]string{}}
	for _, call := range consoleViews[at].calls {
		if _, _, denied, err := w.catalogue.grantable(call.action, w.req.Rules); err != nil {
			return nil, err
		} else if denied != nil {
			w.warn(call.action, "the operator denies it, so AWS's console may show errors")
			continue
		}
		found.add(call, k, consoleViews[at].parent)
	}
	for action, resources := range found.named {
		if covers := append(slices.Clone(w.asked[action]), w.added[action]...); !slices.ContainsFunc(resources, func(r string) bool { return !slices.Contains(covers, r) }) {
			delete(found.named, action)
		}
	}
	return found.statements(entity.region), nil
}

// shown are the actions of a view, by what they are on.
type shown struct {
	named              map[string][]string // the resources of each
	regional, anywhere []string
}

// add notes a call. One on what the ARN of the entity does not name is left out.
func (s *shown) add(call consoleCall, k kind, parent func(string) string) {
	switch call.on {
	case onEntity:
		s.named[call.action] = k.extend(k.written(call.action))
	case onParent:
		if holds := parent(k.arn.text); holds != "" {
			s.named[call.action] = []string{Written(holds)}
		}
	case inRegion:
		if k.arn.region != "" {
			s.regional = append(s.regional, call.action)
		}
	case everywhere:
		s.anywhere = append(s.anywhere, call.action)
	}
}

func (s *shown) statements(region string) []Statement {
	out := group(Console, s.named)
	for _, st := range []Statement{{Actions: s.regional, Region: region}, {Actions: s.anywhere}} {
		if len(st.Actions) > 0 {
			slices.Sort(st.Actions)
			st.Origin, st.Resources = Console, []string{"*"}
			out = append(out, st)
		}
	}
	return out
}

// Console is the part of a scope that AWS's console needs, and Granted is the rest.
func (s Scope) Console() Scope { return s.part(func(o Origin) bool { return o == Console }) }

// Granted is the scope without what AWS's console needs.
func (s Scope) Granted() Scope { return s.part(func(o Origin) bool { return o != Console }) }

func (s Scope) part(is func(Origin) bool) Scope {
	s.Statements = slices.DeleteFunc(slices.Clone(s.Statements), func(st Statement) bool { return !is(st.Origin) })
	return s
}

// On says on what a statement allows its actions, for people.
func (st Statement) On() string {
	switch {
	case st.Region != "":
		return "all resources in Region " + st.Region
	case slices.Equal(st.Resources, []string{"*"}):
		return "all resources"
	}
	return strings.Join(st.Resources, ", ")
}
