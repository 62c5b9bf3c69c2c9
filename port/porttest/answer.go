package porttest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// object is a JSON object.
type object = map[string]any

// answer is what a call that was carried out is answered with. The body is made
// without the lock, from values that do not change any more.
type answer struct {
	status int
	body   func() object
}

func ok(status int, body object) answer {
	return answer{status, func() object { return body }}
}

// apiError is a refusal.
type apiError struct {
	status                     int
	code, message              string
	retryAfter, rateLimitReset string // headers; empty for none
}

// Error is part of error.
func (e *apiError) Error() string { return e.code + ": " + e.message }

func refuse(status int, code, format string, args ...any) error {
	return &apiError{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

// invalid is the refusal of what does not fit the schema of a route.
func invalid(format string, args ...any) error {
	return refuse(http.StatusUnprocessableEntity, "invalid_request", format, args...)
}

func notFound(kind, id string) error {
	return refuse(http.StatusNotFound, "not_found", "%s with identifier %q was not found", kind, id)
}

// statusOf returns the status and error code of an outcome.
func statusOf(a answer, err error) (int, string) {
	var e *apiError
	switch {
	case err == nil:
		return a.status, ""
	case errors.As(err, &e):
		return e.status, e.code
	}
	return http.StatusInternalServerError, "internal_error"
}

// respond writes the answer or the refusal.
func respond(w http.ResponseWriter, call int, a answer, err error) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("X-Trace-Id", fmt.Sprintf("trace-%d", call))
	status, code := statusOf(a, err)
	var body object
	if err != nil {
		body = object{"ok": false, "error": code, "message": err.Error()}
		var e *apiError
		if errors.As(err, &e) {
			body["message"] = e.message
			for name, v := range map[string]string{"Retry-After": e.retryAfter, "X-Ratelimit-Reset": e.rateLimitReset} {
				if v != "" {
					h.Set(name, v)
				}
			}
		}
	} else {
		body = a.body()
		body["ok"] = true
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		status = http.StatusInternalServerError
		b.Reset()
		_, _ = b.WriteString(`{"ok":false,"error":"internal_error"}`)
	}
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the client has gone if this fails
}
