package iamops

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestLimiterStorm: AWS throttles all calls or nearly all for some time, and then
// none. However long that took, calls are soon as fast as before.
func TestLimiterStorm(t *testing.T) {
	t.Parallel()
	for _, share := range []float64{1, 0.98} {
		for _, lasts := range []time.Duration{500 * time.Millisecond, 3 * time.Second, 10 * time.Second, 30 * time.Second, 5 * time.Minute} {
			t.Run(fmt.Sprintf("%v for %s", share, lasts), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					l, a := &limiter{}, newAccount(0, 0, 0)
					stop := a.crowd(t.Context(), l, 16)
					a.turn(share)
					wait(lasts)
					before := a.turn(0)
					wait(15 * time.Second)
					stop()
					t.Logf("%d calls in the 15 seconds after it", a.admitted-before)
					if n := a.admitted - before; n < 300 {
						t.Errorf("%d calls in the 15 seconds after it", n)
					}
				})
			})
		}
	}
}

// turn changes the share of the calls that is throttled at random, and returns how
// many were admitted before.
func (a *account) turn(share float64) (admitted int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.share = share
	return a.admitted
}

// TestLimiterNoEnd: a call without an end gets its turn beside any number of calls
// that have waited for long, and give up some time.
func TestLimiterNoEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, a := &limiter{}, newAccount(1, 2, 0)
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for i := range 30 {
			all.Go(func() {
				wait(time.Duration(i) * 500 * time.Millisecond)
				for ctx.Err() == nil {
					attempt, done := context.WithTimeout(ctx, 15*time.Second)
					_ = a.make(attempt, l)
					done()
				}
			})
		}
		wait(time.Minute)
		for range 5 {
			// Each time that it is throttled, it queues again.
			endless, giveUp := context.WithCancel(t.Context())
			timer := time.AfterFunc(90*time.Second, giveUp)
			if err := a.make(endless, l); err != nil {
				t.Errorf("after 90 seconds: %v", err)
			}
			timer.Stop()
			giveUp()
		}
		cancel()
		all.Wait()
	})
}
