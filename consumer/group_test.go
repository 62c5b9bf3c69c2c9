package consumer

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"port-iam/port"
)

// commitWatch sees every commit that reaches the broker.
type commitWatch struct {
	mu   sync.Mutex
	last map[int32]int64
	back []string // commits that went back
}

func (w *world) watchCommits() *commitWatch {
	c := &commitWatch{last: map[int32]int64{}}
	w.ControlKey(int16(kmsg.OffsetCommit), func(req kmsg.Request) (kmsg.Response, error, bool) {
		w.KeepControl()
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, topic := range req.(*kmsg.OffsetCommitRequest).Topics {
			for _, p := range topic.Partitions {
				if p.Offset < c.last[p.Partition] {
					c.back = append(c.back, fmt.Sprintf("partition %d from %d to %d", p.Partition, c.last[p.Partition], p.Offset))
				}
				c.last[p.Partition] = p.Offset
			}
		}
		return nil, nil, false
	})
	return c
}

func (c *commitWatch) check(t *testing.T) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.back) > 0 {
		t.Errorf("commits went back: %v", c.back)
	}
}

// second is a job of one second.
func second(l *ledger) Handler {
	return func(rec port.Record) Job {
		return l.job(rec, func(ctx context.Context) error { return pause(ctx, time.Second) })
	}
}

// TestRebalanceWithWorkInFlight: members come and go in an orderly way, so that
// nothing is done twice.
func TestRebalanceWithWorkInFlight(t *testing.T) {
	inBubble(t, 6, func(t *testing.T, w *world) {
		const perPartition = 60
		watch := w.watchCommits()
		for p := range int32(6) {
			w.produce(t, p, runs(fmt.Sprintf("p%d-", p), perPartition)...)
		}
		l := newLedger()
		first := start(t, w.options(second(l)))
		l.await(t, 20)
		other := start(t, w.options(second(l)))
		owned := func(r *running) (n int) {
			for p := range int32(6) {
				if r.Holds(p) {
					n++
				}
			}
			return n
		}
		eventually(t, func() string { return fmt.Sprintf("three partitions each: %d, %d", owned(first), owned(other)) },
			func() bool { return owned(first) == 3 && owned(other) == 3 })
		l.await(t, 100)
		if err := first.stop(); err != nil {
			t.Error(err)
		}
		eventually(t, is("the other one owns all"), func() bool { return owned(other) == 6 })
		l.await(t, 6*perPartition)
		for p := range int32(6) {
			w.awaitCommit(t, p, perPartition)
		}
		watch.check(t)
		if l.total() != 6*perPartition {
			t.Errorf("%d runs in %d attempts although nothing crashed", l.distinct(), l.total())
		}
	})
}

// TestDrainLetsOthersGoOn: while a partition that moves waits for its runs, the
// ones that stay are read.
func TestDrainLetsOthersGoOn(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, w *world) {
		l := newLedger()
		slow := func(rec port.Record) Job {
			return l.job(rec, func(ctx context.Context) error {
				if strings.HasPrefix(rec.RunID, "slow") {
					return pause(ctx, 15*time.Second)
				}
				return nil
			})
		}
		first := start(t, w.options(slow))
		first.awaitReady(t)
		for p := range int32(2) {
			w.produce(t, p, value(testAction, fmt.Sprint("slow", p)))
		}
		after(time.Second)
		second := start(t, w.options(slow))
		after(9 * time.Second) // a heartbeat has told the first member of the second
		for p := range int32(2) {
			w.produce(t, p, value(testAction, fmt.Sprint("quick", p)))
		}
		began := time.Now()
		eventually(t, is("a run of the partition that stays"), func() bool { return l.times("quick0")+l.times("quick1") > 0 })
		if d := time.Since(began); d > time.Second {
			t.Errorf("it was read after %v", d)
		}
		if l.times("slow0")+l.times("slow1") > 0 || second.Holds(0) || second.Holds(1) {
			t.Error("the drain is over")
		}
		l.await(t, 4)
		eventually(t, is("a partition each"), func() bool { return second.Holds(0) != second.Holds(1) })
		if l.total() != 4 {
			t.Errorf("%d attempts for 4 runs", l.total())
		}
	})
}

// TestLongDrainIsNoFault: a partition that is given back is not read, on purpose, as
// long as its runs take, and its log may go on meanwhile. It needs the real clock: a
// commit that waits for a join would stop the fake one.
func TestLongDrainIsNoFault(t *testing.T) {
	t.Parallel()
	w := newWorld(t, new(net.Dialer).DialContext, kfake.SeedTopics(2, testTopic), kfake.GroupMinSessionTimeout(time.Second))
	l := newLedger()
	stuck := make(gate)
	options := func() Options {
		o := w.options(func(rec port.Record) Job {
			if strings.HasPrefix(rec.RunID, "slow") {
				return l.job(rec, stuck.wait)
			}
			return l.job(rec, nil)
		})
		o.Dialer, o.Session = nil, 6*time.Second
		return o
	}
	first := start(t, options())
	first.awaitReady(t)
	var begun []*partition
	for p := range int32(2) {
		w.produce(t, p, value(testAction, fmt.Sprint("slow", p)))
		begun = append(begun, first.session.Load().partition(p))
	}
	eventually(t, is("both wait"), func() bool { return begun[0].tracker.next() == 1 && begun[1].tracker.next() == 1 })
	second := start(t, options())
	leaves := func() *partition {
		for _, p := range begun {
			if p.gone() {
				return p
			}
		}
		return nil
	}
	eventually(t, is("a partition is given back"), func() bool { return leaves() != nil })
	moved := leaves()
	w.produce(t, moved.id, runs("next", 3)...)
	s := first.session.Load()
	for range 3 { // looks of the watch
		if s.judge(moved, 0, 10) {
			t.Error("it counts as behind")
		}
	}
	close(stuck)
	eventually(t, is("it has moved"), func() bool { return second.Holds(moved.id) })
	l.await(t, 5)
	if l.total() != 5 {
		t.Errorf("%d attempts for 5 runs", l.total())
	}
	if n := testutil.ToFloat64(first.metrics.sessionsEnded); n != 0 {
		t.Errorf("%v sessions ended", n)
	}
}

// TestCrash cuts a member off: another one takes over when its session has
// ended, and the first one finds its way back.
func TestCrash(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, w *world) {
		watch := w.watchCommits()
		for p := range int32(2) {
			w.produce(t, p, runs(fmt.Sprintf("p%d-", p), 100)...)
		}
		l := newLedger()
		wire := &cable{dialer: w.dial}
		o := w.options(second(l))
		o.Dialer = wire.dial
		crashed := start(t, o)
		l.await(t, 50)
		wire.set(true)
		cutAt := time.Now()
		other := start(t, w.options(second(l)))
		eventually(t, is("the cut one is not ready"), func() bool { return crashed.Ready() != nil })
		if d := time.Since(cutAt); d > 30*time.Second {
			t.Errorf("unready only after %v", d)
		}
		eventually(t, is("taken over"), func() bool { return other.Holds(0) && other.Holds(1) })
		if crashed.Holds(0) || crashed.Holds(1) {
			t.Error("the cut one believes to own a partition")
		}
		l.await(t, 200)
		for p := range int32(2) {
			w.awaitCommit(t, p, 100)
		}
		wire.set(false)
		crashed.awaitReady(t)
		for p := range int32(2) {
			w.produce(t, p, runs(fmt.Sprintf("q%d-", p), 50)...)
		}
		l.await(t, 300)
		for p := range int32(2) {
			w.awaitCommit(t, p, 150)
		}
		watch.check(t)
	})
}

// TestZombieDoesNotRewind: a member whose group has gone on without it finds out
// by a refused commit. It must not commit old positions under a new member id.
func TestZombieDoesNotRewind(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		watch := w.watchCommits()
		w.produce(t, 0, runs("r", 100)...)
		l := newLedger()
		o := w.options(func(rec port.Record) Job {
			return l.job(rec, func(ctx context.Context) error { return pause(ctx, 10*time.Second) })
		})
		o.Concurrency = 2 // slow, so that much is open
		zombie := start(t, o)
		l.await(t, 2)
		// The broker forgets the member: heartbeats and commits hang, then are refused.
		hang := w.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Heartbeat}, Err: kerr.CoordinatorLoadInProgress, Count: -1})
		fast := newLedger()
		other := start(t, w.options(fast.handler))
		eventually(t, is("taken over"), func() bool { return other.Holds(0) })
		hang.Remove()
		fast.await(t, 1)
		w.awaitCommit(t, 0, 100)
		zombie.awaitReady(t)
		after(2 * time.Minute)
		watch.check(t)
		if got := w.committed(t, 0); got != 100 {
			t.Errorf("committed at %d, want 100", got)
		}
	})
}

// TestChaos lets members be cut off, requests of the group fail and the
// coordinator move while runs keep coming. Every run must be finished and, in
// the end, committed. It needs the real clock: a commit that waits for a join
// would stop the fake one.
func TestChaos(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, new(net.Dialer).DialContext, kfake.NumBrokers(3), kfake.SeedTopics(4, testTopic),
				kfake.GroupMinSessionTimeout(100*time.Millisecond))
			chaos(t, w, rand.New(rand.NewPCG(seed, 3)))
		})
	}
}

func chaos(t *testing.T, w *world, rnd *rand.Rand) {
	l := newLedger()
	var mu sync.Mutex // of rnd
	random := func(n int) int {
		mu.Lock()
		defer mu.Unlock()
		return rnd.IntN(n)
	}
	handler := func(rec port.Record) Job {
		fails, d := random(3)-1, time.Duration(random(30))*time.Millisecond
		return l.job(rec, func(ctx context.Context) error {
			if fails--; fails >= 0 {
				return again(d)
			}
			return pause(ctx, d)
		})
	}
	cables := make([]*cable, 3)
	members := make([]*running, 3)
	for i := range cables {
		cables[i] = &cable{dialer: w.dial}
		o := w.options(handler)
		o.Dialer, o.Window, o.CommitInterval = cables[i].dial, 50, 20*time.Millisecond
		o.Session, o.Rebalance, o.Drain = 1500*time.Millisecond, 1200*time.Millisecond, 300*time.Millisecond
		c, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		c.longest = 100 * time.Millisecond
		members[i] = run(t, c)
	}
	codes := []*kerr.Error{kerr.UnknownMemberID, kerr.IllegalGeneration, kerr.RebalanceInProgress, kerr.RequestTimedOut}
	keys := []kmsg.Key{kmsg.OffsetCommit, kmsg.Heartbeat}
	var drawn []*kfake.FaultHandle
	const rounds, each = 40, 10
	for round := range rounds {
		for p := range int32(4) {
			w.produce(t, p, runs(fmt.Sprintf("%d-%d-", round, p), each)...)
		}
		switch who := random(3); random(6) {
		case 0:
			cables[who].set(true)
		case 1, 2:
			cables[who].set(false)
		case 3:
			w.RehashCoordinators()
		default:
			drawn = append(drawn, w.Cluster.Fault(kfake.Fault{Keys: []kmsg.Key{keys[random(2)]}, Err: codes[random(4)], Count: 2}))
		}
		progress := l.total() + random(each)
		eventually(t, is("progress"), func() bool { return l.total() >= progress || !anyConnected(cables) })
	}
	for _, c := range cables {
		c.set(false)
	}
	l.await(t, rounds*4*each)
	for p := range int32(4) {
		w.awaitCommit(t, p, rounds*each)
	}
	met := 0
	for _, f := range drawn {
		met += f.Hits()
	}
	if met < len(drawn) {
		t.Errorf("%d faults met %d requests", len(drawn), met)
	}
	t.Logf("%d runs in %d attempts, sessions ended: %v", l.distinct(), l.total(), func() (n []float64) {
		for _, m := range members {
			n = append(n, testutil.ToFloat64(m.metrics.sessionsEnded))
		}
		return n
	}())
}

func anyConnected(cables []*cable) bool {
	for _, c := range cables {
		c.mu.Lock()
		cut := c.cut
		c.mu.Unlock()
		if !cut {
			return true
		}
	}
	return false
}
