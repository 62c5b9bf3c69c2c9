package e2e

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"port-iam/port/porttest"
)

// TestGrantAndRevoke is the main job, for both kinds of resources and in every
// form that a message can have.
func TestGrantAndRevoke(t *testing.T) {
	w := newWorld(t, 3)
	d := start(t, w.env())
	d.awaitReady(t)

	object := func(id string) map[string]any {
		return map[string]any{"identifier": id, "title": id, "blueprint": "iam_permissions", "properties": map[string]any{}}
	}
	cases := []struct {
		name, resource string
		permissions    any
		form           porttest.Form
		want           map[string]string // resource of the policy by action
	}{
		{
			"S3, templated, strings", bucket,
			[]any{"s3:PutObject", "s3:ListBucket"},
			porttest.FormTemplated,
			map[string]string{"s3:PutObject": bucket + "/*", "s3:ListBucket": bucket},
		},
		{
			"EC2, envelope, objects", instance,
			[]any{object("ec2:StopInstances"), object("ec2:StartInstances")},
			porttest.FormEnvelope,
			map[string]string{"ec2:StopInstances": instance, "ec2:StartInstances": instance},
		},
		{
			"S3, wrapped, mixed", bucket,
			[]any{object("s3:GetObject"), "s3:PutObject"},
			porttest.FormWrapped,
			map[string]string{"s3:GetObject": bucket + "/*", "s3:PutObject": bucket + "/*"},
		},
	}
	runs := make([]string, len(cases))
	for i, c := range cases {
		runs[i] = w.request(c.resource, c.permissions, c.form)
	}
	w.succeeded(t, runs...)
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) { w.checkGrant(t, runs[i], c.resource, c.want) })
	}
	d.awaitMetric(t, `port_iam_runs_total{operation="grant",outcome="succeeded"} 3`)
	d.awaitMetric(t, `port_iam_runs_in_flight{operation="grant"} 0`)
	w.useSession(t, runs[0])

	var revokes []string
	for i, c := range cases {
		revokes = append(revokes, w.revoke(runs[i], c.form))
	}
	w.succeeded(t, revokes...)
	if roles, policies := w.names(t); len(roles)+len(policies) != 0 {
		t.Errorf("left in IAM: roles %s, policies %s", list(roles), list(policies))
	}
	if left := w.port.Entities(grants); len(left) != 0 {
		t.Errorf("entities left in Port: %s", list(left))
	}
	d.awaitMetric(t, `port_iam_runs_total{operation="revoke",outcome="succeeded"} 3`)

	again := w.revoke(runs[0], porttest.FormTemplated)
	w.succeeded(t, again)
	for _, secret := range []string{"secret", "Bearer"} {
		if log := d.logged(); strings.Contains(log, secret+"\"") || strings.Contains(log, "Bearer ") {
			t.Errorf("the log holds %q", secret)
		}
	}
	if code := d.stop(t); code != 0 {
		t.Errorf("exit code %d after SIGTERM", code)
	}
}

// checkGrant looks at everything that a grant leaves behind.
func (w *world) checkGrant(t *testing.T, runID, resource string, want map[string]string) {
	t.Helper()
	name := namePrefix + runID
	role, err := w.iam.GetRole(t.Context(), &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		t.Fatal(err)
	}
	if got := aws.ToString(role.Role.Path); got != "/port-iam/" {
		t.Errorf("path %s", got)
	}
	if b := role.Role.PermissionsBoundary; b == nil || aws.ToString(b.PermissionsBoundaryArn) != boundary {
		t.Errorf("boundary %+v", b)
	}
	tags := map[string]string{}
	for _, tag := range role.Role.Tags {
		tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	end := tags["port-iam-expires-at"]
	wantTags := map[string]string{
		"port-iam-managed-by": "port-iam", "port-iam-org-id": org, "port-iam-run-id": runID,
		"port-iam-requester": requester, "port-iam-expires-at": end,
	}
	if diff := cmp.Diff(wantTags, tags); diff != "" || end == "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	if got, want := aws.ToString(role.Role.Description), "port-iam run "+runID+" ends "+end; got != want {
		t.Errorf("description %q, want %q", got, want)
	}
	trust, err := url.QueryUnescape(aws.ToString(role.Role.AssumeRolePolicyDocument))
	if err != nil || !strings.Contains(trust, "*:"+requester) || !strings.Contains(trust, end) {
		t.Errorf("trust (%v): %s", err, trust)
	}
	attached, err := w.iam.ListAttachedRolePolicies(t.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: &name})
	if err != nil || len(attached.AttachedPolicies) != 1 {
		t.Fatalf("attached: %+v, %v", attached, err)
	}
	w.checkPolicy(t, aws.ToString(attached.AttachedPolicies[0].PolicyArn), end, want)
	w.checkReport(t, runID, resource, end)
}

// checkPolicy compares the policy in use with what was asked for.
func (w *world) checkPolicy(t *testing.T, arn, end string, want map[string]string) {
	t.Helper()
	// moto hands this document out as it is, AWS URL-encoded.
	version, err := w.iam.GetPolicyVersion(t.Context(), &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v1")})
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Statement []struct {
			Effect           string
			Action, Resource []string
			Condition        map[string]map[string]string
		}
	}
	if err := json.Unmarshal([]byte(aws.ToString(version.PolicyVersion.Document)), &doc); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, s := range doc.Statement {
		if s.Effect != "Allow" || s.Condition["DateLessThan"]["aws:CurrentTime"] != end || len(s.Resource) != 1 {
			t.Errorf("statement %+v", s)
			continue
		}
		for _, a := range s.Action {
			got[a] = s.Resource[0]
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
}

// checkReport looks at what Port was told.
func (w *world) checkReport(t *testing.T, runID, resource, end string) {
	t.Helper()
	name := namePrefix + runID
	r, _ := w.port.Run(runID)
	if len(r.Logs) != 1 {
		t.Fatalf("log of the run: %+v", r.Logs)
	}
	signIn := "https://signin.aws.amazon.com/switchrole?account=" + account + "&roleName=port-iam%2F" + name + "&displayName=" + name
	lines := strings.Split(r.Logs[0].Message, "\n")
	for i, part := range []string{resource, requester, signIn, end} {
		if i >= len(lines) || !strings.Contains(lines[i], part) {
			t.Errorf("line %d of the log lacks %q:\n%s", i+1, part, r.Logs[0].Message)
		}
	}
	entity, ok := w.port.Entity(grants, name)
	if !ok {
		t.Fatalf("no entity %s", name)
	}
	properties, _ := entity["properties"].(map[string]any)
	for key, want := range map[string]any{
		"requester": requester, "sign_in_url": signIn, "expiry_time": end,
		"role_arn":   "arn:aws:iam::" + account + ":role/port-iam/" + name,
		"policy_arn": "arn:aws:iam::" + account + ":policy/port-iam/" + name,
	} {
		if properties[key] != want {
			t.Errorf("property %s is %v, want %v", key, properties[key], want)
		}
	}
	relations, _ := entity["relations"].(map[string]any)
	if relations["aws_resource"] != resource {
		t.Errorf("relations: %v", relations)
	}
}
