package broker

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"

	"port-iam/consumer"
	"port-iam/port"
	"port-iam/test/kit/daemontest"
)

const action = "grant_it"

// world is the shared broker as one test sees it.
type world struct {
	*daemontest.World
	t            *testing.T
	topic, group string // of this test alone
}

func newWorld(t *testing.T, shared *daemontest.World) *world {
	t.Helper()
	_, name, _ := strings.Cut(t.Name(), "/")
	name = daemontest.Org + "." + strings.NewReplacer("/", ".", ",", "").Replace(name)
	return &world{World: shared.For(t), t: t, topic: name + ".runs", group: name}
}

// createTopic creates the topic of this test.
func (w *world) createTopic(partitions int32) {
	w.t.Helper()
	w.Kafka.CreateTopic(w.topic, partitions)
}

// client returns a client that may do everything.
func (w *world) client(opts ...kgo.Opt) *kgo.Client {
	w.t.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(w.Kafka.AdminBrokers()), kgo.DefaultProduceTopic(w.topic),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.DisableClientMetrics(),
	}, opts...)...)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(cl.Close)
	return cl
}

// request is a record that asks for a run.
func request(partition int32, id string) *kgo.Record {
	return &kgo.Record{
		Partition: partition,
		Value:     fmt.Appendf(nil, `{"action":%q,"resourceType":"run","context":{"runId":%q},"payload":{}}`, action, id),
	}
}

// produce writes a record for each run.
func (w *world) produce(cl *kgo.Client, partition int32, ids ...string) {
	w.t.Helper()
	var records []*kgo.Record
	for _, id := range ids {
		records = append(records, request(partition, id))
	}
	if err := cl.ProduceSync(w.t.Context(), records...).FirstErr(); err != nil {
		w.t.Fatal(err)
	}
}

// awaitCommitted waits until the log of each partition ends at its offset, and the
// group has committed that.
func (w *world) awaitCommitted(ends ...int64) {
	w.t.Helper()
	got := func() (logs, commits []int64) {
		committed := w.Kafka.CommittedOffsets(w.group)
		logEnds := w.Kafka.EndOffsets(w.topic)
		for p := range int32(len(logEnds)) {
			at, _ := committed.Lookup(w.topic, p)
			logs, commits = append(logs, logEnds[p]), append(commits, at.At)
		}
		return logs, commits
	}
	w.within(limit, func() string {
		logs, commits := got()
		return fmt.Sprintf("logs end at %d and that is committed; they end at %d, committed is %d", ends, logs, commits)
	}, func() bool {
		logs, commits := got()
		return slices.Equal(logs, ends) && slices.Equal(commits, ends)
	})
}

// limit is how long anything may take that has no limit of its own.
const limit = 90 * time.Second

func (w *world) within(d time.Duration, what func() string, done func() bool) {
	w.t.Helper()
	daemontest.Within(w.t, d, what, done)
}

// always checks for a while that something holds.
func (w *world) always(d time.Duration, holds func() error) {
	w.t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(d); ; {
		if err := holds(); err != nil {
			w.t.Fatal(err)
		}
		select {
		case <-tick.C:
		case <-end:
			return
		}
	}
}

// options are those of a consumer that may do everything.
func (w *world) options(l *ledger) consumer.Options {
	return consumer.Options{
		Access: func(context.Context) (port.KafkaAccess, error) {
			return port.KafkaAccess{Brokers: []string{w.Kafka.AdminBrokers()}}, nil
		},
		Mechanism: "none",
		Topic:     w.topic, Group: w.group,
		Actions:     map[string]consumer.Handler{action: l.handler},
		Concurrency: 8,
	}
}

// member is a consumer that runs.
type member struct {
	*consumer.Consumer
	w       *world
	log     *journal
	metrics *prometheus.Registry
	stop    func() error // ends Run and returns its result
}

// prepare makes a consumer and does not run it.
func (w *world) prepare(o consumer.Options) *member {
	w.t.Helper()
	m := &member{w: w, log: new(journal), metrics: prometheus.NewRegistry()}
	o.Log, o.Registerer = m.log.logger(), m.metrics
	var err error
	if m.Consumer, err = consumer.New(o); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if w.t.Failed() {
			w.t.Logf("log of the consumer:\n%s", m.log)
		}
	})
	return m
}

// start runs a consumer until it is stopped or the test ends.
func (w *world) start(o consumer.Options) *member {
	w.t.Helper()
	m := w.prepare(o)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	var result error
	go func() {
		defer close(done)
		result = m.Run(ctx)
	}()
	m.stop = func() error {
		cancel()
		<-done
		return result
	}
	w.t.Cleanup(func() { _ = m.stop() })
	return m
}

func (m *member) awaitReady(d time.Duration) {
	m.w.t.Helper()
	m.w.within(d, func() string { return fmt.Sprint("ready: ", m.Ready()) }, func() bool { return m.Ready() == nil })
}

func (m *member) awaitUnready(d time.Duration, text string) {
	m.w.t.Helper()
	m.w.within(d, func() string { return fmt.Sprintf("unready with %q: %v", text, m.Ready()) }, func() bool {
		err := m.Ready()
		return err != nil && strings.Contains(err.Error(), text)
	})
}

// metric returns a value of a metric, for a partition if that is not negative;
// -1 where there is none.
func (m *member) metric(name string, partition int) float64 {
	m.w.t.Helper()
	families, err := m.metrics.Gather()
	if err != nil {
		m.w.t.Fatal(err)
	}
	for _, f := range families {
		for _, v := range f.GetMetric() {
			label := ""
			for _, l := range v.GetLabel() {
				label = l.GetValue()
			}
			if f.GetName() == name && (partition < 0 || label == strconv.Itoa(partition)) {
				return cmp.Or(v.GetCounter().GetValue(), v.GetGauge().GetValue())
			}
		}
	}
	return -1
}

func (m *member) awaitMetric(name string, partition int, want float64) {
	m.w.t.Helper()
	m.w.within(limit, func() string { return fmt.Sprintf("%s is %v, not %v", name, want, m.metric(name, partition)) },
		func() bool { return m.metric(name, partition) == want })
}

// holds counts the partitions, of so many, that this member holds.
func (m *member) holds(partitions int32) (held []int32) {
	for p := range partitions {
		if m.Holds(p) {
			held = append(held, p)
		}
	}
	return held
}

// pause lets the broker and the consumer go on for a while.
func (w *world) pause(d time.Duration) {
	w.t.Helper()
	w.always(d, func() error { return nil })
}

const (
	metricLost       = "port_iam_consumer_sessions_lost_total"
	metricBelowStart = "port_iam_consumer_commits_below_start_total"
	metricLag        = "port_iam_consumer_lag_records"
)
