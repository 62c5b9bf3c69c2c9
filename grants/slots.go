package grants

import (
	"cmp"
	"errors"
	"fmt"
	"sync/atomic"

	"port-iam/iamops"
)

// share is the part of each kind of slot that one account gets at most: one that is away,
// or slow, must not keep the runs of the others from being worked on.
const share = 4

// slots count the attempts that are about one account.
type slots struct {
	most     int64 // at the same time, of each kind; 0: no limit
	grants   atomic.Int64
	removals atomic.Int64
	// troubled: AWS did not answer the last attempt that asked it, or throttled it.
	troubled atomic.Bool
}

// note notes whether AWS has answered, going by how an attempt ended.
func (s *slots) note(err error) {
	if e, asked := errors.AsType[*iamops.Error](err); asked || err == nil {
		s.troubled.Store(asked && e.Kind == iamops.KindUnavailable)
	}
}

// newSlots are those of one of several accounts, when so many runs of a kind are handled
// at the same time.
func newSlots(accounts, concurrency int) *slots {
	if accounts < 2 || concurrency < 1 {
		return &slots{}
	}
	return &slots{most: int64(max(1, concurrency/share))}
}

func (s *slots) of(op string) *atomic.Int64 {
	if op == opGrant {
		return &s.grants
	}
	return &s.removals
}

// take takes a slot for an operation; false where there is none.
func (s *slots) take(op string) bool {
	n := s.of(op)
	if n.Add(1) > s.most && s.most > 0 {
		n.Add(-1)
		return false
	}
	return true
}

func (s *slots) release(op string) { s.of(op).Add(-1) }

// noSlot says that the attempts at other runs take all that an account gets.
type noSlot struct {
	account  string
	troubled bool
}

func (n noSlot) Error() string {
	if n.troubled {
		return fmt.Sprintf("account %s does not answer, or throttles, and other runs wait for it as well", n.account)
	}
	return fmt.Sprintf("other runs are being handled in account %s", n.account)
}

// cause counts the time as that of AWS where the account has trouble: who waits behind
// those that wait for it gives up as they do.
func (n noSlot) cause() cause {
	if n.troubled {
		return causeAWS
	}
	return causeBusy
}

// enter takes a slot of an account until the attempt ends. Removals that are not jobs
// (r.held is nil) need none.
func (r *removal) enter(a *account) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.held == nil, r.held[a]:
		return nil
	case !a.slots.take(r.op):
		return noSlot{a.id, a.slots.troubled.Load()}
	}
	r.held[a] = true
	return nil
}

// leaveEmpty gives the slot of a place back where there is nothing of the grant: another
// one may hang for as long as the attempt lasts.
func (r *removal) leaveEmpty(p *place) {
	if p.answered && !p.exists() {
		r.giveBack(p.account, nil)
	}
}

// leave gives all slots back at the end of an attempt.
func (r *removal) leave(err error) {
	for _, p := range r.places {
		if len(r.places) > 1 {
			err = cmp.Or(p.err, p.liveErr)
		}
		r.giveBack(p.account, err)
	}
	for a := range r.held { // which was never asked
		a.slots.release(r.op)
	}
	clear(r.held)
}

// giveBack gives back the slot that is held of an account, and notes whether it answers.
func (r *removal) giveBack(a *account, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held[a] {
		delete(r.held, a)
		a.slots.release(r.op)
		a.slots.note(err)
	}
}

// admitted reports whether there is a slot in any account that the job is about, as far
// as those are known.
func (j *Job) admitted() error {
	likely := j.account
	if j.op == opGrant && likely == nil {
		likely = j.svc.expected(j.rec.Entity)
	}
	if likely != nil {
		return j.enter(likely)
	}
	var none error
	for _, p := range j.places {
		if none = j.enter(p.account); none == nil {
			return nil
		}
	}
	return none
}
