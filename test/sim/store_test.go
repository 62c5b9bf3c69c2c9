package sim

import (
	"cmp"
	"strings"
	"time"

	"port-iam/iamops/iamtest"
)

// storeShare is the share of schedules in which requesters are looked up in IAM
// Identity Center.
const storeShare = 0.3

// storeID is the identity store.
const storeID = "d-0123456789"

// dave may lose his user in Identity Center.
const dave = "dave@example.com"

// userNames are the user names in AWS of those whose e-mail it is not.
var userNames = map[string]string{alice: "alice.a", dave: "dd"}

// remembered is how long a user counts after being read.
const remembered = 5 * time.Minute

// storeAway and userDisabled are the trouble of the store.
const (
	storeAway    = "the identity store is away"
	userDisabled = "a user is disabled in Identity Center"
)

// userName is the name by which a person signs in to AWS.
func (w *world) userName(email string) string {
	if w.plan.store {
		return cmp.Or(userNames[email], email)
	}
	return email
}

// storeUser writes a user of Identity Center.
func (w *world) storeUser(email string, disabled bool) {
	w.aws.AddStoreUser(storeID, iamtest.StoreUser{UserName: w.userName(email), Email: email, Disabled: disabled})
}

// users draws whether requesters are looked up, and what becomes of that.
func (d *drawing) users() {
	if d.store = d.chance(storeShare); !d.store {
		return
	}
	d.early("", func(w *world) {
		for _, email := range everybody {
			w.storeUser(email, false)
		}
	})
	if d.busy {
		return
	}
	lost := d.between(0, d.last)
	for _, o := range d.grants {
		if plain := !o.refused && !o.lost && !o.waiting && !o.inTheWay && !o.doomed && !o.rivals && !o.approved; !plain || o.asked != nil || d.chance(0.5) {
			continue
		}
		o.requester, o.unsure = dave, true
		if o.at > lost+remembered+time.Minute {
			o.refused, o.unsure = true, false
		}
	}
	d.at(lost, userDisabled, func(w *world) {
		w.storeUser(dave, true)
		w.tally.add(userDisabled, 1)
	})
	if d.quiet || d.chance(0.5) {
		return
	}
	from, length := d.between(0, d.last), pick(d, d.between(time.Second, time.Minute), d.between(time.Minute, 14*time.Minute))
	d.patience = true
	d.calm = max(d.calm, from+length)
	op, how := pick(d, "GetUserId", "DescribeUser"), pick(d, iamtest.Fault{Kind: iamtest.LostRequest}, iamtest.Fault{Status: 500, Code: "InternalServerException"}, iamtest.Fault{Code: "Throttling"})
	d.at(from, storeAway, func(w *world) {
		how.Op, how.Count, how.Maybe = op, -1, w.tally.meet(storeAway)
		w.background(length, w.aws.Fault(how))
	})
}

// unknown reports whether a request was refused because of its requester.
func unknown(reason string) bool { return strings.Contains(reason, "in IAM Identity Center") }
