package sim

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

// aside draws from random numbers of its own, so that what it draws changes no
// other part of the schedule.
func (d *drawing) aside(stream uint64) *drawing {
	return &drawing{plan: d.plan, Rand: rand.New(rand.NewPCG(d.seed, stream)), runs: int(stream)}
}

// busyShare is the share of schedules in which nothing is in trouble but that AWS
// throttles.
const busyShare = 0.04

// cutWhileBusy is how soon access is cut while AWS throttles and many grants wait,
// for each instance: one puts its own calls in order, and not those of the others,
// which take their part of what AWS lets through.
const cutWhileBusy = 15 * time.Second

// rush draws many grants that are asked for at once, more than AWS lets through,
// and revocations in the middle of them.
func (d *drawing) rush() {
	d.rate, d.burst = float64(5+d.IntN(4)), 10
	d.patience = true
	d.settled = 6 * time.Minute
	ask := func(at time.Duration) *order {
		o := &order{
			kind: kindGrant, run: d.newRun("g"), requester: alice, resource: porttest.SampleBucket,
			actions: []string{"s3:GetObject"}, lasts: defaultDuration, account: account,
		}
		d.at(at, "", func(w *world) { w.place(o) })
		return o
	}
	rush := d.between(90*time.Second, d.last-30*time.Second)
	for range 1 + d.IntN(3) {
		o := ask(d.between(20*time.Second, 40*time.Second))
		r := &order{kind: kindRevoke, run: d.newRun("v"), requester: alice, target: o, entity: o.name()}
		d.at(rush+d.between(5*time.Second, 15*time.Second), "revocation in a rush", func(w *world) {
			if !w.succeeded(o) {
				return
			}
			w.place(r)
			soon := cutWhileBusy * time.Duration(d.instances)
			w.background(soon, func() {
				if w.observer.usable(o.name()) {
					w.violation("the access of %s was not cut %s after revocation %s, while AWS throttles grants", o.run, soon, r.run)
				}
			})
		})
	}
	d.rushes = rush
	for range 40 + d.IntN(30) {
		ask(rush + d.between(0, 2*time.Second))
	}
}

// rare draws what happens in few schedules.
func (d *drawing) rare() {
	if d.quiet || d.busy {
		return
	}
	if d.chance(0.12) {
		d.undeniable()
	}
	// Who looks again sees what has changed.
	if d.visibility == 0 && d.lag == 0 && d.behind == 0 && d.rate == 0 && d.chance(0.3) {
		d.repaired()
	}
}

// undeniable draws the revocation of a grant on whose role AWS takes no Deny.
func (d *drawing) undeniable() {
	at, which := d.between(0, d.last), d.IntN(1000)
	r := &order{kind: kindRevoke, run: d.newRun("v"), requester: alice}
	d.at(at, "AWS takes no Deny", func(w *world) {
		o := w.untouched(which)
		if o == nil {
			return
		}
		w.site(w.home(o)).Fault(iamtest.Fault{Op: "PutRolePolicy", Name: o.name(), Code: "AccessDenied", Status: 403, Count: -1, Maybe: w.tally.meet(noDeny)})
		r.target, r.entity = o, o.name()
		w.place(r)
	})
}

// repaired is a policy that a person detached, and attached again once a sweep had
// seen that.
const repaired = "repaired"

// repaired draws a grant that is whole again between the look of a sweep that finds
// it is not, and what the sweep does about it.
func (d *drawing) repaired() {
	at, which := d.between(0, d.last), d.IntN(1000)
	d.at(at, repaired, func(w *world) {
		o := w.untouched(which)
		if o == nil || o.lasts == shortest {
			return
		}
		w.mu.Lock()
		o.handled = repaired
		w.mu.Unlock()
		w.trace.add("by hand: %s of %s", repaired, o.run)
		w.background(sweepGrace+skewLimit, func() { w.repair(o) })
	})
}

// repair detaches the policy of a grant and attaches it again behind the next look.
func (w *world) repair(o *order) {
	in := w.home(o)
	ctx, admin := context.Background(), w.adminIn(in)
	role, arn := aws.String(o.name()), aws.String(policyARN(in, o.name()))
	halfway := func(err error) {
		if err != nil {
			w.trace.add("by hand: %v", err)
			w.mu.Lock()
			o.handled = halfDone
			w.mu.Unlock()
		}
	}
	if len(w.takersOf(o)) > 0 {
		return
	}
	var looked atomic.Bool
	again := func() {
		if looked.Swap(true) || len(w.takersOf(o)) > 0 {
			return
		}
		_, err := admin.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: role, PolicyArn: arn})
		halfway(err)
		w.trace.add("by hand: attached again to %s", o.name())
	}
	if _, err := admin.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: role, PolicyArn: arn}); err != nil {
		halfway(err)
		return
	}
	w.trace.add("by hand: detached from %s", o.name())
	stop := w.site(in).OnCall(func(c iamtest.Call) {
		if c.Done && c.Code == "" && c.Op == "ListAttachedRolePolicies" && c.Name == o.name() {
			again()
		}
	})
	sleep(ctx, 2*sweepInterval)
	stop()
	again()
}
