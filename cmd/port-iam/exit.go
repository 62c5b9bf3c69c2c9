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
	exitConfig   = 2 // a setting, flag or argument is wrong
	exitNotFound = 3 // there is no such grant
)

// exitError ends the program with a code of its own; any other error ends it with
// exitFailed.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// wrongConfig gives an error about settings, flags or arguments its exit code.
func wrongConfig(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{exitConfig, err}
}

// notFound gives the error its exit code if it says that there is no such grant.
func notFound(err error) error {
	if errors.Is(err, grants.ErrNoGrant) {
		return &exitError{exitNotFound, err}
	}
	return err
}

var (
	errNotAsked = wrongConfig(errors.New("this is not a terminal, so nobody can be asked to confirm: add --yes if you are sure"))
	errDeclined = errors.New("not confirmed, nothing was changed")
)

// report writes the error of a command and returns the exit code.
func report(err error, stderr io.Writer) int {
	if err == nil {
		return 0
	}
	code := exitFailed
	var coded *exitError
	if errors.As(err, &coded) {
		code = coded.code
	}
	format := "port-iam: %v\n"
	if code == exitConfig {
		format = "port-iam: configuration:\n%v\n" // may be several lines
	}
	_, _ = fmt.Fprintf(stderr, format, err)
	return code
}

const remedyLogin = "check PORT_CLIENT_ID, PORT_CLIENT_SECRET and PORT_BASE_URL (EU or US)"

// whatToDo adds to a refusal of Port what helps.
func whatToDo(err error) error {
	switch {
	case port.IsKind(err, port.KindUnauthorized):
		return fmt.Errorf("%w: "+remedyLogin+"; the credentials must be allowed to edit blueprints, actions and entities", err)
	case port.IsKind(err, port.KindUnavailable):
		return fmt.Errorf("%w: Port could not be reached or did not answer as it should; check PORT_BASE_URL, or try again later", err)
	}
	return err
}

// noArgs is cobra.NoArgs with the exit code of a wrong argument.
func noArgs(cmd *cobra.Command, args []string) error { return wrongConfig(cobra.NoArgs(cmd, args)) }

// exactlyOne is cobra.ExactArgs(1) with the exit code of a wrong argument.
func exactlyOne(cmd *cobra.Command, args []string) error {
	return wrongConfig(cobra.ExactArgs(1)(cmd, args))
}

// askSubcommand makes what a command does that has only subcommands.
func askSubcommand(request string) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		var names []string
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() && c.Name() != "help" {
				names = append(names, c.Name())
			}
		}
		return wrongConfig(fmt.Errorf("%s: %s", request, strings.Join(names, ", ")))
	}
}
