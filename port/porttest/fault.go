package porttest

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
	// Route and ID choose the calls: the name of the route, see [Call], and the
	// run or entity that the call is about or whose run it is tied to. Empty
	// means any.
	Route, ID string
	// N chooses the call of that number, see [Call]. 0 means any.
	N int
	// Count is how many calls it meets, 0 means one and -1 all.
	Count int
	// Status, Code and the two headers are the answer of Refused. Status defaults
	// to 500, the code to what fits the status, and a header that is empty is not
	// sent.
	Status         int
	Code           string
	RetryAfter     string // Retry-After
	RateLimitReset string // x-ratelimit-reset
	// Delay is the time that Delayed waits.
	Delay time.Duration
	// Maybe, where set, is called for each call that it meets, and allows that it
	// meets fewer than Count, or none. It must not use the server.
	Maybe func()
}

// CheckFaults has the test, a testing.TB, fail at its end for each fault that
// has not met the calls it was armed for. It comes before any [Server.Fault]
// without Maybe.
func (s *Server) CheckFaults(test standin.Test) { s.faults.Check(test) }

// Fault arms f and returns how to disarm it. Delays add up; of the other kinds
// the one armed first that fits a call is used.
func (s *Server) Fault(f Fault) (remove func()) {
	return s.faults.Arm(f, standin.Trouble{Kind: f.Kind, Count: f.Count, Delay: f.Delay, Maybe: f.Maybe})
}

func (f Fault) fits(c Call) bool {
	return (f.N == 0 || f.N == c.N) && (f.Route == "" || f.Route == c.Route) && (f.ID == "" || f.ID == c.ID || f.ID == c.RunID)
}

func (f Fault) refusal() error {
	e := &apiError{status: f.Status, code: f.Code, retryAfter: f.RetryAfter, rateLimitReset: f.RateLimitReset}
	if e.status == 0 {
		e.status = http.StatusInternalServerError
	}
	if e.code == "" {
		e.code = defaultCode(e.status)
	}
	e.message = "injected " + e.code
	return e
}

func defaultCode(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "unauthorized"
	case http.StatusForbidden:
		return "missing_permissions"
	case http.StatusNotFound:
		return "not_found"
	case http.StatusUnprocessableEntity:
		return "invalid_request"
	case http.StatusTooManyRequests:
		return "too_many_requests"
	case http.StatusInternalServerError:
		return "internal_error"
	}
	return "bad_request"
}
