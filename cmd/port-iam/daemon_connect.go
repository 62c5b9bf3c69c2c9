package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"port-iam/iamops"
	"port-iam/port"
)

func unauthorized(err error) bool { return port.IsKind(err, port.KindUnauthorized) }

// await asks Port or AWS until the answer comes. While there is none, it waits and
// the daemon is not ready; an error that is final, such as refused credentials,
// is returned with its remedy.
func await[T any](
	ctx context.Context, d *daemon, need string, ask func(context.Context) (T, error), final func(error) bool, remedy string,
) (T, error) {
	for {
		d.life.probe.Beat(pulseLimit)
		tryCtx, cancel := context.WithTimeout(ctx, probeTimeout)
		answer, err := ask(tryCtx)
		cancel()
		d.ready.set(need, err)
		switch {
		case err == nil || ctx.Err() != nil:
			return answer, err
		case final(err):
			return answer, fmt.Errorf("%w: %s", err, remedy)
		}
		d.log.Warn("waiting", "for", need, "error", err)
		if !pause(ctx, retryInterval) {
			return answer, ctx.Err()
		}
	}
}

// probe keeps readiness true: it asks Port and AWS at short intervals whether they
// still accept our credentials. An answer that does not tell, such as
// throttling, leaves the last known result.
func (d *daemon) probe(ctx context.Context) {
	for pause(ctx, probeInterval) {
		d.life.probe.Beat(pulseLimit)
		tryCtx, cancel := context.WithTimeout(ctx, probeTimeout)
		var both sync.WaitGroup
		both.Go(func() {
			_, err := d.portal.OrganizationID(tryCtx)
			answer, ok := errors.AsType[*port.Error](err)
			if throttled := ok && answer.Status == http.StatusTooManyRequests; !throttled && ctx.Err() == nil {
				d.ready.set(needPort, err)
			}
		})
		both.Go(func() {
			_, err := d.aws.Identity(tryCtx)
			if !iamops.Throttled(err) && ctx.Err() == nil {
				d.watch.noteOwn(err)
			}
		})
		both.Wait()
		cancel()
	}
}

// clockProblem goes by the last answer of AWS.
func (d *daemon) clockProblem() error {
	if skew, known := d.aws.ClockSkew(); known && skew.Abs() > iamops.MaxClockSkew {
		return fmt.Errorf("the local clock is %s, nothing is granted: correct it", clockOff(skew, "AWS"))
	}
	return nil
}

// clockOff says how far the local clock is from another.
func clockOff(skew time.Duration, whose string) string {
	where := "ahead of"
	if skew < 0 {
		where = "behind"
	}
	return fmt.Sprintf("%s %s %s's", skew.Abs(), where, whose)
}
