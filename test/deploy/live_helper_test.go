package deploy

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"port-iam/iamops/iamtest"
	"port-iam/internal/demo"
	"port-iam/port/porttest"
	"port-iam/test/kit/daemontest"
)

// live is the real daemon between stand-ins, watched by a real Prometheus that
// has the rules. It serves two accounts.
type live struct {
	world      *demo.World
	member     *iamtest.Server // the account that the daemon enters; the other one is its own
	prometheus string
	instances  []*instance
	audit      string // the directory of the audit log
}

// instance is one process of the daemon. It keeps its address when it is started
// again.
type instance struct {
	url   string
	start func()
	stop  func()
}

const scrapeEvery = 500 * time.Millisecond

// liveRules are the rules as Prometheus gets them here. Alerts do not wait, and
// the two that look back for long at what did not happen look back for less: how
// long they wait is tested by promtool.
func liveRules(t *testing.T) string {
	t.Helper()
	rules := regexp.MustCompile(`(?m)^(        for: ).*$`).ReplaceAllString(read(t, rulesDir, "rules.yaml"), "${1}0s")
	for from, to := range map[string]string{
		"increase(port_iam_records_total[10m])) == 0":                      "increase(port_iam_records_total[20s])) == 0",
		`increase(port_iam_sweeps_total{result=~"ok|stopped"}[30m])) == 0`: `increase(port_iam_sweeps_total{result=~"ok|stopped"}[30s])) == 0`,
	} {
		if !strings.Contains(rules, from) {
			t.Fatalf("no %s in the rules", from)
		}
		rules = strings.ReplaceAll(rules, from, to)
	}
	return rules
}

func startLive(t *testing.T) *live {
	t.Helper()
	world, err := demo.NewWorld(demo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	world.Port.CheckFaults(t)
	world.AWS.CheckFaults(t)
	t.Cleanup(world.Close)
	l, binary := &live{world: world, member: newMember(world), audit: filepath.Join(t.TempDir(), "audit")}, build(t, root(t))
	if err := os.Mkdir(l.audit, 0o700); err != nil {
		t.Fatal(err)
	}
	var targets []string
	for range 2 {
		address := freeAddress(t)
		targets = append(targets, address)
		l.instances = append(l.instances, l.newInstance(t, binary, address))
	}
	l.prometheus = startPrometheus(t, targets)
	for _, i := range l.instances {
		i.start()
		i.awaitReady(t)
	}
	return l
}

const member = "222222222222"

// newMember makes the second account, with a resource in it. The bucket says that it
// is in the first one, since its ARN does not.
func newMember(world *demo.World) *iamtest.Server {
	m := world.AWS.AddAccount(member)
	const anything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	m.AddPolicy("arn:aws:iam::"+member+":policy/PortIamBoundary", anything)
	m.AddRole("/", "PortIam", fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::%s:user/port-iam"}}]}`, demo.Account), anything)
	world.Port.AddEntity("aws_resource", fmt.Sprintf(`{"identifier":%q,"properties":{"resource_type":"S3","account":%q}}`, porttest.SampleBucket, demo.Account))
	world.Port.AddEntity("aws_resource", fmt.Sprintf(`{"identifier":%q,"properties":{"resource_type":"EC2"}}`, memberInstance()))
	return m
}

func (l *live) newInstance(t *testing.T, binary, address string) *instance {
	world := l.world
	i := &instance{url: "http://" + address}
	i.start = func() {
		cmd := exec.Command(binary, "run")
		cmd.Env = []string{
			"PATH=" + os.Getenv("PATH"), "PORT_CLIENT_ID=" + demo.ClientID, "PORT_CLIENT_SECRET=" + demo.ClientSecret,
			"PORT_BASE_URL=" + world.PortURL, "KAFKA_TLS=false", "IAM_PERMISSIONS_BOUNDARY=PortIamBoundary",
			"ACCOUNTS=" + demo.Account + "," + member,
			"LISTEN_ADDRESS=" + address, "AWS_ENDPOINT_URL=" + world.AWSURL, "AWS_REGION=us-east-1",
			"AWS_ACCESS_KEY_ID=daemon", "AWS_SECRET_ACCESS_KEY=secret", "AWS_EC2_METADATA_DISABLED=true",
			"SWEEP_INTERVAL=10s", "SWEEP_GRACE=1s", "AUDIT_LOG=" + filepath.Join(l.audit, "audit.log"),
		}
		i.stop = start(t, cmd)
	}
	return i
}

func (i *instance) awaitReady(t *testing.T) {
	t.Helper()
	eventually(t, 60*time.Second, func() string {
		if status, body := daemontest.Fetch(t, i.url+"/readyz"); status != http.StatusOK {
			return "not ready: " + body
		}
		return ""
	})
}

// awaitStart waits until Prometheus knows of the start of an instance.
func (l *live) awaitStart(t *testing.T, i *instance) {
	t.Helper()
	_, body := daemontest.Fetch(t, i.url+"/metrics")
	m := regexp.MustCompile(`(?m)^process_start_time_seconds (.*)$`).FindStringSubmatch(body)
	if m == nil {
		t.Fatal("the daemon does not say when it started")
	}
	eventually(t, 30*time.Second, func() string {
		if n, _ := l.query(t, `process_start_time_seconds{job="port-iam"} == `+m[1]); n == 0 {
			return "Prometheus does not see the restart"
		}
		return ""
	})
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// startPrometheus watches targets with the rules, and looks more often than in
// production.
func startPrometheus(t *testing.T, targets []string) string {
	t.Helper()
	dir, address := t.TempDir(), freeAddress(t)
	write(t, filepath.Join(dir, "rules.yaml"), liveRules(t))
	config := read(t, rulesDir, "prometheus.yaml")
	config = strings.Replace(config, "127.0.0.1:8080", strings.Join(targets, `", "`), 1)
	config += fmt.Sprintf("global:\n  scrape_interval: %[1]v\n  scrape_timeout: %[1]v\n  evaluation_interval: %[1]v\n", scrapeEvery)
	write(t, filepath.Join(dir, "prometheus.yaml"), config)
	start(t, exec.Command("prometheus", "--config.file="+filepath.Join(dir, "prometheus.yaml"), "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+address, "--log.level=warn"))
	base := "http://" + address
	eventually(t, 60*time.Second, func() string {
		if status, body := daemontest.Fetch(t, base+"/-/ready"); status != http.StatusOK {
			return "Prometheus: " + body
		}
		return ""
	})
	return base
}

// query returns how many series a query has, and how many of them hold a number.
func (l *live) query(t *testing.T, q string) (series, numbers int) {
	t.Helper()
	var answer struct {
		Status, Error string
		Data          struct {
			Result []struct{ Value [2]any }
		}
	}
	_, body := daemontest.Fetch(t, l.prometheus+"/api/v1/query?query="+url.QueryEscape(q))
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Status != "success" {
		t.Fatalf("%s: %v %s", q, err, answer.Error)
	}
	for _, r := range answer.Data.Result {
		if r.Value[1] != "NaN" {
			numbers++
		}
	}
	return len(answer.Data.Result), numbers
}

// firing tells whether an alert, its name and its severity, fires.
func (l *live) firing(t *testing.T, alert string) bool {
	t.Helper()
	name, severity, _ := strings.Cut(alert, " ")
	n, _ := l.query(t, fmt.Sprintf(`ALERTS{alertname=%q, severity=%q, alertstate="firing"}`, name, severity))
	return n > 0
}

func (l *live) awaitFiring(t *testing.T, alert string) {
	t.Helper()
	eventually(t, 90*time.Second, func() string {
		if !l.firing(t, alert) {
			return alert + " does not fire"
		}
		return ""
	})
}

const requester = "alice@example.com"

func grantSpec() porttest.RunSpec {
	return porttest.RunSpec{
		Action: "request_permissions", Entity: porttest.SampleBucket, Requester: requester,
		Properties: map[string]any{"permissions": []string{"s3:GetObject"}, "duration": "1h"},
	}
}

func memberInstance() string { return fmt.Sprintf(porttest.SampleInstance, member) }

// memberSpec asks for access in the second account.
func memberSpec() porttest.RunSpec {
	return porttest.RunSpec{
		Action: "request_permissions", Entity: memberInstance(), Requester: requester,
		Properties: map[string]any{"permissions": []string{"ec2:StopInstances"}, "duration": "1h"},
	}
}

// request starts a run of the grant action and waits for its end.
func (l *live) request(t *testing.T) porttest.RunState {
	t.Helper()
	return l.awaitEnd(t, l.world.Port.StartRun(grantSpec()))
}

// revoke takes back what a run has granted.
func (l *live) revoke(t *testing.T, grant porttest.RunState) porttest.RunState {
	t.Helper()
	return l.awaitEnd(t, l.world.Port.StartRun(revokeSpec(grant)))
}

func revokeSpec(grant porttest.RunState) porttest.RunSpec {
	return porttest.RunSpec{Action: "revoke_permissions", Entity: "Permission-" + grant.ID, Requester: requester}
}

func (l *live) awaitEnd(t *testing.T, id string) (r porttest.RunState) {
	t.Helper()
	eventually(t, 90*time.Second, func() string {
		if r, _ = l.world.Port.Run(id); !r.Ended() {
			return "run " + id + " does not end"
		}
		return ""
	})
	return r
}

// iam is a client of an administrator with every right in the account.
func (l *live) iam() *iam.Client {
	return iam.NewFromConfig(aws.Config{Region: "us-east-1", BaseEndpoint: &l.world.AWSURL, Credentials: aws.CredentialsProviderFunc(credentials)})
}

func tags(values map[string]string) (all []types.Tag) {
	for key, value := range values {
		all = append(all, types.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	return all
}
