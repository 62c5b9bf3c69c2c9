package standin

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// FaultKind says what happens to a call that meets a fault.
type FaultKind int

const (
	// Refused answers with an error; the call is not applied.
	Refused FaultKind = iota + 1
	// LostRequest closes the connection without an answer; the call is not
	// applied.
	LostRequest
	// LostAnswer applies the call and then closes the connection without an
	// answer.
	LostAnswer
	// Delayed waits before the call goes on.
	Delayed
)

// Trouble is what the fault of each stand-in has.
type Trouble struct {
	// Kind is Refused by default.
	Kind FaultKind
	// Count is how many calls it meets, 0 means one and -1 all.
	Count int
	// Delay is the time that Delayed waits.
	Delay time.Duration
	// Maybe, where set, is called for each call that it meets, and allows that it
	// meets fewer than Count, or none.
	Maybe func()
}

// Faults are armed for calls to come; F is how a stand-in describes a fault.
type Faults[F any] struct {
	mu    sync.Mutex
	armed []*armed[F]
	test  Test // nil where nobody checks
}

type armed[F any] struct {
	fault   F
	trouble Trouble
	met     atomic.Int64 // calls
}

// Check has the test fail at its end for each fault that has not met the calls
// it was armed for: a test of trouble that never came shows nothing.
func (s *Faults[F]) Check(test Test) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.test = test
}

// Arm arms a fault and returns how to disarm it. It panics where the fault is to
// meet calls for sure and no test checks that, see [Faults.Check].
func (s *Faults[F]) Arm(fault F, t Trouble) (remove func()) {
	t.Kind, t.Count = cmp.Or(t.Kind, Refused), cmp.Or(t.Count, 1)
	a := &armed[F]{fault: fault, trouble: t}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.Maybe == nil {
		if s.test == nil {
			panic("no test checks that this fault meets a call: call CheckFaults, or arm it with Maybe")
		}
		MustMeet(s.test, fmt.Sprintf("%+v", fault), t.Count, func() int { return int(a.met.Load()) })
	}
	s.armed = append(s.armed, a)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.armed = slices.DeleteFunc(s.armed, func(x *armed[F]) bool { return x == a })
	}
}

// Take uses up what is armed for a call: at most one fault that is not a delay,
// the one armed first, and the sum of the delays. fits says which faults are for
// the call. kind is 0 where none is.
func (s *Faults[F]) Take(fits func(F) bool) (fault F, kind FaultKind, delay time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.armed {
		if !fits(a.fault) {
			continue
		}
		switch {
		case a.trouble.Kind == Delayed:
			delay += a.trouble.Delay
		case kind == 0:
			fault, kind = a.fault, a.trouble.Kind
		default:
			continue
		}
		if a.met.Add(1); a.trouble.Maybe != nil {
			a.trouble.Maybe()
		}
	}
	s.armed = slices.DeleteFunc(s.armed, func(a *armed[F]) bool { return int(a.met.Load()) == a.trouble.Count })
	return fault, kind, delay
}

// Wait reports whether the time has passed before the request ended.
func Wait(request context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-request.Done():
		return false
	}
}
