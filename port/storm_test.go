package port_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"port-iam/port"
	"port-iam/port/porttest"
)

// retryAsRuns calls again and again as many runs do that wait for Port: each waits
// for half a second, then longer, up to 30 s.
func (w *world) retryAsRuns(t *testing.T, runs int, d time.Duration) (failed int) {
	t.Helper()
	end := time.Now().Add(d)
	var n atomic.Int64
	together(runs, func() {
		for wait := time.Second; time.Now().Before(end); wait = min(2*wait, 30*time.Second) {
			_, err := w.client.Run(t.Context(), openRun)
			if err != nil {
				n.Add(1)
			}
			var asked time.Duration
			if e, ok := errors.AsType[*port.Error](err); ok {
				asked = e.RetryAfter
			}
			pass(max(asked, wait/2+rand.N(wait/2)))
		}
	})
	return int(n.Load())
}

// However many calls wait, Port is asked for a token as by an idle daemon, and all
// goes on soon after the trouble is over.
func TestNoStormOfTokens(t *testing.T) {
	token := func(f porttest.Fault) func(*world) func() {
		return func(w *world) func() { f.Route, f.Count = "token", -1; return w.Fault(f) }
	}
	for name, c := range map[string]struct {
		trouble func(*world) (repair func())
		most    int // requests for a token in 30 s
	}{
		"credentials rejected": {func(w *world) func() {
			w.RejectCredentials(true)
			return func() { w.RejectCredentials(false) }
		}, 5},
		"refused":          {token(porttest.Fault{Status: 403}), 5},
		"too many":         {token(porttest.Fault{Status: 429}), 5},
		"too many, slowly": {token(porttest.Fault{Status: 429, RetryAfter: "20"}), 3},
		"away":             {token(porttest.Fault{Status: 503}), 12},
		"no answers":       {token(porttest.Fault{Kind: porttest.LostAnswer}), 12},
		"hangs":            {token(porttest.Fault{Kind: porttest.Delayed, Delay: forever}), 12},
		"token rejected": {func(w *world) func() {
			return w.Fault(porttest.Fault{Route: "run_get", Status: 401, Count: -1})
		}, 5},
		"every new token rejected": {func(w *world) func() {
			n := 0
			w.front = func(r *http.Request) *http.Response {
				if !isToken(r) {
					return answer(401, `{"ok":false}`)
				}
				n++
				w.tokens.Add(1)
				return answer(200, fmt.Sprintf(`{"accessToken":"t%d","expiresIn":10800}`, n))
			}
			return func() { w.front = nil }
		}, 5},
		"not a token": {func(w *world) func() {
			w.front = func(r *http.Request) *http.Response {
				if !isToken(r) {
					return nil
				}
				w.tokens.Add(1)
				return answer(200, `{"ok":true}`)
			}
			return func() { w.front = nil }
		}, 12},
	} {
		for _, fresh := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, fresh %v", name, fresh), func(t *testing.T) {
				inBubble(t, func(t *testing.T, w *world) {
					if !fresh {
						w.readRun(t)
						pass(time.Minute)
						w.ExpireTokens()
					}
					before := w.tokens.Load() + int64(w.tries("token"))
					repair := c.trouble(w)
					if failed := w.retryAsRuns(t, 1000, 30*time.Second); failed < 1000 {
						t.Errorf("%d calls failed: there was no trouble", failed)
					}
					if n := w.tokens.Load() + int64(w.tries("token")) - before; n > int64(c.most) {
						t.Errorf("%d requests for a token in 30 s, want at most %d", n, c.most)
					}
					repair()
					pass(20 * time.Second) // what Port asked for, or 10 s
					w.readRun(t)
				})
			})
		}
	}
}

// A token that Port rejects although it is valid holds nothing up.
func TestAValidTokenIsRejected(t *testing.T) {
	for _, times := range []int{1, 2, 5} {
		eachMethod(t, func(t *testing.T, w *world, m method) {
			w.readRun(t)
			w.Fault(porttest.Fault{Route: m.route, Status: 401, Count: times})
			for try := 1; ; try++ {
				err := m.call(t.Context(), w.client)
				if err == nil {
					if want := times/2 + 1; try != want {
						t.Errorf("%d times rejected: %d calls, want %d", times, try, want)
					}
					break
				}
				wantError(t, err, port.KindUnauthorized)
				pass(250 * time.Millisecond)
			}
			if n := w.tries("token"); n != 2 {
				t.Errorf("%d times rejected: %d tokens, want 2", times, n)
			}
		})
	}
}

// A transport that panics takes the call with it and nothing else.
func TestAPanicLeavesTheTokenFree(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		panics := 2
		w.front = func(*http.Request) *http.Response {
			if panics--; panics >= 0 {
				panic("transport")
			}
			return nil
		}
		for range 2 {
			func() {
				defer func() {
					if p := recover(); p != "transport" {
						t.Errorf("recovered %v", p)
					}
				}()
				w.readRun(t)
			}()
		}
		start := time.Now()
		w.readRun(t)
		if took := time.Since(start); took != 0 {
			t.Errorf("took %s", took)
		}
	})
}
