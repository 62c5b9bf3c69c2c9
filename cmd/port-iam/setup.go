package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"port-iam/iamops"
	"port-iam/iamops/catalogue"
	"port-iam/internal/setup"
	"port-iam/port"
	"port-iam/templates"
)

// setupFlags are the flags of `port-iam setup`.
type setupFlags struct {
	dryRun, samples            bool
	account, approval, starter string
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
		Long: "Brings what port-iam needs into Port, shows what it changes, and changes nothing the second time.\n" +
			"What you added stays: properties, inputs, values of enums, titles, approval. Of an existing action only the\n" +
			"message to Kafka is brought up to date. Nothing is removed; what contradicts is shown and nothing is changed.\n\n" +
			"Settings: PORT_CLIENT_ID, PORT_CLIENT_SECRET, PORT_BASE_URL, GRANT_ACTION, REVOKE_ACTION, EXPIRE_ACTION, and\n" +
			"for --starter-permissions GRANT_DENY, GRANT_ALLOW. The account is that of --account, of the ARN in\n" +
			"IAM_PERMISSIONS_BOUNDARY, or of the AWS credentials.\n" +
			"Exit code: 0 done or nothing to do, 1 could not, 2 a setting or flag is wrong.",
		Example: "  port-iam setup --account 123456789012 --dry-run\n" +
			"  port-iam setup --account 123456789012 --samples\n" +
			"  port-iam setup --require-approval=all --starter-permissions s3,ec2,dynamodb",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.dryRun, "dry-run", false, "show what would change, and change nothing")
	flags.BoolVar(&f.samples, "samples", false, "add two resources and some permissions to try things out with")
	flags.StringVar(&f.account, "account", "", "AWS account id, 12 digits (default: that of the boundary, else of the AWS credentials)")
	flags.StringVar(&f.starter, "starter-permissions", "", "prefixes of services, comma separated, whose actions people may request")
	approvalFlag(cmd, &f.approval)
	return cmd
}

func approvalFlag(cmd *cobra.Command, value *string) {
	flags := cmd.Flags()
	flags.StringVar(value, "require-approval", "", "somebody approves requests (grants), or revocations too (all)")
	flags.Lookup("require-approval").NoOptDefVal = approveGrants
}

func (f *setupFlags) run(ctx context.Context, stdout, stderr io.Writer) error {
	s, err := readSettings()
	if err != nil {
		return &configError{err}
	}
	client, choice, err := f.read(s)
	if err != nil {
		return &configError{err}
	}
	if choice.Actions.Account == "" {
		if choice.Actions.Account, choice.Partition, err = askAccount(ctx); err != nil {
			return err
		}
	}
	want, err := setup.Want(choice)
	if err != nil {
		return &configError{err}
	}
	org, err := client.OrganizationID(ctx)
	if err != nil {
		return whatToDo(err)
	}
	if s.PortOrgID != "" && s.PortOrgID != org {
		return fmt.Errorf("PORT_ORG_ID is %s, and the credentials are of %s: correct one of them", s.PortOrgID, org)
	}
	_, _ = fmt.Fprintf(stdout, "Port organisation %s, AWS account %s\n\n", org, choice.Actions.Account)
	return f.install(ctx, client, want, stdout, stderr)
}

// install compares, shows and applies.
func (f *setupFlags) install(ctx context.Context, client *port.Client, want setup.Desired, stdout, stderr io.Writer) error {
	if len(want.Entities) > 20 {
		_, _ = fmt.Fprintf(stderr, "reading %d entities\n", len(want.Entities))
	}
	plan, err := setup.Compare(ctx, client, want)
	if err != nil {
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
		if err := plan.Apply(ctx, stderr); err != nil {
			return fmt.Errorf("%w\nWhat was done stays. Run `port-iam setup` again for the rest", whatToDo(err))
		}
	}
	_, err = fmt.Fprintf(stdout, "\n%s\n", end)
	return err
}

// read checks flags and the settings that setup needs. The account is "" where
// AWS has to be asked for it.
func (f *setupFlags) read(s settings) (*port.Client, setup.Choice, error) {
	var bad problems
	login := portLogin(s, &bad)
	c := setup.Choice{
		Actions: actionsOf(s, &bad, f.approval), Partition: "aws", Samples: f.samples, Starter: splitList(f.starter),
	}
	if len(c.Starter) > 0 {
		c.Rules = catalogue.Rules{Deny: patterns(&bad, "GRANT_DENY", s.GrantDeny), Allow: patterns(&bad, "GRANT_ALLOW", s.GrantAllow)}
	}
	c.Actions.Account = f.account
	if f.account != "" && !accountID.MatchString(f.account) {
		bad.add("--account", "%q is not 12 digits", f.account)
	}
	if found := policyARN.FindStringSubmatch(s.IAMBoundary); found != nil {
		c.Partition = "aws" + found[1]
		switch {
		case found[2] == "aws":
		case f.account == "":
			c.Actions.Account = found[2]
		case f.account != found[2]:
			bad.add("--account", "%s contradicts IAM_PERMISSIONS_BOUNDARY, which is of account %s", f.account, found[2])
		}
	}
	if err := errors.Join(bad...); err != nil {
		return nil, c, err
	}
	client, err := port.New(port.Options{
		BaseURL: login.port.baseURL, ClientID: login.port.clientID, ClientSecret: login.port.clientSecret.reveal(),
		UserAgent: "port-iam/" + readBuild().version,
	})
	return client, c, err
}

// portLogin reads what it takes to speak to Port, and nothing else: where setup
// runs, the daemon's other settings need not be right, nor its files be there.
func portLogin(s settings, bad *problems) *config {
	only := settings{
		PortClientID: s.PortClientID, PortClientSecret: s.PortClientSecret, PortClientSecretFile: s.PortClientSecretFile,
		PortBaseURL: s.PortBaseURL, AllowInsecureHTTP: s.AllowInsecureHTTP,
	}
	only.fillDefaults()
	c := &config{}
	only.parsePort(c, bad)
	return c
}

// actionsOf is what the actions depend on, save the account.
func actionsOf(s settings, bad *problems, approval string) templates.Automation {
	if approval != "" {
		oneOf(bad, "--require-approval", approval, approveGrants, approveAll)
	}
	a := templates.Automation{
		ActionIDs:     templates.ActionIDs{Grant: s.GrantAction, Revoke: s.RevokeAction, Expire: s.ExpireAction},
		ApproveGrants: approval != "", ApproveRevokes: approval == approveAll,
	}
	if err := a.Check(); err != nil {
		bad.add("GRANT_ACTION, REVOKE_ACTION, EXPIRE_ACTION", "%v", err)
	}
	return a
}

// askTimeout is how long AWS is asked for the account: the SDK looks for
// credentials in many places.
const askTimeout = 30 * time.Second

// askAccount takes the account from the credentials at hand.
func askAccount(ctx context.Context) (account, partition string, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	cfg, err := defaultAWS(ctx)
	if err == nil {
		if cfg.Region == "" {
			cfg.Region = defaultRegion
		}
		clients, err := iamops.NewClients(cfg, nil)
		if err != nil {
			return "", "", err
		}
		var id iamops.Identity
		if id, err = clients.Identity(ctx); err == nil {
			return id.Account, id.Partition, nil
		}
	}
	return "", "", fmt.Errorf("%w: say which account it is with --account or IAM_PERMISSIONS_BOUNDARY", err)
}

// whatToDo adds to a refusal of Port what helps.
func whatToDo(err error) error {
	switch {
	case port.IsKind(err, port.KindUnauthorized):
		return fmt.Errorf("%w: check PORT_CLIENT_ID, PORT_CLIENT_SECRET and PORT_BASE_URL (EU or US); the credentials must be allowed to edit blueprints, actions and entities", err)
	case port.IsKind(err, port.KindUnavailable):
		return fmt.Errorf("%w: Port could not be reached or did not answer as it should; check PORT_BASE_URL, or try again later", err)
	}
	return err
}
