package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"port-iam/iamops/iamtest"
	"port-iam/internal/demo"
	"port-iam/port/porttest"
	"port-iam/templates"
)

const (
	member       = "222222222222"
	memberRole   = "arn:aws:iam::" + member + ":role/platform/PortIam"
	memberBounds = "arn:aws:iam::" + member + ":policy/PortIamBoundary"
	hubARN       = "arn:aws:iam::" + demo.Account + ":user/hub"
	organization = "o-exampleorg"
	boundsOfAll  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","ec2:*"],"Resource":"*"}]}`
)

// twoAccounts is the world of check with a second account, which the daemon enters.
type twoAccounts struct {
	*checkWorld
	there *iamtest.Server
}

func newTwoAccounts(t *testing.T) *twoAccounts {
	t.Helper()
	settle(t)
	w := &twoAccounts{checkWorld: newCheckWorld(t)}
	w.env["ACCOUNTS"], w.env["ACCOUNT_ROLE"] = demo.Account+","+member, "platform/PortIam"
	w.env["ACCOUNT_EXTERNAL_ID"], w.env["IAM_PERMISSIONS_BOUNDARY"] = "external-1", "PortIamBoundary"
	// The stand-in does not know NotResource, by which the printed policies forbid other roles.
	own := strings.NewReplacer("user/port-iam", "user/hub", ",\n        \"sts:AssumeRole\"\n", "\n").Replace(w.management())
	w.AWS.RequireKnownKeys(true)
	w.env["AWS_ACCESS_KEY_ID"], w.env["AWS_SECRET_ACCESS_KEY"] = w.AWS.AddUser("hub", own,
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"`+memberRole+`"}}`)
	w.there = w.AWS.AddAccount(member)
	w.there.AddPolicy(memberBounds, boundsOfAll)
	w.makeRole()
	w.there.AddRoleSession("/aws-reserved/sso.amazonaws.com/", "AWSReservedSSO_Developers_0123456789abcdef", alice)
	w.Port.AddEntity("aws_resource", fmt.Sprintf(`{"identifier":%q,"properties":{"resource_type":"EC2"}}`, w.instance(member)))
	return w
}

// settle has the end of the test wait for what it began: a role is still being assumed
// when those who wanted that have given up.
func settle(t *testing.T) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		var err error
		for range 10 { // a second and more each
			if err = goleak.Find(before); err == nil {
				return
			}
		}
		t.Error(err)
	})
}

// makeRole makes the role that the daemon assumes in the second account.
func (w *twoAccounts) makeRole() {
	w.t.Helper()
	trust, err := templates.MemberTrust(templates.Member{Hub: hubARN, Organization: organization, ExternalID: "external-1"})
	if err != nil {
		w.t.Fatal(err)
	}
	rights, err := templates.ManagementPolicy(templates.Management{
		Place: templates.Place{Account: member, Partition: "aws", Path: "/port-iam/"}, Boundary: memberBounds, Role: memberRole,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.there.AddRole("/platform/", "PortIam", trust, rights)
}

// away makes the second account one that cannot be entered.
func (w *twoAccounts) away() (back func()) {
	return w.there.Fault(iamtest.Fault{Op: "AssumeRole", Code: "AccessDenied", Status: 403, Count: -1})
}

// instance is one in an account.
func (w *twoAccounts) instance(account string) string {
	return fmt.Sprintf(porttest.SampleInstance, account)
}

// operate reads the settings for the commands that follow, and connects as they do.
func (w *twoAccounts) operate() *operatorWorld {
	w.t.Helper()
	_, _ = readWith(w.t, w.env)
	conn, err := connect(w.t.Context(), bytes.NewBuffer(nil), bytes.NewBuffer(nil))
	if err != nil {
		w.t.Fatal(err)
	}
	return &operatorWorld{World: w.World, t: w.t, conn: conn}
}

// request starts a run that asks for the instance of an account.
func (w *twoAccounts) request(account string) (runID string) {
	return w.Port.StartRun(porttest.RunSpec{
		Action: "request_permissions", Entity: w.instance(account), Requester: alice,
		Properties: map[string]any{"permissions": []string{"ec2:StopInstances"}},
	})
}

// awaitRun waits until a run has ended so.
func (w *twoAccounts) awaitRun(id, status string) {
	w.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(30 * time.Second); ; {
		r, _ := w.Port.Run(id)
		if r.Status == status {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			w.t.Fatalf("the run is %s: %+v", r.Status, r.Logs)
		}
	}
}

// running is a daemon in this process.
type running struct {
	url  string
	log  *lockedBuffer
	ends chan error
	stop context.CancelFunc
}

// run starts a daemon with the settings of the world.
func (w *twoAccounts) run() *running {
	w.t.Helper()
	w.env["LISTEN_ADDRESS"] = "127.0.0.1:0"
	cfg, err := readWith(w.t, w.env)
	if err != nil {
		w.t.Fatal(err)
	}
	l, err := listen(w.t.Context(), cfg.serve.address)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(w.t.Context(), time.Minute)
	d := &running{url: "http://" + l.Addr().String(), log: &lockedBuffer{}, ends: make(chan error, 1), stop: stop}
	go func() { d.ends <- run(ctx, cfg, l, io.Discard, d.log) }()
	w.t.Cleanup(stop)
	return d
}

// end stops the daemon, whose end must be clean, and returns its log.
func (d *running) end(t *testing.T) string {
	t.Helper()
	d.stop()
	if err := <-d.ends; err != nil {
		t.Error(err)
	}
	return d.log.String()
}

// awaitLog waits for a part of the log.
func (d *running) awaitLog(t *testing.T, part string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(30 * time.Second); !strings.Contains(d.log.text(), part); {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("%q is not in the log:\n%s", part, d.log.text())
		}
	}
}

// metric is a line of /metrics that begins so.
func (d *running) metric(t *testing.T, begins string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.url+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var text bytes.Buffer
	if _, err := text.ReadFrom(resp.Body); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text.String()) {
		if strings.HasPrefix(line, begins) {
			return strings.TrimSpace(line)
		}
	}
	return ""
}
