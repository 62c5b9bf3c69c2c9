package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/spf13/cobra"

	"port-iam/internal/demo"
	"port-iam/internal/demo/pages"
)

func newDemo() *cobra.Command {
	var once bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show a grant from request to revocation, offline",
		Long: "Runs the daemon against a Kafka broker, a stand-in for Port and an AWS account that live in this process,\n" +
			"and tells the story of a few grants. Needs neither settings nor a network. Stays up until Ctrl-C, with a page on\n" +
			"loopback where the story can be clicked through.\n" +
			"Exit code: 0 every step held, 1 one did not.",
		Example: "  port-iam demo --once",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd.Context(), once, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().BoolVar(&once, "once", false, "exit when the story has been told")
	return cmd
}

// runDemo starts the world and the daemon in it, and tells the story.
func runDemo(ctx context.Context, once bool, stdout, stderr io.Writer) error {
	world, err := demo.NewWorld(demo.Options{})
	if err != nil {
		return err
	}
	defer world.Close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	d := &demoDaemon{world: world, stderr: stderr, died: stop}
	err = demo.Tell(ctx, world, demo.Daemon{Start: d.start, Profile: d.profile, Audit: d.audit.text}, stdout)
	if err == nil && !once {
		err = stay(ctx, world, d, stdout)
	}
	return errors.Join(err, d.stop())
}

// demoDaemon is the daemon of the demo, which can be started again with other settings.
type demoDaemon struct {
	world  *demo.World
	audit  tape
	stderr io.Writer
	died   func() // called when it ends by itself

	// Of the one that runs; nil and "" before the first.
	cfg *config
	url string
	end func() error
}

// start stops the daemon that runs, if one does, and starts one.
func (d *demoDaemon) start(ctx context.Context, console bool) (url string, err error) {
	if err := d.stop(); err != nil {
		return "", err
	}
	if d.cfg, err = demoConfig(d.world, console); err != nil {
		return "", err
	}
	l, err := listen(ctx, d.cfg.serve.address)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, d.cfg, l, &d.audit, d.stderr)
		if ctx.Err() == nil {
			d.died()
		}
	}()
	d.url, d.end = "http://"+l.Addr().String(), func() error { cancel(); return <-ended }
	return d.url, nil
}

// stop ends the daemon, and returns why it had ended before, if it had.
func (d *demoDaemon) stop() error {
	if d.end == nil {
		return nil
	}
	end := d.end
	d.end = nil
	return end()
}

// profile is what `port-iam grants show NAME --profile` prints.
func (d *demoDaemon) profile(ctx context.Context, name string) (string, error) {
	c, err := connectAs(ctx, d.cfg, io.Discard, io.Discard)
	if err != nil {
		return "", err
	}
	return c.profile(ctx, name)
}

// tape holds audit events, and can show those that come later.
type tape struct {
	mu    sync.Mutex
	all   strings.Builder
	shown io.Writer // nil: none are
}

// Write is part of io.Writer.
func (t *tape) Write(line []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.shown != nil {
		if _, err := t.shown.Write(line); err != nil {
			return 0, err
		}
	}
	return t.all.Write(line)
}

func (t *tape) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all.String()
}

// showOn shows the events that come from now on.
func (t *tape) showOn(w io.Writer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.shown = w
}

// stay serves the page of the stand-in and says where everything is, until ctx
// ends.
func stay(ctx context.Context, world *demo.World, d *demoDaemon, stdout io.Writer) error {
	page, stop, err := pages.Start(world.Port)
	if err != nil {
		return err
	}
	defer stop()
	_, _ = fmt.Fprintf(stdout, "\nStill running. Stop with Ctrl-C.\n"+
		"   request and revoke yourself: %s\n   status of the daemon:        %s/\n   metrics:                     %s/metrics\n   API of Port's stand-in:      %s\n"+
		"   for check, grants and setup: export %s\n   audit events:                follow here\n\n",
		page, d.url, d.url, world.PortURL, strings.Join(worldSettings(world), " "))
	d.audit.showOn(stdout)
	<-ctx.Done()
	return nil
}

// worldSettings let the other commands work in the world, from another shell.
func worldSettings(w *demo.World) []string {
	return []string{
		"PORT_BASE_URL=" + w.PortURL, "PORT_CLIENT_ID=" + demo.ClientID, "PORT_CLIENT_SECRET=" + demo.ClientSecret, "KAFKA_TLS=false",
		"IAM_PERMISSIONS_BOUNDARY=" + demo.Boundary, "AWS_ENDPOINT_URL=" + w.AWSURL, "AWS_ACCESS_KEY_ID=daemon", "AWS_SECRET_ACCESS_KEY=secret",
	}
}

// demoConfig is the configuration of a daemon in the world, from the settings
// that the real one would be given.
func demoConfig(w *demo.World, console bool) (*config, error) {
	var s settings
	s.Port.ClientID, s.Port.ClientSecret, s.Port.BaseURL = demo.ClientID, newSecret(demo.ClientSecret), w.PortURL
	s.Kafka.Mechanism, s.Kafka.TLS = demo.KafkaMechanism, "false"
	s.IAM.Boundary, s.Grant.Console = demo.Boundary, strconv.FormatBool(console)
	s.Sweep.Interval = "10s" // so that the status page lists grants soon
	s.Serve.Address, s.Serve.LogLevel, s.Serve.LogFormat = "127.0.0.1:0", "warn", "text"
	s.fillDefaults()
	cfg, err := s.parse(func(context.Context) (aws.Config, error) {
		return aws.Config{
			Region: defaultRegion, BaseEndpoint: aws.String(w.AWSURL),
			Credentials: credentials.NewStaticCredentialsProvider("daemon", "secret", ""),
		}, nil
	})
	if err != nil {
		return nil, fmt.Errorf("settings of the demo: %s", withSemicolons(err))
	}
	cfg.warnings = nil // nobody chose these
	return cfg, nil
}
