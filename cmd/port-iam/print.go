package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"port-iam/iamops"
	"port-iam/iamops/catalogue"
	"port-iam/templates"
)

// printer holds the flags of `port-iam print` and fills documents with them, or
// with the settings of `port-iam run` where a flag is not given.
type printer struct {
	place              templates.Place
	served             []string // accounts: that of --account, or ACCOUNTS, or that of the boundary
	boundary, role     string   // ARNs
	organization       string
	services, approval string
	keepSource         bool
	store, storeRole   string            // IDENTITY_STORE_ID, IDENTITY_STORE_ROLE
	cfg                config            // ACCOUNTS and what belongs to it
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
			"Without a flag, the settings of `port-iam run` are used: ACCOUNTS, ACCOUNT_ROLE, ACCOUNT_EXTERNAL_ID, IAM_PATH,\n" +
			"IAM_PERMISSIONS_BOUNDARY, IAM_TAGS, IDENTITY_STORE_ID, IDENTITY_STORE_ROLE. Account and partition are those of the boundary's ARN unless flags or ACCOUNTS\n" +
			"give them. A boundary that is given by its name is that of the account.\n" +
			"Exit code: 0 printed, 2 something is missing or wrong.",
		Args: cobra.NoArgs,
		RunE: needSubcommand,
	}
	flags := cmd.PersistentFlags()
	flags.StringVar(&p.place.Account, "account", "", "account id, 12 digits (default: ACCOUNTS, else that of the boundary)")
	flags.StringVar(&p.place.Partition, "partition", "", "of AWS, such as aws-us-gov (default: that of the boundary, else aws)")
	flags.StringVar(&p.place.Path, "path", "", "path of every role and policy (default: IAM_PATH)")
	flags.StringVar(&p.boundary, "boundary", "", "ARN of the permissions boundary, or its name (default: IAM_PERMISSIONS_BOUNDARY)")

	limits := p.document("boundary", "Print a permissions boundary: the most that any grant can allow",
		"A managed policy to create under the name that IAM_PERMISSIONS_BOUNDARY gives, outside of the path that the daemon may change.\n"+
			"It allows the services, on resources of this account, and denies what is never granted.\n"+
			"Narrow it to the permissions that people may request.",
		"  port-iam print boundary --account 123456789012 --services s3,ec2,dynamodb", p.fillLimits, p.renderLimits)
	limits.Flags().StringVar(&p.services, "services", "s3,ec2", "prefixes of the services that may be granted, comma separated; kms for the keys of encrypted resources")
	management := p.document("management-policy", "Print the policy of the daemon: its least privilege",
		"A managed policy for the role or user that the daemon runs as (too long for an inline policy of a user).\n"+
			"It depends on IAM_PATH, IAM_PERMISSIONS_BOUNDARY and IAM_TAGS: print it again when one of them changes.\n"+
			"There is none for IAM_PERMISSIONS_BOUNDARY=none: without a boundary the daemon's rights are those of an administrator.\n"+
			"With --role, `port-iam check` can try the rights of the daemon. Where ACCOUNTS names several accounts, print one for\n"+
			"each, for the role by which the daemon enters it (ACCOUNT_ROLE): such a role may assume no other. For the account of\n"+
			"the daemon's own credentials name its own role with --role: beside print hub-policy, it needs this one only if that\n"+
			"account is one of ACCOUNTS. Give it another name than ACCOUNT_ROLE.",
		"  port-iam print management-policy --boundary arn:aws:iam::123456789012:policy/PortIamBoundary --role arn:aws:iam::123456789012:role/port-iam", p.fillBounded,
		func() (string, error) {
			return templates.ManagementPolicy(templates.Management{Place: p.place, Boundary: p.boundary, Role: p.role, Tags: p.tags, Hub: p.hubHere()})
		})
	management.Flags().StringVar(&p.role, "role", "", "ARN of the role (or user) that the policy is for, with its path: it may then ask IAM what it may do")
	requesters := p.document("requester-policy", "Print what requesters need to sign in to a grant",
		"A statement for the permission set, group or role of all requesters: sts:AssumeRole on the roles of grants, in each of\n"+
			"ACCOUNTS. It belongs into the accounts in which people sign in (GRANT_TRUST_ACCOUNTS): AWS asks both sides, and the\n"+
			"trust policy of each role, in the account of the grant, says who may use it.\n"+
			"With --source-identity, sessions that carry a source identity may keep it: such people also need a trust policy that\n"+
			"allows it (TEMPLATES_DIR; deploy/templates/source-identity has one).",
		"  port-iam print requester-policy --account 123456789012", p.fillServed, p.renderRequester)
	requesters.Flags().BoolVar(&p.keepSource, "source-identity", false, "for people whose sessions carry a source identity, which goes with them")
	cmd.AddCommand(limits, management, requesters)
	p.addHub(cmd)
	p.addPortal(cmd)
	return cmd
}

// addHub adds the documents for a daemon that enters accounts to `port-iam print`.
func (p *printer) addHub(cmd *cobra.Command) {
	hub := p.document("hub-policy", "Print what the daemon needs to enter the accounts of ACCOUNTS",
		"A managed policy for the role or user that the daemon runs as: it may assume ACCOUNT_ROLE in each of ACCOUNTS, and\n"+
			"IDENTITY_STORE_ROLE, and no other role, whatever other policies allow it. With --role, its own account is left out. The roles are named by their\n"+
			"ARNs as long as that fits into a policy, and beyond that the accounts by a condition.",
		"  ACCOUNTS=123456789012,210987654321 port-iam print hub-policy --role arn:aws:iam::999999999999:role/port-iam", p.fillHub,
		func() (string, error) { return templates.HubPolicy(*p.hub()) })
	hub.Flags().StringVar(&p.role, "role", "", "ARN of the role (or user) that the daemon runs as, with its path")
	identity := p.document("identity-policy", "Print what the daemon needs to look users up in IAM Identity Center",
		"A policy for IDENTITY_STORE_ROLE, or for the daemon's own role where that is empty: it may find a user of the store\n"+
			"IDENTITY_STORE_ID by e-mail, and read that user. --account is that of the store, which is the management account of the\n"+
			"organisation also where another one administers it; without it, the id alone names the store. The trust of\n"+
			"IDENTITY_STORE_ROLE is what print member-trust prints.",
		"  IDENTITY_STORE_ID=d-1234567890 port-iam print identity-policy --account 123456789012", p.fillStore,
		func() (string, error) {
			return templates.IdentityPolicy(templates.StoreReader{Partition: p.place.Partition, Store: p.store, Account: p.place.Account})
		})
	trust := p.document("member-trust", "Print the trust of the role by which the daemon enters an account",
		"The trust policy of ACCOUNT_ROLE, the same in each of ACCOUNTS: the daemon's own role may assume it, as long as its\n"+
			"account is in the organisation, and with ACCOUNT_EXTERNAL_ID if that is set.",
		"  port-iam print member-trust --role arn:aws:iam::999999999999:role/port-iam --organization o-a1b2c3d4e5", p.fillTrust,
		func() (string, error) {
			return templates.MemberTrust(templates.Member{Hub: p.role, Organization: p.organization, ExternalID: p.cfg.accounts.externalID})
		})
	trust.Flags().StringVar(&p.role, "role", "", "ARN of the role (or user) that the daemon runs as, with its path")
	trust.Flags().StringVar(&p.organization, "organization", "", "id of the organisation in AWS, such as o-a1b2c3d4e5")
	cmd.AddCommand(hub, identity, trust)
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

// fill takes values without a flag from the environment, for a document of one account.
func (p *printer) fill(bad *problems) {
	p.read(bad)
	switch len(p.served) {
	case 0:
		p.needAccount(bad)
	case 1:
		p.place.Account = p.served[0]
		p.boundary = iamops.BoundaryARN(p.place.Partition, p.place.Account, p.boundary)
	default:
		bad.add("--account", "is missing: ACCOUNTS names %d accounts, and each needs a document of its own", len(p.served))
	}
}

// fillServed is fill for a document that is about every served account.
func (p *printer) fillServed(bad *problems) {
	p.read(bad)
	if len(p.served) == 0 {
		p.needAccount(bad)
	}
}

// fillBounded is fill for a document that needs a boundary, whose ARN usually holds
// the account.
func (p *printer) fillBounded(bad *problems) {
	if boundary := cmp.Or(p.boundary, readSettings().IAM.Boundary); boundary == "" || boundary == noBoundary {
		p.read(bad)
		bad.add("--boundary, IAM_PERMISSIONS_BOUNDARY", "is missing: without a boundary the daemon needs an administrator's rights, so there is no smaller policy to print; `port-iam print boundary` prints one to start from")
		return
	}
	p.fill(bad)
}

// fillHub is fill for the policy of a daemon that enters accounts.
func (p *printer) fillHub(bad *problems) {
	alone := p.place.Account == "" // no account is named but by ACCOUNTS
	p.read(bad)
	if alone && len(p.cfg.accounts.ids) == 0 && p.storeRole != "" {
		p.served = nil // the daemon enters no account, and looks users up
	}
	own, _ := iamops.AccountOf(p.role)
	switch {
	case p.role != "" && !templates.IsPrincipal(p.role):
		bad.add("--role", "%q is not the ARN of a role or user, with its path", p.role)
	case slices.Contains(p.served, own) && p.role == iamops.RoleARN(p.place.Partition, own, p.cfg.accounts.role):
		bad.add("--role", "%s is ACCOUNT_ROLE of an account that is served, by which the daemon enters it: name the role that the daemon runs as, which has another name", p.role)
	}
	switch {
	case p.storeRole != "":
	case len(p.cfg.accounts.ids) == 0 && len(p.served) == 0:
		bad.add("ACCOUNTS", "is missing: the ids of the accounts that the daemon enters")
	case len(p.entered()) == 0:
		bad.add("ACCOUNTS", "names no account but that of --role, which the daemon does not have to enter")
	}
}

// fillTrust is fill for the trust of the role by which the daemon enters an account.
func (p *printer) fillTrust(bad *problems) {
	p.read(bad)
	for flag, value := range map[string]string{"--role": p.role, "--organization": p.organization} {
		if value == "" {
			bad.add(flag, "is missing: the role needs to know whom it lets in")
		}
	}
}

// entered are the served accounts but the one that the daemon runs in.
func (p *printer) entered() []string {
	own, _ := iamops.AccountOf(p.role)
	return slices.DeleteFunc(slices.Clone(p.served), func(id string) bool { return id == own })
}

// hub is the daemon that enters the accounts.
func (p *printer) hub() *templates.Hub {
	return &templates.Hub{Partition: p.place.Partition, Accounts: p.entered(), Role: p.cfg.accounts.role, IdentityStoreRole: p.storeRole}
}

// hubHere is the daemon where the management policy is for its own role, and not for one
// by which it enters the account.
func (p *printer) hubHere() *templates.Hub {
	others := slices.DeleteFunc(slices.Clone(p.cfg.accounts.ids), func(id string) bool { return id == p.place.Account })
	// Without ACCOUNTS, there is no role but the daemon's own that the policy could be for.
	own := len(p.cfg.accounts.ids) == 0 || p.role != "" && p.role != iamops.RoleARN(p.place.Partition, p.place.Account, p.cfg.accounts.role)
	if !own || len(others) == 0 && p.storeRole == "" {
		return nil
	}
	return &templates.Hub{Partition: p.place.Partition, Accounts: others, Role: p.cfg.accounts.role, IdentityStoreRole: p.storeRole}
}

// places are those of the served accounts.
func (p *printer) places() (all []templates.Place) {
	for _, id := range p.served {
		place := p.place
		place.Account = id
		all = append(all, place)
	}
	return all
}

func (p *printer) needAccount(bad *problems) {
	bad.add("--account", "is missing: the id of the account, or the boundary (--boundary, IAM_PERMISSIONS_BOUNDARY), whose ARN holds it, or ACCOUNTS")
}

func (p *printer) read(bad *problems) {
	all := readSettings()
	s := all.IAM
	all.parseAccounts(&p.cfg, bad)
	p.place.Path, p.boundary = cmp.Or(p.place.Path, s.Path), cmp.Or(p.boundary, s.Boundary)
	if err := iamops.CheckPath(p.place.Path); err != nil {
		bad.add("--path, IAM_PATH", "%v", err)
	}
	p.cfg.iam.path = p.place.Path
	p.cfg.refuseGrantName(bad, "ACCOUNT_ROLE", p.cfg.accounts.role)
	p.readStore(bad, all)
	p.tags = tags(bad, s.Tags)
	if p.boundary != "" {
		checkBoundary(bad, "--boundary, IAM_PERMISSIONS_BOUNDARY", p.boundary)
	}
	account, partition, _ := placeOf(p.boundary)
	p.place.Partition = cmp.Or(p.place.Partition, partition, "aws")
	if !templates.IsPartition(p.place.Partition) {
		bad.add("--partition", "%q is not a partition of AWS, such as aws or aws-us-gov", p.place.Partition)
	}
	if p.served = p.cfg.accounts.ids; p.place.Account != "" {
		p.served = []string{p.place.Account}
	} else if len(p.served) == 0 && account != "" {
		p.served = []string{account}
	}
	if p.place.Account != "" && !templates.IsAccount(p.place.Account) {
		bad.add("--account", "%q is not 12 digits", p.place.Account)
	}
}

// readStore reads where users are looked up.
func (p *printer) readStore(bad *problems, all settings) {
	p.store, p.storeRole = all.IdentityStore.ID, all.IdentityStore.Role
	if p.storeRole != "" && !isRoleARN(p.storeRole) {
		bad.add("IDENTITY_STORE_ROLE", "%q is not the ARN of a role, with its path if it has one", p.storeRole)
	}
	if p.store != "" && !storeID.MatchString(p.store) {
		bad.add("IDENTITY_STORE_ID", "%q is not the id of an identity store, such as d-1234567890", p.store)
	}
}

// fillStore is fill for the policy of the role that looks users up. Its account is only
// that of the flag: those that are served have nothing to do with it.
func (p *printer) fillStore(bad *problems) {
	account := cmp.Or(p.place.Account, "*")
	p.read(bad)
	p.place.Account = account
	if found := roleARN.FindStringSubmatch(p.storeRole); found != nil {
		p.place.Partition = found[1]
	}
	if p.store == "" {
		bad.add("IDENTITY_STORE_ID", "is missing: the id of the identity store, such as d-1234567890 (settings of IAM Identity Center)")
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
	if boolean(bad, "GRANT_CONSOLE", readSettings().Grant.Console) {
		p.limits.Console = catalogue.ConsoleActions(prefixes)
	}
	for _, a := range actions {
		if a.Denied {
			p.limits.Never = append(p.limits.Never, a.Name)
		}
	}
}

func (p *printer) renderRequester() (string, error) {
	if p.keepSource {
		return templates.RequesterPolicyWithSource(p.places()...)
	}
	return templates.RequesterPolicy(p.places()...)
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
		"A JSON array of the bodies that `port-iam setup` sends. The message of each names the accounts.\n"+
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
	p.fillServed(bad)
	p.automation = readSettings().automation(&p.cfg, bad, p.approval)
	p.automation.Accounts = p.served
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
