package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

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
			"and tells the story of one grant. Needs neither settings nor a network. Stays up until Ctrl-C, with a page on\n" +
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
func runDemo(ctx context.Context, once bool, stdout, stderr io.Writer) (err error) {
	world, err := demo.NewWorld(demo.Options{})
	if err != nil {
		return err
	}
	defer world.Close()
	cfg, err := demoConfig(world)
	if err != nil {
		return err
	}
	l, err := listen(ctx, cfg.serve.address)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, cfg, l, stderr)
		stop()
	}()

	err = demo.Tell(ctx, world, "http://"+l.Addr().String(), stdout)
	if err == nil && !once {
		err = stay(ctx, world, "http://"+l.Addr().String(), stdout)
	}
	stop()
	return errors.Join(err, <-ended)
}

// stay serves the page of the stand-in and says where everything is, until ctx
// ends.
func stay(ctx context.Context, world *demo.World, daemonURL string, stdout io.Writer) error {
	page, stop, err := pages.Start(world.Port)
	if err != nil {
		return err
	}
	defer stop()
	_, _ = fmt.Fprintf(stdout, "\nStill running. Stop with Ctrl-C.\n"+
		"   request and revoke yourself: %s\n   status of the daemon:        %s/\n   metrics:                     %s/metrics\n   API of Port's stand-in:      %s\n"+
		"   for check, grants and setup: export %s\n",
		page, daemonURL, daemonURL, world.PortURL, strings.Join(worldSettings(world), " "))
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
func demoConfig(w *demo.World) (*config, error) {
	var s settings
	s.Port.ClientID, s.Port.ClientSecret, s.Port.BaseURL = demo.ClientID, newSecret(demo.ClientSecret), w.PortURL
	s.Kafka.Mechanism, s.Kafka.TLS = demo.KafkaMechanism, "false"
	s.IAM.Boundary = demo.Boundary
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
