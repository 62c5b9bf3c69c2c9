package grants

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"port-iam/iamops"
	"port-iam/port"
)

// cause is what an unfinished run waits for.
type cause int

const (
	causeOther      cause = iota // an unclassified error, which is a bug
	causePort                    // Port is away, or does not take our credentials
	causeAWS                     // AWS is away, throttles, or is changing the object
	causeInvisible               // AWS does not show yet what was made
	causeDiffers                 // another copy of this run is at work with other documents
	causeUnknownRun              // Port does not know the run yet, or not for that requester
	causeUnseen                  // not everything of the grant is visible, which may be lag
	causeKept                    // something is attached still, or that it was detached is not visible yet
	causeLifted                  // the same of a role whose Deny is off
	causeGrantRun                // Port does not give the run that made the grant, and answers otherwise
	causeBusy                    // other runs of the account take all its slots
	causeTurn                    // nothing: what others wait for goes first
	causeClock                   // the local clock is wrong
	causeAudit                   // the audit log cannot be written
)

// limits say how long a run goes on for each cause before it gives up. Without
// one it goes on without limit.
var limits = map[cause]time.Duration{
	causeAWS:        15 * time.Minute,
	causeInvisible:  2 * time.Minute,
	causeDiffers:    10 * time.Minute,
	causeUnknownRun: 10 * time.Second,
	causeUnseen:     15 * time.Second,
	causeKept:       visibilityLag,
	causeLifted:     visibilityLag,
	causeGrantRun:   poisonAfter,
}

// grantLimit is the limit of causeAWS for a grant; there is more time to take
// access away.
const grantLimit = 10 * time.Minute

const (
	firstWait = 500 * time.Millisecond
	maxWait   = 30 * time.Second
)

// patience is the one place that decides how long a run goes on and when it is
// tried again. It counts the time spent on each cause, so an hour without Port
// does not use up what AWS is given.
type patience struct {
	op    string // the operation of the run
	spent map[cause]time.Duration
	cause cause     // of the last attempt that did not finish
	last  time.Time // when that was; zero before the first
	row   int       // attempts in a row for the same cause
}

// note says that an attempt did not finish because of c. The time since the one
// before was spent on what that one waited for.
func (p *patience) note(c cause) {
	now := time.Now()
	if p.spent == nil {
		p.spent = map[cause]time.Duration{}
	}
	p.row++
	if p.last.IsZero() || p.cause != c {
		p.row = 0
	}
	if !p.last.IsZero() {
		p.spent[p.cause] += now.Sub(p.last)
	}
	p.cause, p.last = c, now
}

// over reports whether the run has spent its time on a cause.
func (p *patience) over(c cause) bool {
	spent := p.spent[c]
	if p.cause == c && !p.last.IsZero() {
		spent += time.Since(p.last)
	}
	limit := p.limit(c)
	return limit > 0 && spent >= limit
}

func (p *patience) limit(c cause) time.Duration {
	if c == causeAWS && p.op == opGrant {
		return grantLimit
	}
	return limits[c]
}

// pause is how long to wait before the next attempt: doubling, with jitter, at
// least what the other side asked for, and not far beyond what is left.
func (p *patience) pause(asked time.Duration) time.Duration {
	d := maxWait
	if p.row < 6 {
		d = firstWait << p.row
	}
	switch p.cause {
	case causeUnknownRun, causeUnseen:
		d = min(d, time.Second)
	case causeBusy:
		d = time.Second
	case causeKept, causeLifted:
		d = min(d, 5*time.Second)
	}
	d = d/2 + rand.N(d/2+1)
	if limit := p.limit(p.cause); limit > 0 {
		d = min(d, max(limit-p.spent[p.cause], firstWait))
	}
	return max(d, asked)
}

// again says that a run is not finished.
type again struct {
	cause cause
	err   error
}

func (a *again) Error() string { return a.err.Error() }
func (a *again) Unwrap() error { return a.err }

// Waiting is what [Job.Attempt] returns for a run that is not finished.
type Waiting struct {
	after time.Duration
	err   error
}

// Error says why the run waits.
func (w *Waiting) Error() string { return fmt.Sprintf("try again in %s: %v", w.after, w.err) }

// Unwrap returns why the run waits.
func (w *Waiting) Unwrap() error { return w.err }

// RetryAfter is how long to wait before the next attempt.
func (w *Waiting) RetryAfter() time.Duration { return w.after }

// classify finds the cause of a failed step; false when trying again is no use.
func classify(err error) (cause, bool) {
	if a, waits := errors.AsType[*again](err); waits {
		return a.cause, true
	}
	if n, none := errors.AsType[noSlot](err); none {
		return n.cause(), true
	}
	switch {
	case isAway(err):
		return causePort, true
	case iamops.IsKind(err, iamops.KindKept):
		return causeKept, true
	case iamops.Temporary(err):
		return causeAWS, true
	case iamops.IsKind(err, iamops.KindNotFound):
		return causeInvisible, true
	case iamops.IsKind(err, iamops.KindDiffers):
		return causeDiffers, true
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		// The time of the attempt was over during a call to Port; calls to AWS
		// say so themselves.
		return causePort, true
	}
	return causeOther, false
}

// askedToWait is what Port asked for in its answer; 0 when it did not.
func askedToWait(err error) time.Duration {
	if e, ok := errors.AsType[*port.Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

// sleep waits for d; false where ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
