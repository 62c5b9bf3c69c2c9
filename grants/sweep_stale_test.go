package grants_test

import (
	"fmt"
	"testing"
	"time"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

// TestSweepStaleLists: a grant comes about between two lists of a sweep, and the
// sweep takes longer than the grace to get to it. The lists show a policy or an
// entity without a role then, and the grant is whole.
func TestSweepStaleLists(t *testing.T) {
	for _, c := range []struct {
		before string
		dryRun bool
	}{{"ListPolicies", false}, {"ListPolicies", true}, {"entity_list", false}, {"entity_list", true}} {
		t.Run(fmt.Sprintf("%s, dry run %t", c.before, c.dryRun), func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				p, other := w.process(), w.process()
				rec := w.request(nil)
				const grace = time.Second // or the call would take longer than any may
				defer w.at(c.before, false, func() {
					other.succeed(rec)
					later(2 * grace)
				})()
				s := p.sweeper(func(o *grants.SweepOptions) { o.Grace = grace })
				for range 2 {
					look := s.Sweep
					if c.dryRun {
						look = s.DryRun
					}
					if f := w.look(look)[iamops.Name(rec.RunID)]; f.State != grants.StateActive || f.Removed {
						t.Errorf("finding %+v", f)
					}
					w.wantGrants(1)
				}
			})
		})
	}
}
