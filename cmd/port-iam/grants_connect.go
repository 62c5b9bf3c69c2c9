package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"port-iam/grants"
	"port-iam/iamops"
)

// connection is what the commands of an operator work with: Port and AWS as the
// daemon has them, without Kafka.
type connection struct {
	clients
	served   []account
	service  *grants.Service
	operator *grants.Operator
	portErr  error // why Port cannot be asked; nil while it can
}

// connect asks Port and AWS who we are. It fails without AWS, but not without
// Port: an operator can take access away while Port is down. Warnings of the
// service go to log; most commands want none, as they print what it finds.
func connect(ctx context.Context, log, stderr io.Writer) (*connection, error) {
	cfg, err := readSettings().parseForOperator()
	if err != nil {
		return nil, configError{err}
	}
	return connectAs(ctx, cfg, log, stderr)
}

// connectToRemove is connect for a command that takes access away: that leaves audit
// events. The connection is to be closed.
func connectToRemove(ctx context.Context, log, stderr io.Writer) (*connection, error) {
	cfg, err := readSettings().parseForOperator()
	if err != nil {
		return nil, configError{err}
	}
	return connectWith(ctx, cfg, log, stderr, func(c *connection, own iamops.Identity) { c.auditByHand(own, stderr) })
}

// connectAs is connect with settings that were read.
func connectAs(ctx context.Context, cfg *config, log, stderr io.Writer) (*connection, error) {
	return connectWith(ctx, cfg, log, stderr, func(*connection, iamops.Identity) {})
}

// connectWith prepares the connection before its service is made.
func connectWith(ctx context.Context, cfg *config, log, stderr io.Writer, prepare func(c *connection, own iamops.Identity)) (*connection, error) {
	logger := slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	c := &connection{clients: clients{cfg: cfg, log: logger}}
	if err := c.open(ctx); err != nil {
		return nil, err
	}
	defer progress(stderr, "asking Port and AWS who we are")()

	var told string
	var identity iamops.Identity
	var awsErr error
	var both sync.WaitGroup
	both.Go(func() { told, c.portErr = c.portal.OrganizationID(ctx) })
	both.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, askTimeout)
		defer cancel()
		identity, awsErr = c.aws.Identity(ctx)
	})
	both.Wait()
	if awsErr != nil {
		return nil, fmt.Errorf("%w: check the AWS credentials and the network", awsErr)
	}
	org, err := c.organization(ctx, identity, told, stderr)
	if err != nil {
		return nil, err
	}
	if c.served, err = c.newAccounts(org, identity); err != nil {
		return nil, err
	}
	prepare(c, identity)
	if c.service, err = c.newService(c.served); err != nil {
		return nil, err
	}
	c.operator = c.service.NewOperator(cfg.sweep.grace)
	return c, nil
}

// organization is whose grants these are: as Port says or, while Port cannot be
// asked, as the settings say, or as the tags of all roles under the path say if
// they agree: an account has one daemon.
func (c *connection) organization(ctx context.Context, own iamops.Identity, told string, stderr io.Writer) (string, error) {
	if c.portErr == nil {
		return told, c.cfg.checkOrganization(told)
	}
	_, _ = fmt.Fprintf(stderr, "Port cannot be asked: %v\n", whatToDo(c.portErr))
	if c.cfg.port.orgID != "" {
		return c.cfg.port.orgID, nil
	}
	path := c.cfg.iam.path
	found, err := c.organizations(ctx, own)
	switch {
	case len(found) > 1:
		return "", fmt.Errorf("the roles under %s are of several organisations (%s), and Port cannot be asked which one is ours: set PORT_ORG_ID",
			path, printable(strings.Join(found, ", ")))
	case len(found) == 0 && err != nil:
		return "", fmt.Errorf("%w, and PORT_ORG_ID is not set, which would say whose grants are ours", err)
	case len(found) == 0:
		return "", fmt.Errorf("%w, and no role under %s has the tags of a grant: set PORT_ORG_ID", errPortSilent, path)
	}
	_, _ = fmt.Fprintf(stderr, "assuming organisation %s, from the tags of the roles; set PORT_ORG_ID to be sure\n", printable(found[0]))
	return found[0], nil
}

// organizations are those in the tags of roles in all served accounts, sorted; with an
// error, not all accounts could be asked.
func (c *connection) organizations(ctx context.Context, own iamops.Identity) ([]string, error) {
	ids := c.cfg.served(own)
	found, errs := make([][]string, len(ids)), make([]error, len(ids))
	var all sync.WaitGroup
	for i, id := range ids {
		all.Go(func() { found[i], errs[i] = c.enter(own, id).aws.Organizations(ctx, c.cfg.iam.path) })
	}
	all.Wait()
	orgs := slices.Concat(found...)
	slices.Sort(orgs)
	return slices.Compact(orgs), errors.Join(errs...)
}
