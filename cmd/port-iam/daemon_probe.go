package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"port-iam/iamops"
	"port-iam/port"
)

// probe keeps readiness true: it asks Port and AWS at short intervals whether they
// still accept our credentials. An answer that does not tell, such as throttling,
// leaves the last known result.
func (d *daemon) probe(ctx context.Context) {
	for pause(ctx, probeInterval) {
		d.life.beat()
		tryCtx, cancel := context.WithTimeout(ctx, probeTimeout)
		var both sync.WaitGroup
		both.Go(func() {
			_, err := d.portal.OrganizationID(tryCtx)
			d.note(ctx, needPort, err, port.IsKind(err, port.KindUnavailable) && isThrottled(err))
		})
		both.Go(func() {
			_, err := d.aws.Identity(tryCtx)
			d.note(ctx, needAWS, err, iamops.Throttled(err))
		})
		both.Wait()
		cancel()
		d.noteClock()
	}
}

// noteClock goes by the last answer of AWS.
func (d *daemon) noteClock() {
	var err error
	if skew, known := d.aws.ClockSkew(); known && skew.Abs() > iamops.MaxClockSkew {
		err = fmt.Errorf("the local clock is %s ahead of AWS's, nothing is granted: correct it", skew)
	}
	d.ready.set(needClock, err)
}

func (d *daemon) note(ctx context.Context, need string, err error, throttled bool) {
	if throttled || ctx.Err() != nil {
		return
	}
	d.ready.set(need, err)
}

func isThrottled(err error) bool {
	var e *port.Error
	return errors.As(err, &e) && e.Status == http.StatusTooManyRequests
}
