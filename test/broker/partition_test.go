package broker

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"port-iam/port"
)

// batchTooLarge: a batch that takes too much memory stops the partition that it is
// in, which the member that holds it names. All others go on, and no member loses
// its session.
func batchTooLarge(w *world) {
	const partitions = 4
	w.createTopic(partitions)
	l := newLedger()
	members := []*member{w.start(w.options(l)), w.start(w.options(l))}
	w.within(limit, is("each member has two partitions"), func() bool {
		return len(members[0].holds(partitions)) == 2 && len(members[1].holds(partitions)) == 2
	})
	holder, other := members[0], members[1]
	if other.Holds(0) {
		holder, other = other, holder
	}
	lost := holder.metric(metricLost, -1) + other.metric(metricLost, -1)

	large := w.client(kgo.ProducerBatchCompression(kgo.ZstdCompression()), kgo.ProducerBatchMaxBytes(90<<20), kgo.BrokerMaxWriteBytes(100<<20))
	if err := large.ProduceSync(w.t.Context(), &kgo.Record{Value: bytes.Repeat([]byte("a"), 80<<20)}).FirstErr(); err != nil {
		w.t.Fatal(err)
	}
	cl := w.client()
	w.produce(cl, 0, "behind")
	holder.awaitUnready(20*time.Second, "partition 0")
	var worst time.Duration
	for i, until := 0, time.Now().Add(25*time.Second); time.Now().Before(until); i++ {
		at := time.Now()
		for p := range int32(partitions - 1) {
			id := fmt.Sprintf("run-%d-%d", p+1, i)
			w.produce(cl, p+1, id)
			l.await(w, 5*time.Second, id)
		}
		worst = max(worst, time.Since(at))
		w.always(500*time.Millisecond, func() error {
			switch err := holder.Ready(); {
			case err == nil || !strings.Contains(err.Error(), "partition 0"):
				return fmt.Errorf("partition 0 is not read, and its member says: %w", cmp.Or(err, errors.New("ready")))
			case other.Ready() != nil:
				return fmt.Errorf("the other member: %w", other.Ready())
			}
			return nil
		})
	}
	w.t.Logf("one run in each of three partitions: handled within %v", worst.Round(time.Millisecond))
	if n := holder.metric(metricLost, -1) + other.metric(metricLost, -1); n != lost {
		w.t.Errorf("%v sessions were lost, %v before", n, lost)
	}
	if l.has("behind") {
		w.t.Error("the batch was passed over without an operator")
	}
}

// newPartitions: what is written to partitions that are added is read within a
// minute.
func newPartitions(w *world) {
	w.createTopic(1)
	l := newLedger()
	m := w.start(w.options(l))
	m.awaitReady(limit)
	w.Kafka.AddPartitions(w.topic, 3)
	added := time.Now()
	cl := w.client()
	w.produce(cl, 1, "in 1")
	w.produce(cl, 2, "in 2")
	l.await(w, 60*time.Second, "in 1", "in 2")
	w.t.Logf("read %v after the partitions were added", time.Since(added).Round(time.Millisecond))
	w.awaitCommitted(0, 1, 1)
	if err := m.Ready(); err != nil {
		w.t.Error(err)
	}
}

// commitsRefusedWhileJoining: the broker tells a member that joins nothing of what
// the group has committed, since the right to the topic is gone at that moment.
func commitsRefusedWhileJoining(w *world) {
	const partitions, user = 3, "joins"
	w.createTopic(partitions)
	w.Kafka.AddUser(user, "secret")
	w.Kafka.AllowGroups(user, w.group)
	w.Kafka.AllowTopic(user, w.topic)
	cl := w.client()
	for p := range int32(partitions) {
		w.produce(cl, p, fmt.Sprint("before ", p))
	}

	// The request for the commits waits until the right is gone.
	var joined atomic.Bool
	asked, revoked := make(chan struct{}), make(chan struct{})
	ask := sync.OnceFunc(func() { close(asked); <-revoked })
	wire := &cable{dial: w.dialTLS}
	wire.set(func(k kmsg.Key) bool {
		switch k {
		case kmsg.SyncGroup:
			joined.Store(true)
		case kmsg.OffsetFetch:
			if joined.Load() {
				ask()
			}
		}
		return true
	})
	l := newLedger()
	o := w.options(l)
	o.Access = func(context.Context) (port.KafkaAccess, error) {
		return port.KafkaAccess{Brokers: []string{w.Kafka.Brokers()}, Username: user, Password: "secret"}, nil
	}
	o.Mechanism, o.Dialer = "SCRAM-SHA-512", wire.open
	m := w.start(o)
	<-asked
	w.Kafka.DisallowTopic(user, w.topic)
	close(revoked)
	m.awaitUnready(30*time.Second, "does not let this user read topic")
	w.always(5*time.Second, func() error {
		if m.Ready() == nil {
			return errors.New("ready, although nothing may be read")
		}
		return nil
	})
	w.Kafka.AllowTopic(user, w.topic)
	allowed := time.Now()

	for p := range int32(partitions) {
		w.produce(cl, p, fmt.Sprint("after ", p))
	}
	l.await(w, limit, "before 0", "before 1", "before 2", "after 0", "after 1", "after 2")
	w.t.Logf("every partition is read %v after the right was given again", time.Since(allowed).Round(time.Millisecond))
	w.awaitCommitted(2, 2, 2)
	m.awaitReady(30 * time.Second)
}

// dialTLS opens a connection on which requests can be seen, since the encryption is
// behind them.
func (w *world) dialTLS(ctx context.Context, network, addr string) (net.Conn, error) {
	return (&tls.Dialer{Config: w.trust()}).DialContext(ctx, network, addr)
}

// fetchesUnanswered: a member that gets no answer to its fetches is not ready,
// although the group answers.
func fetchesUnanswered(w *world) {
	w.createTopic(1)
	wire := &cable{dial: new(net.Dialer).DialContext}
	l := newLedger()
	o := w.options(l)
	o.Dialer, o.Session = wire.open, 6*time.Second
	m := w.start(o)
	m.awaitReady(limit)
	w.always(7*time.Second, m.Ready) // without records as well

	var lost, beats atomic.Int64
	wire.set(func(k kmsg.Key) bool {
		switch k {
		case kmsg.Heartbeat:
			beats.Add(1)
		case kmsg.Fetch:
			lost.Add(1)
			return false
		}
		return true
	})
	cut := time.Now()
	m.awaitUnready(30*time.Second, "")
	w.t.Logf("not ready %v after the last fetch: %v", time.Since(cut).Round(time.Millisecond), m.Ready())
	w.produce(w.client(), 0, "while cut")
	w.within(limit, is("fetches are lost while heartbeats are answered"), func() bool { return lost.Load() > 0 && beats.Load() > 3 })
	w.always(7*time.Second, func() error {
		if m.Ready() == nil {
			return errors.New("ready, although nothing can be fetched")
		}
		return nil
	})
	wire.set(nil)
	back := time.Now()
	m.awaitReady(30 * time.Second)
	w.t.Logf("ready %v after fetches pass again", time.Since(back).Round(time.Millisecond))
	l.await(w, 30*time.Second, "while cut")
}

func is(what string) func() string { return func() string { return what } }
