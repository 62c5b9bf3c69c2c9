package grants

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"port-iam/iamops"
	"port-iam/port"
	"port-iam/templates"
)

// handLimit bounds the time that a person waits for one grant to be removed.
// Running the command again goes on where it stopped.
const handLimit = 2 * time.Minute

// ErrNoGrant is returned for a name that neither IAM nor Port has anything of.
var ErrNoGrant = errors.New("there is no such grant")

// Unfinished says that a grant cannot be used any more and is not gone: the rest
// needs Port.
type Unfinished struct {
	Left string // what is left to do
	Err  error  // why it could not be done
}

// Error says what is left and why.
func (u *Unfinished) Error() string { return fmt.Sprintf("%s (%v)", u.Left, u.Err) }

// Unwrap returns why it is unfinished.
func (u *Unfinished) Unwrap() error { return u.Err }

// Revoke takes a grant away by the steps of the daemon: its run is ended if it
// is still open, the access is cut, role and policy are removed, then the entity.
//
// With Port away it stops where Port must be told before anything else goes: the
// error is an [Unfinished], and the role stays, cut and without policies, so that
// an open run cannot make it again. What is not ours is left alone: the error is
// of kind foreign. [ErrNoGrant] when there is nothing of that name.
func (o *Operator) Revoke(ctx context.Context, name string) error {
	if _, ok := iamops.RunID(name); !ok {
		return fmt.Errorf("%w: %s (names are %s<run id>)", ErrNoGrant, name, iamops.NamePrefix)
	}
	unlock, err := o.svc.locks.lock(ctx, name)
	if err != nil {
		return err
	}
	defer unlock()
	h := &byHand{removal: o.svc.newRemoval(opRevoke, name, o.svc.opts.Log.With(keyOperation, opRevoke))}
	for began := time.Now(); ; {
		err := h.revoke(ctx)
		_, unfinished := errors.AsType[*Unfinished](err)
		if err == nil || unfinished || errors.Is(err, ErrNoGrant) {
			return err
		}
		c, retryable := classify(err)
		if !retryable || h.over(c) || time.Since(began) > handLimit || ctx.Err() != nil {
			o.svc.noteForeign(err)
			if h.cut {
				return fmt.Errorf("the access is cut, and what is left could not be removed: %w", err)
			}
			return err
		}
		h.note(c)
		sleep(ctx, h.pause(0))
	}
}

// byHand is one revocation by an operator.
type byHand struct {
	removal
	found bool // something was there, now or at an earlier attempt
}

// revoke is one attempt.
func (h *byHand) revoke(ctx context.Context) error {
	portal, access, name := h.svc.opts.Portal, h.svc.opts.Access, h.name
	runID, _ := iamops.RunID(name)
	var run port.Run
	var entity *port.Entity
	var live iamops.Live
	var runErr, entityErr, lookErr error
	var reads sync.WaitGroup
	reads.Go(func() { run, runErr = portal.Run(ctx, runID) })
	reads.Go(func() { entity, entityErr = find(ctx, portal, templates.BlueprintGrant, name) })
	reads.Go(func() { live, lookErr = access.Look(ctx, name) })
	reads.Wait()
	if lookErr != nil {
		return h.cutForeign(ctx, live, lookErr)
	}
	if port.IsKind(runErr, port.KindNotFound) {
		run, runErr = port.Run{}, nil // there is nothing to end
	}
	if err := cmp.Or(runErr, entityErr); err != nil {
		return h.withoutPort(ctx, live, err)
	}
	ours := run.Action == h.svc.opts.Actions.Grant
	fresh := ours && isFresh(run)
	h.found = h.found || live.Exists() || entity != nil || ours && !run.Status.Ended()
	switch {
	case !h.found && !fresh:
		return fmt.Errorf("%w: %s", ErrNoGrant, name)
	case !live.Exists() && entity != nil && !h.svc.isOurs(entity):
		return &iamops.Error{
			Op: "revoke " + name, Kind: iamops.KindForeign,
			Err: errors.New("its entity in Port is of a role of another account or path, and IAM has nothing of it here"),
		}
	}
	if err := h.endOpen(ctx, run); err != nil {
		return h.withoutPort(ctx, live, err)
	}
	if err := h.dismantle(ctx, live, fresh); err != nil {
		return err
	}
	if !h.found {
		return fmt.Errorf("%w: %s", ErrNoGrant, name)
	}
	err := h.deleteEntity(ctx, "")
	switch {
	case err == nil:
		return nil
	case isAway(err):
		return &Unfinished{Left: "role and policy are gone; left is the entity in Port, if there is one: revoke again when Port answers", Err: err}
	}
	return fmt.Errorf("role and policy are gone, and Port refused to delete the entity: %w", err)
}

// withoutPort takes the access away and leaves the role, as a mark that lasts:
// the sweep sees its Deny and goes on with the removal.
func (h *byHand) withoutPort(ctx context.Context, live iamops.Live, why error) error {
	if !isAway(why) {
		return why
	}
	if !live.Exists() {
		return &Unfinished{Left: "IAM has nothing of it; Port may have an entity: revoke again when Port answers", Err: why}
	}
	if err := h.cutAccess(ctx, live); err != nil {
		return err
	}
	if err := h.svc.opts.Access.Detach(ctx, live); err != nil {
		return err
	}
	return &Unfinished{
		Left: "the access is removed; left are role, policy and the entity in Port: revoke again when Port answers, or let the daemon's sweep do it",
		Err:  why,
	}
}

// isAway reports whether Port cannot be told anything at present: it does not
// answer, or does not accept the credentials.
func isAway(err error) bool {
	return port.IsKind(err, port.KindUnavailable) || port.IsKind(err, port.KindUnauthorized)
}
