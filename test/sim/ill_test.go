package sim

import (
	"time"

	"port-iam/iamops/iamtest"
)

// iamOps are the calls that IAM answers, without those to STS.
var iamOps = []string{
	"AttachRolePolicy", "CreatePolicy", "CreateRole", "DeletePolicy", "DeletePolicyVersion", "DeleteRole", "DeleteRolePolicy",
	"DetachRolePolicy", "GetPolicy", "GetPolicyVersion", "GetRole", "GetRolePolicy", "ListAttachedRolePolicies",
	"ListEntitiesForPolicy", "ListPolicies", "ListPolicyVersions", "ListRolePolicies", "ListRoles", "ListRoleTags", "ListPolicyTags",
	"ListInstanceProfilesForRole", "PutRolePolicy",
}

// illness draws the trouble of one account.
func (d *drawing) illness() {
	ill, from, length := pick(d, account, member, member), d.between(30*time.Second, d.last), d.between(2*time.Minute, 18*time.Minute)
	kinds := []string{accountAway, accountSilent, accountSlow, accountThrottled}
	if ill == member {
		kinds = append(kinds, accountShut, accountShut, sessionRejected, doorAgain, doorAgain)
	}
	kind := pick(d, kinds...)
	slow := d.between(time.Second, 4*time.Second)
	if d.calm = max(d.calm, from+length); kind != doorAgain {
		d.ill, d.settled = ill, max(d.settled, 6*time.Minute)
	}
	d.at(from, kind+", in "+ill, func(w *world) {
		back := w.ail(w.site(ill), kind, slow, length)
		w.background(length, func() {
			back()
			w.trace.add("account %s is well", ill)
		})
	})
	if kind == doorAgain {
		d.rushAt(ill, from+length, pick(d, 0, 3))
		return
	}
	n := pick(d, 0, 5, 20, 30)
	d.rushAt(ill, from, n)
	d.aside(400).rushAt(beside(ill), from+5*time.Second, min(n, 4))
}

// rushAt draws requests for access in an account, all at once.
func (d *drawing) rushAt(id string, at time.Duration, n int) {
	for range n {
		o := &order{kind: kindGrant, run: d.newRun("g"), requester: alice, actions: []string{"s3:GetObject"}, lasts: defaultDuration, account: id, named: id}
		o.resource = bucketOf(o)
		d.rushed = append(d.rushed, o)
		d.at(at+d.between(time.Second, 10*time.Second), "", func(w *world) { w.place(o) })
	}
}

// ail brings trouble upon an account.
func (w *world) ail(s *site, kind string, slow, length time.Duration) (back func()) {
	f := iamtest.Fault{Count: -1, Maybe: w.tally.meet(kind)}
	switch kind {
	case accountAway:
		f.Status, f.Code = 503, "ServiceUnavailable"
	case accountSilent:
		f.Kind, f.Delay = iamtest.Delayed, time.Hour
	case accountSlow:
		f.Kind, f.Delay = iamtest.Delayed, slow
	case accountThrottled:
		s.Throttle(1, 2, 0.3)
		w.tally.add(kind, 1)
		return func() { s.Throttle(w.plan.rate, w.plan.burst, 0) }
	case accountShut:
		s.RemoveRole(memberRole)
		w.tally.add(kind, 1)
		return s.openDoor
	case sessionRejected:
		s.RejectCredentials(true)
		w.tally.add(kind, 1)
		return func() { s.RejectCredentials(false) }
	case doorAgain:
		for i := range time.Duration(3) {
			w.background(i*length/3, func() {
				s.openDoor()
				w.tally.add(kind, 1)
			})
		}
		return func() {}
	}
	return s.faults(f)
}

// faults has all calls to IAM meet a fault.
func (s *site) faults(f iamtest.Fault) (remove func()) {
	var all []func()
	for _, op := range iamOps {
		f.Op = op
		all = append(all, s.Fault(f))
	}
	return func() {
		for _, remove := range all {
			remove()
		}
	}
}

// faultAll has all calls to all accounts meet a fault.
func (w *world) faultAll(f iamtest.Fault) (remove func()) {
	var all []func()
	for _, s := range w.sites {
		all = append(all, s.Fault(f))
	}
	return func() {
		for _, remove := range all {
			remove()
		}
	}
}

// outAndIn draws a time in which the second account is not served: all instances are
// started again with a shorter list, and later with the longer one.
func (d *drawing) outAndIn() {
	from, length := d.between(time.Minute, d.last), d.between(time.Minute, 6*time.Minute)
	restart := func(at time.Duration, what string, served ...string) {
		var pauses []time.Duration
		for range d.instances {
			pauses = append(pauses, d.between(0, 15*time.Second))
		}
		d.at(at, what, func(w *world) {
			w.serve(served...)
			w.tally.add(accountOut, 1)
			for i, pause := range pauses {
				w.background(pause, func() {
					if p := w.slot(i); p != nil {
						p.stop(pause)
					}
				})
			}
		})
	}
	restart(from, "the second account is not served any more", account)
	restart(from+length, "the second account is served again", account, member)
	d.calm = max(d.calm, from+length+time.Minute)
	d.settled = max(d.settled, 2*time.Minute)
}

// heldLimit is how long a run in an account takes at most while the other account alone
// has trouble, without the times for which it waits until its own account shows a new
// state: two in a grant (the role, the policy), three in a removal (what was detached,
// the policy, the Deny).
const (
	heldLimit    = 20 * time.Second
	grantWaits   = 2
	removalWaits = 3
)

// notHeldUp checks that a run whose record was written now ends soon, where the trouble
// of the schedule is another account's.
func (w *world) notHeldUp(o *order) {
	g := o
	if o.target != nil {
		g = o.target
	}
	if !w.plan.second || !w.plan.quiet && !w.plan.busy || w.plan.ill == "" || w.plan.waitsFor(g) || o.kind != kindGrant && (o.target == nil || !w.succeeded(g)) {
		return
	}
	waits := time.Duration(grantWaits)
	if o.kind != kindGrant {
		waits = removalWaits
	}
	limit := heldLimit + waits*w.plan.visibility
	w.background(limit, func() {
		if r, _ := w.port.Run(o.run); !r.Ended() && g.handled == "" && !g.unreadable && len(w.takersOf(g))+len(w.byCLI(g)) < 2 {
			w.violation("run %s in account %s has not ended %s after its record, and account %s alone is in trouble", o.run, g.account, limit, w.plan.ill)
		}
	})
}
