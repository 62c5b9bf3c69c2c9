package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os/signal"
	"syscall"

	"port-iam/iamops"
	"port-iam/internal/audit"
)

// newAudit opens what AUDIT_LOG names; nil: nothing keeps events.
func (c *config) newAudit(stream io.Writer, name string, log *slog.Logger) (*audit.Log, error) {
	o := audit.Options{Version: version, Log: log}
	switch c.audit {
	case auditOff:
		return nil, nil
	case auditStdout:
		return audit.To(stream, name, o), nil
	}
	l, err := audit.Open(c.audit, o)
	if err != nil {
		return nil, fmt.Errorf("AUDIT_LOG: %w: it has to be a file, in a directory that exists, which the daemon may write, or a pipe that is read", err)
	}
	return l, nil
}

// openAudit makes events of what the daemon decides. The result waits until all of
// them are written.
func (d *daemon) openAudit(ctx context.Context, stdout io.Writer) (stop func(), err error) {
	// The reader of a pipe that goes away is for the readiness to tell, and no reason to
	// stop taking access away.
	signal.Ignore(syscall.SIGPIPE)
	if d.audit, err = d.cfg.newAudit(stdout, auditStdout, d.log); err != nil || d.audit == nil {
		return func() {}, err
	}
	d.ready.live(needAudit, d.audit.Problem)
	watched := inBackground(ctx, d.audit.Run)
	return func() {
		watched()
		if err := d.audit.Close(); err != nil {
			d.log.Error("the audit log could not be closed", "error", err)
		}
	}, nil
}

// auditByHand makes events of what an operator decides. A file that cannot be opened
// keeps no access from being taken away: they go to stderr then.
func (c *connection) auditByHand(own iamops.Identity, stderr io.Writer) {
	c.actor = own.ARN
	var err error
	if c.audit, err = c.cfg.newAudit(stderr, "stderr", slog.New(slog.NewTextHandler(stderr, nil))); err != nil {
		_, _ = fmt.Fprintf(stderr, "%s; audit events are written here\n", printable(err.Error()))
		c.audit = audit.To(stderr, "stderr", audit.Options{Version: version})
	}
}

// close ends what connectToRemove began.
func (c *connection) close() {
	if c.audit != nil {
		_ = c.audit.Close() // each event was written, or is said to be lost
	}
}
