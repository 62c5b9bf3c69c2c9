package e2e

import (
	"strings"
	"testing"

	"port-iam/port/porttest"
	"port-iam/test/kit/daemontest"
)

// TestGrantAndRevoke is the main job, for both kinds of resources and in every
// form that a message can have.
func TestGrantAndRevoke(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	d := daemontest.Start(t, w.Env(nil))
	d.AwaitReady(t)

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
		t.Run(c.name, func(t *testing.T) {
			w.CheckGrant(t, daemontest.Grant{Run: runs[i], Requester: requester, Resource: c.resource, Actions: c.want})
		})
	}
	d.AwaitMetric(t, `port_iam_runs_total{account="123456789012",operation="grant",outcome="succeeded"} 3`)
	d.AwaitMetric(t, `port_iam_runs_in_flight{operation="grant"} 0`)
	w.useSession(t, runs[0])

	var revokes []string
	for i, c := range cases {
		revokes = append(revokes, w.revoke(runs[i], c.form))
	}
	w.succeeded(t, revokes...)
	if roles, policies := w.Names(t); len(roles)+len(policies) != 0 {
		t.Errorf("left in IAM: roles %s, policies %s", list(roles), list(policies))
	}
	if left := w.Port.Entities(daemontest.GrantBlueprint); len(left) != 0 {
		t.Errorf("entities left in Port: %s", list(left))
	}
	d.AwaitMetric(t, `port_iam_runs_total{account="123456789012",operation="revoke",outcome="succeeded"} 3`)

	again := w.revoke(runs[0], porttest.FormTemplated)
	w.succeeded(t, again)
	for _, secret := range []string{"secret", "Bearer"} {
		if log := d.Logged(); strings.Contains(log, secret+"\"") || strings.Contains(log, "Bearer ") {
			t.Errorf("the log holds %q", secret)
		}
	}
	if code := d.Stop(t); code != 0 {
		t.Errorf("exit code %d after SIGTERM", code)
	}
}
