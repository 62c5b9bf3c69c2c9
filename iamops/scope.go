package iamops

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"port-iam/iamops/catalogue"
	"port-iam/templates"
)

// Scope is what a permission policy allows, and what it may lack.
type Scope = catalogue.Scope

// Written is an ARN as the Resource of a policy has it, so that it names that one
// resource whatever its name holds.
func Written(arn string) string { return catalogue.Written(arn) }

// Within reports whether a resource of a policy is that of an ARN, or lies in it. The ARN
// may be as AWS gives it or as the policy has it.
func Within(resource, arn string) bool { return catalogue.Within(resource, arn) }

// MayBelong reports whether a resource of a policy can be one that was related to an
// entity, as far as service, account and form of the ARNs tell.
func MayBelong(resource, entity string) bool { return catalogue.MayBelong(resource, entity) }

// MaxRelated is how many resources may be related to one.
const MaxRelated = catalogue.MaxRelated

// Scope works out what the requested actions cover on the resource and those related
// to it. This is the one place that decides what a permission covers; package
// catalogue knows how.
func (o *Ops) Scope(g Request) (Scope, error) {
	if len(g.Actions) == 0 {
		return Scope{}, errors.New("no permission was requested: choose at least one")
	}
	return o.catalogue.Scope(catalogue.Request{
		Account: o.opts.Account, Partition: o.opts.Partition, Entity: g.Resource, Related: g.Related, Owners: g.Owners,
		Actions: g.Actions, Rules: o.opts.Rules, Console: o.opts.Console,
	})
}

// Spelled returns an action as AWS spells it, whatever its letter case; false where AWS
// has no such action.
func (o *Ops) Spelled(action string) (string, bool) { return o.catalogue.Spelled(action) }

// sids begin the name of a statement, by where it comes from.
var sids = map[catalogue.Origin]string{catalogue.Asked: "Grant", catalogue.Companion: "Companion", catalogue.Console: sidConsole}

const sidConsole = "Console"

// statements are those of the permission policy.
func (o *Ops) statements(s Scope) []templates.Statement {
	out := make([]templates.Statement, len(s.Statements))
	for i, st := range s.Statements {
		out[i] = templates.Statement{Sid: fmt.Sprintf("%s%d", sids[st.Origin], i), Actions: st.Actions, Resources: st.Resources, Region: st.Region}
		if st.InAccount {
			out[i].ResourceAccount = o.opts.Account
		}
	}
	return out
}

// Refused says which of the actions of a request could not be granted beside the others,
// and why, by action as the request has it; "" stands for all of them. It calls nothing.
func (o *Ops) Refused(g Request) (map[string]error, error) {
	_, err := o.Scope(g)
	var refusals catalogue.Refusals
	if err == nil || !errors.As(err, &refusals) {
		return nil, err
	}
	return byAsked(g.Actions, refusals), nil
}

// Never says which actions cannot be granted on any resource, and why, as
// [Ops.Refused] does.
func (o *Ops) Never(actions []string) (map[string]error, error) {
	if len(actions) == 0 {
		return nil, nil
	}
	_, err := o.Scope(Request{Resource: "arn:" + o.opts.Partition + ":any:::any", Actions: actions})
	var refusals catalogue.Refusals
	if err == nil || !errors.As(err, &refusals) {
		return nil, err
	}
	return byAsked(actions, slices.DeleteFunc(refusals, func(r *catalogue.Refusal) bool { return !r.Always() })), nil
}

// byAsked finds the refusal of each action, which a request may have in another letter
// case; one without an action is of all of them, and those of related resources follow
// those that they may be the reason of.
func byAsked(actions []string, refusals catalogue.Refusals) map[string]error {
	byAction, unrelated := make(map[string]*catalogue.Refusal, len(refusals)), []error(nil)
	for _, r := range refusals {
		if r.Reason == catalogue.Unrelated {
			unrelated = append(unrelated, r)
		} else {
			byAction[strings.ToLower(r.Action)] = r
		}
	}
	out := make(map[string]error, len(refusals))
	for _, a := range actions {
		switch r := cmp.Or(byAction[strings.ToLower(a)], byAction[""]); {
		case r == nil:
		case r.Always() || len(unrelated) == 0:
			out[a] = r
		default:
			out[a] = errors.Join(append([]error{r}, unrelated...)...)
		}
	}
	return out
}
