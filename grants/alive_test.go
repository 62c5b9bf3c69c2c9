package grants_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

// slowAccess takes its time for lists and for close looks.
type slowAccess struct {
	grants.Access
	list, look time.Duration
}

func (a slowAccess) List(ctx context.Context) (map[string]iamops.Listed, error) {
	later(a.list)
	return a.Access.List(ctx)
}

func (a slowAccess) Look(ctx context.Context, name string) (iamops.Live, error) {
	later(a.look)
	return a.Access.Look(ctx, name)
}

// TestSweeperAlive: a sweep that takes hours is alive, one that hangs is not, and
// neither the wait for the next one nor a sweeper that does not run is a hang.
func TestSweeperAlive(t *testing.T) {
	const hang = 100 * time.Hour
	for _, tc := range []struct {
		name       string
		list, look time.Duration
		interval   time.Duration
		from, to   time.Duration // from when on and until when it counts as stuck; 0: never
	}{
		{"long wait", 0, 0, 10 * time.Hour, 0, 0},
		{"long sweep", 0, 10 * time.Minute, time.Minute, 0, 0},
		{"hanging list", hang, 0, time.Hour, 2 * time.Hour, 50 * time.Hour},
		{"hanging look", 0, hang, time.Hour, 2 * time.Hour, 50 * time.Hour},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				p := w.process()
				for i := range 60 {
					w.aws.AddRoleSession("/port-iam/", fmt.Sprintf("Permission-r_%02d", i), "stranger")
				}
				slow := w.process(func(o *grants.Options) {
					o.Accounts[account] = slowAccess{Access: p.ops, list: tc.list, look: tc.look}
				})
				s := slow.sweeper(func(o *grants.SweepOptions) { o.Interval = tc.interval })
				if err := s.Alive(); err != nil {
					t.Errorf("not started: %v", err)
				}
				ctx, stop := context.WithCancel(context.Background())
				var running sync.WaitGroup
				running.Go(func() { s.Run(ctx) })
				for began := time.Now(); time.Since(began) < tc.to+20*time.Hour; later(time.Minute) {
					since := time.Since(began)
					err := s.Alive()
					switch {
					case tc.from > 0 && since > tc.from && since < tc.to:
						if err == nil || !strings.Contains(err.Error(), "no sign of life for") {
							t.Fatalf("stuck, and after %s: %v", since, err)
						}
					case tc.from == 0 || since < tc.from/2:
						if err != nil {
							t.Fatalf("after %s: %v", since, err)
						}
					}
				}
				stop()
				later(2 * hang)
				running.Wait()
				if err := s.Alive(); err != nil {
					t.Errorf("ended: %v", err)
				}
			})
		})
	}
}
