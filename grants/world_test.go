package grants_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/catalogue"
	"port-iam/iamops/iamtest"
	"port-iam/port"
	"port-iam/port/porttest"
	"port-iam/templates"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	account  = "123456789012"
	boundary = "arn:aws:iam::" + account + ":policy/PortIamBoundary"
	alice    = "alice@example.com"
	bucket   = porttest.SampleBucket

	grantAction  = "request_permissions"
	revokeAction = "revoke_permissions"
	expireAction = "revoke_expired_permissions"
	grantEntity  = "provisioned_permissions"
)

// world is Port and an AWS account in memory, with a clock that costs nothing.
type world struct {
	t        *testing.T
	port     *porttest.Server
	aws      *iamtest.Server
	portHTTP *http.Client
	awsHTTP  *http.Client
	creds    aws.CredentialsProvider // of processes made from now on, as is what follows
	trusts   string
	rules    catalogue.Rules
	console  bool                       // GRANT_CONSOLE
	ledger   *ledger                    // nil: no audit events
	in       map[string]*iamtest.Server // all accounts, by id
	served   []string                   // the ids of those that are served
}

// inWorld runs f in a world of its own, with a faked clock.
func inWorld(t *testing.T, opts iamtest.Options, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		opts.Account = account
		w := &world{t: t, port: porttest.New(porttest.Options{}), aws: iamtest.New(opts), creds: credentials.NewStaticCredentialsProvider("test", "test", ""), trusts: templates.TrustIdentityCenter}
		w.in, w.served = map[string]*iamtest.Server{account: w.aws}, []string{account}
		w.port.CheckFaults(t)
		w.aws.CheckFaults(t)
		w.port.GuideModel()
		w.port.GuideSamples(account)
		w.aws.AddPolicy(boundary, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","ec2:*","kms:*"],"Resource":"*"}]}`)
		portListener, awsListener := porttest.NewListener(), iamtest.NewListener()
		defer w.port.Serve(portListener)()
		defer w.aws.Serve(awsListener)()
		w.portHTTP, w.awsHTTP = portListener.Client(), awsListener.Client()
		f(w)
	})
}

// process is one instance of the daemon, as far as this package goes.
type process struct {
	*grants.Service
	w      *world
	portal *port.Client
	ops    *iamops.Ops
	reg    *prometheus.Registry
	log    *lockedBuffer
	lanes  map[bool]chan struct{} // of [process.consume], by urgency; nil before it
}

func (w *world) process(change ...func(*grants.Options)) *process {
	w.t.Helper()
	p := &process{w: w, reg: prometheus.NewRegistry(), log: &lockedBuffer{}}
	log := slog.New(slog.NewTextHandler(p.log, nil))
	portal, err := port.New(port.Options{
		BaseURL: "http://127.0.0.1", ClientID: "client", ClientSecret: "secret", HTTPClient: w.portHTTP, Log: log, Registerer: p.reg,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	clients, err := iamops.NewClients(aws.Config{
		Region: "us-east-1", HTTPClient: w.awsHTTP, BaseEndpoint: aws.String("http://127.0.0.1"),
		Credentials: w.creds,
	}, p.reg)
	if err != nil {
		w.t.Fatal(err)
	}
	docs, err := templates.Load(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	accounts := map[string]grants.Access{}
	for _, id := range w.served {
		ops, err := iamops.New(iamops.Options{
			API: entered(clients, id).IAM, Account: id, Partition: "aws", OrgID: "org_demo", Path: "/port-iam/", Boundary: iamops.BoundaryARN("aws", id, "PortIamBoundary"),
			Trust: w.trusts, Templates: docs, Rules: w.rules, Console: w.console,
		})
		if err != nil {
			w.t.Fatal(err)
		}
		if accounts[id] = ops; id == account {
			p.ops = ops
		}
	}
	o := grants.Options{
		Portal: portal, Accounts: accounts,
		Actions: templates.ActionIDs{Grants: []templates.GrantAction{{ID: grantAction}}, Revoke: revokeAction, Expire: expireAction},
		Terms: grants.Terms{
			Duration: 8 * time.Hour, MaxDuration: 24 * time.Hour,
			UserName: func(email string) (string, error) { return email, nil },
		},
		ConfirmRequester: true,
		ClockSkew:        clients.ClockSkew, Log: log, Registerer: p.reg,
	}
	if w.ledger != nil {
		o.Audit = w.ledger
	}
	for _, c := range change {
		c(&o)
	}
	p.portal = portal
	if p.Service, err = grants.New(o); err != nil {
		w.t.Fatal(err)
	}
	return p
}

// withoutRace leaves a test out that would take minutes with the race detector, and is
// about order or time: `make test` plays these tests without it.
func withoutRace(t *testing.T) {
	t.Helper()
	if raceDetector {
		t.Skip("too slow with the race detector")
	}
}

// admin is a person who changes things in AWS by hand.
func (w *world) admin() *iam.Client {
	return iam.NewFromConfig(aws.Config{
		Region: "us-east-1", HTTPClient: w.awsHTTP, BaseEndpoint: aws.String("http://127.0.0.1"),
		Credentials: credentials.NewStaticCredentialsProvider("admin", "secret", ""),
	})
}

// request starts a run of the grant action and returns its record.
func (w *world) request(properties map[string]any) port.Record {
	if properties == nil {
		properties = map[string]any{"permissions": []any{"s3:PutObject"}}
	}
	return w.start(porttest.RunSpec{Action: grantAction, Entity: bucket, Requester: alice, Properties: properties})
}

// short is a request whose grant has expired after an hour.
func (w *world) short() port.Record {
	return w.request(map[string]any{"permissions": []any{"s3:PutObject"}, "duration": "1h"})
}

// revoke starts a run of the revoke action on the grant of a run.
func (w *world) revoke(grantRun string) port.Record {
	return w.start(porttest.RunSpec{Action: revokeAction, Entity: iamops.Name(grantRun), Requester: alice})
}

func (w *world) start(spec porttest.RunSpec) port.Record {
	id := w.port.StartRun(spec)
	rec, verdict := port.Decode(w.port.Message(id, porttest.FormTemplated))
	if verdict != port.VerdictRun {
		w.t.Fatalf("verdict %v of the message of %s", verdict, id)
	}
	rec.Time = time.Now()
	return rec
}

// job makes the work for a record, as the action says.
func (p *process) job(rec port.Record) *grants.Job {
	switch rec.Action {
	case revokeAction:
		return p.Revoke(rec)
	case expireAction:
		return p.Expire(rec)
	}
	return p.Grant(rec)
}

// handle works on a record until it is finished, as the consumer does.
func (p *process) handle(rec port.Record) error { return p.finish(context.Background(), p.job(rec)) }

// patience is longer than anything may take.
const patience = 3 * time.Hour

func (p *process) finish(ctx context.Context, j *grants.Job) error {
	for began := time.Now(); ; {
		attempt, cancel := context.WithTimeout(ctx, 20*time.Second)
		err := j.Attempt(attempt)
		cancel()
		var w *grants.Waiting
		if !errors.As(err, &w) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Since(began) > patience {
			return fmt.Errorf("still waiting: %w", err)
		}
		later(w.RetryAfter())
	}
}

// succeed handles a record that must end well.
func (p *process) succeed(rec port.Record) {
	p.w.t.Helper()
	if err := p.handle(rec); err != nil {
		p.w.t.Fatalf("handle %s: %v", rec.RunID, err)
	}
	p.w.wantRun(rec.RunID, "SUCCESS")
}

// wantRun checks that a run has ended once, and how; it returns the last log.
func (w *world) wantRun(id, status string) string {
	w.t.Helper()
	r, _ := w.port.Run(id)
	if r.Status != status || r.Ends > 1 || r.Ended() != (r.Ends == 1) {
		w.t.Errorf("run %s is %s, ended %d times, want %s: %+v", id, r.Status, r.Ends, status, r.Logs)
	}
	if len(r.Logs) == 0 {
		return ""
	}
	return r.Logs[len(r.Logs)-1].Message
}

// left lists what exists of all grants.
func (w *world) left() (roles []iamtest.Role, policies []iamtest.Policy, entities []string) {
	for _, id := range slices.Sorted(maps.Keys(w.in)) {
		snap := w.in[id].Snapshot()
		for _, p := range snap.Policies {
			if !strings.HasSuffix(p.ARN, ":policy/PortIamBoundary") {
				policies = append(policies, p)
			}
		}
		for _, r := range snap.Roles {
			if r.Name != daemonRole {
				roles = append(roles, r)
			}
		}
	}
	return roles, policies, w.port.Entities(grantEntity)
}

// wantGrants checks that there are n whole grants and nothing else.
func (w *world) wantGrants(n int) {
	w.t.Helper()
	roles, policies, entities := w.left()
	if len(roles) != n || len(policies) != n || len(entities) != n {
		w.t.Errorf("%d roles, %d policies, %d entities; want %d of each", len(roles), len(policies), len(entities), n)
		return
	}
	for i, r := range roles {
		if len(r.Attached) != 1 || r.Attached[0] != policies[i].ARN || len(r.Inline) != 0 || entities[i] != r.Name {
			w.t.Errorf("grant %s is not whole: attached %v, inline %v, entity %s", r.Name, r.Attached, r.Inline, entities[i])
		}
	}
}

// wantMetric compares one value.
func (p *process) wantMetric(name string, want float64, labels ...string) {
	p.w.t.Helper()
	if got := p.metric(name, labels...); got != want {
		p.w.t.Errorf("%s%v is %v, want %v", name, labels, got, want)
	}
}

// metric reads a counter or gauge by its name and the values of its labels but for
// account: over all accounts.
func (p *process) metric(name string, labels ...string) (sum float64) {
	p.w.t.Helper()
	families, err := p.reg.Gather()
	if err != nil {
		p.w.t.Fatal(err)
	}
	found := false
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var values []string
			for _, l := range m.GetLabel() {
				if l.GetName() != "account" {
					values = append(values, l.GetValue())
				}
			}
			if f.GetName() == name && slices.Equal(values, labels) {
				found = true
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	if !found {
		p.w.t.Fatalf("no metric %s%v", name, labels)
	}
	return sum
}

// lockedBuffer collects a log.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// contains checks a text for parts.
func contains(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s lacks %q:\n%s", what, part, text)
		}
	}
}

// TestMetrics checks names and help texts as Prometheus wants them.
func TestMetrics(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		problems, err := testutil.GatherAndLint(p.reg)
		if err != nil || len(problems) > 0 {
			t.Errorf("metrics: %v %v", problems, err)
		}
		for _, op := range []string{"grant", "revoke", "expire"} {
			p.wantMetric("port_iam_runs_in_flight", 0, op)
			for _, outcome := range []string{"succeeded", "refused", "failed"} {
				p.wantMetric("port_iam_runs_total", 0, op, outcome)
			}
		}
	})
}

func isMismatch(err error) bool { return errors.Is(err, port.ErrMismatch) }

// show is the operator's row of a name that one account alone has.
func (p *process) show(name string) (grants.Listing, error) { return show(p.operator(), name) }

func show(o *grants.Operator, name string) (grants.Listing, error) {
	rows, err := o.Show(context.Background(), name)
	if len(rows) != 1 {
		return grants.Listing{}, cmp.Or(err, fmt.Errorf("%d rows of %s", len(rows), name))
	}
	return rows[0], err
}
