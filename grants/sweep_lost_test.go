package grants_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"port-iam/grants"
	"port-iam/iamops/iamtest"
	"port-iam/port"
)

// progress is how far the group is said to have come.
type progress struct {
	mu              sync.Mutex
	ends, committed map[int32]int64
}

func (p *progress) Ends(context.Context) (map[int32]int64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ends, nil
}

func (p *progress) Committed(context.Context) (map[int32]int64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.committed, nil
}

// TestLostRuns: a run whose record never comes is ended, a lost revocation is
// carried out; while the group has not passed what was written, nothing is lost.
func TestLostRuns(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.request(nil)
		p.succeed(rec)
		lostGrant, lostRevoke := w.request(nil), w.revoke(rec.RunID)
		how := &progress{ends: map[int32]int64{0: 7, 1: 3}, committed: map[int32]int64{0: 7}}
		s := p.sweeper(func(o *grants.SweepOptions) { o.Offsets = how })
		for range 5 {
			w.sweep(s)
			later(sweepInterval)
		}
		w.wantRun(lostGrant.RunID, "IN_PROGRESS") // partition 1 has not been read
		how.mu.Lock()
		how.committed = map[int32]int64{0: 9, 1: 3}
		how.mu.Unlock()
		w.sweep(s)
		contains(t, "log", w.wantRun(lostGrant.RunID, "FAILURE"), "lost", "request again")
		w.wantRun(lostRevoke.RunID, "SUCCESS")
		w.wantGrants(0)
	})
}

// TestLostRevokeFails: a lost revocation that cannot be carried out ends, too.
func TestLostRevokeFails(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.request(nil)
		p.succeed(rec)
		revoke := w.revoke(rec.RunID)
		w.aws.Fault(iamtest.Fault{Op: "DeletePolicy", Status: 409, Code: "DeleteConflict", Count: -1})
		s := p.sweeper()
		for range 8 {
			w.sweep(s)
			later(sweepInterval)
		}
		contains(t, "log", w.wantRun(revoke.RunID, "FAILURE"), "already cut")
	})
}

// TestLostRunNewTopic: where the topic was made again, runs are lost as well.
func TestLostRunNewTopic(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		how := &progress{ends: map[int32]int64{0: 1000, 1: 10}, committed: map[int32]int64{0: 999}}
		lost := w.request(nil)
		s := p.sweeper(func(o *grants.SweepOptions) { o.Offsets = how })
		w.sweep(s)
		how.mu.Lock()
		how.ends, how.committed = map[int32]int64{0: 3}, map[int32]int64{0: 3}
		how.mu.Unlock()
		w.sweep(s)
		w.wantRun(lost.RunID, "IN_PROGRESS")
		later(sweepGrace)
		w.sweep(s)
		w.wantRun(lost.RunID, "FAILURE")
	})
}

// TestLostRevokeUnsigned: a revocation that was lost has no record, and so no
// signature; it is carried out where signatures are required.
func TestLostRevokeUnsigned(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		rec := w.request(nil)
		w.process().succeed(rec)
		revoke := w.revoke(rec.RunID)
		p := w.process(func(o *grants.Options) { o.RequireSignature = true })
		s := p.sweeper()
		for range 8 {
			w.sweep(s)
			later(sweepInterval)
		}
		w.wantRun(revoke.RunID, "SUCCESS")
		w.wantGrants(0)
		p.wantMetric("port_iam_security_events_total", 0, "signature")
	})
}

// TestLostWrongClock: with a wrong clock nothing is swept, and lost runs wait.
func TestLostWrongClock(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.request(nil)
		p.succeed(rec)
		lostGrant, lostRevoke := w.request(nil), w.revoke(rec.RunID)
		w.aws.SetClockSkew(-9 * time.Hour)
		s := p.sweeper()
		for range 8 {
			if _, err := s.Sweep(context.Background()); err == nil {
				t.Error("swept by a wrong clock")
			}
			later(sweepInterval)
		}
		w.wantRun(lostGrant.RunID, "IN_PROGRESS")
		w.wantRun(lostRevoke.RunID, "IN_PROGRESS")
		w.aws.SetClockSkew(0)
		for range 4 {
			w.sweep(s)
			later(sweepInterval)
		}
		w.wantRun(lostGrant.RunID, "FAILURE")
		w.wantRun(lostRevoke.RunID, "SUCCESS")
		w.wantGrants(0)
	})
}

// nameless is a Port whose list does not say of which action a run is.
type nameless struct{ grants.Portal }

func (n nameless) Runs(ctx context.Context, f port.RunFilter) ([]port.Run, error) {
	runs, err := n.Portal.Runs(ctx, f)
	for i := range runs {
		runs[i].Action = ""
	}
	return runs, err
}

// TestLostRunOfTheListedAction: a lost run is of the action that it was listed for.
func TestLostRunOfTheListedAction(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process(func(o *grants.Options) { o.Portal = nameless{o.Portal} })
		lost := w.request(nil)
		s := p.sweeper()
		for range 4 {
			w.sweep(s)
			later(sweepInterval)
		}
		w.wantRun(lost.RunID, "FAILURE")
	})
}
