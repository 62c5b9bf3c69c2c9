package iamtest

import (
	"net/http"
	"time"

	"port-iam/internal/standin"
)

// FaultKind says what happens to a call that meets a [Fault].
type FaultKind = standin.FaultKind

// The kinds of faults; Refused answers with what the [Fault] says.
const (
	Refused     = standin.Refused
	LostRequest = standin.LostRequest
	LostAnswer  = standin.LostAnswer
	Delayed     = standin.Delayed
)

// Fault is trouble for calls to come.
type Fault struct {
	// Kind is Refused by default.
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
	// Maybe, where set, is called for each call that it meets, and allows that it
	// meets fewer than Count, or none. It must not use the server.
	Maybe func()
}

// CheckFaults has the test, a testing.TB, fail at its end for each fault that
// has not met the calls it was armed for. It comes before any [Server.Fault]
// without Maybe, and holds for accounts that are added later.
func (s *Server) CheckFaults(test standin.Test) {
	s.test = test
	s.faults.Check(test)
}

// Fault arms f and returns how to disarm it. Delays add up; of the other kinds
// the one armed first that fits a call is used.
func (s *Server) Fault(f Fault) (remove func()) {
	return s.faults.Arm(f, standin.Trouble{Kind: f.Kind, Count: f.Count, Delay: f.Delay, Maybe: f.Maybe})
}

func (f Fault) fits(c Call) bool {
	return (f.Op == "" || f.Op == c.Op) && (f.Name == "" || f.Name == c.Name)
}

func (f Fault) refusal() error {
	e := &apiError{status: f.Status, code: f.Code, message: f.Message}
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
