package consumer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"port-iam/internal/standin"
	"port-iam/port"
)

const (
	testTopic  = "org.runs"
	testGroup  = "org.port-iam"
	testAction = "grant_it"
	patience   = 3 * time.Minute // of the fake clock, as a rule
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a broker in memory and a client for the test's own use.
type world struct {
	*kfake.Cluster
	t    *testing.T
	cl   *kgo.Client
	dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Fault arms faults as the broker does. The test fails where they meet fewer
// requests than they are armed for.
func (w *world) Fault(f kfake.Fault) *kfake.FaultHandle {
	h := w.Cluster.Fault(f)
	standin.MustMeet(w.t, fmt.Sprint(f.Keys, f.Err), f.Count, h.Hits)
	return h
}

// inBubble runs a test on a fake clock with a broker whose topic has that many
// partitions.
func inBubble(t *testing.T, partitions int32, f func(*testing.T, *world), opts ...kfake.Opt) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		vn := new(kfake.VirtualNetwork)
		f(t, newWorld(t, vn.DialContext, append([]kfake.Opt{
			kfake.ListenFn(vn.Listen), kfake.Ports(9092), kfake.SeedTopics(partitions, testTopic),
		}, opts...)...))
	})
}

func newWorld(t *testing.T, dial func(context.Context, string, string) (net.Conn, error), opts ...kfake.Opt) *world {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	w := &world{t: t, Cluster: c, dial: dial}
	w.cl = w.client(t)
	return w
}

func (w *world) client(t *testing.T, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(w.ListenAddrs()...), kgo.DefaultProduceTopic(testTopic), kgo.Dialer(w.dial),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.DisableClientMetrics(),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

func (w *world) produce(t *testing.T, partition int32, values ...string) {
	t.Helper()
	var records []*kgo.Record
	for _, v := range values {
		records = append(records, &kgo.Record{Partition: partition, Value: []byte(v)})
	}
	if err := w.cl.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// committed returns the committed offset of a partition; -1 if there is none.
func (w *world) committed(t *testing.T, partition int32) int64 {
	t.Helper()
	resp, err := kadm.NewClient(w.cl).FetchOffsets(t.Context(), testGroup)
	if err != nil {
		return -1
	}
	if o, ok := resp.Lookup(testTopic, partition); ok {
		return o.At
	}
	return -1
}

func (w *world) awaitCommit(t *testing.T, partition int32, want int64) {
	t.Helper()
	var got int64
	eventually(t, func() string { return fmt.Sprintf("partition %d committed at %d, is %d", partition, want, got) },
		func() bool { got = w.committed(t, partition); return got == want })
}

// commit sets the group's offset of partition 0 while the group is empty.
func (w *world) commit(t *testing.T, offset int64) {
	t.Helper()
	offsets := kadm.Offsets{}
	offsets.AddOffset(testTopic, 0, offset, -1)
	if err := kadm.NewClient(w.cl).CommitAllOffsets(t.Context(), testGroup, offsets); err != nil {
		t.Fatal(err)
	}
}

// options are those of a consumer of this world. The timing is the default one,
// but that this broker gives up a member that waits in a join after its session
// timeout.
func (w *world) options(h Handler) Options {
	return Options{
		Access:      access(port.KafkaAccess{Brokers: w.ListenAddrs()}),
		Mechanism:   "none",
		Topic:       testTopic,
		Group:       testGroup,
		Actions:     map[string]Handler{testAction: h},
		Concurrency: 8,
		Registerer:  prometheus.NewRegistry(),
		Dialer:      w.dial,
		Session:     45 * time.Second,
		Rebalance:   44 * time.Second,
	}
}

// value is a record that asks for a run of an action.
func value(action, run string) string {
	return fmt.Sprintf(`{"action":%q,"resourceType":"run","context":{"runId":%q},"payload":{}}`, action, run)
}

func runs(prefix string, n int) []string {
	var all []string
	for i := range n {
		all = append(all, value(testAction, fmt.Sprintf("%s%d", prefix, i)))
	}
	return all
}

// running is a consumer whose Run was called.
type running struct {
	*Consumer
	stop func() error // ends Run and returns its result
	done chan struct{}
}

func start(t *testing.T, o Options) *running {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return run(t, c)
}

func run(t *testing.T, c *Consumer) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{Consumer: c, done: make(chan struct{})}
	var result error
	go func() {
		defer close(r.done)
		result = c.Run(ctx)
	}()
	r.stop = func() error {
		cancel()
		<-r.done
		return result
	}
	t.Cleanup(func() { _ = r.stop() })
	return r
}

func (r *running) awaitReady(t *testing.T) {
	t.Helper()
	eventually(t, func() string { return fmt.Sprint("ready: ", r.Ready()) }, func() bool { return r.Ready() == nil })
}

func (r *running) awaitUnready(t *testing.T, text string) {
	t.Helper()
	eventually(t, func() string { return fmt.Sprintf("unready with %q: %v", text, r.Ready()) }, func() bool {
		err := r.Ready()
		return err != nil && strings.Contains(err.Error(), text)
	})
}

// eventually waits for a condition.
func eventually(t *testing.T, what func() string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for !cond() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("not in time: %s", what())
		}
	}
}

func is(what string) func() string { return func() string { return what } }

// testJob is a job made of functions.
type testJob struct {
	key     string
	urgent  bool
	attempt func(context.Context) error

	abandoned atomic.Int32
}

func (j *testJob) Key() string                       { return j.key }
func (j *testJob) Urgent() bool                      { return j.urgent }
func (j *testJob) Attempt(ctx context.Context) error { return j.attempt(ctx) }
func (j *testJob) Abandon()                          { j.abandoned.Add(1) }

// again asks for another attempt.
type again time.Duration

func (a again) Error() string             { return "not yet" }
func (a again) RetryAfter() time.Duration { return time.Duration(a) }

// ledger notes what was finished, in order.
type ledger struct {
	mu    sync.Mutex
	count map[string]int
	order []string
}

func newLedger() *ledger { return &ledger{count: map[string]int{}} }

func (l *ledger) add(run string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count[run]++
	l.order = append(l.order, run)
}

func (l *ledger) times(run string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count[run]
}

func (l *ledger) distinct() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.count)
}

func (l *ledger) total() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.order)
}

func (l *ledger) await(t *testing.T, distinct int) {
	t.Helper()
	eventually(t, func() string { return fmt.Sprintf("%d runs of %d", l.distinct(), distinct) },
		func() bool { return l.distinct() >= distinct })
}

// handler finishes every run at once.
func (l *ledger) handler(rec port.Record) Job { return l.job(rec, nil) }

// job notes the run when attempt, if any, has returned nil.
func (l *ledger) job(rec port.Record, attempt func(context.Context) error) Job {
	return &testJob{key: rec.RunID, attempt: func(ctx context.Context) error {
		if attempt != nil {
			if err := attempt(ctx); err != nil {
				return err
			}
		}
		l.add(rec.RunID)
		return nil
	}}
}

// pause waits like work would.
func pause(ctx context.Context, d time.Duration) error {
	sleep(ctx, d)
	return ctx.Err()
}

// gate is work that goes on when it is opened.
type gate chan struct{}

func (g gate) wait(ctx context.Context) error {
	select {
	case <-g:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// cable is a network that can be cut.
type cable struct {
	dialer func(context.Context, string, string) (net.Conn, error)
	mu     sync.Mutex
	cut    bool
	conns  []net.Conn
}

func (n *cable) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := n.dialer(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cut {
		_ = conn.Close()
		return nil, errors.New("network is cut")
	}
	n.conns = append(n.conns, conn)
	return conn, nil
}

func (n *cable) set(cut bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut = cut
	if cut {
		for _, c := range n.conns {
			_ = c.Close()
		}
		n.conns = nil
	}
}

// journal keeps what is logged.
type journal struct {
	mu  sync.Mutex
	buf strings.Builder
}

func (l *journal) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *journal) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *journal) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
