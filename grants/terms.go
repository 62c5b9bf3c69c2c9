package grants

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"port-iam/iamops"
	"port-iam/port"
)

// Terms are the settings by which a request is judged.
type Terms struct {
	// Duration of a grant whose request names none; 0: until revoked.
	Duration time.Duration
	// MaxDuration is the longest that may be requested; 0: no limit.
	MaxDuration time.Duration
	// UserName turns the requester's e-mail into the name in AWS; its error
	// refuses the request.
	UserName func(email string) (string, error)
}

// Planner works grants out, as [Access] does; it calls nothing.
type Planner interface {
	Speller
	Plan(r iamops.Request) (iamops.Plan, error)
}

// Asking is a request, with what the catalogue in Port says about it.
type Asking struct {
	Run       port.Run
	Requester string    // e-mail
	At        time.Time // when it is made and handled
	Resource  port.Entity
	// Related and Permissions are entities by identifier; nil stands for one that does
	// not exist.
	Related, Permissions map[string]*port.Entity
}

// Preview is what a request would become.
type Preview struct {
	Plan     iamops.Plan
	Resource string   // ARN
	Related  []string // ARNs
	End      time.Time
	Log      string // of the run
	// NeedsApproval is the permission for which another person has to approve the run;
	// "": none.
	NeedsApproval string
}

// Preview works a request out as a run does, without anything that a run asks AWS or
// Port for. in are the served accounts, at least one, by their ids. The error is why the
// run would be refused, as the requester would read it.
func (t Terms) Preview(in map[string]Planner, a Asking) (Preview, error) {
	target, err := resourceOf(&a.Resource)
	if err != nil {
		return Preview{}, err
	}
	req, err := t.readRequest(a.Run, target, a.Requester, a.At, a.At)
	if err != nil {
		return Preview{}, err
	}
	account, err := Route(slices.Sorted(maps.Keys(in)), target.arn, target.account)
	if err != nil {
		return Preview{}, err
	}
	plan, o, err := t.workOut(in[account], target, &req, a.Permissions, a.Related)
	if err != nil {
		return Preview{}, err
	}
	d := Decision{Operation: opGrant, Outcome: outcomeSucceeded, Requester: a.Requester}
	d.grants(plan, req)
	return Preview{Plan: plan, Resource: req.Resource, Related: req.Related, End: req.End, Log: d.message(), NeedsApproval: o.approval}, nil
}

// workOut plans a request, once all that the catalogue says about it is known: its
// permissions, and the resources that belong to the requested one.
func (t Terms) workOut(p Planner, target resource, req *request, offered, related map[string]*port.Entity) (plan iamops.Plan, o offer, err error) {
	belonging, err := target.belonging(related)
	if err != nil {
		return plan, o, err
	}
	req.Related, req.Owners = arnsOf(belonging), ownersOf(belonging)
	if o, err = offerOf(p, req.permissions, offered); err != nil {
		return plan, o, err
	}
	req.Actions, req.bundles = o.actions, o.bundles()
	if err := t.setEnd(req, o); err != nil {
		return plan, o, err
	}
	if plan, err = p.Plan(req.Request); err != nil {
		err = withoutStep(err)
		if len(req.bundles) > 0 {
			err = fmt.Errorf("%w; asked for were the bundles %s", err, strings.Join(req.bundles, ", "))
		}
		return plan, o, refuse("this cannot be granted on this resource", "%w", err)
	}
	return plan, o, o.check(offered, target, belonging, plan.Scope)
}

// withoutStep is why a step failed, without our name of it.
func withoutStep(err error) error {
	if e, ok := errors.AsType[*iamops.Error](err); ok {
		return e.Err
	}
	return err
}
