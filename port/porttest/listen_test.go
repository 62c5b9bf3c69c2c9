package porttest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"port-iam/port/porttest"
)

func TestStartServesOnLoopback(t *testing.T) {
	url, stop, err := porttest.New(porttest.Options{}).Start()
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(url+"/v1/auth/access_token", "application/json", strings.NewReader(`{"clientId":"client","clientSecret":"secret"}`))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(body), "accessToken") {
		t.Errorf("%d %s %v", resp.StatusCode, body, err)
	}
	stop()
	if resp, err := http.Get(url); err == nil {
		_ = resp.Body.Close()
		t.Error("it serves after its stop")
	}
}

func TestAListenerThatNobodyServes(t *testing.T) {
	l := porttest.NewListener()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Dial(ctx, "tcp", "port.example:80"); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "port.example:80") {
		t.Errorf("got %v", err)
	}
	for range 2 {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := l.Dial(t.Context(), "tcp", "port.example:80"); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestHooksEnd(t *testing.T) {
	w := newWorld(t, porttest.Options{})
	calls, runs := 0, 0
	endCalls := w.OnCall(func(porttest.Call) { calls++ })
	endRuns := w.OnRun(func(string) { runs++ })
	w.want(t, 200, "", "GET", runPath, "")
	w.StartRun(porttest.RunSpec{})
	w.StartRun(porttest.RunSpec{RequiredApproval: true})
	if calls != 2 || runs != 1 {
		t.Errorf("told of %d calls and %d runs, want begin and end of one, and one", calls, runs)
	}
	endCalls()
	endRuns()
	w.want(t, 200, "", "GET", runPath, "")
	w.StartRun(porttest.RunSpec{})
	if calls != 2 || runs != 1 {
		t.Error("a removed hook was told of something")
	}
}
