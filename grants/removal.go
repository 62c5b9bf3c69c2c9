package grants

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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

	denied             bool         // the Deny is on the role
	detached           bool         // the policy was detached
	roleGone           bool         // deleted here, or gone when that was tried
	policyGone         bool         // likewise
	sawRole, sawPolicy bool         // in IAM, now or before
	kept               bool         // AWS has refused to delete the role
	lifted             *iamops.Live // the role that AWS keeps although its Deny is off; nil: none
	ends               int          // how often it was tried to end a run
	differs            string       // what the entity said otherwise than IAM; "" where nothing
	patience                        // of the caller, with what it waits for
}

// cut reports whether the access has been taken away.
func (r *removal) cut() bool { return r.denied || r.detached }

// hurry marks the calls up to the detaching of a removal that a person or Port has
// asked for: those up to the cut go first. What follows is tidying, also where it
// takes another attempt, which reads everything again.
func (r *removal) hurry(ctx context.Context) context.Context {
	switch {
	case r.asked.IsZero():
		return ctx
	case r.detached:
		return priority.With(ctx, priority.Tidying)
	case r.denied:
		return priority.With(ctx, priority.Soon)
	}
	return priority.With(ctx, priority.Urgent)
}

// standing is what is known of a grant that is to be taken away, read at once.
// Each part decides by itself: that one cannot be read keeps nothing else from
// being done.
type standing struct {
	live      iamops.Live
	liveErr   error
	run       port.Run // that made the grant; zero where Port does not know it
	runErr    error
	entity    *port.Entity // nil: none
	entityErr error
	lag       bool // some of it may not be visible in IAM yet
}

// cutTime bounds the wait for the Deny, so that there is time left to detach.
const cutTime = 5 * time.Second

// cutAccess takes the access away: by the Deny or, where AWS does not take that,
// by detaching. It needs nothing but a role that is proven to be ours. A Deny that
// is on the role is not written again: AWS would take it for a new one.
func (r *removal) cutAccess(ctx context.Context, found iamops.Live) error {
	if !found.HasRole() || r.denied || r.lifted != nil {
		return nil
	}
	ctx, access := r.hurry(ctx), r.svc.opts.Access
	soon, cancel := context.WithCancel(ctx) // with the end of the attempt, by which the limiter knows it
	defer cancel()
	defer time.AfterFunc(cutTime, cancel).Stop()
	before := r.cut()
	err := access.Cut(soon, found)
	if r.denied = err == nil; !r.denied {
		if err := r.detachInstead(ctx, found, err); err != nil {
			return err
		}
	}
	if r.cut() && !before && !r.asked.IsZero() {
		r.svc.metrics.cut.Observe(max(0, time.Since(r.asked).Seconds()))
	}
	return nil
}

// detachInstead takes the access away where the Deny was not put on the role, for
// the reason given. Nothing keeps a policy off but the Deny: an attachment that is
// still on its way to AWS brings the access back. So a Deny that AWS did not refuse
// is tried once more, here and at each later attempt.
func (r *removal) detachInstead(ctx context.Context, found iamops.Live, reason error) error {
	access := r.svc.opts.Access
	r.log.Warn("access cannot be cut by a Deny, detaching instead", keyGrant, r.name, keyError, reason)
	switch err := access.Detach(ctx, found); {
	case iamops.Temporary(err):
		// That decides what follows: to detach can help yet, whatever AWS says to a Deny.
		return fmt.Errorf("%s (and it could not be detached either: %w)", reason.Error(), err)
	case err != nil:
		return fmt.Errorf("%w (and it could not be detached either: %w)", reason, err)
	}
	// Where AWS does not find the role, that nothing is attached says nothing.
	r.detached = r.detached || !iamops.IsKind(reason, iamops.KindNotFound)
	r.denied = iamops.Temporary(reason) && access.Cut(ctx, found) == nil
	return nil
}

// stays reports whether the access that was cut cannot come back.
func (r *removal) stays() bool { return r.denied || r.policyGone }

// read reads what exists of the grant, in IAM what was not found yet.
func (r *removal) read(ctx context.Context, found iamops.Live) standing {
	var s standing
	r.label.begin(waitsForPort)
	ctx, portal := r.hurry(ctx), r.svc.opts.Portal
	runID, _ := iamops.RunID(r.name)
	var inPort, inAWS sync.WaitGroup
	inPort.Go(func() {
		if s.run, s.runErr = portal.Run(ctx, runID); port.IsKind(s.runErr, port.KindNotFound) {
			s.run, s.runErr = port.Run{}, nil // nothing can be made for it any more
		}
	})
	inPort.Go(func() { s.entity, s.entityErr = find(ctx, portal, templates.BlueprintGrant, r.name) })
	inAWS.Go(func() { s.live, s.liveErr = r.rest(ctx, found) })
	inPort.Wait()
	r.label.begin(waitsForAWS)
	inAWS.Wait()
	grant := s.run.Action == "" || s.run.Action == r.svc.opts.Actions.Grant // "" if it cannot be read
	s.lag = grant && isFresh(s.run)
	return s
}

// rest reads in IAM what was not found yet.
func (r *removal) rest(ctx context.Context, found iamops.Live) (iamops.Live, error) {
	if !found.HasRole() {
		return r.svc.opts.Access.Look(ctx, r.name)
	}
	return r.svc.opts.Access.Rest(ctx, found)
}

// take takes away what is left of a grant, see takeMade, and the entity, on behalf
// of the revoking run if there is one.
func (r *removal) take(ctx context.Context, s standing, revokingRun string) error {
	if err := r.takeMade(ctx, s); err != nil {
		return err
	}
	return r.deleteEntity(ctx, revokingRun)
}

// takeMade takes away what is left of a grant in IAM: the access if that was not
// cut yet; the grant's own run is ended if it is still open, the policy is
// detached and deleted, then the role goes. Until Port has said that the run has
// ended, the role with its Deny stays, and so does the entity: nothing can make
// the grant again under an open run.
func (r *removal) takeMade(ctx context.Context, s standing) error {
	r.sawRole, r.sawPolicy = r.sawRole || s.live.HasRole(), r.sawPolicy || s.live.HasPolicy()
	foreign := iamops.IsKind(s.liveErr, iamops.KindForeign)
	if s.liveErr != nil && (!foreign || !s.live.Exists()) {
		return s.liveErr
	}
	if err := r.mayBeGone(s); err != nil {
		return err
	}
	if err := r.cutAccess(ctx, s.live); err != nil {
		return err
	}
	r.label.begin(waitsForPort)
	open := r.endOpen(r.hurry(ctx), s)
	r.label.begin(waitsForAWS)
	access := r.svc.opts.Access
	if err := access.Detach(r.hurry(ctx), s.live); err != nil {
		return err
	}
	// Nothing can be used any more: what follows is tidying.
	r.detached = r.detached || s.live.HasRole()
	ctx = priority.With(ctx, priority.Tidying)
	if err := access.DeletePolicy(ctx, s.live); err != nil {
		if foreign { // it may be the role which is not ours that keeps the policy
			return fmt.Errorf("%w (%w)", s.liveErr, err)
		}
		return err
	}
	r.policyGone = r.policyGone || s.live.HasPolicy()
	switch {
	case open != nil:
		return open
	case s.entityErr != nil:
		return s.entityErr
	case !foreign && r.unseen(s) && !r.over(causeUnseen):
		return &again{causeUnseen, fmt.Errorf("grant %s is not completely visible in IAM", r.name)}
	}
	if err := r.deleteRole(ctx, s.live); err != nil {
		return err
	}
	if foreign {
		return s.liveErr // what is not ours stays, and is named
	}
	return nil
}

// unseen reports whether IAM may not show something that is there: a part of a
// grant that was just made, or one that was seen before and not deleted here.
func (r *removal) unseen(s standing) bool {
	missing := func(seenNow, gone, sawIt bool) bool { return !seenNow && !gone && (s.lag || sawIt) }
	return missing(s.live.HasRole(), r.roleGone, r.sawRole) || missing(s.live.HasPolicy(), r.policyGone, r.sawPolicy)
}

// deleteRole deletes a role that nothing of ours hangs on any more. AWS keeps a
// role for as long as it does not see that its policies are gone. For all of them
// but the Deny that is waited for with the Deny on the role. The Deny goes last,
// and stays off while it is the only one that AWS may still see, for to write it
// begins that time again. Where the role cannot be deleted for another reason, the
// Deny is put back before anything else.
func (r *removal) deleteRole(ctx context.Context, live iamops.Live) error {
	access := r.svc.opts.Access
	var err error
	if extras := live.Extras(); r.kept && len(extras) > 0 {
		err = fmt.Errorf("AWS shows on the role what was taken off, or is new: %s", strings.Join(extras, ", "))
	} else if err = access.DeleteRole(ctx, live); err == nil {
		r.roleGone, r.lifted = r.roleGone || live.HasRole(), nil
		return nil
	} else {
		r.lifted, r.denied = &live, false
		if ctx.Err() != nil || !iamops.IsKind(err, iamops.KindKept) {
			r.restore(ctx)
			return err
		}
		r.kept = true
		if r.onlyDeny(ctx, live) && !r.over(causeLifted) {
			return &again{causeLifted, err}
		}
	}
	r.restore(ctx)
	for _, c := range []cause{causeKept, causeLifted} {
		if r.over(c) {
			return giveUp("gave up after %s: %w", err, short(r.limit(c)))
		}
	}
	return &again{causeKept, err}
}

// onlyDeny reports whether the Deny alone is what AWS may still see on a role from
// which it was taken off. It has to answer soon, for the role stands without it.
func (r *removal) onlyDeny(ctx context.Context, live iamops.Live) bool {
	ctx, cancel := context.WithCancel(priority.With(ctx, priority.Urgent))
	defer cancel()
	defer time.AfterFunc(time.Second, cancel).Stop()
	now, err := r.svc.opts.Access.Rest(ctx, live)
	return err == nil && len(now.Extras()) == 0
}

// restoreTime bounds the writing of a Deny, also where what it belongs to was
// stopped.
const restoreTime = 10 * time.Second

// restore puts the Deny back that deleteRole took off, where the role still
// stands. Each caller that stops working on a removal calls it.
func (r *removal) restore(ctx context.Context) {
	if r.lifted == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), restoreTime)
	defer cancel()
	err := r.svc.opts.Access.Cut(priority.With(ctx, priority.Urgent), *r.lifted)
	if r.denied, r.lifted = err == nil, nil; err != nil && !iamops.IsKind(err, iamops.KindNotFound) {
		r.log.Error("the Deny could not be put back on a role that AWS does not delete; nothing of ours is attached to it", keyGrant, r.name, keyError, err)
	}
}

// clear removes everything of a grant whose run has ended other than SUCCESS. lag
// is that of [standing].
func (r *removal) clear(ctx context.Context, lag bool) error {
	if err := r.clearMade(ctx, lag); err != nil {
		return err
	}
	return r.deleteEntity(ctx, "")
}

// clearMade removes what was made in IAM for a grant that nobody needs any more.
func (r *removal) clearMade(ctx context.Context, lag bool) error {
	found, err := r.svc.opts.Access.Find(ctx, r.name)
	if err != nil && !iamops.IsKind(err, iamops.KindForeign) {
		return err
	}
	if err := r.cutAccess(ctx, found); err != nil {
		return err
	}
	s := standing{lag: lag}
	s.live, s.liveErr = r.rest(ctx, found)
	return r.takeMade(ctx, s)
}

// mayBeGone refuses to call a grant gone whose role was never here: the entity
// says that it is in another account or under another path. A role that is found
// is removed whatever the entity says.
func (r *removal) mayBeGone(s standing) error {
	if s.entity == nil || r.svc.isOurs(s.entity) {
		return nil
	}
	arn := textOf(s.entity, templates.PropertyRoleARN)
	if r.sawRole || r.sawPolicy {
		r.differs = fmt.Sprintf("Its entity named the role %q, and %q was removed.", arn, r.svc.opts.Access.RoleARN(r.name))
		r.log.Warn("entity names another role than the one that is removed", keyGrant, r.name, "role_arn", arn)
		return nil
	}
	if s.lag && !r.over(causeUnseen) {
		return &again{causeUnseen, fmt.Errorf("grant %s is not visible in IAM", r.name)}
	}
	return refuse("the grant is of another account", "%w", &iamops.Error{
		Op: "revoke " + r.name, Kind: iamops.KindForeign,
		Err: fmt.Errorf("its role is %q by its entity, which is not of this account and path, and nothing of it is here: use the action of the account that the role is in", arn),
	})
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
	case s.run.Action != r.svc.opts.Actions.Grant:
		return giveUp("%s: %w", fmt.Errorf("run %s is open and of action %q: end it in Port", s.run.ID, s.run.Action), stays)
	}
	_, _, err := r.endRun(ctx, s.run.ID, port.RunEnd{
		Status: port.StatusFailure, Label: labelRevoked, Message: "The grant was revoked before it was complete.",
	})
	if errors.Is(err, errUnreportable) {
		return giveUp("%s, and Port refuses its end: %w", err, stays)
	}
	return err
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
