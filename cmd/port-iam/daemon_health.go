package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
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
		Help: "Whether /readyz answers 200: a member of the group, accepted by Port and AWS, with a right clock.",
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
			out = append(out, n+": "+strings.ReplaceAll(err.Error(), "\n", " "))
		}
	}
	return out
}

// pulse is the sign of life of the loop that asks Port and AWS. Every round of it
// has a bound, so without a beat the process is stuck.
type pulse struct{ last atomic.Int64 }

// pulseLimit is more than a round takes, and than a clean stop takes.
const pulseLimit = 90 * time.Second

func (p *pulse) beat() { p.last.Store(time.Now().UnixNano()) }

func (p *pulse) alive() bool { return time.Since(time.Unix(0, p.last.Load())) < pulseLimit }

// handler serves metrics and health.
func handler(reg *prometheus.Registry, ready *readiness, life *pulse) *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{Registry: reg}))
	health := func(path, good string, problems func() []string) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			text := good
			if p := problems(); len(p) > 0 {
				w.WriteHeader(http.StatusServiceUnavailable)
				text = strings.Join(p, "\n")
			}
			_, _ = fmt.Fprintln(w, text)
		})
	}
	health("/healthz", "ok", func() []string {
		if life.alive() {
			return nil
		}
		return []string{"stuck"}
	})
	health("/readyz", "ready", ready.problems)
	return mux
}

// healthcheck asks the daemon on this host. Of its settings it needs the address.
func healthcheck(ctx context.Context) error {
	host, tcpPort, err := net.SplitHostPort(readSettings().Serve.Address)
	if err != nil {
		return fmt.Errorf("LISTEN_ADDRESS: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, tcpPort)+"/healthz", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("the daemon does not answer: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the daemon answers %s", resp.Status)
	}
	return nil
}
