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
			answer, ok := errors.AsType[*port.Error](err)
			if throttled := ok && answer.Status == http.StatusTooManyRequests; !throttled && ctx.Err() == nil {
				d.ready.set(needPort, err)
			}
		})
		both.Go(func() {
			_, err := d.aws.Identity(tryCtx)
			if !iamops.Throttled(err) && ctx.Err() == nil {
				d.ready.set(needAWS, err)
			}
		})
		both.Wait()
		cancel()
	}
}

// clockProblem goes by the last answer of AWS.
func (d *daemon) clockProblem() error {
	if skew, known := d.aws.ClockSkew(); known && skew.Abs() > iamops.MaxClockSkew {
		return fmt.Errorf("the local clock is %s ahead of AWS's, nothing is granted: correct it", skew)
	}
	return nil
}
