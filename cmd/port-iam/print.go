package main

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"port-iam/iamops"
	"port-iam/iamops/catalogue"
	"port-iam/templates"
)

// printer holds the flags of `port-iam print` and fills documents with them, or
// with the settings of `port-iam run` where a flag is not given.
type printer struct {
	account, partition, path, boundary string
	services                           string

	tags map[string]string // IAM_TAGS
}

// newPrint makes the command that prints what has to exist around the daemon.
func newPrint() *cobra.Command {
	p := &printer{}
	cmd := &cobra.Command{
		Use:   "print",
		Short: "Print the policies that AWS needs, and the documents that setup installs in Port",
		Long: "Prints a document as JSON, for you to review and to put into AWS or Port. Nothing is called.\n" +
			"What no flag says is taken from the settings of `port-iam run`: IAM_PATH, IAM_PERMISSIONS_BOUNDARY, IAM_TAGS.\n" +
			"Account and partition are those of the boundary's ARN unless flags say them.\n" +
			"Exit code: 0 printed, 2 something is missing or wrong.",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return &configError{fmt.Errorf("say what to print: %s", commandNames(cmd))}
		},
	}
	flags := cmd.PersistentFlags()
	flags.StringVar(&p.account, "account", "", "account id, 12 digits (default: that of the boundary)")
	flags.StringVar(&p.partition, "partition", "", "aws, aws-us-gov or aws-cn (default: that of the boundary, else aws)")
	flags.StringVar(&p.path, "path", "", "path of every role and policy (default: IAM_PATH)")
	flags.StringVar(&p.boundary, "boundary", "", "ARN of the permissions boundary (default: IAM_PERMISSIONS_BOUNDARY)")

	limits := p.document("boundary", "Print a permissions boundary: the most that any grant can allow",
		"A managed policy to create under the name that IAM_PERMISSIONS_BOUNDARY gives, outside of what the daemon may change.\n"+
			"It allows the services, on resources of this account, and denies what is never granted.\n"+
			"Narrow it to what you let people request.",
		"  port-iam print boundary --account 123456789012 --services s3,ec2,dynamodb", p.fill, p.limits)
	limits.Flags().StringVar(&p.services, "services", "s3,ec2", "prefixes of the services that may be granted, comma separated")
	cmd.AddCommand(limits,
		p.document("management-policy", "Print the policy of the daemon: its least privilege",
			"A managed policy for the role or user that the daemon runs as (too long for an inline policy of a user).\n"+
				"It depends on IAM_PATH, IAM_PERMISSIONS_BOUNDARY and IAM_TAGS: print it anew when one of them changes.\n"+
				"There is none for IAM_PERMISSIONS_BOUNDARY=none: without a boundary the daemon's rights are those of an administrator.",
			"  port-iam print management-policy --boundary arn:aws:iam::123456789012:policy/PortIamBoundary", p.fillBounded, p.management),
		p.document("requester-policy", "Print what requesters need to sign in to a grant",
			"A statement for the permission set, group or role of everybody who may request access: sts:AssumeRole on the roles of grants.\n"+
				"Whose grant it is, the trust policy of each role says.",
			"  port-iam print requester-policy --account 123456789012", p.fill, p.requester),
	)
	p.addPortal(cmd)
	return cmd
}

// document makes the command that prints one document.
func (p *printer) document(use, short, long, example string, fill func() error, render func() (string, error)) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Long: long, Example: example, Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := fill(); err != nil {
				return &configError{err}
			}
			text, err := render()
			if err != nil {
				return &configError{err}
			}
			_, err = io.WriteString(cmd.OutOrStdout(), text)
			return err
		},
	}
}

// noBoundary is the value of IAM_PERMISSIONS_BOUNDARY that does without one.
const noBoundary = "none"

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// fillBounded is fill for a document that there is not without a boundary.
func (p *printer) fillBounded() error {
	err := p.fill()
	if p.boundary != "" && p.boundary != noBoundary {
		return err
	}
	return errors.New("--boundary, IAM_PERMISSIONS_BOUNDARY: is missing: without a boundary no policy for the daemon is less than an administrator's; `port-iam print boundary` prints one to begin with")
}

// fill takes what no flag says from the environment, and account and partition
// from the boundary. The error names everything that is wrong.
func (p *printer) fill() error {
	s, err := readSettings()
	if err != nil {
		return err
	}
	var bad problems
	if p.path == "" {
		p.path = s.IAMPath
	}
	if err := iamops.CheckPath(p.path); err != nil {
		bad.add("--path, IAM_PATH", "%v", err)
	}
	if p.boundary == "" {
		p.boundary = s.IAMBoundary
	}
	p.tags = tags(&bad, s.IAMTags)
	found := policyARN.FindStringSubmatch(p.boundary)
	if found == nil && p.boundary != "" && p.boundary != noBoundary {
		bad.add("--boundary, IAM_PERMISSIONS_BOUNDARY", "%q is neither the ARN of a managed policy (arn:aws:iam::123456789012:policy/Name) nor none", p.boundary)
	}
	if found != nil && found[2] != "aws" && p.account == "" {
		p.account = found[2]
	}
	if p.partition == "" {
		p.partition = "aws"
		if found != nil {
			p.partition = "aws" + found[1]
		}
	}
	oneOf(&bad, "--partition", p.partition, "aws", "aws-us-gov", "aws-cn")
	switch {
	case p.account == "":
		bad.add("--account", "is missing: the id of the account, or the boundary (--boundary, IAM_PERMISSIONS_BOUNDARY), whose ARN holds it")
	case !accountID.MatchString(p.account):
		bad.add("--account", "%q is not 12 digits", p.account)
	}
	return errors.Join(bad...)
}

func (p *printer) place() templates.Place {
	return templates.Place{Account: p.account, Partition: p.partition, Path: p.path}
}

func (p *printer) management() (string, error) {
	return templates.ManagementPolicy(templates.Management{Place: p.place(), Boundary: p.boundary, Tags: p.tags})
}

func (p *printer) requester() (string, error) { return templates.RequesterPolicy(p.place()) }

// limits prints a boundary of services that AWS has and that may be granted. It
// denies, beside the services that are never granted, the actions of those asked
// for that are not.
func (p *printer) limits() (string, error) {
	known, err := catalogue.Open()
	if err != nil {
		return "", err
	}
	limits := templates.Limits{Account: p.account, Services: splitList(p.services), Never: catalogue.DeniedServices()}
	var bad problems
	for _, prefix := range limits.Services {
		actions, err := known.Actions(prefix)
		if err != nil {
			return "", err
		}
		if len(actions) == 0 {
			bad.add("--services", "AWS has no service %q: prefixes are those of IAM actions, such as s3 in s3:GetObject", prefix)
		}
		for _, a := range actions {
			if a.Denied {
				limits.Never = append(limits.Never, a.Name)
			}
		}
	}
	if len(limits.Services) == 0 {
		bad.add("--services", "is empty: a boundary without services would allow nothing")
	}
	if err := errors.Join(bad...); err != nil {
		return "", err
	}
	text, err := templates.Boundary(limits)
	if err != nil {
		return "", fmt.Errorf("--services: %w", err)
	}
	return text, nil
}

// noArgs is cobra.NoArgs with the exit code of a wrong argument.
func noArgs(cmd *cobra.Command, args []string) error {
	if err := cobra.NoArgs(cmd, args); err != nil {
		return &configError{err}
	}
	return nil
}

func commandNames(cmd *cobra.Command) string {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() && c.Name() != "help" {
			names = append(names, c.Name())
		}
	}
	return strings.Join(names, ", ")
}
