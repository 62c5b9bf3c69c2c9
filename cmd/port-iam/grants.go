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
		Long: "Shows the grants that exist in IAM and in Port, and takes them away with the same steps as the daemon.\n" +
			"Needs the daemon's settings for Port and AWS; those of Kafka are not read.\n" +
			"Exit code: 0 done, 1 could not, or the grant is foreign and must not be touched, 2 a setting or flag is wrong, 3 no such grant.",
		Args: cobra.NoArgs,
		RunE: needSubcommand,
	}
	cmd.AddCommand(newGrantsList(), newGrantsShow(), newGrantsRevoke(), newGrantsSweep())
	return cmd
}

func newGrantsList() *cobra.Command {
	var asked struct{ json, closely bool }
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List all grants: who may do what on which resource, and until when",
		Long: "Lists the roles and policies under IAM_PATH together with the entities of grants in Port. The states are:\n" +
			"  active           as it should be\n" +
			"  expired          its time is over: AWS denies its use, and the daemon's sweep removes it\n" +
			"  orphaned         its run did not succeed: the sweep removes it\n" +
			"  missing in Port  Port has no entity of it, or does not know its run\n" +
			"  incomplete       being made, or its removal was interrupted\n" +
			"  changed          changed by hand, see `port-iam grants show`\n" +
			"  foreign          has our path or name but is not ours: port-iam never touches it\n" +
			"  unknown          Port or AWS could not be asked\n\n" +
			"The states changed, and foreign by its tags, and where Port and IAM differ, need a close look: 50 grants of each account get one unless --closely is given.\n" +
			"Exit code: 0 listed, 1 Port or AWS could not be asked, or not about every account or grant (the list then shows what could be read), 2 a setting is wrong.",
		Example: "  port-iam grants list\n" +
			"  port-iam grants list --json | jq -r '.[] | select(.state == \"active\") | .requester'",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return listGrants(cmd.Context(), asked.json, asked.closely, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().BoolVar(&asked.json, "json", false, "print a JSON array")
	cmd.Flags().BoolVar(&asked.closely, "closely", false, "look closely at every grant: seven calls to IAM for each")
	return cmd
}

// looked is how many grants of an account are looked at closely unless more is asked for.
const looked = 50

// lookedAt is how many those are.
func lookedAt(all []grants.Listing) (n int) {
	of := map[string]int{}
	for _, g := range all {
		if of[g.Account]++; of[g.Account] <= looked {
			n++
		}
	}
	return n
}

func listGrants(ctx context.Context, asJSON, closely bool, stdout, stderr io.Writer) error {
	c, err := connect(ctx, io.Discard, stderr)
	if err != nil {
		return err
	}
	all, listErr := c.list(ctx, closely, stderr)
	if listErr != nil && len(all) == 0 {
		return whatToDo(listErr)
	}
	now := time.Now()
	switch {
	case asJSON:
		list := make([]grantJSON, len(all))
		for i, g := range all {
			list[i] = jsonOf(g, now)
		}
		err = writeJSON(stdout, list)
	case len(all) == 0:
		_, err = fmt.Fprintf(stdout, "There is nothing under %s, and no entity of a grant in Port.\n", c.cfg.iam.path)
	default:
		err = writeGrants(stdout, all, now)
	}
	if err != nil {
		return err
	}
	if n := lookedAt(all); n < len(all) && !closely && listErr == nil {
		_, _ = fmt.Fprintf(stderr, "looked closely at %d of %d grants: add --closely to look for changes made by hand, differences and foreign tags in all of them\n", n, len(all))
	}
	if listErr != nil {
		return fmt.Errorf("the list is not complete: %w", whatToDo(listErr))
	}
	return nil
}

func (c *connection) list(ctx context.Context, closely bool, stderr io.Writer) ([]grants.Listing, error) {
	defer progress(stderr, "reading grants from IAM and Port")()
	return c.operator.List(ctx, closely)
}

func newGrantsShow() *cobra.Command {
	var asked struct{ json, profile bool }
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "Show one grant in full, with its policies",
		Long: "Looks closely at one grant, and also shows what the list may not: changes made by hand, where Port and IAM differ,\n" +
			"and the permission policy and the trust policy, as they are in IAM.\n" +
			"Where several accounts have something of that name, it shows each: with --json one object after the other.\n\n" +
			"With --profile it prints only the profile for the requester's AWS CLI (~/.aws/config), made from what is in IAM: never from the entity in Port.\n" +
			"There is none of a grant that is cut, over, incomplete or foreign.\n" +
			"Exit code: 0 shown, 1 Port or AWS could not be asked, or the grant has no profile, 2 a setting is wrong, 3 no such grant.",
		Example: "  port-iam grants show Permission-r_4kTq0aBcDeFgHiJk\n" +
			"  port-iam grants show Permission-r_4kTq0aBcDeFgHiJk --profile",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if asked.profile {
				return showProfile(cmd.Context(), args[0], cmd.OutOrStdout(), cmd.ErrOrStderr())
			}
			return showGrant(cmd.Context(), args[0], asked.json, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().BoolVar(&asked.json, "json", false, "print a JSON object")
	cmd.Flags().BoolVar(&asked.profile, "profile", false, "print the profile for the AWS CLI alone")
	cmd.MarkFlagsMutuallyExclusive("json", "profile")
	return cmd
}

func showGrant(ctx context.Context, name string, asJSON bool, stdout, stderr io.Writer) error {
	c, err := connect(ctx, io.Discard, stderr)
	if err != nil {
		return err
	}
	stop := progress(stderr, "reading "+printable(name))
	rows, err := c.operator.Show(ctx, name)
	stop()
	if len(rows) == 0 {
		return whatToDo(err)
	}
	if err != nil {
		defer func() { _, _ = fmt.Fprintln(stderr, "what is shown is not complete") }()
	}
	return errors.Join(c.writeShown(stdout, rows, asJSON, time.Now()), whatToDo(err))
}

// writeShown is the output of `grants show`: what each account has of the name.
func (c *connection) writeShown(w io.Writer, rows []grants.Listing, asJSON bool, now time.Time) (err error) {
	for i, g := range rows {
		if asJSON {
			j := jsonOf(g, now)
			j.Policy, j.Versions, j.Trust = document(g.Policy), g.Versions, document(g.Trust)
			err = errors.Join(err, writeJSON(w, j))
			continue
		}
		if i > 0 {
			_, _ = fmt.Fprintln(w) // if that cannot be written, the rest cannot
		}
		err = errors.Join(err, writeGrant(w, g, c.roleARN(g), now), writeDocuments(w, g))
	}
	return err
}

// roleARN is that of the role of a grant, in its account.
func (c *connection) roleARN(g grants.Listing) string {
	for _, a := range c.served {
		if a.id == g.Account {
			return a.ops.RoleARN(g.Name)
		}
	}
	return ""
}
