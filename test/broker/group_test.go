package broker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"port-iam/consumer"
	"port-iam/test/kit/daemontest"
)

// draining: while a partition waits for its jobs before it moves to another member,
// the one that stays is read and handled.
func draining(w *world) {
	const partitions = 2
	w.createTopic(partitions)
	cl := w.client()
	l := newLedger()
	a := w.start(w.options(l))
	w.within(limit, is("one member has both partitions"), func() bool { return len(a.holds(partitions)) == partitions })
	for p := range int32(partitions) {
		id := fmt.Sprint("long ", p)
		defer l.hold(id)()
		w.produce(cl, p, id)
	}
	b := w.start(w.options(l))
	b.awaitReady(limit) // it has joined, and the first has been told to give one back

	const n = 15
	var quick [partitions]int
	for i := range n {
		ids := []string{fmt.Sprint("run-0-", i), fmt.Sprint("run-1-", i)}
		for p := range int32(partitions) {
			w.produce(cl, p, ids[p])
		}
		w.within(2*time.Second, is("one of the partitions is read"), func() bool { return l.has(ids[0]) || l.has(ids[1]) })
		w.pause(200 * time.Millisecond)
		for p := range quick {
			if l.has(ids[p]) {
				quick[p]++
			}
		}
	}
	if got := b.holds(partitions); len(got) > 0 {
		w.t.Fatalf("the second member has %v, although the jobs there have not ended: the test shows nothing", got)
	}
	w.t.Logf("while one partition is drained, of %d runs in each partition %d are handled at once", n, quick)
	if max(quick[0], quick[1]) != n {
		w.t.Error("the partition that stays is not read all the time")
	}
}

// groupOfAnotherProgram: a program with another protocol in the group is told in
// one line that says so, and not as a broker that might come back.
func groupOfAnotherProgram(w *world) {
	w.createTopic(1)
	other := w.client(kgo.ConsumerGroup(w.group), kgo.ConsumeTopics(w.topic), kgo.Balancers(kgo.RangeBalancer()))
	polling := make(chan struct{})
	ctx, stop := context.WithCancel(w.t.Context())
	go func() {
		defer close(polling)
		for ctx.Err() == nil {
			other.PollFetches(ctx)
		}
	}()
	defer func() { stop(); <-polling }()
	w.within(limit, is("the other program has the partition"), func() bool { return len(w.Kafka.Members(w.group, w.topic)) == 1 })

	o := w.options(newLedger())
	m := w.prepare(o)
	for what, try := range map[string]func(context.Context) error{"Preflight": m.Preflight, "Run": m.Run} {
		ctx, cancel := context.WithTimeout(w.t.Context(), 30*time.Second)
		err := try(ctx)
		cancel()
		var f *consumer.FatalError
		if !errors.As(err, &f) || f.Subject != consumer.SubjectGroup || !strings.Contains(err.Error(), "another program") || strings.Contains(err.Error(), "\n") {
			w.t.Errorf("%s returns %v, want one line of a final error about the group that another program uses", what, err)
		}
	}
	if lines := m.log.lines("level="); len(lines) > 1 {
		w.t.Errorf("%d lines are logged: %q", len(lines), lines)
	}

	w.Kafka.AllowTopic(daemontest.Org, w.topic)
	env := w.Env(map[string]string{"KAFKA_TOPIC": w.topic, "KAFKA_GROUP_ID": w.group})
	d := daemontest.Start(w.t, env)
	if code := d.Exit(w.t); code != 1 || strings.Count(d.Logged(), "another program") != 1 {
		w.t.Errorf("run ends with %d, want 1 and one line that says that another program uses the group:\n%s", code, d.Logged())
	}
	report, code := daemontest.Output(w.t, env, "check")
	if code != 1 || strings.Count(report, "another program") != 1 {
		w.t.Errorf("check ends with %d, want 1 and a step that says that another program uses the group:\n%s", code, report)
	}
}

// instanceLeaves: a member with an instance id that is stopped is gone from the
// group at once, after its last commit, and nobody waits for it.
func instanceLeaves(w *world) {
	const partitions = 2
	w.createTopic(partitions)
	cl := w.client()
	l := newLedger()
	start := func(instance string) *member {
		o := w.options(l)
		o.Instance = instance
		o.CommitInterval = time.Hour // the last commit is the only one
		return w.start(o)
	}
	a, b := start("a"), start("b")
	w.within(limit, is("each member has a partition"), func() bool {
		return len(a.holds(partitions)) == 1 && len(b.holds(partitions)) == 1
	})
	for p := range int32(partitions) {
		w.produce(cl, p, fmt.Sprint("before ", p))
	}
	l.await(w, 5*time.Second, "before 0", "before 1")
	gone := a.holds(partitions)[0]
	if err := a.stop(); err != nil {
		w.t.Fatal(err)
	}
	stopped := time.Now()
	if members := w.Kafka.Members(w.group, w.topic); len(members) != 1 {
		w.t.Errorf("the group has the members %v right after one of two was stopped", members)
	}
	if at, _ := w.Kafka.CommittedOffsets(w.group).Lookup(w.topic, gone); at.At != 1 {
		w.t.Errorf("the member that left has committed %d, want 1", at.At)
	}
	w.produce(cl, gone, "after")
	l.await(w, 10*time.Second, "after")
	took := l.when("after").Sub(stopped)
	w.t.Logf("a run of the partition that moved is handled %v after its member was stopped", took.Round(time.Millisecond))
	if took > 2*time.Second {
		w.t.Error("it should take 2 s at most")
	}
	again := start("a")
	w.within(limit, is("the group has it as a member"), func() bool { return len(w.Kafka.Members(w.group, w.topic)) == 2 })
	if err := again.stop(); err != nil { // it may not know its id yet
		w.t.Fatal(err)
	}
	if members := w.Kafka.Members(w.group, w.topic); len(members) != 1 {
		w.t.Errorf("the group has the members %v after one was stopped while it joined", members)
	}
	if err := b.stop(); err != nil {
		w.t.Fatal(err)
	}
	if members := w.Kafka.Members(w.group, w.topic); len(members) != 0 {
		w.t.Errorf("the group has the members %v after all were stopped", members)
	}
}

// instanceTwice: of two with one instance id, the newer one works and the older one
// stays away: it does not come back, and does not throw the other out as it ends.
func instanceTwice(w *world) {
	w.createTopic(1)
	cl := w.client()
	w.produce(cl, 0, "first")
	start := func(l *ledger) *member {
		o := w.options(l)
		o.Instance, o.Session = "same", 6*time.Second
		return w.start(o)
	}
	old, fresh := newLedger(), newLedger()
	a := start(old)
	a.awaitReady(limit)
	old.await(w, 5*time.Second, "first")
	w.awaitCommitted(1)
	b := start(fresh)
	b.awaitReady(limit)
	w.within(limit, is("the newer one has the partition"), func() bool { return b.Holds(0) })
	a.awaitUnready(10*time.Second, "")
	w.t.Logf("the older one: %v", a.Ready())

	next := 0
	check := func() error {
		id := fmt.Sprint("run-", next)
		next++
		w.produce(cl, 0, id)
		fresh.await(w, 2*time.Second, id)
		switch {
		case b.Ready() != nil:
			return fmt.Errorf("the newer one: %w", b.Ready())
		case old.has(id):
			return fmt.Errorf("the older one has handled %s", id)
		}
		return nil
	}
	w.always(10*time.Second, func() error {
		if a.Ready() == nil {
			return errors.New("the older one is ready again")
		}
		return check()
	})
	if err := a.stop(); err != nil {
		w.t.Fatal(err)
	}
	w.always(7*time.Second, check) // more than the session timeout
	if n := b.metric(metricLost, -1); n > 0 {
		w.t.Errorf("the newer one has lost %v sessions", n)
	}
	if members := w.Kafka.Members(w.group, w.topic); len(members) != 1 {
		w.t.Errorf("members: %v", members)
	}
}
