package sim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

// judge checks everything that is promised once things have settled. It goes by
// what Port and AWS hold and by the orders that the simulation placed itself.
func (w *world) judge() {
	for _, s := range w.sites {
		s.Throttle(0, 0, 0) // those who judge ask a lot at once
	}
	for _, k := range []kind{kindGrant, kindRevoke, kindExpire, kindForeign} {
		for _, o := range w.ordersOf(k) {
			r, found := w.port.Run(o.run)
			if !found {
				w.violation("run %s is gone from Port", o.run)
				continue
			}
			switch k {
			case kindForeign:
				w.judgeForeign(r)
				continue
			case kindGrant:
				w.judgeGrant(o, r)
			case kindRevoke, kindExpire:
				w.judgeTaker(o, r)
			}
			w.judgeAudit(o, r)
			stuck := o.target != nil && o.target.handled == lent
			if !o.waiting && !stuck && r.Ends != 1 {
				w.violation("run %s ended %d times, it is %s", o.run, r.Ends, r.Status)
			}
		}
	}
	if now := w.notOurs(); now != w.foreign {
		w.violation("something that is not ours was touched:\n%s\nbefore:\n%s", now, w.foreign)
	}
}

func (w *world) judgeForeign(r porttest.RunState) {
	if r.Status != "IN_PROGRESS" || len(r.Logs) > 0 || !r.UpdatedAt.Equal(r.CreatedAt) {
		w.violation("run %s of another action was touched: %+v", r.ID, r)
	}
}

// pieces are what exists of one grant.
type pieces struct {
	roles    []iamtest.Role
	policies []iamtest.Policy
	entity   bool
}

func (w *world) piecesOf(o *order) pieces {
	var p pieces
	for _, s := range w.sites {
		if s.id == o.strange {
			continue
		}
		roles, policies := w.found(o, s.id)
		p.roles, p.policies = append(p.roles, roles...), append(p.policies, policies...)
	}
	_, p.entity = w.port.Entity(grantEntity, o.name())
	return p
}

func (p pieces) none() bool { return len(p.roles) == 0 && len(p.policies) == 0 && !p.entity }

func (p pieces) all() bool { return len(p.roles) == 1 && len(p.policies) == 1 && p.entity }

func (p pieces) String() string {
	s := fmt.Sprintf("%d roles, %d policies, entity %t", len(p.roles), len(p.policies), p.entity)
	for _, r := range p.roles {
		s += fmt.Sprintf("; %s attached %v, inline %v, created %s", r.ARN, r.Attached, r.Inline, r.Created.Format(time.TimeOnly))
	}
	return s
}

func (w *world) judgeGrant(o *order, r porttest.RunState) {
	w.judgeOutcome(o, r)
	if o.inTheWay {
		return // role and policy are not ours, and are compared as such
	}
	p, now, end := w.piecesOf(o), w.remoteNow(), w.endOf(o)
	if key := w.people.session(o); key != "" && (p.none() || !now.Before(end)) && w.people.may(key, o) {
		w.violation("grant %s is over and a session of it goes on", o.run)
	}
	why, told, tried := w.takenBy(o)
	switch {
	case r.Status != "SUCCESS":
		why = "its run is " + r.Status
	case slices.Contains([]string{"entity deleted", "role deleted", edited, pointed, agreed}, o.handled):
		why = "by hand: " + o.handled
	case now.After(end.Add(2*sweepInterval + time.Minute)):
		why = "it has expired"
	case why == "" && w.observer.wasCut(o):
		if why = "its role was cut"; now.Before(end) && !w.mayCut(o) {
			w.violation("the access of grant %s was cut, and nobody wanted that", o.run)
		}
	}
	if why != "" {
		if o.handled == lent {
			if w.observer.usable(o.name()) {
				w.violation("grant %s must be gone (%s), and its role can be used", o.run, why)
			}
			return
		}
		if !told && (o.handled == edited || o.strange != "" && (o.handled == pointed || o.handled == agreed)) {
			p.entity = false // it is another account's, as far as anybody can tell
		}
		if !p.none() {
			w.violation("grant %s must be gone (%s), and there are %s", o.run, why, p)
		}
		return
	}
	if o.handled == halfDone || tried && p.none() {
		return
	}
	if !p.all() && (!p.none() || now.Before(end)) {
		w.violation("grant %s must be whole, and there are %s", o.run, p)
		return
	}
	if now.Before(end) && o.handled == "" {
		w.judgeUse(o, p)
	}
}

// mayCut reports whether a person has begun to take a grant away before its end.
func (w *world) mayCut(o *order) bool {
	revoked := slices.ContainsFunc(w.takersOf(o), func(t *order) bool { return t.kind == kindRevoke })
	return revoked || len(w.byCLI(o)) > 0 || o.handled == halfDone
}

// takenBy says who took a grant away; "" if nobody did. told: they were told that
// all of it is gone. tried: a person tried, and what was begun is finished by the
// sweeper.
func (w *world) takenBy(o *order) (why string, told, tried bool) {
	for _, t := range w.takersOf(o) {
		tr, _ := w.port.Run(t.run)
		tried = tried || tr.Status == "FAILURE"
		if tr.Status == "SUCCESS" {
			why, told = "run "+t.run+" took it away", true
		}
	}
	for _, r := range w.byCLI(o) {
		tried = tried || r.err != nil
		if r.err == nil {
			why, told = "an operator took it away", true
		}
	}
	return why, told, tried
}

// judgeUse checks who can use a grant that goes on, and for what.
func (w *world) judgeUse(o *order, p pieces) {
	r := p.roles[0]
	_, bound, _ := strings.Cut(r.Boundary, ":policy/")
	if len(r.Attached) != 1 || r.Attached[0] != p.policies[0].ARN || len(r.Inline) != 0 || bound != boundary && (bound != otherBoundary || !w.plan.mixed) {
		w.violation("grant %s is not as it was made: %s", o.run, p)
	}
	for _, email := range everybody {
		key := w.people.assume(email, o)
		switch {
		case email != o.requester && key != "":
			w.violation("grant %s is %s's, and %s can use it", o.run, o.requester, email)
		case email != o.requester:
		case key == "" || !w.people.may(key, o):
			w.violation("grant %s cannot be used by its requester", o.run)
		default:
			if ok, _ := w.aws.Allowed(key, "s3:DeleteObject", o.resource+"/key"); ok {
				w.violation("grant %s allows more than was asked for", o.run)
			}
		}
	}
}

// reasonOf is why a run ended as it did: by its log in Port or, where Port did not take
// that, by what the instances say that came to its end.
func (w *world) reasonOf(r porttest.RunState) string {
	return cmp.Or(lastLog(r), w.trace.reasons(r.ID))
}

// judgeOutcome checks how the run of a grant ended: it must succeed, unless the
// schedule holds a reason.
func (w *world) judgeOutcome(o *order, r porttest.RunState) {
	reason := w.reasonOf(r)
	if strings.Contains(reason, "the catalogue changed") {
		w.tally.add(editSeen, 1)
	}
	never := o.refused || o.doomed || o.lost || o.inTheWay || o.waiting
	switch {
	case r.Status == "SUCCESS" && never:
		w.violation("run %s must not succeed", o.run)
	case r.Status == "SUCCESS", never, len(w.takersOf(o)) > 0, len(w.byCLI(o)) > 0:
	case strings.Contains(reason, "waited too long") && r.EndedAt.After(w.endOf(o).Add(-5*time.Minute-skewLimit)):
	case w.plan.mixed && strings.Contains(reason, "gave up after"): // two differ
	case o.mayBeRefused(reason), o.unsure && strings.Contains(reason, "waited too long"):
	case w.mayFail(o, reason), o.rivals && strings.Contains(reason, "AccessDenied"):
	case w.plan.out && w.involves(o, member) && (reason == "" || strings.Contains(reason, notServed)): // or Port took no log
	case o.moves != stays && strings.Contains(reason, "when the grant was begun"):
	case o.handled == earlier: // all attempts stand aside
	case (w.plan.out || o.moves != stays) && strings.Contains(reason, "request was lost"):
	default:
		w.violation("run %s is %s without a reason: %q", o.run, r.Status, reason)
	}
}

// mayFail reports whether the schedule explains a failure.
func (w *world) mayFail(o *order, log string) bool {
	return (w.plan.patience || w.plan.waitsFor(o)) && strings.Contains(log, "gave up after") ||
		w.plan.weather.denial > 0 && strings.Contains(log, "AccessDenied")
}

// sweptBefore reports whether a grant of which Port has no entity of its own may
// have been taken for rubbish before.
func (w *world) sweptBefore(o *order, t time.Time) bool {
	r, _ := w.port.Run(o.run)
	return !w.plan.quiet || t.After(r.EndedAt.Add(sweepGrace-skewLimit))
}

// skewLimit is how wrong the local clock may be while work goes on.
const skewLimit = 65 * time.Second

// judgeTaker checks how a revocation or an expiry ended.
func (w *world) judgeTaker(o *order, r porttest.RunState) {
	if o.target != nil && o.target.handled == lent {
		return // it goes on for a quarter of an hour, and fails
	}
	log := w.reasonOf(r)
	gaveUp := w.mayFail(o.target, log)
	if g := o.target; g != nil {
		// Without an entity all accounts are asked.
		beside := w.askedBeside(g, r.EndedAt) && w.mayFail(nil, log)
		gaveUp = gaveUp || beside || g.unreadable || w.elsewhere(g, log, r.EndedAt)
	}
	switch {
	case o.target == nil && !o.refused && gaveUp:
	case o.target == nil:
		if r.Status == "SUCCESS" == o.refused {
			w.violation("run %s on %s is %s: %q", o.run, o.entity, r.Status, log)
		}
	case o.target.inTheWay:
		if r.Status != "FAILURE" {
			w.violation("run %s is %s, and its object is not ours", o.run, r.Status)
		}
	case o.target.handled == edited && r.Status != "SUCCESS" && (w.sweptBefore(o.target, r.EndedAt) || len(w.takersOf(o.target))+len(w.byCLI(o.target)) > 1):
		// What is left is an entity of another account.
	case o.kind == kindRevoke:
		if r.Status != "SUCCESS" && !gaveUp {
			w.violation("revocation %s is %s: %q", o.run, r.Status, log)
		}
	case r.Status == "SUCCESS":
		// Too early, it may only have found what was gone already.
		if r.EndedAt.Before(w.endOf(o.target).Add(-skewLimit)) && len(w.takersOf(o.target)) == 1 && len(w.byCLI(o.target)) == 0 && o.target.handled == "" && w.succeeded(o.target) {
			w.violation("expiry %s took a grant away before its end", o.run)
		}
	default:
		early := strings.Contains(log, "has not expired") && r.EndedAt.Before(w.endOf(o.target).Add(skewLimit))
		if !early && !gaveUp {
			w.violation("expiry %s is %s: %q", o.run, r.Status, log)
		}
	}
}
