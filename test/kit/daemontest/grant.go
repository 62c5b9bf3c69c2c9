package daemontest

import (
	"cmp"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	gocmp "github.com/google/go-cmp/cmp"
)

// Grant is what was asked for.
type Grant struct {
	Run, Requester, Resource string
	// Account is where it is; "" is the constant of that name.
	Account string
	// Actions has the resource of the policy by action.
	Actions map[string]string
	// Lasts is how long, from the creation of the run; 0 is not checked.
	Lasts time.Duration
}

// CheckGrant looks at everything that a grant leaves behind: role, policy, the
// entity in Port and the log of the run. It reports all that is wrong.
func (w *World) CheckGrant(t testing.TB, g Grant) {
	t.Helper()
	g.Account = cmp.Or(g.Account, Account)
	client, name := w.In(g.Account), NamePrefix+g.Run
	role, err := client.GetRole(t.Context(), &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		t.Errorf("run %s: %v", g.Run, err)
		return
	}
	if got := aws.ToString(role.Role.Path); got != Path {
		t.Errorf("%s: path %s", name, got)
	}
	if b := role.Role.PermissionsBoundary; b == nil || aws.ToString(b.PermissionsBoundaryArn) != "arn:aws:iam::"+g.Account+":policy/"+BoundaryName {
		t.Errorf("%s: boundary %+v", name, b)
	}
	tags := map[string]string{}
	for _, tag := range role.Role.Tags {
		tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	end := tags["port-iam-expires-at"]
	if r, _ := w.Port.Run(g.Run); g.Lasts > 0 && end != r.CreatedAt.UTC().Truncate(time.Second).Add(g.Lasts).Format(time.RFC3339) {
		t.Errorf("%s: ends %s, and its run was made %s for %s", name, end, r.CreatedAt, g.Lasts)
	}
	wantTags := map[string]string{
		"port-iam-managed-by": "port-iam", "port-iam-org-id": Org, "port-iam-run-id": g.Run,
		"port-iam-requester": g.Requester, "port-iam-expires-at": end,
	}
	if diff := gocmp.Diff(wantTags, tags); diff != "" || end == "" {
		t.Errorf("%s: tags (-want +got):\n%s", name, diff)
	}
	if got, want := aws.ToString(role.Role.Description), "port-iam run "+g.Run+" ends "+end; got != want {
		t.Errorf("%s: description %q, want %q", name, got, want)
	}
	trust, err := url.QueryUnescape(aws.ToString(role.Role.AssumeRolePolicyDocument))
	if err != nil || !strings.Contains(trust, `"*:`+g.Requester+`"`) || strings.Count(trust, "@") != 1 || !strings.Contains(trust, "::"+g.Account+":") || !strings.Contains(trust, end) {
		t.Errorf("%s: trust (%v): %s", name, err, trust)
	}
	w.checkPolicies(t, client, g, end)
	w.checkReport(t, g, end)
}

// checkPolicies compares what hangs on the role with what was asked for.
func (w *World) checkPolicies(t testing.TB, client *iam.Client, g Grant, end string) {
	t.Helper()
	name := NamePrefix + g.Run
	arn := "arn:aws:iam::" + g.Account + ":policy" + Path + name
	attached, err := client.ListAttachedRolePolicies(t.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: &name})
	if err != nil || len(attached.AttachedPolicies) != 1 || aws.ToString(attached.AttachedPolicies[0].PolicyArn) != arn {
		t.Errorf("%s: attached: %+v, %v", name, attached, err)
		return
	}
	inline, err := client.ListRolePolicies(t.Context(), &iam.ListRolePoliciesInput{RoleName: &name})
	if err != nil || len(inline.PolicyNames) != 0 {
		t.Errorf("%s: inline policies: %+v, %v", name, inline, err)
	}
	versions, err := client.ListPolicyVersions(t.Context(), &iam.ListPolicyVersionsInput{PolicyArn: &arn})
	if err != nil || len(versions.Versions) != 1 {
		t.Errorf("%s: versions: %+v, %v", name, versions, err)
	}
	// moto hands this document out as it is, AWS URL-encoded.
	version, err := client.GetPolicyVersion(t.Context(), &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v1")})
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	var doc struct {
		Statement []struct {
			Effect           string
			Action, Resource []string
			Condition        map[string]map[string]string
		}
	}
	if err := json.Unmarshal([]byte(aws.ToString(version.PolicyVersion.Document)), &doc); err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	got := map[string]string{}
	for _, s := range doc.Statement {
		if s.Effect != "Allow" || s.Condition["DateLessThan"]["aws:CurrentTime"] != end || len(s.Resource) != 1 {
			t.Errorf("%s: statement %+v", name, s)
			continue
		}
		// The account, where the ARN names none.
		if strings.Contains(s.Resource[0], ":::") && s.Condition["StringEquals"]["aws:ResourceAccount"] != g.Account {
			t.Errorf("%s: statement in any account: %+v", name, s)
		}
		for _, a := range s.Action {
			got[a] = s.Resource[0]
		}
	}
	if diff := gocmp.Diff(g.Actions, got); diff != "" {
		t.Errorf("%s: actions (-want +got):\n%s", name, diff)
	}
}

// checkReport looks at what Port was told.
func (w *World) checkReport(t testing.TB, g Grant, end string) {
	t.Helper()
	name := NamePrefix + g.Run
	r, _ := w.Port.Run(g.Run)
	if len(r.Logs) != 1 {
		t.Errorf("log of run %s: %+v", g.Run, r.Logs)
		return
	}
	signIn := "https://signin.aws.amazon.com/switchrole?account=" + g.Account + "&roleName=port-iam%2F" + name + "&displayName=" + name
	lines := strings.Split(r.Logs[0].Message, "\n")
	for i, part := range []string{g.Resource, g.Requester, signIn, end} {
		if i >= len(lines) || !strings.Contains(lines[i], part) {
			t.Errorf("run %s: line %d of the log lacks %q:\n%s", g.Run, i+1, part, r.Logs[0].Message)
		}
	}
	entity, ok := w.Port.Entity(GrantBlueprint, name)
	if !ok {
		t.Errorf("no entity %s", name)
		return
	}
	properties, _ := entity["properties"].(map[string]any)
	for key, want := range map[string]any{
		"requester": g.Requester, "sign_in_url": signIn, "expiry_time": end,
		"account":    g.Account,
		"role_arn":   "arn:aws:iam::" + g.Account + ":role" + Path + name,
		"policy_arn": "arn:aws:iam::" + g.Account + ":policy" + Path + name,
	} {
		if properties[key] != want {
			t.Errorf("%s: property %s is %v, want %v", name, key, properties[key], want)
		}
	}
	relations, _ := entity["relations"].(map[string]any)
	if relations["aws_resource"] != g.Resource {
		t.Errorf("%s: relations: %v", name, relations)
	}
}
