package port_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"port-iam/port"
	"port-iam/port/porttest"
)

// What Port asks to wait is waited for if the call has the time, and otherwise
// handed on. The clock of a bubble starts at a full second.
func TestPortSaysWhenToComeBack(t *testing.T) {
	in := func(d time.Duration) string { return strconv.FormatInt(time.Now().Add(d).Unix(), 10) }
	date := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for _, c := range []struct {
		name         string
		status       int
		retry, reset func() string
		waits        time.Duration // and then succeeds
		hands        time.Duration // on to the caller, at once
	}{
		{name: "short delay", status: 429, reset: is("3"), waits: 3 * time.Second},
		{name: "short time", status: 429, reset: func() string { return in(4 * time.Second) }, waits: 4 * time.Second},
		{name: "header of HTTP", status: 429, retry: is("2"), waits: 2 * time.Second},
		{name: "fraction", status: 429, retry: is("1.5"), waits: 1500 * time.Millisecond},
		{name: "header of HTTP goes first", status: 429, retry: is("2"), reset: is("60"), waits: 2 * time.Second},
		{name: "header of HTTP cannot be used", status: 429, retry: is("soon"), reset: is("3"), waits: 3 * time.Second},
		{name: "date", status: 429, retry: func() string { return date(2 * time.Second) }, waits: 2 * time.Second},
		{name: "away for a while", status: 503, retry: is("2"), waits: 2 * time.Second},
		{name: "long delay", status: 429, reset: is("60"), hands: time.Minute},
		{name: "long time", status: 429, reset: func() string { return in(5 * time.Minute) }, hands: 5 * time.Minute},
		{name: "longer than a call", status: 429, reset: is("9"), hands: 9 * time.Second},
		{name: "away for long", status: 503, retry: is("60"), hands: time.Minute},
		{name: "date far off", status: 503, retry: func() string { return date(48 * time.Hour) }, hands: 10 * time.Minute},
		{name: "milliseconds", status: 429, reset: func() string { return in(0) + "000" }, hands: 10 * time.Minute},
		{name: "endless", status: 429, retry: is("Inf"), hands: 10 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.Fault(porttest.Fault{Route: "run_get", Status: c.status, RetryAfter: text(c.retry), RateLimitReset: text(c.reset)})
				start := time.Now()
				_, err := w.client.Run(t.Context(), openRun)
				took := time.Since(start)
				if c.hands == 0 {
					if err != nil || took != c.waits {
						t.Errorf("waited %s, want %s: %v", took, c.waits, err)
					}
					return
				}
				if e := asError(t, err, port.KindUnavailable); e.RetryAfter != c.hands || took != 0 {
					t.Errorf("RetryAfter is %s after %s, want %s at once", e.RetryAfter, took, c.hands)
				}
			})
		})
	}
}

// Port names the reset with every answer; it means nothing without 429.
func TestOtherAnswersSayNothing(t *testing.T) {
	for _, c := range []struct {
		status       int
		retry, reset string
	}{
		{503, "", "60"},
		{500, "", "60"},
		{422, "", "60"},
		{429, "soon", "later"},
		{429, "-5", "-5"},
		{429, "NaN", ""},
		{429, "", "946684000"},
		{429, "Fri, 31 Dec 1999 23:59:59 GMT", "60"},
	} {
		t.Run(strconv.Itoa(c.status)+c.retry+c.reset, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.Fault(porttest.Fault{Route: "run_get", Status: c.status, RetryAfter: c.retry, RateLimitReset: c.reset, Count: -1})
				_, err := w.client.Run(t.Context(), openRun)
				var kind port.Kind
				if c.status == 422 {
					kind = port.KindRefused
				}
				if e := asError(t, err, kind); e.RetryAfter != 0 {
					t.Errorf("RetryAfter is %s", e.RetryAfter)
				}
			})
		})
	}
}

func is(s string) func() string { return func() string { return s } }

func text(f func() string) string {
	if f == nil {
		return ""
	}
	return f()
}
