package port_test

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"port-iam/port"
	"port-iam/port/porttest"
)

// together calls f n times at the same moment.
func together(n int, f func()) {
	var all sync.WaitGroup
	for range n {
		all.Go(f)
	}
	all.Wait()
}

func (w *world) readRun(t *testing.T) {
	t.Helper()
	if _, err := w.client.Run(t.Context(), openRun); err != nil {
		t.Error(err)
	}
}

func TestOneTokenServesAll(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.Fault(porttest.Fault{Kind: porttest.Delayed, Route: "token", Delay: time.Second})
		together(50, func() { w.readRun(t) })
		w.readRun(t)
		if n := w.tries("token"); n != 1 {
			t.Errorf("%d tokens for 51 calls", n)
		}
	})
}

func TestARevokedTokenIsReplacedOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.readRun(t)
		w.ExpireTokens()
		w.Fault(porttest.Fault{Kind: porttest.Delayed, Delay: time.Second, Count: -1})
		together(50, func() { w.readRun(t) })
		if n := w.tries("token"); n != 2 {
			t.Errorf("%d tokens, want one more than the first", n)
		}
		if n := w.tries("run_get"); n != 101 {
			t.Errorf("%d requests, want 1 + 50 refused + 50", n)
		}
	})
}

// One fetch that fails serves all, those who come later too, until its time is over.
func TestOneRefusalOfATokenServesAll(t *testing.T) {
	refused := func(status int, retryAfter string) func(*world) {
		return func(w *world) {
			w.Fault(porttest.Fault{Route: "token", Status: status, RetryAfter: retryAfter, Count: -1})
		}
	}
	for name, c := range map[string]struct {
		refuse func(*world)
		holds  time.Duration
		waits  bool // a call waits for its end if there is time
	}{
		"credentials":   {func(w *world) { w.RejectCredentials(true) }, 10 * time.Second, false},
		"forbidden":     {refused(403, ""), 10 * time.Second, false},
		"unknown":       {refused(404, ""), 10 * time.Second, false},
		"ill-formed":    {refused(422, ""), 10 * time.Second, false},
		"bad request":   {refused(400, ""), 10 * time.Second, false},
		"too many":      {refused(429, ""), 10 * time.Second, true},
		"for a minute":  {refused(429, "60"), time.Minute, true},
		"for a moment":  {refused(401, "3"), 3 * time.Second, false},
		"away a minute": {refused(503, "60"), time.Minute, true},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				c.refuse(w)
				w.Fault(porttest.Fault{Kind: porttest.Delayed, Route: "token", Delay: time.Second, Count: -1})
				var first string
				var mu sync.Mutex
				fail := func() {
					_, err := w.client.Run(t.Context(), openRun)
					mu.Lock()
					defer mu.Unlock()
					var e *port.Error
					if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), "read run "+openRun+": get an access token: HTTP "+strconv.Itoa(e.Status)) {
						t.Errorf("error: %v", err)
						return
					}
					if e.RetryAfter <= 0 || e.RetryAfter > c.holds {
						t.Errorf("to wait: %s of %s", e.RetryAfter, c.holds)
					}
					first = cmp.Or(first, err.Error())
					if err.Error() != first {
						t.Errorf("got  %v\nwant %v", err, first)
					}
				}
				for want := 1; want <= 3; want++ {
					first = ""
					together(50, fail)
					early := time.Millisecond // before its time is over
					if c.waits {
						early = c.holds
					}
					pass(c.holds - early)
					start := time.Now()
					fail()
					if took := time.Since(start); took != 0 {
						t.Errorf("a refusal that is known took %s", took)
					}
					if n := w.tries("token"); n != want {
						t.Errorf("%d requests for a token, want %d", n, want)
					}
					pass(early)
				}
			})
		})
	}
}

// No call is sent with a token that Port has rejected while there is no other.
func TestARejectedTokenIsNotUsedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.readRun(t)
		w.ExpireTokens()
		w.Fault(porttest.Fault{Route: "token", Status: http.StatusServiceUnavailable, Count: -1})
		for range 3 {
			_, err := w.client.Run(t.Context(), openRun)
			wantError(t, err, port.KindUnavailable)
		}
		if n := w.tries("run_get"); n != 2 {
			t.Errorf("%d requests, want one that succeeded and one that was rejected", n)
		}
	})
}

// A call that learns late that its token was revoked must not throw away the new
// one.
func TestALateRefusalKeepsTheNewToken(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.readRun(t)
		w.ExpireTokens()
		w.Fault(porttest.Fault{Kind: porttest.Delayed, Route: "run_get", Delay: time.Second})
		var late sync.WaitGroup
		late.Go(func() { w.readRun(t) })
		synctest.Wait() // the late one is under way with the old token
		w.readRun(t)
		late.Wait()
		if n := w.tries("token"); n != 2 {
			t.Errorf("%d tokens, want one more than the first", n)
		}
	})
}

// The end of a run is sent again after 401: Port has not looked at it.
func TestTheEndOfARunSurvivesARevokedToken(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.readRun(t)
		w.ExpireTokens()
		if err := w.client.EndRun(t.Context(), openRun, port.RunEnd{Status: port.StatusSuccess, Message: "done"}); err != nil {
			t.Fatal(err)
		}
		if state, _ := w.Run(openRun); state.Ends != 1 {
			t.Errorf("run ended %d times", state.Ends)
		}
	})
}

// Port hands out the same token until it ends, so the last minute brings a few
// more requests for it, and no call that is refused.
func TestATokenIsReplacedBeforeItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, porttest.Options{TokenTTL: time.Hour})
		w.readRun(t)
		pass(59*time.Minute - time.Second)
		w.readRun(t)
		if n := w.tries("token"); n != 1 {
			t.Errorf("%d tokens in the first 59 minutes", n)
		}
		for range 200 {
			pass(time.Second)
			w.readRun(t)
		}
		if n := w.tries("token"); n < 3 || n > 12 {
			t.Errorf("%d requests for a token around its end", n)
		}
		if n := w.tries("run_get"); n != 202 {
			t.Errorf("%d requests for 202 reads: some were refused", n)
		}
	})
}

func TestRejectedCredentials(t *testing.T) {
	eachMethod(t, func(t *testing.T, w *world, m method) {
		w.RejectCredentials(true)
		e := asError(t, m.call(t.Context(), w.client), port.KindUnauthorized)
		if e.Status != 401 || e.Message != "Port does not accept the client id and secret" || !strings.Contains(e.Op, "token") {
			t.Errorf("error of rejected credentials: %+v", e)
		}
		if n := w.tries(""); n != 1 {
			t.Errorf("%d requests, want only that for a token", n)
		}
		w.RejectCredentials(false)
		pass(10 * time.Second)
		if err := m.call(t.Context(), w.client); err != nil {
			t.Errorf("credentials accepted again: %v", err)
		}
	})
}

func TestRefusalsOfAToken(t *testing.T) {
	const gone = "Port does not know the client id, or the base URL is not that of Port's API"
	for name, c := range map[string]struct {
		status  int
		kind    port.Kind
		message string
		tries   int
	}{
		"unknown":   {http.StatusNotFound, port.KindUnauthorized, gone, 1},
		"ill-form":  {http.StatusUnprocessableEntity, port.KindUnauthorized, "Port does not accept the client id and secret", 1},
		"forbidden": {http.StatusForbidden, port.KindUnauthorized, "injected missing_permissions", 1},
		"too large": {http.StatusRequestEntityTooLarge, port.KindRefused, "", 1},
		"too many":  {http.StatusTooManyRequests, port.KindUnavailable, "", 1},
		"away":      {http.StatusServiceUnavailable, port.KindUnavailable, "", 4},
	} {
		t.Run(name, func(t *testing.T) {
			eachMethod(t, func(t *testing.T, w *world, m method) {
				w.Fault(porttest.Fault{Route: "token", Status: c.status, Count: -1})
				e := asError(t, m.call(t.Context(), w.client), c.kind)
				if e.Message != c.message || e.Status != c.status {
					t.Errorf("got %d %q, want %d %q", e.Status, e.Message, c.status, c.message)
				}
				if n := w.tries("token"); n != c.tries {
					t.Errorf("%d requests for a token, want %d", n, c.tries)
				}
			})
		})
	}
}

// The caller that asked for the token gives up; those who wait for the same one must not
// fail for it.
func TestAnAbandonedTokenIsFetchedByAnother(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.Fault(porttest.Fault{Kind: porttest.Delayed, Route: "token", Delay: 3 * time.Second})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var first error
		var all sync.WaitGroup
		all.Go(func() { _, first = w.client.Run(ctx, openRun) })
		synctest.Wait() // the first one is under way
		for range 5 {
			all.Go(func() { w.readRun(t) })
		}
		start := time.Now()
		all.Wait()
		wantError(t, first, port.KindUnavailable)
		if took := time.Since(start); took != time.Second {
			t.Errorf("the others waited %s", took)
		}
		if n := w.tries("token"); n != 2 {
			t.Errorf("%d requests for a token, want 2", n)
		}
	})
}

func TestWhoWaitsForATokenMayGiveUp(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.Fault(porttest.Fault{Kind: porttest.Delayed, Route: "token", Delay: 3 * time.Second})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var all sync.WaitGroup
		all.Go(func() { w.readRun(t) })
		synctest.Wait()
		start := time.Now()
		_, err := w.client.Run(ctx, openRun)
		wantError(t, err, port.KindUnavailable)
		if took := time.Since(start); took != time.Second {
			t.Errorf("gave up after %s", took)
		}
		all.Wait()
		if n := w.tries("token"); n != 1 {
			t.Errorf("%d requests for a token, want 1", n)
		}
	})
}

// A token that does not say how long it lives is used for a minute.
func TestATokenWithoutALifetime(t *testing.T) {
	for said, used := range map[string]time.Duration{
		``: time.Minute, `,"expiresIn":null`: time.Minute, `,"expiresIn":0`: time.Minute, `,"expiresIn":-5`: time.Minute,
		`,"expiresIn":"10800"`: time.Minute, `,"expiresIn":{}`: time.Minute, `,"expiresIn":1e999`: time.Minute,
		`,"expiresIn":0.001`: time.Second, `,"expiresIn":100`: 90 * time.Second,
	} {
		t.Run(said, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				n := 0
				w.front = func(r *http.Request) *http.Response {
					if !isToken(r) {
						return answer(200, `{"ok":true,"organization":{"id":"org_x"}}`)
					}
					n++
					return answer(200, `{"accessToken":"t","tokenType":"Bearer"`+said+`}`)
				}
				for want := 1; want <= 2; want++ {
					for range 10 {
						if _, err := w.client.OrganizationID(t.Context()); err != nil {
							t.Fatal(err)
						}
						pass(used / 10)
					}
					if n != want {
						t.Errorf("%d requests for a token, want %d", n, want)
					}
				}
			})
		})
	}
}

func TestAnAnswerWithoutAToken(t *testing.T) {
	for _, body := range []string{`{"ok":true}`, `{"accessToken":5}`, `<html>`, `{"ok":false,"accessToken":"t","expiresIn":60}`} {
		inBubble(t, func(t *testing.T, w *world) {
			w.front = func(*http.Request) *http.Response { return answer(200, body) }
			_, err := w.client.OrganizationID(t.Context())
			if e := asError(t, err, port.KindUnavailable); !strings.Contains(e.Op, "token") {
				t.Errorf("%s: %v", body, e)
			}
		})
	}
}
