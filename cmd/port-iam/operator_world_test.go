package main

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/internal/demo"
	"port-iam/port"
	"port-iam/port/porttest"
	"port-iam/templates"
)

const (
	alice = "alice@example.com"
	bob   = "bob@example.com"

	grantBlueprint = "provisioned_permissions"
)

// operatorWorld is an organisation and an account with grants, and the environment of
// an operator there.
type operatorWorld struct {
	*demo.World
	t    *testing.T
	conn *connection // makes the grants, by the code of the daemon
}

// worldEnv is what an operator has to set.
func worldEnv(w *demo.World) map[string]string {
	return map[string]string{
		"PORT_CLIENT_ID": demo.ClientID, "PORT_CLIENT_SECRET": demo.ClientSecret, "PORT_BASE_URL": w.PortURL,
		"IAM_PERMISSIONS_BOUNDARY": demo.Boundary,
		"AWS_ENDPOINT_URL":         w.AWSURL, "AWS_ACCESS_KEY_ID": "daemon", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1",
		"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true",
	}
}

func newOperatorWorld(t *testing.T, env map[string]string) *operatorWorld {
	t.Helper()
	world, err := demo.NewWorld(demo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	world.Port.CheckFaults(t)
	world.AWS.CheckFaults(t)
	t.Cleanup(world.Close)
	all := worldEnv(world)
	maps.Copy(all, env)
	_, _ = readWith(t, all)
	w := &operatorWorld{World: world, t: t}
	if w.conn, err = connect(t.Context(), io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	return w
}

// ops are the operations in the account.
func (w *operatorWorld) ops() *iamops.Ops { return w.conn.served[0].ops }

// grant requests access to the bucket for a requester, and returns the grant's name.
func (w *operatorWorld) grant(requester string) string { return w.grantRun("", requester) }

// grantRun is grant by a run of that id.
func (w *operatorWorld) grantRun(id, requester string) string {
	w.t.Helper()
	return w.request(porttest.RunSpec{ID: id, Entity: porttest.SampleBucket, Requester: requester}, "s3:GetObject", "s3:PutObject")
}

// grantOn grants access to an instance by a run of that id.
func (w *operatorWorld) grantOn(id, instance string) string {
	w.t.Helper()
	return w.request(porttest.RunSpec{ID: id, Entity: instance, Requester: alice}, "ec2:StopInstances")
}

// request has the daemon's code handle a request, which must succeed.
func (w *operatorWorld) request(spec porttest.RunSpec, permissions ...string) string {
	w.t.Helper()
	spec.Action, spec.Properties = "request_permissions", map[string]any{"permissions": permissions, "duration": "8h"}
	id := w.Port.StartRun(spec)
	rec, _ := port.Decode(w.Port.Message(id, porttest.FormTemplated))
	rec.Time = time.Now()
	if err := w.conn.service.Grant(rec).Attempt(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	if r, _ := w.Port.Run(id); r.Status != "SUCCESS" {
		w.t.Fatalf("run %s ended %s: %+v", id, r.Status, r.Logs)
	}
	return iamops.Name(id)
}

// make makes role, policy and, where its run succeeded, entity of a grant for the
// instance that ends at some time.
func (w *operatorWorld) make(runID string, end time.Time, status port.Status) string {
	w.t.Helper()
	return w.makeFor(bob, runID, end, status)
}

// makeFor is make for a requester.
func (w *operatorWorld) makeFor(requester, runID string, end time.Time, status port.Status) string {
	w.t.Helper()
	ctx, arn := w.t.Context(), strings.ReplaceAll(porttest.SampleInstance, "%s", demo.Account)
	w.Port.StartRun(porttest.RunSpec{ID: runID, Action: "request_permissions", Entity: arn, Requester: requester})
	p, err := w.ops().Plan(iamops.Request{
		RunID: runID, Requester: requester, UserName: bob, Resource: arn, Actions: []string{"ec2:StopInstances"}, Start: end.Add(-time.Hour), End: end,
	})
	w.must(err)
	w.must(w.ops().CreatePolicy(ctx, p))
	w.must(w.ops().CreateRole(ctx, p))
	w.must(w.ops().Attach(ctx, p))
	if status == port.StatusSuccess {
		text := func(v any) json.RawMessage { b, _ := json.Marshal(v); return b }
		w.must(w.conn.portal.CreateEntity(ctx, grantBlueprint, port.Entity{
			Identifier: p.Name, Properties: map[string]json.RawMessage{"requester": text(requester), "role_arn": text(p.RoleARN)},
			Relations: map[string]json.RawMessage{"aws_resource": text(arn), "permissions": text([]string{"ec2:StopInstances"})},
		}, ""))
	}
	w.must(w.conn.portal.EndRun(ctx, runID, port.RunEnd{Status: status, Message: "ended"}))
	return p.Name
}

// anotherOrganization makes the role of a grant that another organisation made.
func (w *operatorWorld) anotherOrganization(runID, org string) error {
	set, err := templates.Load(nil)
	if err != nil {
		return err
	}
	ops, err := iamops.New(iamops.Options{
		API: w.conn.aws.IAM, Account: demo.Account, Partition: "aws", OrgID: org, Path: "/port-iam/", Boundary: demo.Boundary,
		Trust: templates.TrustIdentityCenter, Templates: set,
	})
	if err != nil {
		return err
	}
	p, err := ops.Plan(iamops.Request{RunID: runID, Requester: bob, UserName: bob, Resource: porttest.SampleBucket, Actions: []string{"s3:GetObject"}})
	if err != nil {
		return err
	}
	return ops.CreateRole(w.t.Context(), p)
}

func (w *operatorWorld) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// everyState makes a grant in every state, and returns the names by state.
func (w *operatorWorld) everyState() map[grants.State]string {
	w.t.Helper()
	ctx, later := w.t.Context(), time.Now().Add(2*time.Hour)
	names := map[grants.State]string{
		grants.StateActive:   w.grant(alice),
		grants.StateExpired:  w.make("r_expired", time.Now().Add(-time.Hour), port.StatusSuccess),
		grants.StateOrphaned: w.make("r_orphaned", later, port.StatusFailure),
		grants.StateMissing:  w.make("r_missing", later, port.StatusSuccess),
		grants.StateChanged:  w.make("r_changed", later, port.StatusSuccess),
		grants.StateForeign:  "Permission-r_foreign",
	}
	w.must(w.conn.portal.DeleteEntity(ctx, grantBlueprint, names[grants.StateMissing], ""))
	w.AWS.AddRoleSession("/port-iam/", names[grants.StateChanged], "stranger", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`)
	w.AWS.AddRoleSession("/port-iam/", names[grants.StateForeign], "stranger")
	interrupted := w.make("r_interrupted", later, port.StatusSuccess)
	state, err := w.ops().Look(ctx, interrupted)
	w.must(err)
	w.must(w.ops().Cut(ctx, state))
	names[grants.StateIncomplete] = interrupted
	return names
}

// left are the names of roles under our path, and of entities in Port.
func (w *operatorWorld) left() (roles, entities []string) {
	for _, r := range w.AWS.Snapshot().Roles {
		if r.Path == "/port-iam/" {
			roles = append(roles, r.Name)
		}
	}
	return roles, w.Port.Entities(grantBlueprint)
}

// portAway makes every call to Port fail, at once.
func (w *operatorWorld) portAway() (back func()) {
	return w.Port.Fault(porttest.Fault{Status: 503, RetryAfter: "3600", Count: -1})
}

// lockedBuffer takes what a command writes while it shows its progress.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.String()
}

// command runs port-iam.
func command(args ...string) (code int, stdout, stderr string) {
	var out, errs lockedBuffer
	code = execute(args, &out, &errs)
	return code, out.String(), errs.String()
}

// wantCommand runs port-iam and checks its end; it returns what it printed.
func wantCommand(t *testing.T, code int, saysOnStderr, args string) (stdout string) {
	t.Helper()
	got, stdout, stderr := command(strings.Fields(args)...)
	if got != code || !strings.Contains(stderr, saysOnStderr) {
		t.Errorf("%s: exit code %d, want %d and %q\nstdout: %s\nstderr: %s", args, got, code, saysOnStderr, stdout, stderr)
	}
	return stdout
}
