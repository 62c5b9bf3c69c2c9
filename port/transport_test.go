package port

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestTransportGivesUp: a connection that does not come about is given up in time
// for another try within the same call.
func TestTransportGivesUp(t *testing.T) {
	const limit = 5 * time.Second
	t.Run("dial", func(t *testing.T) {
		old := net.DefaultResolver
		defer func() { net.DefaultResolver = old }()
		net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done() // no name server answers
			return nil, ctx.Err()
		}}
		givesUpAfter(t, limit, newTransport)
	})
	t.Run("TLS handshake", func(t *testing.T) {
		givesUpAfter(t, limit, func() *http.Transport {
			tr := newTransport()
			tr.DialContext = func(context.Context, string, string) (net.Conn, error) {
				ours, theirs := net.Pipe()
				go func() { _, _ = io.Copy(io.Discard, theirs) }() // and says nothing
				return ours, nil
			}
			return tr
		})
	})
}

func givesUpAfter(t *testing.T, limit time.Duration, transport func() *http.Transport) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://port.example./", nil)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		resp, err := transport().RoundTrip(req)
		if err == nil {
			_ = resp.Body.Close()
		}
		if took := time.Since(start); err == nil || took > limit {
			t.Errorf("given up after %s, want at most %s: %v", took, limit, err)
		}
	})
}
