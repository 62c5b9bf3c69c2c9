package setup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"port-iam/port"
)

// Teams are the names of the teams in Port whose members may execute the actions
// for requests and revocations, and approve their runs. Where there is none, who
// may do so stays as it is.
type Teams struct{ Execute, Approve []string }

// ErrNoApproval is why teams cannot approve.
var ErrNoApproval = errors.New("neither the action for requests nor the one for revocations needs approval, so nobody approves anything")

const (
	execute = "execute"
	approve = "approve"
)

// Fields of execute and approve that Port takes; it may answer with more.
var whoFields = map[string][]string{
	execute: {"users", "roles", "teams", "ownedByTeam", "policy"},
	approve: {"users", "roles", "teams", "policy"},
}

// withPermissions adds to the model who may use its actions, right after each one.
// Those of a new action cannot be read yet: Port makes them with it.
func withPermissions(ctx context.Context, portal *port.Client, model []item, teams Teams) (items []item, err error) {
	if len(teams.Approve) > 0 && !slices.ContainsFunc(model, func(it item) bool { return it.kind == action && it.approval }) {
		return nil, ErrNoApproval
	}
	unknown, err := unknownTeams(ctx, portal, teams)
	if err != nil {
		return nil, err
	}
	for _, of := range model {
		items = append(items, of)
		if of.kind != action || len(teams.Execute)+len(teams.Approve) == 0 {
			continue
		}
		it := item{kind: "permissions of action", id: of.id, exists: true}
		have := port.Object{}
		if of.exists {
			if have, err = portal.ActionPermissions(ctx, of.id); err != nil {
				return nil, err
			}
		}
		it.restrict(have, teams)
		for _, name := range unknown {
			it.conflict("name a team that Port has, or make this one there", "Port has no team %q", name)
		}
		unknown = nil // said once
		if !of.exists && len(teams.Execute) > 0 {
			it.notes = append(it.notes, "execute.roles: Member, which Port gives to a new action, is taken away right after the action is made; until then every member may execute it")
		}
		if len(teams.Approve) > 0 && !of.approval {
			it.notes = append(it.notes, "the action needs no approval, so who may approve is of no effect yet")
		}
		it.apply = func(ctx context.Context) error { return restrict(ctx, portal, of, teams) }
		items = append(items, it)
	}
	return items, nil
}

// unknownTeams are those that Port does not have. It is found out before anything is
// made: a new action whose teams Port refuses would be open to every member.
func unknownTeams(ctx context.Context, portal *port.Client, teams Teams) (unknown []string, err error) {
	names := slices.Concat(teams.Execute, teams.Approve)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		switch err := portal.Team(ctx, name); {
		case port.IsKind(err, port.KindNotFound):
			unknown = append(unknown, name)
		case err != nil:
			return nil, err
		}
	}
	return unknown, nil
}

// restrict changes the permissions that an action has by now.
func restrict(ctx context.Context, portal *port.Client, of item, teams Teams) error {
	have, err := portal.ActionPermissions(ctx, of.id)
	if err == nil {
		d := differ{}
		if body := d.restrict(have, teams); len(d.changes) > 0 {
			err = portal.SetActionPermissions(ctx, of.id, body)
		}
	}
	if err != nil && !of.exists && len(teams.Execute) > 0 {
		return fmt.Errorf("%w: the action exists, and until its teams are set every member of the organisation may execute it", err)
	}
	return err
}

// restrict returns the body that leaves an action to teams: whole, as it is not
// documented how deep Port merges. have is not changed.
func (d *differ) restrict(have port.Object, teams Teams) port.Object {
	body := port.Object{}
	for _, may := range []string{execute, approve} {
		names := map[string][]string{execute: teams.Execute, approve: teams.Approve}[may]
		if have[may] != nil && len(names) > 0 {
			if err := readable(have[may]); err != nil {
				d.conflict("correct the permissions of the action in Port", "%s: %v", may, err)
				continue
			}
		}
		old, _ := have[may].(object)
		who := object{}
		for _, name := range whoFields[may] {
			if old[name] != nil {
				who[name] = old[name]
			}
		}
		if len(names) > 0 {
			d.leaveTo(who, may, names)
		}
		if len(who) > 0 {
			body[may] = who
		}
	}
	return body
}

// leaveTo takes away the role that every member has, and adds the teams. Other
// people stay: administrators, and those whom the customer has named.
func (d *differ) leaveTo(who object, may string, names []string) {
	roles, _ := who["roles"].([]any)
	left := slices.DeleteFunc(append([]any{}, roles...), isMember)
	if len(left) < len(roles) {
		d.set(may+".roles", roles, left)
	}
	teams, _ := who["teams"].([]any)
	teams = slices.Clone(teams)
	if own := slices.DeleteFunc(slices.Clone(teams), func(v any) bool { name, _ := v.(string); return slices.Contains(names, name) }); len(own) > 0 {
		d.notes = append(d.notes, may+".teams: "+show(own)+" may do so as before: setup removes no team")
	}
	if users, _ := who["users"].([]any); len(users) > 0 {
		d.notes = append(d.notes, may+".users: "+show(users)+" may do so as before: setup removes no person")
	}
	for _, name := range names {
		if !slices.Contains(teams, any(name)) {
			teams = append(teams, any(name))
			d.add(may+".teams", name, false)
		}
	}
	who["teams"] = teams
	if who["roles"] != nil {
		who["roles"] = left
	}
	if who["ownedByTeam"] == true {
		d.notes = append(d.notes, may+".ownedByTeam: the teams that own the entity may do so as before")
	}
	if who["policy"] != nil {
		d.notes = append(d.notes, may+".policy decides alone who may do so, and stays: teams and roles only say who sees the action")
	}
}

// readable tells whether these are people as Port describes them: lists of users,
// roles and teams.
func readable(who any) error {
	o, isObject := who.(object)
	if !isObject {
		return errors.New("it is not an object of lists, as Port's API describes it")
	}
	for _, name := range []string{"users", "roles", "teams"} {
		if _, isList := o[name].([]any); o[name] != nil && !isList {
			return fmt.Errorf("%s is not a list, as Port's API describes it", name)
		}
	}
	return nil
}

// isMember tells the role that everybody in the organisation has, beside others.
func isMember(role any) bool {
	name, _ := role.(string)
	return strings.EqualFold(name, "Member")
}
