package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

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

// checkAction stops a daemon whose action in Port belongs to a daemon of another
// AWS account: both would act on the same runs.
func (d *daemon) checkAction(ctx context.Context, action, account string) error {
	missing := false
	named, err := await(ctx, d, needPort, func(ctx context.Context) ([]string, error) {
		named, err := d.portal.ActionAccounts(ctx, action)
		if missing = port.IsKind(err, port.KindNotFound); missing {
			return nil, nil
		}
		return named, err
	}, func(err error) bool {
		return unauthorized(err) || port.IsKind(err, port.KindRefused)
	}, "the credentials must be allowed to read actions")
	switch {
	case err != nil:
		return err
	case missing:
		d.log.Warn("the action does not exist in Port, nobody can start it: run `port-iam setup`", "action", action)
	case len(named) == 0:
		d.log.Info("the action in Port does not say for which AWS account it is: run `port-iam setup`", "action", action)
	case !slices.Contains(named, account):
		return fmt.Errorf("action %s in Port is for AWS account %s, and the credentials of this daemon are of %s: "+
			"use the right credentials, or separate actions for each account (GRANT_ACTION, REVOKE_ACTION, EXPIRE_ACTION)", action, strings.Join(named, ", "), account)
	}
	return nil
}

// probe keeps readiness true: it asks Port and AWS at short intervals whether they
// still accept our credentials. An answer that does not tell, such as throttling,
// leaves the last known result.
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
