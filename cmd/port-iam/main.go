// Command port-iam grants and revokes AWS IAM permissions for runs of actions in
// Port. This package only wires the others together.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitFailed = 1 // cannot go on
	exitConfig = 2 // a setting is wrong
)

func main() { os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr)) }

// configError is a wrong setting or argument.
type configError struct{ err error }

func (e *configError) Error() string { return e.err.Error() }
func (e *configError) Unwrap() error { return e.err }

func execute(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var wrong *configError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &wrong):
		_, _ = fmt.Fprintf(stderr, "port-iam: configuration:\n%v\n", err)
		return exitConfig
	}
	_, _ = fmt.Fprintf(stderr, "port-iam: %v\n", err)
	var coded *exitError
	if errors.As(err, &coded) {
		return coded.code
	}
	return exitFailed
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "port-iam",
		Short:         "Grants and revokes AWS IAM permissions for runs of actions in Port",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &configError{err} })
	root.AddCommand(
		newDemo(),
		newPrint(),
		newSetup(),
		newGrants(),
		newCheck(),
		&cobra.Command{
			Use:     "run",
			Short:   "Run the daemon until SIGTERM",
			Long:    "Reads runs from Port's Kafka topic and grants or revokes. Settings are environment variables, see the README.\nExit code: 0 clean stop, 1 cannot go on, 2 a setting is wrong.",
			Example: "  PORT_CLIENT_ID=… PORT_CLIENT_SECRET=… IAM_PERMISSIONS_BOUNDARY=arn:aws:iam::123456789012:policy/PortIamBoundary port-iam run",
			Args:    cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				cfg, err := readConfig()
				if err != nil {
					return &configError{err}
				}
				return run(cmd.Context(), cfg, cmd.ErrOrStderr())
			},
		},
		&cobra.Command{
			Use:     "healthcheck",
			Short:   "Ask the running daemon whether it is alive",
			Long:    "Asks /healthz at LISTEN_ADDRESS. Exit code: 0 alive, 1 not.",
			Example: "  port-iam healthcheck",
			Args:    cobra.NoArgs,
			RunE:    func(cmd *cobra.Command, _ []string) error { return healthcheck(cmd.Context()) },
		},
		&cobra.Command{
			Use:     "version",
			Short:   "Print the version",
			Example: "  port-iam version",
			Args:    cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				_, err := fmt.Fprintln(cmd.OutOrStdout(), readBuild())
				return err
			},
		},
	)
	return root
}
