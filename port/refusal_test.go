package port_test

import (
	"net/http"
	"testing"

	"port-iam/port"
	"port-iam/port/porttest"
)

// Every status has one kind, whatever the method, and only what is unavailable
// is tried again.
func TestKindsOfRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		code   string
		kind   port.Kind
		tries  int // where a repeated request does no harm
		once   int // where it may
	}{
		{"wrong token", 401, "", port.KindUnauthorized, 2, 2},
		{"no permission", 403, "", port.KindUnauthorized, 1, 1},
		{"dependents", 403, "has_dependents", port.KindRefused, 1, 1},
		{"required relation", 403, "required_relation", port.KindRefused, 1, 1},
		{"not found", 404, "", port.KindNotFound, 1, 1},
		{"bad request", 400, "run_exhausted", port.KindRefused, 1, 1},
		{"conflict", 409, "identifier_taken", port.KindRefused, 1, 1},
		{"too large", 413, "", port.KindRefused, 1, 1},
		{"invalid", 422, "", port.KindRefused, 1, 1},
		{"time-out", 408, "", port.KindUnavailable, 4, 1},
		{"rate limit", 429, "", port.KindUnavailable, 4, 4},
		{"internal", 500, "", port.KindUnavailable, 4, 1},
		{"bad gateway", 502, "", port.KindUnavailable, 4, 1},
		{"away", 503, "", port.KindUnavailable, 4, 1},
		{"gateway time-out", 504, "", port.KindUnavailable, 4, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachMethod(t, func(t *testing.T, w *world, m method) {
				w.Fault(porttest.Fault{Route: m.route, Status: c.status, Code: c.code, Count: -1})
				e := asError(t, m.call(t.Context(), w.client), c.kind)
				if e.Status != c.status || e.Message == "" || e.TraceID == "" || e.Code == "" || c.code != "" && e.Code != c.code {
					t.Errorf("error lacks what came back: %+v", e)
				}
				want := c.tries
				if m.once {
					want = c.once
				}
				if n := w.tries(m.route); n != want {
					t.Errorf("%d requests, want %d", n, want)
				}
			})
		})
	}
}

func TestAPassingFaultIsRidden(t *testing.T) {
	eachMethod(t, func(t *testing.T, w *world, m method) {
		if m.once {
			t.Skip("is not repeated")
		}
		w.Fault(porttest.Fault{Route: m.route, Status: 503, Count: 3})
		if err := m.call(t.Context(), w.client); err != nil {
			t.Error(err)
		}
	})
}

// What Port, or something before it, says about a refusal.
func TestReasonsAreRead(t *testing.T) {
	for name, c := range map[string]struct{ body, code, message string }{
		"as documented":      {`{"ok":false,"error":"not_there","message":"no such thing"}`, "not_there", "no such thing"},
		"without a message":  {`{"ok":false,"error":"not_there"}`, "not_there", ""},
		"code in an object":  {`{"ok":false,"error":{"code":"deep","message":"inner"}}`, "deep", "inner"},
		"outer message":      {`{"ok":false,"error":{"code":"deep","message":"inner"},"message":"outer"}`, "deep", "outer"},
		"code is a sentence": {`{"ok":false,"error":"Something went wrong"}`, "", ""},
		"wrong types":        {`{"ok":false,"error":5,"message":[]}`, "", ""},
		"a web page":         {`<html>no such thing</html>`, "", ""},
		"nothing":            {``, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.answerAll(http.StatusNotFound, c.body)
				_, err := w.client.Run(t.Context(), openRun)
				if e := asError(t, err, port.KindNotFound); e.Code != c.code || e.Message != c.message {
					t.Errorf("code %q message %q, want %q %q", e.Code, e.Message, c.code, c.message)
				}
			})
		})
	}
}

func TestErrorsSayWhatWasAttempted(t *testing.T) {
	e := &port.Error{
		Op: "read run r_1", Status: 422, Code: "invalid_request", Message: "no", TraceID: "t-1",
		Err: http.ErrHandlerTimeout,
	}
	want := "read run r_1: HTTP 422 invalid_request: no: http: Handler timeout (trace t-1)"
	if got := e.Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := (&port.Error{Op: "list runs"}).Error(); got != "list runs" {
		t.Errorf("got %s", got)
	}
	if port.IsKind(http.ErrHandlerTimeout, port.KindUnavailable) {
		t.Error("a foreign error has a kind")
	}
}
