package iamops

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"port-iam/internal/priority"
)

// limiter decides when the calls to IAM of one account may be sent. While little
// is throttled, they are sent at once. Otherwise it sends them at a pace, which
// follows what AWS lets through. The zero value is ready for use, and safe for
// concurrent use.
//
// Where calls wait, those go first that take access away; still one in five is a
// usual call. Usual calls and tidying take turns. All wait for a moment when an
// urgent call was throttled and is about to be tried again: what AWS lets through
// by then is for that one.
type limiter struct {
	mu       sync.Mutex
	queues   [4][]*turn         // by priority.Level
	begun    map[time.Time]bool // of which a call was sent, by their ends
	row      int                // calls in a row that were not usual while usual ones waited
	tidied   bool               // the last call that was not urgent was tidying
	holdBack time.Time          // until when others wait for an urgent call that was throttled
	timer    *time.Timer        // of the next turn; nil before the first that had to wait

	pacer
}

// longestRow is how many other calls may go in a row while usual ones wait.
const longestRow = 4

// overdue is the time after which, of those that give up some time, those that came
// last are preferred to those that came first: they have time left to be finished.
const overdue = 5 * time.Second

// turn is a call that waits.
type turn struct {
	come  chan struct{} // closed when it has come
	epoch int           // in which it came
	since time.Time
	ends  time.Time // when what it is part of gives up; zero: never
}

// wait returns when a call may be sent, with the function to be told whether AWS
// has answered the call, and whether it has throttled it. Where ctx ends first, it
// returns the error of ctx.
func (l *limiter) wait(ctx context.Context) (done func(answered, throttled bool), err error) {
	t := &turn{come: make(chan struct{}), since: time.Now()}
	t.ends, _ = ctx.Deadline()
	level := priority.Of(ctx)
	l.mu.Lock()
	l.queues[level] = append(l.queues[level], t)
	l.admit()
	l.mu.Unlock()
	select {
	case <-t.come:
	case <-ctx.Done():
		l.mu.Lock()
		defer l.mu.Unlock()
		l.queues[level] = slices.DeleteFunc(l.queues[level], func(other *turn) bool { return other == t })
		l.admit()
		return nil, ctx.Err()
	}
	return func(answered, throttled bool) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if level == priority.Urgent && throttled {
			l.holdBack = time.Now().Add(maxThrottleWait)
		}
		if answered {
			l.learn(t.epoch, throttled)
			l.admit()
		}
	}, nil
}

// admit lets the calls go whose turn has come, and sets the timer for the next.
func (l *limiter) admit() {
	now := time.Now()
	l.rest(now)
	for {
		level, at, any := l.first()
		if !any {
			return
		}
		if wait := at.Sub(now); wait > 0 {
			if l.timer == nil {
				l.timer = time.AfterFunc(wait, func() {
					l.mu.Lock()
					defer l.mu.Unlock()
					l.admit()
				})
			}
			l.timer.Reset(wait)
			l.hasWaited(now)
			return
		}
		t := l.take(level, now)
		if level == priority.Usual || level == priority.Tidying {
			l.tidied = level == priority.Tidying
		}
		switch {
		case level == priority.Usual:
			l.row = 0
		case l.waits(priority.Usual):
			l.row++
		}
		t.epoch = l.pass(now)
		close(t.come)
	}
}

// take takes the next turn of a level out of its queue. What has been begun goes
// first, so that it is finished: otherwise all that waits would be begun, and given
// up halfway. Calls whose contexts have the same deadline are taken to be parts of
// the same. So each attempt must have a deadline of its own, and a single call in it
// no other one: where it is bounded, a timer cancels it.
func (l *limiter) take(level priority.Level, now time.Time) *turn {
	queue := l.queues[level]
	i := slices.IndexFunc(queue, func(t *turn) bool { return l.begun[t.ends] })
	if i < 0 {
		i = 0
		if !queue[0].ends.IsZero() && now.Sub(queue[0].since) > overdue {
			for i = len(queue) - 1; queue[i].ends.IsZero(); i-- {
			}
		}
	}
	t := queue[i]
	l.queues[level] = slices.Delete(queue, i, i+1)
	maps.DeleteFunc(l.begun, func(ends time.Time, _ bool) bool { return ends.Before(now) })
	if l.pace > 0 && !t.ends.IsZero() {
		if l.begun == nil {
			l.begun = map[time.Time]bool{}
		}
		l.begun[t.ends] = true
	}
	return t
}

func (l *limiter) waits(level priority.Level) bool { return len(l.queues[level]) > 0 }

// first returns the level that is next, and when its turn comes; false where nobody
// waits.
func (l *limiter) first() (level priority.Level, at time.Time, any bool) {
	usual, tidying := l.waits(priority.Usual), l.waits(priority.Tidying)
	switch {
	case usual && l.row >= longestRow:
		return priority.Usual, l.next, true
	case l.waits(priority.Urgent):
		return priority.Urgent, l.next, true
	}
	if at = l.next; l.holdBack.After(at) {
		at = l.holdBack
	}
	switch {
	case l.waits(priority.Soon):
		return priority.Soon, at, true
	case tidying && (!usual || !l.tidied):
		return priority.Tidying, at, true
	}
	return priority.Usual, at, usual
}
