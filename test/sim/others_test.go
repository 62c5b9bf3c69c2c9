package sim

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

// longestLag is how long IAM may show an old state.
const longestLag = time.Minute

// others draws what others do beside: AWS with its lag and its limits, other
// accounts, operators, instances with other settings.
func (d *drawing) others() {
	d.signed = d.chance(0.25)
	if !d.quiet {
		d.lags()
		d.weather.throttling = pick(d, 0, 0, 0, 0.1, 0.25, 0.4)
		if d.mixed = d.chance(0.12); d.mixed {
			// Attempts that differ wait for each other, and give up.
			d.settled = max(d.settled, 11*time.Minute)
		}
	}
	for range pick(d, 0, 0, 1, 2) {
		d.otherAccount()
	}
	for range pick(d, 0, 0, 0, 1, 2) {
		d.operator()
	}
	if d.chance(0.15) {
		d.edited()
	}
	if d.quiet && !d.busy && d.chance(0.7) {
		d.unreadable()
	}
}

// lags draws how the consistency of IAM changes: each write has a lag of its own
// for a while.
func (d *drawing) lags() {
	d.lag = d.visibility
	if d.chance(0.6) {
		return
	}
	if d.chance(0.4) {
		d.behind = pick(d, 2*time.Second, 10*time.Second, 25*time.Second)
		seed := d.Uint64()
		d.early(fmt.Sprintf("reads are up to %s apart", d.behind), func(w *world) {
			for i, s := range w.sites {
				r := rand.New(rand.NewPCG(seed, uint64(2+10*i)))
				s.SetBehind(func() time.Duration { return time.Duration(r.Int64N(int64(d.behind))) })
			}
		})
	}
	for range 1 + d.IntN(3) {
		most, none, seed := d.between(longestLag/2, longestLag), pick(d, 0, 0.3, 0.7), d.Uint64()
		if d.chance(0.3) {
			most = longestLag
		}
		most -= d.behind
		d.lag = max(d.lag, most)
		d.at(d.between(0, d.last), fmt.Sprintf("reads lag up to %s", most), func(w *world) {
			for i, s := range w.sites {
				r := rand.New(rand.NewPCG(seed, uint64(1+10*i)))
				s.SetLag(func() time.Duration {
					if r.Float64() < none {
						return 0
					}
					return time.Duration(r.Int64N(int64(most)))
				})
			}
		})
	}
}

// otherAccount draws a revocation, or an expiry, of a grant of another account,
// which Port offers to everybody who sees the entity.
func (d *drawing) otherAccount() {
	o := &order{kind: pick(d, kindRevoke, kindExpire), run: d.newRun("v"), requester: alice, refused: true, entity: otherName}
	if o.kind == kindExpire {
		o.requester = ""
	}
	at := d.between(0, d.last)
	if d.chance(0.5) { // whose run is one of Port's, and none of ours
		other := &order{kind: kindForeign, run: d.newRun("f"), requester: bob}
		o.entity = iamops.Name(other.run)
		d.elsewhere = append(d.elsewhere, o.entity)
		d.at(at, "", func(w *world) { w.place(other) })
	}
	d.at(at+time.Second, "", func(w *world) { w.place(o) })
}

// operator draws a person who revokes grants from the command line, and is
// interrupted perhaps.
func (d *drawing) operator() {
	at, which, newest := d.between(0, d.last), d.IntN(1000), d.chance(0.5)
	var cut interruption
	switch roll := d.Float64(); {
	case roll < 0.35:
		cut.after = d.between(0, 15*time.Second)
	case roll < 0.65:
		cut.call = 1 + d.IntN(16)
	}
	cut.kill = d.chance(0.3)
	again := d.chance(0.3)
	pause := d.between(0, time.Minute)
	d.at(at, "operator", func(w *world) {
		grants := w.ordersOf(kindGrant)
		if len(grants) == 0 {
			return
		}
		o := grants[which%len(grants)]
		if newest {
			o = grants[len(grants)-1]
		}
		if o.inTheWay || o.handled != "" {
			return
		}
		w.operate(o, cut)
		if again {
			w.background(pause, func() { w.operate(o, interruption{}) })
		}
	})
}

// edited draws an entity whose role was changed to one of another account by
// hand, and what happens to its grant then.
func (d *drawing) edited() {
	at, which, revoked, pause := d.between(0, d.last), d.IntN(1000), d.chance(0.7), d.between(0, 20*time.Second)
	r := &order{kind: kindRevoke, run: d.newRun("v"), requester: alice}
	d.at(at, edited, func(w *world) {
		o := w.untouched(which)
		if o == nil {
			return
		}
		w.edit(o)
		if revoked {
			r.target, r.entity = o, o.name()
			w.background(pause, func() { w.place(r) })
		}
	})
}

// untouched chooses one of the grants that nothing has happened to yet; nil where
// there is none.
func (w *world) untouched(which int) *order {
	var all []*order
	for _, o := range w.ordersOf(kindGrant) {
		if w.succeeded(o) && !w.taken(o) {
			all = append(all, o)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all[which%len(all)]
}

// cutWithin is how soon access is cut where instances live and only other things
// about the grant cannot be read.
const cutWithin = 45 * time.Second

// unreadable draws the revocation of a grant of which something that is not
// needed for the Deny cannot be read.
func (d *drawing) unreadable() {
	at, which, length := d.between(time.Minute, d.last), d.IntN(1000), d.between(cutWithin, 4*time.Minute)
	r := &order{kind: kindRevoke, run: d.newRun("v"), requester: alice}
	inPort, status := d.chance(0.35), pick(d, 500, 422)
	refusal := iamtest.Fault{Op: pick(d, "GetPolicy", "ListPolicyVersions", "ListAttachedRolePolicies", "ListRolePolicies"), Count: -1}
	if refusal.Code = pick(d, "AccessDenied", "ServiceFailure", "Throttling"); refusal.Code == "ServiceFailure" {
		refusal.Status = 500
	}
	d.calm = max(d.calm, at+length)
	d.at(at, "something of a grant cannot be read", func(w *world) {
		o := w.untouched(which)
		if o == nil {
			return
		}
		var back func()
		if inPort {
			back = w.port.Fault(porttest.Fault{Route: "run_get", ID: o.run, Status: status, Count: -1, Maybe: w.tally.meet(portUnread)})
		} else {
			if refusal.Name = o.name(); strings.Contains(refusal.Op, "PolicyVersions") || refusal.Op == "GetPolicy" {
				refusal.Name = policyARN(w.home(o), o.name())
			}
			refusal.Maybe = w.tally.meet(awsUnread)
			back = w.site(w.home(o)).Fault(refusal)
		}
		w.background(length, back)
		w.mu.Lock()
		o.unreadable = true
		w.mu.Unlock()
		r.target, r.entity = o, o.name()
		w.place(r)
		w.background(cutWithin, func() {
			if w.observer.usable(o.name()) && !w.plan.waitsFor(o) {
				w.violation("the access of %s was not cut %s after revocation %s, port %t %d, aws %+v", o.run, cutWithin, r.run, inPort, status, refusal)
			}
		})
	})
}
