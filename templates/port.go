package templates

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"text/template"
)

// port holds the documents that are installed in Port. They are Go templates with
// delimiters of their own: {{ }} in them is Port's, for the message that an action
// writes.
//
//go:embed port/*.json
var port embed.FS

// guideTypes are the types of resources in Port's guide to IAM permissions.
var guideTypes = []string{"S3", "EC2"}

// Blueprints renders the bodies of the blueprints of [Model]. types are further
// values of resource_type after S3 and EC2.
func Blueprints(types ...string) ([]json.RawMessage, error) {
	all := slices.Clone(guideTypes)
	for _, t := range types {
		if !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	var bodies []json.RawMessage
	for _, b := range Model() {
		body, err := portDocuments(struct {
			Blueprint
			ResourceTypes []string
		}{b, all}, "blueprint")
		if err != nil {
			return nil, err
		}
		bodies = append(bodies, body...)
	}
	return bodies, nil
}

// Automation is what the actions in Port depend on.
type Automation struct {
	// Accounts are those that the daemon serves. They are written into the message of
	// every action, into that of a grant action only those that it may reach.
	Accounts []string
	ActionIDs
	// ApproveGrants and ApproveRevokes: another person approves a run first.
	ApproveGrants, ApproveRevokes bool
}

// actionForm is what Port takes as the identifier of an action, save for letters
// beyond ASCII: an identifier is typed into settings and compared byte by byte.
var actionForm = regexp.MustCompile(`^[A-Za-z0-9@_.+:=-]{1,100}$`)

// GrantAction is an action in Port by which people request access.
type GrantAction struct {
	ID string
	// Accounts are the AWS accounts that its requests may reach; none: every one that
	// is served.
	Accounts []string
}

// ActionIDs are our actions in Port.
type ActionIDs struct {
	Grants         []GrantAction // at least one
	Revoke, Expire string        // identifiers
}

// All returns the identifiers, those of grant actions first.
func (a ActionIDs) All() []string { return append(a.GrantIDs(), a.Revoke, a.Expire) }

// GrantIDs returns the identifiers of the grant actions.
func (a ActionIDs) GrantIDs() (ids []string) {
	for _, g := range a.Grants {
		ids = append(ids, g.ID)
	}
	return ids
}

// IsGrant reports whether id is that of a grant action.
func (a ActionIDs) IsGrant(id string) bool { return slices.Contains(a.GrantIDs(), id) }

// Reaches reports whether requests of the grant action id may be for this account, if it
// is served.
func (a ActionIDs) Reaches(id, account string) bool {
	return slices.ContainsFunc(a.Grants, func(g GrantAction) bool {
		return g.ID == id && (len(g.Accounts) == 0 || slices.Contains(g.Accounts, account))
	})
}

// Check reports identifiers that Port would not take or that are not told apart, and
// accounts that are none.
func (a ActionIDs) Check() error {
	var errs []error
	if len(a.Grants) == 0 {
		errs = append(errs, errors.New("there is no grant action"))
	}
	ids := a.All()
	for _, id := range ids {
		if !actionForm.MatchString(id) || id == "." || id == ".." {
			errs = append(errs, fmt.Errorf("%q cannot be the identifier of an action in Port: it takes letters, digits and @_.+:=-", id))
		}
	}
	for _, g := range a.Grants {
		for _, account := range g.Accounts {
			if !IsAccount(account) {
				errs = append(errs, fmt.Errorf("the account %q of action %s is not 12 digits", account, g.ID))
			}
		}
	}
	slices.Sort(ids)
	if n := len(ids); len(slices.Compact(ids)) < n {
		errs = append(errs, errors.New("must be different actions"))
	}
	return errors.Join(errs...)
}

// Actions renders the bodies of the grant actions, of the revoke action and of the
// automation, in this order.
func Actions(a Automation) ([]json.RawMessage, error) {
	err := a.Check()
	if len(a.Accounts) == 0 {
		err = errors.Join(err, errors.New("no account is served"))
	}
	for _, account := range a.Accounts {
		if !IsAccount(account) {
			err = errors.Join(err, fmt.Errorf("the account %q is not 12 digits", account))
		}
	}
	for _, g := range a.Grants {
		for _, account := range g.Accounts {
			if !slices.Contains(a.Accounts, account) {
				err = errors.Join(err, fmt.Errorf("action %s is for account %s, which is not served", g.ID, account))
			}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("actions: %w", err)
	}
	var bodies []json.RawMessage
	for _, g := range a.Grants {
		of := actionData{Automation: a, Grant: g.ID}
		if len(g.Accounts) > 0 {
			of.Accounts = g.Accounts
		}
		body, err := portDocuments(of.sorted(), "request_permissions")
		if err != nil {
			return nil, err
		}
		bodies = append(bodies, body...)
	}
	more, err := portDocuments(actionData{Automation: a}.sorted(), "revoke_permissions", "revoke_expired_permissions")
	return append(bodies, more...), err
}

// actionData is what the body of an action is made of.
type actionData struct {
	Automation
	Grant string // identifier of the grant action
}

func (d actionData) sorted() actionData {
	d.Accounts = eachOnce(d.Accounts)
	return d
}

// sampleRegions are where the sample instance is, by partition.
var sampleRegions = map[string]string{
	"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1", "aws-eusc": "eusc-de-east-1",
	"aws-iso": "us-iso-east-1", "aws-iso-b": "us-isob-east-1", "aws-iso-e": "eu-isoe-west-1", "aws-iso-f": "us-isof-south-1",
}

// Samples renders entities to try things out with: two resources of the account,
// which need not exist in AWS, and some permissions for them.
func Samples(account, partition string) (json.RawMessage, error) {
	region := sampleRegions[partition]
	if region == "" || !IsAccount(account) {
		return nil, fmt.Errorf("samples: nothing is known of an account %q in a partition %q", account, partition)
	}
	docs, err := portDocuments(struct{ Account, Bucket, Instance string }{
		account,
		"arn:" + partition + ":s3:::my-s3-bucket",
		"arn:" + partition + ":ec2:" + region + ":" + account + ":instance/i-0123456789abcdef0",
	}, "samples")
	if err != nil {
		return nil, err
	}
	return docs[0], nil
}

// portDocuments renders files of the same data as compact JSON.
func portDocuments(data any, names ...string) ([]json.RawMessage, error) {
	t, err := template.New("port").Delims("<<", ">>").Option("missingkey=error").
		Funcs(template.FuncMap{"json": asJSON}).ParseFS(port, "port/*.json")
	if err != nil {
		return nil, fmt.Errorf("parse the documents for Port: %w", err)
	}
	out := make([]json.RawMessage, 0, len(names))
	for _, name := range names {
		text, err := render(t.Lookup(name+".json"), data)
		if err != nil {
			return nil, err
		}
		out = append(out, text)
	}
	return out, nil
}
