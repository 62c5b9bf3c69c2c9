package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/port"
	"port-iam/templates"
)

// survey judges every permission of the catalogue in Port on every resource of its
// type, as a run would. It returns those that can never be granted.
func survey(ctx context.Context, portal *port.Client, ops *iamops.Ops) (never []grants.Surveyed, all int, err error) {
	resources, err := portal.Entities(ctx, templates.BlueprintResource)
	if err != nil {
		return nil, 0, err
	}
	permissions, err := portal.Entities(ctx, templates.BlueprintPermission)
	if err != nil {
		return nil, 0, err
	}
	surveyed, err := grants.Survey(ctx, ops, resources, permissions)
	return slices.DeleteFunc(surveyed, func(p grants.Surveyed) bool { return !p.Never() }), len(permissions), err
}

// maxNever is how many permissions that can never be granted are listed.
const maxNever = 20

func namesOf(never []grants.Surveyed) string {
	var names []string
	for _, p := range never {
		names = append(names, p.Permission)
	}
	return atMost(maxNever, names, ", ")
}

// remedyNever is what to do about permissions that can never be granted.
const remedyNever = "`port-iam plan --resource ARN --permission ACTION` says why: delete them from " + templates.BlueprintPermission + " in Port, or correct the resource_type or the ARNs of the resources"

// offered is the step of check about what people can request and never get.
func (c *checker) offered(ctx context.Context) stepOutcome {
	ops, err := c.newOps(c.org, c.identity)
	if err != nil {
		return failed(err, "correct the settings that it names")
	}
	never, all, err := survey(ctx, c.portal, ops)
	_, ofPort := errors.AsType[*port.Error](err)
	switch {
	case err != nil && !ofPort && ctx.Err() == nil:
		return warning(err.Error(), "correct it in Port: requests for it are refused")
	case err != nil && port.IsKind(err, port.KindNotFound):
		return skipped("the blueprints are not in Port yet")
	case err != nil:
		return portFailed(err)
	case len(never) > 0:
		return warning(fmt.Sprintf("%s can be requested, and no request would be granted on any resource of their type: %s; the first: %s", count(len(never), "permission"), namesOf(never), never[0].Why), remedyNever)
	}
	return fine("%s, each works on a resource of its type, or there is none", count(all, "permission"))
}

// noteNever says after an installation which permissions can never be granted. It is a
// note: that the catalogue cannot be read, or the settings of the daemon are not
// there, is no failure of the installation.
func (f *setupFlags) noteNever(ctx context.Context, cfg *config, portal *port.Client, account, partition string, stdout io.Writer) {
	s, unread := readSettings(), problems{}
	s.parseRules(cfg, &unread)
	docs, err := templates.Load(nil)
	if err != nil || len(unread) > 0 {
		return
	}
	ops, err := iamops.New(iamops.Options{
		API: &iamops.API{}, Account: account, Partition: partition, OrgID: unknownOrg, Path: "/",
		Trust: templates.TrustAccount, Templates: docs, Rules: cfg.rules,
	})
	if err != nil {
		return
	}
	if never, _, err := survey(ctx, portal, ops); err == nil && len(never) > 0 {
		_, _ = fmt.Fprintf(stdout, "\nNote: %s can be requested, and would never be granted: %s\n%s\n", count(len(never), "permission"), namesOf(never), remedyNever)
	}
}
