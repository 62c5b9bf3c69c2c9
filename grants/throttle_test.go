package grants_test

import (
	"sync"
	"testing"
	"time"

	"port-iam/iamops/iamtest"
	"port-iam/port"
)

// TestThrottledBacklog: a backlog against an IAM that allows 20 calls a second.
// Calls that are refused cost the next ones their turn, so few may be.
func TestThrottledBacklog(t *testing.T) {
	const runs, workers, rate, burst, callsEach = 1000, 16, 20, 40, 3
	inWorld(t, iamtest.Options{Rate: rate, Burst: burst, Delay: 80 * time.Millisecond, MaxRoles: 2 * runs, MaxPolicies: 2 * runs}, func(w *world) {
		p := w.process()
		queue := make(chan port.Record, runs)
		for range runs {
			queue <- w.request(nil)
		}
		close(queue)
		began := time.Now()
		var all sync.WaitGroup
		for range workers {
			all.Go(func() {
				for rec := range queue {
					if err := p.handle(rec); err != nil {
						t.Errorf("handle: %v", err)
					}
				}
			})
		}
		all.Wait()
		took := time.Since(began)
		w.wantGrants(runs)
		p.wantMetric("port_iam_runs_total", 0, "grant", "failed")
		const ideal = runs * callsEach
		calls := w.aws.CallCount("")
		used := (float64(ideal) - burst) / took.Seconds()
		t.Logf("%d calls for %d (%.2f), %.1f of %d calls a second used (%.0f%%), %s", calls, ideal, float64(calls)/ideal, used, rate, 100*used/rate, took.Round(time.Second))
		if float64(calls) > 1.3*ideal {
			t.Errorf("%d calls, at most %.0f expected", calls, 1.3*ideal)
		}
		if used < 0.85*rate {
			t.Errorf("%.1f calls a second used, at least %.1f expected", used, 0.85*rate)
		}
	})
}
