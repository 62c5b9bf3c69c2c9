package porttest

import (
	"net/http"
	"slices"
	"time"
)

// FaultKind says what happens to a call that meets a [Fault]; zero is Refused.
type FaultKind int

const (
	// Refused answers with Status and Code; the call is not applied.
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
	// Route and ID choose the calls: the name of the route, see [Call], and the
	// run or entity that the call is about or whose run it is tied to. Empty
	// means any.
	Route, ID string
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
func (s *Server) takeFaults(c Call) (Fault, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var fault Fault
	var delay time.Duration
	for _, a := range s.faults {
		if a.Route != "" && a.Route != c.Route || a.ID != "" && a.ID != c.ID && a.ID != c.RunID {
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
