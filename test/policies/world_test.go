package policies

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"port-iam/iamops"
	"port-iam/iamops/catalogue"
	"port-iam/iamops/iamtest"
	"port-iam/templates"
)

// The grant of the tests, and moments around its end.
const (
	runID  = "r_AbCdEf0123456789"
	during = "2030-11-23T13:00:00Z"
	last   = "2030-11-23T13:59:59Z"
	end    = "2030-11-23T14:00:00Z"
	after  = "2030-11-23T14:00:01Z"
)

var (
	startTime = time.Date(2030, 11, 23, 6, 0, 0, 0, time.UTC)
	endTime   = time.Date(2030, 11, 23, 14, 0, 0, 0, time.UTC)
)

// setting is how an operator has configured the daemon.
type setting struct {
	name      string
	partition string
	path      string
	tags      map[string]string
	simulates bool // the daemon may ask what it may
}

// settings are those that the daemon's documents are proven with.
var settings = []setting{
	{"aws", "aws", "/port-iam/", map[string]string{"team": "platform", "cost-centre": "42"}, true},
	{"no tags", "aws", "/port-iam/", nil, false},
	{"other path", "aws", "/access/grants/", map[string]string{"team": "platform"}, false},
	{"aws-us-gov", "aws-us-gov", "/port-iam/", nil, true},
	{"aws-cn", "aws-cn", "/port-iam/", map[string]string{"team": "platform"}, false},
}

func (s setting) arn(kind, path, name string) string {
	return "arn:" + s.partition + ":iam::" + account + ":" + kind + path + name
}

func (s setting) role() string     { return s.arn("role", s.path, "Permission-"+runID) }
func (s setting) policy() string   { return s.arn("policy", s.path, "Permission-"+runID) }
func (s setting) boundary() string { return s.arn("policy", "/", "PortIamBoundary") }
func (s setting) self() string     { return s.arn("user", "/", "port-iam-daemon") }
func (s setting) daemon() principal {
	return sessionOf(s.partition, "/", "port-iam-daemon", "port-iam")
}

func (s setting) place() templates.Place {
	return templates.Place{Account: account, Partition: s.partition, Path: s.path}
}

// management is the daemon's policy.
func (s setting) management(t *testing.T) string {
	t.Helper()
	m := templates.Management{Place: s.place(), Boundary: s.boundary(), Tags: s.tags}
	if s.simulates {
		m.Role = s.self()
	}
	text, err := templates.ManagementPolicy(m)
	noError(t, err)
	return text
}

// requesters is the policy of everybody who may request access.
func (s setting) requesters(t *testing.T) string {
	t.Helper()
	text, err := templates.RequesterPolicy(s.place())
	noError(t, err)
	return text
}

// limits is the boundary of the printed kind.
func limits(t *testing.T, services ...string) string {
	t.Helper()
	text, err := templates.Boundary(templates.Limits{Account: account, Services: services, Never: catalogue.DeniedServices()})
	noError(t, err)
	return text
}

// grantOf is the grant that the tests make.
func grantOf(arn string, actions ...string) iamops.Request {
	return iamops.Request{
		RunID: runID, Requester: requester, UserName: requester,
		Resource: arn, Actions: actions, Start: startTime, End: endTime,
	}
}

// world is an account with the daemon in it.
type world struct {
	fake   *iamtest.Server
	config aws.Config
}

func newWorld(t *testing.T, s setting) *world {
	t.Helper()
	fake := iamtest.New(iamtest.Options{Partition: s.partition})
	l := iamtest.NewListener()
	t.Cleanup(fake.Serve(l))
	fake.AddPolicy(s.boundary(), admin)
	url := "http://iam.invalid"
	return &world{fake, aws.Config{Region: "us-east-1", BaseEndpoint: &url, HTTPClient: l.Client()}}
}

// as returns the settings of an SDK client that uses an access key.
func (w *world) as(key, secret string) aws.Config {
	cfg := w.config.Copy()
	cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: key, SecretAccessKey: secret}, nil
	})
	return cfg
}

// daemon makes the daemon's clients and operations.
func daemon(t *testing.T, s setting, trust string, cfg aws.Config) (*iamops.Clients, *iamops.Ops) {
	t.Helper()
	set, err := templates.Load(nil)
	noError(t, err)
	clients, err := iamops.NewClients(cfg, nil)
	noError(t, err)
	ops, err := iamops.New(iamops.Options{
		API: clients.IAM, Account: account, Partition: s.partition, OrgID: "org_1", Path: s.path,
		Boundary: s.boundary(), Trust: trust, Tags: s.tags, Templates: set,
	})
	noError(t, err)
	return clients, ops
}

// plan works a grant out to the documents that would be written.
func plan(t *testing.T, s setting, trust string, g iamops.Request) iamops.Plan {
	t.Helper()
	_, ops := daemon(t, s, trust, aws.Config{Region: "us-east-1"})
	g.Resource = inPartition(s.partition, g.Resource)
	p, err := ops.Plan(g)
	noError(t, err)
	return p
}

// stranger is a client of an administrator who is not the daemon: it may do
// everything.
func (w *world) stranger() *iam.Client {
	key, secret := w.fake.AddUser("stranger", admin)
	return iam.NewFromConfig(w.as(key, secret), func(o *iam.Options) { o.Retryer = aws.NopRetryer{} })
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// at sets the time of a request.
func (r request) at(moment string) request {
	return r.with(func(r *request) { r.context["aws:CurrentTime"] = moment })
}

// of sets whose the resource of a request is, of which AWS speaks in the request, too.
func (r request) of(account string) request {
	return r.with(func(r *request) { r.owner, r.context["aws:ResourceAccount"] = account, account })
}

// weaken takes all conditions of one operator out of a document.
func weaken(t *testing.T, document, operator string) string {
	t.Helper()
	doc := parse(t, document)
	for _, st := range doc["Statement"].([]any) {
		conditions, _ := st.(map[string]any)["Condition"].(map[string]any)
		if conditions[operator] == nil {
			t.Fatalf("there is no %s in %s", operator, document)
		}
		delete(conditions, operator)
	}
	text, err := json.Marshal(doc)
	noError(t, err)
	return string(text)
}

// rewrite sets an element of every statement of a document.
func rewrite(t *testing.T, document, element, value string) string {
	t.Helper()
	doc := parse(t, document)
	for _, st := range doc["Statement"].([]any) {
		st.(map[string]any)[element] = value
	}
	text, err := json.Marshal(doc)
	noError(t, err)
	return string(text)
}
