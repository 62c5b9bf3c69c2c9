package port

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Kind sorts the failures of Port's API by what a caller can do about them.
type Kind int

const (
	// KindUnavailable: Port could not be reached, or answered 408, 429 or 5xx,
	// or its answer was lost, is not what its API describes or is too long to be
	// read. The request may have taken effect, and nothing is known of what was
	// asked: neither that it exists nor that it does not. Try again.
	KindUnavailable Kind = iota
	// KindNotFound: 404.
	KindNotFound
	// KindRefused: any other 4xx. Port has understood the request and did not
	// carry it out; the same request will be refused again.
	KindRefused
	// KindUnauthorized: 401 with a fresh token, or 403 on authentication. The
	// credentials are wrong or lack a permission.
	KindUnauthorized
)

// Error is a failed call of Port's API. It never holds credentials, tokens,
// addresses or bodies of requests, and no e-mail address that Port repeats. Its
// text is one line of bounded length without control characters.
type Error struct {
	Op      string // what was attempted, for instance "read run r_1"
	Kind    Kind
	Status  int    // HTTP status; 0 when there was no answer
	Code    string // Port's error code, for instance "run_exhausted"; may be empty
	Message string // Port's message; may be empty
	TraceID string // X-Trace-Id of the answer, for Port's support; may be empty
	// RetryAfter is how long Port asked to wait (Retry-After or
	// x-ratelimit-reset), or how long no token is asked for after a failure, see
	// [Client]; 0 for neither.
	RetryAfter time.Duration
	Err        error // the cause when there was no answer, or none that can be read
}

// What texts of errors have at most, in bytes.
const (
	maxOp    = 200
	maxError = 1500
)

// Error says what was attempted and what came back.
func (e *Error) Error() string { return oneLine(e.Op+e.answer(), maxError) }

// Answer is what came back, for those who know what was attempted.
func (e *Error) Answer() string { return oneLine(strings.TrimLeft(e.answer(), ": "), maxError) }

func (e *Error) answer() string {
	var s string
	if e.Status != 0 {
		s += fmt.Sprintf(": HTTP %d", e.Status)
	}
	if e.Code != "" {
		s += " " + e.Code
	}
	if e.Message != "" {
		s += ": " + e.Message
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.TraceID != "" {
		s += " (trace " + e.TraceID + ")"
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// IsKind reports whether err is, or wraps, an [Error] of that kind.
func IsKind(err error, k Kind) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Kind == k
}

// IsTaken reports whether Port refused to create something because it exists.
func IsTaken(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Kind == KindRefused && e.Status == http.StatusConflict
}

// ErrMismatch is returned by a handler of runs when a record does not fit the
// run that it points at. The record is dropped and the run is left alone: it
// belongs to its genuine record.
var ErrMismatch = errors.New("record does not fit its run")
