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

// asSurveyors and asPlanners are what package grants takes the operations for.
func asSurveyors(in map[string]*iamops.Ops) map[string]grants.Surveyor {
	out := map[string]grants.Surveyor{}
	for id, ops := range in {
		out[id] = ops
	}
	return out
}

func asPlanners(in map[string]*iamops.Ops) map[string]grants.Planner {
	out := map[string]grants.Planner{}
	for id, ops := range in {
		out[id] = ops
	}
	return out
}

// survey judges every permission of the catalogue in Port on every resource of its
// type, as a run would.
func survey(ctx context.Context, portal *port.Client, in map[string]*iamops.Ops) ([]grants.Surveyed, error) {
	resources, err := portal.Entities(ctx, templates.BlueprintResource)
	if err != nil {
		return nil, err
	}
	permissions, err := portal.Entities(ctx, templates.BlueprintPermission)
	if err != nil {
		return nil, err
	}
	return grants.Survey(ctx, asSurveyors(in), resources, permissions)
}

// neverOf are the permissions that can never be granted.
func neverOf(all []grants.Surveyed) []grants.Surveyed {
	return slices.DeleteFunc(slices.Clone(all), func(p grants.Surveyed) bool { return !p.Never() })
}

// maxNever is how many permissions that can never be granted are listed.
const maxNever = 20

func namesOf(permissions []grants.Surveyed) string {
	var names []string
	for _, p := range permissions {
		names = append(names, p.Permission)
	}
	return atMost(maxNever, names, ", ")
}

// remedyNever is what to do about permissions that can never be granted.
const remedyNever = "`port-iam plan --resource ARN --permission ACTION` says why: delete them from " + templates.BlueprintPermission + " in Port, or correct their actions, their resource_type, or ARN and related of the resources"

// offered is the step of check about what people can request and never get.
func (c *checker) offered(ctx context.Context) stepOutcome {
	served, err := c.newAccounts(c.org, c.identity)
	if err != nil {
		return failed(err, "correct the settings that it names")
	}
	in := map[string]*iamops.Ops{}
	for _, a := range served {
		in[a.id] = a.ops
	}
	all, err := survey(ctx, c.portal, in)
	_, ofPort := errors.AsType[*port.Error](err)
	switch {
	case err != nil && !ofPort && ctx.Err() == nil:
		return warning(err.Error(), "correct it in Port: requests for it are refused")
	case err != nil && port.IsKind(err, port.KindNotFound):
		return skipped("the blueprints are not in Port yet")
	case err != nil:
		return portFailed(err)
	}
	c.surveyed = all
	if never := neverOf(all); len(never) > 0 {
		return warning(fmt.Sprintf("%s can be requested, and no request would be granted on any resource of their type: %s; the first: %s", count(len(never), "permission"), namesOf(never), never[0].Why), remedyNever)
	}
	return fine("%s, each works on a resource of its type, or there is none", count(len(all), "permission"))
}

// noteNever says after an installation which permissions can never be granted. It is a
// note: that the catalogue cannot be read, or the settings of the daemon are not
// there, is no failure of the installation.
func (f *setupFlags) noteNever(ctx context.Context, cfg *config, portal *port.Client, accounts []string, partition string, stdout io.Writer) {
	s, unread := readSettings(), problems{}
	s.parseRules(cfg, &unread)
	docs, err := templates.Load(nil)
	if err != nil || len(unread) > 0 {
		return
	}
	in := map[string]*iamops.Ops{}
	for _, id := range accounts {
		if in[id], err = iamops.New(iamops.Options{
			API: &iamops.API{}, Account: id, Partition: partition, OrgID: unknownOrg, Path: "/",
			Trust: templates.TrustAccount, Templates: docs, Rules: cfg.rules,
		}); err != nil {
			return
		}
	}
	all, err := survey(ctx, portal, in)
	if never := neverOf(all); err == nil && len(never) > 0 {
		_, _ = fmt.Fprintf(stdout, "\nNote: %s can be requested, and would never be granted: %s; the first: %s\n%s\n", count(len(never), "permission"), namesOf(never), flat(never[0].Why), remedyNever)
	}
}
