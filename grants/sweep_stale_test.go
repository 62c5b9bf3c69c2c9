package grants_test

import (
	"sync/atomic"
	"testing"
	"time"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

// TestSweepStaleLists: a grant comes about between two lists of a sweep, and the
// sweep takes longer than the grace to get to it. The lists show a policy or an
// entity without a role then, and the grant is whole.
func TestSweepStaleLists(t *testing.T) {
	for _, before := range []string{"ListPolicies", "entity_list"} {
		t.Run(before, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				p, other := w.process(), w.process()
				rec := w.request(nil)
				const grace = time.Second // or the call would take longer than any may
				var appeared atomic.Bool
				appear := func() {
					if appeared.CompareAndSwap(false, true) {
						other.succeed(rec)
						later(2 * grace)
					}
				}
				defer w.aws.OnCall(func(c iamtest.Call) {
					if !c.Done && c.Op == before {
						appear()
					}
				})()
				defer w.port.OnCall(func(c porttest.Call) {
					if !c.Done && c.Route == before {
						appear()
					}
				})()
				s := p.sweeper(func(o *grants.SweepOptions) { o.Grace = grace })
				for range 2 {
					if f := w.sweep(s)[iamops.Name(rec.RunID)]; f.State != grants.StateActive || f.Removed {
						t.Errorf("finding %+v", f)
					}
					w.wantGrants(1)
				}
			})
		})
	}
}
