// Package memnet serves HTTP to clients in the same process: over connections in
// memory, which also work where time is faked, or over a loopback port. The
// stand-ins for AWS and Port use it. Start from [NewListener] or [Start].
package memnet

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// Start serves h on a free loopback port until stop is called.
func Start(h http.Handler) (url string, stop func(), err error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("listen on loopback: %w", err)
	}
	return "http://" + l.Addr().String(), Serve(h, l), nil
}

// Serve serves h on l until stop is called, which also closes l and every
// connection.
func Serve(h http.Handler, l net.Listener) (stop func()) {
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 30 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(l) // ends with ErrServerClosed
	}()
	return func() {
		_ = srv.Close()
		_ = l.Close() // in case Serve had not taken it over yet
		<-done
	}
}

// Listener is a net.Listener whose connections are pipes within the process. A
// goroutine that waits on one is durably blocked in the sense of
// testing/synctest, which a loopback socket is not; make the listener inside the
// bubble that uses it.
type Listener struct {
	conns chan net.Conn
	done  chan struct{}
	close func()
}

// NewListener makes a listener; [Serve] takes it.
func NewListener() *Listener {
	l := &Listener{conns: make(chan net.Conn), done: make(chan struct{})}
	l.close = sync.OnceFunc(func() { close(l.done) })
	return l
}

// Dial connects to the listener whatever the network and address are. It fits
// http.Transport.DialContext.
func (l *Listener) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	client, server := net.Pipe()
	var cause error
	select {
	case l.conns <- server:
		return client, nil
	case <-l.done:
		cause = net.ErrClosed
	case <-ctx.Done():
		cause = context.Cause(ctx)
	}
	_ = client.Close()
	_ = server.Close()
	return nil, &net.OpError{Op: "dial", Net: network, Addr: l.Addr(), Err: fmt.Errorf("connect to %s: %w", addr, cause)}
}

// Client returns an HTTP client that reaches the listener under any URL. Its
// idle connections end with the server's stop.
func (l *Listener) Client() *http.Client {
	return &http.Client{Transport: WholeAnswers{&http.Transport{DialContext: l.Dial, MaxIdleConnsPerHost: 64}}}
}

// Accept waits for a connection that Dial makes.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close ends Accept and makes Dial fail.
func (l *Listener) Close() error {
	l.close()
	return nil
}

// Addr returns a name that no network uses.
func (l *Listener) Addr() net.Addr {
	return &net.UnixAddr{Net: "pipe", Name: "memory.invalid:80"}
}
