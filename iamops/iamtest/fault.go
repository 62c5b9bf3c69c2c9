package iamtest

import (
	"net/http"
	"slices"
	"time"
)

// FaultKind says what happens to a call that meets a [Fault]; zero is Refused.
type FaultKind int

const (
	// Refused answers with Code and Status; the call is not applied.
	Refused FaultKind = iota + 1
	// LostRequest closes the connection without an answer; the call is not
	// applied.
	LostRequest
	// LostAnswer applies the call and then closes the connection without an
	// answer.
	LostAnswer
	// Delayed waits for Delay before the call goes on.
	Delayed
)

// Fault is trouble for calls to come.
type Fault struct {
	Kind FaultKind
	// Op and Name choose the calls: the operation, and the name or ARN that the
	// call is about. Empty means any.
	Op, Name string
	// Count is how many calls it meets, 0 means one and -1 all.
	Count int
	// Code, Status and Message are the answer of Refused. Status defaults to
	// 400, the code to ServiceFailure with status 500.
	Code    string
	Status  int
	Message string
	// Delay is the time that Delayed waits.
	Delay time.Duration
}

type armedFault struct {
	Fault
	left int // -1: for ever
}

// Fault arms f and returns how to disarm it. Delays add up; of the other kinds
// the one armed first that fits a call is used.
func (s *Server) Fault(f Fault) (remove func()) {
	if f.Kind == 0 {
		f.Kind = Refused
	}
	armed := &armedFault{f, f.Count}
	if f.Count == 0 {
		armed.left = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, armed)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.faults = slices.DeleteFunc(s.faults, func(a *armedFault) bool { return a == armed })
	}
}

// takeFaults uses up what is armed for a call: at most one fault that is not a
// delay, and the sum of the delays.
func (s *Server) takeFaults(r *request) (Fault, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var fault Fault
	var delay time.Duration
	for _, a := range s.faults {
		if a.Op != "" && a.Op != r.op || a.Name != "" && a.Name != r.subject() {
			continue
		}
		switch {
		case a.Kind == Delayed:
			delay += a.Delay
		case fault.Kind == 0:
			fault = a.Fault
		default:
			continue
		}
		if a.left > 0 {
			a.left--
		}
	}
	s.faults = slices.DeleteFunc(s.faults, func(a *armedFault) bool { return a.left == 0 })
	return fault, delay
}

func (f Fault) refusal() error {
	e := &apiError{f.Status, f.Code, f.Message}
	if e.code == "" {
		e.code, e.status = "ServiceFailure", http.StatusInternalServerError
	}
	if e.status == 0 {
		e.status = http.StatusBadRequest
	}
	if e.message == "" {
		e.message = "injected " + e.code
	}
	return e
}
