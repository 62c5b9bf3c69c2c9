package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"port-iam/grants"
)

func newGrantsSweep() *cobra.Command {
	var asked struct{ dryRun, yes bool }
	cmd := &cobra.Command{
		Use:   "sweep",
		Short: "Clean up once: expired grants, orphans, interrupted removals",
		Long: "Does once what the daemon does at every SWEEP_INTERVAL, except for lost runs, which only the daemon can detect.\n" +
			"Shows what would be removed and asks for confirmation. With --yes it does not ask, and removes more than the daemon:\n" +
			"also what the brake protects (many grants without an entity at once), and grants without end whose run Port does not know.\n" +
			"Exit code: 0 done or nothing to do, 1 something could not be removed, or the brake held, 2 a setting is wrong.",
		Example: "  port-iam grants sweep --dry-run\n  port-iam grants sweep --yes",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return sweepGrants(cmd, asked.dryRun, asked.yes)
		},
	}
	cmd.Flags().BoolVar(&asked.dryRun, "dry-run", false, "show what would be removed, and remove nothing")
	cmd.Flags().BoolVar(&asked.yes, "yes", false, "do not ask for confirmation, and override the brake")
	return cmd
}

func sweepGrants(cmd *cobra.Command, dryRun, yes bool) error {
	ctx, stdout, stderr := cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr()
	if !dryRun && !yes && !isTerminal(cmd.InOrStdin()) {
		return errNotAsked
	}
	open := connectToRemove
	if dryRun {
		open = connect
	}
	c, err := open(ctx, stderr, stderr)
	if err != nil {
		return err
	}
	defer c.close()
	if c.portErr != nil {
		return fmt.Errorf("without Port a sweep cannot tell what to remove: %w", c.portErr)
	}
	sweeper := c.service.NewSweeper(grants.SweepOptions{Interval: c.cfg.sweep.interval, Grace: c.cfg.sweep.grace, Force: yes})
	stop := progress(stderr, "looking for what to remove")
	plan, err := sweeper.DryRun(ctx)
	stop()
	if err != nil {
		return whatToDo(err)
	}
	if err := writePlan(stdout, plan); err != nil {
		return err
	}
	doomed := removed(plan)
	switch {
	case dryRun:
		_, err = fmt.Fprintf(stdout, "Dry run: %d would be removed.\n", len(doomed))
		return errors.Join(err, notSwept(plan))
	case len(doomed) == 0:
		if _, err := fmt.Fprintln(stdout, "Nothing to remove."); err != nil {
			return err
		}
		return errors.Join(notSwept(plan), braked(plan))
	case !yes:
		if err := confirm(ctx, cmd.InOrStdin(), stderr, fmt.Sprintf("Remove %s?", count(len(doomed), "grant"))); err != nil {
			return err
		}
	}
	defer progress(stderr, "removing grants")()
	done, err := sweeper.Sweep(ctx)
	if err != nil {
		return fmt.Errorf("the sweep stopped: %w", whatToDo(err))
	}
	return afterSweep(stdout, doomed, done)
}

// removed are the findings that a sweep removed, or would.
func removed(r grants.Report) []grants.Finding {
	return slices.DeleteFunc(slices.Clone(r.Findings), func(f grants.Finding) bool { return !f.Removed })
}

// afterSweep compares what the operator agreed to remove with what is left of it.
// A grant that the sweep did not find any more has been removed by the daemon, but not
// one of an account that it could not look at.
func afterSweep(stdout io.Writer, doomed []grants.Finding, done grants.Report) error {
	var stayed []string
	for _, d := range doomed {
		stays := done.Away[d.Account] != nil
		for _, f := range done.Findings {
			if f.Account == d.Account && f.Name == d.Name {
				stays = !f.Removed
			}
		}
		if stays {
			stayed = append(stayed, d.Name)
		}
	}
	if _, err := fmt.Fprintf(stdout, "Removed %s.\n", count(len(doomed)-len(stayed), "grant")); err != nil {
		return err
	}
	if len(stayed) > 0 {
		return fmt.Errorf("not removed, see above: %s", printable(strings.Join(stayed, ", ")))
	}
	return errors.Join(notSwept(done), braked(done))
}

// notSwept says which accounts could not be looked at to the end; nil: all could.
func notSwept(r grants.Report) error {
	var why []string
	for _, id := range slices.Sorted(maps.Keys(r.Away)) {
		why = append(why, fmt.Sprintf("%s (%s)", id, flat(r.Away[id].Error())))
	}
	if len(why) == 0 {
		return nil
	}
	return fmt.Errorf("%s could not be looked at to the end: %s: run the command again when that works", count(len(why), "account"), atMost(shown, why, ", "))
}

func braked(r grants.Report) error {
	if r.Braked == 0 {
		return nil
	}
	return fmt.Errorf("%d grants have no entity in Port although their runs succeeded, so many that the fault may be in Port: they were left alone. "+
		"To remove them, run `port-iam grants sweep --yes`", r.Braked)
}

// writePlan shows what a sweep would do with each grant that is not active.
func writePlan(w io.Writer, r grants.Report) error {
	rows := [][]string{{"NAME", "ACCOUNT", "STATE", "WHAT HAPPENS", "WHY"}}
	for _, f := range r.Findings {
		what := "stays"
		if f.Removed {
			what = "would be removed"
		}
		if f.State != grants.StateActive {
			rows = append(rows, []string{cell(f.Name), cell(f.Account), string(f.State), what, flat(f.Why)})
		}
	}
	if len(rows) == 1 {
		return nil
	}
	return writeTable(w, rows)
}
