package main

import (
	"context"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/catalogue"
	"port-iam/port"
	"port-iam/templates"
)

const (
	mayNotRead = "these credentials lack the right to read that; the daemon does not need it"
)

func (c *checker) whoWeAre(context.Context) stepOutcome {
	switch err := c.whoErr; {
	case c.aws == nil:
		return failed(err, "correct what it names, for example AWS_PROFILE or AWS_CA_BUNDLE")
	case iamops.RejectedCredentials(err):
		return failed(err, "check the AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the profile, or the role of this machine or pod")
	case err != nil:
		return failed(err, "give the daemon AWS credentials, check that their source gives them out, and that it reaches sts.amazonaws.com (or the endpoint that is set)")
	}
	return fine("%s", c.identity)
}

func (c *checker) awsClock(context.Context) stepOutcome {
	skew, known := c.aws.ClockSkew()
	return judgeClock("AWS", skew, known, "the daemon grants nothing and cleans up nothing")
}

// notRead is a step whose question AWS did not answer. It only fails where AWS
// cannot be reached: the daemon runs without the rights to read these things.
func notRead(err error) stepOutcome {
	if iamops.Temporary(err) {
		return failed(err, "try again later")
	}
	return skipped("%s: %v", mayNotRead, err)
}

// offeredActions are the actions of the permissions of the catalogue in Port, sorted.
// They are read once for all accounts.
func (c *checker) offeredActions(ctx context.Context) ([]string, error) {
	c.offer.Do(func() {
		var entities []port.Entity
		if entities, c.offerErr = c.portal.Entities(ctx, templates.BlueprintPermission); c.offerErr != nil {
			return
		}
		var known *catalogue.Catalogue
		if known, c.offerErr = catalogue.Open(); c.offerErr == nil {
			c.actionIDs = grants.ActionsOf(known, entities)
		}
	})
	return c.actionIDs, c.offerErr
}

// onAnything asks for actions on any resource: which one is asked for is not known.
func onAnything(actions []string) []catalogue.Statement {
	return []catalogue.Statement{{Actions: actions, Resources: []string{"*"}}}
}

// requesters are not known, so their rights cannot be checked.
func (c *checker) requesters(context.Context) stepOutcome {
	o := skipped("it cannot be read from here: a requester needs sts:AssumeRole on %sPermission-*", "role"+c.cfg.iam.path)
	o.Remedy = "put what `port-iam print requester-policy` prints into the permission set, group or role of all requesters"
	return o
}
