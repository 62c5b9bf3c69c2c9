package main

import (
	"context"
	"fmt"

	"port-iam/iamops"
	"port-iam/port"
)

// organization asks Port for the organisation; that Port accepts the credentials
// is checked even where PORT_ORG_ID names it.
func (d *daemon) organization(ctx context.Context) (string, error) {
	var org string
	err := d.await(ctx, needPort, func(ctx context.Context) (err error) {
		org, err = d.portal.OrganizationID(ctx)
		return err
	}, func(err error) bool { return port.IsKind(err, port.KindUnauthorized) }, remedyLogin)
	if err == nil {
		err = d.cfg.checkOrganization(org)
	}
	return org, err
}

func (d *daemon) identity(ctx context.Context) (iamops.Identity, error) {
	var id iamops.Identity
	err := d.await(ctx, needAWS, func(ctx context.Context) (err error) {
		id, err = d.aws.Identity(ctx)
		return err
	}, iamops.RejectedCredentials, "check the AWS credentials of the daemon")
	return id, err
}

// await calls f until it succeeds. While Port or AWS does not answer, it waits and
// the daemon is not ready; an error that is final, such as refused credentials,
// is returned with its remedy.
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
	for _, action := range d.cfg.actions.All() {
		if err := d.checkAction(ctx, action, account); err != nil {
			return err
		}
	}
	return nil
}

func (d *daemon) checkAction(ctx context.Context, action, account string) error {
	var named string
	missing := false
	err := d.await(ctx, needPort, func(ctx context.Context) (err error) {
		named, err = d.portal.ActionAccount(ctx, action)
		if missing = port.IsKind(err, port.KindNotFound); missing {
			return nil
		}
		return err
	}, func(err error) bool {
		return port.IsKind(err, port.KindUnauthorized) || port.IsKind(err, port.KindRefused)
	}, "the credentials must be allowed to read actions")
	switch {
	case err != nil:
		return err
	case missing:
		d.log.Warn("the action does not exist in Port, nobody can start it: run `port-iam setup`", "action", action)
	case named == "":
		d.log.Info("the action in Port does not say for which AWS account it is: run `port-iam setup`", "action", action)
	case named != account:
		return fmt.Errorf("action %s in Port is for AWS account %s, and the credentials of this daemon are of %s: "+
			"use the right credentials, or separate actions for each account (GRANT_ACTION, REVOKE_ACTION, EXPIRE_ACTION)", action, named, account)
	}
	return nil
}
