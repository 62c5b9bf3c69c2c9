package port

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cenkalti/backoff/v5"
)

const (
	maxTries    = 4
	callTimeout = 10 * time.Second // of one call: its tries, its waits and its token
	lastTry     = 8 * time.Second  // no try begins later than this after the first
	tryTimeout  = 5 * time.Second  // of a try that another one may follow
)

// tooLate is the cause of this package's own timeouts.
type tooLate time.Duration

func (d tooLate) Error() string { return "no answer within " + time.Duration(d).String() }

// call is one use of one route.
type call struct {
	op     string   // what it does, for errors and the log
	route  string   // label of the metrics
	method string   // "" is GET
	path   []string // segments, not escaped
	query  url.Values
	body   any // sent as JSON; nil for none
	into   any // where a 2xx is decoded; nil when nothing in it is wanted
	// long is true where the answer may be long and takes its time.
	long bool
	// once is true where a second request may do harm after a first one whose
	// outcome is unknown.
	once bool
	// single is true for what is not worth a second request.
	single bool
}

// do performs the call with its quick retries.
func (c *Client) do(ctx context.Context, k call) error {
	k.op = oneLine(k.op, maxOp)
	for _, s := range k.path {
		if !possibleName(s) {
			return &Error{Op: k.op, Kind: KindNotFound, Message: "nothing in Port can have this name"}
		}
	}
	var body []byte
	if k.body != nil {
		b, err := json.Marshal(k.body)
		if err != nil {
			return &Error{Op: k.op, Kind: KindRefused, Err: fmt.Errorf("encode the request: %w", err)}
		}
		body = b
	}
	bounded, cancel := context.WithTimeoutCause(ctx, callTimeout, tooLate(callTimeout))
	defer cancel()
	t := try{client: c, call: k, body: body}
	wait := backoff.NewExponentialBackOff()
	wait.MaxInterval = 4 * time.Second

	var last *Error
	_, err := backoff.Retry(bounded, func() (struct{}, error) {
		last = t.run(bounded)
		if k.single && last != nil {
			return struct{}{}, backoff.Permanent(last)
		}
		return struct{}{}, retry(last, t.unsent || !k.once)
	}, backoff.WithBackOff(wait), backoff.WithMaxTries(maxTries), backoff.WithMaxElapsedTime(lastTry))
	if err == nil {
		return nil
	}
	if cerr := ctx.Err(); cerr != nil && last.Kind == KindUnavailable {
		last.Err = cerr
	}
	return last
}

// retry wraps a failure in what tells backoff whether and when to try again.
func retry(e *Error, harmless bool) error {
	if e == nil {
		return nil
	}
	_, long := errors.AsType[tooLong](e.Err)
	switch {
	case long: // and the next one would be as long
		return backoff.Permanent(e)
	case e.Kind != KindUnavailable, e.Status != http.StatusTooManyRequests && !harmless:
		return backoff.Permanent(e)
	case e.RetryAfter > 0:
		return errors.Join(e, &backoff.RetryAfterError{Duration: e.RetryAfter})
	}
	return e
}

// try is what the tries of one call share.
type try struct {
	client   *Client
	call     call
	body     []byte
	rejected string // a token that Port no longer takes; "" for none
	unsent   bool   // the last try failed before its request was sent
}

// run makes one try: a token, the request, and once more both if the token has
// been rejected, which happens when it was revoked or its lifetime misjudged.
func (t *try) run(ctx context.Context) *Error {
	if !t.call.once && !t.call.long {
		short, cancel := context.WithTimeoutCause(ctx, tryTimeout, tooLate(tryTimeout))
		defer cancel()
		ctx = short
	}
	for {
		t.unsent = true
		token, e := t.client.token(ctx, t.rejected)
		if e != nil {
			e.Op = t.call.op + ": " + e.Op
			return e
		}
		t.unsent = false
		e = t.client.send(ctx, t.call, t.body, token)
		if e == nil || e.Status != http.StatusUnauthorized || t.rejected != "" {
			return e
		}
		t.rejected = token
	}
}

// url puts the address together as text, so that an escaped slash stays escaped.
func (c *Client) url(k call) string {
	var b strings.Builder
	b.WriteString(c.base)
	b.WriteString("/v1")
	for _, s := range k.path {
		b.WriteString("/")
		b.WriteString(url.PathEscape(s))
	}
	if len(k.query) > 0 {
		b.WriteString("?")
		b.WriteString(k.query.Encode())
	}
	return b.String()
}

// possibleName is false for what would make the path lead elsewhere: a delete
// of the entity ".." would be a delete of its blueprint.
func possibleName(s string) bool {
	return s != "" && s != "." && s != ".." && utf8.RuneCountInString(s) <= 1000
}
