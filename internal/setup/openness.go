package setup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"port-iam/port"
)

// Openness is what Port lets more people do than may be meant.
type Openness struct {
	All  []string // what every member of the organisation may do
	Self []string // how a person may approve what the same person asked for
	// Unjudged is decided by a policy, which is not evaluated.
	Unjudged []string
}

// OpenAction tells who Port lets execute an action and approve its runs. The errors
// are those of [port.Client.ActionPermissions].
func OpenAction(ctx context.Context, portal *port.Client, id string) (o Openness, err error) {
	body, err := portal.Action(ctx, id)
	if err != nil {
		return o, err
	}
	have, err := portal.ActionPermissions(ctx, id)
	if err != nil {
		return o, err
	}
	if err := errors.Join(readable(have.At(execute)), readable(have.At(approve))); err != nil {
		return o, fmt.Errorf("permissions of action %s: %w", id, err)
	}
	switch {
	case have.At(execute, "policy") != nil:
		o.Unjudged = append(o.Unjudged, "execute "+id)
	case forMembers(have.At(execute)):
		o.All = append(o.All, "execute "+id)
	}
	if !needsApproval(body) {
		return o, nil
	}
	policy := have.At(approve, "policy")
	if policy == nil && forMembers(have.At(approve)) {
		o.All = append(o.All, "approve "+id)
	}
	if knowsRequester(policy) {
		o.Unjudged = append(o.Unjudged, "approve "+id)
	} else {
		o.Self = append(o.Self, id)
	}
	return o, nil
}

// RequiresApproval tells whether runs of one of the actions wait for an approver. The
// errors are those of [port.Client.Action].
func RequiresApproval(ctx context.Context, portal *port.Client, ids ...string) (bool, error) {
	for _, id := range ids {
		body, err := portal.Action(ctx, id)
		if err != nil || needsApproval(body) {
			return err == nil, err
		}
	}
	return false, nil
}

// requester finds who asked in a policy, in a query or in a condition.
var requester = regexp.MustCompile(`\.trigger\.(by|user)\b`)

// knowsRequester tells whether a policy can tell who asked. Without one, each
// approver may approve an own request.
func knowsRequester(policy any) bool {
	text, _ := json.Marshal(policy) // it was JSON
	return requester.Match(text)
}

// OpenBlueprint tells who Port lets edit the entities of a blueprint. The errors
// are those of [port.Client.BlueprintPermissions].
func OpenBlueprint(ctx context.Context, portal *port.Client, id string) (o Openness, err error) {
	have, err := portal.BlueprintPermissions(ctx, id)
	if err != nil {
		return o, err
	}
	if _, given := have.At("entities").(object); !given {
		return o, fmt.Errorf("permissions of blueprint %s: entities is not an object, as Port's API describes it", id)
	}
	var odd []error
	for _, may := range []string{"register", "update", "unregister"} {
		if who := have.At("entities", may); who != nil && readable(who) != nil {
			odd = append(odd, fmt.Errorf("permissions of blueprint %s: entities.%s: %w", id, may, readable(who)))
		}
		if forMembers(have.At("entities", may)) {
			o.All = append(o.All, may+" "+id)
		}
		if have.At("entities", may, "policy") != nil {
			o.Unjudged = append(o.Unjudged, may+" "+id)
		}
	}
	for _, parts := range []string{"updateProperties", "updateRelations"} {
		all, _ := have.At("entities", parts).(object)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if forMembers(all[name]) && !forMembers(have.At("entities", "update")) {
				o.All = append(o.All, "update "+id+"."+name)
			}
		}
	}
	return o, errors.Join(odd...)
}

// forMembers tells whether everybody in the organisation is among them.
func forMembers(who any) bool {
	o, _ := who.(object)
	roles, _ := o["roles"].([]any)
	return slices.ContainsFunc(roles, isMember)
}
