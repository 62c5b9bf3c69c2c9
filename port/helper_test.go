package port_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"port-iam/port"
	"port-iam/port/porttest"
)

const (
	requester = "o.malley+x@example.com"
	secret    = "the-client-secret"
	bucket    = porttest.SampleBucket
	openRun   = "r_open"
	oldGrant  = "Permission-r_old"
	grants    = "provisioned_permissions"
)

// world is the stand-in for Port with an open run and one grant, and a client of
// it.
type world struct {
	*porttest.Server
	client *port.Client
	reg    *prometheus.Registry
	log    *syncBuffer
	// front answers a request in place of Port unless it returns nil.
	front func(*http.Request) *http.Response
	// tokens is how often front was asked for one, where it counts that.
	tokens atomic.Int64
	// transport carries what front leaves. Each of its requests has a connection
	// of its own, or else net/http repeats some by itself.
	transport *http.Transport
}

// inBubble runs a test on a fake clock.
func inBubble(t *testing.T, f func(*testing.T, *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, newWorld(t, porttest.Options{})) })
}

func newWorld(t *testing.T, o porttest.Options) *world {
	t.Helper()
	o.ClientSecret, o.KafkaUsername, o.KafkaPassword = secret, "kafka-user", "kafka-password"
	o.KafkaBrokers = []string{"broker.example:9196"}
	w := &world{Server: porttest.New(o), reg: prometheus.NewRegistry(), log: &syncBuffer{}}
	w.CheckFaults(t)
	w.GuideModel()
	w.GuideSamples("123456789012")
	w.AddEntity(grants, `{"identifier":"`+oldGrant+`"}`)
	w.StartRun(porttest.RunSpec{
		ID: openRun, Action: "request_permissions", Entity: bucket, Requester: requester,
		Properties: `{"permissions":["s3:PutObject",{"identifier":"s3:GetObject","title":"Get"}],"duration":"1h"}`,
	})

	l := porttest.NewListener()
	t.Cleanup(w.Serve(l))
	w.transport = &http.Transport{DialContext: l.Dial, DisableKeepAlives: true}
	t.Cleanup(w.transport.CloseIdleConnections)
	var err error
	w.client, err = port.New(port.Options{
		BaseURL: "http://port.example", ClientID: "client", ClientSecret: secret, Registerer: w.reg,
		HTTPClient: &http.Client{Transport: w},
		Log:        slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// RoundTrip is part of http.RoundTripper.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.front != nil {
		if resp := w.front(r); resp != nil {
			resp.Request = r
			return resp, nil
		}
	}
	return w.transport.RoundTrip(r)
}

// answer is an answer that front gives.
func answer(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

// answerAll gives every request but those for a token the same answer, and
// returns how many there were.
func (w *world) answerAll(status int, body string) *int {
	n := new(int)
	w.front = func(r *http.Request) *http.Response {
		if isToken(r) {
			return nil
		}
		*n++
		return answer(status, body)
	}
	return n
}

func isToken(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/auth/access_token") }

// method is one method of the client, called so that it succeeds.
type method struct {
	name, route string
	once        bool // a request whose outcome is unknown is not repeated
	call        func(context.Context, *port.Client) error
}

var methods = []method{
	{"OrganizationID", "organization", false, func(ctx context.Context, c *port.Client) error {
		_, err := c.OrganizationID(ctx)
		return err
	}},
	{"KafkaCredentials", "kafka_credentials", false, func(ctx context.Context, c *port.Client) error {
		_, err := c.KafkaCredentials(ctx)
		return err
	}},
	{"Run", "run_get", false, func(ctx context.Context, c *port.Client) error {
		_, err := c.Run(ctx, openRun)
		return err
	}},
	{"Runs", "run_list", false, func(ctx context.Context, c *port.Client) error {
		_, err := c.Runs(ctx, port.RunFilter{UserEmail: requester})
		return err
	}},
	{"EndRun", "run_log", true, func(ctx context.Context, c *port.Client) error {
		return c.EndRun(ctx, openRun, port.RunEnd{Status: port.StatusSuccess, Message: "done for " + requester})
	}},
	{"SetStatus", "run_patch", false, func(ctx context.Context, c *port.Client) error {
		return c.SetStatus(ctx, openRun, port.StatusFailure)
	}},
	{"Entity", "entity_get", false, func(ctx context.Context, c *port.Client) error {
		_, err := c.Entity(ctx, "aws_resource", bucket)
		return err
	}},
	{"CreateEntity", "entity_upsert", false, func(ctx context.Context, c *port.Client) error {
		return c.CreateEntity(ctx, grants, newGrant(), openRun)
	}},
	{"DeleteEntity", "entity_delete", false, func(ctx context.Context, c *port.Client) error {
		return c.DeleteEntity(ctx, grants, oldGrant, openRun)
	}},
	{"Entities", "entity_list", false, func(ctx context.Context, c *port.Client) error {
		_, err := c.Entities(ctx, "aws_resource")
		return err
	}},
	{"Invocation", "action_get", false, func(ctx context.Context, c *port.Client) error {
		_, err := c.Invocation(ctx, "request_permissions")
		return err
	}},
	{"ActionAccounts", "action_get", false, func(ctx context.Context, c *port.Client) error {
		_, err := c.ActionAccounts(ctx, "request_permissions")
		return err
	}},
}

// newGrant is an entity that can be written.
func newGrant() port.Entity {
	return port.Entity{
		Identifier: "Permission-" + openRun, Title: "Permission-" + openRun,
		Properties: map[string]json.RawMessage{"requester": json.RawMessage(`"` + requester + `"`)},
		Relations:  map[string]json.RawMessage{"aws_resource": json.RawMessage(`"` + bucket + `"`)},
	}
}

// eachMethod runs f for every method of the client, each in a new world.
func eachMethod(t *testing.T, f func(*testing.T, *world, method)) {
	t.Helper()
	for _, m := range methods {
		t.Run(m.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) { f(t, w, m) })
		})
	}
}

// asError fails unless err is a failure of the client of that kind.
func asError(t *testing.T, err error, kind port.Kind) *port.Error {
	t.Helper()
	var e *port.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a *port.Error", err)
	}
	if e.Kind != kind || !port.IsKind(err, kind) {
		t.Fatalf("got kind %d, want %d: %v", e.Kind, kind, err)
	}
	return e
}

// wantError is asError for those who want no more.
func wantError(t *testing.T, err error, kind port.Kind) {
	t.Helper()
	_ = asError(t, err, kind)
}

// tries is how many requests of a route Port has seen the end of.
func (w *world) tries(route string) int {
	synctest.Wait()
	return w.CallCount(route)
}

// pass lets that much of the fake clock pass.
func pass(d time.Duration) { <-time.After(d) }

// syncBuffer is a bytes.Buffer for several goroutines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write is part of io.Writer.
func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// String returns all that was written.
func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// named returns the method of that name.
func named(t *testing.T, name string) method {
	t.Helper()
	for _, m := range methods {
		if m.name == name {
			return m
		}
	}
	t.Fatalf("no method %s", name)
	return method{}
}

// call calls the method of that name.
func (w *world) call(t *testing.T, name string) error {
	t.Helper()
	return named(t, name).call(t.Context(), w.client)
}
