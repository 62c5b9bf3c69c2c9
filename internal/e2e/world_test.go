package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"port-iam/internal/kafkatest"
	"port-iam/internal/mototest"
	"port-iam/port/porttest"
)

const (
	org       = "org_test"
	account   = "123456789012"
	boundary  = "arn:aws:iam::" + account + ":policy/PortIamBoundary"
	requester = "alice@example.com"
	bucket    = porttest.SampleBucket
	group     = org + ".port-iam"

	grantAction  = "request_permissions"
	revokeAction = "revoke_permissions"
	grants       = "provisioned_permissions"
	namePrefix   = "Permission-"

	// limit is how long anything may take that a test waits for.
	limit = 60 * time.Second
)

var instance = fmt.Sprintf(porttest.SampleInstance, account)

// binary is the program under test, built once by TestMain.
var binary string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "port-iam-e2e-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary = filepath.Join(dir, "port-iam")
	build := exec.Command("go", "build", "-o", binary, "port-iam/cmd/port-iam")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		panic(fmt.Sprintf("build the program: %v", err))
	}
	return m.Run()
}

// world is what surrounds the program.
type world struct {
	kafka   *kafkatest.Broker
	port    *porttest.Server
	portURL string
	awsURL  string
	iam     *iam.Client
}

func newWorld(t *testing.T, partitions int32) *world {
	t.Helper()
	w := &world{kafka: kafkatest.Start(t, kafkatest.Options{Org: org})}
	w.kafka.CreateTopic(w.kafka.RunsTopic(), partitions)
	w.awsURL = mototest.Start(t).URL()
	w.iam = iam.NewFromConfig(aws.Config{
		Region: "us-east-1", BaseEndpoint: &w.awsURL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	w.port = porttest.New(porttest.Options{
		OrgID: org, KafkaBrokers: []string{w.kafka.Brokers()}, KafkaUsername: org, KafkaPassword: "secret",
	})
	w.port.GuideModel()
	w.port.GuideSamples(account)
	var stop func()
	var err error
	if w.portURL, stop, err = w.port.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return w
}

// env is all that the program is told.
func (w *world) env() map[string]string {
	return map[string]string{
		"PORT_BASE_URL": w.portURL, "PORT_CLIENT_ID": "client", "PORT_CLIENT_SECRET": "secret",
		"KAFKA_TLS_CA_FILE":     w.kafka.CAFile(),
		"AWS_ACCESS_KEY_ID":     "test",
		"AWS_SECRET_ACCESS_KEY": "test",
		"AWS_ENDPOINT_URL_IAM":  w.awsURL, "AWS_ENDPOINT_URL_STS": w.awsURL,
		"IAM_PERMISSIONS_BOUNDARY": boundary,
		"LISTEN_ADDRESS":           "127.0.0.1:0",
	}
}

// request starts a run of the grant action and writes its record.
func (w *world) request(resource string, permissions any, form porttest.Form) (runID string) {
	id := w.port.StartRun(porttest.RunSpec{
		Action: grantAction, Entity: resource, Requester: requester, Properties: map[string]any{"permissions": permissions},
	})
	w.publish(id, form)
	return id
}

// revoke starts a run of the revoke action and writes its record.
func (w *world) revoke(grantRun string, form porttest.Form) (runID string) {
	id := w.port.StartRun(porttest.RunSpec{Action: revokeAction, Entity: namePrefix + grantRun, Requester: requester})
	w.publish(id, form)
	return id
}

func (w *world) publish(runID string, form porttest.Form) {
	w.kafka.Produce(w.kafka.RunsTopic(), "", string(w.port.Message(runID, form)))
}

// ended waits until a run has ended, and returns it.
func (w *world) ended(t *testing.T, id string) porttest.RunState {
	t.Helper()
	var r porttest.RunState
	eventually(t, "run "+id+" ends", func() bool { r, _ = w.port.Run(id); return r.Ended() })
	return r
}

// succeeded waits until runs have ended, each once and well.
func (w *world) succeeded(t *testing.T, ids ...string) {
	t.Helper()
	for _, id := range ids {
		r := w.ended(t, id)
		if r.Status != "SUCCESS" || r.Ends != 1 {
			t.Errorf("run %s ended %s, %d times: %+v", id, r.Status, r.Ends, r.Logs)
		}
	}
}

// names lists what IAM holds under our path.
func (w *world) names(t *testing.T) (roles, policies []string) {
	t.Helper()
	path := aws.String("/port-iam/")
	for p := iam.NewListRolesPaginator(w.iam, &iam.ListRolesInput{PathPrefix: path}); p.HasMorePages(); {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Roles {
			roles = append(roles, aws.ToString(r.RoleName))
		}
	}
	for p := iam.NewListPoliciesPaginator(w.iam, &iam.ListPoliciesInput{PathPrefix: path}); p.HasMorePages(); {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Policies {
			policies = append(policies, aws.ToString(r.PolicyName))
		}
	}
	return roles, policies
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	end := time.After(limit)
	for !done() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("not within %s: %s", limit, what)
		}
	}
}

// list is text for messages.
func list(names []string) string { return strings.Join(names, ", ") }
