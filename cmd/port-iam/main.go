// Command port-iam grants and revokes AWS IAM permissions for runs of actions in
// Port.
//
// The package owns what a person or a machine sees of the program: commands and
// exit codes, settings, health, the status page, and what `check` and the commands
// of an operator say. What a grant is, and how records, Port and IAM are worked
// with, it leaves to packages grants, consumer, port and iamops.
//
// Files are grouped by the command that they are for: daemon (`run`), check,
// grants, setup, plan, print, demo, status (the page of the daemon). The others serve
// all of them: settings.go and config.go turn the environment into a
// configuration, wire.go makes every part from it, exit.go holds exit codes, text.go
// tables and texts, terminal.go questions and waiting.
//
// Start with newRoot for the commands, and with run for the daemon.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

const healthcheckName = "healthcheck"

func main() { os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr)) }

func execute(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer context.AfterFunc(ctx, stop)() // a second signal ends the process at once
	stdout, stderr = safeWriter{stdout}, safeWriter{stderr}
	trimEnvironment()
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	strictHelpers(root)
	begun := false
	root.PersistentPreRun = func(*cobra.Command, []string) { begun = true }
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	if !begun {
		err = usageError{err} // cobra did not understand flags or arguments
	}
	code := report(cmd, err, stderr)
	if firstName(args) == healthcheckName {
		code = exitFailed // of a container's health check, 2 is reserved
	}
	return code
}

// firstName is the first argument that is no flag.
func firstName(args []string) string {
	for _, a := range args {
		if !strings.HasPrefix(a, "-") {
			return a
		}
	}
	return ""
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "port-iam",
		Short:         "Grants and revokes AWS IAM permissions for runs of actions in Port",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(
		newDemo(),
		newPlan(),
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
				return runDaemon(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
			},
		},
		&cobra.Command{
			Use:     healthcheckName,
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

// strictHelpers makes the commands that cobra brings refuse what they do not know.
// They write to where root writes by now.
func strictHelpers(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "completion":
			cmd.Args, cmd.RunE = cobra.NoArgs, needSubcommand
		case "help":
			cmd.Args = func(_ *cobra.Command, args []string) error {
				_, rest, err := root.Find(args)
				if err == nil && len(rest) > 0 {
					err = fmt.Errorf("unknown command %q", strings.Join(args, " "))
				}
				return err
			}
		}
	}
}
