package grants

import (
	"context"
	"errors"
	"fmt"
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

// Revoke takes a grant away by the steps of the daemon: the access is cut, the
// grant's run is ended if it is still open, the policy is removed, then the role,
// then the entity.
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
	h.gone = func(ctx context.Context) { h.tell(ctx, "") }
	defer func() { h.restore(ctx) }()
	for began := time.Now(); ; {
		err := h.revoke(ctx)
		_, unfinished := errors.AsType[*Unfinished](err)
		if err == nil || unfinished || errors.Is(err, ErrNoGrant) {
			return err
		}
		c, retryable := classify(err)
		if !retryable || h.shutOut() || h.over(c) || time.Since(began) > handLimit || ctx.Err() != nil {
			o.svc.noteForeign(err)
			switch partly := h.partly(); {
			case h.cut():
				h.tell(ctx, fmt.Sprintf("the access is cut, and what is left could not be removed: %s", err))
				return fmt.Errorf("the access is cut, and what is left could not be removed: %w", err)
			case partly != "":
				return fmt.Errorf("%s %w", partly, err)
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
	told  bool // an event says that it was taken away
}

// shutOut reports whether nothing is in the way but accounts that cannot be entered: a
// person is to hear that at once.
func (h *byHand) shutOut() bool {
	waits := func(p *place) bool { return p.err != nil && !iamops.NotEntered(p.err) }
	return h.any(func(p *place) bool { return p.err != nil }) && !h.any(waits)
}

// revoke is one attempt.
func (h *byHand) revoke(ctx context.Context) error {
	h.begin()
	h.searchOn(ctx, h.search(ctx))
	if err := h.problem(); err != nil && !h.any((*place).hasRole) {
		return err
	}
	if h.cutAll(ctx); !h.any((*place).cut) && h.problem() != nil {
		return h.problem()
	}
	s := h.read(ctx)
	ours := h.svc.opts.Actions.IsGrant(s.run.Action)
	h.found = h.found || h.any((*place).cut) || h.any((*place).exists) || s.entity != nil || ours && !s.run.Status.Ended()
	// A grant that is not found may not be visible yet, or Port may know more.
	unread := func(p *place) bool { return p.liveErr != nil }
	if !h.found && !s.lag && !h.any(unread) && s.runErr == nil && s.entityErr == nil {
		return fmt.Errorf("%w: %s", ErrNoGrant, h.name)
	}
	err := h.take(ctx, s, "")
	switch {
	case err == nil && !h.found:
		return fmt.Errorf("%w: %s", ErrNoGrant, h.name)
	case err == nil || !isAway(err):
		return err
	}
	return &Unfinished{Left: h.left(), Err: err}
}

// left says what is left where Port cannot be told.
func (h *byHand) left() string {
	const again = "revoke again when Port answers"
	switch {
	case h.wherever(func(p *place) bool { return p.roleGone }):
		return "role and policy are gone; left is the entity in Port, if there is one: " + again
	case !h.any(func(p *place) bool { return p.sawRole }):
		return "IAM has nothing of it; Port may have an entity: " + again
	case !h.wherever(func(p *place) bool { return p.denied }):
		return "the access is removed, and the policy is gone; but AWS does not take a Deny on the role, so a run that is still open can make the grant again: " + again
	}
	return "the access is removed, and the policy is gone; left are the role, which carries a Deny, and the entity in Port: " + again + ", or let the daemon's sweep do it"
}

// isAway reports whether Port cannot be told anything at present: it does not
// answer, or does not accept the credentials.
func isAway(err error) bool {
	return port.IsKind(err, port.KindUnavailable) || port.IsKind(err, port.KindUnauthorized)
}
