package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/port"
	"port-iam/templates"
)

// planFlags are those of `port-iam plan`.
type planFlags struct {
	resource, user, duration, account, catalogue string
	permissions                                  []string
	json                                         bool

	domain    string // of the requester where --user does not say who it is
	unbounded bool   // the settings say that there is no boundary
}

func newPlan() *cobra.Command {
	f := &planFlags{}
	cmd := &cobra.Command{
		Use:   "plan --resource ARN --permission ACTION [--permission ACTION ...]",
		Short: "Show what a request would become, without asking Port or AWS",
		Long: "Works a request out with the code of the daemon: what the policy would allow, who could enter, until when,\n" +
			"and what the log of the run would say. It needs no credentials and calls nothing; the settings are those of\n" +
			"`port-iam run`. What only Port or AWS can say is listed as not judged.\n" +
			"With --catalogue, resource and permissions are entities of that file, and with neither of them every\n" +
			"permission is judged on every resource of its type, whichever actions reach its account.\n" +
			"Exit code: 0 it would be granted, 1 it would be refused (or a permission of the catalogue works on no resource\n" +
			"of its type), 2 a flag or setting is wrong.",
		Example: "  port-iam plan --resource arn:aws:s3:::reports --permission s3:GetObject --permission s3:ListBucket\n" +
			"  port-iam plan --catalogue catalogue.json",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.resource, "resource", "", "`ARN` of the resource, or its identifier in the catalogue")
	flags.StringSliceVar(&f.permissions, "permission", nil, "IAM `action` to request, such as s3:PutObject, or a bundle of the catalogue; may be repeated")
	flags.StringVar(&f.user, "user", "", "`e-mail` of the requester")
	flags.StringVar(&f.duration, "duration", "", "how long it should last (default: GRANT_DURATION)")
	flags.StringVar(&f.account, "account", "", "AWS account id, 12 digits (default: ACCOUNTS, else that of the boundary, else of the resource)")
	flags.StringVar(&f.catalogue, "catalogue", "", "`file` with the catalogue, or - for the standard input:\n"+`{"aws_resource": [...], "iam_permissions": [...]}, entities as Port's API returns them`)
	flags.BoolVar(&f.json, "json", false, "print JSON")
	return cmd
}

// errRefused is that a request would be refused, which the output has said.
var errRefused = errors.New("the request would be refused")

func (f *planFlags) run(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	var bad problems
	cfg := f.config(readSettings(), &bad)
	known, err := f.readCatalogue(stdin)
	if err != nil {
		bad.add("--catalogue", "%v", err)
	}
	all := f.resource == "" && len(f.permissions) == 0 && f.catalogue != ""
	if !all && (f.resource == "" || len(f.permissions) == 0) {
		bad.add("--resource, --permission", "both are needed, or neither with --catalogue, which judges all of it")
	}
	if all && (f.user != "" || f.duration != "") {
		bad.add("--user, --duration", "are of one request, and without --resource and --permission all of the catalogue is judged")
	}
	if err := errors.Join(bad...); err != nil {
		return configError{err}
	}
	resources := known.Resources
	if !all {
		target, ok := known.resourceNamed(f.resource)
		if !ok {
			return configError{fmt.Errorf("--resource: %q is neither the identifier nor the ARN of a resource in %s", f.resource, f.catalogue)}
		}
		resources = []port.Entity{target}
	}
	in, err := f.newOps(cfg, resources, known)
	if err != nil {
		return configError{err}
	}
	if all {
		return f.survey(ctx, cfg, in, known, stdout)
	}
	return f.preview(cfg, in, known, resources[0], stdout)
}

// config has the settings that a plan depends on. A boundary may be missing: its text
// is not judged anyway.
func (f *planFlags) config(s settings, bad *problems) *config {
	cfg := &config{}
	f.unbounded = s.IAM.Boundary == noBoundary
	s.IAM.Boundary = cmp.Or(s.IAM.Boundary, noBoundary)
	for _, part := range []func(*config, *problems){s.parseAccounts, s.parseIAM, s.parseActions, s.parseGrant, s.parseRules} {
		part(cfg, bad)
	}
	if cfg.grant.nameOf == nameFromStore {
		person := cfg.grant.userName
		cfg.grant.userName = func(email string) (string, error) {
			_, err := person(email)
			return unknownName, err
		}
	}
	cfg.port.orgID, f.domain = s.Port.OrgID, cmp.Or(strings.TrimPrefix(s.Grant.EmailDomain, "@"), "example.com")
	if f.account != "" && !templates.IsAccount(f.account) {
		bad.add("--account", "%q is not 12 digits", f.account)
	} else if ids := cfg.accounts.ids; f.account != "" && len(ids) > 0 && !slices.Contains(ids, f.account) {
		bad.add("--account", "%s is not one of ACCOUNTS", f.account)
	}
	return cfg
}

// knownCatalogue are the entities that a plan is made of, by identifier.
type knownCatalogue struct {
	Resources   []port.Entity `json:"aws_resource"`
	Permissions []port.Entity `json:"iam_permissions"`
}

// maxCatalogue is the longest file of a catalogue, in bytes: 100,000 entities of 2 KiB.
const maxCatalogue = 256 << 20

// readCatalogue reads the file. Without one the catalogue holds what the flags name.
func (f *planFlags) readCatalogue(stdin io.Reader) (c knownCatalogue, err error) {
	if f.catalogue == "" {
		c.Resources = []port.Entity{{Identifier: f.resource}}
		for _, p := range f.permissions {
			c.Permissions = append(c.Permissions, port.Entity{Identifier: p})
		}
		return c, nil
	}
	if f.catalogue != "-" {
		file, err := os.Open(f.catalogue)
		if err != nil {
			return c, err
		}
		defer file.Close() //nolint:errcheck // it was only read
		stdin = file
	}
	content, err := io.ReadAll(io.LimitReader(stdin, maxCatalogue+1))
	if err != nil {
		return c, err
	}
	if len(content) > maxCatalogue {
		return c, fmt.Errorf("%s has more than %d MiB", f.catalogue, maxCatalogue>>20)
	}
	if err := json.Unmarshal(bytes.TrimPrefix(content, []byte("\ufeff")), &c); err != nil {
		return c, fmt.Errorf(`%s is not of the form {"aws_resource": [...], "iam_permissions": [...]} with entities as Port's API returns them: %w`, f.catalogue, err)
	}
	if c.Resources == nil && c.Permissions == nil {
		return c, fmt.Errorf("%s has neither aws_resource nor iam_permissions", f.catalogue)
	}
	for blueprint, entities := range map[string][]port.Entity{templates.BlueprintResource: c.Resources, templates.BlueprintPermission: c.Permissions} {
		for i, e := range entities {
			if e.Identifier == "" {
				return c, fmt.Errorf("%s: number %d of %s has no identifier", f.catalogue, i+1, blueprint)
			}
		}
	}
	return c, nil
}

// resourceNamed is the entity of this identifier, or of this ARN.
func (c knownCatalogue) resourceNamed(name string) (port.Entity, bool) {
	for _, is := range []func(port.Entity) bool{
		func(e port.Entity) bool { return e.Identifier == name },
		func(e port.Entity) bool { return arnOf(e) == name },
	} {
		if i := slices.IndexFunc(c.Resources, is); i >= 0 {
			return c.Resources[i], true
		}
	}
	return port.Entity{}, false
}

// arnOf is the ARN of a resource, if it has one.
func arnOf(e port.Entity) string {
	var arn string
	_ = json.Unmarshal(e.Properties[templates.PropertyARN], &arn) // what is no text, the plan itself refuses
	return cmp.Or(arn, e.Identifier)
}

func byID(entities []port.Entity) map[string]*port.Entity {
	out := make(map[string]*port.Entity, len(entities))
	for i := range entities {
		out[entities[i].Identifier] = &entities[i]
	}
	return out
}

// unknownName stands in the plan for a user name that is looked up in AWS.
const unknownName = "unknown-user"

// unknownOrg stands in the plan where PORT_ORG_ID does not say the organisation.
const unknownOrg = "org_unknown"

// placesOf are the accounts and the partitions that resources are in, as far as their ARNs
// or their properties name them.
func placesOf(resources []port.Entity) (accounts, partitions map[string]bool) {
	accounts, partitions = map[string]bool{}, map[string]bool{}
	for _, e := range resources {
		arn, property := arnOf(e), ""
		if _, isARN := iamops.AccountOf(arn); !isARN {
			continue
		}
		if partition := strings.Split(arn, ":")[1]; templates.IsPartition(partition) {
			partitions[partition] = true
		}
		_ = json.Unmarshal(e.Properties[templates.PropertyAccount], &property) // as in arnOf
		if account := grants.AccountOf(arn, property); templates.IsAccount(account) {
			accounts[account] = true
		}
	}
	return accounts, partitions
}

// newOps makes operations that plan and cannot call anything, for each served account.
// The accounts are the settings', else that of the resources, else the one on which all of
// the catalogue agrees; the partition likewise.
func (f *planFlags) newOps(cfg *config, resources []port.Entity, known knownCatalogue) (map[string]*iamops.Ops, error) {
	bounded, partition, _ := placeOf(cfg.iam.boundary)
	own, ownPartitions := placesOf(resources)
	accounts, partitions := placesOf(known.Resources)
	served := cfg.accounts.ids
	if one := cmp.Or(f.account, bounded, only(own), only(accounts)); f.account != "" || len(served) == 0 && one != "" {
		served = []string{one}
	}
	partition = cmp.Or(partition, only(ownPartitions), only(partitions), "aws")
	switch {
	case len(served) == 0 && len(accounts) > 1:
		return nil, fmt.Errorf("--account: is missing, and the resources are of %d accounts: say for which one, or with ACCOUNTS which are served", len(accounts))
	case len(served) == 0:
		return nil, errors.New("--account: is missing, and neither ACCOUNTS nor the boundary nor the resource names the account: give its 12 digits")
	case bounded != "" && !slices.Equal(served, []string{bounded}):
		return nil, fmt.Errorf("--account: is %s, and IAM_PERMISSIONS_BOUNDARY is a policy of %s: AWS takes a boundary of the role's account only", strings.Join(served, ", "), bounded)
	}
	in := map[string]*iamops.Ops{}
	for _, id := range served {
		ops, err := iamops.New(iamops.Options{
			API: &iamops.API{}, Account: id, Partition: partition, OrgID: cmp.Or(cfg.port.orgID, unknownOrg),
			Path: cfg.iam.path, Boundary: iamops.BoundaryARN(partition, id, cfg.iam.boundary), Tags: cfg.iam.tags,
			Trust: cfg.grant.trust, TrustAccounts: cfg.trusted(id), Templates: cfg.grant.templates, Rules: cfg.rules, Console: cfg.grant.console,
		})
		if err != nil {
			return nil, err
		}
		in[id] = ops
	}
	return in, nil
}

// only is the one member of a set; "" where there is another number of them.
func only(set map[string]bool) string {
	if len(set) == 1 {
		for member := range set {
			return member
		}
	}
	return ""
}

// plannedRun is the id of the run that is planned.
const plannedRun = "r_0000000000000000"

// preview plans one request.
func (f *planFlags) preview(cfg *config, in map[string]*iamops.Ops, known knownCatalogue, target port.Entity, stdout io.Writer) error {
	inputs := map[string]any{port.InputPermissions: f.permissions}
	if f.duration != "" {
		inputs["duration"] = f.duration
	}
	properties := map[string]json.RawMessage{}
	for name, v := range inputs {
		raw, err := json.Marshal(v)
		if err != nil {
			return err
		}
		properties[name] = raw
	}
	p, err := cfg.terms().Preview(asPlanners(in), grants.Asking{
		Run:       port.Run{ID: plannedRun, Action: "plan", Properties: properties},
		Requester: cmp.Or(f.user, "requester@"+f.domain),
		At:        time.Now().UTC().Truncate(time.Second),
		Resource:  target, Related: byID(known.Resources), Permissions: byID(known.Permissions),
	})
	if err == nil {
		err = cfg.checkReached(p)
	}
	notJudged := f.notJudged(cfg)
	if p.NeedsApproval != "" {
		notJudged = append(notJudged, "whether another person approves the request, which permission "+p.NeedsApproval+" needs")
	}
	out := newPlanned(p, err, notJudged)
	write := out.text
	if f.json {
		write = func(w io.Writer) error { return writeJSON(w, out) }
	}
	if err := write(stdout); err != nil {
		return err
	}
	if err != nil {
		return errRefused
	}
	return nil
}

// checkReached refuses, as a run does, a resource of an account that no grant action is for.
func (c *config) checkReached(p grants.Preview) error {
	account, _ := iamops.AccountOf(p.Plan.RoleARN)
	if slices.ContainsFunc(c.actions.GrantIDs(), func(id string) bool { return c.actions.Reaches(id, account) }) {
		return nil
	}
	return fmt.Errorf("%s is of account %s, and each action of GRANT_ACTION is for other accounts: add the account to one of them", p.Resource, account)
}

// notJudged says what a plan cannot know.
func (f *planFlags) notJudged(cfg *config) []string {
	out := []string{
		"whether the resource exists in AWS, and what its own policy, service control policies or its key's policy say",
	}
	if !f.unbounded {
		out = append(out, "what the permissions boundary allows, which is read from AWS")
	}
	if f.catalogue == "" {
		out = append(out, "whether the catalogue in Port offers the permissions for this type of resource, and what is related to the resource")
	}
	if f.user == "" {
		out = append(out, "the requester: no --user was given")
	} else if cfg.grant.trust != templates.TrustAccount {
		out = append(out, "whether AWS has the user")
	}
	if cfg.grant.nameOf == nameFromStore {
		out = append(out, "the name of the requester in AWS, which is looked up in IAM Identity Center (GRANT_USER_NAME=identity-store; `port-iam check --user` does): "+unknownName+" stands for it")
	}
	if cfg.port.orgID == "" {
		out = append(out, "the organisation in Port: PORT_ORG_ID is not set, and "+unknownOrg+" stands for it")
	}
	return out
}

// survey judges the whole catalogue.
func (f *planFlags) survey(ctx context.Context, cfg *config, in map[string]*iamops.Ops, known knownCatalogue, stdout io.Writer) error {
	all, err := grants.Survey(ctx, asSurveyors(in), known.Resources, known.Permissions)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return configError{fmt.Errorf("--catalogue: %w", err)}
	}
	if f.json {
		err = writeJSON(stdout, surveyRows(all, cfg.grant.maxDuration))
	} else {
		err = writeSurvey(stdout, all, len(known.Resources), cfg.grant.maxDuration)
	}
	if err != nil {
		return err
	}
	if n := len(neverOf(all)); n > 0 {
		return fmt.Errorf("%s of the catalogue can never be granted", count(n, "permission"))
	}
	return nil
}
