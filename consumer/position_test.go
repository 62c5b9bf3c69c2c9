package consumer

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"port-iam/port"
)

// transaction writes records in a transaction and ends it, or leaves it open.
func (w *world) transaction(t *testing.T, end *kgo.TransactionEndTry, values ...string) {
	t.Helper()
	cl := w.client(t, kgo.TransactionalID("port-"+t.Name()+values[0]))
	if err := cl.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	for _, v := range values {
		if err := cl.ProduceSync(t.Context(), &kgo.Record{Partition: 0, Value: []byte(v)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	if end == nil {
		return
	}
	if err := cl.EndTransaction(t.Context(), *end); err != nil {
		t.Fatal(err)
	}
}

// TestTransactions: a commit reaches the end of the log although the last thing in it
// is the marker of a transaction, and a restart after retention finds its place.
func TestTransactions(t *testing.T) {
	commit, abort := kgo.TryCommit, kgo.TryAbort
	for name, end := range map[string]*kgo.TransactionEndTry{"committed": &commit, "aborted": &abort} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, 1, func(t *testing.T, w *world) {
				w.transaction(t, end, runs("a", 3)...)
				l := newLedger()
				r := start(t, w.options(l.handler))
				l.await(t, 3)
				w.awaitCommit(t, 0, 4)
				after(2 * watchInterval)
				if lag := testutil.ToFloat64(r.metrics.lag.WithLabelValues("0")); lag != 0 {
					t.Errorf("lag %v", lag)
				}
				if err := r.stop(); err != nil {
					t.Fatal(err)
				}
				w.deleteBefore(t, 0, 4)
				w.produce(t, 0, runs("b", 2)...)
				again := start(t, w.options(l.handler))
				l.await(t, 5)
				w.awaitCommit(t, 0, 6)
				if n := testutil.ToFloat64(again.metrics.belowStart); n != 0 {
					t.Errorf("%v commits below the start", n)
				}
			})
		})
	}
}

// TestHangingTransaction: what is written behind a transaction that nobody ends is
// handled.
func TestHangingTransaction(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		w.transaction(t, nil, runs("open", 1)...)
		w.produce(t, 0, runs("behind", 3)...)
		l := newLedger()
		start(t, w.options(l.handler))
		l.await(t, 4)
		w.awaitCommit(t, 0, 4)
	})
}

// TestCommitBeforeTheBeginning: retention was faster than a long stop. Reading goes on
// at the beginning of the log.
func TestCommitBeforeTheBeginning(t *testing.T) {
	for name, beginning := range map[string]int64{"records are left": 30, "nothing is left": 50} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, 2, func(t *testing.T, w *world) {
				w.produce(t, 0, runs("a", 50)...)
				w.commit(t, 10)
				w.deleteBefore(t, 0, beginning)
				l, j := newLedger(), new(journal)
				o := w.options(l.handler)
				o.Log = j.logger()
				r := start(t, o)
				left := int(50 - beginning)
				l.await(t, left)
				w.awaitCommit(t, 0, 50)
				r.awaitReady(t)
				w.produce(t, 0, runs("new", 5)...)
				l.await(t, left+5)
				if n := testutil.ToFloat64(r.metrics.belowStart); n != 1 {
					t.Errorf("counted %v times", n)
				}
				if n := strings.Count(j.String(), "before the log's beginning"); n != 1 {
					t.Errorf("told %d times in the log", n)
				}
				if n := testutil.ToFloat64(r.metrics.sessionsEnded); n != 0 {
					t.Errorf("%v sessions ended", n)
				}
			})
		})
	}
}

// TestRetentionOvertakesReading: the log's beginning moves past what a member would
// read next, while its window is full.
func TestRetentionOvertakesReading(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		w.produce(t, 0, runs("a", 100)...)
		stuck := make(gate)
		l := newLedger()
		o := w.options(func(rec port.Record) Job { return l.job(rec, stuck.wait) })
		o.Window = 10
		r := start(t, o)
		r.awaitReady(t)
		after(time.Minute)
		w.deleteBefore(t, 0, 90)
		close(stuck)
		r.awaitUnready(t, "now begins at 90")
		eventually(t, is("the last run is handled"), func() bool { return l.times("a99") > 0 })
		w.awaitCommit(t, 0, 100)
		r.awaitReady(t)
	})
}

// TestOffsetOutsideOfLog: the position is not moved, the operator is told, and
// the broker is not asked without an end.
func TestOffsetOutsideOfLog(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, w *world) {
		w.produce(t, 0, runs("a", 50)...)
		w.commit(t, 60)
		l := newLedger()
		fetches := w.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Observe: true, Count: -1})
		r := start(t, w.options(l.handler))
		r.awaitUnready(t, "reset the offset")
		before := fetches.Hits()
		w.produce(t, 1, runs("b", 10)...)
		l.await(t, 10) // the other partition goes on
		after(time.Minute)
		// Two a second of the other partition, and one in stallTime of this one.
		if n := fetches.Hits() - before; n > 140 {
			t.Errorf("%d fetches in a minute", n)
		}
		r.awaitUnready(t, "reset the offset")
		w.produce(t, 0, runs("c", 20)...) // now the offset exists
		l.await(t, 20)
		w.awaitCommit(t, 0, 70)
		r.awaitReady(t)
	})
}

func TestStartsAtTheBeginning(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		w.produce(t, 0, runs("before", 10)...)
		l := newLedger()
		r := start(t, w.options(l.handler))
		l.await(t, 10)
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
		adm := kadm.NewClient(w.cl)
		if _, err := adm.CreatePartitions(t.Context(), 1, testTopic); err != nil {
			t.Fatal(err)
		}
		w.cl = w.client(t)
		w.produce(t, 1, runs("added", 10)...)
		start(t, w.options(l.handler))
		l.await(t, 20)
		synctest.Wait()
		if l.total() != 20 {
			t.Errorf("%d attempts for 20 runs", l.total())
		}
	})
}
