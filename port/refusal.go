package port

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
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
	e.Message = oneLine(private.redact(e.Message), 500)
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

// maxWait is the longest wait that Port is believed to want: its limits are per
// five minutes, so what asks for more is a time misread or a clock gone wrong.
const maxWait = 10 * time.Minute

// retryAfter is how long the answer asks to wait; 0 when it does not say.
// Port reports its rate limit with every answer, but only after 429 does the
// reset say when to come back.
func retryAfter(status int, h http.Header, now time.Time) time.Duration {
	wait, ok := untilThen(h.Get("Retry-After"), now)
	if !ok && status == http.StatusTooManyRequests {
		wait, _ = untilThen(h.Get("X-Ratelimit-Reset"), now)
	}
	return wait
}

// untilThen reads a date, a time in seconds since 1970, which is a large number, or
// a delay in seconds. It is false for anything else.
func untilThen(s string, now time.Time) (time.Duration, bool) {
	at, err := http.ParseTime(s)
	if err != nil {
		n, err := strconv.ParseFloat(s, 64)
		if err != nil || !(n > 0) {
			return 0, false
		}
		if n < 1e8 {
			return time.Duration(min(n, maxWait.Seconds()) * float64(time.Second)), true
		}
		at = time.Unix(int64(min(n, 1e15)), 0)
	}
	return min(maxWait, max(0, at.Sub(now))), true
}

// oneLine makes a text from elsewhere safe for a terminal and a log: on one line,
// without what is not printed, cut as by shorten.
func oneLine(s string, n int) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, shorten(s, n))
}

// shorten cuts s after at most n bytes, between characters.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

// redactor holds what must not be repeated from an answer of Port.
type redactor []string

// redact replaces what is private, and every e-mail address: Port may repeat the
// query or the body of a request in its messages.
func (r redactor) redact(s string) string {
	for _, secret := range r {
		if secret != "" {
			s = strings.ReplaceAll(s, secret, "[redacted]")
		}
	}
	return emailForm.ReplaceAllString(s, "[e-mail]")
}

// emailForm is an e-mail address, also as part of a URL. Of a name that quotes
// or slashes interrupt it may leave a part.
var emailForm = regexp.MustCompile(`[^\s"<>()\[\]=&?/:,;]+(?:@|%(?:25)*40)[^\s"<>()\[\]=&?/:,;]+`)
