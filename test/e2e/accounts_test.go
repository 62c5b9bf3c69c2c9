package e2e

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"

	"port-iam/port/porttest"
	"port-iam/test/kit/daemontest"
)

// TestTwoAccounts: one daemon serves its own account and another one, whose role it
// assumes. Each request goes to the account of its resource, each removal to that of
// its role, and one resource without an account to neither.
func TestTwoAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	w.AddMember(t)
	env := w.Env(map[string]string{
		"ACCOUNTS": daemontest.Account + "," + daemontest.Member, "IAM_PERMISSIONS_BOUNDARY": daemontest.BoundaryName,
		"SWEEP_INTERVAL": "10s", "SWEEP_GRACE": "5s",
	})
	d := daemontest.Start(t, env)
	d.AwaitReady(t)
	for _, account := range []string{daemontest.Account, daemontest.Member} {
		d.AwaitMetric(t, `port_iam_account_up{account="`+account+`"} 1`)
	}

	ours := w.request(instance, []string{"ec2:StopInstances"}, porttest.FormTemplated)
	theirs := w.request(daemontest.MemberInstance, []string{"ec2:StopInstances"}, porttest.FormEnvelope)
	data := w.request(daemontest.MemberBucket, []string{"s3:GetObject"}, porttest.FormWrapped)
	nowhere := w.request(bucket, []string{"s3:GetObject"}, porttest.FormTemplated)
	w.succeeded(t, ours, theirs, data)
	for _, g := range []daemontest.Grant{
		{Run: ours, Account: daemontest.Account, Resource: instance, Actions: map[string]string{"ec2:StopInstances": instance}},
		{Run: theirs, Account: daemontest.Member, Resource: daemontest.MemberInstance, Actions: map[string]string{"ec2:StopInstances": daemontest.MemberInstance}},
		{Run: data, Account: daemontest.Member, Resource: daemontest.MemberBucket, Actions: map[string]string{"s3:GetObject": daemontest.MemberBucket + "/*"}},
	} {
		g.Requester = requester
		w.CheckGrant(t, g)
	}
	if r := w.ended(t, nowhere); r.Status != "FAILURE" || !strings.Contains(r.Logs[0].Message, `property "account"`) {
		t.Errorf("a request on a resource of no account ended %s: %+v", r.Status, r.Logs)
	}
	w.holds(t, daemontest.Account, ours)
	w.holds(t, daemontest.Member, theirs, data)
	listed(t, env, map[string]string{ours: daemontest.Account, theirs: daemontest.Member, data: daemontest.Member})

	w.succeeded(t, w.revoke(ours, porttest.FormTemplated), w.revoke(theirs, porttest.FormTemplated))
	w.holds(t, daemontest.Account)
	w.holds(t, daemontest.Member, data)
	w.age(t, daemontest.Member, data)
	d.AwaitMetric(t, `port_iam_sweep_removed_total{reason="expired"} 1`)
	w.holds(t, daemontest.Member)
	if left := w.Port.Entities(daemontest.GrantBlueprint); len(left) != 0 {
		t.Errorf("entities left in Port: %s", list(left))
	}
	if r, _ := w.Port.Run(data); r.Status != "SUCCESS" || r.Ends != 1 {
		t.Errorf("the run of the grant that expired is %s, and ended %d times", r.Status, r.Ends)
	}
	d.AwaitMetric(t, `port_iam_runs_total{account="`+daemontest.Member+`",operation="grant",outcome="succeeded"} 2`)
	if code := d.Stop(t); code != 0 {
		t.Errorf("exit code %d after SIGTERM", code)
	}
}

// holds checks that an account holds roles and policies of these runs, and no others.
func (w *world) holds(t *testing.T, account string, runs ...string) {
	t.Helper()
	want := map[string]bool{}
	for _, run := range runs {
		want[daemontest.NamePrefix+run] = true
	}
	roles, policies := w.NamesIn(t, account)
	for what, names := range map[string][]string{"roles": roles, "policies": policies} {
		got := map[string]bool{}
		for _, name := range names {
			got[name] = true
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("account %s, %s (-want +got):\n%s", account, what, diff)
		}
	}
}

// listed checks that the command line lists these grants, each with its account.
func listed(t *testing.T, env map[string]string, accountOf map[string]string) {
	t.Helper()
	table, code := daemontest.Output(t, env, "grants", "list")
	if code != 0 || !strings.Contains(strings.SplitN(table, "\n", 2)[0], "ACCOUNT") {
		t.Errorf("the list of grants, code %d:\n%s", code, table)
	}
	text, code := daemontest.Output(t, env, "grants", "list", "--json")
	var rows []struct{ Name, Account, State string }
	if err := json.Unmarshal([]byte(text), &rows); err != nil || code != 0 {
		t.Fatalf("the list of grants, code %d, %v:\n%s", code, err, text)
	}
	got, want := map[string]string{}, map[string]string{}
	for run, account := range accountOf {
		want[daemontest.NamePrefix+run] = account + " active"
	}
	for _, r := range rows {
		got[r.Name] = r.Account + " " + r.State
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the list of grants (-want +got):\n%s", diff)
	}
}

// age makes the role of a grant say that its end has passed, where a sweep reads it.
func (w *world) age(t *testing.T, account, run string) {
	t.Helper()
	client, name := w.In(account), daemontest.NamePrefix+run
	end := time.Now().UTC().Add(-time.Minute).Format(time.RFC3339)
	_, err := client.TagRole(t.Context(), &iam.TagRoleInput{
		RoleName: &name, Tags: []types.Tag{{Key: aws.String("port-iam-expires-at"), Value: &end}},
	})
	if err == nil {
		_, err = client.UpdateRole(t.Context(), &iam.UpdateRoleInput{RoleName: &name, Description: aws.String("port-iam run " + run + " ends " + end)})
	}
	if err != nil {
		t.Fatal(err)
	}
}
