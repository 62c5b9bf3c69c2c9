package grants_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port"
	"port-iam/port/porttest"
)

// slotsEach is how many runs of a kind are handled at the same time in these tests: each
// account gets a quarter of that.
const slotsEach = 8

func withSlots(o *grants.Options) { o.Concurrency = slotsEach }

// consume works on records as the consumer does: so many attempts of each kind at the same
// time in a process, and what waits takes none of them. wait waits for all.
func (p *process) consume(records ...port.Record) (wait func()) {
	if p.lanes == nil {
		p.lanes = map[bool]chan struct{}{false: make(chan struct{}, slotsEach), true: make(chan struct{}, slotsEach)}
	}
	slots := p.lanes
	var all sync.WaitGroup
	for _, rec := range records {
		all.Go(func() {
			j := p.job(rec)
			for {
				slots[j.Urgent()] <- struct{}{}
				ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
				err := j.Attempt(ctx)
				cancel()
				<-slots[j.Urgent()]
				waits, again := errors.AsType[*grants.Waiting](err)
				if !again {
					if err != nil {
						p.w.t.Errorf("%s: %v", rec.RunID, err)
					}
					return
				}
				later(waits.RetryAfter())
			}
		})
	}
	return all.Wait
}

// requestsIn starts so many requests for an instance in an account.
func (w *world) requestsIn(id string, n int) (records []port.Record) {
	w.t.Helper()
	w.resource(instanceOf(id), `"resource_type":"EC2"`)
	for range n {
		records = append(records, w.start(porttest.RunSpec{
			Action: grantAction, Entity: instanceOf(id), Requester: alice, Properties: map[string]any{"permissions": []any{"ec2:StopInstances"}},
		}))
	}
	return records
}

// runOn is the first run that was started on a resource.
func (w *world) runOn(resource string) (run string) {
	for _, r := range w.port.Runs() {
		if r.Entity == resource {
			return r.ID
		}
	}
	w.t.Fatalf("no run on %s", resource)
	return ""
}

// troubles are the ways in which an account does not answer.
var troubles = map[string]func(w *world, id string) (back func()){
	"hangs": func(w *world, id string) func() {
		return w.in[id].Fault(iamtest.Fault{Kind: iamtest.Delayed, Delay: time.Hour, Count: -1})
	},
	"throttles": func(w *world, id string) func() {
		return w.in[id].Fault(iamtest.Fault{Code: "Throttling", Count: -1})
	},
	"cannot be entered": func(w *world, id string) func() { return w.closed(id) },
	"fails": func(w *world, id string) func() {
		return w.in[id].Fault(iamtest.Fault{Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable", Count: -1})
	},
}

// TestAccountAwayDelaysNobody: a backlog of an account that is away gives up in its time,
// the daemon's own account or another one, and the runs of the others do not notice.
func TestAccountAwayDelaysNobody(t *testing.T) {
	withoutRace(t)
	for name, trouble := range troubles {
		for _, away := range []string{account, second} {
			if away == account && name == "cannot be entered" {
				continue
			}
			t.Run(name+" "+away, func(t *testing.T) {
				inAccounts(t, iamtest.Options{Delay: 50 * time.Millisecond}, func(w *world) {
					p := w.process(withSlots)
					up := third
					w.resource(instanceOf(away), `"resource_type":"EC2"`)
					w.resource(instanceOf(up), `"resource_type":"EC2"`)
					var taken, stuck []port.Record
					p.consume(append(w.requestsIn(up, 20), w.requestsIn(away, 20)...)...)()
					for _, r := range w.port.Runs() {
						if r.Entity == instanceOf(up) {
							taken = append(taken, w.revoke(r.ID))
						} else {
							stuck = append(stuck, w.revoke(r.ID))
						}
					}
					back := trouble(w, away)
					began := time.Now()
					grants := w.requestsIn(away, 200)
					waitAway := p.consume(slices.Concat(grants, stuck)...)
					later(time.Minute)
					for i := range taken {
						taken[i].Time = time.Now()
					}
					upBegan := time.Now()
					more := w.requestsIn(up, 40)
					p.consume(slices.Concat(more, taken)...)()
					if took := time.Since(upBegan); took > 20*time.Second {
						t.Errorf("the runs of another account took %s", took)
					}
					for _, rec := range slices.Concat(more, taken) {
						w.wantRun(rec.RunID, "SUCCESS")
					}
					waitAway()
					for _, c := range []struct {
						runs  []port.Record
						limit time.Duration
					}{{grants, 10 * time.Minute}, {stuck, 15 * time.Minute}} {
						var longest time.Duration
						for _, rec := range c.runs {
							w.wantRun(rec.RunID, "FAILURE")
							run, _ := w.port.Run(rec.RunID)
							if took := run.EndedAt.Sub(began); took < c.limit || took > c.limit+3*time.Minute {
								t.Errorf("%s gave up after %s", rec.Action, took)
							} else {
								longest = max(longest, took)
							}
						}
						t.Logf("%d gave up after at most %s", len(c.runs), longest)
					}
					back()
					again := w.requestsIn(away, 10)
					later(time.Minute)
					p.consume(again...)()
					for _, rec := range again {
						w.wantRun(rec.RunID, "SUCCESS")
					}
				})
			})
		}
	}
}

// TestBusyIsNotAway: runs that wait for the slots of a healthy account that is slow go on
// for as long as it takes, also while runs that ask another account in vain ask it, too.
func TestBusyIsNotAway(t *testing.T) {
	withoutRace(t)
	inAccounts(t, iamtest.Options{}, func(w *world) {
		p := w.process(withSlots)
		p.consume(w.requestsIn(second, 40)...)()
		var stuck []port.Record
		for _, r := range w.port.Runs() {
			w.says(r.ID, third)
			stuck = append(stuck, w.revoke(r.ID))
		}
		w.closed(third)
		w.aws.Fault(iamtest.Fault{Kind: iamtest.Delayed, Delay: 4 * time.Second, Count: -1, Op: "CreateRole"})
		w.aws.Fault(iamtest.Fault{Kind: iamtest.Delayed, Delay: 4 * time.Second, Count: -1, Op: "AttachRolePolicy"})
		began := time.Now()
		records := w.requestsIn(account, 250)
		wait := p.consume(stuck...)
		p.consume(records...)()
		if took := time.Since(began); took < 12*time.Minute {
			t.Errorf("took %s, which shows nothing", took)
		}
		for _, rec := range records {
			w.wantRun(rec.RunID, "SUCCESS")
		}
		wait()
	})
}

// TestSlotOfAnEmptyAccount: a removal that hangs in one account holds no slot of another
// one that has nothing of the grant.
func TestSlotOfAnEmptyAccount(t *testing.T) {
	inAccounts(t, iamtest.Options{}, func(w *world) {
		p := w.process(withSlots)
		p.consume(w.requestsIn(second, 6)...)()
		var stuck []port.Record
		for _, r := range w.port.Runs() {
			w.says(r.ID, account)
			stuck = append(stuck, w.revoke(r.ID))
		}
		p.consume(w.requestsIn(third, 1)...)()
		back := w.in[second].Fault(iamtest.Fault{Kind: iamtest.Delayed, Delay: time.Hour, Count: -1})
		wait := p.consume(stuck...)
		later(5 * time.Second)
		p.cutsSoon(third)
		back()
		wait()
	})
}

// TestSlotsAreGivenBack however an attempt ends.
func TestSlotsAreGivenBack(t *testing.T) {
	inAccounts(t, iamtest.Options{}, func(w *world) {
		panics := &panicking{}
		p := w.process(func(o *grants.Options) {
			o.Concurrency = 4
			panics.Portal, o.Portal = o.Portal, panics
		})
		ends := map[string]func(j *grants.Job){
			"cancelled": func(j *grants.Job) {
				ctx, cancel := context.WithCancel(context.Background())
				defer w.at("CreateRole", false, cancel)()
				_ = j.Attempt(ctx)
			},
			"panic": func(j *grants.Job) {
				defer func() {
					if recover() == nil {
						t.Error("no panic")
					}
				}()
				panics.on.Store(true)
				defer panics.on.Store(false)
				_ = j.Attempt(context.Background())
			},
			"waits": func(j *grants.Job) {
				defer w.in[second].Fault(iamtest.Fault{Code: "Throttling", Count: -1})()
				p.attempt(j)
			},
			"fails": func(j *grants.Job) {
				defer w.in[second].Fault(iamtest.Fault{Op: "CreateRole", Code: "LimitExceeded", Status: 409, Count: -1})()
				p.attempt(j)
			},
		}
		for name, end := range ends {
			end(p.job(w.requestsIn(second, 1)[0]))
			rec := w.requestsIn(second, 1)[0]
			if !p.attempt(p.job(rec)) {
				t.Errorf("%s: no slot for the next run", name)
			}
			w.wantRun(rec.RunID, "SUCCESS")
		}
	})
}

// panicking is a Port at which the daemon panics.
type panicking struct {
	grants.Portal
	on atomic.Bool
}

// CreateEntity is part of grants.Portal.
func (p *panicking) CreateEntity(ctx context.Context, blueprint string, e port.Entity, runID string) error {
	if p.on.Load() {
		panic("a bug")
	}
	return p.Portal.CreateEntity(ctx, blueprint, e, runID)
}

// TestLocksOfASweep: expiries of grants that a sweep is about in an account that hangs
// keep no revocation in another account waiting.
func TestLocksOfASweep(t *testing.T) {
	inAccounts(t, iamtest.Options{}, func(w *world) {
		short := map[string]any{"permissions": []any{"s3:PutObject"}, "duration": "15m"}
		var expired []string
		for range slotsEach {
			expired = append(expired, w.grantedIn(second, short))
		}
		p := w.process(withSlots)
		p.consume(w.requestsIn(third, 1)...)()
		later(15 * time.Minute)
		back := w.in[second].Fault(iamtest.Fault{Op: "PutRolePolicy", Kind: iamtest.Delayed, Delay: time.Hour, Count: -1})
		var sweeping sync.WaitGroup
		sweeping.Go(func() { _, _ = p.sweeper().Sweep(context.Background()) })
		later(time.Second)
		var stuck []port.Record
		for _, run := range expired {
			stuck = append(stuck, w.start(porttest.RunSpec{Action: expireAction, Blueprint: grantEntity, Entity: iamops.Name(run)}))
		}
		wait := p.consume(stuck...)
		later(time.Second)
		p.cutsSoon(third)
		back()
		wait()
		sweeping.Wait()
	})
}

// cutsSoon checks that the revocation of a grant in an account is cut as soon as ever,
// whatever the others wait for.
func (p *process) cutsSoon(in string) {
	p.w.t.Helper()
	cuts := deniedIn(p.w.in[in])
	run := p.w.runOn(instanceOf(in))
	rec := p.w.revoke(run)
	p.consume(rec)()
	if took := cuts.took(p.w.t, map[string]port.Record{iamops.Name(run): rec}); took[0] > 2*time.Second {
		p.w.t.Errorf("cut after %s", took)
	}
}
