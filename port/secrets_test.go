package port_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"

	"port-iam/port"
	"port-iam/port/porttest"
)

// private is what must not be in an error, in the log or in a label.
func private() []string {
	return []string{
		secret, "porttest-token-", "kafka-password",
		requester, url.QueryEscape(requester), url.QueryEscape(url.QueryEscape(requester)), "o.malley",
	}
}

func checkNothingPrivate(t *testing.T, where, text string) {
	t.Helper()
	for _, s := range private() {
		if strings.Contains(strings.ToLower(text), strings.ToLower(s)) {
			t.Errorf("%s holds %q:\n%s", where, s, text)
		}
	}
}

// echo is all that the request says, as something that answers might repeat it.
func echo(r *http.Request) string {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	return fmt.Sprintf("%s %s %s %v %s", r.Method, r.URL, url.QueryEscape(r.URL.String()), r.Header, body)
}

// waysToFail are the ways in which a call fails, with as much of the request in the failure as
// there can be.
func waysToFail() map[string]func(*world, method) {
	repeat := func(status int) func(*world, method) {
		return func(w *world, _ method) {
			w.front = func(r *http.Request) *http.Response {
				if isToken(r) && status != 401 {
					return nil
				}
				said := echo(r)
				resp := answer(status, fmt.Sprintf(`{"ok":false,"error":%q,"message":%q}`, secret, said))
				resp.Header.Set("X-Trace-Id", said)
				resp.Header.Set("Location", "http://elsewhere.example/?"+r.URL.RawQuery)
				return resp
			}
		}
	}
	ways := map[string]func(*world, method){
		"not JSON": func(w *world, _ method) {
			w.front = func(r *http.Request) *http.Response {
				if isToken(r) {
					return nil
				}
				return answer(200, echo(r))
			}
		},
		"connection broken": func(w *world, m method) {
			w.Fault(porttest.Fault{Kind: porttest.LostRequest, Route: m.route, Count: -1})
		},
		"answer lost": func(w *world, m method) {
			w.Fault(porttest.Fault{Kind: porttest.LostAnswer, Route: m.route, Count: -1})
		},
		"no answer": func(w *world, m method) {
			w.Fault(porttest.Fault{Kind: porttest.Delayed, Delay: time.Hour, Route: m.route, Count: -1})
		},
		"out of reach":         func(w *world, _ method) { w.transport.DialContext = porttest.NewListener().Dial },
		"credentials rejected": func(w *world, _ method) { w.RejectCredentials(true) },
		"error of a transport": func(w *world, _ method) {
			w.transport.Proxy = func(r *http.Request) (*url.URL, error) {
				if isToken(r) {
					return nil, nil
				}
				return nil, &url.Error{Op: "Proxy", URL: r.URL.String(), Err: &url.Error{Op: "Get", URL: r.URL.String(), Err: errors.New("no proxy")}}
			}
		},
	}
	for _, status := range []int{200, 302, 401, 403, 404, 422, 429, 500} {
		ways[fmt.Sprintf("HTTP %d", status)] = repeat(status)
	}
	return ways
}

func TestSecretsNeverLeak(t *testing.T) {
	for name, fail := range waysToFail() {
		t.Run(name, func(t *testing.T) {
			eachMethod(t, func(t *testing.T, w *world, m method) {
				fail(w, m)
				err := m.call(t.Context(), w.client)
				var e *port.Error
				if !errors.As(err, &e) {
					t.Fatalf("got %v, want a *port.Error", err)
				}
				checkNothingPrivate(t, "error", err.Error())
				checkNothingPrivate(t, "error with its fields", fmt.Sprintf("%+v %v", *e, e.Err))
				if w.log.String() == "" {
					t.Error("nothing was logged")
				}
				checkNothingPrivate(t, "log", w.log.String())
				checkNothingPrivate(t, "metrics", w.metrics(t))
			})
		})
	}
}

// What Port says is kept but for what is private in it.
func TestMessagesAreKept(t *testing.T) {
	for said, want := range map[string]string{
		"properties/requester must not be Alice.B+c@example.com, see docs":   "properties/requester must not be [e-mail], see docs",
		"Route GET:/v1/actions/runs?user_email=a%40b.example&limit=1 is new": "Route GET:/v1/actions/runs?user_email=[e-mail]&limit=1 is new",
		"the secret is " + secret + ".":                                      "the secret is [redacted].",
		"relation aws_resource: arn:aws:s3:::a/b was not found":              "relation aws_resource: arn:aws:s3:::a/b was not found",
		strings.Repeat("é", 400):                                             strings.Repeat("é", 250) + "…",
		"one\ntwo\r\x1b[2Jthree\u202efour\u2028five":                         "one two  [2Jthree four five",
	} {
		inBubble(t, func(t *testing.T, w *world) {
			w.answerAll(422, `{"ok":false,"error":"invalid_request","message":`+quoted(t, said)+`}`)
			if e := asError(t, w.call(t, "Run"), port.KindRefused); e.Message != want {
				t.Errorf("got  %s\nwant %s", e.Message, want)
			}
		})
	}
}

func quoted(t *testing.T, s string) string {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// However long and odd what it is made of, the text of an error is one short line.
func TestErrorsAreOneShortLine(t *testing.T) {
	odd := strings.Repeat("a\n\x1b[2J\u202e\x7f\xff", 400)
	for _, e := range []*port.Error{
		{Op: odd},
		{Op: "op", Message: odd},
		{Op: "op", TraceID: odd},
		{Op: "op", Err: errors.New(odd)},
		{Op: "op", Code: odd},
		{Op: odd, Status: 500, Code: odd, Message: odd, TraceID: odd, Err: errors.New(odd)},
	} {
		checkOneShortLine(t, e.Error())
		checkOneShortLine(t, e.Answer())
	}
	inBubble(t, func(t *testing.T, w *world) {
		w.front = func(r *http.Request) *http.Response {
			if isToken(r) {
				return nil
			}
			resp := answer(404, `{"ok":false,"error":"x","message":`+quoted(t, odd)+`}`)
			resp.Header["X-Trace-Id"] = []string{odd}
			return resp
		}
		_, err := w.client.Run(t.Context(), "r\n\x1b[2J")
		e := asError(t, err, port.KindNotFound)
		for _, s := range []string{e.Error(), e.Op, e.Message, e.TraceID, e.Code} {
			checkOneShortLine(t, s)
		}
	})
}

func checkOneShortLine(t *testing.T, s string) {
	t.Helper()
	if len(s) > 5000 || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Errorf("%d bytes: %.200q", len(s), s)
	}
}

func TestTheKafkaLoginIsNotPrinted(t *testing.T) {
	a := port.KafkaAccess{Brokers: []string{"broker.example:9196"}, Username: "kafka-user", Password: "kafka-password"}
	j, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("access", "access", a, "pointer", &a)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("access", "access", a)
	for _, text := range []string{
		fmt.Sprint(a), fmt.Sprintf("%v %+v %#v %s %q %d", a, a, a, a, a, a), fmt.Sprintf("%+v", &a), fmt.Sprintf("%#v", &a),
		fmt.Sprintf("%+v", struct{ A port.KafkaAccess }{a}), fmt.Sprintf("%v", []port.KafkaAccess{a}), string(j), log.String(),
	} {
		checkNothingPrivate(t, "text", text)
		if strings.Contains(text, "kafka-user") {
			t.Errorf("the user name was printed: %s", text)
		}
		if !strings.Contains(text, "broker.example:9196") {
			t.Errorf("the broker is missing: %s", text)
		}
	}
}
