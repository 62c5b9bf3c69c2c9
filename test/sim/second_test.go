package sim

import (
	"slices"
	"strings"
	"sync"
	"time"

	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

// secondShare is the share of schedules in which two accounts are served, and
// quietShare the share of these in which there is no trouble but in one account.
const secondShare, quietShare = 0.4, 0.3

// unserved is an account that is never served.
const unserved = "210987654321"

// notServed is in the reason of a run that fails because of its account.
const notServed = "and access is granted in"

// What people do to the entity of a grant, or to its resource.
const (
	pointed = "entity points to the other account"
	agreed  = "entity and catalogue both name the other account"
	earlier = "entity points to the other account before the run has ended"
)

// move is how the account of a resource changes between two attempts at a grant.
type move int

const (
	stays move = iota
	moved      // between an attempt that fails and the next one
	raced      // between two attempts that go on beside each other
)

// secondAccount draws whether there is one.
func (d *drawing) secondAccount() {
	if d.second = d.chance(secondShare); d.second && d.chance(quietShare) {
		d.quiet = true
	}
}

// accounts draws what goes on in two accounts.
func (d *drawing) accounts() {
	if !d.second {
		return
	}
	switch d.out = !d.quiet && !d.busy && d.chance(0.25); {
	case d.busy:
		d.ill = account
		d.aside(400).rushAt(member, d.rushes, 3)
	case d.out:
		d.outAndIn()
	case d.quiet || d.chance(0.5):
		d.illness()
	}
	for _, o := range d.grants {
		d.settle(o)
	}
	for range pick(d, 0, 1, 1, 2, 3) {
		d.pointed()
	}
}

// settle draws the account of a grant, and what goes on there in its name.
func (d *drawing) settle(o *order) {
	o.resource = bucketOf(o)
	if d.chance(0.5) {
		o.account = member
	}
	o.named = o.account
	plain := !o.refused && !o.lost && !o.waiting && !o.inTheWay && !o.doomed && !o.rivals && !o.approved
	switch roll := d.Float64(); {
	case !plain:
	case roll < 0.05 && !d.out:
		o.named, o.refused = "", true
	case roll < 0.10:
		o.named, o.refused = unserved, true
	case roll < 0.25:
		o.strange = beside(o.account)
	case roll < 0.45 && !d.busy:
		o.moves = pick(d, moved, raced)
		d.early("", func(w *world) { w.move(o) })
	case roll < 0.52 && !d.busy:
		d.early("", func(w *world) { w.pointEarly(o) })
	}
}

// bucketOf is the bucket of a grant alone.
func bucketOf(o *order) string {
	return "arn:aws:s3:::bucket-" + strings.ReplaceAll(o.run, "_", "-")
}

// move has the account of a resource change as soon as a role was made for a grant.
func (w *world) move(o *order) {
	w.once(o.account, "CreateRole", o, func() {
		w.trace.add("by hand: %s is said to be in account %s", o.resource, beside(o.account))
		w.bucket(o.resource, beside(o.account))
		w.tally.add(accountMoved, 1)
	})
	if o.moves == moved {
		w.port.Fault(porttest.Fault{Route: "entity_upsert", ID: o.name(), Status: 503, Count: 4, Maybe: func() {}})
		return
	}
	w.port.Fault(porttest.Fault{Route: "entity_upsert", ID: o.name(), Kind: porttest.Delayed, Delay: 4 * time.Second, Count: 1, Maybe: func() {}})
	w.port.Fault(porttest.Fault{Route: "run_log", ID: o.run, Kind: porttest.Delayed, Delay: 5 * time.Second, Count: 2, Maybe: func() {}})
}

// once does something behind the first call of a kind for a grant that succeeds.
func (w *world) once(in, op string, o *order, do func()) {
	var once sync.Once
	w.site(in).OnCall(func(c iamtest.Call) {
		if c.Done && c.Code == "" && c.Op == op && c.Name == o.name() {
			once.Do(do)
		}
	})
}

// pointEarly has the entity of a grant changed as soon as it is written, and the
// attempt that wrote it fail.
func (w *world) pointEarly(o *order) {
	w.site(o.account).Fault(iamtest.Fault{Op: "AttachRolePolicy", Name: o.name(), Status: 503, Code: "ServiceUnavailable", Count: 12, Maybe: func() {}})
	var once sync.Once
	w.port.OnCall(func(c porttest.Call) {
		if c.Route != "entity_upsert" || !c.Done || c.ID != o.name() || c.Status/100 != 2 {
			return
		}
		once.Do(func() {
			w.background(0, func() {
				w.handle(o, earlier)
				w.point(o, roleARN(beside(o.account), o.name()))
				w.tally.add(entityPointed, 1)
			})
		})
	})
}

// handle notes what a person did to a grant.
func (w *world) handle(o *order, what string) {
	w.mu.Lock()
	o.handled = what
	w.mu.Unlock()
	w.trace.add("by hand: %s of %s", what, o.run)
}

// pointed draws a grant of which people say that it is in the other account, or make it
// there again, and who takes it away then.
func (d *drawing) pointed() {
	at, which, pause := d.between(0, d.last), d.IntN(1000), d.between(0, 40*time.Second)
	what, copied, taker := pick(d, pointed, pointed, pointed, agreed, "reassigned", "copied"), d.chance(0.3), d.Float64()
	r := &order{kind: kindRevoke, run: d.newRun("v"), requester: alice}
	d.at(at, what, func(w *world) {
		o := w.untouched(which)
		if o == nil || o.resource == porttest.SampleBucket || o.copied != "" || o.reassigned || o.moves != stays {
			return
		}
		other := beside(w.home(o))
		// What is made again so soon could be of the run itself.
		if copied = o.strange == "" && w.observer.endedFor(o.run) > 2*time.Minute && (copied || what == "copied"); copied {
			w.mu.Lock()
			o.copied = other
			w.mu.Unlock()
			w.tally.add(roleCopied, 1)
			w.background(0, func() { w.copyRole(o) })
		}
		if what == "reassigned" || what == agreed {
			w.mu.Lock()
			o.reassigned = true
			w.mu.Unlock()
			w.bucket(o.resource, other)
			w.tally.add(accountMoved, 1)
		}
		if what == pointed || what == agreed {
			w.handle(o, what)
			w.point(o, roleARN(other, o.name()))
			w.tally.add(entityPointed, 1)
		}
		switch {
		case taker < 0.55:
			r.target, r.entity = o, o.name()
			w.background(pause, func() { w.place(r) })
		case taker < 0.75:
			w.background(pause, func() { w.operate(o, interruption{}) })
		}
	})
}

// grantNamed is the order of a grant; nil where there is none.
func (w *world) grantNamed(name string) *order {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range w.orders {
		if o.kind == kindGrant && o.name() == name {
			return o
		}
	}
	return nil
}

// byPerson reports whether the role of that name in an account was made by a person.
func (w *world) byPerson(name, in string) bool {
	o := w.grantNamed(name)
	if o == nil {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return o.copied == in || o.strange == in
}

// spreads reports whether it is not clear to Port in which account a grant is.
func (o *order) spreads() bool {
	return o.moves != stays || o.reassigned || o.named != o.account || o.handled == pointed || o.handled == agreed || o.handled == edited || o.handled == earlier
}

// involves reports whether what is done about a grant, or about something that is none
// (nil), has to do with an account.
func (w *world) involves(o *order, id string) bool {
	return o == nil || o.account == id || o.spreads()
}

// waitsFor reports whether a grant has to do with the account that has trouble.
func (pl *plan) waitsFor(o *order) bool {
	return pl.ill != "" && (o == nil || o.account == pl.ill || o.spreads())
}

// askedBeside reports whether the removal of a grant may have asked the other account as
// well: there may have been no entity yet, or none any more.
func (w *world) askedBeside(o *order, ended time.Time) bool {
	r, _ := w.port.Run(o.run)
	takers := w.takersOf(o)
	early := slices.ContainsFunc(takers, func(t *order) bool { return t.created.Before(r.EndedAt) })
	gone := w.observer.entityGone(o.name())
	return !gone.IsZero() && gone.Before(ended) || o.spreads() || r.Status != "SUCCESS" || early || len(takers)+len(w.byCLI(o)) > 1 || o.handled != "" || w.remoteNow().After(w.endOf(o))
}

// elsewhere reports whether the removal of a grant fails because it is not all here, or
// something foreign beside.
func (w *world) elsewhere(o *order, log string, ended time.Time) bool {
	return w.plan.out && w.involves(o, member) && strings.Contains(log, "the account that the role is in") ||
		o.strange != "" && (w.askedBeside(o, ended) || w.plan.out && o.strange == account) && strings.Contains(log, "not ours")
}
