package consumer

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"port-iam/internal/standin"
	"port-iam/port"
)

// offsetFetchFault changes the answers to a member that asks for its commits, so
// many times; the preflight's come before it.
func (w *world) offsetFetchFault(times int32, change func(*kmsg.OffsetFetchResponseGroupTopic)) (hits *atomic.Int32) {
	var asked atomic.Int32
	hits = new(atomic.Int32)
	standin.MustMeet(w.t, "a fault of OffsetFetch", int(times), func() int { return int(hits.Load()) })
	w.ControlKey(int16(kmsg.OffsetFetch), func(r kmsg.Request) (kmsg.Response, error, bool) {
		w.KeepControl()
		req := r.(*kmsg.OffsetFetchRequest)
		if asked.Add(1) == 1 || hits.Load() == times {
			return nil, nil, false
		}
		hits.Add(1)
		resp := req.ResponseKind().(*kmsg.OffsetFetchResponse)
		for _, g := range req.Groups {
			group := kmsg.NewOffsetFetchResponseGroup()
			group.Group = g.Group
			for _, t := range g.Topics {
				topic := kmsg.NewOffsetFetchResponseGroupTopic()
				topic.Topic, topic.TopicID = t.Topic, t.TopicID
				for _, id := range t.Partitions {
					p := kmsg.NewOffsetFetchResponseGroupTopicPartition()
					p.Partition, p.Offset = id, -1
					topic.Partitions = append(topic.Partitions, p)
				}
				change(&topic)
				group.Topics = append(group.Topics, topic)
			}
			resp.Groups = append(resp.Groups, group)
		}
		return resp, nil, true
	})
	return hits
}

// TestPositionThatWasNotRead: where Kafka does not say at which offset a partition
// begins, the client drops it without a word. Another session asks again.
func TestPositionThatWasNotRead(t *testing.T) {
	refuse := func(code *kerr.Error) func(*kmsg.OffsetFetchResponseGroupTopic) {
		return func(topic *kmsg.OffsetFetchResponseGroupTopic) {
			for i := range topic.Partitions {
				if topic.Partitions[i].Partition == 0 {
					topic.Partitions[i].ErrorCode = code.Code
				}
			}
		}
	}
	tests := map[string]struct {
		times  int32
		change func(*kmsg.OffsetFetchResponseGroupTopic)
	}{
		"refused once":           {1, refuse(kerr.TopicAuthorizationFailed)},
		"refused for some time":  {5, refuse(kerr.TopicAuthorizationFailed)},
		"an error of the broker": {2, refuse(kerr.UnknownServerError)},
		"topic not known yet":    {6, refuse(kerr.UnknownTopicID)},
		"left out": {6, func(topic *kmsg.OffsetFetchResponseGroupTopic) {
			topic.Partitions = slices.DeleteFunc(topic.Partitions,
				func(p kmsg.OffsetFetchResponseGroupTopicPartition) bool { return p.Partition == 0 })
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, 2, func(t *testing.T, w *world) {
				hits := w.offsetFetchFault(tt.times, tt.change)
				l := newLedger()
				r := start(t, w.options(l.handler))
				eventually(t, is("not ready because of the partition"), func() bool {
					return hits.Load() > 0 && r.Ready() != nil && strings.Contains(r.Ready().Error(), "position in partition 0")
				})
				w.produce(t, 0, runs("a", 5)...)
				w.produce(t, 1, runs("b", 5)...)
				l.await(t, 10)
				r.awaitReady(t)
			})
		})
	}
}

// TestHeldAndNotRead: a partition that the client does not read, and gives no reason
// for, is noticed, and another session reads it.
func TestHeldAndNotRead(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, w *world) {
		l := newLedger()
		r := start(t, w.options(l.handler))
		r.awaitReady(t)
		r.session.Load().partition(0).pause() // unknown to the rest of the consumer
		w.produce(t, 0, runs("a", 5)...)
		w.produce(t, 1, runs("b", 5)...)
		began := time.Now()
		r.awaitUnready(t, "partition 0 is held and not read")
		if d := time.Since(began); d > 30*time.Second {
			t.Errorf("noticed after %v", d)
		}
		l.await(t, 10)
		r.awaitReady(t)
		after(time.Hour)
		if n := testutil.ToFloat64(r.metrics.sessionsEnded); n != 1 {
			t.Errorf("%v sessions ended, want 1", n)
		}
	})
}

// TestFullWindowIsNoFault: a partition that waits for its own runs is not read on
// purpose.
func TestFullWindowIsNoFault(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		w.produce(t, 0, runs("a", 100)...)
		stuck := make(gate)
		l := newLedger()
		o := w.options(func(rec port.Record) Job { return l.job(rec, stuck.wait) })
		o.Window = 10
		r := start(t, o)
		after(time.Hour)
		if err := r.Ready(); err != nil {
			t.Error(err)
		}
		if n := testutil.ToFloat64(r.metrics.sessionsEnded); n != 0 {
			t.Errorf("%v sessions ended", n)
		}
		close(stuck)
		l.await(t, 100)
	})
}

// TestNoAnswerToFetches: the coordinator answers, and the leader of the partitions
// answers no fetch.
func TestNoAnswerToFetches(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		l := newLedger()
		r := start(t, w.options(l.handler))
		r.awaitReady(t)
		var silent atomic.Bool
		var hits atomic.Int32
		silent.Store(true)
		w.ControlKey(int16(kmsg.Fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
			w.KeepControl()
			if !silent.Load() {
				return nil, nil, false
			}
			hits.Add(1)
			return nil, nil, true
		})
		r.awaitUnready(t, "no answer to a fetch")
		if hits.Load() == 0 {
			t.Error("there was no fetch")
		}
		after(time.Hour)
		if r.Ready() == nil {
			t.Error("ready although nothing can be fetched")
		}
		silent.Store(false)
		w.produce(t, 0, runs("a", 5)...)
		l.await(t, 5)
		r.awaitReady(t)
	})
}

// TestNoAnswerToFetchesOfARun: where runs wait, sessions begin, ever more seldom, and
// none of them makes the member ready.
func TestNoAnswerToFetchesOfARun(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		l := newLedger()
		r := start(t, w.options(l.handler))
		r.awaitReady(t)
		var silent atomic.Bool
		silent.Store(true)
		w.ControlKey(int16(kmsg.Fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
			w.KeepControl()
			return nil, nil, silent.Load()
		})
		w.produce(t, 0, runs("a", 5)...)
		eventually(t, is("not ready"), func() bool { return r.Ready() != nil })
		for range 180 {
			after(20 * time.Second)
			if r.Ready() == nil {
				t.Fatal("ready although nothing was fetched")
			}
		}
		if n := testutil.ToFloat64(r.metrics.sessionsEnded); n < 3 || n > 20 {
			t.Errorf("%v sessions ended in an hour", n)
		}
		silent.Store(false)
		l.await(t, 5)
		r.awaitReady(t)
		after(time.Minute)
		if r.patience != leastPatience {
			t.Errorf("patience of %d looks", r.patience)
		}
	})
}

// TestErrorThatPasses: what is not sure to be a batch that cannot be read passes by
// itself, and no way out is named that passes over records.
func TestErrorThatPasses(t *testing.T) {
	for name, err := range map[string]error{
		"connection closed": &kgo.ErrFirstReadEOF{},
		"Port away":         errors.New("get access to Kafka: Port does not answer"),
		"corrupt":           kerr.CorruptMessage,
		"checksum":          errors.New("encoded crc 1 does not match calculated crc 2"),
		"compression":       kerr.UnsupportedCompressionType,
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, 2, func(t *testing.T, w *world) {
				l := newLedger()
				r := start(t, w.options(l.handler))
				r.awaitReady(t)
				for range 7 { // what may pass counts after some time
					r.session.Load().fetchError(testTopic, 0, err)
					after(2 * time.Second)
				}
				switch why := r.Ready(); {
				case why == nil || !strings.Contains(why.Error(), "partition 0 cannot be read at offset 0"):
					t.Errorf("ready: %v", why)
				case strings.Contains(why.Error(), "reset the offset"):
					t.Errorf("the way out passes over records: %v", why)
				}
				after(troubleLimit + time.Second)
				if err := r.Ready(); err != nil {
					t.Errorf("later: %v", err)
				}
				w.produce(t, 0, runs("a", 1)...)
				l.await(t, 1)
				if n := testutil.ToFloat64(r.metrics.sessionsEnded); n != 0 {
					t.Errorf("%v sessions ended", n)
				}
			})
		})
	}
}

// TestNewPartitions are read soon after they were added.
func TestNewPartitions(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		l := newLedger()
		start(t, w.options(l.handler)).awaitReady(t)
		if _, err := kadm.NewClient(w.cl).CreatePartitions(t.Context(), 2, testTopic); err != nil {
			t.Fatal(err)
		}
		w.cl = w.client(t)
		for p := range int32(3) {
			w.produce(t, p, runs(fmt.Sprint(p, "-"), 1)...)
		}
		began := time.Now()
		l.await(t, 3)
		if d := time.Since(began); d > time.Minute {
			t.Errorf("read after %v", d)
		}
	})
}

// TestBatchThatCannotBeUnpacked stops its own partition and no other one.
func TestBatchThatCannotBeUnpacked(t *testing.T) {
	inBubble(t, 3, func(t *testing.T, w *world) {
		l, j := newLedger(), new(journal)
		o := w.options(l.handler)
		o.Log = j.logger()
		r := start(t, o)
		r.awaitReady(t)
		w.produceGzip(t, 0, 80<<20)
		w.produceGzip(t, 2, 80<<20)
		r.awaitUnready(t, "partition 2 is not read, it holds a batch that is too large")
		r.awaitUnready(t, "partition 0 is not read, it holds a batch that is too large")
		if err := r.Ready().Error(); !strings.Contains(err, "to 1, behind it") {
			t.Errorf("the remedy lacks the offset: %s", err)
		}
		for i := range 60 {
			began := time.Now()
			w.produce(t, 1, runs(fmt.Sprint(i, "-"), 1)...)
			l.await(t, i+1)
			if d := time.Since(began); d > time.Second {
				t.Fatalf("run %d of the other partition took %v", i, d)
			}
			after(time.Minute)
			if r.Ready() == nil {
				t.Fatal("ready although a partition is not read")
			}
		}
		if n := testutil.ToFloat64(r.metrics.sessionsEnded); n != 0 {
			t.Errorf("%v sessions ended", n)
		}
		if n := strings.Count(j.String(), `"level":"ERROR"`); n != 2 {
			t.Errorf("%d lines at ERROR, want one for each partition", n)
		}

		// Retention takes the batches away.
		for _, p := range []int32{0, 2} {
			w.produce(t, p, runs(fmt.Sprint("behind", p), 1)...)
			w.deleteBefore(t, p, 1)
		}
		l.await(t, 62)
		r.awaitReady(t)
	}, kfake.BrokerConfigs(map[string]string{"message.max.bytes": "4000000"}))
}

// produceGzip writes a batch of one record that unpacks to so many bytes. Zstandard is
// not for a bubble: a finalizer, which runs outside, closes its decoder.
func (w *world) produceGzip(t *testing.T, partition int32, size int) {
	t.Helper()
	cl := w.client(t, kgo.ProducerBatchCompression(kgo.GzipCompression()), kgo.ProducerBatchMaxBytes(int32(size)+1<<20),
		kgo.BrokerMaxWriteBytes(200<<20))
	record := &kgo.Record{Partition: partition, Value: make([]byte, size)}
	if err := cl.ProduceSync(t.Context(), record).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// deleteBefore is what retention does.
func (w *world) deleteBefore(t *testing.T, partition int32, offset int64) {
	t.Helper()
	offsets := kadm.Offsets{}
	offsets.AddOffset(testTopic, partition, offset, -1)
	deleted, err := kadm.NewClient(w.cl).DeleteRecords(t.Context(), offsets)
	if err == nil {
		err = deleted.Error()
	}
	if err != nil {
		t.Fatal(err)
	}
}
