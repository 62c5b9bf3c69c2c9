package grants

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"port-iam/iamops"
	"port-iam/port"
	"port-iam/templates"
)

// visibilityLag is how long after the end of a grant's run "not found" in IAM
// may mean "not visible yet".
const visibilityLag = 2 * time.Minute

// isFresh reports whether IAM may not show yet everything that a run made.
func isFresh(grant port.Run) bool {
	return grant.ID != "" && (!grant.Status.Ended() || time.Since(grant.EndedAt) < visibilityLag)
}

// removal takes one grant away. A revocation, the clean-up of a failed grant, the
// sweep and the operator use it. Each caller holds the lock of the grant, and
// says when the grant's own run ends: a grant that failed ends its run first and
// then clears; the others end it on the way, in take.
type removal struct {
	svc      *Service
	name     string // of the grant
	log      *slog.Logger
	cut      bool // the access has been taken away
	patience      // of the caller, with what it waits for
}

// take takes away what was seen of a grant: its own run is ended first if it is
// still open, so that nothing can complete it any more; then the access is cut,
// the objects are removed, and the entity goes, on behalf of the revoking run if
// there is one. lag is that of dismantle.
func (r *removal) take(ctx context.Context, grant port.Run, live iamops.Live, lag bool, revokingRun string) error {
	if err := r.endOpen(ctx, grant); err != nil {
		return err
	}
	if err := r.dismantle(ctx, live, lag); err != nil {
		return err
	}
	return r.deleteEntity(ctx, revokingRun)
}

// clear removes everything of a grant whose run has ended other than SUCCESS.
func (r *removal) clear(ctx context.Context, lag bool) error {
	live, err := r.svc.opts.Access.Look(ctx, r.name)
	if iamops.IsKind(err, iamops.KindForeign) && live.Exists() {
		// What is not ours stays; what is, goes.
		if removing := r.dismantle(ctx, live, false); removing != nil {
			return removing
		}
	}
	if err != nil {
		return err
	}
	return r.take(ctx, port.Run{}, live, lag, "")
}

// endOpen ends the run that made a grant if it is still open. Where Port refuses
// even that, the access is taken away anyway.
func (r *removal) endOpen(ctx context.Context, grant port.Run) error {
	if grant.ID == "" || grant.Status.Ended() || grant.Action != r.svc.opts.Actions.Grant {
		return nil
	}
	_, err := r.svc.endRun(ctx, grant.ID, port.StatusFailure, "The grant was revoked before it was complete.")
	if errors.Is(err, errUnreportable) {
		return nil
	}
	return err
}

// dismantle removes what was seen in IAM: access first, then the objects. lag:
// some of it may not be visible yet; where it is not, dismantle asks to look
// again for a while.
func (r *removal) dismantle(ctx context.Context, live iamops.Live, lag bool) error {
	if err := r.cutAccess(ctx, live); err != nil {
		return err
	}
	if lag && !live.Complete() && !r.over(causeUnseen) {
		return &again{causeUnseen, fmt.Errorf("grant %s is not completely visible in IAM", r.name)}
	}
	if !live.Exists() {
		return nil
	}
	return r.svc.opts.Access.Remove(ctx, live)
}

// cutAccess writes the Deny. AWS may refuse it permanently, as it does where the
// boundary was removed by hand or the role is full of inline policies; detaching
// is allowed anyway and comes next.
func (r *removal) cutAccess(ctx context.Context, live iamops.Live) error {
	if !live.Exists() {
		return nil
	}
	err := r.svc.opts.Access.Cut(ctx, live)
	if err != nil && !iamops.Temporary(err) {
		r.log.Warn("access cannot be cut by a Deny, detaching instead", keyGrant, r.name, keyError, err)
		return nil
	}
	r.cut = r.cut || err == nil
	return err
}

// cutForeign cuts the access of a role that is ours where the policy of that name
// is not, which keeps the grant from being removed: why.
func (r *removal) cutForeign(ctx context.Context, live iamops.Live, why error) error {
	if iamops.IsKind(why, iamops.KindForeign) && live.HasRole() {
		if err := r.cutAccess(ctx, live); err != nil {
			return err
		}
	}
	return why
}

// deleteEntity deletes the entity, on behalf of the revoking run if there is one.
// Where Port refuses that because the run has been ended meanwhile, the instance
// that ended it has deleted the entity.
func (r *removal) deleteEntity(ctx context.Context, revokingRun string) error {
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
