package consumer

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"port-iam/port"
)

// TestCommitFaults lets commits fail in every way that a broker knows: nothing
// may be lost and in the end everything is committed.
func TestCommitFaults(t *testing.T) {
	for _, code := range []*kerr.Error{
		kerr.NotCoordinator, kerr.CoordinatorNotAvailable, kerr.CoordinatorLoadInProgress, kerr.RequestTimedOut,
		kerr.RebalanceInProgress, kerr.UnknownMemberID, kerr.IllegalGeneration, kerr.FencedInstanceID,
		kerr.UnknownTopicID, kerr.GroupAuthorizationFailed, kerr.UnknownServerError,
	} {
		t.Run(code.Message, func(t *testing.T) {
			t.Parallel()
			inBubble(t, 3, func(t *testing.T, w *world) {
				fault := w.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetCommit}, Err: code, Count: 3})
				l := newLedger()
				start(t, w.options(func(rec port.Record) Job {
					return l.job(rec, func(ctx context.Context) error { return pause(ctx, 300*time.Millisecond) })
				}))
				for round := range 5 {
					for p := range int32(3) {
						w.produce(t, p, runs(fmt.Sprintf("%d-%d-", p, round), 20)...)
					}
					after(time.Second)
				}
				l.await(t, 300)
				for p := range int32(3) {
					w.awaitCommit(t, p, 100)
				}
				if fault.Hits() != 3 {
					t.Errorf("%d commits failed, want 3", fault.Hits())
				}
			})
		})
	}
}

// TestCommitWithoutAnswer: a partition that the answer does not name counts as a
// commit that failed, the log tells of it, and it is committed the next time.
func TestCommitWithoutAnswer(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		w.ControlKey(int16(kmsg.OffsetCommit), func(req kmsg.Request) (kmsg.Response, error, bool) {
			return req.ResponseKind(), nil, true
		})
		w.produce(t, 0, runs("a", 3)...)
		j := new(journal)
		o := w.options(newLedger().handler)
		o.Log = j.logger()
		r := start(t, o)
		w.awaitCommit(t, 0, 3)
		if n := testutil.ToFloat64(r.metrics.commitErrors); n != 1 {
			t.Errorf("%v commits failed, want 1", n)
		}
		if !strings.Contains(j.String(), "partition 0: "+errNoAnswer.Error()) {
			t.Errorf("the log does not tell of it: %s", j)
		}
	})
}

// TestGroupFaults does the same with joining, heartbeats and fetches. Requests of a
// member that joins are made by throwing the member out.
func TestGroupFaults(t *testing.T) {
	for _, f := range []struct {
		kfake.Fault
		joining bool
	}{
		{kfake.Fault{Keys: []kmsg.Key{kmsg.Heartbeat}, Err: kerr.UnknownMemberID, Count: 1}, false},
		{kfake.Fault{Keys: []kmsg.Key{kmsg.Heartbeat}, Err: kerr.IllegalGeneration, Count: 2}, false},
		{kfake.Fault{Keys: []kmsg.Key{kmsg.Heartbeat}, Err: kerr.NotCoordinator, Count: 3}, false},
		{kfake.Fault{Keys: []kmsg.Key{kmsg.Heartbeat}, Err: kerr.FencedInstanceID, Count: 1}, false},
		{kfake.Fault{Keys: []kmsg.Key{kmsg.JoinGroup}, Err: kerr.CoordinatorNotAvailable, Count: 3}, true},
		{kfake.Fault{Keys: []kmsg.Key{kmsg.JoinGroup}, Err: kerr.GroupAuthorizationFailed, Count: 2}, true},
		{kfake.Fault{Keys: []kmsg.Key{kmsg.SyncGroup}, Err: kerr.RebalanceInProgress, Count: 1}, true},
		{kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetFetch}, Err: kerr.UnknownServerError, Count: 2}, true},
		{kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetFetch}, Err: kerr.CoordinatorLoadInProgress, Count: 3}, true},
		{kfake.Fault{Keys: []kmsg.Key{kmsg.ListOffsets}, Err: kerr.TopicAuthorizationFailed, Count: 3}, true},
		{kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Err: kerr.NotLeaderForPartition, Count: 3}, false},
		{kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Err: kerr.TopicAuthorizationFailed, Count: 3}, false},
		{kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Err: kerr.CorruptMessage, Count: 3}, false},
		{kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Err: kerr.UnknownServerError, Count: 3}, false},
	} {
		t.Run(f.Keys[0].Name()+" "+f.Err.Message, func(t *testing.T) {
			t.Parallel()
			inBubble(t, 3, func(t *testing.T, w *world) {
				l := newLedger()
				r := start(t, w.options(func(rec port.Record) Job {
					return l.job(rec, func(ctx context.Context) error { return pause(ctx, 300*time.Millisecond) })
				}))
				r.awaitReady(t)
				fault := w.Fault(f.Fault)
				if f.joining {
					out := w.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Heartbeat}, Err: kerr.UnknownMemberID, Count: 1})
					eventually(t, is("the member is thrown out"), func() bool { return out.Hits() == 1 })
				}
				for p := range int32(3) {
					w.produce(t, p, runs(fmt.Sprintf("%d-", p), 100)...)
				}
				l.await(t, 300)
				for p := range int32(3) {
					w.awaitCommit(t, p, 100)
				}
				eventually(t, func() string { return fmt.Sprintf("the fault is met %d times: %d", f.Count, fault.Hits()) },
					func() bool { return fault.Hits() == f.Count })
				r.awaitReady(t)
			})
		})
	}
}

// TestBrokerThatCannotBeReached is told once in a row, and not at each of the client's
// tries.
func TestBrokerThatCannotBeReached(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		j, wire := new(journal), &cable{dialer: w.dial}
		o := w.options(newLedger().handler)
		o.Log, o.Dialer = slog.New(slog.NewJSONHandler(j, nil)), wire.dial
		r := start(t, o)
		r.awaitReady(t)
		wire.set(true)
		eventually(t, is("not ready"), func() bool { return r.Ready() != nil })
		after(10 * time.Minute)
		if n := strings.Count(j.String(), "a Kafka broker cannot be reached"); n == 0 || n > 3 { // by its address, and by its node id
			t.Errorf("told %d times: %s", n, j)
		}
		wire.set(false)
		r.awaitReady(t)
	})
}
