package consumer

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// named are the options of an instance with a name that outlives it.
func (w *world) named(l *ledger, instance string) Options {
	o := w.options(l.handler)
	o.Instance = instance
	return o
}

// members are the members of the group.
func (w *world) members(t *testing.T) []kadm.DescribedGroupMember {
	t.Helper()
	groups, err := kadm.NewClient(w.cl).DescribeGroups(t.Context(), testGroup)
	if err != nil {
		t.Fatal(err)
	}
	return groups[testGroup].Members
}

// TestCrashOfAnInstanceWithAName: it gets its partitions back as soon as it joins,
// without a wait for the session timeout.
func TestCrashOfAnInstanceWithAName(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, w *world) {
		l := newLedger()
		wire := &cable{dialer: w.dial}
		o := w.named(l, "one")
		o.Dialer = wire.dial
		crashed := start(t, o)
		crashed.awaitReady(t)
		other := start(t, w.named(l, "two"))
		eventually(t, is("a partition each"), func() bool {
			return crashed.Holds(0) != crashed.Holds(1) && other.Holds(0) != other.Holds(1)
		})
		wire.set(true) // no word to the group
		began := time.Now()
		again := start(t, w.named(l, "one"))
		for p := range int32(2) {
			w.produce(t, p, runs(string('a'+p), 5)...)
		}
		l.await(t, 10)
		again.awaitReady(t)
		if d := time.Since(began); d > 3*time.Second {
			t.Errorf("handled after %v", d)
		}
	})
}

// TestInstanceLeaves: an instance with a name leaves the group when it is stopped,
// after its last commit, so that nothing waits for it.
func TestInstanceLeaves(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, w *world) {
		l := newLedger()
		first := start(t, w.named(l, "one"))
		first.awaitReady(t)
		second := start(t, w.named(l, "two"))
		eventually(t, is("a partition each"), func() bool { return second.Holds(0) != second.Holds(1) })
		for p := range int32(2) {
			w.produce(t, p, runs(string('a'+p), 5)...)
		}
		l.await(t, 10)
		began := time.Now()
		if err := first.stop(); err != nil {
			t.Fatal(err)
		}
		if n := len(w.members(t)); n != 1 {
			t.Errorf("%d members after the stop", n)
		}
		for p := range int32(2) {
			if got := w.committed(t, p); second.Holds(p) {
				continue
			} else if got != 5 {
				t.Errorf("partition %d was left at %d", p, got)
			}
		}
		eventually(t, is("all partitions"), func() bool { return second.Holds(0) && second.Holds(1) })
		if d := time.Since(began); d > 10*time.Second {
			t.Errorf("taken over after %v", d)
		}
		if l.total() != 10 {
			t.Errorf("%d attempts for 10 runs", l.total())
		}
	})
}

// TestTwoInstancesOfOneName: the one that came first is thrown out, says so, and waits
// until the name is free. The two do not take turns.
func TestTwoInstancesOfOneName(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, w *world) {
		l, j := newLedger(), new(journal)
		o := w.named(l, "one")
		o.Log = j.logger()
		older := start(t, o)
		older.awaitReady(t)
		newer := start(t, w.named(l, "one"))
		newer.awaitReady(t)
		older.awaitUnready(t, `another instance of the name "one"`)
		for range 60 {
			after(time.Minute)
			if err := newer.Ready(); err != nil {
				t.Fatalf("the newer one: %v", err)
			}
			if err := older.Ready(); err == nil || !strings.Contains(err.Error(), "another instance") {
				t.Fatalf("the older one: %v", err)
			}
			if err := older.Alive(); err != nil {
				t.Fatal(err)
			}
		}
		for p := range int32(2) {
			w.produce(t, p, runs(string('a'+p), 5)...)
		}
		l.await(t, 10)
		if n := testutil.ToFloat64(newer.metrics.sessionsEnded); n != 0 {
			t.Errorf("%v sessions of the newer one ended", n)
		}
		if n := strings.Count(j.String(), "another instance of the name"); n > 3 {
			t.Errorf("told %d times in an hour", n)
		}
		if err := newer.stop(); err != nil {
			t.Fatal(err)
		}
		older.awaitReady(t)
		w.produce(t, 0, runs("c", 1)...)
		l.await(t, 11)
	})
}

// TestQuestionForTheNameFails: it is asked again soon, for nothing is known to have the
// name.
func TestQuestionForTheNameFails(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		l := newLedger()
		r := start(t, w.named(l, "one"))
		r.awaitReady(t)
		w.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.DescribeGroups}, Err: kerr.GroupAuthorizationFailed, Count: 2})
		r.session.Load().end(context.Canceled)
		w.produce(t, 0, runs("a", 1)...)
		began := time.Now()
		l.await(t, 1)
		if d := time.Since(began); d > 10*time.Second {
			t.Errorf("back after %v", d)
		}
	})
}

// TestOwnGhost: a member that this process was without getting to know its id is gone
// after the session timeout, and does not count as another instance.
func TestOwnGhost(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		l, j := newLedger(), new(journal)
		o := w.named(l, "one")
		o.Log = j.logger()
		r := start(t, o)
		r.awaitReady(t)
		lost := &cable{dialer: w.dial}
		ghost := w.named(newLedger(), "one")
		ghost.Dialer = lost.dial
		g := start(t, ghost)
		g.awaitReady(t)
		lost.set(true) // it never says goodbye, and the first one does not know of it
		r.session.Load().end(context.Canceled)
		w.produce(t, 0, runs("a", 1)...)
		began := time.Now()
		l.await(t, 1)
		if d := time.Since(began); d > 2*fencedWait+o.Session {
			t.Errorf("back after %v", d)
		}
	})
}

// TestInstanceStopsBetweenSessions: it leaves the group then too.
func TestInstanceStopsBetweenSessions(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		r := start(t, w.named(newLedger(), "one"))
		r.awaitReady(t)
		r.session.Load().end(context.Canceled)
		eventually(t, is("between two sessions"), func() bool { return r.session.Load() == nil })
		if n := len(w.members(t)); n != 1 {
			t.Fatalf("%d members", n)
		}
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
		if n := len(w.members(t)); n != 0 {
			t.Errorf("%d members after the stop", n)
		}
	})
}

// TestInstanceStopsWhileJoining: the group has it as a member by then, and it has not
// got to know its id.
func TestInstanceStopsWhileJoining(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		l := newLedger()
		peer := start(t, w.named(l, "two"))
		peer.awaitReady(t)
		r := start(t, w.named(l, "one"))
		eventually(t, is("the group has it"), func() bool { return len(w.members(t)) == 2 })
		if r.Holds(0) {
			t.Fatal("it has joined")
		}
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
		if n := len(w.members(t)); n != 1 {
			t.Errorf("%d members after the stop", n)
		}
	})
}

// TestFencedInstanceStops at once, and does not take the other one out of the group.
func TestFencedInstanceStops(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		l := newLedger()
		older := start(t, w.named(l, "one"))
		older.awaitReady(t)
		newer := start(t, w.named(l, "one"))
		newer.awaitReady(t)
		older.awaitUnready(t, "another instance")
		began := time.Now()
		if err := older.stop(); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(began); d > time.Second {
			t.Errorf("stopped after %v", d)
		}
		after(time.Minute)
		if err := newer.Ready(); err != nil {
			t.Error(err)
		}
		if n := len(w.members(t)); n != 1 {
			t.Errorf("%d members", n)
		}
	})
}

// TestInstanceComesBack: a session of an instance with a name that ends by itself is
// followed by another one that waits for nothing.
func TestInstanceComesBack(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		l := newLedger()
		r := start(t, w.named(l, "one"))
		r.awaitReady(t)
		r.session.Load().end(context.Canceled)
		w.produce(t, 0, runs("a", 1)...)
		began := time.Now()
		l.await(t, 1)
		if d := time.Since(began); d > 5*time.Second {
			t.Errorf("back after %v", d)
		}
		r.awaitReady(t)
	})
}
