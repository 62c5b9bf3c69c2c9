package consumer

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"port-iam/port"
)

func TestHandlesEveryRun(t *testing.T) {
	inBubble(t, 3, func(t *testing.T, w *world) {
		for p := range int32(3) {
			w.produce(t, p, runs(fmt.Sprintf("p%d-", p), 100)...)
		}
		l := newLedger()
		r := start(t, w.options(func(rec port.Record) Job {
			return l.job(rec, func(ctx context.Context) error { return pause(ctx, time.Second) })
		}))
		l.await(t, 300)
		for p := range int32(3) {
			w.awaitCommit(t, p, 100)
		}
		r.awaitReady(t)
		if !r.Holds(0) || r.Holds(3) {
			t.Errorf("Owns(0), Owns(3) = %v, %v, want true, false", r.Holds(0), r.Holds(3))
		}
		if err := r.stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
		if r.Ready() == nil || r.Holds(0) {
			t.Error("ready or owner after the stop")
		}
		if l.distinct() != 300 || l.total() != 300 {
			t.Errorf("%d of 300 runs in %d attempts", l.distinct(), l.total())
		}
	})
}

// TestRealNetwork is the same over TCP and the real clock.
func TestRealNetwork(t *testing.T) {
	w := newWorld(t, new(net.Dialer).DialContext, kfake.SeedTopics(1, testTopic))
	w.produce(t, 0, runs("r", 100)...)
	l := newLedger()
	r := start(t, w.options(l.handler))
	l.await(t, 100)
	w.awaitCommit(t, 0, 100)
	if err := r.stop(); err != nil {
		t.Errorf("Run: %v", err)
	}
}
