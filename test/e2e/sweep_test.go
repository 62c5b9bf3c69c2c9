package e2e

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"port-iam/port/porttest"
	"port-iam/test/kit/daemontest"
)

// TestSweep: the daemon finds what no record will tell it about: a request whose
// record was lost, and a role whose removal was interrupted.
func TestSweep(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	d := daemontest.Start(t, w.Env(map[string]string{"SWEEP_INTERVAL": "10s", "SWEEP_GRACE": "5s"}))
	d.AwaitReady(t)
	kept := w.request(bucket, []string{"s3:PutObject"}, porttest.FormTemplated)
	cut := w.request(bucket, []string{"s3:PutObject"}, porttest.FormTemplated)
	w.succeeded(t, kept, cut)
	if _, err := w.IAM.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
		RoleName: aws.String(daemontest.NamePrefix + cut), PolicyName: aws.String("port-iam-revoked"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`),
	}); err != nil {
		t.Fatal(err)
	}
	lost := w.Port.StartRun(porttest.RunSpec{
		Action: daemontest.GrantAction, Entity: bucket, Requester: requester, Properties: map[string]any{"permissions": []string{"s3:PutObject"}},
	})

	if r := w.ended(t, lost); r.Status != "FAILURE" || len(r.Logs) != 1 || !strings.Contains(r.Logs[0].Message, "lost") {
		t.Errorf("the lost run ended %s: %+v", r.Status, r.Logs)
	}
	d.AwaitMetric(t, `port_iam_sweep_removed_total{reason="interrupted"} 1`)
	d.AwaitMetric(t, `port_iam_grants{account="123456789012",state="active"} 1`)
	roles, policies := w.Names(t)
	if len(roles) != 1 || len(policies) != 1 || roles[0] != daemontest.NamePrefix+kept {
		t.Errorf("roles %s, policies %s", list(roles), list(policies))
	}
	if code := d.Stop(t); code != 0 {
		t.Errorf("exit code %d after SIGTERM", code)
	}
}
