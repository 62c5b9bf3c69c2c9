package deploy

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"port-iam/iamops/iamtest"
	"port-iam/internal/demo"
	"port-iam/port"
	"port-iam/port/porttest"
)

// fault is something that goes wrong in [TestLive].
type fault struct {
	raises []string // alerts, each a name and a severity
	begin  func(*testing.T, *live) (end func())
}

// faults are in an order in which none hides the alert of the next, and in which
// shares of all requests come while there are few.
func faults() []fault {
	return []fault{
		{[]string{"PortIamIAMThrottled warning"}, func(t *testing.T, l *live) func() {
			return l.manyRequests(t, 8, l.world.AWS.Fault(iamtest.Fault{Op: "CreateRole", Code: "Throttling", Count: -1}))
		}},
		{[]string{"PortIamIAMQuota critical", "PortIamGrantsFailing critical", "PortIamGrantsFailing warning"}, quotaUsedUp},
		{[]string{"PortIamUnreportableRuns warning"}, endRefused},
		{[]string{"PortIamForeignObject warning"}, foreignRole},
		{[]string{"PortIamAuditFailing critical"}, auditUnwritable},
		{[]string{"PortIamGrantChangedByHand critical"}, changedByHand},
		{[]string{"PortIamGrantOverdue critical"}, keptAfterItsEnd},
		{[]string{"PortIamRemovalsFailing critical", "PortIamAccessDenied warning"}, removalDenied},
		{[]string{"PortIamCutSlow critical", "PortIamCutSlow warning"}, cutLate},
		{[]string{"PortIamLagging critical", "PortIamLagging warning", "PortIamNotConsuming critical"}, heldUp},
		{[]string{"PortIamPortThrottled warning"}, func(t *testing.T, l *live) func() {
			return l.manyRequests(t, 20, l.world.Port.Fault(porttest.Fault{Route: "run_get", Status: 429, Count: -1}))
		}},
		// Of the requests so far, few have failed.
		{[]string{"PortIamAccountGrantsFailing critical", "PortIamAccountGrantsFailing warning"}, memberQuotaUsedUp},
		{[]string{"PortIamAccountDown critical"}, func(_ *testing.T, l *live) func() {
			return l.member.Fault(iamtest.Fault{Count: -1})
		}},
		{[]string{"PortIamAccountNotSwept warning"}, func(_ *testing.T, l *live) func() {
			return l.member.Fault(iamtest.Fault{Op: "ListPolicies", Count: -1})
		}},
		{[]string{"PortIamSecurityEvents critical"}, forgedRecord},
		{[]string{"PortIamSweeperNotRunning warning"}, func(_ *testing.T, l *live) func() {
			own, there := l.world.AWS.Fault(iamtest.Fault{Op: "ListPolicies", Count: -1}), l.member.Fault(iamtest.Fault{Op: "ListPolicies", Count: -1})
			return func() { own(); there() }
		}},
		// The 20 grants above have succeeded: enough for the brake.
		{[]string{"PortIamSweeperStopped critical", "PortIamGrantsUnsettled warning"}, entitiesLost},
		{[]string{"PortIamClockSkew warning"}, clockOff(45 * time.Second)},
		{[]string{"PortIamClockSkew critical"}, clockOff(2 * time.Minute)},
		{[]string{"PortIamCredentialsRejected critical"}, func(_ *testing.T, l *live) func() {
			l.world.AWS.RejectCredentials(true)
			return func() { l.world.AWS.RejectCredentials(false) }
		}},
		{[]string{"PortIamNotReady critical"}, func(_ *testing.T, l *live) func() {
			l.world.Port.RejectCredentials(true)
			return func() { l.world.Port.RejectCredentials(false) }
		}},
		{[]string{"PortIamRestarting warning"}, restarts},
		{[]string{"PortIamInstanceUnhealthy warning"}, func(_ *testing.T, l *live) func() {
			l.instances[0].stop()
			return func() {}
		}},
		{[]string{"PortIamDown critical"}, func(_ *testing.T, l *live) func() {
			l.instances[1].stop()
			return func() {}
		}},
	}
}

// TestFaults: each alert has a fault that raises it.
func TestFaults(t *testing.T) {
	var want, got []string
	for _, a := range alerts(t) {
		want = append(want, a.name+" "+a.severity)
	}
	for _, f := range faults() {
		got = append(got, f.raises...)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("alerts (-rules +faults):\n%s", diff)
	}
}

func quotaUsedUp(t *testing.T, l *live) (end func()) {
	end = l.world.AWS.Fault(iamtest.Fault{Op: "CreateRole", Code: "LimitExceeded", Status: 409, Count: -1})
	for range 5 {
		if r := l.request(t); r.Status != "FAILURE" {
			t.Errorf("a grant ended %s at the quota", r.Status)
		}
	}
	return end
}

func memberQuotaUsedUp(t *testing.T, l *live) (end func()) {
	end = l.member.Fault(iamtest.Fault{Op: "CreateRole", Code: "LimitExceeded", Status: 409, Count: -1})
	for range 3 {
		if r := l.awaitEnd(t, l.world.Port.StartRun(memberSpec())); r.Status != "FAILURE" {
			t.Errorf("a grant ended %s at the quota of its account", r.Status)
		}
	}
	return end
}

func endRefused(_ *testing.T, l *live) (end func()) {
	id := l.world.Port.StartRun(grantSpec())
	log := l.world.Port.Fault(porttest.Fault{Route: "run_log", ID: id, Status: 422, Count: -1})
	patch := l.world.Port.Fault(porttest.Fault{Route: "run_patch", ID: id, Status: 422, Count: -1})
	return func() { log(); patch() }
}

func foreignRole(_ *testing.T, l *live) (end func()) {
	l.world.AWS.AddRoleSession("/port-iam/", "Permission-by-hand", "stranger")
	return func() {}
}

// auditUnwritable has a file stand where the directory of the audit log was, and takes a
// grant away meanwhile.
func auditUnwritable(t *testing.T, l *live) (end func()) {
	r := l.request(t)
	do := func(err error) {
		if err != nil {
			t.Error(err)
		}
	}
	do(os.Rename(l.audit, l.audit+".away"))
	do(os.WriteFile(l.audit, nil, 0o600))
	if r := l.revoke(t, r); r.Status != "SUCCESS" {
		t.Errorf("without an audit log a revocation ended %s", r.Status)
	}
	return func() {
		do(os.Remove(l.audit))
		do(os.Rename(l.audit+".away", l.audit))
		for _, i := range l.instances {
			i.awaitReady(t)
		}
	}
}

// changedByHand gives the role of a grant one more policy.
func changedByHand(t *testing.T, l *live) (end func()) {
	role, client := "Permission-"+l.request(t).ID, l.iam()
	policy := aws.String("by-hand")
	if _, err := client.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: &role, PolicyName: policy, PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`)}); err != nil {
		t.Fatal(err)
	}
	return func() {
		if _, err := client.DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: &role, PolicyName: policy}); err != nil {
			t.Error(err)
		}
	}
}

// keptAfterItsEnd makes the role of a grant that ended yesterday, which no request
// can ask for, and AWS refuses to delete it.
func keptAfterItsEnd(t *testing.T, l *live) (end func()) {
	const run = "r_ofyesterday00000"
	ended := time.Now().Add(-24 * time.Hour).UTC().Format(time.RFC3339)
	// The alert may come before the sweep has tried to delete it.
	end = l.world.AWS.Fault(iamtest.Fault{Op: "DeleteRole", Code: "DeleteConflict", Status: 409, Count: -1, Maybe: func() {}})
	if _, err := l.iam().CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: aws.String("Permission-" + run), Path: aws.String("/port-iam/"), PermissionsBoundary: aws.String(demo.Boundary),
		Description:              aws.String("port-iam run " + run + " ends " + ended),
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"` + demo.Account + `"}}]}`),
		Tags: tags(map[string]string{
			"port-iam-managed-by": "port-iam", "port-iam-org-id": demo.Org, "port-iam-run-id": run, "port-iam-expires-at": ended,
		}),
	}); err != nil {
		t.Fatal(err)
	}
	return end
}

func removalDenied(t *testing.T, l *live) (end func()) {
	grant := l.request(t)
	end = l.world.AWS.Fault(iamtest.Fault{Op: "DeleteRole", Name: "Permission-" + grant.ID, Code: "AccessDenied", Status: 403, Count: -1})
	if r := l.revoke(t, grant); r.Status != "FAILURE" {
		t.Errorf("a removal that AWS denies ended %s", r.Status)
	}
	return end
}

// cutLate keeps the runs of three revocations from the daemon until they have
// waited for 16 s.
func cutLate(t *testing.T, l *live) (end func()) {
	var granted []porttest.RunState
	for range 3 {
		granted = append(granted, l.request(t))
	}
	release := l.world.Port.Fault(porttest.Fault{Route: "run_get", Count: -1})
	var ids []string
	for _, grant := range granted {
		ids = append(ids, l.world.Port.StartRun(revokeSpec(grant)))
	}
	eventually(t, 60*time.Second, func() string {
		if n, _ := l.query(t, "max(port_iam_oldest_unfinished_seconds) > 16"); n == 0 {
			return "no revocation has waited for 16 s"
		}
		return ""
	})
	release()
	for _, id := range ids {
		if r := l.awaitEnd(t, id); r.Status != "SUCCESS" {
			t.Errorf("a late revocation ended %s: %v", r.Status, r.Logs)
		}
	}
	return func() {}
}

// heldUp writes a record again that was first written 20 minutes ago, of a run
// that Port does not show.
func heldUp(t *testing.T, l *live) (end func()) {
	id := l.world.Port.StartRun(grantSpec())
	end = l.world.Port.Fault(porttest.Fault{Route: "run_get", ID: id, Count: -1})
	if err := l.world.Produce(t.Context(), time.Now().Add(-20*time.Minute), l.world.Port.Message(id, porttest.FormTemplated)); err != nil {
		t.Fatal(err)
	}
	return end
}

// manyRequests starts runs in the middle of a fault. The function it returns ends
// the fault, and waits for the runs to end too.
func (l *live) manyRequests(t *testing.T, many int, endFault func()) (end func()) {
	ids := make([]string, many)
	for i := range ids {
		ids[i] = l.world.Port.StartRun(grantSpec())
	}
	return func() {
		endFault()
		for _, id := range ids {
			if r := l.awaitEnd(t, id); r.Status != "SUCCESS" {
				t.Errorf("a grant ended %s after the fault: %v", r.Status, r.Logs)
			}
		}
	}
}

// forgedRecord names a run that Port does not know.
func forgedRecord(t *testing.T, l *live) (end func()) {
	id := l.world.Port.StartRun(porttest.RunSpec{Action: "request_permissions", Entity: porttest.SampleBucket, Requester: requester, RequiredApproval: true})
	forged := strings.ReplaceAll(string(l.world.Port.Message(id, porttest.FormTemplated)), id, "r_0000000000000000")
	if err := l.world.Produce(t.Context(), time.Now(), []byte(forged)); err != nil {
		t.Fatal(err)
	}
	return func() {}
}

// entitiesLost deletes what Port knows of the grants.
func entitiesLost(t *testing.T, l *live) (end func()) {
	client, err := port.New(port.Options{BaseURL: l.world.PortURL, ClientID: demo.ClientID, ClientSecret: demo.ClientSecret})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range l.world.Port.Entities("provisioned_permissions") {
		if err := client.DeleteEntity(t.Context(), "provisioned_permissions", id, ""); err != nil {
			t.Fatal(err)
		}
	}
	return func() {}
}

func clockOff(by time.Duration) func(*testing.T, *live) (end func()) {
	return func(_ *testing.T, l *live) (end func()) {
		l.world.AWS.SetClockSkew(by)
		return func() { l.world.AWS.SetClockSkew(0) }
	}
}

func restarts(t *testing.T, l *live) (end func()) {
	i := l.instances[0]
	for range 4 {
		i.stop()
		i.start()
		i.awaitReady(t)
		l.awaitStart(t, i)
	}
	return func() {}
}
