package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"port-iam/iamops"
	"port-iam/iamops/catalogue"
	"port-iam/templates"
)

const (
	remedyManagement = "attach the policy that `port-iam print management-policy` prints to the user or role of the daemon"
	mayNotRead       = "these credentials lack the right to read that; the daemon does not need it"
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

func (c *checker) place() templates.Place {
	return templates.Place{Account: c.identity.Account, Partition: c.identity.Partition, Path: c.cfg.iam.path}
}

func (c *checker) boundary(ctx context.Context) stepOutcome {
	arn := c.cfg.iam.boundary
	if arn == "" {
		o := skipped("IAM_PERMISSIONS_BOUNDARY=none: nothing but the catalogue in Port limits what can be granted")
		o.Remedy = "`port-iam print boundary` prints one to start from"
		return o
	}
	if _, err := templates.ManagementPolicy(templates.Management{Place: c.place(), Boundary: arn, Tags: c.cfg.iam.tags}); err != nil {
		return failed(err, "correct IAM_PERMISSIONS_BOUNDARY, or use credentials of its account")
	}
	var err error
	c.bounds, err = c.aws.Boundary(ctx, arn)
	switch {
	case iamops.IsKind(err, iamops.KindBoundary):
		return failed(fmt.Errorf("%s does not exist", arn), "create it, `port-iam print boundary` prints one to start from, or correct IAM_PERMISSIONS_BOUNDARY")
	case err != nil:
		return notRead(err)
	case c.bounds.Denied != nil:
		return warning(fmt.Sprintf("these credentials may not read %s, so that the daemon cannot refuse what it does not allow: such requests succeed, and the access does not work (%v)", arn, c.bounds.Denied),
			c.remedyPrintAgain(ctx))
	}
	return fine("%s", arn)
}

// remedyPrintAgain is for a management policy that an earlier version has printed, or that
// was printed without the daemon's own role.
func (c *checker) remedyPrintAgain(ctx context.Context) string {
	self, err := c.aws.Principal(ctx, c.identity.ARN)
	path := ""
	if err != nil {
		path = fmt.Sprintf(" (with the path of the role, if it has one; it is not known here: %v)", err)
	}
	return fmt.Sprintf("print the policy of the daemon again, `port-iam print management-policy --role %s`%s, and put it in the place of the one that is attached", self, path)
}

// notRead is a step whose question AWS did not answer. It only fails where AWS
// cannot be reached: the daemon runs without the rights to read these things.
func notRead(err error) stepOutcome {
	if iamops.Temporary(err) {
		return failed(err, "try again later")
	}
	return skipped("%s: %v", mayNotRead, err)
}

// catalogue looks for permissions that can be requested and would never work.
func (c *checker) catalogue(ctx context.Context) stepOutcome {
	if c.cfg.iam.boundary == "" {
		return skipped("there is no boundary")
	}
	if c.bounds.ARN == "" || c.bounds.Denied != nil {
		return skipped("the boundary cannot be read")
	}
	entities, err := c.portal.Entities(ctx, templates.BlueprintPermission)
	if err != nil {
		return portFailed(err)
	}
	if len(entities) == 0 {
		return fine("the catalogue in Port is empty: there is nothing to request (`port-iam setup --samples` or `--starter-permissions` fills it)")
	}
	var ids []string
	for _, e := range entities {
		ids = append(ids, e.Identifier)
	}
	slices.Sort(ids)
	// On any resource: which one is asked for is not known.
	outside := c.bounds.Outside(iamops.Scope{Statements: []catalogue.Statement{{Actions: ids, Resources: []string{"*"}}}})
	if len(outside) > 0 {
		const most = 20
		return failed(fmt.Errorf("%s in Port outside of the boundary: requests for them are refused: %s", count(len(outside), "permission"), atMost(most, outside, ", ")),
			"allow them in "+c.cfg.iam.boundary+", or delete them from "+templates.BlueprintPermission+" in Port")
	}
	return fine("%s, all are inside the boundary, judging by its text", count(len(entities), "permission"))
}

func (c *checker) identityCenter(ctx context.Context) stepOutcome {
	if c.cfg.grant.trust != templates.TrustIdentityCenter {
		return skipped("GRANT_TRUST=%s", c.cfg.grant.trust)
	}
	has, err := c.aws.HasIdentityCenterRole(ctx)
	switch {
	case err != nil:
		return notRead(err)
	case !has:
		return failed(errors.New("the account has no role AWSReservedSSO_*: nobody signs in to it through IAM Identity Center, so nobody could use a grant"),
			"assign a permission set to people of this account in IAM Identity Center, or set GRANT_TRUST=iam-user")
	}
	return fine("permission sets are assigned to this account")
}

// path lists the names under IAM_PATH, which also needs the rights to list.
func (c *checker) path(ctx context.Context) stepOutcome {
	ops, err := c.newOps(c.org, c.identity)
	if err != nil {
		return failed(err, "correct the settings that it names")
	}
	listed, err := ops.List(ctx)
	switch {
	case iamops.IsKind(err, iamops.KindDenied):
		return failed(err, remedyManagement)
	case err != nil:
		return failed(err, "try again later")
	}
	others := 0
	for _, l := range listed {
		if l.RunID == "" {
			others++
		}
	}
	if others > 0 {
		return fine("%s holds %s that are not grants, as well as %s; they are left alone", c.cfg.iam.path, count(others, "name"), count(len(listed)-others, "grant"))
	}
	return fine("%s holds %s and nothing else", c.cfg.iam.path, count(len(listed), "grant"))
}

func (c *checker) rights(ctx context.Context) stepOutcome {
	var lacking []string
	// Without its path, where that cannot be read: most roles have none.
	self, _ := c.aws.Principal(ctx, c.identity.ARN)
	ops, err := c.newOps(c.org, c.identity)
	if err == nil {
		lacking, err = c.aws.Simulate(ctx, self, ops.Rights())
	}
	switch {
	case iamops.IsKind(err, iamops.KindDenied):
		return warning("these credentials lack iam:SimulatePrincipalPolicy on "+self+", so their rights cannot be tried; the daemon does not need it", c.remedyPrintAgain(ctx))
	case err != nil:
		return skipped("IAM cannot tell: %v", err)
	case len(lacking) > 0:
		return failed(fmt.Errorf("%s lacks %s", c.identity.ARN, atMost(20, lacking, ", ")), remedyManagement)
	}
	return fine("everything that the daemon does is allowed")
}

// requesters are not known, so their rights cannot be checked.
func (c *checker) requesters(context.Context) stepOutcome {
	o := skipped("it cannot be read from here: a requester needs sts:AssumeRole on %sPermission-*", "role"+c.cfg.iam.path)
	o.Remedy = "put what `port-iam print requester-policy` prints into the permission set, group or role of all requesters"
	return o
}
