package grants_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"port-iam/grants"
	"port-iam/iamops/iamtest"
	"port-iam/port"
	"port-iam/port/porttest"
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
		later(time.Minute) // Port has written its record
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

// TestRunBeforeItsRecord: a sweep sees a run whose record Port has not written yet. Where
// the topic ended then says nothing about that record.
func TestRunBeforeItsRecord(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		how := &progress{ends: map[int32]int64{0: 3}, committed: map[int32]int64{0: 3}}
		run := w.request(nil)
		s := w.process().sweeper(func(o *grants.SweepOptions) { o.Offsets = how })
		w.sweep(s)
		how.mu.Lock()
		how.ends = map[int32]int64{0: 4}
		how.mu.Unlock()
		for range 4 { // its record is worked on for so long
			later(sweepGrace)
			w.sweep(s)
		}
		w.wantRun(run.RunID, "IN_PROGRESS")
		how.mu.Lock()
		how.committed = map[int32]int64{0: 4}
		how.mu.Unlock()
		w.sweep(s)
		w.wantRun(run.RunID, "FAILURE")
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

// oneUnlisted is a Port that does not list the runs of one action.
type oneUnlisted struct {
	grants.Portal
	w     *world
	fault porttest.Fault // its ID is the action
	on    *atomic.Bool
}

func (u *oneUnlisted) Runs(ctx context.Context, f port.RunFilter) ([]port.Run, error) {
	if u.on.Load() && f.Action == u.fault.ID {
		defer u.w.port.Fault(porttest.Fault{Route: "run_list", Status: u.fault.Status, Count: -1})()
	}
	return u.Portal.Runs(ctx, f)
}

// TestLostActionUnreadable: that one action cannot be read does not keep the lost
// runs of the others, nor what is known of its own; the sweep says so.
func TestLostActionUnreadable(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault porttest.Fault
		ok    bool // the sweep counts as complete
	}{
		{"the action, forbidden", porttest.Fault{Route: "action_get", ID: revokeAction, Status: 403, Count: -1}, false},
		{"the action, failing", porttest.Fault{Route: "action_get", ID: revokeAction, Status: 500, Count: -1}, false},
		{"the action, refused", porttest.Fault{Route: "action_get", ID: revokeAction, Status: 422, Count: -1}, false},
		{"the action, not there", porttest.Fault{Route: "action_get", ID: revokeAction, Status: 404, Count: -1}, true},
		{"another action", porttest.Fault{Route: "action_get", ID: expireAction, Status: 500, Count: -1}, false},
		{"its runs, forbidden", porttest.Fault{Route: "run_list", ID: revokeAction, Status: 403}, false},
		{"its runs, failing", porttest.Fault{Route: "run_list", ID: revokeAction, Status: 500}, false},
		{"its runs, not there", porttest.Fault{Route: "run_list", ID: revokeAction, Status: 404}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				var unlisted atomic.Bool
				p := w.process(func(o *grants.Options) { o.Portal = &oneUnlisted{o.Portal, w, c.fault, &unlisted} })
				rec := w.request(nil)
				p.succeed(rec)
				lostGrant, lostRevoke := w.request(nil), w.revoke(rec.RunID)
				s := p.sweeper()
				w.sweep(s) // all are seen
				readable := func() { unlisted.Store(false) }
				if unlisted.Store(c.fault.Route == "run_list"); !unlisted.Load() {
					readable = w.port.Fault(c.fault)
				}
				for range 3 {
					later(sweepInterval)
					_, err := s.Sweep(context.Background())
					if (err == nil) != c.ok {
						t.Errorf("sweep: %v", err)
					}
					if err != nil {
						contains(t, "error", err.Error(), c.fault.ID)
					}
				}
				w.wantRun(lostGrant.RunID, "FAILURE")
				if !c.ok {
					p.wantMetric("port_iam_sweeps_total", 3, "failed")
				}
				readable()
				for range 2 {
					w.sweep(s)
					later(sweepGrace)
				}
				w.wantRun(lostRevoke.RunID, "SUCCESS")
				w.wantGrants(0)
			})
		})
	}
}

// TestLostUnreportable: a run whose end Port refuses is counted once and not as
// lost, and what was made for it cannot be used any more; once Port takes the end,
// the run ends.
func TestLostUnreportable(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		rec := w.request(map[string]any{"permissions": []any{"s3:PutObject"}, "duration": "24h"})
		w.crashAt(w.process(), rec, "AttachRolePolicy") // attached, and its run is open
		refused := w.port.Fault(porttest.Fault{Route: "run_log", ID: rec.RunID, Status: 422, Count: -1})
		alsoRefused := w.port.Fault(porttest.Fault{Route: "run_patch", ID: rec.RunID, Status: 422, Count: -1})
		p := w.process()
		s := p.sweeper()
		for range 10 {
			r, err := s.Sweep(context.Background())
			if err != nil || r.Lost != 0 {
				t.Errorf("sweep: %d lost, %v", r.Lost, err)
			}
			later(sweepInterval)
		}
		w.wantRun(rec.RunID, "IN_PROGRESS")
		p.wantMetric("port_iam_unreportable_runs_total", 1)
		w.wantUnusable()
		refused()
		alsoRefused()
		w.sweep(s)
		w.wantRun(rec.RunID, "FAILURE")
		w.sweep(s)
		w.wantGrants(0)
	})
}

// TestLostPoisoned: the same where Port fails all calls about one run, and answers
// all others: the grant is cut although its run cannot be read.
func TestLostPoisoned(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		rec := w.request(map[string]any{"permissions": []any{"s3:PutObject"}, "duration": "24h"})
		w.crashAt(w.process(), rec, "AttachRolePolicy")
		better := w.poison([]string{""}, rec.RunID)
		p := w.process()
		s := p.sweeper()
		for range 30 {
			if r, err := s.Sweep(context.Background()); err != nil || r.Lost != 0 {
				t.Errorf("sweep: %d lost, %v", r.Lost, err)
			}
			later(sweepInterval)
		}
		p.wantMetric("port_iam_unreportable_runs_total", 1)
		w.wantUnusable()
		better()
		for range 2 {
			w.sweep(s)
			later(sweepInterval)
		}
		w.wantRun(rec.RunID, "FAILURE")
		w.wantGrants(0)
	})
}

// wantUnusable checks that no role gives access any more.
func (w *world) wantUnusable() {
	w.t.Helper()
	roles, _, _ := w.left()
	for _, r := range roles {
		if _, cut := r.Inline["port-iam-revoked"]; len(r.Attached) > 0 && !cut {
			w.t.Errorf("%s can be used: attached %v, inline %v", r.Name, r.Attached, r.Inline)
		}
	}
}

// TestLostRemovalsSideBySide: lost removals that wait do not hold up each other.
func TestLostRemovalsSideBySide(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		var revokes []port.Record
		for range 8 {
			rec := w.request(nil)
			p.succeed(rec)
			revokes = append(revokes, w.revoke(rec.RunID))
		}
		stuck := w.aws.Fault(iamtest.Fault{Op: "DeletePolicy", Status: 409, Code: "ConcurrentModification", Count: -1})
		s := p.sweeper()
		later(time.Minute) // Port has written their records
		w.sweep(s)
		later(sweepGrace)
		began := time.Now()
		if _, err := s.Sweep(context.Background()); err != nil {
			t.Errorf("sweep: %v", err)
		}
		if took := time.Since(began); took > 3*time.Minute {
			t.Errorf("a sweep with 8 lost removals that wait took %s", took)
		}
		w.wantUnusable()
		stuck()
		w.sweep(s)
		for _, r := range revokes {
			w.wantRun(r.RunID, "SUCCESS")
		}
		w.wantGrants(0)
	})
}
