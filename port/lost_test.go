package port_test

import (
	"net/http"
	"testing"

	"port-iam/port"
	"port-iam/port/porttest"
)

// A connection that breaks before Port has done anything.
func TestALostRequestIsRepeatedWhereThatIsHarmless(t *testing.T) {
	eachMethod(t, func(t *testing.T, w *world, m method) {
		w.Fault(porttest.Fault{Kind: porttest.LostRequest, Route: m.route})
		err := m.call(t.Context(), w.client)
		if !m.once {
			if n := w.tries(m.route); err != nil || n != 2 {
				t.Errorf("%d requests, want 2: %v", n, err)
			}
			return
		}
		if e := asError(t, err, port.KindUnavailable); e.Status != 0 || e.Err == nil {
			t.Errorf("error of a lost request: %+v", e)
		}
		if n := w.tries(m.route); n != 1 {
			t.Errorf("%d requests, want 1", n)
		}
	})
}

// Port has done it and the answer is lost: what a second request then finds.
func TestALostAnswer(t *testing.T) {
	want := map[string]port.Kind{
		"SetStatus":    port.KindRefused,
		"CreateEntity": port.KindRefused,
		"DeleteEntity": port.KindNotFound,
		"EndRun":       port.KindUnavailable,
	}
	eachMethod(t, func(t *testing.T, w *world, m method) {
		w.Fault(porttest.Fault{Kind: porttest.LostAnswer, Route: m.route})
		err := m.call(t.Context(), w.client)
		if kind, fails := want[m.name]; fails {
			wantError(t, err, kind)
		} else if err != nil {
			t.Error(err)
		}
		if state, _ := w.Run(openRun); state.Ends > 1 || len(state.Logs) > 1 {
			t.Errorf("run ended %d times with %d logs", state.Ends, len(state.Logs))
		}
	})
}

// net/http repeats some requests by itself when a connection that is in use
// already breaks; the end of a run must not be among them.
func TestTheEndOfARunIsSentOnce(t *testing.T) {
	for name, kind := range map[string]porttest.FaultKind{"request": porttest.LostRequest, "answer": porttest.LostAnswer} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.transport.DisableKeepAlives = false
				if _, err := w.client.OrganizationID(t.Context()); err != nil {
					t.Fatal(err)
				}
				w.Fault(porttest.Fault{Kind: kind, Route: "run_log", Count: -1})
				wantError(t, w.client.EndRun(t.Context(), openRun, port.RunEnd{Status: port.StatusSuccess, Message: "done"}), port.KindUnavailable)
				if n := w.tries("run_log"); n != 1 {
					t.Errorf("%d requests, want 1", n)
				}
			})
		})
	}
}

func TestPortOutOfReach(t *testing.T) {
	eachMethod(t, func(t *testing.T, w *world, m method) {
		w.transport.DialContext = porttest.NewListener().Dial // no server accepts
		e := asError(t, m.call(t.Context(), w.client), port.KindUnavailable)
		if e.Status != 0 {
			t.Errorf("status %d without an answer", e.Status)
		}
		if n := w.tries(""); n != 0 {
			t.Errorf("%d requests reached Port", n)
		}
	})
}

// A redirect is no answer: following it would turn a write into a read, and send
// the token to the server that is named.
func TestRedirectsAreNotFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			eachMethod(t, func(t *testing.T, w *world, m method) {
				n := 0
				w.front = func(r *http.Request) *http.Response {
					if r.URL.Host != "port.example" {
						t.Errorf("%s was sent to %s", r.Method, r.URL.Host)
					}
					if isToken(r) {
						return nil
					}
					n++
					resp := answer(status, "")
					resp.Header.Set("Location", "http://elsewhere.example/")
					return resp
				}
				e := asError(t, m.call(t.Context(), w.client), port.KindUnavailable)
				if e.Status != status || e.Message != "redirected; check the base URL of Port's API" {
					t.Errorf("error of a redirect: %+v", e)
				}
				if m.once && n != 1 {
					t.Errorf("%d requests, want 1", n)
				}
			})
		})
	}
}
