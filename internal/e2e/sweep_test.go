package e2e

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"port-iam/port/porttest"
)

// TestSweep: the daemon finds what no record will tell it about: a request whose
// record was lost, and a role whose removal was interrupted.
func TestSweep(t *testing.T) {
	w := newWorld(t, 3)
	env := w.env()
	env["SWEEP_INTERVAL"], env["SWEEP_GRACE"] = "10s", "5s"
	d := start(t, env)
	d.awaitReady(t)
	kept := w.request(bucket, []string{"s3:PutObject"}, porttest.FormTemplated)
	cut := w.request(bucket, []string{"s3:PutObject"}, porttest.FormTemplated)
	w.succeeded(t, kept, cut)
	if _, err := w.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
		RoleName: aws.String(namePrefix + cut), PolicyName: aws.String("port-iam-revoked"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`),
	}); err != nil {
		t.Fatal(err)
	}
	lost := w.port.StartRun(porttest.RunSpec{
		Action: grantAction, Entity: bucket, Requester: requester, Properties: map[string]any{"permissions": []string{"s3:PutObject"}},
	})

	if r := w.ended(t, lost); r.Status != "FAILURE" || len(r.Logs) != 1 || !strings.Contains(r.Logs[0].Message, "lost") {
		t.Errorf("the lost run ended %s: %+v", r.Status, r.Logs)
	}
	d.awaitMetric(t, `port_iam_sweep_removed_total{reason="interrupted"} 1`)
	d.awaitMetric(t, `port_iam_grants{state="active"} 1`)
	roles, policies := w.names(t)
	if len(roles) != 1 || len(policies) != 1 || roles[0] != namePrefix+kept {
		t.Errorf("roles %s, policies %s", list(roles), list(policies))
	}
	if code := d.stop(t); code != 0 {
		t.Errorf("exit code %d after SIGTERM", code)
	}
}
