package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"port-iam/grants"
	"port-iam/internal/setup"
)

// limits is the step of check about the limits that permissions have in the catalogue.
func (c *checker) limits(ctx context.Context) stepOutcome {
	if c.surveyed == nil {
		return skipped("the permissions were not judged")
	}
	why := oddOf(c.surveyed, c.cfg.grant.maxDuration)
	var remedies []string
	if len(why) > 0 {
		remedies = append(remedies, "correct it in Port")
	}
	approved := slices.DeleteFunc(slices.Clone(c.surveyed), func(p grants.Surveyed) bool { return !p.NeedsApproval })
	unmet, remedy, err := c.unmetApproval(ctx)
	switch {
	case len(approved) == 0:
	case err != nil:
		return portFailed(err)
	case unmet != "":
		why = append(why, fmt.Sprintf("%s can only be had with the approval of another person, and %s, so requests are refused: %s", count(len(approved), "permission"), unmet, namesOf(approved)))
		remedies = append(remedies, remedy)
	}
	if len(why) > 0 {
		return warning(strings.Join(why, "; "), strings.Join(remedies, "; "))
	}
	return fine("%s can only be had with the approval of another person", count(len(approved), "permission"))
}

// unmetApproval is why no run can have the approval that a permission needs; "" where one
// can.
func (c *checker) unmetApproval(ctx context.Context) (why, remedy string, err error) {
	if !c.cfg.records.confirmRequester {
		return "PORT_CONFIRM_REQUESTER is false", "leave PORT_CONFIRM_REQUESTER at true", nil
	}
	requires, err := setup.RequiresApproval(ctx, c.portal, c.cfg.actions.GrantIDs()...)
	if err != nil || requires {
		return "", "", err
	}
	return "no action of GRANT_ACTION requires approval in Port", "`port-iam setup --require-approval`, or an action in GRANT_ACTION that requires approval", nil
}

// oddOf says what permissions have in the catalogue without effect.
func oddOf(all []grants.Surveyed, longest time.Duration) (odd []string) {
	for _, p := range all {
		odd = append(odd, p.Odd(longest)...)
	}
	return odd
}
