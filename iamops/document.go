package iamops

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"port-iam/iamops/catalogue"
)

// document reads one version of a managed policy, as IAM returns it.
func (a *API) document(ctx context.Context, arn, version string) (string, error) {
	op := fmt.Sprintf("read policy %q", arn)
	out, err := a.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: &version})
	if err != nil {
		return "", wrap(err, "%s", op)
	}
	if out.PolicyVersion == nil {
		return "", refused(KindUnavailable, op, "the answer holds no version")
	}
	return aws.ToString(out.PolicyVersion.Document), nil
}

// plain undoes the percent-encoding (RFC 3986) in which IAM returns documents;
// some servers return them as they are.
func plain(document string) (string, error) {
	if strings.HasPrefix(strings.TrimSpace(document), "{") {
		return document, nil
	}
	return url.QueryUnescape(document)
}

// sameJSON compares a document of ours by meaning with one that IAM returned.
func sameJSON(ours, theirs string) bool {
	theirs, err := plain(theirs)
	if err != nil {
		return false
	}
	a, err1 := normalJSON(ours)
	b, err2 := normalJSON(theirs)
	return err1 == nil && err2 == nil && a == b
}

func normalJSON(doc string) (string, error) {
	var v any
	if err := json.Unmarshal([]byte(doc), &v); err != nil {
		return "", err
	}
	out, err := json.Marshal(v)
	return string(out), err
}

const effectAllow = "Allow"

// statement is what is read of a statement of a policy.
type statement struct {
	Effect            string
	Action, NotAction texts
	Resource          texts
	Condition         json.RawMessage
}

// texts is one text or several, as policies have it.
type texts []string

// UnmarshalJSON takes a text for a list of one.
func (t *texts) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*t = texts{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(t))
}

// parseStatements reads a policy that IAM returned.
func parseStatements(document string) ([]statement, error) {
	document, err := plain(document)
	if err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	var doc struct{ Statement json.RawMessage }
	if err := json.Unmarshal([]byte(document), &doc); err != nil {
		return nil, err
	}
	var all []statement
	if json.Unmarshal(doc.Statement, &all) == nil {
		return all, nil
	}
	var one statement
	if err := json.Unmarshal(doc.Statement, &one); err != nil {
		return nil, err
	}
	return []statement{one}, nil
}

// covers reports whether the statement is about an action.
func (s statement) covers(action string) bool {
	matches := func(p string) bool { return catalogue.Match(p, action) }
	if len(s.NotAction) > 0 {
		return !slices.ContainsFunc(s.NotAction, matches)
	}
	return slices.ContainsFunc(s.Action, matches)
}

// Allowance is what the policy of a grant allows.
type Allowance struct {
	Actions, Resources []string // sorted
}

// Allowance reads the policy that [Ops.Look] found; without one it is empty.
func (o *Ops) Allowance(ctx context.Context, s Live) (Allowance, error) {
	if s.policy == nil {
		return Allowance{}, nil
	}
	document, err := o.api.document(ctx, s.policy.arn, s.policy.version)
	if err != nil {
		return Allowance{}, err
	}
	statements, err := parseStatements(document)
	if err != nil {
		return Allowance{}, refused(KindInvalid, "read policy "+s.Name, "its document cannot be read: %v", err)
	}
	actions, resources := map[string]bool{}, map[string]bool{}
	for _, st := range statements {
		if st.Effect != effectAllow {
			continue
		}
		for _, a := range st.Action {
			actions[a] = true
		}
		for _, r := range st.Resource {
			resources[r] = true
		}
	}
	return Allowance{slices.Sorted(maps.Keys(actions)), slices.Sorted(maps.Keys(resources))}, nil
}

// PolicyDocument returns the document in use of a managed policy, as IAM returns
// it. [KindNotFound] when there is no such policy.
func (c *Clients) PolicyDocument(ctx context.Context, arn string) (string, error) {
	policy, err := c.IAM.policy(ctx, arn)
	if err != nil {
		return "", err
	}
	return c.IAM.document(ctx, arn, policy.version)
}

// Outside returns those of the actions that a boundary cannot allow. It is a
// simple reading, which may overlook some: an action counts as allowed where any
// Allow matches its name, whatever the resources and conditions, unless a Deny
// without conditions matches it on all resources.
func Outside(boundary string, actions []string) ([]string, error) {
	statements, err := parseStatements(boundary)
	if err != nil {
		return nil, fmt.Errorf("the document of the boundary cannot be read: %w", err)
	}
	var out []string
	for _, a := range actions {
		allowed, denied := false, false
		for _, st := range statements {
			switch {
			case !st.covers(a):
			case st.Effect == effectAllow:
				allowed = true
			case len(st.Condition) == 0 && slices.Contains(st.Resource, "*"):
				denied = true
			}
		}
		if denied || !allowed {
			out = append(out, a)
		}
	}
	return out, nil
}
