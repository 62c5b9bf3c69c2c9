package grants

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"port-iam/iamops"
	"port-iam/internal/priority"
	"port-iam/port"
	"port-iam/templates"
)

// visibilityLag is how long after the end of a grant's run "not found" in IAM
// may mean "not visible yet".
const visibilityLag = 2 * time.Minute

// isFresh reports whether IAM may not show yet everything that a run made. It may
// not where Port does not say when the run ended.
func isFresh(grant port.Run) bool {
	return grant.ID != "" && (!grant.Status.Ended() || grant.EndedAt.IsZero() || time.Since(grant.EndedAt) < visibilityLag)
}

// removal takes one grant away. A revocation, the clean-up of a failed grant, the
// sweep and the operator use it, all in the same order: cut as soon as the role is
// known to be ours, then read the rest, then take what is left. Each caller holds
// the lock of the grant.
type removal struct {
	svc   *Service
	name  string // of the grant
	log   *slog.Logger
	label *label    // of the run that is worked on; nil: there is none
	asked time.Time // when a person or Port asked for the removal; zero where none did

	places   []*place // the accounts in which it is looked for
	fixed    bool     // it is looked for nowhere else
	ends     int      // how often it was tried to end a run
	differs  string   // what the entity said otherwise than IAM; "" where nothing
	by       string   // who has it done, as audit events say
	toldOpen bool     // that the run of the grant is ended, in an event
	// gone is told that nothing can use the grant any more, before the last of it is
	// deleted: who comes after a crash still finds something, and tells it again. nil:
	// who removes it tells that at the end of a run.
	gone     func(ctx context.Context)
	patience // of the caller, with what it waits for

	mu   *sync.Mutex
	held map[*account]bool // the accounts in which this attempt has a slot; nil: it needs none
}

// hurry marks the calls up to the detaching of a removal that a person or Port has
// asked for: those up to the cut go first. What follows is tidying, also where it
// takes another attempt, which reads everything again.
func (r *removal) hurry(ctx context.Context) context.Context {
	switch {
	case r.asked.IsZero():
		return ctx
	case r.wherever(func(p *place) bool { return p.detached }):
		return priority.With(ctx, priority.Tidying)
	case r.wherever(func(p *place) bool { return p.denied }):
		return priority.With(ctx, priority.Soon)
	}
	return priority.With(ctx, priority.Urgent)
}

// standing is what Port knows of a grant that is to be taken away, read at once with
// what the places show. Each part decides by itself: that one cannot be read keeps
// nothing else from being done.
type standing struct {
	run       port.Run // that made the grant; zero where Port does not know it
	runErr    error
	madeIn    string // the account of the resource that this run is about; "": it is not said
	madeErr   error
	entity    *port.Entity // nil: none
	entityErr error
	lag       bool // some of it may not be visible in IAM yet
}

// read reads what exists of the grant, in AWS what was not found yet. Where only
// Port can tell in which accounts that may be, those follow.
func (r *removal) read(ctx context.Context) standing {
	r.label.begin(waitsForPort)
	ctx = r.hurry(ctx)
	known, most := slices.Clone(r.places), r.patient()
	first, cancel := context.WithCancel(ctx)
	defer cancel()
	var inAWS sync.WaitGroup
	inAWS.Go(func() { ask(first, known, most, r.readIn) })
	s := r.askPort(ctx)
	r.label.begin(waitsForAWS)
	if added := r.spread(s); len(added) > 0 {
		defer time.AfterFunc(placeTime, cancel).Stop() // what was asked first is one of several
		ask(ctx, added, placeTime, r.readIn)
	}
	inAWS.Wait()
	r.narrow(s)
	if r.fixed && (!r.any((*place).saw) || r.svc.accountIn(s.entity) == nil) {
		s.madeIn, s.madeErr = r.svc.madeIn(ctx, s.run) // it may be elsewhere
	}
	grant := s.run.Action == "" || r.svc.opts.Actions.IsGrant(s.run.Action) // "" if it cannot be read
	s.lag = grant && isFresh(s.run)
	return s
}

// askPort asks Port what it knows, also where the grant was made if that is not fixed.
func (r *removal) askPort(ctx context.Context) (s standing) {
	portal := r.svc.opts.Portal
	runID, _ := iamops.RunID(r.name)
	var reads sync.WaitGroup
	reads.Go(func() {
		if s.run, s.runErr = portal.Run(ctx, runID); port.IsKind(s.runErr, port.KindNotFound) {
			s.run, s.runErr = port.Run{}, nil // nothing can be made for it any more
		}
	})
	reads.Go(func() { s.entity, s.entityErr = find(ctx, portal, templates.BlueprintGrant, r.name) })
	reads.Wait()
	if !r.fixed {
		s.madeIn, s.madeErr = r.svc.madeIn(ctx, s.run)
	}
	return s
}

// take takes away what is left of a grant, see takeMade, and the entity, on behalf
// of the revoking run if there is one.
func (r *removal) take(ctx context.Context, s standing, revokingRun string) error {
	if err := r.takeMade(ctx, s); err != nil {
		return err
	}
	if err := r.mayBeBeside(s); err != nil {
		return err
	}
	return r.deleteEntity(ctx, revokingRun)
}

// takeMade takes away what is left of a grant in AWS: the access if that was not
// cut yet; the grant's own run is ended if it is still open, the policy is
// detached and deleted, then the role goes. Until Port has said that the run has
// ended, the role with its Deny stays, and so does the entity: nothing can make
// the grant again under an open run.
//
// What fails in one account keeps nothing from being done in the others.
func (r *removal) takeMade(ctx context.Context, s standing) error {
	for _, p := range r.places {
		p.note()
		p.err = p.unread()
	}
	if err := r.problem(); err != nil && !r.any((*place).exists) {
		return err
	}
	if err := r.mayBeGone(s); err != nil {
		return err
	}
	r.cutAll(ctx)
	r.label.begin(waitsForPort)
	open := r.endOpen(r.hurry(ctx), s)
	r.label.begin(waitsForAWS)
	soon := r.hurry(ctx)
	r.goOn(func(p *place) error { return p.detach(soon) })
	// Nothing can be used any more: what follows is tidying.
	ctx = priority.With(ctx, priority.Tidying)
	r.goOn(func(p *place) error { return p.deletePolicy(ctx) })
	r.tellGone(ctx)
	if err := cmp.Or(open, s.entityErr); err != nil {
		return cmp.Or(r.problem(), err)
	}
	r.goOn(func(p *place) error { return r.finish(ctx, p, s.lag) })
	return r.problem()
}

// finish deletes the role, once nothing is missing that may be there.
func (r *removal) finish(ctx context.Context, p *place, lag bool) error {
	if !p.foreign() && p.unseen(lag) && !r.over(causeUnseen) {
		return &again{causeUnseen, fmt.Errorf("grant %s is not completely visible in IAM", r.name)}
	}
	if err := r.deleteRole(ctx, p); err != nil {
		return err
	}
	if p.foreign() {
		return p.liveErr // what is not ours stays, and is named
	}
	return nil
}

// deleteRole deletes a role that nothing of ours hangs on any more. AWS keeps a
// role for as long as it does not see that its policies are gone. For all of them
// but the Deny that is waited for with the Deny on the role. The Deny goes last,
// and stays off while it is the only one that AWS may still see, for to write it
// begins that time again. Where the role cannot be deleted for another reason, the
// Deny is put back before anything else.
func (r *removal) deleteRole(ctx context.Context, p *place) error {
	var err error
	if extras := p.live.Extras(); p.kept && len(extras) > 0 {
		err = fmt.Errorf("AWS shows on the role what was taken off, or is new: %s", strings.Join(extras, ", "))
	} else if err = p.DeleteRole(ctx, p.live); err == nil {
		p.roleGone, p.lifted = p.roleGone || p.live.HasRole(), nil
		return nil
	} else {
		p.lifted, p.denied = new(p.live), false
		if ctx.Err() != nil || !iamops.IsKind(err, iamops.KindKept) {
			r.restoreIn(ctx, p)
			return err
		}
		p.kept = true
		if p.onlyDeny(ctx) && !r.over(causeLifted) {
			return &again{causeLifted, err}
		}
	}
	r.restoreIn(ctx, p)
	for _, c := range []cause{causeKept, causeLifted} {
		if r.over(c) {
			return giveUp("gave up after %s: %w", err, short(r.limit(c)))
		}
	}
	return &again{causeKept, err}
}

// restoreTime bounds the writing of a Deny, also where what it belongs to was
// stopped.
const restoreTime = 10 * time.Second

// restore puts each Deny back that deleteRole took off, where the role still
// stands. Each caller that stops working on a removal calls it.
func (r *removal) restore(ctx context.Context) {
	inEach(r.places, func(p *place) { r.restoreIn(ctx, p) })
}

func (r *removal) restoreIn(ctx context.Context, p *place) {
	if p.lifted == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), restoreTime)
	defer cancel()
	err := p.Cut(priority.With(ctx, priority.Urgent), *p.lifted)
	if p.denied, p.lifted = err == nil, nil; err != nil && !iamops.IsKind(err, iamops.KindNotFound) {
		r.log.Error("the Deny could not be put back on a role that AWS does not delete; nothing of ours is attached to it", keyGrant, r.name, keyAccount, p.id, keyError, err)
	}
}

// clear removes everything of a grant whose run has ended other than SUCCESS. lag
// is that of [standing]. It is looked for where it was made, and where its entity says
// that it is: what is elsewhere, the sweep finds.
func (r *removal) clear(ctx context.Context, lag bool) error {
	if r.svc.only() == nil {
		entity, err := find(ctx, r.svc.opts.Portal, templates.BlueprintGrant, r.name)
		if err != nil {
			return err
		}
		if a := r.svc.accountIn(entity); a != nil {
			r.lookIn(a)
		}
	}
	if err := r.clearMade(ctx, lag); err != nil {
		return err
	}
	return r.deleteEntity(ctx, "")
}

// clearMade removes what was made in AWS for a grant that nobody needs any more.
func (r *removal) clearMade(ctx context.Context, lag bool) error {
	ask(ctx, r.places, r.patient(), r.findIn)
	if err := r.problem(); err != nil && !r.any((*place).hasRole) {
		return err
	}
	r.cutAll(ctx)
	ask(ctx, r.places, r.patient(), r.readIn)
	return r.takeMade(ctx, standing{lag: lag})
}

// endOpen ends the run that made a grant if it is still open. nil: it has ended.
func (r *removal) endOpen(ctx context.Context, s standing) error {
	const stays = "its role and its entity stay until the run that made it has ended"
	switch {
	case s.runErr != nil && isAway(s.runErr) && !r.over(causeGrantRun):
		return &again{causeGrantRun, fmt.Errorf("Port does not give the run of the grant: %w", s.runErr)}
	case s.runErr != nil:
		return giveUp("%s: %w", s.runErr, stays)
	case s.run.ID == "" || s.run.Status.Ended():
		return nil
	case !r.svc.opts.Actions.IsGrant(s.run.Action):
		return giveUp("%s: %w", fmt.Errorf("run %s is open and of action %q: end it in Port", s.run.ID, s.run.Action), stays)
	}
	r.tellEndOpen(ctx, s.run)
	_, _, err := r.endRun(ctx, s.run.ID, port.RunEnd{
		Status: port.StatusFailure, Label: labelRevoked, Message: "The grant was revoked before it was complete.",
	})
	if errors.Is(err, errUnreportable) {
		return giveUp("%s, and Port refuses its end: %w", err, stays)
	}
	return err
}

// begin forgets what the attempt before has read.
func (r *removal) begin() {
	for _, p := range r.places {
		p.live, p.liveErr, p.err = iamops.Live{}, nil, nil
	}
}

// deleteEntity deletes the entity, on behalf of the revoking run if there is one.
// Where Port refuses that because the run has been ended meanwhile, the instance
// that ended it has deleted the entity.
func (r *removal) deleteEntity(ctx context.Context, revokingRun string) error {
	r.label.begin(waitsForPort)
	portal := r.svc.opts.Portal
	err := portal.DeleteEntity(ctx, templates.BlueprintGrant, r.name, revokingRun)
	switch {
	case err == nil, port.IsKind(err, port.KindNotFound):
		return nil
	case revokingRun == "", !isAnswer(err):
		return err
	}
	run, readErr := portal.Run(ctx, revokingRun)
	switch {
	case readErr != nil:
		return readErr
	case run.Status.Ended():
		return nil
	}
	return portRefused("the access is removed, and Port refused to delete the entity", err)
}

// unfinished notes that a clean-up ends here: the sweep goes on with it.
func (r *removal) unfinished(err error) {
	r.svc.noteForeign(err)
	r.log.Error("clean-up is unfinished", keyGrant, r.name, keyError, err)
}
