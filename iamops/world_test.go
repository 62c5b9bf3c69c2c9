package iamops_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/internal/memnet"
	"port-iam/templates"
	"port-iam/test/kit/mototest"
)

const (
	account  = "123456789012"
	orgID    = "org_1"
	path     = "/port-iam/"
	boundary = "arn:aws:iam::123456789012:policy/Boundary"
	secret   = "wJalrXUtnFEMI-never-to-be-seen"
)

// world is an account with nothing in it but the boundary policy, and the two
// who work there: the daemon and another person.
type world struct {
	ops  *iamops.Ops     // the daemon
	iam  *iam.Client     // the other person; one attempt a call, to see what the server says
	fake *iamtest.Server // the account; nil where the server is not ours

	account, boundary string
	config            aws.Config // of the daemon
	enter             string     // ARN of the role by which the daemon enters the account, "" for its own
}

// server is one of the implementations of AWS that the suite runs against.
type server string

const (
	fakeServer server = "iamtest"
	motoServer server = "moto"
)

func (w *world) server() server {
	if w.fake == nil {
		return motoServer
	}
	return fakeServer
}

// newFake makes a world of our own imitation of AWS, which holds what is known
// of AWS's limits, conflicts and delays. It works in a testing/synctest bubble.
func newFake(t *testing.T, opts iamtest.Options) *world {
	t.Helper()
	fake := iamtest.New(opts)
	fake.CheckFaults(t)
	l := iamtest.NewListener()
	t.Cleanup(fake.Serve(l))
	w := &world{fake: fake, account: account, boundary: boundary, config: awsConfig("http://iam.invalid", l.Client())}
	fake.AddPolicy(boundary, allowAll)
	w.open(t)
	return w
}

// newMoto makes a world of an imitation of AWS that is not ours.
func newMoto(t *testing.T, moto *mototest.Server) *world {
	t.Helper()
	moto.Reset()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	w := &world{
		account: account, boundary: boundary,
		config: awsConfig(moto.URL(), &http.Client{Transport: memnet.WholeAnswers{RoundTripper: transport}}),
	}
	w.open(t)
	w.policy(t, "/", "Boundary")
	return w
}

func awsConfig(url string, client *http.Client) aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &url, HTTPClient: client,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIADAEMON", SecretAccessKey: secret}, nil
		}),
	}
}

func (w *world) open(t *testing.T) {
	t.Helper()
	w.ops = w.daemon(t)
	w.iam = iam.NewFromConfig(w.person(t), func(o *iam.Options) { o.Retryer = aws.NopRetryer{} })
}

// newFakeEntered makes a world in the second account of our own imitation.
func newFakeEntered(t *testing.T) *world {
	t.Helper()
	own := newFake(t, iamtest.Options{})
	there := own.fake.AddAccount(member)
	there.AddPolicy(memberBoundary, allowAll)
	role := there.AddRole("/platform/", "PortIam", strings.ReplaceAll(hubTrust, "user/port-iam", "root"), allowAll)
	w := &world{fake: there, account: member, boundary: memberBoundary, config: own.config, enter: role}
	w.open(t)
	return w
}

// newMotoEntered makes a world in another account of moto, which has as many as are named.
func newMotoEntered(t *testing.T, moto *mototest.Server) *world {
	t.Helper()
	own := newMoto(t, moto)
	w := &world{account: member, boundary: memberBoundary, config: own.config, enter: memberRole}
	w.open(t)
	w.policy(t, "/", "Boundary")
	return w
}

// person is the configuration of the other person.
func (w *world) person(t *testing.T) aws.Config {
	t.Helper()
	if w.enter == "" {
		return w.config
	}
	out, err := sts.NewFromConfig(w.config).AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: &w.enter, RoleSessionName: aws.String("person"), ExternalId: aws.String(externalID),
	})
	noError(t, err)
	c := out.Credentials
	return signedBy(w.config, *c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
}

// clients are those of the daemon in the account.
func (w *world) clients(t *testing.T, cfg aws.Config) *iamops.Clients {
	t.Helper()
	c := newClients(t, cfg, nil)
	if w.enter != "" {
		c = c.Enter(w.enter, externalID)
	}
	return c
}

// daemon makes the operations over the clients that the daemon uses; change, if
// any, is put into their middleware.
func (w *world) daemon(t *testing.T, change ...func(*middleware.Stack) error) *iamops.Ops {
	t.Helper()
	cfg := w.config.Copy()
	cfg.APIOptions = append(cfg.APIOptions, change...)
	return opsOf(t, w.clients(t, cfg), w.account, w.boundary)
}

// options are those of a daemon that works; tests change one of them.
func options(t *testing.T, api *iamops.API) iamops.Options {
	t.Helper()
	set, err := templates.Load(nil)
	noError(t, err)
	return iamops.Options{
		API: api, Account: account, Partition: "aws", OrgID: orgID, Path: path, Boundary: boundary,
		Trust: templates.TrustIdentityCenter, Tags: map[string]string{"team": "platform"}, Templates: set,
	}
}

// request is the grant that tests make; they change one field of it.
func request() iamops.Request {
	return iamops.Request{
		RunID: "r_AbCdEf0123456789", Requester: "alice@example.com", UserName: "alice@example.com",
		Resource: "arn:aws:s3:::reports", Actions: []string{"s3:GetObject", "s3:ListBucket"},
		Start: time.Date(2030, 11, 23, 6, 0, 0, 0, time.UTC), End: time.Date(2030, 11, 23, 14, 0, 0, 0, time.UTC),
	}
}

// usual are the plans of request by account: the same in every world, and worked out
// once, since looking up what its actions act on takes longer than all the rest.
var usual struct {
	sync.Mutex
	plans map[string]iamops.Plan
}

func (w *world) plan(t *testing.T) iamops.Plan {
	t.Helper()
	usual.Lock()
	defer usual.Unlock()
	if p, known := usual.plans[w.account]; known {
		return p
	}
	p := w.planOf(t, request())
	if usual.plans == nil {
		usual.plans = map[string]iamops.Plan{}
	}
	usual.plans[w.account] = p
	return p
}

func (w *world) planOf(t *testing.T, g iamops.Request) iamops.Plan {
	t.Helper()
	p, err := w.ops.Plan(g)
	noError(t, err)
	return p
}

// grant makes the whole of a grant.
func (w *world) grant(t *testing.T, p iamops.Plan) {
	t.Helper()
	w.create(t, p)
	noError(t, w.ops.Attach(t.Context(), p))
}

// create makes role and policy of a grant and does not attach them.
func (w *world) create(t *testing.T, p iamops.Plan) {
	t.Helper()
	noError(t, w.ops.CreatePolicy(t.Context(), p))
	noError(t, w.ops.CreateRole(t.Context(), p))
}

// cut looks at a grant and cuts its access.
func (w *world) cut(t *testing.T, name string) {
	t.Helper()
	state, err := w.ops.Look(t.Context(), name)
	noError(t, err)
	noError(t, w.ops.Cut(t.Context(), state))
}
