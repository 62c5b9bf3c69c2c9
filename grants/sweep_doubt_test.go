package grants_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port"
	"port-iam/port/porttest"
)

// short is a request whose grant has expired after an hour.
func (w *world) short() port.Record {
	return w.request(map[string]any{"permissions": []any{"s3:PutObject"}, "duration": "1h"})
}

// TestSweepTakesTurns: grants for which Port fails for good end a sweep, and the
// next one begins behind them; lost runs are looked for in any case.
func TestSweepTakesTurns(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		var names []string
		for range 5 {
			rec := w.short()
			p.succeed(rec)
			names = append(names, iamops.Name(rec.RunID))
		}
		slices.Sort(names)
		for _, n := range names[:3] {
			w.port.Fault(porttest.Fault{Route: "entity_delete", ID: n, Status: 403, Code: "missing_permissions", Count: -1})
		}
		lost := w.request(nil)
		later(2 * time.Hour)
		s := p.sweeper()
		for range 4 {
			_, _ = s.Sweep(context.Background()) // fails or not: by turns
			later(sweepInterval)
		}
		roles, _, entities := w.left()
		if len(roles) != 0 || !slices.Equal(entities, names[:3]) {
			t.Errorf("left are %d roles and the entities %v, want %v", len(roles), entities, names[:3])
		}
		w.wantRun(lost.RunID, "FAILURE")
	})
}

// TestSweepBrakeWithoutAnswers: what Port does not tell counts for the brake.
func TestSweepBrakeWithoutAnswers(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		for i := range 12 {
			rec := w.request(nil)
			p.succeed(rec)
			if err := p.portal.DeleteEntity(context.Background(), grantEntity, iamops.Name(rec.RunID), ""); err != nil {
				t.Fatal(err)
			}
			if i < 2 { // one call with its four tries
				w.port.Fault(porttest.Fault{Route: "run_get", ID: rec.RunID, Status: 503, Count: 4})
			}
		}
		later(2 * sweepGrace)
		w.sweep(p.sweeper())
		if roles, _, _ := w.left(); len(roles) != 12 {
			t.Errorf("%d roles left", len(roles))
		}
		p.wantMetric("port_iam_sweeps_total", 1, "stopped")
	})
}

// endless is a Port that does not say when runs have ended.
type endless struct{ grants.Portal }

func (e endless) Run(ctx context.Context, id string) (port.Run, error) {
	r, err := e.Portal.Run(ctx, id)
	r.EndedAt = time.Time{}
	return r, err
}

// TestSweepUnknownEnd: where Port does not say when a run has ended, what counts
// from there is left, until the grant expires.
func TestSweepUnknownEnd(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process(func(o *grants.Options) { o.Portal = endless{o.Portal} })
		rec := w.short()
		p.succeed(rec)
		if err := p.portal.DeleteEntity(context.Background(), grantEntity, iamops.Name(rec.RunID), ""); err != nil {
			t.Fatal(err)
		}
		later(2 * sweepGrace)
		s := p.sweeper()
		w.sweep(s)
		if roles, _, _ := w.left(); len(roles) != 1 {
			t.Errorf("%d roles left", len(roles))
		}
		later(time.Hour)
		w.sweep(s)
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

// TestLostRunNewTopic: where the topic was made again, runs are lost all the same.
func TestLostRunNewTopic(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		how := &progress{ends: map[int32]int64{0: 1000, 1: 10}, committed: map[int32]int64{0: 999}}
		lost := w.request(nil)
		s := p.sweeper(func(o *grants.SweepOptions) { o.Progress = how })
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
