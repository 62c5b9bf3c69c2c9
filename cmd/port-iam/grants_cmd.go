package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"port-iam/grants"
)

// newGrants makes the commands of an operator, which need no Kafka.
func newGrants() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "grants",
		Short: "Show and revoke grants, and clean up, without Kafka",
		Long: "Shows what exists in IAM and in Port, and takes it away by the very steps of the daemon.\n" +
			"Needs the daemon's settings for Port and AWS; those of Kafka are not looked at.\n" +
			"Exit code: 0 done, 1 could not, or it is foreign and not ours to touch, 2 a setting or flag is wrong, 3 no such grant.",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return &configError{fmt.Errorf("say what to do: %s", commandNames(cmd))}
		},
	}
	cmd.AddCommand(newGrantsList(), newGrantsShow(), newGrantsRevoke(), newGrantsSweep())
	return cmd
}

func newGrantsList() *cobra.Command {
	var asked struct{ json, closely bool }
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List all grants: who may do what on which resource, and until when",
		Long: "Lists what is under IAM_PATH in IAM, and the entities of grants in Port, together. The states are:\n" +
			"  active           as it should be\n" +
			"  expired          its time is over: AWS lets nobody use it, and the daemon's sweep removes it\n" +
			"  orphaned         its run did not succeed: the sweep removes it\n" +
			"  missing in Port  Port has no entity of it, or does not know its run\n" +
			"  incomplete       being made, or its removal was interrupted\n" +
			"  changed          by hand, see `port-iam grants show`\n" +
			"  foreign          under our path or name and not ours: it is never touched\n" +
			"  unknown          Port or AWS could not be asked\n\n" +
			"What only a close look shows (changed, foreign by its tags) is looked for in 50 grants unless --closely is given.\n" +
			"Exit code: 0 listed, 1 Port or AWS could not be asked (what IAM has is listed all the same), 2 a setting is wrong.",
		Example: "  port-iam grants list\n" +
			"  port-iam grants list --json | jq -r '.[] | select(.state == \"active\") | .requester'",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return listGrants(cmd.Context(), asked.json, asked.closely, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().BoolVar(&asked.json, "json", false, "print a JSON array")
	cmd.Flags().BoolVar(&asked.closely, "closely", false, "look closely at every grant: five calls to IAM for each")
	return cmd
}

// looked is how many grants are looked at closely unless more is asked for.
const looked = 50

func listGrants(ctx context.Context, asJSON, closely bool, stdout, stderr io.Writer) error {
	k, err := openDesk(ctx, stderr)
	if err != nil {
		return err
	}
	all, listErr := k.list(ctx, closely, stderr)
	if listErr != nil && all == nil {
		return whatToDo(listErr)
	}
	switch {
	case asJSON:
		err = writeJSON(stdout, toJSON(all))
	case len(all) == 0:
		_, err = fmt.Fprintf(stdout, "There is nothing under %s, and no entity of a grant in Port.\n", k.cfg.iam.path)
	default:
		err = writeGrants(stdout, all, time.Now())
	}
	if err != nil {
		return err
	}
	if len(all) > looked && !closely && listErr == nil {
		_, _ = fmt.Fprintf(stderr, "looked closely at %d of %d: add --closely to see changes made by hand, and foreign tags, in all\n", looked, len(all))
	}
	if listErr != nil {
		return fmt.Errorf("the list is not complete: %w", whatToDo(listErr))
	}
	return nil
}

func (k *desk) list(ctx context.Context, closely bool, stderr io.Writer) ([]grants.Listing, error) {
	defer progress(stderr, func() string { return "reading grants from IAM and Port" })()
	operator, err := k.operator()
	if err != nil {
		return nil, err
	}
	return operator.List(ctx, closely)
}

func toJSON(all []grants.Listing) []grantJSON {
	now := time.Now()
	out := make([]grantJSON, len(all))
	for i, g := range all {
		out[i] = asJSON(g, now)
	}
	return out
}

func newGrantsShow() *cobra.Command {
	var asked bool
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "Show one grant in full",
		Long: "Looks closely at one grant: what lists do not show, such as changes made by hand, is there.\n" +
			"Exit code: 0 shown, 1 Port or AWS could not be asked, 2 a setting is wrong, 3 no such grant.",
		Example: "  port-iam grants show Permission-r_4kTq0aBcDeFgHiJk",
		Args:    exactlyOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			return showGrant(cmd.Context(), args[0], asked, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().BoolVar(&asked, "json", false, "print a JSON object")
	return cmd
}

// exactlyOne is cobra.ExactArgs(1) with the exit code of a wrong argument.
func exactlyOne(cmd *cobra.Command, args []string) error {
	if err := cobra.ExactArgs(1)(cmd, args); err != nil {
		return &configError{err}
	}
	return nil
}

func showGrant(ctx context.Context, name string, asked bool, stdout, stderr io.Writer) error {
	k, err := openDesk(ctx, stderr)
	if err != nil {
		return notFound(err)
	}
	stop := progress(stderr, func() string { return "reading " + printable(name) })
	operator, err := k.operator()
	if err != nil {
		return err
	}
	g, err := operator.Show(ctx, name)
	stop()
	if g.Name == "" {
		return notFound(whatToDo(err))
	}
	if err != nil {
		defer func() { _, _ = fmt.Fprintln(stderr, "what is shown is not complete") }()
	}
	now := time.Now()
	if asked {
		return errors.Join(writeJSON(stdout, asJSON(g, now)), whatToDo(err))
	}
	return errors.Join(writeGrant(stdout, g, k.ops.RoleARN(g.Name), now), whatToDo(err))
}
