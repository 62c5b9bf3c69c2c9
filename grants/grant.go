package grants

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"port-iam/iamops"
	"port-iam/port"
	"port-iam/templates"
)

// grant handles a run of the grant action, in five sequential round trips:
// read, create, write the entity, attach, end. The entity is written for the
// run, and Port refuses that once the run has ended: it is the fence behind
// which access begins.
func (j *Job) grant(ctx context.Context) error {
	view, err := j.readGrant(ctx)
	if err != nil {
		return err
	}
	if open, err := j.open(ctx, view.run); !open {
		return err
	}
	if err := j.confirm(view); err != nil {
		return err
	}
	plan, req, err := j.plan(view)
	if err != nil {
		return err
	}
	if err := j.checkPermissions(ctx, view, req); err != nil {
		return err
	}
	if err := j.make(ctx, plan, view.entityWritten); err != nil {
		return err
	}
	ended, err := j.writeEntity(ctx, plan, req)
	if err != nil {
		return err
	}
	if ended != "" {
		return j.follow(ctx, ended, true)
	}
	j.made = &plan
	if err := j.svc.opts.Access.Attach(ctx, plan); err != nil {
		return err
	}
	d := j.decision(outcomeSucceeded)
	d.Resource, d.note, d.signInURL, d.end = req.Resource, req.reason, plan.SignInURL, req.End
	return j.end(ctx, port.StatusSuccess, d)
}

// grantView is what Port says about a request, read at once.
type grantView struct {
	run           port.Run
	listed        bool                    // the run is the requester's
	resource      *port.Entity            // nil: not in the catalogue
	permissions   map[string]*port.Entity // those that the record names, read ahead
	entityWritten bool                    // the grant's entity exists: an earlier attempt got that far
}

func (j *Job) readGrant(ctx context.Context) (grantView, error) {
	var v grantView
	var runErr error
	portal := j.svc.opts.Portal
	// All answers are waited for: the run decides what the others are worth, so
	// its error comes first.
	var g errgroup.Group
	g.Go(func() error {
		v.run, runErr = j.ownRun(ctx)
		return nil
	})
	if j.svc.opts.ConfirmRequester && j.rec.Requester != "" {
		g.Go(func() (err error) {
			v.listed, err = j.isRequesters(ctx)
			return err
		})
	}
	if j.rec.Entity != "" {
		g.Go(func() (err error) {
			v.resource, err = find(ctx, portal, templates.BlueprintResource, j.rec.Entity)
			return err
		})
	}
	g.Go(func() (err error) {
		v.permissions, err = j.svc.readPermissions(ctx, j.namedPermissions())
		return err
	})
	g.Go(func() error {
		entity, err := find(ctx, portal, templates.BlueprintGrant, j.name)
		v.entityWritten = entity != nil
		return err
	})
	err := g.Wait()
	return v, cmp.Or(runErr, err)
}

// isRequesters reports whether the run was started by who the record says.
func (j *Job) isRequesters(ctx context.Context) (bool, error) {
	known := &j.svc.confirmed
	if known.has(j.rec.Requester, j.rec.RunID) {
		return true, nil
	}
	list, err := j.svc.opts.Portal.Runs(ctx, port.RunFilter{
		Action: j.svc.opts.Actions.Grant, Entity: j.rec.Entity, UserEmail: j.rec.Requester, Active: true, Limit: 1000,
	})
	if err != nil {
		return false, err
	}
	ids := make([]string, len(list))
	for i, r := range list {
		ids[i] = r.ID
	}
	known.add(j.rec.Requester, ids)
	return slices.Contains(ids, j.rec.RunID), nil
}

// confirm checks that the run is the requester's, as far as it is to be checked.
func (j *Job) confirm(v grantView) error {
	if j.svc.opts.ConfirmRequester && j.rec.Requester != "" && !v.listed {
		err := fmt.Errorf("Port does not list the run for %s", j.rec.Requester)
		if j.over(causeUnknownRun) {
			return j.drop(eventWrongRequester, "%w", err)
		}
		return &again{causeUnknownRun, err}
	}
	return nil
}

// plan checks the request and works it out.
func (j *Job) plan(v grantView) (iamops.Plan, request, error) {
	now := time.Now()
	switch {
	case v.run.Entity == "" || v.run.Blueprint != templates.BlueprintResource:
		return iamops.Plan{}, request{}, refuse("it was not started on an AWS resource", "the action was started on %q of blueprint %q, and an AWS resource (blueprint %q) was expected: start it from a resource", v.run.Entity, v.run.Blueprint, templates.BlueprintResource)
	case v.resource == nil:
		return iamops.Plan{}, request{}, refuse("the resource is not in the catalogue", "the resource %s is not in the catalogue (blueprint %q): it may have been removed since the request", v.run.Entity, templates.BlueprintResource)
	}
	start, err := startOf(v.run, j.rec, now)
	if err != nil {
		return iamops.Plan{}, request{}, j.drop(eventTimestamp, "%w", err)
	}
	req, err := j.svc.readRequest(v.run, j.rec.Requester, start, now)
	if err != nil {
		return iamops.Plan{}, req, err
	}
	plan, err := j.svc.opts.Access.Plan(req.Request)
	if err != nil {
		if e, ok := errors.AsType[*iamops.Error](err); ok {
			err = e.Err // without our name of the step
		}
		return plan, req, refuse("this cannot be granted on this resource", "%w", err)
	}
	return plan, req, nil
}

// make brings role and policy about. Once the entity of the grant exists they
// are never created again: a grant that was revoked meanwhile stays revoked.
func (j *Job) make(ctx context.Context, plan iamops.Plan, entityWritten bool) error {
	j.making = true
	bring := j.svc.opts.Access.Create
	if entityWritten {
		if j.made != nil && j.made.Policy == plan.Policy && j.made.Trust == plan.Trust {
			return nil
		}
		bring = j.svc.opts.Access.Verify
	}
	err := bring(ctx, plan)
	j.svc.noteForeign(err)
	return err
}

// writeEntity tells Port that the grant exists, on behalf of its run. A refusal
// is a question: where the run has ended meanwhile, its state is returned.
func (j *Job) writeEntity(ctx context.Context, plan iamops.Plan, req request) (ended port.Status, err error) {
	entity := entityOf(plan, req.Request)
	err = j.svc.opts.Portal.UpsertEntity(ctx, templates.BlueprintGrant, entity, j.rec.RunID)
	if err == nil || !isAnswer(err) {
		return "", err
	}
	run, readErr := j.svc.opts.Portal.Run(ctx, j.rec.RunID)
	if readErr != nil {
		return "", readErr
	}
	if run.Status.Ended() {
		return run.Status, nil
	}
	return "", portRefused("Port refused the entity of the grant", err)
}
