package main

import (
	"context"
	"slices"
	"strings"

	"port-iam/internal/setup"
	"port-iam/port"
	"port-iam/templates"
)

// openActions warns where Port lets everybody request and revoke, or approve, and
// people approve what they asked for themselves.
func (c *checker) openActions(ctx context.Context) stepOutcome {
	o, unread := c.asked(ctx, setup.OpenAction, append(c.cfg.actions.GrantIDs(), c.cfg.actions.Revoke)...)
	var why, remedies []string
	if len(o.All) > 0 {
		why = append(why, "every member of the organisation may "+strings.Join(o.All, ", "))
		remedies = append(remedies, "name who may: `port-iam setup --execute-teams …`, and with approval --approve-teams …")
	}
	if len(o.Self) > 0 {
		why = append(why, "who approves "+strings.Join(o.Self, ", ")+" may approve an own request")
		remedies = append(remedies, "give the approval of the action a policy that leaves out who asked: docs/security.md, \"Who may press the button\"")
	}
	return judgeOpen("not every member may use the actions", o, unread, why, remedies)
}

// openCatalogue warns where Port lets everybody edit what decides about access.
func (c *checker) openCatalogue(ctx context.Context) stepOutcome {
	o, unread := c.asked(ctx, setup.OpenBlueprint, templates.BlueprintResource, templates.BlueprintPermission, templates.BlueprintGrant)
	var why, remedies []string
	if len(o.All) > 0 {
		why = append(why, "every member of the organisation may "+strings.Join(o.All, ", ")+", and who edits these decides about access")
		remedies = append(remedies, "take the role Member out of the permissions of these blueprints in Port")
	}
	return judgeOpen("not every member may edit the catalogue", o, unread, why, remedies)
}

// asked joins what Port tells of several things, and says what it does not tell.
func (c *checker) asked(ctx context.Context, ask func(context.Context, *port.Client, string) (setup.Openness, error), ids ...string) (all setup.Openness, unread []string) {
	for _, id := range ids {
		o, err := ask(ctx, c.portal, id)
		all.All, all.Self, all.Unjudged = append(all.All, o.All...), append(all.Self, o.Self...), append(all.Unjudged, o.Unjudged...)
		if err != nil {
			unread = append(unread, err.Error())
		}
	}
	return all, unread
}

// judgeOpen is the outcome: a step that cannot read everything never calls the rest
// good.
func judgeOpen(good string, o setup.Openness, unread, why, remedies []string) stepOutcome {
	var more []string
	if len(o.Unjudged) > 0 {
		more = append(more, "policies in Port, which are not judged, decide who may "+strings.Join(o.Unjudged, ", "))
	}
	switch {
	case len(why) > 0:
		return warning(strings.Join(slices.Concat(why, more, unread), "; "), strings.Join(remedies, "; "))
	case len(unread) > 0:
		return skipped("Port does not tell: %s", strings.Join(slices.Concat(unread, more), "; "))
	}
	return fine("%s", strings.Join(append([]string{good}, more...), "; "))
}
