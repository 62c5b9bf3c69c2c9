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

// maxBody bounds what is read of an answer.
const maxBody = 4 << 20

// send makes one request and decodes its answer. ctx bounds this try; caller is
// the context of whoever wants the call, to tell whose patience ended. token is
// "" where none is needed.
func (c *Client) send(caller, ctx context.Context, k call, body []byte, token string) *Error {
	start := time.Now()
	resp, content, err := c.exchange(ctx, k, body, token)
	took := time.Since(start)

	e := &Error{Op: k.op, Kind: KindUnavailable}
	if resp != nil {
		e.Status = resp.StatusCode
		e.TraceID = shorten(resp.Header.Get("X-Trace-Id"), 100)
	}
	c.metrics.observe(k.route, e.Status, took)
	c.log.LogAttrs(ctx, slog.LevelDebug, "request to Port", slog.String("op", k.op),
		slog.Int("status", e.Status), slog.String("trace_id", e.TraceID), slog.Duration("took", took))

	switch {
	case resp == nil:
		e.Err = cause(caller, ctx, err)
		return e
	case e.Status >= 300:
		readRefusal(e, resp.Header, content, token)
		if k.route == routeToken {
			asTokenRefusal(e)
		} else if countsAsAnswer(e.Status) {
			c.answered()
		}
		return e
	case k.into != nil && err != nil:
		e.Err = fmt.Errorf("read the answer: %w", cause(caller, ctx, err))
		return e
	case k.into != nil:
		if err := json.Unmarshal(content, k.into); err != nil {
			e.Err = errors.New("the answer is not what Port's API describes")
			return e
		}
	}
	if k.route != routeToken {
		c.answered()
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
	defer resp.Body.Close()
	content, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if len(content) > maxBody {
		err = fmt.Errorf("longer than %d MiB", maxBody>>20)
	}
	return resp, content, err
}

// cause is why there was no answer: the caller gave up, this try took too long,
// or what the network said, without the URL that net/http puts before it.
func cause(caller, ctx context.Context, err error) error {
	if cerr := caller.Err(); cerr != nil {
		return cerr
	}
	if ctx.Err() != nil {
		return fmt.Errorf("no answer within %s", tryTimeout)
	}
	var ue *url.Error
	if errors.As(err, &ue) {
		return ue.Err
	}
	return err
}
