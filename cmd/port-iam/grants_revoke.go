package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"port-iam/grants"
	"port-iam/iamops"
)

// revokeFlags say which grants to revoke.
type revokeFlags struct {
	requester, resource string
	all, yes            bool
}

func newGrantsRevoke() *cobra.Command {
	f := &revokeFlags{}
	cmd := &cobra.Command{
		Use:   "revoke NAME... | --requester EMAIL | --resource ARN | --all",
		Short: "Take grants away at once",
		Long: "Ends the grant's run if it is still open, cuts the access, removes role and policy, then the entity in Port.\n" +
			"Open sessions lose their access, too. If the command is interrupted, run it again: it continues where it stopped.\n" +
			"If Port cannot be reached, the access is removed anyway; the role stays, unusable, until Port can be told (exit code 1).\n" +
			"Foreign objects are left alone.\n" +
			"Exit code: 0 revoked, 1 could not, or not completely, or it is foreign, 2 a setting or flag is wrong, 3 no such grant.",
		Example: "  port-iam grants revoke Permission-r_4kTq0aBcDeFgHiJk\n" +
			"  port-iam grants revoke --requester alice@example.com\n" +
			"  port-iam grants revoke --resource arn:aws:s3:::my-bucket --yes",
		Args: func(_ *cobra.Command, args []string) error { return f.check(args) },
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.requester, "requester", "", "all grants of a person, by e-mail")
	flags.StringVar(&f.resource, "resource", "", "all grants for a resource, by ARN")
	flags.BoolVar(&f.all, "all", false, "all grants")
	flags.BoolVar(&f.yes, "yes", false, "do not ask for confirmation")
	return cmd
}

// check wants exactly one way to choose.
func (f *revokeFlags) check(args []string) error {
	ways := 0
	for _, given := range []bool{len(args) > 0, f.requester != "", f.resource != "", f.all} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		return errors.New("say which grants: names, or one of --requester, --resource and --all")
	}
	return nil
}

func (f *revokeFlags) run(cmd *cobra.Command, names []string) error {
	ctx, stdout, stderr := cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr()
	if !f.yes && !isTerminal(cmd.InOrStdin()) {
		return errNotAsked
	}
	c, err := connect(ctx, io.Discard, stderr)
	if err != nil {
		return err
	}
	chosen := slices.Compact(slices.Sorted(slices.Values(names)))
	if len(names) == 0 {
		if chosen, err = f.choose(ctx, c, stdout, stderr); err != nil || len(chosen) == 0 {
			return err
		}
	}
	if !f.yes {
		what := count(len(chosen), "grant")
		if len(chosen) <= looked && len(names) > 0 {
			what = printable(strings.Join(chosen, ", "))
		}
		if err := confirm(ctx, cmd.InOrStdin(), stderr, fmt.Sprintf("Revoke %s?", what)); err != nil {
			return err
		}
	}
	return c.revoke(ctx, chosen, stdout, stderr)
}

// choose lists the grants that the flags mean, and shows them.
func (f *revokeFlags) choose(ctx context.Context, c *connection, stdout, stderr io.Writer) ([]string, error) {
	all, err := c.list(ctx, false, stderr)
	if err != nil && all == nil {
		return nil, whatToDo(err)
	}
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "the list is not complete, choosing from what IAM has: %v\n", err)
	}
	var chosen []grants.Listing
	var names []string
	foreign, unnamed := 0, 0
	for _, g := range all {
		switch {
		case g.State == grants.StateForeign:
			foreign++
		case f.requester != "" && g.Requester == "":
			unnamed++
		case f.all, f.requester != "" && strings.EqualFold(g.Requester, f.requester), f.resource != "" && g.On(f.resource):
			chosen = append(chosen, g)
			names = append(names, g.Name)
		}
	}
	if foreign > 0 {
		_, _ = fmt.Fprintf(stderr, "%s under our path or name left alone, see `port-iam grants list`\n", count(foreign, "foreign object"))
	}
	if unnamed > 0 {
		_, _ = fmt.Fprintf(stderr, "%s without a known requester skipped, see `port-iam grants list`\n", count(unnamed, "grant"))
	}
	if len(chosen) == 0 {
		if f.all {
			_, err := fmt.Fprintln(stdout, "There is no grant.")
			return nil, err
		}
		return nil, fmt.Errorf("%w: %s%s has none", grants.ErrNoGrant, f.requester, f.resource)
	}
	return names, writeGrants(stdout, chosen, time.Now())
}

// parallelRevokes is how many grants are revoked at the same time: few enough for
// IAM not to throttle the daemon, which shares the account's limits.
const parallelRevokes = 4

// revoke takes the grants away. A failure of one does not stop the others.
func (c *connection) revoke(ctx context.Context, names []string, stdout, stderr io.Writer) error {
	defer progress(stderr, "revoking "+count(len(names), "grant"))()
	failed, missing := 0, 0
	var mu sync.Mutex // of the counts and of what is printed
	var g errgroup.Group
	g.SetLimit(parallelRevokes)
	for _, name := range names {
		g.Go(func() error {
			err := c.operator.Revoke(ctx, name)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				_, err = fmt.Fprintf(stdout, "%s revoked\n", printable(name))
				return err
			case errors.Is(err, grants.ErrNoGrant):
				missing++
			default:
				failed++
			}
			_, _ = fmt.Fprintf(stderr, "%s not revoked: %v\n", printable(name), explainRevoke(err))
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	switch {
	case failed > 0:
		return fmt.Errorf("%d of %s not revoked, or not completely", failed, count(len(names), "grant"))
	case missing > 0:
		return fmt.Errorf("%w (%d of %d names)", grants.ErrNoGrant, missing, len(names))
	}
	return nil
}

// explainRevoke says what is true now and what to do.
func explainRevoke(err error) error {
	var left *grants.Unfinished
	switch {
	case errors.As(err, &left):
		return fmt.Errorf("%s. Port: %w", left.Left, whatToDo(left.Err))
	case iamops.IsKind(err, iamops.KindForeign):
		return fmt.Errorf("it is not ours and was left alone: %w", err)
	case iamops.IsKind(err, iamops.KindDenied):
		return fmt.Errorf("%w: use credentials that carry `port-iam print management-policy`", err)
	}
	return err
}
