package sim

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// wire carries the requests of one instance to Port or to AWS and meets them
// with the trouble that the seed has for their number.
type wire struct {
	p    *process
	to   string // "port" or "aws"
	base *http.Transport
	// around reaches the same server without this instance: for what arrives
	// after its sender is dead.
	around *http.Client
}

type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

func (p *process) newWire(to string, dial dialer, around *http.Client) *wire {
	return &wire{p: p, to: to, around: around, base: &http.Transport{
		DialContext: p.tracked(dial), MaxIdleConnsPerHost: 64, DisableCompression: true,
	}}
}

var (
	errDead  = errors.New("this instance is dead")
	errReset = errors.New("connection reset by peer")
)

// lateLimit bounds a request that goes on without its sender.
const lateLimit = 30 * time.Second

// RoundTrip is part of http.RoundTripper.
func (x *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	slept, err := x.p.pass()
	if err != nil {
		return nil, err
	}
	var body []byte
	if r.Body != nil {
		body, err = io.ReadAll(r.Body)
		_ = r.Body.Close()
		if err != nil {
			return nil, err
		}
	}
	what, counts := x.describe(r, body)
	if !counts {
		return x.send(r.Context(), x.base, r, body)
	}
	if x.p.onCall != nil {
		x.p.onCall()
	}
	n, f := x.p.w.number(x.p, what)
	resp, err := x.meet(r, body, f, slept)
	if deny, ok := strings.CutPrefix(what, "aws PutRolePolicy "); ok && (err != nil || resp.StatusCode/100 != 2) {
		role, _, _ := strings.Cut(deny, " ")
		x.p.w.observer.noDenyOn(role)
	}
	if _, dead := x.p.pass(); dead != nil {
		return nil, dead
	}
	if f.kind != noFault {
		x.p.w.trace.add("#%d %s: %s -> %s", n, x.p.name, f, outcome(resp, err))
	} else if err != nil || resp.StatusCode >= 300 {
		x.p.w.trace.add("#%d %s: -> %s", n, x.p.name, outcome(resp, err))
	}
	return resp, err
}

// meet sends a request through its fault. A process that slept before it could
// send knows nothing of the time that has passed: its request goes out although
// its sender has given up.
func (x *wire) meet(r *http.Request, body []byte, f fault, slept bool) (*http.Response, error) {
	ctx := r.Context()
	if f.kind == stallBefore {
		x.p.freeze(f.length)
		_, _ = x.p.pass()
		slept = true
	}
	if slept || f.kind == lostAnswer || f.kind == stallAfter || f.kind == crashAfter {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), lateLimit)
		defer cancel()
	}
	switch f.kind {
	case crashBefore:
		x.p.crash()
		return nil, errDead
	case lostRequest:
		return nil, errReset
	case late:
		x.p.w.background(f.length, func() {
			ctx, cancel := context.WithTimeout(context.Background(), lateLimit)
			defer cancel()
			resp, err := x.send(ctx, x.around.Transport, r, body)
			x.p.w.trace.add("      late arrival of %s %s: %s", x.to, x.named(r, body), outcome(resp, err))
		})
		return nil, errReset
	case hang:
		if !sleep(ctx, f.length) {
			return nil, ctx.Err()
		}
		return nil, errReset
	case slow:
		if !sleep(ctx, f.length) {
			return nil, ctx.Err()
		}
	case answered, denied, throttled:
		return x.canned(r, f), nil
	}
	resp, err := x.send(ctx, x.base, r, body)
	switch f.kind {
	case crashAfter:
		x.p.crash()
		return nil, errDead
	case lostAnswer:
		return nil, errReset
	case stallAfter:
		x.p.freeze(f.length)
	}
	return resp, err
}

// send makes the request and reads the whole answer.
func (x *wire) send(ctx context.Context, via http.RoundTripper, r *http.Request, body []byte) (*http.Response, error) {
	if via == nil {
		via = http.DefaultTransport
	}
	c := r.Clone(ctx)
	if r.Body != nil {
		c.Body = io.NopCloser(bytes.NewReader(body))
	}
	c.RequestURI = ""
	resp, err := via.RoundTrip(c)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(content))
	return resp, nil
}

// describe says what a request is; false for those that only ask who we are,
// which are not numbered.
func (x *wire) describe(r *http.Request, body []byte) (string, bool) {
	if x.to == "aws" {
		name := x.named(r, body)
		return "aws " + name, !strings.HasPrefix(name, "GetCallerIdentity")
	}
	return "port " + x.named(r, body), !strings.HasSuffix(r.URL.Path, "/access_token")
}

func (x *wire) named(r *http.Request, body []byte) string {
	if x.to == "port" {
		path := strings.TrimPrefix(r.URL.Path, "/v1/")
		if r.URL.RawQuery != "" {
			path += "?" + r.URL.RawQuery
		}
		return r.Method + " " + path
	}
	if op, is := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "AWSIdentityStore."); is {
		return op
	}
	form, _ := url.ParseQuery(string(body))
	name := form.Get("Action")
	for _, key := range []string{"RoleName", "PolicyName", "PolicyArn", "RoleArn"} {
		if v := form.Get(key); v != "" {
			name += " " + v
		}
	}
	if r.Header.Get("X-Amz-Security-Token") != "" {
		name += " in " + member
	}
	return name
}

func outcome(resp *http.Response, err error) string {
	switch {
	case err != nil:
		return err.Error()
	case resp == nil:
		return "nothing"
	}
	return resp.Status
}

// sleep waits on the simulation's clock; false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
