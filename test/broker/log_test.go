package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// transaction writes runs in a transaction and ends it.
func (w *world) transaction(cl *kgo.Client, how kgo.TransactionEndTry, ids ...string) {
	w.t.Helper()
	if err := cl.BeginTransaction(); err != nil {
		w.t.Fatal(err)
	}
	w.produce(cl, 0, ids...)
	if err := cl.EndTransaction(w.t.Context(), how); err != nil {
		w.t.Fatal(err)
	}
}

// transactionMarkers: what a transactional producer writes behind its records is
// committed too, so that nothing stays unfinished, and retention up to the end of
// the log takes nothing away that a restart needs.
func transactionMarkers(w *world) {
	w.createTopic(1)
	l := newLedger()
	release := l.hold("first")
	m := w.start(w.options(l))
	m.awaitReady(limit)
	producer := w.client(kgo.TransactionalID(w.group))

	w.transaction(producer, kgo.TryCommit, "first")
	w.transaction(producer, kgo.TryCommit, "second")
	w.transaction(producer, kgo.TryAbort, "given up")
	l.await(w, limit, "second", "given up")
	m.awaitMetric(metricLag, 0, 6)
	release()
	w.awaitCommitted(6) // three records and three markers
	m.awaitMetric(metricLag, 0, 0)
	if err := m.stop(); err != nil {
		w.t.Fatal(err)
	}

	w.Kafka.DeleteRecords(w.topic, 0, 6)
	m = w.start(w.options(l))
	m.awaitReady(limit)
	w.produce(w.client(), 0, "after retention")
	l.await(w, limit, "after retention")
	w.awaitCommitted(7)
	if n := m.metric(metricBelowStart, -1); n > 0 {
		w.t.Errorf("%v commits below the start are counted", n)
	}
}

// hangingTransaction: a transaction that never ends stops nothing behind it.
func hangingTransaction(w *world) {
	w.createTopic(1)
	l := newLedger()
	m := w.start(w.options(l))
	m.awaitReady(limit)
	producer := w.client(kgo.TransactionalID(w.group))
	if err := producer.BeginTransaction(); err != nil {
		w.t.Fatal(err)
	}
	w.produce(producer, 0, "open")
	w.produce(w.client(), 0, "behind")
	l.await(w, 5*time.Second, "open", "behind")
	w.awaitCommitted(2)
	if err := producer.EndTransaction(context.WithoutCancel(w.t.Context()), kgo.TryAbort); err != nil {
		w.t.Fatal(err)
	}
	w.awaitCommitted(3)
}

// commitBelowStart: what retention has deleted is gone, and everything else is
// handled.
func commitBelowStart(w *world) {
	w.createTopic(1)
	cl := w.client()
	w.produce(cl, 0, names("run-", 50)...)
	w.Kafka.Commit(w.group, w.topic, 0, 10)
	w.Kafka.DeleteRecords(w.topic, 0, 30)
	l := newLedger()
	m := w.start(w.options(l))
	l.await(w, 30*time.Second, names("run-", 50)[30:]...)
	w.produce(cl, 0, "new")
	l.await(w, 5*time.Second, "new")
	w.awaitCommitted(51)
	m.awaitReady(5 * time.Second)
	w.checkBelowStart(m)
}

// checkBelowStart: a commit below the start is told in one line and counted once.
func (w *world) checkBelowStart(m *member) {
	w.t.Helper()
	if n := m.metric(metricBelowStart, -1); n != 1 {
		w.t.Errorf("%v commits below the start are counted, want 1", n)
	}
	if lines := m.log.lines("level=WARN", "partition=0"); len(lines) != 1 {
		w.t.Errorf("%d warnings about partition 0, want 1: %q", len(lines), lines)
	}
}

// retentionOvertakes: the same while a member reads: the records that it was about
// to fetch are deleted.
func retentionOvertakes(w *world) {
	w.createTopic(1)
	cl := w.client()
	wire := &cable{dial: new(net.Dialer).DialContext}
	l := newLedger()
	o := w.options(l)
	o.Dialer = wire.open
	m := w.start(o)
	m.awaitReady(limit)
	w.produce(cl, 0, "before")
	l.await(w, 5*time.Second, "before")
	w.awaitCommitted(1)

	lost := make(chan struct{})
	lose := sync.OnceFunc(func() { close(lost) })
	wire.set(func(k kmsg.Key) bool {
		if k == kmsg.Fetch {
			lose()
		}
		return k != kmsg.Fetch
	})
	<-lost // the broker has answered the one before
	w.produce(cl, 0, names("run-", 50)...)
	w.Kafka.DeleteRecords(w.topic, 0, 31)
	wire.set(nil)
	l.await(w, limit, names("run-", 50)[30:]...)
	w.produce(cl, 0, "new")
	l.await(w, 5*time.Second, "new")
	w.awaitCommitted(52)
	m.awaitReady(30 * time.Second)
	if l.has("run-29") {
		w.t.Error("a record was handled that no fetch can have brought")
	}
	if n := m.metric(metricBelowStart, -1); n != 1 {
		w.t.Errorf("%v commits below the start are counted, want 1", n)
	}
}

// commitPastEnd: nobody knows what such a commit means, so the operator is asked.
// The other partition goes on.
func commitPastEnd(w *world) {
	w.createTopic(2)
	cl := w.client()
	behind := names("run-", 5)
	w.produce(cl, 0, behind...)
	w.Kafka.Commit(w.group, w.topic, 0, 1000)
	l := newLedger()
	m := w.start(w.options(l))
	m.awaitUnready(30*time.Second, "reset the offset")
	w.produce(cl, 0, "new")
	next := 0
	w.always(25*time.Second, func() error {
		if m.Ready() == nil {
			return errors.New("ready, although partition 0 is not read")
		}
		if l.has("new") || len(l.missing(behind)) < len(behind) {
			return errors.New("partition 0 is read, although nobody has decided from where")
		}
		id := fmt.Sprint("other-", next)
		next++
		w.produce(cl, 1, id)
		l.await(w, 5*time.Second, id)
		return nil
	})
	if n := m.metric(metricBelowStart, -1); n > 0 {
		w.t.Errorf("%v commits below the start are counted", n)
	}
	if n := m.metric(metricLost, -1); n > 0 {
		w.t.Errorf("%v sessions were lost", n)
	}
}
