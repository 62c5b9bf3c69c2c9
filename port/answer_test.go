package port_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"port-iam/port"
)

// Only what Port's API describes counts as done; all else may come from
// something between us and Port.
func TestASuccessThatIsNone(t *testing.T) {
	for name, body := range map[string]string{
		"nothing":      "",
		"a web page":   "<html>welcome</html>",
		"null":         "null",
		"a list":       "[]",
		"a text":       `"ok"`,
		"half of it":   `{"ok":true,`,
		"more than it": `{"ok":true}{"ok":true}`,
		"not ok":       `{"ok":false,"error":"internal_error","message":"half done"}`,
		"ok is a text": `{"ok":"true"}`,
	} {
		t.Run(name, func(t *testing.T) {
			eachMethod(t, func(t *testing.T, w *world, m method) {
				n := w.answerAll(http.StatusOK, body)
				e := asError(t, m.call(t.Context(), w.client), port.KindUnavailable)
				if e.Status != 200 || e.Err == nil {
					t.Errorf("error: %+v", e)
				}
				if name == "not ok" && (e.Code != "internal_error" || e.Message != "half done") {
					t.Errorf("the reason is lost: %+v", e)
				}
				if m.once && *n != 1 {
					t.Errorf("%d requests, want 1", *n)
				}
			})
		})
	}
}

// Answers that lack, or have instead, what was asked for.
func TestAnswersWithoutTheirContent(t *testing.T) {
	for _, c := range []struct {
		method, body string
		kind         port.Kind
	}{
		{"OrganizationID", `{"ok":true}`, port.KindUnavailable},
		{"OrganizationID", `{"ok":true,"organization":{"id":5}}`, port.KindUnavailable},
		{"KafkaCredentials", `{"ok":true,"credentials":{"username":"u"}}`, port.KindUnavailable},
		{"KafkaCredentials", `{"ok":true,"credentials":{"password":"p"}}`, port.KindUnavailable},
		{"Run", `{"ok":true}`, port.KindUnavailable},
		{"Run", `{"ok":true,"run":{"id":"r_open"}}`, port.KindUnavailable},
		{"Run", `{"ok":true,"run":{"id":"r_open","status":5}}`, port.KindUnavailable},
		{"Run", `{"ok":true,"run":[]}`, port.KindUnavailable},
		{"Run", `{"ok":true,"run":{"id":"r_other","status":"SUCCESS"}}`, port.KindNotFound},
		{"Runs", `{"ok":true}`, port.KindUnavailable},
		{"Runs", `{"ok":true,"runs":null}`, port.KindUnavailable},
		{"Runs", `{"ok":true,"runs":{}}`, port.KindUnavailable},
		{"Entity", `{"ok":true}`, port.KindUnavailable},
		{"Entity", `{"ok":true,"entity":{"identifier":"another"}}`, port.KindUnavailable},
		{"Entity", `{"ok":true,"entity":"` + bucket + `"}`, port.KindUnavailable},
		{"Entities", `{"ok":true,"entities":{}}`, port.KindUnavailable},
		{"KafkaCredentials", `{"ok":true,"credentials":null}`, port.KindUnavailable},
		{"KafkaCredentials", `{"ok":true,"credentials":{"username":5,"password":"p"}}`, port.KindUnavailable},
		{"OrganizationID", `{"ok":true,"organization":[]}`, port.KindUnavailable},
	} {
		t.Run(c.method+c.body, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.answerAll(http.StatusOK, c.body)
				wantError(t, w.call(t, c.method), c.kind)
			})
		})
	}
}

// What a broken answer held must not show in the next one.
func TestAnswersDoNotMix(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		bodies := []string{
			`{"ok":true,"run":{"id":"r_open","status":5,"entity":"wrong","endedAt":"2024-01-01T00:00:00Z"}}`,
			`{"ok":true,"run":{"id":"r_open","status":"IN_PROGRESS"}}`,
		}
		w.front = func(r *http.Request) *http.Response {
			if isToken(r) {
				return nil
			}
			body := bodies[0]
			bodies = bodies[1:]
			return answer(200, body)
		}
		_, err := w.client.Run(t.Context(), openRun)
		wantError(t, err, port.KindUnavailable)
		run, err := w.client.Run(t.Context(), openRun)
		if err != nil || run.Entity != "" || !run.EndedAt.IsZero() {
			t.Errorf("run %+v, %v", run, err)
		}
	})
}

// Port also finds a run by the id that its backend gave it. That is another run
// than the one asked for.
func TestAForeignNameOfARun(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		const body = `{"externalRunId":"build-7"}`
		w.front = func(r *http.Request) *http.Response {
			if r.Method == http.MethodPatch {
				r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
			}
			return nil
		}
		if err := w.client.SetStatus(t.Context(), openRun, ""); err != nil {
			t.Fatal(err)
		}
		_, err := w.client.Run(t.Context(), "build-7")
		wantError(t, err, port.KindNotFound)
		w.readRun(t)
	})
}

// The connection breaks inside the answer: it is lost, whatever its status was.
func TestATornAnswer(t *testing.T) {
	eachMethod(t, func(t *testing.T, w *world, m method) {
		n := 0
		w.front = func(r *http.Request) *http.Response {
			if isToken(r) {
				return nil
			}
			n++
			resp := answer(201, "")
			resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"ok":true`), tornReader{}))
			return resp
		}
		e := asError(t, m.call(t.Context(), w.client), port.KindUnavailable)
		if !strings.Contains(e.Error(), "read the answer: unexpected EOF") {
			t.Error(e)
		}
		if m.once && n != 1 {
			t.Errorf("%d requests, want 1", n)
		}
	})
}

type tornReader struct{}

func (tornReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestTheSizeOfAnAnswerIsBounded(t *testing.T) {
	const mib = 1 << 20
	run := func(size int) string {
		return `{"ok":true,"runs":[{"id":"r_1","status":"SUCCESS","properties":{"x":"` + strings.Repeat("x", size) + `"}}]}`
	}
	for name, c := range map[string]struct {
		method, body, err string
		status            int
	}{
		"a long entity":       {"Entity", `{"ok":true,"entity":{"identifier":"` + bucket + `","title":"` + strings.Repeat("x", 3*mib) + `"}}`, "", 200},
		"too long an entity":  {"Entity", `{"ok":true,"entity":{"title":"` + strings.Repeat("x", 4*mib) + `"}}`, "longer than 4 MiB", 200},
		"a long list of runs": {"Runs", run(31 * mib), "", 200},
		"too long a list":     {"Runs", run(32 * mib), "longer than 32 MiB", 200},
		"a long refusal":      {"Run", run(4 * mib), "longer than 4 MiB", 500},
		"a long end":          {"EndRun", run(4 * mib), "longer than 4 MiB", 201},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				n := w.answerAll(c.status, c.body)
				err := w.call(t, c.method)
				if *n != 1 {
					t.Errorf("%d requests, want 1", *n)
				}
				if c.err == "" {
					if err != nil {
						t.Error(err)
					}
					return
				}
				if e := asError(t, err, port.KindUnavailable); !strings.Contains(e.Error(), c.err) {
					t.Error(e)
				}
			})
		})
	}
}
