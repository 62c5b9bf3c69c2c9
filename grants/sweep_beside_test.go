package grants_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"port-iam/iamops/iamtest"
)

// TestSweepLetsRequestsPass: a sweep of many grants, and requests at the same time, on
// an AWS that admits 20 calls a second: the requests get their part of them.
func TestSweepLetsRequestsPass(t *testing.T) {
	const existing, requests, workers, rate, burst, callsEach = 200, 50, 16, 20, 40, 3
	opts := iamtest.Options{Rate: rate, Burst: burst, Delay: 80 * time.Millisecond}
	inWorld(t, opts, func(w *world) {
		p := w.process()
		for range existing {
			p.succeed(w.request(nil))
		}
		later(time.Minute) // the bucket fills
		s := p.sweeper()
		ctx, cancel := context.WithCancel(context.Background())
		var sweeping sync.WaitGroup
		sweeping.Go(func() {
			for ctx.Err() == nil { // one after the other: worse than any setting allows
				if _, err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
					t.Errorf("sweep: %v", err)
				}
			}
		})
		began := time.Now()
		var mu sync.Mutex
		var took []time.Duration
		var all sync.WaitGroup
		slots := make(chan struct{}, workers)
		for range requests {
			rec := w.request(nil)
			all.Go(func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				p.succeed(rec)
				mu.Lock()
				defer mu.Unlock()
				took = append(took, time.Since(began))
			})
		}
		all.Wait()
		cancel()
		sweeping.Wait()
		got := (requests*callsEach - burst) / slices.Max(took).Seconds()
		t.Logf("requests got %.1f of %d calls a second", got, rate)
		if got < rate/3.0 {
			t.Errorf("requests got %.1f calls a second, at least %.1f expected", got, rate/3.0)
		}
	})
}
