package chaos

import (
	"time"

	"port-iam/port/porttest"
	"port-iam/test/kit/daemontest"
)

// kind is the action that a run is of.
type kind int

const (
	kindGrant kind = iota
	kindRevoke
	kindExpire  // what Port starts when a grant's time is over; here always too early
	kindForeign // a run of an action that is not ours
)

// order is a run that is started in the course of the day, and what must become
// of it. That is all the oracle knows: nothing here comes from the program.
type order struct {
	run       string
	kind      kind
	requester string // e-mail

	// Of a grant.
	account  string // where it must be, and nowhere else; "" where nobody can tell
	resource string
	asked    []string          // actions, as in the form
	duration string            // likewise; "" is the default
	lasts    time.Duration     // what the duration means
	actions  map[string]string // what must be granted: resource by action
	refused  bool              // must fail, and nothing may be made; of a revocation too
	lost     bool              // its record is never written; of a revocation too
	inTheWay bool              // a role that is not ours has its name

	// Of a revocation or expiry: the entity it is started on, and the grant that
	// is, nil where it is none of this day.
	entity string
	target *order

	// Guarded by world.mu.
	placed  bool
	revoked bool // its removal has been requested
}

// accounts are those that are served: the instances' own one, and a member.
func accounts() []string { return []string{daemontest.Account, daemontest.Member} }

func (o *order) name() string { return daemontest.NamePrefix + o.run }

// in is the account of what the run is about, "" where that is not known.
func (o *order) in() string {
	if o.target != nil {
		return o.target.account
	}
	return o.account
}

// end is when the grant ends, if its run is r.
func (o *order) end(r porttest.RunState) time.Time {
	return r.CreatedAt.Truncate(time.Second).Add(o.lasts)
}

// grantable tells whether the grant may come about.
func (o *order) grantable() bool {
	return o.kind == kindGrant && !o.refused && !o.lost && !o.inTheWay
}

// place starts the run of an order in Port.
func (w *world) place(o *order) {
	w.mu.Lock()
	o.placed = true
	if o.kind == kindRevoke && o.target != nil {
		o.target.revoked = true
	}
	w.mu.Unlock()
	spec := porttest.RunSpec{ID: o.run, Requester: o.requester}
	switch o.kind {
	case kindGrant:
		properties := map[string]any{"permissions": o.asked}
		if o.duration != "" {
			properties["duration"] = o.duration
		}
		spec.Action, spec.Entity, spec.Properties = daemontest.GrantAction, o.resource, properties
	case kindRevoke:
		spec.Action, spec.Entity = daemontest.RevokeAction, o.entity
	case kindExpire:
		spec.Action, spec.Entity, spec.Blueprint = daemontest.ExpireAction, o.entity, daemontest.GrantBlueprint
	case kindForeign:
		spec.Action = "restart_service"
	}
	w.rec.note("order %s: %s of %q by %q, %v for %q, refused=%t lost=%t in the way=%t",
		o.run, spec.Action, spec.Entity, o.requester, o.asked, o.duration, o.refused, o.lost, o.inTheWay)
	if o.counts() {
		w.observer.mu.Lock()
		w.observer.open++
		w.observer.mu.Unlock()
	}
	w.Port.StartRun(spec)
}

// isRevoked tells whether the removal of a grant has been requested.
func (w *world) isRevoked(o *order) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return o.revoked
}

// orderOf returns the order whose run or grant it is; nil for none that was
// placed.
func (w *world) orderOf(run string) *order {
	w.mu.Lock()
	defer w.mu.Unlock()
	if o := w.byRun[run]; o != nil && o.placed {
		return o
	}
	return nil
}

// counts tells whether the run ends by itself as soon as it is worked on. Others
// take no room from those that do.
func (o *order) counts() bool { return o.kind != kindForeign && !o.lost }
