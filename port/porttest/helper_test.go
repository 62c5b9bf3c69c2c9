package porttest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"port-iam/port/porttest"
)

const (
	grants  = "provisioned_permissions"
	bucket  = porttest.SampleBucket
	account = "123456789012"
	openRun = "r_open"
)

// world is a server with the guide's model and an open run, and a plain HTTP
// client with a token.
type world struct {
	*porttest.Server
	http  *http.Client
	token string
}

func newWorld(t *testing.T, o porttest.Options) *world {
	t.Helper()
	w := &world{Server: porttest.New(o)}
	w.CheckFaults(t)
	w.GuideModel()
	w.GuideSamples(account)
	w.StartRun(porttest.RunSpec{ID: openRun, Action: "request_permissions", Entity: bucket, Requester: "alice@example.com"})
	l := porttest.NewListener()
	t.Cleanup(w.Serve(l))
	w.http = l.Client()
	w.login(t)
	return w
}

func (w *world) login(t *testing.T) {
	t.Helper()
	got := w.do(t, "POST", "/v1/auth/access_token", `{"clientId":"client","clientSecret":"secret"}`)
	w.token, _ = got.body["accessToken"].(string)
	if got.status != 200 || w.token == "" {
		t.Fatalf("no token: %+v", got)
	}
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   map[string]any
	code   string // the error code
}

func (w *world) try(method, path, body string) (reply, error) {
	req, err := http.NewRequest(method, "http://port.example"+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("Authorization", "Bearer "+w.token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := w.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	got := reply{status: resp.StatusCode, header: resp.Header}
	content, err := io.ReadAll(resp.Body)
	if err == nil {
		err = json.Unmarshal(content, &got.body)
	}
	if err != nil {
		return got, fmt.Errorf("answer %q: %w", content, err)
	}
	got.code, _ = got.body["error"].(string)
	return got, nil
}

// do makes a call that must be answered, in the form of all answers.
func (w *world) do(t *testing.T, method, path, body string) reply {
	t.Helper()
	got, err := w.try(method, path, body)
	if err != nil {
		t.Fatal(err)
	}
	isError := got.status >= 400
	if ok, _ := got.body["ok"].(bool); ok == isError || got.header.Get("X-Trace-Id") == "" {
		t.Errorf("%s %s: %+v", method, path, got)
	}
	if message, _ := got.body["message"].(string); isError && (got.code == "" || message == "") {
		t.Errorf("%s %s gives no reason: %+v", method, path, got)
	}
	return got
}

// want makes a call and checks its status and error code.
func (w *world) want(t *testing.T, status int, code, method, path, body string) reply {
	t.Helper()
	got := w.do(t, method, path, body)
	if got.status != status || got.code != code {
		t.Errorf("%s %s %s:\ngot %d %q %v, want %d %q", method, path, body, got.status, got.code, got.body["message"], status, code)
	}
	return got
}

// send posts a log with that content type and returns the status.
func (w *world) send(t *testing.T, contentType string) int {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, "http://port.example"+runPath+"/logs", strings.NewReader(`{"message":"m"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.token)
	req.Header.Set("Content-Type", contentType)
	resp, err := w.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}
