package grants

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"port-iam/iamops"
	"port-iam/port"
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
// an open run cannot make it anew. What is not ours is left alone: the error is
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
	h := &byHand{Operator: o, job: o.svc.newJob(opRevoke, name, port.Record{})}
	h.job.began = time.Now()
	for {
		err := h.revoke(ctx)
		var left *Unfinished
		if err == nil || errors.Is(err, ErrNoGrant) || errors.As(err, &left) {
			return err
		}
		c, retryable := classify(err)
		if !retryable || h.job.over(c) || time.Since(h.job.began) > handLimit || ctx.Err() != nil {
			h.job.noteForeign(err)
			if h.job.cut {
				return fmt.Errorf("the access is cut, and what is left could not be removed: %w", err)
			}
			return err
		}
		h.job.patience.note(c, time.Now())
		timer := time.NewTimer(h.job.patience.wait(opRevoke, 0))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// byHand is one revocation by an operator.
type byHand struct {
	*Operator
	job   *Job
	found bool // something was there, now or at an earlier attempt
}

// revoke is one attempt.
func (h *byHand) revoke(ctx context.Context) error {
	portal, name := h.svc.opts.Portal, h.job.name
	runID, _ := iamops.RunID(name)
	var run port.Run
	var entity *port.Entity
	var state iamops.Live
	var runErr, entityErr, lookErr error
	var reads sync.WaitGroup
	reads.Go(func() { run, runErr = portal.Run(ctx, runID) })
	reads.Go(func() { entity, entityErr = find(ctx, portal, blueprintGrant, name) })
	reads.Go(func() { state, lookErr = h.svc.opts.Access.Look(ctx, name) })
	reads.Wait()
	if lookErr != nil {
		return h.job.cutOurs(ctx, state, lookErr)
	}
	if err := firstAway(runErr, entityErr); err != nil {
		return h.withoutPort(ctx, state, err)
	}
	ours := runErr == nil && run.Action == h.svc.opts.Actions.Grant
	fresh := ours && isFresh(run)
	h.found = h.found || state.Exists() || entity != nil || ours && !run.Status.Ended()
	switch {
	case !h.found && !fresh:
		return fmt.Errorf("%w: %s", ErrNoGrant, name)
	case !state.Exists() && entity != nil && !h.own(entity):
		return &iamops.Error{
			Op: "revoke " + name, Kind: iamops.KindForeign,
			Err: errors.New("its entity in Port is of a role of another account or path, and IAM has nothing of it here"),
		}
	}
	if runErr != nil {
		run = port.Run{} // Port does not know it: there is nothing to end
	}
	if err := h.job.endOpen(ctx, run, "The grant was revoked before it was complete."); err != nil {
		return h.withoutPort(ctx, state, err)
	}
	if err := h.job.dismantle(ctx, state, fresh); err != nil {
		return err
	}
	err := portal.DeleteEntity(ctx, blueprintGrant, name, "")
	switch {
	case !h.found && port.IsKind(err, port.KindNotFound):
		return fmt.Errorf("%w: %s", ErrNoGrant, name)
	case err == nil, port.IsKind(err, port.KindNotFound):
		return nil
	case isAway(err):
		return &Unfinished{Left: "role and policy are gone; left is the entity in Port, if there is one: revoke again when Port answers", Err: err}
	}
	return fmt.Errorf("role and policy are gone, and Port refused to delete the entity: %w", err)
}

// withoutPort takes the access away and leaves the role, as a mark that lasts:
// whoever sees its Deny goes on with the removal.
func (h *byHand) withoutPort(ctx context.Context, state iamops.Live, why error) error {
	if !isAway(why) {
		return why
	}
	if !state.Exists() {
		return &Unfinished{Left: "IAM has nothing of it; Port may have an entity: revoke again when Port answers", Err: why}
	}
	if err := h.job.cutAccess(ctx, state); err != nil {
		return err
	}
	if err := h.svc.opts.Access.Detach(ctx, state); err != nil {
		return err
	}
	return &Unfinished{
		Left: "the access is removed; left are role, policy and the entity in Port: revoke again when Port answers, or let the daemon's sweep do it",
		Err:  why,
	}
}

// own reports whether the role that an entity names is, or was, under our path.
func (h *byHand) own(entity *port.Entity) bool {
	return textOf(entity, "role_arn") == h.svc.opts.RoleARN(h.job.name)
}

// isAway reports whether Port cannot be told anything at present: it does not
// answer, or does not accept the credentials.
func isAway(err error) bool {
	return port.IsKind(err, port.KindUnavailable) || port.IsKind(err, port.KindUnauthorized)
}

// firstAway returns the first error that is not an answer about what was asked.
func firstAway(errs ...error) error {
	for _, err := range errs {
		if err != nil && !port.IsKind(err, port.KindNotFound) {
			return err
		}
	}
	return nil
}
