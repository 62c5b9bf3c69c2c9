package grants_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"port-iam/iamops/iamtest"
	"port-iam/port"
	"port-iam/port/porttest"
)

// stays checks that a run is still being worked on after that time.
func (w *world) stays(ended <-chan error, after time.Duration) {
	w.t.Helper()
	later(after)
	select {
	case err := <-ended:
		w.t.Errorf("given up: %v", err)
	default:
	}
}

// poison lets Port fail one run, on these routes or on any (""), and nothing else.
func (w *world) poison(routes []string, id string) (cure func()) {
	var cures []func()
	for _, route := range routes {
		cures = append(cures, w.port.Fault(porttest.Fault{Route: route, ID: id, Status: 500, Count: -1}))
	}
	return func() {
		for _, cure := range cures {
			cure()
		}
	}
}

// TestPoisonedInAQuietOrganisation: a run that Port alone fails is given up after
// half an hour, although no other run ends in that time.
func TestPoisonedInAQuietOrganisation(t *testing.T) {
	for name, routes := range map[string][]string{
		"read": {"run_get"}, "end": {"run_log"}, "entity": {"entity_upsert"}, "all": {""},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				p, rec := w.process(), w.request(nil)
				w.poison(routes, rec.RunID)
				began := time.Now()
				if err := p.handle(rec); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); took < 30*time.Minute || took > 32*time.Minute {
					t.Errorf("given up after %s", took)
				}
				w.wantRun(rec.RunID, "IN_PROGRESS")
				p.wantMetric("port_iam_unreportable_runs_total", 1)
			})
		})
	}
}

// TestHangingRunIsGivenUp: the same where Port does not answer at all for the run,
// so that each attempt uses all of its time.
func TestHangingRunIsGivenUp(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p, rec := w.process(), w.request(nil)
		w.port.Fault(porttest.Fault{Kind: porttest.Delayed, Delay: time.Hour, ID: rec.RunID, Count: -1})
		began := time.Now()
		if err := p.handle(rec); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 30*time.Minute || took > 33*time.Minute {
			t.Errorf("given up after %s", took)
		}
		p.wantMetric("port_iam_unreportable_runs_total", 1)
	})
}

// TestOutageGivesNothingUp: a Port that is away, or fails all runs, makes no run
// unreportable however long that lasts.
func TestOutageGivesNothingUp(t *testing.T) {
	for name, c := range map[string]struct {
		runs  int
		fault porttest.Fault
	}{
		"all calls, one run":      {1, porttest.Fault{}},
		"all calls, three runs":   {3, porttest.Fault{}},
		"no answers":              {1, porttest.Fault{Kind: porttest.LostRequest}},
		"ends of runs":            {3, porttest.Fault{Route: "run_log"}},
		"entities":                {3, porttest.Fault{Route: "entity_upsert"}},
		"runs":                    {3, porttest.Fault{Route: "run_get"}},
		"rejected credentials":    {1, porttest.Fault{Status: 401}},
		"a missing right":         {3, porttest.Fault{Route: "run_get", Status: 403}},
		"rate limit of the whole": {1, porttest.Fault{Status: 429}},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				p := w.process()
				c.fault.Count = -1
				if c.fault.Status == 0 {
					c.fault.Status = 503
				}
				repaired := w.port.Fault(c.fault)
				var recs []port.Record
				var ends []chan error
				for range c.runs {
					rec, end := w.request(nil), make(chan error, 1)
					recs, ends = append(recs, rec), append(ends, end)
					go func() { end <- p.handle(rec) }()
				}
				w.stays(ends[0], 45*time.Minute)
				repaired()
				for i, end := range ends {
					if err := <-end; err != nil {
						t.Error(err)
					}
					w.wantRun(recs[i].RunID, "SUCCESS")
				}
				p.wantMetric("port_iam_unreportable_runs_total", 0)
			})
		})
	}
}

// TestProbeFailsWithPort: where the run is failed and Port answers nothing else
// for a part of the half hour, the time begins again.
func TestProbeFailsWithPort(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p, rec := w.process(), w.request(nil)
		w.poison([]string{"run_get"}, rec.RunID)
		ended := make(chan error, 1)
		go func() { ended <- p.handle(rec) }()
		w.stays(ended, 25*time.Minute)
		away := w.port.Fault(porttest.Fault{Route: "action_get", Status: 503, Count: -1})
		w.stays(ended, 10*time.Minute)
		away()
		w.stays(ended, 25*time.Minute)
		began := time.Now()
		if err := <-ended; err != nil || time.Since(began) > 10*time.Minute {
			t.Errorf("given up after %s more: %v", time.Since(began), err)
		}
		p.wantMetric("port_iam_unreportable_runs_total", 1)
	})
}

// TestUnreportableIsCountedOnce: however often a run comes whose end Port does not
// take, it is counted and logged once.
func TestUnreportableIsCountedOnce(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p, rec := w.process(), w.request(nil)
		for _, route := range []string{"run_log", "run_patch"} {
			w.port.Fault(porttest.Fault{Route: route, ID: rec.RunID, Status: 422, Count: -1})
		}
		for range 3 {
			if err := p.handle(rec); err != nil {
				t.Fatal(err)
			}
			later(10 * time.Minute)
		}
		p.wantMetric("port_iam_unreportable_runs_total", 1)
		if n := strings.Count(p.log.String(), "run cannot be reported"); n != 1 {
			t.Errorf("logged %d times", n)
		}
	})
}

// TestProbeEndsWithTheAttempt: an attempt that is ended from outside leaves
// nothing behind that still asks Port.
func TestProbeEndsWithTheAttempt(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p, rec := w.process(), w.request(nil)
		w.port.Fault(porttest.Fault{Kind: porttest.Delayed, Delay: time.Hour, Route: "run_get", Count: -1})
		w.port.Fault(porttest.Fault{Kind: porttest.Delayed, Delay: time.Hour, Route: "action_get", Count: -1})
		ctx, stop := context.WithTimeout(context.Background(), time.Minute)
		defer stop()
		if err := p.finish(ctx, p.job(rec)); err == nil {
			t.Error("finished")
		}
		if n := p.metric("port_iam_runs_in_flight", "grant"); n != 0 {
			t.Errorf("%v runs in flight", n)
		}
	})
}
