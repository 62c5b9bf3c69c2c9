package grants_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

// TestSweepEndsWhereTheRoleGoes: another process deletes the role from which a sweep has
// taken the Deny, because AWS kept it. The sweep does not look for it for ever.
func TestSweepEndsWhereTheRoleGoes(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		rec := w.short()
		w.process().succeed(rec)
		later(time.Hour)
		name := iamops.Name(rec.RunID)
		w.aws.SetVisibility(10 * time.Second)
		ctx, deleted := context.Background(), make(chan struct{})
		defer w.at("DeleteRole", true, func() {
			go func() { // before the sweep looks again
				defer close(deleted)
				w.aws.SetVisibility(0)
				for {
					if _, err := w.admin().DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &name}); err == nil {
						return
					}
					later(10 * time.Millisecond)
				}
			}()
		})()
		s := w.process().sweeper()
		within(t, "three sweeps", 4*sweepInterval, func() {
			for range 3 {
				_, _ = s.Sweep(ctx) // what AWS does not show yet is for the next one
				later(sweepInterval)
			}
		})
		<-deleted
		w.wantGrants(0)
	})
}
