package e2e

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"

	"port-iam/port/porttest"
	"port-iam/test/kit/daemontest"
)

// TestTwoInstances: two daemons of one group share the work. Every record comes
// twice, and one daemon is killed in the middle; each run still ends once, and
// leaves one grant.
func TestTwoInstances(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 6)
	a, b := daemontest.Start(t, w.Env(nil)), daemontest.Start(t, w.Env(nil))
	a.AwaitReady(t)
	b.AwaitReady(t)

	const n = 40
	grantRuns := make([]string, n)
	for i := range grantRuns {
		form := porttest.Form(i % 3)
		grantRuns[i] = w.request(bucket, []string{"s3:PutObject"}, form)
		w.publish(grantRuns[i], form)
		if i == n/2 {
			a.Kill()
		}
	}
	w.succeeded(t, grantRuns...)
	roles, policies := w.Names(t)
	if entities := w.Port.Entities(daemontest.GrantBlueprint); len(roles) != n || len(policies) != n || len(entities) != n {
		t.Errorf("%d roles, %d policies and %d entities for %d runs", len(roles), len(policies), len(entities), n)
	}

	a = daemontest.Start(t, w.Env(nil))
	a.AwaitReady(t)
	var revokes []string
	for _, id := range grantRuns {
		revokes = append(revokes, w.revoke(id, porttest.FormTemplated))
		w.publish(id, porttest.FormTemplated) // late copies bring nothing back
	}
	w.succeeded(t, revokes...)
	w.drained(t)
	if roles, policies := w.Names(t); len(roles)+len(policies) != 0 {
		t.Errorf("left in IAM: roles %s, policies %s", list(roles), list(policies))
	}
	if left := w.Port.Entities(daemontest.GrantBlueprint); len(left) != 0 {
		t.Errorf("entities left in Port: %s", list(left))
	}
	for _, d := range []*daemontest.Daemon{a, b} {
		if code := d.Stop(t); code != 0 {
			t.Errorf("exit code %d after SIGTERM", code)
		}
	}
}

// TestKilledAgainAndAgain kills the only daemon at random moments.
func TestKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	const seed = 7
	rnd := rand.New(rand.NewPCG(seed, seed))
	w := newWorld(t, 3)
	var open []string
	atWork := 0 // runs that were under way when the daemon was killed
	for range 3 {
		d := daemontest.Start(t, w.Env(nil))
		for range 8 {
			open = append(open, w.request(instance, []string{"ec2:StopInstances"}, porttest.FormTemplated))
		}
		d.AwaitReady(t)
		stopAfter := len(open) - rnd.IntN(8)
		daemontest.Eventually(t, "some runs have ended", func() bool { return w.endedOf(open) >= stopAfter-8 })
		d.Kill()
		atWork += len(open) - w.endedOf(open)
	}
	if atWork == 0 {
		t.Error("the daemon was never killed at work")
	}
	d := daemontest.Start(t, w.Env(nil))
	w.succeeded(t, open...)
	w.drained(t)
	if roles, policies := w.Names(t); len(roles) != len(open) || len(policies) != len(open) {
		t.Errorf("%d roles and %d policies for %d runs", len(roles), len(policies), len(open))
	}
	if code := d.Stop(t); code != 0 {
		t.Errorf("exit code %d after SIGTERM", code)
	}
}

func (w *world) endedOf(ids []string) (n int) {
	for _, id := range ids {
		if r, _ := w.Port.Run(id); r.Ended() {
			n++
		}
	}
	return n
}

// TestBrokerRestart: the broker dies under a daemon that works, and comes back.
func TestBrokerRestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	d := daemontest.Start(t, w.Env(nil))
	d.AwaitReady(t)
	before := w.request(bucket, []string{"s3:PutObject"}, porttest.FormTemplated)
	w.succeeded(t, before)
	w.Kafka.Kill()
	d.AwaitUnready(t, "kafka: ")
	w.Kafka.Restart()
	d.AwaitReady(t)
	after := w.request(bucket, []string{"s3:PutObject"}, porttest.FormTemplated)
	w.succeeded(t, after)
	if roles, _ := w.Names(t); len(roles) != 2 {
		t.Errorf("roles: %s", list(roles))
	}
	if code := d.Stop(t); code != 0 {
		t.Errorf("exit code %d after SIGTERM", code)
	}
}

// TestForeignRecords: what is not ours is skipped, counted by reason, and never
// touched; what is not JSON stops nobody.
func TestForeignRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	other := w.Port.StartRun(porttest.RunSpec{Action: "deploy_service", Requester: requester})
	forged := fmt.Sprintf(`{"action":"request_permissions","resourceType":"run","context":{"runId":"r_0000000000000000","entity":%q},"trigger":{"by":{"user":{"email":"x@example.com"}}},"payload":{}}`, bucket)
	for _, value := range []string{
		string(w.Port.Message(other, porttest.FormTemplated)),
		"garbage that names request_permissions",
		`["request_permissions"]`,
		`{"action":"request_permissions","resourceType":"run","context":{"runId":"wfnr_0000000000000000"},"payload":{}}`,
		`{"action":"request_permissions","resourceType":"run","context":{"runId":"r_1"},"diff":{},"payload":{}}`,
		`{"action":"request_permissions","resourceType":"run","context":{"runId":"r_1"},"payload":{"action":{"invocationMethod":{"type":"WEBHOOK"}}}}`,
		`{"action":"request_permissions","resourceType":"run","context":{},"payload":{}}`,
		forged,
	} {
		w.Kafka.Produce(w.Kafka.RunsTopic(), "", value)
	}
	ours := w.request(bucket, []string{"s3:PutObject"}, porttest.FormTemplated)
	d := daemontest.Start(t, w.Env(nil))
	w.succeeded(t, ours)
	for _, line := range []string{
		`port_iam_records_total{result="skipped_other_action"} 1`,
		`port_iam_records_total{result="malformed"} 3`,
		`port_iam_records_total{result="skipped_workflow"} 1`,
		`port_iam_records_total{result="skipped_change_log"} 1`,
		`port_iam_records_total{result="skipped_other_backend"} 1`,
		`port_iam_records_total{result="dropped"} 1`,
		`port_iam_records_total{result="handled"} 1`,
		`port_iam_security_events_total{reason="unknown_run"} 1`,
	} {
		d.AwaitMetric(t, line)
	}
	w.drained(t)
	if r, _ := w.Port.Run(other); r.Ended() {
		t.Errorf("a run of another action has ended: %+v", r)
	}
	if roles, _ := w.Names(t); len(roles) != 1 {
		t.Errorf("roles: %s", list(roles))
	}
}

// TestPortAway: a daemon that starts while Port is away waits, and says so.
func TestPortAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	remove := w.Port.Fault(porttest.Fault{Status: 503, Count: -1})
	d := daemontest.Start(t, w.Env(nil))
	d.AwaitUnready(t, "port: ")
	if status, _ := d.Get(t, "/healthz"); status != 200 {
		t.Errorf("/healthz: %d", status)
	}
	id := w.request(bucket, []string{"s3:PutObject"}, porttest.FormTemplated)
	remove()
	w.succeeded(t, id)
	d.AwaitReady(t)
	d.Signal(t, syscall.SIGINT)
	if code := d.Exit(t); code != 0 {
		t.Errorf("exit code %d after SIGINT", code)
	}
}
