package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"port-iam/iamops"
	"port-iam/iamops/catalogue"
	"port-iam/templates"
)

// printer holds the flags of `port-iam print` and fills documents with them, or
// with the settings of `port-iam run` where a flag is not given.
type printer struct {
	place              templates.Place
	boundary, role     string // ARNs
	services, approval string
	tags               map[string]string // IAM_TAGS
	limits             templates.Limits
	automation         templates.Automation
}

// newPrint makes the command that prints the documents that AWS and Port need.
func newPrint() *cobra.Command {
	p := &printer{}
	cmd := &cobra.Command{
		Use:   "print",
		Short: "Print the policies that AWS needs, and the documents that setup installs in Port",
		Long: "Prints a document as JSON, for you to review and to put into AWS or Port. Makes no call to either.\n" +
			"Without a flag, the settings of `port-iam run` are used: IAM_PATH, IAM_PERMISSIONS_BOUNDARY, IAM_TAGS.\n" +
			"Account and partition are those of the boundary's ARN unless flags give them.\n" +
			"Exit code: 0 printed, 2 something is missing or wrong.",
		Args: cobra.NoArgs,
		RunE: needSubcommand,
	}
	flags := cmd.PersistentFlags()
	flags.StringVar(&p.place.Account, "account", "", "account id, 12 digits (default: that of the boundary)")
	flags.StringVar(&p.place.Partition, "partition", "", "of AWS, such as aws-us-gov (default: that of the boundary, else aws)")
	flags.StringVar(&p.place.Path, "path", "", "path of every role and policy (default: IAM_PATH)")
	flags.StringVar(&p.boundary, "boundary", "", "ARN of the permissions boundary (default: IAM_PERMISSIONS_BOUNDARY)")

	limits := p.document("boundary", "Print a permissions boundary: the most that any grant can allow",
		"A managed policy to create under the name that IAM_PERMISSIONS_BOUNDARY gives, outside of the path that the daemon may change.\n"+
			"It allows the services, on resources of this account, and denies what is never granted.\n"+
			"Narrow it to the permissions that people may request.",
		"  port-iam print boundary --account 123456789012 --services s3,ec2,dynamodb", p.fillLimits, p.renderLimits)
	limits.Flags().StringVar(&p.services, "services", "s3,ec2", "prefixes of the services that may be granted, comma separated")
	management := p.document("management-policy", "Print the policy of the daemon: its least privilege",
		"A managed policy for the role or user that the daemon runs as (too long for an inline policy of a user).\n"+
			"It depends on IAM_PATH, IAM_PERMISSIONS_BOUNDARY and IAM_TAGS: print it again when one of them changes.\n"+
			"There is none for IAM_PERMISSIONS_BOUNDARY=none: without a boundary the daemon's rights are those of an administrator.\n"+
			"With --role, `port-iam check` can try the rights of the daemon.",
		"  port-iam print management-policy --boundary arn:aws:iam::123456789012:policy/PortIamBoundary --role arn:aws:iam::123456789012:role/port-iam", p.fillBounded,
		func() (string, error) {
			return templates.ManagementPolicy(templates.Management{Place: p.place, Boundary: p.boundary, Role: p.role, Tags: p.tags})
		})
	management.Flags().StringVar(&p.role, "role", "", "ARN of the role (or user) that the daemon runs as, with its path: it may then ask IAM what it may do")
	cmd.AddCommand(limits, management,
		p.document("requester-policy", "Print what requesters need to sign in to a grant",
			"A statement for the permission set, group or role of all requesters: sts:AssumeRole on the roles of grants.\n"+
				"The trust policy of each role says who may use it.",
			"  port-iam print requester-policy --account 123456789012", p.fill,
			func() (string, error) { return templates.RequesterPolicy(p.place) }),
	)
	p.addPortal(cmd)
	return cmd
}

// document makes the command that prints one document.
func (p *printer) document(use, short, long, example string, fill func(*problems), render func() (string, error)) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Long: long, Example: example, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var bad problems
			fill(&bad)
			if err := errors.Join(bad...); err != nil {
				return configError{err}
			}
			text, err := render()
			if err != nil {
				return configError{err}
			}
			_, err = io.WriteString(cmd.OutOrStdout(), text)
			return err
		},
	}
}

// fill takes values without a flag from the environment, and account and partition
// from the boundary.
func (p *printer) fill(bad *problems) {
	p.read(bad)
	p.needAccount(bad)
}

// fillBounded is fill for a document that needs a boundary, whose ARN usually holds
// the account.
func (p *printer) fillBounded(bad *problems) {
	p.read(bad)
	if p.boundary == "" || p.boundary == noBoundary {
		bad.add("--boundary, IAM_PERMISSIONS_BOUNDARY", "is missing: without a boundary the daemon needs an administrator's rights, so there is no smaller policy to print; `port-iam print boundary` prints one to start from")
		return
	}
	p.needAccount(bad)
}

func (p *printer) needAccount(bad *problems) {
	if p.place.Account == "" {
		bad.add("--account", "is missing: the id of the account, or the boundary (--boundary, IAM_PERMISSIONS_BOUNDARY), whose ARN holds it")
	}
}

func (p *printer) read(bad *problems) {
	s := readSettings().IAM
	p.place.Path, p.boundary = cmp.Or(p.place.Path, s.Path), cmp.Or(p.boundary, s.Boundary)
	if err := iamops.CheckPath(p.place.Path); err != nil {
		bad.add("--path, IAM_PATH", "%v", err)
	}
	p.tags = tags(bad, s.Tags)
	if p.boundary != "" {
		checkBoundary(bad, "--boundary, IAM_PERMISSIONS_BOUNDARY", p.boundary)
	}
	account, partition, _ := placeOf(p.boundary)
	p.place.Account, p.place.Partition = cmp.Or(p.place.Account, account), cmp.Or(p.place.Partition, partition, "aws")
	if !templates.IsPartition(p.place.Partition) {
		bad.add("--partition", "%q is not a partition of AWS, such as aws or aws-us-gov", p.place.Partition)
	}
	if p.place.Account != "" && !templates.IsAccount(p.place.Account) {
		bad.add("--account", "%q is not 12 digits", p.place.Account)
	}
}

// fillLimits is fill for a boundary that allows the services asked for. It denies
// the services that are never granted, and of those asked for the actions that are
// never granted.
func (p *printer) fillLimits(bad *problems) {
	p.fill(bad)
	prefixes, actions := services(bad, "--services", p.services)
	if len(prefixes) == 0 {
		bad.add("--services", "is empty: a boundary without services would allow nothing")
	}
	p.limits = templates.Limits{Account: p.place.Account, Services: prefixes, Never: catalogue.DeniedServices()}
	for _, a := range actions {
		if a.Denied {
			p.limits.Never = append(p.limits.Never, a.Name)
		}
	}
}

func (p *printer) renderLimits() (string, error) {
	text, err := templates.Boundary(p.limits)
	if err != nil {
		return "", fmt.Errorf("--services: %w", err)
	}
	return text, nil
}

// addPortal adds the documents for Port to `port-iam print`.
func (p *printer) addPortal(cmd *cobra.Command) {
	actions := p.document("actions", "Print the actions and the automation that setup installs in Port",
		"A JSON array of the bodies that `port-iam setup` sends. The message of each names the account.\n"+
			"Identifiers are those of GRANT_ACTION, REVOKE_ACTION, EXPIRE_ACTION.",
		"  port-iam print actions --account 123456789012", p.fillActions,
		func() (string, error) { return bodies(templates.Actions(p.automation)) })
	approvalFlag(actions, &p.approval)
	cmd.AddCommand(actions,
		p.document("blueprints", "Print the blueprints that setup installs in Port",
			"A JSON array of the bodies that `port-iam setup` sends, in the order in which they refer to each other.",
			"  port-iam print blueprints", func(*problems) {}, func() (string, error) { return bodies(templates.Blueprints()) }),
	)
}

func (p *printer) fillActions(bad *problems) {
	p.fill(bad)
	p.automation = readSettings().automation(&config{}, bad, p.approval)
	p.automation.Accounts = []string{p.place.Account}
}

// bodies lays documents out as an array for reading, the members of each in the
// order in which they are written.
func bodies(all []json.RawMessage, err error) (string, error) {
	var b bytes.Buffer
	if err == nil {
		err = writeJSON(&b, all)
	}
	return b.String(), err
}
