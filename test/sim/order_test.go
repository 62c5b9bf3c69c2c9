package sim

import (
	"encoding/json"
	"fmt"
	"time"

	"port-iam/iamops"
	"port-iam/port/porttest"
)

// kind is what an order asks for.
type kind int

const (
	kindGrant   kind = iota
	kindRevoke       // of another order, or of something that is not ours
	kindExpire       // the run that Port starts when the time is over, or too early
	kindForeign      // a run of an action that is not ours
)

// order is one run that was started, as the simulation knows it. The oracle
// goes by this and not by anything that the code under test says.
type order struct {
	kind      kind
	run       string
	requester string
	resource  string
	account   string // in which the resource is
	named     string // the account that the catalogue names for it; "" for none
	actions   []string
	duration  string        // as in the form; "" for the default
	lasts     time.Duration // what that means
	target    *order        // of a revocation or expiry
	entity    string        // of a revocation of something else

	refused  bool // must fail, and nothing may be made
	doomed   bool // AWS refuses one of its steps permanently
	rivals   bool // two records come at once, and AWS refuses the step of one of them
	lost     bool // its record was never written
	waiting  bool // for an approval that never comes, or was declined
	inTheWay bool // a foreign role has its name
	// unreadable: something of it cannot be read for a while.
	unreadable bool
	handled    string // what a person did to its objects by hand
	approved   bool

	at      time.Duration // when it is requested
	asked   []string      // the permissions in the form, where they are not the actions
	guarded bool          // it may be granted only with the approval of another person
	// unsure: the catalogue is edited about when it is handled, and it may be refused.
	unsure bool
	key    string // a resource that belongs to the one it is for; "": none

	// With two accounts:
	strange    string // the other account, where a foreign role has its name
	copied     string // the account in which a person made its role again; "": nowhere
	moves      move   // how the account of its resource changes while it is made
	reassigned bool   // the account of its resource was changed behind

	created time.Time // by Port's clock
	placed  time.Time // by the local one
	start   time.Time // of a grant: when it was made, or its record where it was approved; zero before
	takers  []*order  // revocations and expiries of it
	byCLI   []*revoke // revocations by an operator
}

func (o *order) name() string { return iamops.Name(o.run) }

const shortest = 15 * time.Minute

// place starts the run of an order and notes it.
func (w *world) place(o *order) {
	w.mu.Lock()
	w.orders = append(w.orders, o)
	w.byRun[o.run] = o
	if o.target != nil {
		o.target.takers = append(o.target.takers, o)
	}
	w.mu.Unlock()
	o.placed, o.created = time.Now(), w.remoteNow().UTC().Truncate(time.Millisecond)
	spec := porttest.RunSpec{ID: o.run, Requester: o.requester, RequiredApproval: o.approved || o.waiting}
	switch o.kind {
	case kindGrant:
		properties := map[string]any{"permissions": o.actions}
		if o.asked != nil {
			properties["permissions"] = o.asked
		}
		if o.duration != "" {
			properties["duration"] = o.duration
		}
		spec.Action, spec.Entity, spec.Properties = grantAction, o.resource, properties
	case kindRevoke:
		spec.Action, spec.Entity, spec.Blueprint = revokeAction, o.entity, grantEntity
	case kindExpire:
		spec.Action, spec.Entity, spec.Blueprint = expireAction, o.entity, grantEntity
	case kindForeign:
		spec.Action = "restart_service"
	}
	w.trace.add("order %s: %s %s %s %v %v lasts %q refused=%t doomed=%t lost=%t waiting=%t", o.run, spec.Action, spec.Entity, o.requester, o.asked, o.actions, o.duration, o.refused, o.doomed, o.lost, o.waiting)
	w.port.StartRun(spec)
}

// forge is the record of a run with something else in it.
func (w *world) forge(run string, change func(message map[string]any)) []byte {
	var m map[string]any
	must(json.Unmarshal(w.port.Message(run, porttest.FormTemplated), &m))
	change(m)
	b, err := json.Marshal(m)
	must(err)
	return b
}

func (d *drawing) newRun(letter string) string {
	d.runs++
	return fmt.Sprintf("r_%s%02d", letter, d.runs)
}
