package iamops

import (
	"context"
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
// Where calls wait, urgent ones ([priority.Urgent]) go first, and the others get at
// least one turn in five. The others also wait for a moment when an urgent call was
// throttled and is about to be tried again: what AWS lets through by then is for
// that one.
type limiter struct {
	mu       sync.Mutex
	urgent   []*turn
	others   []*turn
	row      int         // urgent calls in a row while others waited
	holdBack time.Time   // until when others wait for an urgent call that was throttled
	timer    *time.Timer // of the next turn; nil before the first that had to wait

	pacer
}

// urgentRow is how many urgent calls may go in a row while others wait.
const urgentRow = 4

// turn is a call that waits.
type turn struct {
	come  chan struct{} // closed when it has come
	epoch int           // in which it came
}

// wait returns when a call may be sent, with the function to be told whether AWS
// has answered the call, and whether it has throttled it. Where ctx ends first, it
// returns the error of ctx.
func (l *limiter) wait(ctx context.Context) (done func(answered, throttled bool), err error) {
	t := &turn{come: make(chan struct{})}
	urgent := priority.IsUrgent(ctx)
	l.mu.Lock()
	queue := &l.others
	if urgent {
		queue = &l.urgent
	}
	*queue = append(*queue, t)
	l.admit()
	l.mu.Unlock()
	select {
	case <-t.come:
	case <-ctx.Done():
		l.mu.Lock()
		defer l.mu.Unlock()
		*queue = slices.DeleteFunc(*queue, func(other *turn) bool { return other == t })
		l.admit()
		return nil, ctx.Err()
	}
	return func(answered, throttled bool) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if urgent && throttled {
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
		queue, at := l.first()
		if queue == nil {
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
		t := (*queue)[0]
		*queue = slices.Delete(*queue, 0, 1)
		if queue == &l.others {
			l.row = 0
		} else if len(l.others) > 0 {
			l.row++
		}
		t.epoch = l.pass(now)
		close(t.come)
	}
}

// first returns the queue that is next, nil where nobody waits, and when its turn
// comes.
func (l *limiter) first() (queue *[]*turn, at time.Time) {
	switch {
	case len(l.urgent) > 0 && (len(l.others) == 0 || l.row < urgentRow):
		return &l.urgent, l.next
	case len(l.others) == 0:
		return nil, l.next
	case l.row < urgentRow && l.holdBack.After(l.next):
		return &l.others, l.holdBack
	}
	return &l.others, l.next
}
