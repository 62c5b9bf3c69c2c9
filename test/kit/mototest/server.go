package mototest

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"port-iam/test/kit/server"
)

// name is what the server is called in messages, and the directory that it is
// installed in.
const name = "moto"

// requestTimeout bounds a call to the server's own interface.
const requestTimeout = 10 * time.Second

// Server is a running moto. Every AWS service is at its URL, and any access key
// will do; the account is 123456789012. Its methods end the test on failure, so
// they belong to the goroutine of the test.
type Server struct {
	t      testing.TB
	url    string
	client *http.Client
}

// Start runs an empty AWS until the test ends, and returns when it answers.
func Start(t testing.TB) *Server {
	t.Helper()
	installed := server.Dir(t, name)
	port := server.FreePorts(t, 1)[0]
	s := &Server{
		t:   t,
		url: "http://" + server.Addr(port),
		// No connection stays open, so that nothing is left when the test looks
		// for goroutines; no proxy is asked to reach the loopback address.
		client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	}
	proc := server.Start(t, name, server.NewLog(t, name),
		filepath.Join(installed, "bin", "moto_server"), "-H", "127.0.0.1", "-p", strconv.Itoa(port))
	proc.Await("start", func(ctx context.Context) error {
		return s.do(ctx, http.MethodGet, "/moto-api/data.json")
	})
	return s
}

// URL returns the base endpoint to give to AWS clients.
func (s *Server) URL() string { return s.url }

// Reset removes everything that has been created.
func (s *Server) Reset() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	if err := s.do(ctx, http.MethodPost, "/moto-api/reset"); err != nil {
		s.t.Fatalf("reset moto: %v", err)
	}
}

// do calls the server's own interface.
func (s *Server) do(ctx context.Context, method, path string) error {
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, nil)
	if err != nil {
		return err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	if err := resp.Body.Close(); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s", method, path, resp.Status)
	}
	return nil
}
