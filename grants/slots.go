package grants

import (
	"fmt"
	"sync/atomic"
)

// share is the part of each kind of slot that one account gets at most: one that is away,
// or slow, must not keep the runs of the others from being worked on.
const share = 4

// slots count the attempts that are about one account.
type slots struct {
	most     int64 // at the same time, of each kind; 0: no limit
	grants   atomic.Int64
	removals atomic.Int64
	// troubled: AWS did not answer the last attempt, or throttled it.
	troubled atomic.Bool
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
		return fmt.Sprintf("account %s does not answer, and other runs wait for it as well", n.account)
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

// leave gives the slots back, and notes whether AWS has answered.
func (r *removal) leave(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for a := range r.held {
		switch c, _ := classify(err); {
		case err == nil:
			a.slots.troubled.Store(false)
		case c == causeAWS:
			a.slots.troubled.Store(true)
		}
		a.slots.release(r.op)
	}
	clear(r.held)
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
