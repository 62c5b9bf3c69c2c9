package demo

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"port-iam/port/porttest"
	"port-iam/templates"
)

const (
	alice = "alice@example.com"
	bob   = "bob@example.com"
	// stepTime is how long a step may take before the story counts as broken.
	stepTime = 30 * time.Second
)

// Daemon is the daemon that the story is told about.
type Daemon struct {
	// Start starts it with GRANT_CONSOLE as given, after it has stopped the one before, and
	// says where it serves.
	Start func(ctx context.Context, console bool) (url string, err error)
	// Profile is what `port-iam grants show NAME --profile` prints.
	Profile func(ctx context.Context, name string) (string, error)
	// Audit is what it and those before it have written with AUDIT_LOG=stdout.
	Audit func() string
}

// Tell tells the story of some grants, from the request to the revocation. The error
// names the step that did not hold.
func Tell(ctx context.Context, w *World, d Daemon, out io.Writer) error {
	s := &story{World: w, daemon: d, out: out}
	for i, step := range []struct {
		title string
		do    func(context.Context) error
	}{
		{"The daemon connects to Port, Kafka and AWS", s.ready},
		{"The catalogue in Port holds resources and permissions", s.catalogue},
		{alice + " requests to read a bucket that is encrypted: one bundle", s.request},
		{"What the daemon wrote", s.written},
		{"The role works for " + alice + ", for what was asked, and for nobody else", s.use},
		{"The AWS CLI needs a profile, which is in the log, in Port, and made from IAM", s.profile},
		{"GRANT_CONSOLE=true: AWS's console can show the bucket as well", s.console},
		{"What needs approval is not granted on " + alice + "'s own word", s.ownApproval},
		{"It is granted when " + bob + " approves", s.approval},
		{alice + " revokes all of it", s.revoke},
		{"Nothing is left, and the sign-in does not work any more", s.gone},
		{"Every decision is an audit event: who had what, when, and approved by whom", s.audit},
		{"The metrics count it", s.metrics},
	} {
		s.say("\n%d. %s", i+1, step.title)
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("step %d, %s: %w", i+1, step.title, err)
		}
	}
	return nil
}

type story struct {
	*World
	daemon    Daemon
	daemonURL string
	out       io.Writer
	grants    []granted // in the order of their requests
	refused   string    // the run that was
	alice     person
}

// granted is a grant of the story, with a session of its role.
type granted struct {
	run, roleARN, roleID string
	sessionKey           string
	allows               string // an action on the objects of the bucket
	approver             string // as Port names people; "": none was needed
	revokedBy            string // the run
}

func (s *story) say(format string, args ...any) {
	_, _ = fmt.Fprintf(s.out, format+"\n", args...)
}

func (s *story) ready(ctx context.Context) error {
	s.say("   Port  %s (a stand-in, organisation %s)\n   Kafka %s, topic %s\n   AWS   %s (IAM and STS of account %s, in memory)",
		s.PortURL, Org, strings.Join(s.Brokers, ","), topic, s.AWSURL, Account)
	return s.start(ctx, false)
}

// start starts the daemon and waits until it is ready.
func (s *story) start(ctx context.Context, console bool) (err error) {
	if s.daemonURL, err = s.daemon.Start(ctx, console); err != nil {
		return err
	}
	var last string
	err = wait(ctx, func() (done bool) {
		done, last = s.get(ctx, "/readyz")
		return done
	})
	if err != nil {
		return fmt.Errorf("the daemon does not become ready: %s", last)
	}
	s.say("   ready: %s/readyz, metrics: %s/metrics", s.daemonURL, s.daemonURL)
	return nil
}

func (s *story) catalogue(context.Context) error {
	if err := s.AddCatalogue(); err != nil {
		return err
	}
	for _, b := range []string{templates.BlueprintResource, templates.BlueprintPermission} {
		ids := s.Port.Entities(b)
		if len(ids) == 0 {
			return fmt.Errorf("blueprint %s has no entities", b)
		}
		s.say("   %-16s %s", b, strings.Join(ids, ", "))
	}
	s.say("   %s is a bundle of several actions, some on the key of the bucket; %s needs approval", bundle, dangerous)
	return nil
}

// ask starts a run in which alice requests permissions on the bucket.
func (s *story) ask(permission, duration, reason string, approval bool) (run string) {
	inputs := map[string]any{"permissions": []string{permission}, "reason": reason}
	if duration != "" {
		inputs["duration"] = duration
	}
	return s.Port.StartRun(porttest.RunSpec{
		Action: "request_permissions", Entity: porttest.SampleBucket, Requester: alice, Properties: inputs, RequiredApproval: approval,
	})
}

func (s *story) request(ctx context.Context) error {
	return s.grant(ctx, s.ask(bundle, "1h", "read the monthly report", false), "s3:GetObject")
}

// grant waits for a run that grants an action on the objects of the bucket, and has alice
// open a session.
func (s *story) grant(ctx context.Context, run, allows string) error {
	if err := s.ended(ctx, run, "SUCCESS"); err != nil {
		return err
	}
	role, _ := s.objects("Permission-" + run)
	if role == nil {
		return fmt.Errorf("there is no role Permission-%s", run)
	}
	if s.alice.sts == nil {
		s.alice = s.signIn(alice)
	}
	key, err := s.alice.assume(ctx, role.ARN)
	g := granted{run: run, roleARN: role.ARN, roleID: role.ID, sessionKey: key, allows: allows}
	if r, _ := s.Port.Run(run); r.Approval != nil {
		g.approver = r.Approval.UserID
	}
	s.grants = append(s.grants, g)
	return err
}

// ended waits for the end of a run that was started, and shows its log.
func (s *story) ended(ctx context.Context, id, status string) error {
	s.say("   Port started run %s and wrote it to %s", id, topic)
	var r porttest.RunState
	if err := wait(ctx, func() bool { r, _ = s.Port.Run(id); return r.Ended() }); err != nil {
		return fmt.Errorf("run %s does not end: %w", id, err)
	}
	s.say("   run %s ended %s after %s; its log in Port:", id, r.Status, r.EndedAt.Sub(r.CreatedAt))
	for _, l := range r.Logs {
		s.say("   | %s", strings.ReplaceAll(l.Message, "\n", "\n   | "))
	}
	if r.Status != status || r.Ends != 1 {
		return fmt.Errorf("run %s ended %s (%d times), not %s", id, r.Status, r.Ends, status)
	}
	return nil
}
