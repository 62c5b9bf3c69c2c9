package audit_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"port-iam/internal/audit"
)

// lineOf is an event as it is kept.
func lineOf(t *testing.T, e audit.Event) string {
	t.Helper()
	var s sink
	noError(t, audit.To(&s, "stdout", audit.Options{Version: "v1"}).Write(t.Context(), e))
	return s.String()
}

func TestEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := time.Date(2026, 3, 1, 13, 0, 0, 0, time.FixedZone("", 3600))
		got := lineOf(t, audit.Event{
			Event: audit.Granted, RunID: "r_1", Grant: "Permission-r_1", Account: "111122223333",
			RoleARN: "arn:aws:iam::111122223333:role/port-iam/Permission-r_1", RoleID: "AROA1", Requester: "a@example.com", UserID: "u",
			Approver: "b", PortAction: "request_permissions", Actor: "arn:x", Resource: "arn:aws:s3:::a&b", Related: []string{"arn:k"},
			Permissions: []string{"p"}, Actions: []string{"s3:GetObject"}, Start: at, End: at.Add(time.Hour), Reason: "why <not>",
			By: audit.ByRequester, Why: "w",
		})
		want := `{"time":"2000-01-01T00:00:00Z","event":"granted","run_id":"r_1","grant":"Permission-r_1","account":"111122223333",` +
			`"role_arn":"arn:aws:iam::111122223333:role/port-iam/Permission-r_1","role_id":"AROA1","requester":"a@example.com","user_id":"u",` +
			`"approver":"b","port_action":"request_permissions","actor":"arn:x","resource":"arn:aws:s3:::a&b","related":["arn:k"],` +
			`"permissions":["p"],"actions":["s3:GetObject"],"start":"2026-03-01T12:00:00Z","end":"2026-03-01T13:00:00Z","reason":"why <not>",` +
			`"by":"requester","why":"w","version":"v1"}` + "\n"
		if got != want {
			t.Errorf("got  %swant %s", got, want)
		}
		if got, want := lineOf(t, audit.Event{Event: audit.Removed}), `{"time":"2000-01-01T00:00:00Z","event":"removed","version":"v1"}`+"\n"; got != want {
			t.Errorf("got  %swant %s", got, want)
		}
	})
}

// texts sets all texts of an event.
func texts(text string) audit.Event {
	var e audit.Event
	v := reflect.ValueOf(&e).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i).Addr().Interface().(type) {
		case *string:
			*f = text
		case *[]string:
			*f = []string{text, text}
		}
	}
	e.Event = audit.Granted
	return e
}

func TestEscaped(t *testing.T) {
	t.Parallel()
	foreign := "\x00\x07\x1b[2J\r\n\x7f\u0085\u009b\u200b\u200f\u2028\u2029\u202e\u2066\ufeff\U000e0041\ue000 é 漢 \"\\"
	line := lineOf(t, texts(foreign))
	for _, r := range strings.TrimSuffix(line, "\n") {
		if !unicode.IsGraphic(r) {
			t.Errorf("%U is not escaped", r)
		}
	}
	var e audit.Event
	noError(t, json.Unmarshal([]byte(line), &e))
	if e.Reason != foreign || e.Related[1] != foreign {
		t.Errorf("%q became %q", foreign, e.Reason)
	}
	if line := lineOf(t, texts("a\xff\xc3(")); !json.Valid([]byte(line)) || !strings.Contains(line, `a\ufffd\ufffd(`) {
		t.Errorf("what is no UTF-8 became %s", line)
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	line := lineOf(t, texts(strings.Repeat("漢", 100_000)))
	if len(line) > 200_000 || !json.Valid([]byte(line)) {
		t.Errorf("a line of %d bytes", len(line))
	}
	arn := strings.Repeat("a", 2048)
	if line := lineOf(t, audit.Event{Resource: arn}); !strings.Contains(line, arn+`"`) {
		t.Error("the longest ARN was cut")
	}
	many := make([]string, 5000)
	for i := range many {
		many[i] = "s3:GetObject"
	}
	if line := lineOf(t, audit.Event{Actions: many}); !strings.Contains(line, `"… and 4318 more"`) {
		t.Errorf("…%s", line[len(line)-200:])
	}
}
