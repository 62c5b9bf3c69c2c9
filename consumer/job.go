package consumer

import (
	"context"
	"errors"
	"time"

	"port-iam/port"
)

// Handler makes the [Job] for one record of its action. It is called from the
// poll loop and must not wait.
type Handler func(port.Record) Job

// Job is the work that one record asks for. It lives until it is finished or
// until its partition goes to another member; it may keep state between attempts.
type Job interface {
	// Key names what the job works on. Jobs of one key run one after the other
	// in the order of arrival; "" means no order is needed.
	Key() string
	// Urgent jobs overtake waiting ones and have reserved slots.
	Urgent() bool
	// Attempt works on the job once. It is never called twice at the same time.
	//
	// nil: the record is finished. An error that wraps [port.ErrMismatch]: the
	// record is finished too and counted as dropped. An error with a method
	// RetryAfter() time.Duration: not finished, call Attempt again after that
	// time; no worker is held until then. Any other error is a defect of the
	// job and treated like one that asks to be called again after 30 s.
	// When ctx ends, Attempt returns soon, and what it returns is ignored.
	Attempt(ctx context.Context) error
	// Abandon is called where the job is not finished and no other attempt follows:
	// the record is handed back.
	Abandon()
}

// retryAfter is how a job says that it is not finished.
type retryAfter interface{ RetryAfter() time.Duration }

func retryDelay(err error) time.Duration {
	var r retryAfter
	if errors.As(err, &r) {
		return r.RetryAfter()
	}
	return defaultRetry
}

// defaultRetry is used where a job fails without saying when to try again.
const defaultRetry = 30 * time.Second
