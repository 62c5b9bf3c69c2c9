package sim

import (
	"fmt"
	"sync"
	"time"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

const (
	alice   = "alice@example.com"
	bob     = "Bob@Example.com"
	mallory = "mallory@example.com"
)

// request draws what is asked for.
func (d *drawing) request() {
	for range 3 + d.IntN(8) {
		at := d.between(0, d.last)
		o := d.grant()
		o.at = at
		d.at(at, "", func(w *world) {
			refuse := iamtest.Fault{Name: o.name(), Code: "AccessDenied", Status: 403, Count: -1}
			switch {
			case o.doomed:
				refuse.Op = pickBy(w.plan.seed, o.run, "CreatePolicy", "CreateRole", "AttachRolePolicy")
				refuse.Maybe = w.tally.meet(doomed)
				w.site(o.account).Fault(refuse)
			case o.rivals:
				refuse.Op, refuse.Count, refuse.Maybe = "AttachRolePolicy", 1, w.tally.meet(rivalDenied)
				w.refuseOne(w.site(o.account), refuse, pickBy(w.plan.seed, o.run, "first", "second") == "second")
			}
			w.place(o)
		})
		switch {
		case o.approved:
			d.at(min(at+d.between(0, 2*time.Minute), d.last), "approve", func(w *world) { w.decide(w.port.Approve(o.run)) })
		case o.waiting && d.chance(0.5):
			d.at(min(at+d.between(0, 2*time.Minute), d.last), "decline", func(w *world) { w.decide(w.port.Decline(o.run)) })
		}
		d.follow(o, at)
	}
	for range d.IntN(4) {
		d.noise()
	}
}

// refuseOne has a fault meet a call, or the one behind it.
func (w *world) refuseOne(s *site, f iamtest.Fault, second bool) {
	if !second {
		s.Fault(f)
		return
	}
	var once sync.Once
	s.OnCall(func(c iamtest.Call) {
		if c.Done && c.Op == f.Op && c.Name == f.Name {
			once.Do(func() { s.Fault(f) })
		}
	})
}

func pickBy(seed uint64, key string, from ...string) string {
	return from[(sum(key)^seed)%uint64(len(from))]
}

func (d *drawing) grant() *order {
	o := &order{
		kind: kindGrant, run: d.newRun("g"), requester: pick(d, alice, alice, bob), resource: porttest.SampleBucket,
		actions: pick(d, []string{"s3:PutObject"}, []string{"s3:GetObject", "s3:ListBucket"}, []string{"s3:GetObject"}), lasts: defaultDuration, account: account,
	}
	d.grants = append(d.grants, o)
	if d.chance(0.35) {
		o.duration, o.lasts = "15m", shortest
	}
	switch roll := d.Float64(); {
	case roll < 0.05:
		o.refused, o.actions = true, []string{"ec2:StopInstances"} // of another type of resource
	case roll < 0.08:
		o.refused, o.duration = true, "25h"
	case roll < 0.11:
		o.refused, o.requester = true, ""
	case roll < 0.16:
		o.doomed = true
	case roll < 0.22:
		o.lost = true
	case roll < 0.27:
		o.waiting = true
	case roll < 0.33:
		o.approved = true
	case roll < 0.36:
		o.inTheWay = true
		d.inTheWay = append(d.inTheWay, o)
	case roll < 0.42:
		o.rivals = true
	}
	return o
}

// follow draws what happens to a grant afterwards.
func (d *drawing) follow(o *order, at time.Duration) {
	taker := func(k kind, letter string, at time.Duration) {
		r := &order{kind: k, run: d.newRun(letter), requester: alice, target: o, entity: o.name(), lost: d.chance(0.04)}
		if k == kindExpire {
			r.requester = ""
		}
		d.at(min(at, d.last), "", func(w *world) { w.place(r) })
	}
	switch roll := d.Float64(); {
	case roll < 0.15: // while it is being made
		taker(kindRevoke, "v", at+d.between(0, 8*time.Second))
	case roll < 0.35:
		taker(kindRevoke, "v", at+d.between(0, d.last))
	case roll < 0.40: // twice
		first := d.between(0, d.last)
		taker(kindRevoke, "v", at+first)
		taker(kindRevoke, "v", at+first+d.between(0, 20*time.Second))
	case roll < 0.44 && !o.waiting && !o.lost: // before its time
		early := &order{kind: kindExpire, run: d.newRun("x"), target: o, entity: o.name()}
		d.at(min(at+d.between(time.Minute, 5*time.Minute), d.last), "", func(w *world) {
			if w.succeeded(o) {
				w.place(early)
			}
		})
	case roll < 0.48:
		d.at(min(at+d.between(time.Minute, d.last), d.last), "by hand", func(w *world) { w.byHand(o) })
	}
	if d.expires && o.lasts == shortest && !o.waiting {
		timer := &order{kind: kindExpire, run: d.newRun("x"), target: o, entity: o.name()}
		d.at(at+shortest+d.between(0, 20*time.Second), "", func(w *world) {
			if _, exists := w.port.Entity(grantEntity, o.name()); exists && w.remoteNow().After(w.endOf(o)) {
				w.place(timer)
			}
		})
	}
}

// noise draws what does not concern us, or only looks as if.
func (d *drawing) noise() {
	at, partition := d.between(0, d.last), d.Int32N(d.partitions)
	raw := func(text string) {
		d.at(at, "", func(w *world) { w.background(0, func() { w.write(partition, []byte(text), w.remoteNow()) }) })
	}
	switch d.IntN(6) {
	case 0:
		raw("no JSON that names " + grantAction)
	case 1:
		raw(fmt.Sprintf(`{"action":%q,"resourceType":"run","context":{"runId":"r_unknown"},"payload":{}}`, grantAction))
	case 2:
		o := &order{kind: kindForeign, run: d.newRun("f"), requester: bob}
		d.at(at, "", func(w *world) { w.place(o) })
	case 3: // another one's name on a genuine run
		d.forgery(at, partition, func(m map[string]any) {
			by := m["trigger"].(map[string]any)["by"].(map[string]any)
			by["user"] = map[string]any{"email": mallory}
		})
	case 4: // another action with a genuine run
		d.forgery(at, partition, func(m map[string]any) {
			m["action"] = revokeAction
			m["payload"].(map[string]any)["action"].(map[string]any)["identifier"] = revokeAction
		})
	case 5: // something that is not ours, or not there
		entity := pick(d, foreignName, "SomethingElse", iamops.Name("r_gone"))
		o := &order{kind: kindRevoke, run: d.newRun("v"), requester: alice, entity: entity, refused: entity != iamops.Name("r_gone")}
		d.at(at, "", func(w *world) { w.place(o) })
	}
}

// forgery writes a changed record of a run that was started by then.
func (d *drawing) forgery(at time.Duration, partition int32, change func(map[string]any)) {
	which := d.IntN(1000)
	d.at(at, "forgery", func(w *world) {
		grants := w.ordersOf(kindGrant)
		if len(grants) == 0 {
			return
		}
		o := grants[which%len(grants)]
		message := w.forge(o.run, change)
		w.trace.add("forged record of %s", o.run)
		w.background(0, func() { w.write(partition, message, w.remoteNow()) })
	})
}

// decide notes where a decision comes too late: a revocation may have ended the
// run.
func (w *world) decide(err error) {
	if err != nil {
		w.trace.add("%v", err)
	}
}
