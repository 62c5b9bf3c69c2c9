package consumer

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// TestAnotherProgramInTheGroup: two kinds of members cannot share a group.
func TestAnotherProgramInTheGroup(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		other := w.client(t, kgo.ConsumerGroup(testGroup), kgo.ConsumeTopics(testTopic), kgo.Balancers(kgo.RangeBalancer()))
		eventually(t, is("the other program is a member"), func() bool { return len(w.members(t)) == 1 })
		const want = "another program is in group"
		o := w.options(newLedger().handler)
		c, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		at := new(PreflightError)
		if err := c.Preflight(t.Context()); !Final(err) || !strings.Contains(err.Error(), want) || !errors.As(err, &at) || at.Step != StepGroup {
			t.Errorf("Preflight: %v", err)
		}
		if err := c.Run(t.Context()); !Final(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("Run: %v", err)
		}
		if err := c.Ready(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Ready: %v", err)
		}
		other.Close()
		l := newLedger()
		w.produce(t, 0, runs("a", 1)...)
		start(t, w.options(l.handler)).awaitReady(t)
		l.await(t, 1)
	})
}

// TestGroupIsTakenWhileRunning: the log says so once, and the group is joined again
// when it is free.
func TestGroupIsTakenWhileRunning(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		l, j := newLedger(), new(journal)
		o := w.options(l.handler)
		o.Log = slog.New(slog.NewJSONHandler(j, nil))
		r := start(t, o)
		r.awaitReady(t)
		refused := w.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.JoinGroup}, Err: kerr.InconsistentGroupProtocol, Count: -1})
		dropped := w.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Heartbeat}, Err: kerr.UnknownMemberID, Count: 1})
		r.awaitUnready(t, "another program is in group")
		after(10 * time.Minute)
		if n := strings.Count(j.String(), "another program is in group"); n != 1 {
			t.Errorf("told %d times: %s", n, j)
		}
		if n := strings.Count(j.String(), "\n"); n > 12 {
			t.Errorf("%d lines in ten minutes: %s", n, j)
		}
		if dropped.Hits() != 1 || refused.Hits() < 10 {
			t.Errorf("%d and %d faults", dropped.Hits(), refused.Hits())
		}
		refused.Remove()
		r.awaitReady(t)
		w.produce(t, 0, runs("a", 1)...)
		l.await(t, 1)
	})
}
