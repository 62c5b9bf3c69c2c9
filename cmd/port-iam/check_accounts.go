package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"port-iam/iamops"
	"port-iam/templates"
)

// besides is how many accounts are checked at the same time.
const besides = 16

// accountCheck is a served account, and what its steps find out for each other.
type accountCheck struct {
	*checker
	at     account
	opsErr error           // why the settings do not fit it
	me     iamops.Identity // who we are there
	bounds iamops.Boundary // what was read of the boundary
}

// accounts are the steps about each served account, beside each other. Where ACCOUNTS is
// empty there is one, and their names do not say it.
func (c *checker) accounts(ctx context.Context, report *checkReport, stderr io.Writer, identity, organization, permissions string) {
	ids := c.cfg.served(c.identity)
	if len(c.cfg.accounts.ids) == 0 {
		c.newAccountCheck(ids[0]).steps(report.taking(ctx, stderr), identity, organization, permissions)
		return
	}
	defer progress(stderr, "checking: "+count(len(ids), "account"))()
	parts, slots := make([]checkReport, len(ids)), make(chan struct{}, besides)
	var all sync.WaitGroup
	for i, id := range ids {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			a := c.newAccountCheck(id)
			take := parts[i].taking(ctx, io.Discard)
			named := func(name string, do func(context.Context) stepOutcome, needs ...string) string {
				return take("account "+id+": "+name, do, needs...)
			}
			entered := named("role", a.enterRole, identity)
			a.steps(named, named("identity", a.whoWeAre, entered), organization, permissions)
		})
	}
	all.Wait()
	for _, p := range parts {
		report.Steps, report.failed = append(report.Steps, p.Steps...), report.failed+p.failed
	}
}

// newAccountCheck makes what the steps work with, where AWS has said who we are.
func (c *checker) newAccountCheck(id string) *accountCheck {
	a := &accountCheck{checker: c, me: c.identity}
	if c.whoErr == nil {
		a.at, a.opsErr = c.newAccount(c.org, c.identity, id)
	}
	return a
}

// steps are those about the account alone.
func (a *accountCheck) steps(take takeStep, identity, organization, permissions string) {
	boundary := take("boundary", a.boundary, identity)
	take("permissions in the boundary", a.catalogue, identity, boundary, permissions)
	take("Identity Center", a.identityCenter, identity)
	take("path", a.path, identity, organization)
	take("rights of the daemon", a.rights, identity, organization)
}

// enterRole assumes the role of the account, and learns who we are in it.
func (a *accountCheck) enterRole(ctx context.Context) stepOutcome {
	if a.at.role == "" {
		return fine("it is the daemon's own account, no role is assumed")
	}
	in, err := a.at.aws.Identity(ctx)
	if err != nil {
		return failed(err, "correct ACCOUNT_ROLE, ACCOUNT_EXTERNAL_ID or what the error names; where the daemon's own policy was printed without ACCOUNTS, it denies every sts:AssumeRole: print it again; "+
			"an account that was closed comes out of ACCOUNTS")
	}
	a.me = in
	return fine("%s can be assumed", a.at.role)
}

// whoWeAre compares the account that we are in with the one that is meant.
func (a *accountCheck) whoWeAre(context.Context) stepOutcome {
	if a.me.Account != a.at.id {
		return failed(fmt.Errorf("it is %s, which is not of account %s", a.me, a.at.id), "check AWS_ENDPOINT_URL and the like: what answers there is not that account")
	}
	return fine("%s", a.me)
}

func (a *accountCheck) place() templates.Place {
	return templates.Place{Account: a.at.id, Partition: a.identity.Partition, Path: a.cfg.iam.path}
}

// boundaryARN is that of the boundary in the account; "" for none.
func (a *accountCheck) boundaryARN() string {
	return iamops.BoundaryARN(a.identity.Partition, a.at.id, a.cfg.iam.boundary)
}

func (a *accountCheck) boundary(ctx context.Context) stepOutcome {
	arn := a.boundaryARN()
	if arn == "" {
		o := skipped("IAM_PERMISSIONS_BOUNDARY=none: nothing but the catalogue in Port limits what can be granted")
		o.Remedy = "`port-iam print boundary` prints one to start from"
		return o
	}
	if _, err := templates.ManagementPolicy(templates.Management{Place: a.place(), Boundary: arn, Tags: a.cfg.iam.tags}); err != nil {
		return failed(err, "correct IAM_PERMISSIONS_BOUNDARY, or use credentials of its account")
	}
	var err error
	a.bounds, err = a.at.aws.Boundary(ctx, arn)
	switch {
	case iamops.IsKind(err, iamops.KindBoundary):
		return failed(fmt.Errorf("%s does not exist", arn), "create it, `port-iam print boundary` prints one to start from, or correct IAM_PERMISSIONS_BOUNDARY")
	case err != nil:
		return notRead(err)
	case a.bounds.Denied != nil:
		return warning(fmt.Sprintf("these credentials may not read %s, so that the daemon cannot refuse what it does not allow: such requests succeed, and the access does not work (%v)", arn, a.bounds.Denied),
			a.remedyPrintAgain(ctx))
	}
	return fine("%s", arn)
}

// principal is the ARN of who we are there, with the path of a role. Where that cannot be
// read, the error says why, and the ARN has none: most roles have none.
func (a *accountCheck) principal(ctx context.Context) (string, error) {
	if a.at.role != "" {
		return a.at.role, nil
	}
	return a.at.aws.Principal(ctx, a.me.ARN)
}

// remedyPrintAgain is for a management policy that an earlier version has printed, or that
// was printed without the daemon's own role.
func (a *accountCheck) remedyPrintAgain(ctx context.Context) string {
	who, err := a.principal(ctx)
	path := ""
	if err != nil {
		path = fmt.Sprintf(" (with the path of the role, if it has one; it is not known here: %v)", err)
	}
	return fmt.Sprintf("print the policy of the daemon again, `port-iam print management-policy%s --role %s`%s, and put it in the place of the one that is attached", a.flags(), who, path)
}

// flags say which account a document is for, where several are served.
func (a *accountCheck) flags() string {
	if len(a.cfg.accounts.ids) == 0 {
		return ""
	}
	return " --account " + a.at.id
}

// remedyManagement is for rights that are missing.
func (a *accountCheck) remedyManagement() string {
	who := "the user or role of the daemon"
	if a.at.role != "" {
		who = a.at.role
	}
	return "attach the policy that `port-iam print management-policy" + a.flags() + "` prints to " + who
}

// catalogue looks for permissions that can be requested and would never work.
func (a *accountCheck) catalogue(ctx context.Context) stepOutcome {
	if a.boundaryARN() == "" {
		return skipped("there is no boundary")
	}
	if a.bounds.ARN == "" || a.bounds.Denied != nil {
		return skipped("the boundary cannot be read")
	}
	ids, err := a.offeredActions(ctx)
	if err != nil {
		return portFailed(err)
	}
	if len(ids) == 0 {
		return fine("the catalogue in Port is empty: there is nothing to request (`port-iam setup --samples` or `--starter-permissions` fills it)")
	}
	outside := a.bounds.Outside(iamops.Scope{Statements: onAnything(ids)})
	if len(outside) > 0 {
		const most = 20
		return failed(fmt.Errorf("%s of the permissions in Port outside of the boundary: requests for them are refused: %s", count(len(outside), "action"), atMost(most, outside, ", ")),
			"allow them in "+a.boundaryARN()+", or delete them from "+templates.BlueprintPermission+" in Port")
	}
	return fine("%s, all are inside the boundary, judging by its text", count(len(ids), "action"))
}

// identityCenter is about people who come in through the account itself; of the other
// accounts that grants trust, these credentials need not know anything.
func (a *accountCheck) identityCenter(ctx context.Context) stepOutcome {
	if a.cfg.grant.trust != templates.TrustIdentityCenter {
		return skipped("GRANT_TRUST=%s", a.cfg.grant.trust)
	}
	trusted := a.cfg.trusted(a.at.id)
	if !slices.Contains(trusted, a.at.id) {
		return skipped("people come in through %s (GRANT_TRUST_ACCOUNTS)", inWords(trusted))
	}
	has, err := a.at.aws.HasIdentityCenterRole(ctx)
	switch {
	case err != nil:
		return notRead(err)
	case !has && len(trusted) > 1:
		return fine("no permission set is assigned to this account: people come in through the others of %s (GRANT_TRUST_ACCOUNTS)", inWords(trusted))
	case !has:
		return failed(errors.New("the account has no role AWSReservedSSO_*: nobody signs in to it through IAM Identity Center, so nobody could use a grant"),
			"assign a permission set to people of this account in IAM Identity Center, name the accounts through which they come in GRANT_TRUST_ACCOUNTS, or set GRANT_TRUST=iam-user")
	}
	return fine("permission sets are assigned to this account")
}

// path lists the names under IAM_PATH, which also needs the rights to list.
func (a *accountCheck) path(ctx context.Context) stepOutcome {
	if a.opsErr != nil {
		return failed(a.opsErr, "correct the settings that it names")
	}
	listed, err := a.at.ops.List(ctx)
	switch {
	case iamops.IsKind(err, iamops.KindDenied):
		return failed(err, a.remedyManagement())
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
		return fine("%s holds %s that are not grants, as well as %s; they are left alone", a.cfg.iam.path, count(others, "name"), count(len(listed)-others, "grant"))
	}
	return fine("%s holds %s and nothing else", a.cfg.iam.path, count(len(listed), "grant"))
}

func (a *accountCheck) rights(ctx context.Context) stepOutcome {
	var lacking []string
	who, _ := a.principal(ctx)
	err := a.opsErr
	if err == nil {
		lacking, err = a.at.aws.Simulate(ctx, who, a.at.ops.Rights())
	}
	switch {
	case iamops.IsKind(err, iamops.KindDenied):
		return warning("these credentials lack iam:SimulatePrincipalPolicy on "+who+", so their rights cannot be tried; the daemon does not need it", a.remedyPrintAgain(ctx))
	case err != nil:
		return skipped("IAM cannot tell: %v", err)
	case len(lacking) > 0:
		return failed(fmt.Errorf("%s lacks %s", a.me.ARN, atMost(20, lacking, ", ")), a.remedyManagement())
	}
	return fine("everything that the daemon does is allowed")
}
