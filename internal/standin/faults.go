package standin

import (
	"cmp"
	"context"
	"slices"
	"sync"
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
}

// Faults are armed for calls to come; F is how a stand-in describes a fault.
type Faults[F any] struct {
	mu    sync.Mutex
	armed []*armed[F]
}

type armed[F any] struct {
	fault   F
	trouble Trouble
}

// Arm arms a fault and returns how to disarm it.
func (s *Faults[F]) Arm(fault F, t Trouble) (remove func()) {
	t.Kind, t.Count = cmp.Or(t.Kind, Refused), cmp.Or(t.Count, 1)
	a := &armed[F]{fault, t}
	s.mu.Lock()
	defer s.mu.Unlock()
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
		if a.trouble.Count > 0 {
			a.trouble.Count--
		}
	}
	s.armed = slices.DeleteFunc(s.armed, func(a *armed[F]) bool { return a.trouble.Count == 0 })
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
