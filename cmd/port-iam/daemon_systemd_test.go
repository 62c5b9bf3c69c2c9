package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// TestSupervise is what systemd is told: started, alive while it is, stopping.
func TestSupervise(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	t.Setenv("NOTIFY_SOCKET", socket)
	t.Setenv("WATCHDOG_USEC", strconv.FormatInt((60*time.Millisecond).Microseconds(), 10))
	d := &daemon{clients: clients{log: slog.New(slog.DiscardHandler)}}
	d.life.probe.Beat(pulseLimit)
	ctx, cancel := context.WithCancel(t.Context())
	stop := d.supervise(ctx)

	var got []string
	read := func(want string) {
		t.Helper()
		if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		for buf := make([]byte, 64); !slices.Contains(got, want); {
			n, err := conn.Read(buf)
			if err != nil {
				t.Fatalf("waiting for %s after %q: %v", want, got, err)
			}
			got = append(got, string(buf[:n]))
		}
	}
	read("READY=1")
	read("WATCHDOG=1")
	cancel()
	read("STOPPING=1")
	stop()
	if got[0] != "READY=1" {
		t.Errorf("told %q", got)
	}
}

// TestHealth: /healthz fails when the process is stuck, and readiness is a
// metric as well.
func TestHealth(t *testing.T) {
	reg := prometheus.NewRegistry()
	ready, life := newReadiness(reg, "port"), &liveness{}
	life.note("probe", life.probe.Alive)
	h := handler(reg, ready, life)
	status := func(path string) int {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		return w.Code
	}
	isReady := func() float64 {
		t.Helper()
		families, err := reg.Gather()
		if err != nil {
			t.Fatal(err)
		}
		return families[0].GetMetric()[0].GetGauge().GetValue()
	}
	life.probe.Beat(-time.Second) // the next one is overdue
	if status("/healthz") != http.StatusServiceUnavailable {
		t.Error("a process without a pulse is healthy")
	}
	life.probe.Beat(pulseLimit)
	if status("/healthz") != http.StatusOK {
		t.Error("not healthy")
	}
	if status("/readyz") != http.StatusServiceUnavailable || isReady() != 0 {
		t.Error("ready before Port was reached")
	}
	ready.set("port", nil)
	if status("/readyz") != http.StatusOK || isReady() != 1 {
		t.Error("not ready")
	}
	if problems, err := testutil.GatherAndLint(reg); err != nil || len(problems) > 0 {
		t.Errorf("metrics: %v %v", problems, err)
	}
}
