package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"port-iam/grants"
	"port-iam/port"
)

// Exit codes, as the help of each command explains them.
const (
	exitFailed   = 1 // cannot go on
	exitConfig   = 2 // a setting, flag or argument is wrong; not of healthcheck
	exitNotFound = 3 // there is no such grant
)

// configError says what is wrong with settings, and with flags that stand for them.
type configError struct{ error }

func (e configError) Unwrap() error { return e.error }

// loggedError is the end of the daemon, which its log has told.
type loggedError struct{ error }

func (e loggedError) Unwrap() error { return e.error }

// usageError says what is wrong with the command line itself.
type usageError struct{ error }

var (
	errNotAsked   = usageError{errors.New("this is not a terminal, so nobody can be asked to confirm: add --yes if you are sure")}
	errDeclined   = errors.New("not confirmed, nothing was changed")
	errPortSilent = errors.New("Port cannot be asked") // and nothing else says whose grants are ours
)

// report writes the error of a command and returns the exit code.
func report(cmd *cobra.Command, err error, stderr io.Writer) int {
	code, format := exitFailed, "port-iam: %v\n"
	switch {
	case errors.As(err, new(configError)):
		code, format = exitConfig, "port-iam: configuration:\n%v\n" // may be several lines
	case errors.As(err, new(usageError)):
		code = exitConfig
	case errors.Is(err, grants.ErrNoGrant), errors.Is(err, errPortSilent) && (cmd.Name() == "show" || cmd.Name() == "revoke"):
		code = exitNotFound
	}
	if !errors.As(err, new(loggedError)) {
		_, _ = fmt.Fprintf(stderr, format, err)
	}
	return code
}

const remedyLogin = "check PORT_CLIENT_ID, PORT_CLIENT_SECRET and PORT_BASE_URL (EU or US)"

// whatToDo adds to a refusal of Port what helps.
func whatToDo(err error) error {
	switch {
	case port.IsKind(err, port.KindUnauthorized):
		return fmt.Errorf("%w: "+remedyLogin+"; the credentials must be allowed to edit blueprints, actions with their permissions, and entities, and to read teams", err)
	case port.IsKind(err, port.KindUnavailable):
		return fmt.Errorf("%w: Port could not be reached or did not answer as it should; check PORT_BASE_URL, or try again later", err)
	}
	return err
}

// needSubcommand is what a command does that has only subcommands.
func needSubcommand(cmd *cobra.Command, _ []string) error {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() && c.Name() != "help" {
			names = append(names, c.Name())
		}
	}
	return usageError{fmt.Errorf("say what to do: %s", strings.Join(names, ", "))}
}
