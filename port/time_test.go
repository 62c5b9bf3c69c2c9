package port_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"port-iam/port"
	"port-iam/port/porttest"
)

const forever = time.Hour

// A try gives up after 5 s where another may follow, and a call after 10 s.
func TestACallTakesTenSeconds(t *testing.T) {
	eachMethod(t, func(t *testing.T, w *world, m method) {
		w.Fault(porttest.Fault{Kind: porttest.Delayed, Delay: forever, Route: m.route, Count: -1})
		start := time.Now()
		e := asError(t, m.call(t.Context(), w.client), port.KindUnavailable)
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("took %s", took)
		}
		if errors.Is(e, context.DeadlineExceeded) || !strings.Contains(e.Error(), "no answer within 10s") {
			t.Errorf("our own limit is reported as %v", e)
		}
		want := 2
		if m.once || m.name == "Runs" || m.name == "Entities" {
			want = 1
		}
		if n := w.tries(m.route); n != want {
			t.Errorf("%d requests, want %d", n, want)
		}
	})
}

func TestATokenCountsToTheTimeOfItsCall(t *testing.T) {
	eachMethod(t, func(t *testing.T, w *world, m method) {
		w.Fault(porttest.Fault{Kind: porttest.Delayed, Delay: forever, Route: "token", Count: -1})
		start := time.Now()
		e := asError(t, m.call(t.Context(), w.client), port.KindUnavailable)
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("took %s", took)
		}
		if !strings.Contains(e.Op, "get an access token") {
			t.Errorf("op is %q", e.Op)
		}
		if n := w.tries(m.route); n != 0 {
			t.Errorf("%d requests without a token", n)
		}
	})
}

func TestASlowAnswerIsWaitedFor(t *testing.T) {
	for name, delay := range map[string]time.Duration{"Run": 4 * time.Second, "EndRun": 9 * time.Second, "Runs": 9 * time.Second} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.Fault(porttest.Fault{Kind: porttest.Delayed, Delay: delay, Route: named(t, name).route})
				if err := w.call(t, name); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// The caller may have less patience, and is then told so.
func TestTheCallerGivesUp(t *testing.T) {
	for name, c := range map[string]struct {
		fault  porttest.Fault
		status int
	}{
		"while Port is slow":        {porttest.Fault{Kind: porttest.Delayed, Delay: forever}, 0},
		"between two tries":         {porttest.Fault{Status: 503}, 503},
		"while the token is coming": {porttest.Fault{Kind: porttest.Delayed, Delay: forever, Route: "token"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				if c.fault.Route == "" {
					c.fault.Route = "run_get"
				}
				c.fault.Count = -1
				w.Fault(c.fault)
				ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
				defer cancel()
				start := time.Now()
				_, err := w.client.Run(ctx, openRun)
				if took := time.Since(start); took != 100*time.Millisecond {
					t.Errorf("took %s", took)
				}
				e := asError(t, err, port.KindUnavailable)
				if !errors.Is(err, context.DeadlineExceeded) || e.Status != c.status {
					t.Errorf("status %d: %v", e.Status, err)
				}
			})
		})
	}
}

func TestACallAfterTheEndSendsNothing(t *testing.T) {
	eachMethod(t, func(t *testing.T, w *world, m method) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := m.call(ctx, w.client)
		wantError(t, err, port.KindUnavailable)
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if n := w.tries(""); n != 0 {
			t.Errorf("%d requests", n)
		}
	})
}

// The quick retries spread out and stop before the time of the call is over.
func TestRetriesAreBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.Fault(porttest.Fault{Route: "run_get", Status: 500, Count: -1})
		start := time.Now()
		_, err := w.client.Run(t.Context(), openRun)
		wantError(t, err, port.KindUnavailable)
		if took := time.Since(start); took < time.Second || took > 8*time.Second {
			t.Errorf("four tries took %s", took)
		}
	})
}
