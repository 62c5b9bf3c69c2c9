package grants_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port"
)

// slow is an IAM as far away as the real one.
var slow = iamtest.Options{Delay: 80 * time.Millisecond, MaxRoles: 4000, MaxPolicies: 4000}

// work has so many workers handle records, as the consumer does, until stop is
// called or all are finished; wait waits for that.
func (p *process) work(workers int, records []port.Record) (wait, stop func()) {
	queue := make(chan port.Record, len(records))
	for _, rec := range records {
		queue <- rec
	}
	close(queue)
	stopped := make(chan struct{})
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for rec := range queue {
				select {
				case <-stopped:
					return
				default:
				}
				if err := p.handle(rec); err != nil {
					p.w.t.Errorf("handle: %v", err)
				}
			}
		})
	}
	return all.Wait, sync.OnceFunc(func() { close(stopped) })
}

// requests starts so many runs of the grant action.
func (w *world) requests(n int) []port.Record {
	all := make([]port.Record, n)
	for i := range all {
		all[i] = w.request(nil)
	}
	return all
}

// granted makes so many grants, an hour ago.
func (p *process) granted(n int) []port.Record {
	all := p.w.requests(n)
	wait, _ := p.work(16, all)
	wait()
	later(time.Hour)
	return all
}

// denied follows when access is cut: by the name of the grant, since the start.
type denied struct {
	mu sync.Mutex
	at map[string]time.Time
}

func (w *world) denied() *denied { return deniedIn(w.aws) }

func deniedIn(account *iamtest.Server) *denied {
	d := &denied{at: map[string]time.Time{}}
	account.OnCall(func(c iamtest.Call) {
		if c.Op == "PutRolePolicy" && c.Done && c.Code == "" {
			d.mu.Lock()
			defer d.mu.Unlock()
			if d.at[c.Name].IsZero() {
				d.at[c.Name] = time.Now()
			}
		}
	})
	return d
}

// took returns how long the Deny of each revocation took from its record, the
// shortest first.
func (d *denied) took(t *testing.T, revokes map[string]port.Record) []time.Duration {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []time.Duration
	for name, rec := range revokes {
		at := d.at[name]
		if at.IsZero() {
			t.Errorf("%s was never cut", name)
		}
		all = append(all, at.Sub(rec.Time))
	}
	slices.Sort(all)
	return all
}

// p95 is the smallest that 95 % of all do not exceed.
func p95(sorted []time.Duration) time.Duration { return sorted[(len(sorted)*95+99)/100-1] }

// TestThrottledBacklog: a backlog against an IAM that allows 20 calls a second.
// Calls that are refused cost the next ones their turn, so few may be.
func TestThrottledBacklog(t *testing.T) {
	withoutRace(t)
	const runs, rate, burst, callsEach = 1000, 20, 40, 3
	inWorld(t, slow, func(w *world) {
		p := w.process()
		w.aws.Throttle(rate, burst, 0)
		began := time.Now()
		wait, _ := p.work(16, w.requests(runs))
		wait()
		took := time.Since(began)
		w.wantGrants(runs)
		p.wantMetric("port_iam_runs_total", 0, "grant", "failed")
		const ideal = runs * callsEach
		calls := w.aws.CallCount("")
		used := (float64(ideal) - burst) / took.Seconds()
		t.Logf("%d calls for %d (%.2f), %.1f of %d calls a second used (%.0f%%), %s", calls, ideal, float64(calls)/ideal, used, rate, 100*used/rate, took.Round(time.Second))
		if float64(calls) > 1.1*ideal {
			t.Errorf("%d calls, at most %.0f expected", calls, 1.1*ideal)
		}
		if used < 0.95*rate {
			t.Errorf("%.1f calls a second used, at least %.1f expected", used, 0.95*rate)
		}
	})
}

// TestThrottledToLittle: where IAM admits so little that most runs cannot be worked
// on at once, those that have begun are finished first. Each run ends well, and
// little is begun in vain.
func TestThrottledToLittle(t *testing.T) {
	withoutRace(t)
	const runs, callsEach = 200, 3
	inWorld(t, slow, func(w *world) {
		p := w.process()
		w.aws.Throttle(2, 4, 0)
		wait, _ := p.work(16, w.requests(runs))
		wait()
		w.wantGrants(runs)
		p.wantMetric("port_iam_runs_total", runs, "grant", "succeeded")
		if calls := w.aws.CallCount(""); calls > 1.4*runs*callsEach {
			t.Errorf("%d calls for %d", calls, runs*callsEach)
		}
	})
}

// TestThrottledAtRandom: grants and revocations while IAM refuses three calls in
// ten, as it does when something else in the account makes too many.
func TestThrottledAtRandom(t *testing.T) {
	withoutRace(t)
	const share = 0.3
	inWorld(t, slow, func(w *world) {
		p := w.process()
		victims := p.granted(10)
		w.aws.Throttle(0, 0, share)
		began := time.Now()
		wait, _ := p.work(16, w.requests(20))
		wait()
		took := time.Since(began)
		t.Logf("20 grants in %s", took)
		if took > 10*time.Second {
			t.Errorf("20 grants took %s", took)
		}

		cuts, revokes := w.denied(), map[string]port.Record{}
		var records []port.Record
		for _, v := range victims {
			rec := w.revoke(v.RunID)
			revokes[iamops.Name(v.RunID)] = rec
			records = append(records, rec)
		}
		wait, _ = p.work(16, records)
		wait()
		all := cuts.took(t, revokes)
		t.Logf("Deny of 10 revocations: p95 %s", p95(all))
		if p95(all) > 3*time.Second {
			t.Errorf("Deny after %s", all)
		}
		w.wantGrants(20)
	})
}

// TestThrottledStorm: IAM throttles every call for some time, and then none. Grants
// that were asked for meanwhile are soon made, and revocations that come after it
// wait for nothing. After a long storm, all that takes longer is that runs which
// failed many times are tried again after up to 30 seconds.
func TestThrottledStorm(t *testing.T) {
	withoutRace(t)
	for _, tt := range []struct{ lasts, most time.Duration }{
		{3 * time.Second, 15 * time.Second},
		{10 * time.Second, 15 * time.Second},
		{30 * time.Second, 15 * time.Second},
		{2 * time.Minute, 45 * time.Second},
	} {
		inWorld(t, slow, func(w *world) {
			p := w.process()
			victims := p.granted(5)
			w.aws.Throttle(0, 0, 1)
			wait, _ := p.work(16, w.requests(100))
			later(tt.lasts)
			w.aws.Throttle(0, 0, 0)
			over := time.Now()
			cuts, revokes := w.denied(), map[string]port.Record{}
			for _, v := range victims {
				rec := w.revoke(v.RunID)
				revokes[iamops.Name(v.RunID)] = rec
				p.succeed(rec)
			}
			wait()
			took, denies := time.Since(over), cuts.took(t, revokes)
			t.Logf("after %s: 100 grants in %s, Deny of 5 revocations within %s", tt.lasts, took, denies[4])
			if took > tt.most {
				t.Errorf("after %s, 100 grants took %s", tt.lasts, took)
			}
			if denies[4] > 3*time.Second {
				t.Errorf("after %s, the Deny came after %s", tt.lasts, denies)
			}
			w.wantGrants(100)
		})
	}
}

// TestDenyBesideBacklog: a revocation every five seconds, beside a backlog of
// grants that IAM throttles.
func TestDenyBesideBacklog(t *testing.T) {
	withoutRace(t)
	for _, tt := range []struct {
		rate float64
		p95  time.Duration
	}{{20, 2 * time.Second}, {5, 2 * time.Second}, {2, 4 * time.Second}} {
		inWorld(t, slow, func(w *world) {
			p := w.process()
			victims := p.granted(20)
			w.aws.Throttle(tt.rate, 2*tt.rate, 0)
			cuts, revokes := w.denied(), map[string]port.Record{}
			waitGrants, stop := p.work(16, w.requests(300))
			var all sync.WaitGroup
			for _, v := range victims {
				later(5 * time.Second)
				rec := w.revoke(v.RunID)
				revokes[iamops.Name(v.RunID)] = rec
				all.Go(func() {
					if err := p.handle(rec); err != nil {
						t.Errorf("handle: %v", err)
					}
				})
			}
			all.Wait()
			took := cuts.took(t, revokes)
			t.Logf("%v calls a second: Deny after p50 %s, p95 %s, at most %s", tt.rate, took[9], p95(took), took[19])
			if p95(took) > tt.p95 {
				t.Errorf("at %v calls a second, the Deny comes after %s", tt.rate, took)
			}
			for _, rec := range revokes {
				w.wantRun(rec.RunID, "SUCCESS")
			}
			stop()
			waitGrants()
		})
	}
}

// TestDenyBesideTooMany: where IAM admits less than the slowest pace, a Deny waits
// for little else than its own two calls.
func TestDenyBesideTooMany(t *testing.T) {
	withoutRace(t)
	inWorld(t, slow, func(w *world) {
		p := w.process()
		victims := p.granted(10)
		w.aws.Throttle(0.5, 1, 0)
		cuts, revokes := w.denied(), map[string]port.Record{}
		waitGrants, stopGrants := p.work(16, w.requests(100))
		later(time.Minute)
		var stops []func()
		for _, v := range victims {
			later(30 * time.Second)
			rec := w.revoke(v.RunID)
			revokes[iamops.Name(v.RunID)] = rec
			wait, _ := p.work(1, []port.Record{rec})
			stops = append(stops, wait)
		}
		later(30 * time.Second)
		took := cuts.took(t, revokes)
		t.Logf("Deny after p50 %s, at most %s", took[4], took[9])
		if took[9] > 10*time.Second {
			t.Errorf("the Deny comes after %s", took)
		}
		stopGrants()
		w.aws.Throttle(0, 0, 0)
		waitGrants()
		for _, wait := range stops {
			wait()
		}
	})
}

// revokedLater makes n grants, and the records that take them away.
func (p *process) revokedLater(n int) (records []port.Record) {
	for _, v := range p.granted(n) {
		records = append(records, p.w.revoke(v.RunID))
	}
	return records
}

// TestDenyPutBack: beside any number of revocations, a role whose Deny is off is
// deleted before the time of the attempt is over.
func TestDenyPutBack(t *testing.T) {
	withoutRace(t)
	const revocations = 500
	inWorld(t, slow, func(w *world) {
		p := w.process()
		records := p.revokedLater(revocations)
		w.aws.Throttle(20, 40, 0)
		var mu sync.Mutex
		denies, longest, off := 0, time.Duration(0), map[string]time.Time{}
		w.aws.OnCall(func(c iamtest.Call) {
			mu.Lock()
			defer mu.Unlock()
			switch {
			case !c.Done || c.Code != "":
			case c.Op == "PutRolePolicy":
				denies++
			case c.Op == "DeleteRolePolicy":
				off[c.Name] = time.Now()
			case c.Op == "DeleteRole":
				longest = max(longest, time.Since(off[c.Name]))
			}
		})
		wait, _ := p.work(16, records)
		wait()
		w.wantGrants(0)
		t.Logf("%d Denies; without it for %s at most", denies, longest)
		if log := p.log.String(); strings.Contains(log, "could not be put back") {
			t.Errorf("a Deny could not be put back")
		}
		if denies > revocations*11/10 {
			t.Errorf("%d Denies for %d revocations", denies, revocations)
		}
	})
}

// TestGrantsBesideRevocations: any number of revocations leaves grants a fifth of
// what IAM admits.
func TestGrantsBesideRevocations(t *testing.T) {
	withoutRace(t)
	const revocations = 500
	inWorld(t, slow, func(w *world) {
		p := w.process()
		records := p.revokedLater(revocations)
		w.aws.Throttle(20, 40, 0)
		w.aws.ResetCalls()
		waitRevokes, stopRevokes := p.work(16, records)
		waitGrants, stopGrants := p.work(4, w.requests(500))
		later(2 * time.Minute)
		calls := w.aws.Calls()
		stopRevokes()
		stopGrants()
		waitRevokes()
		waitGrants()
		grants, all := 0, 0
		for _, c := range calls {
			if c.Code == "Throttling" {
				continue
			}
			all++
			if strings.HasPrefix(c.Op, "Create") || c.Op == "AttachRolePolicy" {
				grants++
			}
		}
		t.Logf("%d of %d calls are of grants (%.0f%%)", grants, all, 100*float64(grants)/float64(all))
		if float64(grants) < 0.2*float64(all) {
			t.Errorf("%d of %d calls are of grants", grants, all)
		}
	})
}
