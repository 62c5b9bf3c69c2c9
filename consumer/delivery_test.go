package consumer

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"port-iam/port"
)

func TestCommitStopsAtFirstUnfinished(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		w.produce(t, 0, runs("r", 20)...)
		slow := make(gate)
		l := newLedger()
		r := start(t, w.options(func(rec port.Record) Job {
			if rec.RunID == "r5" {
				return l.job(rec, slow.wait)
			}
			return l.job(rec, nil)
		}))
		l.await(t, 19)
		after(3 * time.Second)
		if got := w.committed(t, 0); got != 5 {
			t.Errorf("committed at %d, want 5", got)
		}
		if age := testutil.ToFloat64(gauge(t, r, "port_iam_oldest_unfinished_seconds")); age < 3 || age > 10 {
			t.Errorf("oldest unfinished is %v s old", age)
		}
		close(slow)
		w.awaitCommit(t, 0, 20)
	})
}

func TestWindow(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, w *world) {
		const window = 20
		w.produce(t, 0, runs("a", 200)...)
		w.produce(t, 1, runs("b", 200)...)
		slow := make(gate)
		l := newLedger()
		o := w.options(func(rec port.Record) Job {
			if rec.RunID == "a0" {
				return l.job(rec, slow.wait)
			}
			return l.job(rec, nil)
		})
		o.Window = window
		start(t, o)
		l.await(t, 200+window-1)
		after(time.Minute)
		// One poll may overshoot.
		if n := l.distinct() - 200; n > 2*window {
			t.Errorf("%d records of the partition were handled behind the stuck one, want at most %d", n, 2*window)
		}
		w.awaitCommit(t, 1, 200)
		if got := w.committed(t, 0); got > 0 {
			t.Errorf("committed at %d behind an unfinished record", got)
		}
		close(slow)
		w.awaitCommit(t, 0, 200)
		if l.total() != 400 {
			t.Errorf("%d attempts for 400 runs", l.total())
		}
	})
}

func TestForeignRecordsNeedNoWindow(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		slow := make(gate)
		l := newLedger()
		w.produce(t, 0, runs("first", 1)...)
		foreign := make([]string, 500)
		for i := range foreign {
			foreign[i] = value("other", "x")
		}
		w.produce(t, 0, foreign...)
		w.produce(t, 0, runs("last", 1)...)
		o := w.options(func(rec port.Record) Job {
			if rec.RunID == "first0" {
				return l.job(rec, slow.wait)
			}
			return l.job(rec, nil)
		})
		o.Window = 4
		start(t, o)
		l.await(t, 1) // the last one, 500 records behind the stuck one
		close(slow)
		w.awaitCommit(t, 0, 502)
	})
}

func TestRetryKeepsThePlace(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		w.produce(t, 0, runs("r", 3)...)
		l := newLedger()
		waiting := true
		o := w.options(func(rec port.Record) Job {
			if rec.RunID != "r0" {
				return l.job(rec, nil)
			}
			return l.job(rec, func(context.Context) error {
				if waiting {
					return again(5 * time.Second)
				}
				return nil
			})
		})
		o.Concurrency = 1
		r := start(t, o)
		l.await(t, 2)
		after(time.Minute)
		if got := w.committed(t, 0); got > 0 {
			t.Errorf("committed at %d although the first run waits", got)
		}
		r.lanesIdle(func() { waiting = false })
		w.awaitCommit(t, 0, 3)
	})
}

// lanesIdle calls f while no attempt runs.
func (r *running) lanesIdle(f func()) {
	l := r.lanes
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
}

func TestRecordsByResult(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		values := []string{
			"", "null", "[]", "no JSON at all", "\xff\xfe", value("other", "r"), // contain no action of ours
			testAction, "[" + value(testAction, "r") + "]", `{"action":"` + testAction, value(testAction, ""), "\\u \xff", // malformed
			`{"action":"gr\u0061nt_it","context":{"runId":"escaped"}}`,
			`{"action":"\u006fther","context":{"runId":"r"}}`,
			`{"note":"` + testAction + `","context":{"runId":"r"}}`,
			value(testAction, "wfnr_1234567890"),
			`{"action":"` + testAction + `","context":{"runId":"r"},"diff":{"before":{},"after":{}}}`,
			`{"action":"` + testAction + `","context":{"runId":"r"},"payload":{"action":{"invocationMethod":{"type":"WEBHOOK"}}}}`,
			value(testAction, "plain"), value(testAction, "plain"), value(testAction, "forged"),
		}
		w.produce(t, 0, values...)
		l := newLedger()
		j := new(journal)
		o := w.options(func(rec port.Record) Job {
			if rec.Time.IsZero() {
				t.Error("a record has no time")
			}
			return l.job(rec, func(context.Context) error {
				if rec.RunID == "forged" {
					return fmt.Errorf("not this one: %w", port.ErrMismatch)
				}
				return nil
			})
		})
		o.Log = j.logger()
		r := start(t, o)
		w.awaitCommit(t, 0, int64(len(values)))
		want := map[result]float64{handled: 3, skippedOtherAction: 8, skippedWorkflow: 1, skippedChangeLog: 1, skippedOtherBackend: 1, malformed: 5, dropped: 1}
		got := map[result]float64{}
		for what := range want {
			got[what] = testutil.ToFloat64(r.metrics.records.WithLabelValues(string(what)))
		}
		if !maps.Equal(got, want) {
			t.Errorf("results are %v, want %v", got, want)
		}
		if l.times("escaped") != 1 || l.times("plain") != 2 {
			t.Errorf("finished %v", l.order)
		}
		for _, secret := range []string{"no JSON at all", "resourceType"} {
			if strings.Contains(j.String(), secret) {
				t.Errorf("a body was logged: %s", j)
			}
		}
	})
}

func TestUrgentActionOvertakes(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		w.produce(t, 0, runs("grant", 10)...)
		w.produce(t, 0, value("revoke_it", "revoke"))
		l := newLedger()
		o := w.options(func(rec port.Record) Job {
			return l.job(rec, func(ctx context.Context) error { return pause(ctx, time.Second) })
		})
		o.Actions["revoke_it"] = func(rec port.Record) Job {
			j := l.job(rec, nil).(*testJob)
			j.urgent = true
			return j
		}
		o.Concurrency = 2
		start(t, o)
		l.await(t, 11)
		if l.order[0] != "revoke" {
			t.Errorf("finished %v, want the revoke first", l.order)
		}
	})
}

// TestHandlerWithoutJob: a handler that panics, or gives no job, ends neither the
// consumer nor the reading of its partition, and the log tells of it.
func TestHandlerWithoutJob(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		w.produce(t, 0, runs("a", 20)...)
		l, j := newLedger(), new(journal)
		o := w.options(func(rec port.Record) Job {
			switch rec.RunID {
			case "a0", "a7":
				panic("ouch")
			case "a8", "a19":
				return nil
			}
			return l.handler(rec)
		})
		o.Log = j.logger()
		start(t, o)
		w.awaitCommit(t, 0, 20)
		l.await(t, 16)
		for _, want := range []string{"there is no job for it", "ouch", "delivery_test.go"} {
			if !strings.Contains(j.String(), want) {
				t.Errorf("the log lacks %q: %s", want, j)
			}
		}
	})
}

func TestTopicCreatedAgain(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		w.produce(t, 0, runs("old", 50)...)
		l := newLedger()
		r := start(t, w.options(l.handler))
		w.awaitCommit(t, 0, 50)
		adm := kadm.NewClient(w.cl)
		if _, err := adm.DeleteTopic(t.Context(), testTopic); err != nil {
			t.Fatal(err)
		}
		r.awaitUnready(t, "was deleted")
		if _, err := adm.CreateTopic(t.Context(), 1, 1, nil, testTopic); err != nil {
			t.Fatal(err)
		}
		w.cl = w.client(t)
		w.produce(t, 0, runs("new", 30)...)
		l.await(t, 80)
		w.awaitCommit(t, 0, 30)
		r.awaitReady(t)
	})
}

// TestRecordsOfAnEarlierTime: records that were fetched before a partition moved away
// do not count after it has come back.
func TestRecordsOfAnEarlierTime(t *testing.T) {
	c, err := New(validOptions(prometheus.NewRegistry()))
	if err != nil {
		t.Fatal(err)
	}
	s := newSession(c)
	hold := func(id int32) *partition {
		s.parts[id] = newPartition(id, 0, 100, func() {}, func() {})
		return s.parts[id]
	}
	fetch := func(id int32, offset int64) *kgo.Record {
		r := &kgo.Record{Topic: testTopic, Partition: id, Offset: offset, Value: []byte(value(testAction, "a"))}
		s.OnFetchRecordBuffered(r)
		return r
	}
	poll := func(r *kgo.Record) []*task {
		return s.register(kgo.Fetches{{Topics: []kgo.FetchTopic{{Topic: testTopic, Partitions: []kgo.FetchPartition{
			{Partition: r.Partition, Records: []*kgo.Record{r}},
		}}}}})
	}
	before := hold(0)
	old := fetch(0, 9)
	s.c.lanes.release(before.tenure)
	now := hold(0)
	tasks := poll(old)
	if now.tracker.next() != -1 || before.tracker.next() != 10 {
		t.Errorf("the next offsets are %d now and %d before, want -1 and 10", now.tracker.next(), before.tracker.next())
	}
	if len(tasks) != 1 || tasks[0].tenure != before.tenure {
		t.Error("its task does not belong to the time before")
	}
	if got := poll(fetch(1, 3)); len(got) != 0 {
		t.Error("a record of a partition that is not held has a task")
	}
	if got := poll(fetch(0, 5)); len(got) != 1 || now.tracker.next() != 6 {
		t.Errorf("a record of now is not registered: next offset %d", now.tracker.next())
	}
}
