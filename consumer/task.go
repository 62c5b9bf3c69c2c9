package consumer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"port-iam/port"
)

// task is a job in its lane.
type task struct {
	job    Job
	key    string
	urgent bool
	tenure *tenure
	log    *slog.Logger
	done   func(result) // called once, when the record is finished

	panics int         // in a row
	timer  *time.Timer // runs while the task waits for its next attempt
	last   string      // text of the last error, so that it is logged only once
}

// newTask asks the handler for the job; nil where it panics, or gives none.
func newTask(h Handler, rec port.Record, log *slog.Logger) *task {
	t := &task{log: log}
	err := protect(func() error {
		t.job = h(rec)
		t.key, t.urgent = t.job.Key(), t.job.Urgent()
		return nil
	})
	if err != nil {
		t.report(err, 0)
		log.Error("record given up, there is no job for it", keyError, err)
		return nil
	}
	return t
}

// attempt calls the job once. It returns what became of the record or, where
// that is "", how long to wait before the next call.
func (t *task) attempt(ctx context.Context) (what result, again time.Duration) {
	err := protect(func() error { return t.job.Attempt(ctx) })
	t.panics++
	if !errors.As(err, new(*panicError)) {
		t.panics = 0
	}
	switch {
	case errors.Is(ctx.Err(), context.Canceled): // its tenure is over
		return "", 0
	case ctx.Err() != nil:
		// Cut short: neither nil nor a mismatch means anything now.
		again = retryDelay(err)
		err = fmt.Errorf("attempt took longer than %v: %w", attemptLimit, errors.Join(ctx.Err(), err))
	case err == nil:
		return handled, 0
	case errors.Is(err, port.ErrMismatch):
		t.log.Warn("record dropped", keyError, err)
		return dropped, 0
	case t.panics == maxPanics:
		t.report(err, 0)
		t.log.Error("record given up, its job panics every time", keyError, err)
		_ = protect(func() error { t.job.Abandon(); return nil })
		return handled, 0
	default:
		if again = retryDelay(err); again == 0 {
			return "", 0 // it only lets others go first
		}
	}
	t.report(err, again)
	return "", again
}

// report logs why the job is not finished, each reason once in a row.
func (t *task) report(err error, again time.Duration) {
	if err.Error() == t.last {
		return
	}
	t.last = err.Error()
	var p *panicError
	switch {
	case errors.As(err, &p):
		t.log.Error("job panicked", keyError, err, "stack", string(p.stack))
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, new(retryAfter)):
		t.log.Info("run waits for its next attempt", keyError, err, "after", again)
	default:
		t.log.Error("job failed without saying when to try again", keyError, err, "after", again)
	}
}

// maxPanics is how often in a row a job may panic, with [defaultRetry] between,
// before its record counts as finished: a defect of ours must not hold the
// partition up for ever.
const maxPanics = 10

type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// protect turns a panic into an error.
func protect(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicError{v, debug.Stack()}
		}
	}()
	return f()
}
