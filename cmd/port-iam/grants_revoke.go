package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

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
		Long: "Cuts the access, ends the grant's run if it is still open, removes policy and role, then the entity in Port.\n" +
			"Open sessions lose their access, too. If the command is interrupted, run it again: it continues where it stopped.\n" +
			"If Port cannot be reached, the access is removed anyway; the role stays, unusable, until Port can be told (exit code 1).\n" +
			"Foreign objects are left alone.\n" +
			"--requester and --resource choose by what Port says and by what tags and policies in IAM say; one of both is enough.\n" +
			"A resource is the one that was granted, or a part of it named in the policy; a part of what was granted does not match.\n" +
			"What cannot be read, or cannot be told, is named; the rest is revoked, and the exit code is 1.\n" +
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
	if f.resource != "" && !namesResource(f.resource) {
		return fmt.Errorf("--resource is %q, which is the ARN of no resource: its name is missing at the end", f.resource)
	}
	return nil
}

// namesResource reports whether an ARN has a name, which it has not where a shell put
// nothing for a variable. What is no ARN is the identifier of an entity in Port.
func namesResource(arn string) bool {
	fields := strings.SplitN(arn, ":", 6)
	if fields[0] != "arn" || len(fields) < 6 {
		return fields[0] != "arn"
	}
	name := strings.TrimRight(fields[5], "/:")
	return name != "" && (name == fields[5] || fields[2] == "s3" || strings.ContainsAny(name, "/:"))
}

func (f *revokeFlags) run(cmd *cobra.Command, names []string) error {
	ctx, stdout, stderr := cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr()
	if !f.yes && !isTerminal(cmd.InOrStdin()) {
		return errNotAsked
	}
	c, err := connectToRemove(ctx, io.Discard, stderr)
	if err != nil {
		return err
	}
	defer c.close()
	chosen, incomplete := map[string]string{}, error(nil)
	for _, name := range names {
		chosen[name] = ""
	}
	if len(names) == 0 {
		if chosen, incomplete, err = f.choose(ctx, c, stdout, stderr); err != nil || len(chosen) == 0 {
			return errors.Join(err, incomplete)
		}
	}
	if !f.yes {
		what := count(len(chosen), "grant")
		if len(chosen) <= looked && len(names) > 0 {
			what = printable(strings.Join(slices.Sorted(maps.Keys(chosen)), ", "))
		}
		if err := confirm(ctx, cmd.InOrStdin(), stderr, fmt.Sprintf("Revoke %s?", what)); err != nil {
			return err
		}
	}
	err = c.revoke(ctx, chosen, stdout, stderr)
	if incomplete != nil && errors.Is(err, grants.ErrNoGrant) {
		return incomplete // there may be more: nobody can say that there is no such grant
	}
	return errors.Join(err, incomplete)
}

// choose lists the grants that the flags mean, and shows them. It returns an account in
// which each is, by name. incomplete: there may be more of them, as not everything could
// be read.
func (f *revokeFlags) choose(ctx context.Context, c *connection, stdout, stderr io.Writer) (names map[string]string, incomplete, err error) {
	names = map[string]string{}
	all, listErr := c.list(ctx, !f.all, stderr)
	var chosen []grants.Listing
	var foreign, unread, doubtful []string
	for _, g := range all {
		meant, doubt := f.means(g)
		switch {
		case g.State == grants.StateForeign:
			foreign = append(foreign, g.Name)
			continue
		case meant:
			chosen = append(chosen, g)
			names[g.Name] = g.Account // one that several accounts have goes in all of them
		case doubt != "":
			doubtful = append(doubtful, fmt.Sprintf("%s (%s)", printable(g.Name), doubt))
		}
		if g.Unread != nil {
			unread = append(unread, fmt.Sprintf("%s (%s)", printable(g.Name), flat(g.Unread.Error())))
		}
	}
	if len(foreign) > 0 {
		_, _ = fmt.Fprintf(stderr, "%s under our path or name left alone, see `port-iam grants list`\n", count(len(foreign), "foreign object"))
	}
	incomplete = whatIsMissing(listErr, unread, doubtful)
	switch {
	case len(chosen) > 0:
		err = writeGrants(stdout, chosen, time.Now())
	case incomplete != nil: // that there is none cannot be told
	case f.all:
		_, err = fmt.Fprintln(stdout, "There is no grant.")
	default:
		err = fmt.Errorf("%w: %s%s has none", grants.ErrNoGrant, f.requester, f.resource)
	}
	return names, incomplete, err
}

// means reports whether the flags mean a grant; where they do not, doubt says why
// that is not certain.
func (f *revokeFlags) means(g grants.Listing) (meant bool, doubt string) {
	switch {
	case f.requester != "":
		return g.Of(f.requester), g.DoubtOf(f.requester)
	case f.resource != "":
		return g.On(f.resource), g.DoubtOn()
	}
	return f.all, ""
}

// shown is how many names are shown of those that are only counted otherwise.
const shown = 20

// whatIsMissing says why grants may have been left out of a choice; nil: none have.
func whatIsMissing(listErr error, unread, doubtful []string) error {
	var parts []string
	if len(unread) > 0 {
		parts = append(parts, fmt.Sprintf("%s could not be read completely: %s", count(len(unread), "grant"), atMost(shown, unread, ", ")))
	}
	if listErr != nil {
		parts = append(parts, whatToDo(listErr).Error())
	}
	if len(doubtful) > 0 {
		parts = append(parts, fmt.Sprintf("of %s it cannot be told and they were left: %s", count(len(doubtful), "grant"), atMost(shown, doubtful, ", ")))
	}
	if len(parts) == 0 {
		return nil
	}
	return fmt.Errorf("the choice may not be complete: %s: run the command again, or see `port-iam grants list`", strings.Join(parts, "; "))
}

// revoke takes the grants away, several at a time in each account, and says what became
// of each as soon as it is known. in is an account in which each is, by name; "": not
// known. A failure of one does not stop the others, and neither does an account that
// does not answer.
func (c *connection) revoke(ctx context.Context, in map[string]string, stdout, stderr io.Writer) error {
	names := slices.Sorted(maps.Keys(in))
	defer progress(stderr, "revoking "+count(len(names), "grant"))()
	type result struct {
		name string
		err  error
	}
	done := make(chan result, len(names))
	slots := map[string]chan struct{}{}
	for _, account := range in {
		slots[account] = make(chan struct{}, grants.Parallel)
	}
	for _, name := range names {
		free := slots[in[name]]
		go func() {
			free <- struct{}{}
			defer func() { <-free }()
			done <- result{name, c.operator.Revoke(ctx, name)}
		}()
	}
	failed, missing := 0, 0
	var writing error
	for range names {
		r := <-done
		name, err := r.name, r.err
		switch {
		case err == nil:
			_, err = fmt.Fprintf(stdout, "%s revoked\n", printable(name))
			writing = errors.Join(writing, err)
			continue
		case errors.Is(err, grants.ErrNoGrant):
			missing++
		default:
			failed++
		}
		what := "not revoked"
		if errors.As(err, new(*grants.Unfinished)) {
			what = "not removed completely"
		}
		_, _ = fmt.Fprintf(stderr, "%s %s: %v\n", printable(name), what, explainRevoke(err))
	}
	switch {
	case writing != nil:
		return writing
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
