package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"port-iam/iamops"
	"port-iam/internal/setup"
	"port-iam/port"
	"port-iam/templates"
)

// setupFlags are the flags of `port-iam setup`.
type setupFlags struct {
	dryRun, samples, yes       bool
	account, approval, starter string
	executeTeams, approveTeams []string // as the flags have them; nil where there is none
}

// Values of --require-approval.
const (
	approveGrants = "grants"
	approveAll    = "all"
)

// newSetup makes the command that installs the data model in Port.
func newSetup() *cobra.Command {
	f := &setupFlags{}
	cmd := &cobra.Command{
		Use:   "setup",
		Short: "Create or update blueprints, actions and the automation in Port",
		Long: "Installs in Port what port-iam needs: shows what it changes, asks, and changes it. --yes does not ask; without a\n" +
			"terminal it is needed where there is something to change. A second run changes nothing.\n" +
			"What you added stays, and what you removed from the values of enums stays away: only the types of resources that\n" +
			"--samples and --starter-permissions of this run need are added. An existing action gets the message to Kafka, inputs\n" +
			"that it lacks, and approval if --require-approval asks for it and it has none; the automation is switched on unless\n" +
			"you switched it off. If something in Port conflicts with this, setup shows it and changes nothing.\n\n" +
			"By Port's default every member of the organisation may request access, and revoke the access of others.\n" +
			"--execute-teams takes both away from the role Member, which everybody has, and gives them to the teams;\n" +
			"--approve-teams does so with the approval. Administrators, teams and people whom you named in Port stay, and so does a\n" +
			"policy, which decides alone where there is one.\n\n" +
			"Settings: PORT_CLIENT_ID, PORT_CLIENT_SECRET, PORT_BASE_URL, GRANT_ACTION, REVOKE_ACTION, EXPIRE_ACTION, and\n" +
			"for --starter-permissions GRANT_DENY, GRANT_ALLOW. The accounts are those of ACCOUNTS, or the one of --account,\n" +
			"of the ARN in IAM_PERMISSIONS_BOUNDARY, or of the AWS credentials.\n" +
			"Approval and teams are for all actions of GRANT_ACTION: for other ones of one of several, name it there alone.\n" +
			"Exit code: 0 done or nothing to do, 1 could not, 2 a setting or flag is wrong, or there is nobody to ask.",
		Example: "  port-iam setup --account 123456789012 --dry-run\n" +
			"  port-iam setup --account 123456789012 --samples\n" +
			"  port-iam setup --require-approval=all --starter-permissions s3,ec2,dynamodb --yes\n" +
			"  port-iam setup --require-approval --execute-teams developers,on-call --approve-teams security",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.dryRun, "dry-run", false, "show what would change, and change nothing")
	flags.BoolVar(&f.yes, "yes", false, "do not ask for confirmation")
	flags.BoolVar(&f.samples, "samples", false, "add two resources and some permissions to try out")
	flags.StringVar(&f.account, "account", "", "AWS account id, 12 digits (default: ACCOUNTS, else that of the boundary, else of the AWS credentials)")
	flags.StringVar(&f.starter, "starter-permissions", "", "prefixes of services, comma separated, whose actions people may request, by themselves and in bundles")
	flags.StringArrayVar(&f.executeTeams, "execute-teams", nil, "`teams` in Port, comma separated, who may request and revoke, and no longer every member")
	flags.StringArrayVar(&f.approveTeams, "approve-teams", nil, "`teams` in Port, comma separated, who may approve, where approval is required")
	approvalFlag(cmd, &f.approval)
	return cmd
}

func approvalFlag(cmd *cobra.Command, value *string) {
	flags := cmd.Flags()
	flags.StringVar(value, "require-approval", "", "let an approver confirm requests, or with =all revocations too")
	flags.Lookup("require-approval").NoOptDefVal = approveGrants
}

func (f *setupFlags) run(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer) error {
	cfg, choice, err := f.read(readSettings())
	if err != nil {
		return configError{err}
	}
	portal, err := newPortal(cfg, port.Options{})
	if err != nil {
		return configError{err}
	}
	if len(choice.Actions.Accounts) == 0 {
		var account string
		if account, choice.Partition, err = askAccount(ctx); err != nil {
			return err
		}
		choice.Actions.Accounts = []string{account}
	}
	want, err := setup.Want(choice)
	if err != nil {
		return configError{err}
	}
	org, err := portal.OrganizationID(ctx)
	if err != nil {
		return whatToDo(err)
	}
	if err := cfg.checkOrganization(org); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(stdout, "Port organisation %s, AWS %s\n\n", org, inWords(choice.Actions.Accounts))
	if err := f.install(ctx, portal, want, stdin, stdout, stderr); err != nil {
		return err
	}
	f.noteNever(ctx, cfg, portal, choice.Actions.Accounts, choice.Partition, stdout)
	return nil
}

// install compares what is wanted with what Port has, shows the difference, asks
// and applies it.
func (f *setupFlags) install(ctx context.Context, portal *port.Client, want setup.Desired, stdin io.Reader, stdout, stderr io.Writer) error {
	if len(want.Entities) > 20 {
		_, _ = fmt.Fprintf(stderr, "reading %d entities\n", len(want.Entities))
	}
	plan, err := setup.Compare(ctx, portal, want)
	switch {
	case errors.Is(err, setup.ErrNoApproval):
		return configError{fmt.Errorf("--approve-teams: %w: add --require-approval", err)}
	case err != nil:
		return whatToDo(err)
	}
	if err := plan.Write(stdout); err != nil {
		return err
	}
	end := "Done."
	switch {
	case len(plan.Conflicts()) > 0:
		return fmt.Errorf("%w: solve what is marked with ! and run it again", setup.ErrConflict)
	case plan.Empty():
		end = "Nothing to change."
	case f.dryRun:
		end = "Dry run: nothing was changed."
	default:
		if err := f.confirm(ctx, stdin, stderr); err != nil {
			return err
		}
		if err := plan.Apply(ctx, stderr); err != nil {
			return fmt.Errorf("%w\nWhat was done stays. Run `port-iam setup` again for the rest", whatToDo(err))
		}
	}
	_, err = fmt.Fprintf(stdout, "\n%s\n", end)
	return err
}

// confirm asks before something is written.
func (f *setupFlags) confirm(ctx context.Context, stdin io.Reader, stderr io.Writer) error {
	switch {
	case f.yes:
		return nil
	case !isTerminal(stdin):
		return errNotAsked
	}
	return confirm(ctx, stdin, stderr, "Change this in Port?")
}

// read checks flags and the settings that setup needs. Where it runs, the daemon's
// other settings need not be right, nor its files be there. The account is ""
// where AWS has to be asked for it.
func (f *setupFlags) read(s settings) (*config, setup.Choice, error) {
	var bad problems
	cfg := &config{aws: defaultAWS}
	s.parsePort(cfg, &bad)
	parseAWS(cfg, &bad)
	s.parseAccounts(cfg, &bad)
	c := setup.Choice{
		Actions: s.automation(cfg, &bad, f.approval), Partition: "aws", Samples: f.samples,
	}
	c.Starter, _ = services(&bad, "--starter-permissions", f.starter)
	c.Teams = setup.Teams{Execute: teams(&bad, "--execute-teams", f.executeTeams), Approve: teams(&bad, "--approve-teams", f.approveTeams)}
	if len(c.Starter) > 0 {
		s.parseRules(cfg, &bad)
		c.Rules = cfg.rules
	}
	bounded, partition, _ := placeOf(s.IAM.Boundary)
	c.Partition = cmp.Or(partition, c.Partition)
	c.Actions.Accounts = f.accounts(cfg.accounts.ids, bounded, &bad)
	return cfg, c, errors.Join(bad...)
}

// accounts are those that the flag or the settings say, the account of the boundary among
// them; nil where AWS has to be asked.
func (f *setupFlags) accounts(served []string, bounded string, bad *problems) []string {
	one := cmp.Or(f.account, bounded)
	switch {
	case f.account != "" && !templates.IsAccount(f.account):
		bad.add("--account", "%q is not 12 digits", f.account)
	case f.account != "" && len(served) > 0 && !slices.Equal(served, []string{f.account}):
		bad.add("--account", "%s contradicts ACCOUNTS, which says that %s are served", f.account, strings.Join(served, ", "))
	case f.account != "" && bounded != "" && bounded != f.account:
		bad.add("--account", "%s contradicts IAM_PERMISSIONS_BOUNDARY, which is of account %s", f.account, bounded)
	case len(served) > 0 && bounded != "" && !slices.Equal(served, []string{bounded}):
		bad.add("IAM_PERMISSIONS_BOUNDARY", "is of account %s, and ACCOUNTS says that %s are served", bounded, strings.Join(served, ", "))
	}
	if len(served) == 0 && one != "" {
		served = []string{one}
	}
	return served
}

// automation is what the actions depend on, save the account.
func (s settings) automation(c *config, bad *problems, approval string) templates.Automation {
	if approval != "" {
		oneOf(bad, "--require-approval", approval, approveGrants, approveAll)
	}
	s.parseActions(c, bad)
	return templates.Automation{ActionIDs: c.actions, ApproveGrants: approval != "", ApproveRevokes: approval == approveAll}
}

// askAccount takes the account from the credentials at hand.
func askAccount(ctx context.Context) (account, partition string, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	var id iamops.Identity
	clients, err := newAWS(ctx, defaultAWS, slog.New(slog.DiscardHandler), nil)
	if err == nil {
		id, err = clients.Identity(ctx)
	}
	if err != nil {
		return "", "", fmt.Errorf("%w: say which account it is with --account or IAM_PERMISSIONS_BOUNDARY", err)
	}
	return id.Account, id.Partition, nil
}
