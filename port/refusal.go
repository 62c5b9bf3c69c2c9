package port

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// readRefusal completes e from an answer that is not a 2xx.
func readRefusal(e *Error, h http.Header, content []byte, private redactor) {
	readReason(e, content, private)
	if e.Status < 400 {
		e.Message = "redirected; check the base URL of Port's API"
	}
	e.Kind = kindOf(e.Status, e.Code)
	e.RetryAfter = retryAfter(e.Status, h, time.Now())
}

// readReason takes the error code and the message from an answer.
func readReason(e *Error, content []byte, private redactor) {
	var body struct {
		Error   json.RawMessage `json:"error"`
		Message json.RawMessage `json:"message"`
	}
	// What is not JSON comes from something between us and Port; its status
	// has to do.
	_ = json.Unmarshal(content, &body)
	var nested struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	if json.Unmarshal(body.Error, &e.Code) != nil {
		_ = json.Unmarshal(body.Error, &nested)
		e.Code = nested.Code
	}
	if !codeForm.MatchString(e.Code) || private.redact(e.Code) != e.Code {
		e.Code = ""
	}
	if json.Unmarshal(body.Message, &e.Message) != nil {
		e.Message = nested.Message
	}
	e.Message = shorten(private.redact(e.Message), 500)
}

var codeForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

func kindOf(status int, code string) Kind {
	switch {
	case status == http.StatusUnauthorized:
		return KindUnauthorized
	case status == http.StatusForbidden && (code == "has_dependents" || code == "required_relation"):
		// Port uses 403 for these two although they are about the entity.
		return KindRefused
	case status == http.StatusForbidden:
		return KindUnauthorized
	case status == http.StatusNotFound:
		return KindNotFound
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests:
		return KindUnavailable
	case status >= 400 && status < 500:
		return KindRefused
	}
	return KindUnavailable
}

// retryAfter is how long the answer asks to wait; 0 when it does not say.
// Port reports its rate limit with every answer, but only after 429 does the
// reset say when to come back.
func retryAfter(status int, h http.Header, now time.Time) time.Duration {
	if v := h.Get("Retry-After"); v != "" {
		if d := seconds(v); d > 0 {
			return d
		}
		if at, err := http.ParseTime(v); err == nil {
			return believed(at.Sub(now))
		}
	}
	if status != http.StatusTooManyRequests {
		return 0
	}
	v := h.Get("X-Ratelimit-Reset")
	// A large number is a time in seconds since 1970, a small one a delay.
	if n, err := strconv.ParseInt(v, 10, 64); err == nil && n > 10_000 {
		return believed(time.Unix(n, 0).Sub(now))
	}
	return seconds(v)
}

// maxWait is the longest wait that Port is believed to want: its limits are per
// five minutes, so what asks for more is a time misread or a clock gone wrong.
const maxWait = 10 * time.Minute

func believed(d time.Duration) time.Duration { return min(maxWait, max(0, d)) }

func seconds(s string) time.Duration {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || !(n > 0) {
		return 0
	}
	return time.Duration(min(n, maxWait.Seconds()) * float64(time.Second))
}

// shorten cuts s after at most n bytes, between characters.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
