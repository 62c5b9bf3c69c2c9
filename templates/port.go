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
	// Account is written into the message of every action: one action serves one
	// account.
	Account string
	ActionIDs
	// ApproveGrants and ApproveRevokes: another person approves a run first.
	ApproveGrants, ApproveRevokes bool
}

// actionForm is what Port takes as the identifier of an action, save for letters
// beyond ASCII: an identifier is typed into settings and compared byte by byte.
var actionForm = regexp.MustCompile(`^[A-Za-z0-9@_.+:=-]{1,100}$`)

// ActionIDs are the identifiers of our actions in Port.
type ActionIDs struct{ Grant, Revoke, Expire string }

// All returns the identifiers.
func (a ActionIDs) All() []string { return []string{a.Grant, a.Revoke, a.Expire} }

// Check reports identifiers that Port would not take or that are not told apart.
func (a ActionIDs) Check() error {
	var errs []error
	ids := a.All()
	for _, id := range ids {
		if !actionForm.MatchString(id) || id == "." || id == ".." {
			errs = append(errs, fmt.Errorf("%q cannot be the identifier of an action in Port: it takes letters, digits and @_.+:=-", id))
		}
	}
	slices.Sort(ids)
	if len(slices.Compact(ids)) < 3 {
		errs = append(errs, errors.New("must be three different actions"))
	}
	return errors.Join(errs...)
}

// Actions renders the bodies of the two actions and of the automation.
func Actions(a Automation) ([]json.RawMessage, error) {
	err := a.Check()
	if !IsAccount(a.Account) {
		err = errors.Join(err, fmt.Errorf("the account %q is not 12 digits", a.Account))
	}
	if err != nil {
		return nil, fmt.Errorf("actions: %w", err)
	}
	return portDocuments(a, "request_permissions", "revoke_permissions", "revoke_expired_permissions")
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
	docs, err := portDocuments(struct{ Bucket, Instance string }{
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
