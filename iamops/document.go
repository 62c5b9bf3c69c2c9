package iamops

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
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

// sameJSON compares a document of ours by meaning with one that IAM returned. IAM may
// return the values of a list in another order, and a list of one as its value.
func sameJSON(ours, theirs string) bool {
	theirs, err := plain(theirs)
	var a, b any
	err = errors.Join(err, json.Unmarshal([]byte(ours), &a), json.Unmarshal([]byte(theirs), &b))
	return err == nil && reflect.DeepEqual(unordered(a), unordered(b))
}

// unordered is a value of a document with the texts of each list in order.
func unordered(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key := range v {
			v[key] = unordered(v[key])
		}
	case []any:
		if len(v) == 1 {
			return unordered(v[0])
		}
		for i := range v {
			v[i] = unordered(v[i])
		}
		slices.SortStableFunc(v, func(a, b any) int {
			x, _ := a.(string)
			y, _ := b.(string)
			return strings.Compare(x, y)
		})
	}
	return value
}

const (
	effectAllow = "Allow"
	effectDeny  = "Deny"
)

// statement is what is read of a statement of a policy.
type statement struct {
	Sid               string
	Effect            string
	Action, NotAction oneOrMore[string]
	Resource          oneOrMore[string]
	Condition         json.RawMessage
}

// oneOrMore is a value or a list of values, as policies have it.
type oneOrMore[T any] []T

// UnmarshalJSON takes a value for a list of one.
func (l *oneOrMore[T]) UnmarshalJSON(b []byte) error {
	var one T
	if json.Unmarshal(b, &one) == nil {
		*l = oneOrMore[T]{one}
		return nil
	}
	return json.Unmarshal(b, (*[]T)(l))
}

// parseStatements reads a policy that IAM returned.
func parseStatements(document string) ([]statement, error) {
	document, err := plain(document)
	if err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	var doc struct{ Statement oneOrMore[statement] }
	err = json.Unmarshal([]byte(document), &doc)
	return doc.Statement, err
}

// covers reports whether the statement is about an action.
func (s statement) covers(action string) bool {
	matches := func(p string) bool { return catalogue.Match(p, action) }
	if len(s.NotAction) > 0 {
		return !slices.ContainsFunc(s.NotAction, matches)
	}
	return slices.ContainsFunc(s.Action, matches)
}

// isConsole reports whether the statement is one for AWS's console, and so says nothing
// about the resource of the grant. A template may leave its name out.
func (s statement) isConsole() bool {
	other := func(action string) bool { return !catalogue.IsConsole(action) }
	named := strings.HasPrefix(s.Sid, sidConsole) || slices.Equal(s.Resource, []string{"*"})
	return named && len(s.Action) > 0 && !slices.ContainsFunc(s.Action, other)
}

// Allowance is what the policy of a grant allows, without what AWS's console needs.
type Allowance struct {
	Actions, Resources []string // sorted
	Document           string   // all of it, as IAM has it
}

// Allowance reads the policy of the grant of that name and proves that it is ours;
// without one it is empty. It reads nothing that [Ops.Look] has to have read, so
// that both can be asked at once.
func (o *Ops) Allowance(ctx context.Context, name string) (Allowance, error) {
	runID, ok := RunID(name)
	if !ok {
		return Allowance{}, refused(KindInvalid, "read policy "+name, "it is not the name of a grant (%s<run id>)", NamePrefix)
	}
	policy, err := o.ownPolicy(ctx, runID)
	if err != nil {
		return Allowance{}, gone(err)
	}
	document, err := o.api.document(ctx, policy.arn, policy.version)
	if err != nil {
		return Allowance{}, gone(err)
	}
	a := Allowance{Document: readable(document)}
	statements, err := parseStatements(document)
	if err != nil {
		return a, refused(KindInvalid, "read policy "+name, "its document cannot be read: %v", err)
	}
	for _, st := range statements {
		if st.Effect == effectAllow && !st.isConsole() {
			a.Actions, a.Resources = append(a.Actions, st.Action...), append(a.Resources, st.Resource...)
		}
	}
	slices.Sort(a.Actions)
	slices.Sort(a.Resources)
	a.Actions, a.Resources = slices.Compact(a.Actions), slices.Compact(a.Resources)
	return a, nil
}
