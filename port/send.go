package port

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"
)

// What is read of an answer at most.
const (
	maxBody     = 4 << 20
	maxLongBody = 32 << 20 // a thousand runs
)

// tooLong is the cause of an answer that was not read to its end: so many bytes
// are read at most.
type tooLong int

func (limit tooLong) Error() string { return fmt.Sprintf("longer than %d MiB", int(limit)>>20) }

var errUndescribed = errors.New("the answer is not what Port's API describes")

// send makes one request and decodes its answer. token is "" where none is
// needed.
func (c *Client) send(ctx context.Context, k call, body []byte, token string) *Error {
	start := time.Now()
	resp, content, err := c.exchange(ctx, k, body, token) //nolint:bodyclose // exchange has read and closed it
	took := time.Since(start)

	private := redactor{token, c.secret}
	e := &Error{Op: k.op, Kind: KindUnavailable}
	if resp != nil {
		e.Status = resp.StatusCode
		e.TraceID = oneLine(private.redact(resp.Header.Get("X-Trace-Id")), 100)
	}
	c.metrics.observe(k.route, e.Status, took)
	c.log.LogAttrs(ctx, slog.LevelDebug, "request to Port", slog.String("op", k.op),
		slog.Int("status", e.Status), slog.String("trace_id", e.TraceID), slog.Duration("took", took))

	switch {
	case resp == nil:
		e.Err = cause(ctx, err)
		return e
	case e.Status >= 300:
		readRefusal(e, resp.Header, content, private)
		if k.route == routeToken {
			asTokenRefusal(e)
		}
		if long, ok := errors.AsType[tooLong](err); ok {
			e.Err = long
		}
		return e
	case err != nil:
		e.Err = fmt.Errorf("read the answer: %w", cause(ctx, err))
		return e
	case !readSuccess(e, content, k.into, private):
		return e
	}
	return nil
}

// exchange returns the answer and its content. Both the answer and an error are
// returned when the connection broke inside the content.
func (c *Client) exchange(ctx context.Context, k call, body []byte, token string) (*http.Response, []byte, error) {
	var r io.Reader
	if body != nil {
		r = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, k.method, c.url(k), r)
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.userAgent)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	limit := maxBody
	if k.long {
		limit = maxLongBody
	}
	content, err := io.ReadAll(io.LimitReader(resp.Body, int64(limit)+1))
	if len(content) > limit {
		err = tooLong(limit)
	}
	return resp, content, err
}

// readSuccess decodes a 2xx. Where it returns false, e says why: something
// between us and Port has answered, or Port says that all is not well.
func readSuccess(e *Error, content []byte, into any, private redactor) bool {
	var said struct {
		OK *bool `json:"ok"`
	}
	if !isObject(content) || json.Unmarshal(content, &said) != nil {
		e.Err = errUndescribed
		return false
	}
	if said.OK != nil && !*said.OK {
		readReason(e, content, private)
		e.Err = errors.New(`the answer says "ok": false`)
		return false
	}
	if into == nil {
		return true
	}
	_ = json.Unmarshal(content, into) // the callers look for what they need
	return true
}

// cause is why there was no answer: the caller gave up, it took too long, or the
// error of the network, without the URL that net/http puts before it: the query
// may hold an e-mail address.
func cause(ctx context.Context, err error) error {
	var late tooLate
	if errors.As(context.Cause(ctx), &late) {
		return late
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for ue := (*url.Error)(nil); errors.As(err, &ue); {
		err = ue.Err
	}
	return err
}
