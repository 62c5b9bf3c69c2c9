package grants

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"port-iam/iamops"
	"port-iam/internal/priority"
)

// place is one account in which a grant that is taken away is looked for: what was
// seen and done there.
type place struct {
	*account

	live    iamops.Live // at this attempt
	liveErr error       // why it could not be read, or that it is not ours
	err     error       // why the attempt has got no further here; nil: it goes on

	denied             bool         // the Deny is on the role
	detached           bool         // the policy was detached
	roleGone           bool         // deleted here, or gone when that was tried
	policyGone         bool         // likewise
	sawRole, sawPolicy bool         // in IAM, now or before
	roleID             string       // AWS's, of the role that was seen
	answered           bool         // the account has said what it has
	kept               bool         // AWS has refused to delete the role
	lifted             *iamops.Live // the role that AWS keeps although its Deny is off; nil: none
}

// lookIn adds an account to those in which the grant is looked for.
func (r *removal) lookIn(a *account) {
	if !r.any(func(p *place) bool { return p.account == a }) {
		r.places = append(r.places, &place{account: a})
	}
}

// inEach does something at all places at once. The places are apart from each other:
// one that hangs holds up the return and nothing else.
func inEach(places []*place, do func(p *place)) {
	if len(places) == 1 {
		do(places[0])
		return
	}
	var all sync.WaitGroup
	for _, p := range places {
		all.Go(func() { do(p) })
	}
	all.Wait()
}

// goOn does the next step at all places where nothing is in the way.
func (r *removal) goOn(step func(p *place) error) {
	inEach(r.places, func(p *place) {
		if p.err == nil {
			p.err = step(p)
		}
	})
}

// problem is why the removal has got no further: the error of the place that is to be
// tried again first, with what is in the way at the others; nil where nothing is.
func (r *removal) problem() error {
	var first error
	var others []string
	for _, p := range r.places {
		err := p.err
		if err == nil {
			continue
		}
		if len(r.places) > 1 {
			err = fmt.Errorf("in account %s: %w", p.id, err)
		}
		if first != nil && rank(err) <= rank(first) {
			others = append(others, err.Error())
			continue
		}
		if first != nil {
			others = append(others, first.Error())
		}
		first = err
	}
	const most = 3 // are told: there may be hundreds
	if more := len(others) - most; more > 0 {
		others = append(others[:most], fmt.Sprintf("and so on in %d more accounts", more))
	}
	if len(others) > 0 {
		first = fmt.Errorf("%w; %s", first, strings.Join(others, "; "))
	}
	return first
}

// rank orders errors: what is given up waits for what can be tried again, and a role
// whose Deny is off waits for nothing.
func rank(err error) int {
	_, given := errors.AsType[*failure](err)
	switch c, retryable := classify(err); {
	case retryable && c == causeLifted:
		return 2
	case retryable && !given:
		return 1
	}
	return 0
}

// any reports whether something is true of a place.
func (r *removal) any(is func(p *place) bool) bool {
	for _, p := range r.places {
		if is(p) {
			return true
		}
	}
	return false
}

// wherever reports whether something is true of each place that has, or may have, the
// role, and of at least one.
func (r *removal) wherever(is func(p *place) bool) bool {
	open := func(p *place) bool { return !is(p) && (p.sawRole || !p.answered) }
	return r.any(is) && !r.any(open)
}

// cut reports whether the access has been taken away.
func (r *removal) cut() bool { return r.wherever((*place).cut) }

func (p *place) cut() bool { return p.denied || p.detached }

// partly says where the access has been taken away and where it has not, or may not have
// been; "" where it is the same everywhere.
func (r *removal) partly() string {
	var cut, open []string
	for _, p := range r.places {
		switch {
		case p.cut():
			cut = append(cut, p.id)
		case p.sawRole || !p.answered:
			open = append(open, p.id)
		}
	}
	if len(cut) == 0 || len(open) == 0 {
		return ""
	}
	return fmt.Sprintf("Its role in %s is already cut. In %s there may be another one, which may still be usable until its end.", listed(cut), listed(open))
}

// stays reports whether the access that was cut cannot come back.
func (r *removal) stays() bool { return r.wherever((*place).stays) }

func (p *place) stays() bool { return p.denied || p.policyGone }

func (p *place) saw() bool { return p.sawRole || p.sawPolicy }

func (p *place) hasRole() bool { return p.live.HasRole() }

func (p *place) exists() bool { return p.live.Exists() }

// foreign reports whether what has the name there is not ours, or a part of it.
func (p *place) foreign() bool { return iamops.IsKind(p.liveErr, iamops.KindForeign) }

// An account that hangs must leave time for the others: placeTime bounds what one of
// several places takes to say what it has, and firstTime the one where the grant is most
// likely.
const placeTime, firstTime = 4 * time.Second, 8 * time.Second

// ask reads at places, at all at once, for so long at most.
func ask(ctx context.Context, places []*place, most time.Duration, read func(ctx context.Context, p *place)) {
	// It ends with the attempt, by which the limiter knows the calls.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer time.AfterFunc(most, cancel).Stop()
	inEach(places, func(p *place) { read(ctx, p) })
}

// patient is how long an answer of the places is waited for.
func (r *removal) patient() time.Duration {
	switch {
	case r.fixed:
		return stepTime
	case len(r.places) > 1:
		return placeTime
	}
	return firstTime
}

// findIn reads the role alone.
func (r *removal) findIn(ctx context.Context, p *place) {
	if p.liveErr = r.enter(p.account); p.liveErr == nil {
		p.live, p.liveErr = p.Find(ctx, r.name)
	}
	p.note()
	r.leaveEmpty(p)
	if p.err = p.liveErr; p.foreign() {
		p.err = nil // a role that is not ours keeps nothing of ours from being removed
	}
}

// readIn reads what was not found yet.
func (r *removal) readIn(ctx context.Context, p *place) {
	switch p.liveErr = r.enter(p.account); {
	case p.liveErr != nil:
	case p.hasRole():
		p.live, p.liveErr = p.Rest(ctx, p.live)
	default:
		p.live, p.liveErr = p.Look(ctx, r.name)
	}
	p.note()
	r.leaveEmpty(p)
}

// note notes what was found.
func (p *place) note() {
	p.sawRole, p.sawPolicy = p.sawRole || p.live.HasRole(), p.sawPolicy || p.live.HasPolicy()
	p.roleID = cmp.Or(p.live.RoleID(), p.roleID)
	p.answered = p.liveErr == nil || p.foreign()
}

// unread is why nothing can be done at this place.
func (p *place) unread() error {
	if p.liveErr != nil && (!p.foreign() || !p.exists()) {
		return p.liveErr
	}
	return nil
}

// cutTime bounds the wait for the Deny, so that there is time left to detach.
const cutTime = 5 * time.Second

// cutAll takes the access away wherever the role was found.
func (r *removal) cutAll(ctx context.Context) {
	before := r.any((*place).cut)
	ctx = r.hurry(ctx)
	r.goOn(func(p *place) error { return r.cutAccess(ctx, p) })
	if r.any((*place).cut) && !before && !r.asked.IsZero() {
		r.svc.metrics.cut.Observe(max(0, time.Since(r.asked).Seconds()))
	}
}

// cutAccess takes the access away: by the Deny or, where AWS does not take that,
// by detaching. It needs nothing but a role that is proven to be ours. A Deny that
// is on the role is not written again: AWS would take it for a new one.
func (r *removal) cutAccess(ctx context.Context, p *place) error {
	if !p.hasRole() || p.denied || p.lifted != nil {
		return nil
	}
	soon, cancel := context.WithCancel(ctx) // with the end of the attempt, by which the limiter knows it
	defer cancel()
	defer time.AfterFunc(cutTime, cancel).Stop()
	err := p.Cut(soon, p.live)
	if p.denied = err == nil; p.denied {
		return nil
	}
	return r.detachInstead(ctx, p, err)
}

// detachInstead takes the access away where the Deny was not put on the role, for
// the reason given. Nothing keeps a policy off but the Deny: an attachment that is
// still on its way to AWS brings the access back. So a Deny that AWS did not refuse
// is tried once more, here and at each later attempt.
func (r *removal) detachInstead(ctx context.Context, p *place, reason error) error {
	r.log.Warn("access cannot be cut by a Deny, detaching instead", keyGrant, r.name, keyAccount, p.id, keyError, reason)
	switch err := p.Detach(ctx, p.live); {
	case iamops.Temporary(err):
		// That decides what follows: to detach can help yet, whatever AWS says to a Deny.
		return fmt.Errorf("%s (and it could not be detached either: %w)", reason.Error(), err)
	case err != nil:
		return fmt.Errorf("%w (and it could not be detached either: %w)", reason, err)
	}
	// Where AWS does not find the role, that nothing is attached says nothing.
	p.detached = p.detached || !iamops.IsKind(reason, iamops.KindNotFound)
	p.denied = iamops.Temporary(reason) && p.Cut(ctx, p.live) == nil
	return nil
}

// detach leaves the role without policies.
func (p *place) detach(ctx context.Context) error {
	err := p.Detach(ctx, p.live)
	if err == nil {
		p.detached = p.detached || p.hasRole()
	}
	return err
}

// deletePolicy deletes the policy, which proves that nothing can use it any more.
func (p *place) deletePolicy(ctx context.Context) error {
	err := p.DeletePolicy(ctx, p.live)
	switch {
	case err == nil:
		p.policyGone = p.policyGone || p.live.HasPolicy()
	case p.foreign(): // it may be the role which is not ours that keeps the policy
		return fmt.Errorf("%w (%w)", p.liveErr, err)
	}
	return err
}

// unseen reports whether IAM may not show something that is there: a part of a
// grant that was just made (lag), or one that was seen before and not deleted here.
func (p *place) unseen(lag bool) bool {
	missing := func(seenNow, gone, sawIt bool) bool { return !seenNow && !gone && (lag || sawIt) }
	return missing(p.live.HasRole(), p.roleGone, p.sawRole) || missing(p.live.HasPolicy(), p.policyGone, p.sawPolicy)
}

// onlyDenyTime bounds what onlyDeny asks of AWS. It holds its few reads where the account
// admits one call a second.
const onlyDenyTime = 4 * time.Second

// onlyDeny reports whether the Deny alone is what AWS may still see on a role from
// which it was taken off. It has to answer soon, for the role stands without it.
func (p *place) onlyDeny(ctx context.Context) bool {
	ctx, cancel := context.WithCancel(priority.With(ctx, priority.Urgent))
	defer cancel()
	defer time.AfterFunc(onlyDenyTime, cancel).Stop()
	now, err := p.Rest(ctx, p.live)
	return err == nil && len(now.Extras()) == 0
}
