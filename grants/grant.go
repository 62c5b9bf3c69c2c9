package grants

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"port-iam/iamops"
	"port-iam/port"
	"port-iam/templates"
)

// grant handles a run of the grant action, in five sequential round trips:
// read, create, write the entity, attach, end. The entity is written for the
// run, and Port refuses that once the run has ended: it is the fence behind
// which access begins.
func (j *Job) grant(ctx context.Context) error {
	boundary, stop := j.readBoundary(ctx)
	defer stop()
	user, stopUser := j.readUser(ctx)
	defer stopUser()
	view, err := j.readGrant(ctx, user)
	if err != nil {
		return err
	}
	if open, err := j.open(ctx, view.run); !open {
		return err
	}
	if err := j.inOwnName(view.run); err != nil {
		return err
	}
	if err := j.confirm(view); err != nil {
		return err
	}
	j.requester = j.rec.Requester
	switch {
	case view.entityErr != nil:
		return view.entityErr
	case view.entity != nil && j.svc.accountIn(view.entity) == nil:
		return j.standAside(ctx, view.entity)
	}
	plan, req, err := j.plan(ctx, view)
	switch {
	case err != nil:
		return err
	case view.entity != nil && j.svc.accountIn(view.entity) != j.account:
		return j.standAside(ctx, view.entity)
	}
	j.label.begin(waitsForAWS)
	if err := j.inBoundary(boundary, view, &plan); err != nil {
		return err
	}
	if err := j.make(ctx, plan, view.entity != nil); err != nil {
		return err
	}
	if view.entity == nil {
		j.label.begin(waitsForPort)
		if accepted, err := j.writeEntity(ctx, plan, req); !accepted {
			return err
		}
	}
	if err := j.tellGranted(ctx, plan); err != nil {
		return err
	}
	j.made = &plan
	j.label.begin(waitsForAWS)
	linked := j.link(ctx, plan.SignInURL)
	err = j.account.Attach(ctx, plan)
	linked()
	if err != nil {
		return err
	}
	d := j.decision(outcomeSucceeded)
	d.grants(plan, req)
	return j.end(ctx, port.StatusSuccess, d)
}

// linkTime bounds the wait for the link of a run.
const linkTime = 2 * time.Second

// link puts the sign-in URL on the page of the run while AWS attaches, once. The
// result waits for that, not for long: a link that Port does not take costs nothing
// but the link.
func (j *Job) link(ctx context.Context, url string) (wait func()) {
	if j.linked || url == "" {
		return func() {}
	}
	ctx, cancel := context.WithTimeout(ctx, linkTime)
	var err error
	var linking sync.WaitGroup
	linking.Go(func() { err = j.svc.opts.Portal.LinkRun(ctx, j.rec.RunID, url) })
	return func() {
		linking.Wait()
		cancel()
		if j.linked = true; err != nil {
			j.log.Warn("Port did not take the link of the run", keyGrant, j.name, keyError, err)
		}
	}
}

// grantView is what Port says about a request, read at once. What was read
// because the record names it may be invented: its errors are kept here, and count
// only after the record was found to fit, and only for what the run names.
type grantView struct {
	run         port.Run
	listed      bool // the run is the requester's
	listErr     error
	resource    *port.Entity // nil: not in the catalogue
	resourceErr error
	permissions map[string]*port.Entity // those that the record names, as far as they could be read
	user        userReader              // the requester; nil: AWS is not asked for people
	entity      *port.Entity            // of the grant: an earlier attempt got that far
	entityErr   error
}

// readGrant waits for all answers. Its error is that of the run, which decides
// what the others are worth.
func (j *Job) readGrant(ctx context.Context, user userReader) (v grantView, err error) {
	v.user = user
	portal := j.svc.opts.Portal
	var reads sync.WaitGroup
	reads.Go(func() { v.run, err = j.ownRun(ctx) })
	if j.svc.opts.ConfirmRequester && j.rec.Requester != "" {
		reads.Go(func() { v.listed, v.listErr = j.isRequesters(ctx) })
	}
	if j.rec.Entity != "" {
		reads.Go(func() { v.resource, v.resourceErr = find(ctx, portal, templates.BlueprintResource, j.rec.Entity) })
	}
	reads.Go(func() { v.permissions = j.readAhead(ctx) })
	reads.Go(func() { v.entity, v.entityErr = find(ctx, portal, templates.BlueprintGrant, j.name) })
	reads.Wait()
	return v, err
}

// isRequesters reports whether the run was started by who the record says.
func (j *Job) isRequesters(ctx context.Context) (bool, error) {
	known := &j.svc.confirmed
	if known.has(j.rec.Requester, j.rec.RunID) {
		return true, nil
	}
	list, err := j.svc.opts.Portal.Runs(ctx, port.RunFilter{
		Action: j.action, Entity: j.rec.Entity, UserEmail: j.rec.Requester, Active: true, Limit: 1000,
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

// inOwnName refuses a run that was started in the name of another person (run_as): who
// starts it decides what is asked for, and for whom. The run alone says so, before it is
// known whether the record names the right person.
func (j *Job) inOwnName(run port.Run) error {
	if err := readable(run, "impersonatedBy"); err != nil || run.ImpersonatedBy == "" {
		return err
	}
	return refuse("it was started in the name of another person", "the action was started in the name of another person (run_as), and access is given only to who asks for it: start the action as the person who needs the access")
}

// confirm checks that the run is the requester's, as far as it is to be checked.
// That Port refuses the question is no confirmation either.
func (j *Job) confirm(v grantView) error {
	switch {
	case !j.svc.opts.ConfirmRequester:
		return nil
	case j.rec.Requester == "":
		return j.confirmNobody(v.run)
	case v.listed:
		return nil
	case v.listErr != nil && !isAnswer(v.listErr):
		return v.listErr
	}
	err := cmp.Or(v.listErr, errors.New("Port does not list the run for the requester of the record"))
	if j.over(causeUnknownRun) {
		return j.drop(eventWrongRequester, "%w", err)
	}
	return &again{causeUnknownRun, err}
}

// confirmNobody checks a record without a requester. Port's list of runs can
// only be asked for those of an e-mail, so it cannot confirm that there is none;
// but each run names who started it. The run of a person has another record, the
// genuine one, and is left to it. Any other run has no requester, and is refused
// for that reason.
func (j *Job) confirmNobody(run port.Run) error {
	if err := run.Readable("createdBy"); err != nil {
		return err
	}
	if run.CreatedBy == "" || strings.HasSuffix(run.CreatedBy, machineSuffix) {
		return nil
	}
	return j.drop(eventWrongRequester, "it names no requester, and a person started the run")
}

// machineSuffix ends Port's id of a machine, as opposed to a person.
const machineSuffix = "@clients"

// plan checks the request and works it out.
func (j *Job) plan(ctx context.Context, v grantView) (p iamops.Plan, req request, err error) {
	target, req, err := j.request(v)
	if err != nil {
		return p, req, err
	}
	if err := j.goTo(target); err != nil {
		return p, req, err
	}
	offered, related, err := j.readRest(ctx, v, req.permissions, target)
	if err != nil {
		return p, req, err
	}
	p, o, err := j.svc.opts.workOut(j.account, target, &req, offered, related)
	j.want = req
	if err != nil {
		return p, req, err
	}
	return p, req, j.approved(v.run, o)
}

// goTo is where the job learns in which account its grant is. Another one than at an
// earlier attempt that made something costs the grant, as any other change of the
// catalogue does: no attempt goes on with what was made.
func (j *Job) goTo(target resource) error {
	a, err := j.svc.route(target)
	switch {
	case err != nil:
		return err
	case j.making && a != j.account:
		return refuse("the account of the resource has changed", "%s was of account %s when the grant was begun, and is of account %s now: please request again", target.arn, j.account.id, a.id)
	case !j.svc.opts.Actions.Reaches(j.action, a.id):
		return refuse("the action does not reach the account", "%s is of account %s, and the action %q is for other accounts: use another action, if there is one for this account, or ask the platform team", target.arn, a.id, j.action)
	}
	j.account = a
	j.lookIn(a)
	return j.enter(a)
}

// request reads the resource and the request, as far as nothing more has to be read
// for that.
func (j *Job) request(v grantView) (target resource, req request, err error) {
	now := time.Now()
	if err := readable(v.run, "blueprint", "properties", "createdAt"); err != nil {
		return target, req, err
	}
	switch {
	case v.run.CreatedAt.IsZero():
		return target, req, unreadable(errors.New("Port does not say when the run was made, and the time of a grant counts from then"))
	case v.run.Entity == "" || v.run.Blueprint != templates.BlueprintResource:
		return target, req, refuse("it was not started on an AWS resource", "the action was started on %s, and an AWS resource (blueprint %q) was expected: start it from a resource", startedOn(v.run), templates.BlueprintResource)
	case v.resourceErr != nil:
		return target, req, v.resourceErr
	case v.resource == nil:
		return target, req, refuse("the resource is not in the catalogue", "the resource %s is not in the catalogue (blueprint %q): it may have been removed since the request", v.run.Entity, templates.BlueprintResource)
	}
	start, err := startOf(v.run, j.rec, now)
	if err != nil {
		return target, req, j.drop(eventTimestamp, "%w", err)
	}
	if target, err = resourceOf(v.resource); err != nil {
		return target, req, err
	}
	j.resource = target.arn
	req, err = j.svc.opts.readRequest(v.run, target, j.rec.Requester, start, now)
	if j.want = req; err != nil || v.user == nil {
		return target, req, err
	}
	j.label.begin(waitsForAWS)
	user, err := v.user()
	j.label.begin(waitsForPort)
	if iamops.IsKind(err, iamops.KindUser) {
		return target, req, private(refuse("the requester cannot sign in to AWS", "the requester %w", withoutStep(err)))
	}
	req.UserName, j.userID = user.Name, user.ID
	return target, req, err
}

// make brings role and policy about. Once the entity of the grant exists they
// are never created again: a grant that was revoked meanwhile stays revoked.
func (j *Job) make(ctx context.Context, plan iamops.Plan, entityWritten bool) error {
	if !j.making {
		if err := j.svc.auditable(); err != nil {
			return err
		}
	}
	j.making = true
	bring := j.account.Create
	if entityWritten {
		if j.made != nil && j.made.Policy == plan.Policy && j.made.Trust == plan.Trust {
			return nil
		}
		bring = j.account.Verify
	}
	id, err := bring(ctx, plan)
	j.roleID = cmp.Or(id, j.roleID)
	j.svc.noteForeign(err)
	return err
}

// writeEntity tells Port, on behalf of the run, that the grant exists: access
// begins only once Port has accepted that for a run that is still open. The
// entity is created and never overwritten, so it always names the same role. Where
// the result is false the attempt ends with the error.
//
// The run may end between the answer and the attaching, or, where the entity was
// there already, since the run was read. Attaching then opens nothing. Who ends
// the run of a grant takes it away: the Deny comes first, then the policy is
// deleted, and role and Deny stay until the run has ended. So the policy meets
// the Deny, or there is no policy or no role to attach.
func (j *Job) writeEntity(ctx context.Context, plan iamops.Plan, req request) (accepted bool, err error) {
	portal := j.svc.opts.Portal
	err = j.createEntity(ctx, plan, req)
	if err == nil || !isAnswer(err) {
		return err == nil, err
	}
	// A refusal is a question, whatever reason Port names: the run has ended, or
	// the entity exists, perhaps by a write of ours whose answer was lost.
	var run port.Run
	var entity *port.Entity
	var runErr, entityErr error
	var reads sync.WaitGroup
	reads.Go(func() { run, runErr = portal.Run(ctx, j.rec.RunID) })
	reads.Go(func() { entity, entityErr = find(ctx, portal, templates.BlueprintGrant, j.name) })
	reads.Wait()
	switch readErr := cmp.Or(runErr, entityErr); {
	case runErr == nil && run.Status.Ended():
		return false, j.follow(ctx, run.Status, true)
	case readErr != nil:
		return false, readErr
	case entity == nil && port.IsTaken(err) && !j.over(causeUnseen):
		return false, &again{causeUnseen, err}
	case entity == nil:
		return false, portRefused("Port refused the entity of the grant", err)
	case j.svc.accountIn(entity) != j.account:
		return false, j.standAside(ctx, entity)
	}
	return true, nil
}
