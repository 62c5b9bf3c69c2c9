package broker

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"port-iam/consumer"
	"port-iam/port"
)

// ledger notes when each run was handled first, and holds up the runs that wait for
// a gate.
type ledger struct {
	mu    sync.Mutex
	at    map[string]time.Time
	gates map[string]chan struct{}
}

func newLedger() *ledger {
	return &ledger{at: map[string]time.Time{}, gates: map[string]chan struct{}{}}
}

// hold lets a run wait until the returned function is called.
func (l *ledger) hold(id string) (release func()) {
	gate := make(chan struct{})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gates[id] = gate
	return sync.OnceFunc(func() { close(gate) })
}

func (l *ledger) handler(r port.Record) consumer.Job {
	l.mu.Lock()
	defer l.mu.Unlock()
	return &job{ledger: l, id: r.RunID, gate: l.gates[r.RunID]}
}

// when is the time at which a run was handled; zero if it was not.
func (l *ledger) when(id string) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at[id]
}

func (l *ledger) has(ids ...string) bool { return len(l.missing(ids)) == 0 }

func (l *ledger) missing(ids []string) (missing []string) {
	for _, id := range ids {
		if l.when(id).IsZero() {
			missing = append(missing, id)
		}
	}
	return missing
}

// await waits until all these runs are handled.
func (l *ledger) await(w *world, d time.Duration, ids ...string) {
	w.t.Helper()
	w.within(d, func() string { return fmt.Sprintf("handled: all of %q but %q", ids, l.missing(ids)) },
		func() bool { return l.has(ids...) })
}

// names makes n names of runs.
func names(prefix string, n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("%s%d", prefix, i))
	}
	return all
}

type job struct {
	ledger *ledger
	id     string
	gate   chan struct{} // nil: nothing to wait for
}

func (j *job) Key() string  { return j.id }
func (j *job) Urgent() bool { return false }
func (j *job) Abandon()     {}

func (j *job) Attempt(ctx context.Context) error {
	if j.gate != nil {
		select {
		case <-j.gate:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	j.ledger.mu.Lock()
	defer j.ledger.mu.Unlock()
	if j.ledger.at[j.id].IsZero() {
		j.ledger.at[j.id] = time.Now()
	}
	return nil
}

// journal keeps what is logged.
type journal struct {
	mu  sync.Mutex
	buf strings.Builder
}

func (l *journal) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *journal) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *journal) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelInfo}))
}

// lines returns those that have all parts.
func (l *journal) lines(parts ...string) (found []string) {
	for line := range strings.Lines(l.String()) {
		all := true
		for _, part := range parts {
			all = all && strings.Contains(line, part)
		}
		if all {
			found = append(found, line)
		}
	}
	return found
}
