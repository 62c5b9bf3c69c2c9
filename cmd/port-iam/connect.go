package main

import (
	"context"
	"fmt"
	"time"

	"port-iam/iamops"
	"port-iam/port"
)

func (d *daemon) connectAWS(ctx context.Context) error {
	cfg, err := d.cfg.aws(ctx)
	if err != nil {
		return fmt.Errorf("load the AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		cfg.Region = defaultRegion
		d.log.Info("AWS_REGION is not set, using the default", "region", defaultRegion)
	}
	d.aws, err = iamops.NewClients(cfg, d.reg)
	return err
}

// orgID asks Port for the organisation; that Port accepts the credentials is
// checked either way.
func (d *daemon) orgID(ctx context.Context) (string, error) {
	var id string
	err := d.await(ctx, needPort, func(ctx context.Context) (err error) {
		id, err = d.portal.OrganizationID(ctx)
		return err
	}, func(err error) bool { return port.IsKind(err, port.KindUnauthorized) },
		"check PORT_CLIENT_ID, PORT_CLIENT_SECRET and PORT_BASE_URL (EU or US)")
	if err != nil {
		return "", err
	}
	if own := d.cfg.port.orgID; own != "" && own != id {
		return "", fmt.Errorf("PORT_ORG_ID is %s, and the credentials are of %s: correct one of them", own, id)
	}
	return id, nil
}

func (d *daemon) identity(ctx context.Context) (iamops.Identity, error) {
	var id iamops.Identity
	err := d.await(ctx, needAWS, func(ctx context.Context) (err error) {
		id, err = d.aws.Identity(ctx)
		return err
	}, iamops.RejectedCredentials, "check the AWS credentials of the daemon")
	return id, err
}

// await calls f until it succeeds. Who is away is waited for, not ready; who
// rejects us is not.
func (d *daemon) await(ctx context.Context, need string, f func(context.Context) error, final func(error) bool, remedy string) error {
	for {
		d.life.beat()
		tryCtx, cancel := context.WithTimeout(ctx, probeTimeout)
		err := f(tryCtx)
		cancel()
		d.ready.set(need, err)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case final(err):
			return fmt.Errorf("%w: %s", err, remedy)
		}
		d.log.Warn("waiting", "for", need, "error", err)
		if !pause(ctx, retryInterval) {
			return ctx.Err()
		}
	}
}

// checkActions stops a daemon whose actions in Port belong to a daemon of
// another AWS account: both would act on the same runs.
func (d *daemon) checkActions(ctx context.Context, account string) error {
	for _, action := range d.cfg.grant.actions.All() {
		var named string
		missing := false
		err := d.await(ctx, needPort, func(ctx context.Context) (err error) {
			named, err = d.portal.ActionAccount(ctx, action)
			if port.IsKind(err, port.KindNotFound) {
				missing = true
				return nil
			}
			return err
		}, func(err error) bool {
			return port.IsKind(err, port.KindUnauthorized) || port.IsKind(err, port.KindRefused)
		},
			"the credentials must be allowed to read actions")
		if err != nil {
			return err
		}
		if missing {
			d.log.Warn("the action does not exist in Port, nobody can start it: run `port-iam setup`", "action", action)
			continue
		}
		if named == "" {
			d.log.Info("the action in Port does not say for which AWS account it is: run `port-iam setup`", "action", action)
			continue
		}
		if named != account {
			return fmt.Errorf("action %s in Port is for AWS account %s, and the credentials of this daemon are of %s: use the right credentials, or actions of its own for each account (GRANT_ACTION, REVOKE_ACTION, EXPIRE_ACTION)", action, named, account)
		}
	}
	return nil
}

func orDefault(s, d string) string {
	if s == "" {
		return d
	}
	return s
}

// pause waits; false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
