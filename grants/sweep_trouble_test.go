package grants_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

// TestSweepGoesOn: one role that cannot be deleted yet does not keep the others.
func TestSweepGoesOn(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		var first string
		for range 3 {
			rec := w.short()
			p.succeed(rec)
			if name := iamops.Name(rec.RunID); first == "" || name < first {
				first = name
			}
		}
		later(2 * time.Hour)
		stuck := w.aws.Fault(iamtest.Fault{Op: "DeleteRole", Name: first, Status: 409, Code: "DeleteConflict", Count: -1})
		s := p.sweeper()
		w.sweep(s)
		roles, _, entities := w.left()
		if len(roles) != 1 || roles[0].Name != first || len(entities) != 1 {
			t.Errorf("%d roles and %d entities left, want the one that is stuck", len(roles), len(entities))
		}
		stuck()
		w.sweep(s)
		w.wantGrants(0)
	})
}

// TestSweepPassesOver: one grant whose run Port fails, and one whose role AWS
// fails, do not keep the others; where nobody answers, the sweep ends.
func TestSweepPassesOver(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		ids := map[string]string{} // of runs, by the names of their grants
		for range 6 {
			rec := w.short()
			p.succeed(rec)
			ids[iamops.Name(rec.RunID)] = rec.RunID
		}
		names := slices.Sorted(maps.Keys(ids))
		later(2 * time.Hour)
		port := w.port.Fault(porttest.Fault{Route: "run_get", ID: ids[names[0]], Status: 500, Count: -1})
		aws := w.aws.Fault(iamtest.Fault{Op: "GetRole", Name: names[1], Status: 500, Code: "ServiceFailure", Count: -1})
		s := p.sweeper()
		w.sweep(s)
		if roles, _, _ := w.left(); len(roles) != 2 || roles[0].Name != names[0] || roles[1].Name != names[1] {
			t.Errorf("left: %v, want %v", roles, names[:2])
		}
		port()
		aws()
		w.sweep(s)
		w.wantGrants(0)

		for range 30 {
			p.succeed(w.short())
		}
		later(2 * time.Hour)
		back := w.aws.Fault(iamtest.Fault{Op: "GetRole", Status: 500, Code: "ServiceFailure", Count: -1})
		w.aws.ResetCalls()
		_, err := s.Sweep(context.Background())
		tried := map[string]bool{}
		for _, call := range w.aws.Calls() {
			if call.Op == "GetRole" {
				tried[call.Name] = true
			}
		}
		if err == nil || len(tried) < 3 || len(tried) > 10 {
			t.Errorf("tried %d grants without AWS: %v", len(tried), err)
		}
		back()
		w.sweep(s)
		w.wantGrants(0)
	})
}

// TestSweepWithoutAnswer: a call that is never answered holds up one sweep, for
// a while.
func TestSweepWithoutAnswer(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		p.succeed(w.short())
		later(2 * time.Hour)
		silent := w.aws.Fault(iamtest.Fault{Kind: iamtest.Delayed, Op: "ListRoles", Delay: 100 * time.Hour, Count: -1})
		s := p.sweeper()
		began := time.Now()
		if _, err := s.Sweep(context.Background()); err == nil || time.Since(began) > 5*time.Minute {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
		silent()
		w.sweep(s)
		w.wantGrants(0)
	})
}

// TestSweepTakesTurns: grants for which Port always fails end a sweep, and the
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
