package iamops

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"port-iam/internal/priority"
)

// account is an IAM that does nothing but throttle: by a bucket of tokens, at
// random, or not at all.
type account struct {
	mu                  sync.Mutex
	rate, burst, tokens float64 // rate 0: no bucket
	last                time.Time
	share               float64
	random              *rand.Rand

	calls, admitted int
}

const roundTrip = 80 * time.Millisecond

func newAccount(rate, burst, share float64) *account {
	return &account{rate: rate, burst: burst, tokens: burst, last: time.Now(), share: share, random: rand.New(rand.NewPCG(1, 2))}
}

// call is one attempt of a call.
func (a *account) call() (throttled bool) {
	wait(roundTrip)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls++
	if a.random.Float64() < a.share {
		return true
	}
	if a.rate > 0 {
		a.tokens = min(a.burst, a.tokens+time.Since(a.last).Seconds()*a.rate)
		a.last = time.Now()
		if a.tokens < 1 {
			return true
		}
		a.tokens--
	}
	a.admitted++
	return false
}

// wait lets the time of a bubble go by.
func wait(d time.Duration) { <-time.After(d) }

// make makes a call through a limiter: as many attempts as it takes.
func (a *account) make(ctx context.Context, l *limiter) error {
	for n := 1; ; n++ {
		done, err := l.wait(ctx)
		if err != nil {
			return err
		}
		throttled := a.call()
		done(true, throttled)
		if !throttled {
			return nil
		}
		wait(throttleWait(n))
	}
}

// crowd has workers make one call after the other until stop is called, which
// returns how many calls they have made.
func (a *account) crowd(ctx context.Context, l *limiter, workers int) (stop func() int) {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	made := make([]int, workers)
	for i := range workers {
		all.Go(func() {
			for a.make(ctx, l) == nil {
				made[i]++
			}
		})
	}
	return func() int {
		cancel()
		all.Wait()
		sum := 0
		for _, n := range made {
			sum += n
		}
		return sum
	}
}

// TestLimiterPace: 16 workers make calls for five minutes. Where AWS counts calls,
// they use what it admits and send little more; where it throttles at random, the
// limiter keeps little from being sent. (Chance decides how much.)
func TestLimiterPace(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		rate, burst, share float64
		least              float64 // of the calls that are possible
		most               float64 // attempts for each call that was admitted
	}{
		{rate: 0, least: 0.99, most: 1},
		{rate: 100, burst: 200, least: 0.97, most: 1.1},
		{rate: 20, burst: 40, least: 0.97, most: 1.1},
		{rate: 20, burst: 400, least: 0.95, most: 1.1},
		{rate: 5, burst: 10, least: 0.95, most: 1.15},
		{rate: 2, burst: 4, least: 0.9, most: 1.3},
		{rate: 0.5, burst: 1, least: 0.9, most: 2.8}, // the slowest pace is twice that
		// Without a limiter, these send 1/(1-share) attempts a call.
		{share: 0.1, least: 0.7, most: 1.15},
		{share: 0.3, least: 0.7, most: 1.5},
		{share: 0.5, least: 0.4, most: 2.1},
		{share: 0.9, least: 0.15, most: 11},
		// Both at once: neither flooded nor given up.
		{rate: 20, burst: 40, share: 0.1, least: 0.6, most: 2},
	} {
		t.Run(fmt.Sprintf("%v a second, %v at random", tt.rate, tt.share), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const lasts, workers = 5 * time.Minute, 16
				l, a := &limiter{}, newAccount(tt.rate, tt.burst, tt.share)
				stop := a.crowd(t.Context(), l, workers)
				wait(lasts)
				stop()
				possible := tt.burst + tt.rate*lasts.Seconds()
				if tt.rate == 0 {
					// Each attempt that is throttled is followed by about a
					// quarter of a second, at least.
					each := roundTrip.Seconds() + tt.share/(1-tt.share)*(roundTrip.Seconds()+0.15)
					possible = workers * lasts.Seconds() / each
				}
				used, sent := float64(a.admitted)/possible, float64(a.calls)/float64(a.admitted)
				t.Logf("%d attempts for %d calls (%.2f), %.0f%% of what is possible", a.calls, a.admitted, sent, 100*used)
				if used < tt.least || sent > tt.most {
					t.Errorf("%.2f of what is possible, want at least %.2f; %.2f attempts a call, want at most %.2f", used, tt.least, sent, tt.most)
				}
			})
		})
	}
}

// TestLimiterUrgent: two urgent calls in a row, as a Deny takes, every five
// seconds beside a crowd.
func TestLimiterUrgent(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		rate, burst, share float64
		p95                time.Duration
	}{
		{20, 40, 0, 500 * time.Millisecond},
		{5, 10, 0, time.Second},
		{2, 4, 0, 2 * time.Second},
		{2, 100, 0, 2 * time.Second},
		{0, 0, 0.3, 3 * time.Second},
		{20, 40, 0.3, 5 * time.Second},
	} {
		t.Run(fmt.Sprintf("%v a second, %v at random", tt.rate, tt.share), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l, a := &limiter{}, newAccount(tt.rate, tt.burst, tt.share)
				stop := a.crowd(t.Context(), l, 24)
				var took []time.Duration
				for range 40 {
					wait(5 * time.Second)
					began := time.Now()
					for range 2 {
						if err := a.make(priority.With(t.Context(), priority.Urgent), l); err != nil {
							t.Error(err)
						}
					}
					took = append(took, time.Since(began))
				}
				stop()
				slices.Sort(took)
				t.Logf("p50 %s, p95 %s, at most %s", took[19], took[37], took[39])
				if took[37] > tt.p95 {
					t.Errorf("p95 %s, want at most %s", took[37], tt.p95)
				}
			})
		})
	}
}

// TestLimiterShare: beside any number of calls that hurry, usual ones get one turn in
// five, and no more. They take turns with those that tidy up.
func TestLimiterShare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			level       priority.Level
			least, most float64
		}{{priority.Urgent, 0.19, 0.25}, {priority.Soon, 0.19, 0.25}, {priority.Tidying, 0.45, 0.55}} {
			l, a := &limiter{}, newAccount(20, 40, 0)
			stopMany, stopUsual := a.crowd(priority.With(t.Context(), tt.level), l, 50), a.crowd(t.Context(), l, 50)
			wait(2 * time.Minute)
			many, usual := stopMany(), stopUsual()
			if share := float64(usual) / float64(many+usual); share < tt.least || share > tt.most {
				t.Errorf("%d usual calls beside %d of level %d: a share of %.2f", usual, many, tt.level, share)
			}
		}
	})
}

// TestLimiterFinishes: what has begun is finished. 30 workers make ten calls one
// after the other, in at most 15 seconds, where AWS admits one call a second.
func TestLimiterFinishes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const lasts, each = 10 * time.Minute, 10
		l, a := &limiter{}, newAccount(1, 2, 0)
		ctx, cancel := context.WithTimeout(t.Context(), lasts)
		defer cancel()
		var finished atomic.Int32
		var all sync.WaitGroup
		for i := range 30 {
			all.Go(func() {
				wait(time.Duration(i) * 500 * time.Millisecond)
				for ctx.Err() == nil {
					// No two attempts have the same deadline, as under a real clock.
					attempt, done := context.WithTimeout(ctx, 15*time.Second+time.Duration(i)*time.Microsecond)
					n := 0
					for n < each && a.make(attempt, l) == nil {
						n++
					}
					done()
					if n == each {
						finished.Add(1)
					}
				}
			})
		}
		all.Wait()
		if n := finished.Load(); n < 30 {
			t.Errorf("%d of at most %.0f were finished", n, lasts.Seconds()/each)
		}
	})
}

// TestLimiterFree: while nothing is throttled, no call waits.
func TestLimiterFree(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, a := &limiter{}, newAccount(0, 0, 0)
		mostly(t, l, a, 1000, roundTrip)
	})
}

// mostly makes so many calls at once, each in this time.
func mostly(t *testing.T, l *limiter, a *account, calls int, want time.Duration) {
	t.Helper()
	began := time.Now()
	var all sync.WaitGroup
	for range calls {
		all.Go(func() {
			if err := a.make(t.Context(), l); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if took := time.Since(began); took != want {
		t.Errorf("%d calls took %s, want %s", calls, took, want)
	}
}

// TestLimiterForgets: an account that was throttled once is not slow for ever.
func TestLimiterForgets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, a := &limiter{}, newAccount(2, 4, 0)
		stop := a.crowd(t.Context(), l, 16)
		wait(time.Minute)
		stop()
		if l.pace == 0 {
			t.Error("not paced")
		}
		wait(idleTime + time.Second)
		a.rate = 0
		mostly(t, l, a, 1000, roundTrip)
	})
}

// TestLimiterFaster: the pace follows when AWS admits more.
func TestLimiterFaster(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, a := &limiter{}, newAccount(2, 4, 0)
		stop := a.crowd(t.Context(), l, 16)
		wait(time.Minute)
		a.mu.Lock()
		a.rate = 0
		before := a.admitted
		a.mu.Unlock()
		wait(2 * time.Minute)
		stop()
		if n := a.admitted - before; n < 6000 {
			t.Errorf("%d calls in two minutes", n)
		}
	})
}

// TestLimiterEnds: a call that waits ends with its context, and leaves its place
// to the next.
func TestLimiterEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &limiter{}
		l.start(slowest, time.Now())
		l.waited = time.Now()
		next := func(ctx context.Context) (time.Duration, error) {
			began := time.Now()
			_, err := l.wait(ctx)
			return time.Since(began), err
		}
		for range 2 {
			if took, err := next(t.Context()); took != 0 || err != nil {
				t.Errorf("the first two: %s, %v", took, err)
			}
		}
		short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if took, err := next(short); took != 100*time.Millisecond || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the one that gave up: %s, %v", took, err)
		}
		if took, err := next(t.Context()); took > time.Second || err != nil {
			t.Errorf("the one behind it: %s, %v", took, err)
		}
	})
}
