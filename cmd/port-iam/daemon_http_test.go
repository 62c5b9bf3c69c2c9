package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"port-iam/internal/demo"
)

// newDemoDaemon makes the daemon of a demo's world, which is not started.
func newDemoDaemon(t *testing.T) (*daemon, *prometheus.Registry) {
	t.Helper()
	world, err := demo.NewWorld(demo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(world.Close)
	cfg, err := demoConfig(world, false)
	if err != nil {
		t.Fatal(err)
	}
	reg := prometheus.NewRegistry()
	return newDaemon(cfg, reg, io.Discard), reg
}

// TestHealthNamesWhatIsStuck: each part that hangs makes /healthz 503 and is named
// there, and systemd is not fed meanwhile.
func TestHealthNamesWhatIsStuck(t *testing.T) {
	t.Parallel()
	d, reg := newDemoDaemon(t)
	h := handler(reg, d.ready, &d.life)
	healthz := func() (int, string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/healthz", nil))
		return w.Code, w.Body.String()
	}
	if code, body := healthz(); code != http.StatusOK || body != "ok\n" {
		t.Errorf("not built: %d %s", code, body)
	}
	if err := d.build(t.Context()); err != nil {
		t.Fatal(err)
	}
	if code, body := healthz(); code != http.StatusOK {
		t.Errorf("built: %d %s", code, body)
	}
	var names []string
	for i := range d.life.parts {
		p := &d.life.parts[i]
		names = append(names, p.name)
		alive := p.alive
		p.alive = func() error { return errors.New("quiet since \x1b[2J\nnoon") }
		if code, body := healthz(); code != http.StatusServiceUnavailable || body != p.name+" is stuck: quiet since \\u001b[2J noon\n" {
			t.Errorf("%s: %d %q", p.name, code, body)
		}
		if got := d.life.stuck(); len(got) != 1 {
			t.Errorf("%s: %q", p.name, got)
		}
		p.alive = alive
	}
	if diff := cmp.Diff([]string{"asking Port and AWS", "asking accounts", "consumer", "sweep"}, names); diff != "" {
		t.Errorf("watched (-want +got):\n%s", diff)
	}
}

// TestStuckIsNotFed: systemd's watchdog goes by the same judgement as /healthz.
func TestStuckIsNotFed(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	t.Setenv("NOTIFY_SOCKET", socket)
	t.Setenv("WATCHDOG_USEC", strconv.FormatInt((30*time.Millisecond).Microseconds(), 10))
	asked := make(chan bool)
	d := &daemon{clients: clients{log: slog.New(slog.DiscardHandler)}}
	d.life.note("sweep", func() error {
		asked <- true
		return errors.New("hangs")
	})
	stop := d.supervise(t.Context())
	for range 5 { // the watchdog's turns
		<-asked
	}
	go func() {
		for range asked { // as many turns as come before the end
		}
	}()
	stop()
	close(asked)
	var got []string
	for buf := make([]byte, 64); ; {
		_ = conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		n, err := conn.Read(buf)
		if err != nil {
			break // all is read
		}
		got = append(got, string(buf[:n]))
	}
	if !slices.Contains(got, "READY=1") || slices.Contains(got, "WATCHDOG=1") {
		t.Errorf("told %q", got)
	}
}

// TestHTTPLimits: the server lets go of a client that sends too slowly, too much
// or nothing.
func TestHTTPLimits(t *testing.T) {
	t.Parallel()
	if l := serverLimits; l.header <= 0 || l.read <= 0 || l.write <= 0 || l.idle <= 0 || l.headerBytes <= 0 {
		t.Errorf("limits %+v", l)
	}
	const short, long = 50 * time.Millisecond, time.Hour
	good := httpLimits{header: long, read: long, write: long, idle: long, headerBytes: 1 << 10}
	const request = "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"
	for _, tc := range []struct {
		name, send string
		change     func(l *httpLimits)
		status     int // of what is answered before the end; 0: nothing
	}{
		{"idle", "GET /fast HTTP/1.1\r\nHost: x\r\n\r\n", func(l *httpLimits) { l.idle = short }, http.StatusOK},
		{"nothing", "", func(l *httpLimits) { l.header = short }, 0},
		{"half of a header", "GET / HTTP/1.1\r\nHost:", func(l *httpLimits) { l.header = short }, 0},
		{"half of a body", "GET /body HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx", func(l *httpLimits) { l.read, l.idle = short, short }, http.StatusOK},
		{"slow answer", request, func(l *httpLimits) { l.write = short }, 0},
		{"long header", "GET / HTTP/1.1\r\nX: " + strings.Repeat("x", 20<<10) + "\r\n\r\n", func(*httpLimits) {}, http.StatusRequestHeaderFieldsTooLarge},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			mux := http.NewServeMux()
			mux.HandleFunc("GET /fast", func(http.ResponseWriter, *http.Request) {})
			mux.HandleFunc("GET /body", func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
			mux.HandleFunc("GET /slow", func(w http.ResponseWriter, r *http.Request) {
				pause(r.Context(), 2*short)
				_, _ = io.WriteString(w, "late")
			})
			l, err := listen(t.Context(), "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			limits := good
			tc.change(&limits)
			d := &daemon{clients: clients{log: slog.New(slog.DiscardHandler)}, page: &statusPage{}}
			defer d.serve(t.Context(), l, mux, limits)()
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(conn, tc.send); err != nil {
				t.Fatal(err)
			}
			r := bufio.NewReader(conn)
			if tc.status > 0 {
				resp, err := http.ReadResponse(r, nil)
				if err != nil {
					t.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
				if resp.StatusCode != tc.status {
					t.Errorf("status %d, want %d", resp.StatusCode, tc.status)
				}
			}
			if _, err := r.ReadByte(); errors.Is(err, os.ErrDeadlineExceeded) || err == nil {
				t.Errorf("the connection is not closed: %v", err)
			}
		})
	}
}

// ownAddress is an address of this machine beyond loopback.
func ownAddress(t *testing.T) string {
	t.Helper()
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			return n.IP.String()
		}
	}
	t.Skip("this machine has loopback alone, which is never asked for through a proxy")
	return ""
}

// TestHealthcheckDirect: neither through a proxy nor where a redirect leads.
func TestHealthcheckDirect(t *testing.T) {
	t.Parallel()
	l, err := listen(t.Context(), net.JoinHostPort(ownAddress(t), "0"))
	if err != nil {
		t.Fatal(err)
	}
	var answer atomic.Int32
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "/elsewhere")
		if r.URL.Path == "/healthz" {
			w.WriteHeader(int(answer.Load()))
			_, _ = io.WriteString(w, "sweep is stuck")
		}
	})}
	go func() { _ = server.Serve(l) }()
	defer func() { _ = server.Close() }()
	for _, tc := range []struct {
		answer int32
		code   int
	}{{http.StatusOK, 0}, {http.StatusServiceUnavailable, 1}, {http.StatusFound, 1}} {
		answer.Store(tc.answer)
		cmd := exec.CommandContext(t.Context(), "port-iam", "healthcheck")
		cmd.Env = []string{
			"PATH=" + os.Getenv("PATH"), "LISTEN_ADDRESS=" + l.Addr().String(),
			"HTTP_PROXY=http://127.0.0.1:1", "http_proxy=http://127.0.0.1:1", "HTTPS_PROXY=http://127.0.0.1:1", "NO_PROXY=",
		}
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != tc.code || tc.code > 0 && !strings.Contains(string(out), fmt.Sprint(tc.answer)) {
			t.Errorf("answered %d: exit code %d\n%s", tc.answer, code, out)
		}
	}
}

// TestGroupInBuildInfo: the metric says the group as soon as it is known.
func TestGroupInBuildInfo(t *testing.T) {
	t.Parallel()
	d, reg := newDemoDaemon(t)
	groups := func() []string {
		families, err := reg.Gather()
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, f := range families {
			if f.GetName() == "port_iam_build_info" {
				for _, m := range f.GetMetric() {
					for _, l := range m.GetLabel() {
						if l.GetName() == "group" {
							all = append(all, l.GetValue())
						}
					}
				}
			}
		}
		return all
	}
	if diff := cmp.Diff([]string{""}, groups()); diff != "" {
		t.Errorf("before (-want +got):\n%s", diff)
	}
	if err := d.build(context.Background()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{demo.Org + ".port-iam"}, groups()); diff != "" {
		t.Errorf("after (-want +got):\n%s", diff)
	}
}
