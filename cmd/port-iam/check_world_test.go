package main

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"port-iam/internal/demo"
	"port-iam/internal/standin"
	"port-iam/templates"
)

// rightsOfCheck are those rights of the daemon's own that check alone uses.
const rightsOfCheck = `{"Version":"2012-10-17","Statement":[
	{"Effect":"Allow","Action":"iam:SimulatePrincipalPolicy","Resource":"arn:aws:iam::` + demo.Account + `:user/port-iam"},
	{"Effect":"Allow","Action":["iam:GetPolicy","iam:GetPolicyVersion"],"Resource":"` + demo.Boundary + `"}]}`

// checkWorld is the demo's world with a principal of the daemon in it, and what
// has to be set to check it.
type checkWorld struct {
	*demo.World
	t   *testing.T
	env map[string]string
}

func newCheckWorld(t *testing.T) *checkWorld {
	t.Helper()
	world, err := demo.NewWorld(demo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	world.Port.CheckFaults(t)
	world.AWS.CheckFaults(t)
	t.Cleanup(world.Close)
	w := &checkWorld{World: world, t: t, env: worldEnv(world)}
	w.env["KAFKA_TLS"] = "false"
	w.principal(w.management())
	world.AWS.AddRoleSession("/aws-reserved/sso.amazonaws.com/", "AWSReservedSSO_Developers_0123456789abcdef", "alice@example.com")
	return w
}

// management is the policy of the daemon as it is printed.
func (w *checkWorld) management() string {
	w.t.Helper()
	text, err := templates.ManagementPolicy(templates.Management{
		Place:    templates.Place{Account: demo.Account, Partition: "aws", Path: "/port-iam/"},
		Boundary: demo.Boundary, Role: "arn:aws:iam::" + demo.Account + ":user/port-iam",
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return text
}

// principal sets what the credentials may do.
func (w *checkWorld) principal(documents ...string) {
	w.AWS.RequireKnownKeys(true)
	w.env["AWS_ACCESS_KEY_ID"], w.env["AWS_SECRET_ACCESS_KEY"] = w.AWS.AddUser("port-iam", documents...)
}

// check runs the command and returns the steps by name.
func (w *checkWorld) check() (code int, steps map[string]stepOutcome, order []string) {
	w.t.Helper()
	_, _ = readWith(w.t, w.env)
	code, stdout, stderr := command("check", "--json")
	var report checkReport
	if err := json.Unmarshal([]byte(stdout), &report); err != nil {
		w.t.Fatalf("%v\nstdout: %s\nstderr: %s", err, stdout, stderr)
	}
	if report.OK != (code == 0) {
		w.t.Errorf("ok is %v, and the exit code %d", report.OK, code)
	}
	steps = map[string]stepOutcome{}
	for _, s := range report.Steps {
		steps[s.Step] = s
		order = append(order, s.Step)
	}
	return code, steps, order
}

// results are the steps by their result.
func results(steps map[string]stepOutcome, result string) []string {
	var names []string
	for name, s := range steps {
		if s.Result == result {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

const (
	allOfIAM             = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:*","Resource":"*"}}`
	allowNothing         = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`
	allowListRoles       = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:ListRoles","Resource":"*"}}`
	withoutPutRolePolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*"},{"Effect":"Deny","Action":"iam:PutRolePolicy","Resource":"*"}]}`
)

// lateProxy passes calls on, and answers with a clock that is an hour behind.
func lateProxy(t *testing.T, to string) string {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = func(r *http.Response) error {
		r.Header.Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		return nil
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return server.URL
}

// stranger puts a server in the broker's place that is no broker.
func stranger(w *checkWorld, start func(*httptest.Server)) *httptest.Server {
	w.t.Helper()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes
	start(server)
	w.t.Cleanup(server.Close)
	w.env["KAFKA_BROKERS"], w.env["KAFKA_TLS"] = server.Listener.Addr().String(), "true"
	return server
}

// refusingBroker is one that refuses a kind of requests.
func refusingBroker(w *checkWorld, key kmsg.Key, code *kerr.Error) {
	w.t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, demo.Org+".runs"),
		kfake.EnableSASL(), kfake.Superuser(demo.KafkaMechanism, "user", "password"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(cluster.Close)
	standin.MustMeet(w.t, key.Name(), -1, cluster.Fault(kfake.Fault{Keys: []kmsg.Key{key}, Err: code, Count: -1}).Hits)
	maps.Copy(w.env, map[string]string{"KAFKA_BROKERS": cluster.ListenAddrs()[0], "KAFKA_USERNAME": "user", "KAFKA_PASSWORD": "password"})
}

// checker reads the settings for single steps.
func (w *checkWorld) checker(ctx context.Context) *checker {
	w.t.Helper()
	cfg, err := readWith(w.t, w.env)
	if err != nil {
		w.t.Fatal(err)
	}
	c, err := newChecker(ctx, cfg, io.Discard)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}
