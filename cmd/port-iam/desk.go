package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/port"
)

// desk is where an operator works: Port and AWS as the daemon has them, and no
// Kafka.
type desk struct {
	cfg    *config
	portal *port.Client
	aws    *iamops.Clients
	ops    *iamops.Ops
	// away is why Port cannot be asked; nil while it can.
	away error
}

// readDeskConfig reads the daemon's settings without those of Kafka, which need
// not be right, nor there.
func readDeskConfig() (*config, error) {
	s, err := readSettings()
	if err != nil {
		return nil, err
	}
	s.KafkaBrokers, s.KafkaUsername, s.KafkaPassword, s.KafkaPasswordFile = "", "", secret{}, ""
	s.KafkaMechanism, s.KafkaTLS, s.KafkaTLSCAFile, s.KafkaTopic, s.KafkaGroupID = "", "", "", "", ""
	s.fillDefaults()
	return s.parse()
}

// openDesk connects. Without AWS there is nothing to do; without Port there is.
func openDesk(ctx context.Context, stderr io.Writer) (*desk, error) {
	cfg, err := readDeskConfig()
	if err != nil {
		return nil, &configError{err}
	}
	d := &daemon{cfg: cfg, log: slog.New(slog.DiscardHandler), reg: prometheus.NewRegistry()}
	k := &desk{cfg: cfg}
	if k.portal, err = newPortal(cfg, nil); err != nil {
		return nil, err
	}
	if err := d.connectAWS(ctx); err != nil {
		return nil, err
	}
	k.aws = d.aws
	defer progress(stderr, func() string { return "asking Port and AWS who we are" })()

	var org string
	var identity iamops.Identity
	var awsErr error
	var both sync.WaitGroup
	both.Go(func() { org, k.away = k.portal.OrganizationID(ctx) })
	both.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, askTimeout)
		defer cancel()
		identity, awsErr = k.aws.Identity(ctx)
	})
	both.Wait()
	if awsErr != nil {
		return nil, fmt.Errorf("%w: check the AWS credentials and the network", awsErr)
	}
	if org, err = k.organization(ctx, org, stderr); err != nil {
		return nil, err
	}
	k.ops, err = iamops.New(iamops.Options{
		API: k.aws.IAM, Account: identity.Account, Partition: identity.Partition, OrgID: org, Path: cfg.iam.path,
		Boundary: cfg.iam.boundary, Trust: cfg.grant.trust, Tags: cfg.iam.tags, Templates: cfg.templates, Rules: cfg.grant.rules,
	})
	return k, err
}

// newPortal is a client for a command that ends soon: nobody reads its metrics.
func newPortal(cfg *config, change func(*port.Options)) (*port.Client, error) {
	o := port.Options{
		BaseURL: cfg.port.baseURL, ClientID: cfg.port.clientID, ClientSecret: cfg.port.clientSecret.reveal(),
		UserAgent: "port-iam/" + readBuild().version,
	}
	if change != nil {
		change(&o)
	}
	return port.New(o)
}

// organization is whose grants these are: as Port says, as the settings say, or,
// with Port away, as the tags of all roles under the path say if they agree: an
// account has one daemon. Access must not stay because Port cannot be asked.
func (k *desk) organization(ctx context.Context, told string, stderr io.Writer) (string, error) {
	own := k.cfg.port.orgID
	if k.away == nil {
		if own != "" && own != told {
			return "", fmt.Errorf("PORT_ORG_ID is %s, and the credentials are of %s: correct one of them", own, told)
		}
		return told, nil
	}
	_, _ = fmt.Fprintf(stderr, "Port cannot be asked: %v\n", whatToDo(k.away))
	if own != "" {
		return own, nil
	}
	owners, err := k.aws.Organizations(ctx, k.cfg.iam.path)
	switch {
	case err != nil:
		return "", fmt.Errorf("%w, and PORT_ORG_ID is not set, which would say whose grants are ours", err)
	case len(owners) == 0:
		return "", fmt.Errorf("%w: no role under %s has the tags of a grant", grants.ErrNoGrant, k.cfg.iam.path)
	case len(owners) > 1:
		return "", fmt.Errorf("the roles under %s are of several organisations (%s), and Port cannot be asked which one is ours: set PORT_ORG_ID",
			k.cfg.iam.path, printable(strings.Join(owners, ", ")))
	}
	_, _ = fmt.Fprintf(stderr, "taking the grants of organisation %s for ours, as the tags of the roles say; PORT_ORG_ID would say it for sure\n", printable(owners[0]))
	return owners[0], nil
}

// service is the daemon's, with a log of its own.
func (k *desk) service(log io.Writer) (*grants.Service, error) {
	cfg := k.cfg
	return grants.New(grants.Options{
		Portal: k.portal, Access: k.ops, RoleARN: k.ops.RoleARN,
		Actions:  cfg.grant.actions,
		Duration: cfg.grant.duration, MaxDuration: cfg.grant.maxDuration, UserName: cfg.grant.userName,
		ConfirmRequester: cfg.port.confirmRequester, RequireSignature: cfg.port.signature == signatureRequire,
		ClockSkew: k.aws.ClockSkew, Registerer: prometheus.NewRegistry(),
		Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
}

// operator says nothing by itself: what it finds is the output of the command.
func (k *desk) operator() (*grants.Operator, error) {
	service, err := k.service(io.Discard)
	if err != nil {
		return nil, err
	}
	return service.NewOperator(k.cfg.sweepGrace), nil
}

// exitError ends the program with a code of its own.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// exitNotFound is the exit code for a grant that does not exist.
const exitNotFound = 3

// notFound gives the error its exit code.
func notFound(err error) error {
	if errors.Is(err, grants.ErrNoGrant) {
		return &exitError{exitNotFound, err}
	}
	return err
}
