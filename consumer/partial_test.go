package consumer

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// TestFetchErrorOfOnePartition: it lasts, and the broker serves the other partition.
// The broker is not asked without an end, the member says that it is not ready all the
// time, the other partition is read at once, and no session ends.
func TestFetchErrorOfOnePartition(t *testing.T) {
	for _, code := range []*kerr.Error{
		kerr.CorruptMessage, kerr.KafkaStorageError, kerr.NotLeaderForPartition, kerr.UnknownLeaderEpoch,
		kerr.OffsetNotAvailable, kerr.ReplicaNotAvailable, kerr.UnknownServerError,
		kerr.TopicAuthorizationFailed, kerr.UnsupportedCompressionType,
	} {
		t.Run(code.Message, func(t *testing.T) {
			inBubble(t, 2, func(t *testing.T, w *world) {
				l := newLedger()
				r := start(t, w.options(l.handler))
				r.awaitReady(t)
				fault := w.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Partitions: []int32{0}, Err: code, Count: -1})
				w.produce(t, 0, runs("a", 3)...)
				r.awaitUnready(t, "partition 0")
				before := fault.Hits()
				for i := range 60 {
					w.produce(t, 1, runs(fmt.Sprint(i, "-"), 1)...)
					began := time.Now()
					l.await(t, i+1)
					if d := time.Since(began); d > time.Second {
						t.Fatalf("a run of the other partition took %v", d)
					}
					after(10 * time.Second)
					if r.Ready() == nil {
						t.Fatal("ready although a partition cannot be read")
					}
				}
				if n := fault.Hits() - before; n > 800 {
					t.Errorf("%d fetches in ten minutes", n)
				}
				if n := testutil.ToFloat64(r.metrics.sessionsEnded); n != 0 {
					t.Errorf("%v sessions ended", n)
				}
				fault.Remove()
				l.await(t, 63)
				r.awaitReady(t)
			})
		})
	}
}

// TestOneBrokerAnswersNoFetch: the others do. What it leads is not read, which is told
// all the time, whether or not anything waits there.
func TestOneBrokerAnswersNoFetch(t *testing.T) {
	for name, waits := range map[string]bool{"nothing waits": false, "a run waits": true} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, 2, func(t *testing.T, w *world) {
				bad := (w.CoordinatorFor(testGroup) + 1) % 3
				for p, leader := range map[int32]int32{0: bad, 1: (bad + 1) % 3} {
					if err := w.MoveTopicPartition(testTopic, p, leader); err != nil {
						t.Fatal(err)
					}
				}
				l := newLedger()
				r := start(t, w.options(l.handler))
				r.awaitReady(t)
				var silent atomic.Bool
				var met atomic.Int32
				silent.Store(true)
				w.ControlKey(int16(kmsg.Fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
					w.KeepControl()
					if !silent.Load() || w.CurrentNode() != bad {
						return nil, nil, false
					}
					met.Add(1)
					return nil, nil, true
				})
				want := 0
				if waits {
					w.produce(t, 0, runs("a", 1)...)
					want = 1
				}
				eventually(t, is("not ready"), func() bool { return r.Ready() != nil })
				for range 600 {
					after(2 * time.Second)
					if r.Ready() == nil {
						t.Fatal("ready")
					}
				}
				if met.Load() == 0 {
					t.Error("the broker was asked for nothing")
				}
				if n := testutil.ToFloat64(r.metrics.sessionsEnded); n > 8 {
					t.Errorf("%v sessions ended in 20 minutes", n)
				}
				silent.Store(false)
				w.produce(t, 1, runs("b", 1)...)
				l.await(t, want+1)
				r.awaitReady(t)
			}, kfake.NumBrokers(3), kfake.Ports(9092, 9093, 9094))
		})
	}
}

// TestNothingCanBeCommitted: that is told, whatever the broker says.
func TestNothingCanBeCommitted(t *testing.T) {
	for _, code := range []*kerr.Error{kerr.UnknownServerError, kerr.InvalidCommitOffsetSize, kerr.CoordinatorLoadInProgress, kerr.RebalanceInProgress} {
		t.Run(code.Message, func(t *testing.T) {
			inBubble(t, 1, func(t *testing.T, w *world) {
				l := newLedger()
				r := start(t, w.options(l.handler))
				r.awaitReady(t)
				fault := w.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetCommit}, Err: code, Count: -1})
				w.produce(t, 0, runs("a", 1)...)
				r.awaitUnready(t, "nothing can be committed")
				fault.Remove()
				w.awaitCommit(t, 0, 1)
				r.awaitReady(t)
			})
		})
	}
}
