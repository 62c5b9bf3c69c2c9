package consumer

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"port-iam/port"
)

// TestStopHandsBack: what runs is finished and committed, what waits is left to
// the next one.
func TestStopHandsBack(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		w.produce(t, 0, value(testAction, "quick"), value(testAction, "running"), value(testAction, "retrying"), value(testAction, "waiting"))
		l := newLedger()
		o := w.options(func(rec port.Record) Job {
			switch rec.RunID {
			case "quick":
				return l.job(rec, nil)
			case "retrying":
				return l.job(rec, func(context.Context) error { return again(time.Minute) })
			}
			return l.job(rec, func(ctx context.Context) error { return pause(ctx, 15*time.Second) })
		})
		o.Concurrency = 1
		r := start(t, o)
		l.await(t, 1)
		synctest.Wait()
		began := time.Now()
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		if d := time.Since(began); d < 10*time.Second || d > 16*time.Second {
			t.Errorf("stopped after %v, want the time of the running job", d)
		}
		if l.times("running") != 1 || l.times("waiting") != 0 {
			t.Errorf("finished %v", l.order)
		}
		if got := w.committed(t, 0); got != 2 {
			t.Errorf("committed at %d, want 2", got)
		}
		next := newLedger()
		start(t, w.options(next.handler))
		next.await(t, 2)
		w.awaitCommit(t, 0, 4)
		if next.times("retrying") != 1 || next.times("waiting") != 1 || next.total() != 2 {
			t.Errorf("the next one finished %v", next.order)
		}
	})
}

// TestStopIsBounded: jobs that do not end by themselves are cancelled.
func TestStopIsBounded(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, w *world) {
		w.produce(t, 0, runs("a", 10)...)
		w.produce(t, 1, runs("b", 10)...)
		l := newLedger()
		o := w.options(func(rec port.Record) Job {
			return l.job(rec, func(ctx context.Context) error { return pause(ctx, time.Hour) })
		})
		o.Drain = 3 * time.Second
		r := start(t, o)
		eventually(t, is("started"), func() bool { return r.Holds(0) && r.Holds(1) })
		after(time.Second)
		began := time.Now()
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		if d := time.Since(began); d > 4*time.Second {
			t.Errorf("stopped after %v", d)
		}
		if l.total() > 0 || w.committed(t, 0) > 0 {
			t.Error("a cancelled job counts as finished")
		}
	})
}

// TestStopWithoutNetwork: neither the commit nor the leave gets an answer.
func TestStopWithoutNetwork(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		w.produce(t, 0, runs("a", 10)...)
		l := newLedger()
		wire := &cable{dialer: w.dial}
		o := w.options(second(l))
		o.Dialer = wire.dial
		r := start(t, o)
		l.await(t, 3)
		wire.set(true)
		began := time.Now()
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		if d, limit := time.Since(began), r.opts.Drain+drainGrace+commitWait+leaveWait; d > limit {
			t.Errorf("stopped after %v, want at most %v", d, limit)
		}
	})
}

func TestStopBeforeItIsAMember(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		wire := &cable{dialer: w.dial}
		o := w.options(newLedger().handler)
		o.Dialer = wire.dial
		wire.set(true)
		r := start(t, o)
		r.awaitUnready(t, "network is cut")
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		wire.set(false)
		o.Registerer = nil
		r = start(t, o)
		if err := r.stop(); err != nil { // at once
			t.Error(err)
		}
	})
}
