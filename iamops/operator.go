package iamops

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"golang.org/x/sync/errgroup"
)

// Requester is the e-mail of who asked for the grant, from the tags of its role
// or policy; "" where they do not say.
func (s Live) Requester() string {
	switch {
	case s.role != nil:
		return s.role.tags[tagRequester]
	case s.policy != nil:
		return s.policy.tags[tagRequester]
	}
	return ""
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
	out, err := o.api.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: &s.policy.arn, VersionId: &s.policy.version})
	if err != nil {
		return Allowance{}, wrap(err, "read policy %q", s.Name)
	}
	if out.PolicyVersion == nil {
		return Allowance{}, refused(KindUnavailable, "read policy "+s.Name, "the answer holds no version")
	}
	statements, err := parseStatements(aws.ToString(out.PolicyVersion.Document))
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

// Detach takes every managed policy off the role that [Ops.Look] found, and
// leaves the role. It comes after [Ops.Cut] where the role must stay for now.
func (o *Ops) Detach(ctx context.Context, s Live) error {
	if s.role == nil {
		return nil
	}
	for _, arn := range s.role.attached {
		_, err := o.api.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: &s.role.name, PolicyArn: aws.String(arn)})
		if err := gone(wrap(err, "detach %s from role %q", arn, s.role.name)); err != nil {
			return err
		}
	}
	return nil
}

// parallelReads bounds the roles that are read at once.
const parallelReads = 8

// Organizations returns the organisations whose grants are under the path, as the tags
// of the roles say, sorted. It is for an operator who cannot ask Port which
// organisation this is.
func (c *Clients) Organizations(ctx context.Context, path string) ([]string, error) {
	var names []string
	pages := iam.NewListRolesPaginator(c.IAM, &iam.ListRolesInput{PathPrefix: &path, MaxItems: aws.Int32(1000)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, wrap(err, "list roles under %s", path)
		}
		for _, r := range page.Roles {
			names = append(names, aws.ToString(r.RoleName))
		}
	}
	var mu sync.Mutex
	owners := map[string]bool{}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallelReads)
	for _, name := range names {
		runID, ok := RunID(name)
		if !ok {
			continue
		}
		g.Go(func() error {
			out, err := c.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(name)})
			if err = wrap(err, "read role %q", name); err != nil {
				return gone(err)
			}
			if out.Role == nil {
				return nil
			}
			tags := tagMap(out.Role.Tags)
			if aws.ToString(out.Role.Path) != path || tags[tagManagedBy] != managedBy || tags[tagRunID] != runID || tags[tagOrgID] == "" {
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			owners[tags[tagOrgID]] = true
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(owners)), nil
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

// parseStatements reads a policy as IAM returns it, percent-encoded or not.
func parseStatements(document string) ([]statement, error) {
	if !strings.HasPrefix(strings.TrimSpace(document), "{") {
		plain, err := url.QueryUnescape(document)
		if err != nil {
			return nil, fmt.Errorf("decode: %w", err)
		}
		document = plain
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
