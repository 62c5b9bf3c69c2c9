package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"port-iam/internal/pulse"
)

// readiness holds the last known result of each thing that must hold for the
// daemon to be ready.
type readiness struct {
	mu  sync.Mutex
	ask map[string]func() error
}

// newReadiness also registers the answer as a metric: Prometheus cannot ask
// /readyz.
func newReadiness(reg prometheus.Registerer, names ...string) *readiness {
	r := &readiness{ask: map[string]func() error{}}
	for _, n := range names {
		r.set(n, errors.New("not reached yet"))
	}
	reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "port_iam_ready",
		Help: "Whether /readyz answers 200: a member of the group, accepted by Port and AWS, with a right clock and an audit log that can be written.",
	}, func() float64 {
		if len(r.problems()) > 0 {
			return 0
		}
		return 1
	}))
	return r
}

// set notes the last known result.
func (r *readiness) set(name string, err error) { r.live(name, func() error { return err }) }

// live asks f whenever readiness is asked for, instead of keeping a result.
func (r *readiness) live(name string, f func() error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ask[name] = f
}

// problems are the reasons why the daemon is not ready, a line each.
func (r *readiness) problems() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for _, n := range slices.Sorted(maps.Keys(r.ask)) {
		if err := r.ask[n](); err != nil {
			out = append(out, n+": "+oneLine(err))
		}
	}
	return out
}

// pulseLimit is more than a round of the loop that asks Port and AWS takes, and than a
// clean stop takes.
const pulseLimit = 90 * time.Second

// liveness is whether each part of the process makes progress. One that does not is
// stuck, which only a restart repairs.
type liveness struct {
	probe    pulse.Pulse // of the loop that asks Port and AWS
	accounts pulse.Pulse // of the loop that asks the accounts

	mu    sync.Mutex
	parts []part
}

type part struct {
	name  string
	alive func() error // what is stuck
}

// note watches a part from now on.
func (l *liveness) note(name string, alive func() error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.parts = append(l.parts, part{name, alive})
}

// stuck says which parts are stuck, a line each.
func (l *liveness) stuck() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for _, p := range l.parts {
		if err := p.alive(); err != nil {
			out = append(out, p.name+" is stuck: "+oneLine(err))
		}
	}
	return out
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// handler serves metrics and health.
func handler(reg *prometheus.Registry, ready *readiness, life *liveness) *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{Registry: reg}))
	health := func(path, good string, problems func() []string) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			text, status := good, http.StatusOK
			if p := problems(); len(p) > 0 {
				text, status = strings.Join(p, "\n"), http.StatusServiceUnavailable
			}
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.Header().Set("X-Content-Type-Options", "nosniff")
			w.WriteHeader(status)
			_, _ = fmt.Fprintln(safeWriter{w}, text)
		})
	}
	health("/healthz", "ok", life.stuck)
	health("/readyz", "ready", ready.problems)
	return mux
}

// healthcheck asks the daemon on this host, not through a proxy and not where a
// redirect leads. Of its settings it needs the address.
func healthcheck(ctx context.Context) error {
	address := readSettings().Serve.Address
	host, tcpPort, ok := hostPort(address)
	if !ok || tcpPort == "0" {
		return fmt.Errorf("LISTEN_ADDRESS: %q does not say where the daemon listens", address)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	at := url.URL{Scheme: "http", Host: net.JoinHostPort(host, tcpPort), Path: "/healthz"}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return err
	}
	direct := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := direct.Do(req)
	if err != nil {
		return fmt.Errorf("the daemon does not answer: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		why, _ := io.ReadAll(io.LimitReader(resp.Body, 4096))
		return fmt.Errorf("the daemon answers %s: %s", resp.Status, strings.TrimSpace(string(why)))
	}
	return nil
}
