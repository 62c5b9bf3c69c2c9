package deploytest

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

	"port-iam/internal/demo"
	"port-iam/port/porttest"
)

// live is the real daemon between stand-ins, watched by a real Prometheus that
// has the rules.
type live struct {
	world       *demo.World
	daemon      string // its URL
	prometheus  string
	startDaemon func() (stop func())
	stopDaemon  func()
}

var (
	waitFor     = regexp.MustCompile(`(?m)^(        for: ).*$`)
	scrapeEvery = 500 * time.Millisecond
)

func startLive(t *testing.T) *live {
	t.Helper()
	world, err := demo.NewWorld(demo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(world.Close)
	address := freeAddress(t)
	l := &live{world: world, daemon: "http://" + address}
	l.prometheus = startPrometheus(t, address)

	binary := build(t, root(t))
	l.startDaemon = func() (stop func()) {
		cmd := exec.Command(binary, "run")
		cmd.Env = []string{
			"PATH=" + os.Getenv("PATH"), "PORT_CLIENT_ID=" + demo.ClientID, "PORT_CLIENT_SECRET=" + demo.ClientSecret,
			"PORT_BASE_URL=" + world.PortURL, "KAFKA_TLS=false", "IAM_PERMISSIONS_BOUNDARY=" + demo.Boundary,
			"LISTEN_ADDRESS=" + address, "AWS_ENDPOINT_URL=" + world.AWSURL, "AWS_REGION=us-east-1",
			"AWS_ACCESS_KEY_ID=daemon", "AWS_SECRET_ACCESS_KEY=secret", "AWS_EC2_METADATA_DISABLED=true",
			"SWEEP_INTERVAL=10s", "SWEEP_GRACE=1s",
		}
		return start(t, cmd)
	}
	l.stopDaemon = l.startDaemon()
	l.awaitReady(t)
	return l
}

func (l *live) awaitReady(t *testing.T) {
	t.Helper()
	eventually(t, 60*time.Second, func() string {
		if status, body := fetch(t, l.daemon+"/readyz"); status != http.StatusOK {
			return "not ready: " + body
		}
		return ""
	})
}

// awaitStart waits until Prometheus knows of the start of the daemon.
func (l *live) awaitStart(t *testing.T) {
	t.Helper()
	_, body := fetch(t, l.daemon+"/metrics")
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

// startPrometheus watches target with the rules. It looks more often than in
// production, and alerts do not wait: how long they do is tested by promtool.
func startPrometheus(t *testing.T, target string) string {
	t.Helper()
	dir, address := t.TempDir(), freeAddress(t)
	write(t, filepath.Join(dir, "rules.yaml"), waitFor.ReplaceAllString(read(t, rulesDir, "rules.yaml"), "${1}0s"))
	config := read(t, rulesDir, "prometheus.yaml")
	config = strings.Replace(config, "127.0.0.1:8080", target, 1)
	config += fmt.Sprintf("global:\n  scrape_interval: %[1]v\n  scrape_timeout: %[1]v\n  evaluation_interval: %[1]v\n", scrapeEvery)
	write(t, filepath.Join(dir, "prometheus.yaml"), config)
	start(t, exec.Command("prometheus", "--config.file="+filepath.Join(dir, "prometheus.yaml"), "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+address, "--log.level=warn"))
	base := "http://" + address
	eventually(t, 60*time.Second, func() string {
		if status, body := fetch(t, base+"/-/ready"); status != http.StatusOK {
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
	_, body := fetch(t, l.prometheus+"/api/v1/query?query="+url.QueryEscape(q))
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

// firing tells whether an alert fires in that severity; "" means any.
func (l *live) firing(t *testing.T, name, severity string) bool {
	t.Helper()
	n, _ := l.query(t, fmt.Sprintf(`ALERTS{alertname=%q, severity=~%q, alertstate="firing"}`, name, severity+".*"))
	return n > 0
}

func (l *live) awaitFiring(t *testing.T, name, severity string) {
	t.Helper()
	eventually(t, 90*time.Second, func() string {
		if !l.firing(t, name, severity) {
			return name + " (" + severity + ") does not fire"
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

// request starts a run of the grant action and waits for its end.
func (l *live) request(t *testing.T) porttest.RunState {
	t.Helper()
	return l.awaitEnd(t, l.world.Port.StartRun(grantSpec()))
}

// revoke takes back what a run has granted.
func (l *live) revoke(t *testing.T, grant porttest.RunState) porttest.RunState {
	t.Helper()
	return l.awaitEnd(t, l.world.Port.StartRun(porttest.RunSpec{
		Action: "revoke_permissions", Entity: "Permission-" + grant.ID, Requester: requester,
	}))
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
