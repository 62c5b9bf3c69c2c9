package consumer

import (
	"context"
	"slices"
	"sync"
	"time"
)

// lanes runs tasks: those of one key one after the other in the order of
// submission, a limited number of all at the same time, urgent ones first.
type lanes struct {
	size int // attempts at the same time, of urgent tasks, and as many of others

	mu       sync.Mutex
	queue    map[lane][]*task    // the first one is runnable, running or waiting for its timer
	runnable []*task             // first of their lane, in the order in which they may start
	urgent   []*task             // likewise; these go before runnable
	running  map[*task]time.Time // since when
	stopped  bool
	wg       sync.WaitGroup // of attempts
}

// tenure is the time in which tasks of one partition may run. released and
// running are guarded by the lanes it is used with.
type tenure struct {
	ctx      context.Context // of attempts
	cancel   context.CancelFunc
	released bool
	running  int
	idle     chan struct{} // closed once released and nothing runs
}

func newTenure() *tenure {
	ctx, cancel := context.WithCancel(context.Background())
	return &tenure{ctx: ctx, cancel: cancel, idle: make(chan struct{})}
}

// newLanes makes lanes for so many urgent tasks at the same time, and as many
// others.
func newLanes(size int) *lanes {
	return &lanes{
		size:  size,
		queue: map[lane][]*task{}, running: map[*task]time.Time{},
	}
}

// lane names a lane: by the key of its tasks, or by its one task, which has no key.
type lane any

func (t *task) lane() lane {
	if t.key == "" {
		return t
	}
	return t.key
}

// submit adds tasks. Those whose tenure has ended are dropped.
func (l *lanes) submit(tasks []*task) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range tasks {
		if l.stopped || t.tenure.released {
			l.tell(t)
			continue
		}
		lane := t.lane()
		l.queue[lane] = append(l.queue[lane], t)
		if len(l.queue[lane]) == 1 {
			l.enqueue(t)
		}
	}
	l.start()
}

func (l *lanes) enqueue(t *task) {
	if t.urgent {
		l.urgent = append(l.urgent, t)
	} else {
		l.runnable = append(l.runnable, t)
	}
}

// start begins attempts while there are slots.
func (l *lanes) start() {
	for {
		var from *[]*task
		switch {
		case len(l.urgent) > 0 && l.runningOf(true) < l.size:
			from = &l.urgent
		case len(l.runnable) > 0 && l.runningOf(false) < l.size:
			from = &l.runnable
		default:
			return
		}
		t := (*from)[0]
		*from = slices.Delete(*from, 0, 1)
		l.running[t] = time.Now()
		t.tenure.running++
		l.wg.Go(func() { l.attempt(t) })
	}
}

func (l *lanes) runningOf(urgent bool) int {
	n := 0
	for t := range l.running {
		if t.urgent == urgent {
			n++
		}
	}
	return n
}

// longest is how long the oldest attempt under way takes.
func (l *lanes) longest() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	var longest time.Duration
	for _, since := range l.running {
		longest = max(longest, time.Since(since))
	}
	return longest
}

func (l *lanes) attempt(t *task) {
	ctx, cancel := context.WithTimeout(t.tenure.ctx, attemptLimit)
	defer cancel()
	what, again := t.attempt(ctx)
	if what != "" {
		t.done(what)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.running, t)
	t.tenure.running--
	l.closeIdle(t.tenure)
	switch {
	case what != "":
		l.remove(t)
	case t.tenure.released || l.stopped:
		l.abandon(t)
	default:
		t.timer = time.AfterFunc(again, func() { l.wake(t) })
	}
	l.start()
}

// wake makes a task runnable whose waiting time is over. It has kept its place at
// the head of its lane.
func (l *lanes) wake(t *task) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.timer == nil { // dropped meanwhile
		return
	}
	t.timer = nil
	l.enqueue(t)
	l.start()
}

// remove takes a task out of its lane; the next one may go if t was the first.
func (l *lanes) remove(t *task) {
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
	lane := t.lane()
	tasks := l.queue[lane]
	i := slices.Index(tasks, t)
	tasks = slices.Delete(tasks, i, i+1)
	if len(tasks) == 0 {
		delete(l.queue, lane)
		return
	}
	l.queue[lane] = tasks
	if i == 0 {
		l.enqueue(tasks[0])
	}
}

// abandon removes a task that is not finished, and tells its job.
func (l *lanes) abandon(t *task) {
	l.remove(t)
	l.tell(t)
}

func (l *lanes) tell(t *task) {
	l.wg.Go(func() { _ = protect(func() error { t.job.Abandon(); return nil }) })
}

// release ends tenures: what waits is dropped, nothing more is started. What
// runs may finish; a tenure's idle channel is closed once nothing does.
func (l *lanes) release(tenures ...*tenure) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range tenures {
		n.released = true
		l.closeIdle(n)
	}
	l.drop(func(t *task) bool { return t.tenure.released })
	l.start()
}

// stop drops everything that waits and starts nothing more.
func (l *lanes) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	l.drop(func(*task) bool { return true })
}

// wait returns when no attempt runs; to be called after stop.
func (l *lanes) wait() { l.wg.Wait() }

// drop removes the waiting tasks for which gone is true.
func (l *lanes) drop(gone func(*task) bool) {
	var waiting []*task
	for _, tasks := range l.queue {
		for _, t := range tasks {
			if l.running[t].IsZero() && gone(t) {
				waiting = append(waiting, t)
			}
		}
	}
	for _, t := range waiting {
		l.abandon(t)
	}
	l.runnable = slices.DeleteFunc(l.runnable, gone)
	l.urgent = slices.DeleteFunc(l.urgent, gone)
}

func (l *lanes) closeIdle(n *tenure) {
	if !n.released || n.running > 0 {
		return
	}
	select {
	case <-n.idle:
	default:
		close(n.idle)
	}
}
