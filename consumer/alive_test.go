package consumer

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"port-iam/port"
)

// TestAlive: what a consumer waits for in the normal course of things is no reason to
// end the process; a loop or an attempt that hangs is.
func TestAlive(t *testing.T) {
	hang := func(stuck gate) func(port.Record, *ledger) Job {
		return func(rec port.Record, l *ledger) Job {
			return l.job(rec, func(context.Context) error { <-stuck; return nil })
		}
	}
	tests := map[string]struct {
		handler func(gate) func(port.Record, *ledger) Job
		want    string // "": alive
	}{
		"nothing to do": {func(gate) func(port.Record, *ledger) Job {
			return func(rec port.Record, l *ledger) Job { return l.job(rec, nil) }
		}, ""},
		"a run that waits": {func(gate) func(port.Record, *ledger) Job {
			return func(rec port.Record, l *ledger) Job {
				return l.job(rec, func(context.Context) error { return again(30 * time.Second) })
			}
		}, ""},
		"an attempt that hangs": {hang, "an attempt at a run is stuck"},
		"a handler that hangs": {func(stuck gate) func(port.Record, *ledger) Job {
			return func(rec port.Record, l *ledger) Job {
				<-stuck
				return l.job(rec, nil)
			}
		}, "the loop that reads Kafka: no sign of life"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, 1, func(t *testing.T, w *world) {
				stuck, l := make(gate), newLedger()
				handler := tt.handler(stuck)
				r := start(t, w.options(func(rec port.Record) Job { return handler(rec, l) }))
				r.awaitReady(t)
				w.produce(t, 0, runs("a", 1)...)
				for range 10 {
					after(time.Minute)
					if err := r.Alive(); tt.want == "" && err != nil {
						t.Fatal(err)
					}
				}
				if err := r.Alive(); tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
					t.Errorf("Alive: %v, want %q", err, tt.want)
				}
				close(stuck)
			})
		})
	}
}

// TestAliveWithoutKafka: an outage, however long, is no reason to end the process.
func TestAliveWithoutKafka(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		wire := &cable{dialer: w.dial}
		wire.set(true)
		o := w.options(newLedger().handler)
		o.Dialer = wire.dial
		r := start(t, o)
		for _, cut := range []bool{true, false, true} {
			wire.set(cut)
			for range 60 {
				after(time.Minute)
				if err := r.Alive(); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// TestWaitingBytes: how much of their records waiting jobs keep is bounded, whatever
// is in the records.
func TestWaitingBytes(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		stuck, l := make(gate), newLedger()
		o := w.options(func(rec port.Record) Job { return l.job(rec, stuck.wait) })
		const each, all = 1 << 20, 40
		o.Decode = func(value []byte) (port.Record, port.Verdict) {
			rec, verdict := port.Decode(value)
			rec.Requester = strings.Repeat("x", each)
			return rec, verdict
		}
		w.produce(t, 0, runs("a", all)...)
		r := start(t, o)
		r.awaitReady(t)
		after(time.Minute)
		p := r.session.Load().partition(0)
		if _, bytes := p.tracker.waiting(); bytes < maxWaiting {
			t.Errorf("%d bytes wait, want at least %d", bytes, maxWaiting)
		}
		if p.wanted() {
			t.Error("the partition is read on")
		}
		close(stuck)
		l.await(t, all)
		w.awaitCommit(t, 0, all)
	})
}

// TestWaitingBytesOfManyPartitions: the bound is one for all.
func TestWaitingBytesOfManyPartitions(t *testing.T) {
	inBubble(t, 32, func(t *testing.T, w *world) {
		stuck, l := make(gate), newLedger()
		o := w.options(func(rec port.Record) Job { return l.job(rec, stuck.wait) })
		o.Decode = func(value []byte) (port.Record, port.Verdict) {
			rec, verdict := port.Decode(value)
			rec.Requester = strings.Repeat("x", 8<<10)
			return rec, verdict
		}
		r := start(t, o)
		r.awaitReady(t)
		const each = 300
		for n := range each / 10 { // little at a time: what one poll brings is registered
			for p := range int32(32) {
				w.produce(t, p, runs(fmt.Sprint(p, "-", n, "-"), 10)...)
			}
			after(time.Second)
		}
		kept := 0
		for _, p := range r.session.Load().held() {
			_, bytes := p.tracker.waiting()
			kept += bytes
		}
		if kept > 2*maxWaiting || kept < maxWaiting/2 {
			t.Errorf("%d bytes wait, want about %d", kept, maxWaiting)
		}
		close(stuck)
		l.await(t, 32*each)
	})
}

// TestBigRecordsAreNotKept: a waiting job holds nothing of the bulk of its record.
func TestBigRecordsAreNotKept(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		stuck, l := make(gate), newLedger()
		kept := make(chan port.Record, 1000)
		r := start(t, w.options(func(rec port.Record) Job {
			kept <- rec
			return l.job(rec, stuck.wait)
		}))
		r.awaitReady(t)
		heap := func() int {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return int(m.HeapAlloc)
		}
		before := heap()
		const n, each = 100, 900_000
		for i := range n {
			w.produce(t, 0, fmt.Sprintf(`{"action":%q,"resourceType":"run","context":{"runId":"r%d"},"payload":{"properties":{"reason":%q}}}`,
				testAction, i, strings.Repeat("x", each)))
			eventually(t, is("the job waits"), func() bool { return len(kept) == i+1 })
			w.deleteBefore(t, 0, int64(i)) // the broker keeps its log in this process
		}
		w.deleteBefore(t, 0, n)
		if grown := heap() - before; grown > n*each/4 {
			t.Errorf("the heap grew by %d MiB", grown>>20)
		}
		close(stuck)
	}, kfake.BrokerConfigs(map[string]string{"message.max.bytes": "4000000"}))
}
