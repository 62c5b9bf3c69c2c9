package sim

import (
	"slices"
	"strings"
	"sync"
	"time"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

// observer looks at the world after every call and checks what must hold at all
// times, also in the middle of trouble.
type observer struct {
	w *world

	mu       sync.Mutex
	accepted map[string]string    // entities that Port has accepted, with the role that each named then
	deleted  map[string]time.Time // when entities were deleted, by Port's clock
	ended    map[string]bool
	removed  map[string]bool // grants that a run or an operator was told to be gone
	taken    map[string]bool // unique ids of roles whose access was cut
	cut      map[string]bool // ARNs of roles whose access was cut
	noDeny   map[string]bool // names of roles of which an instance could not learn that its Deny is on them
}

func observe(w *world) (stop func()) {
	o := &observer{
		w: w, accepted: map[string]string{}, deleted: map[string]time.Time{}, ended: map[string]bool{}, removed: map[string]bool{},
		taken: map[string]bool{}, cut: map[string]bool{}, noDeny: map[string]bool{},
	}
	w.observer = o
	stops := []func(){w.port.OnCall(o.portCall)}
	for _, s := range w.sites {
		stops = append(stops, s.OnCall(func(c iamtest.Call) { o.awsCall(s, c) }))
	}
	return func() {
		for _, stop := range stops {
			stop()
		}
	}
}

// roleOf is the ARN of the role that the entity of a grant named when Port accepted it;
// "" before that.
func (o *observer) roleOf(name string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.accepted[name]
}

func (o *observer) portCall(c porttest.Call) {
	if !c.Done || c.Status/100 != 2 {
		return
	}
	switch c.Route {
	case "entity_upsert":
		role := o.entityNames(c.ID)
		o.mu.Lock()
		_, again := o.accepted[c.ID]
		o.accepted[c.ID] = role
		o.mu.Unlock()
		if again {
			o.w.violation("the entity %s was written again", c.ID)
		}
		if run, ok := iamops.RunID(c.ID); ok && o.endedFor(run) > 0 {
			o.w.violation("the entity of run %s was written after the run had ended", run)
		}
	case "entity_delete":
		o.mu.Lock()
		o.deleted[c.ID] = o.w.remoteNow()
		o.mu.Unlock()
		if run, ok := iamops.RunID(c.ID); ok && o.isOpen(run) {
			o.w.violation("the entity of run %s was deleted while the run was open", run)
		}
		if g := o.w.grantNamed(c.ID); g != nil && g.handled != agreed && g.handled != "entity deleted" && o.usable(c.ID) {
			o.w.violation("the entity %s was deleted, and its role can be used in %v", c.ID, o.usableIn(c.ID))
		}
	case "run_log", "run_patch":
		r, _ := o.w.port.Run(c.ID)
		o.mu.Lock()
		first := r.Ended() && !o.ended[c.ID]
		o.ended[c.ID] = o.ended[c.ID] || r.Ended()
		o.mu.Unlock()
		if first {
			o.w.trace.add("run %s ends %s: %q", c.ID, r.Status, lastLog(r))
			o.runEnded(c.ID, r.Status)
		}
	}
}

// entityGone is when the entity of a grant was deleted; zero where it was not.
func (o *observer) entityGone(name string) time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.deleted[name]
}

// entityNames is the role that the entity of a grant names now; "" where there is none.
func (o *observer) entityNames(name string) string {
	e, found := o.w.port.Entity(grantEntity, name)
	if !found {
		return ""
	}
	role, _ := e["properties"].(map[string]any)["role_arn"].(string)
	return role
}

// isOpen reports whether the run of a grant of ours may still be worked on.
func (o *observer) isOpen(run string) bool {
	r, found := o.w.port.Run(run)
	return found && r.Action == grantAction && !r.Ended()
}

// endedFor is how long ago a run ended; 0 while it is open.
func (o *observer) endedFor(run string) time.Duration {
	r, _ := o.w.port.Run(run)
	if !r.Ended() {
		return 0
	}
	return o.w.remoteNow().Truncate(time.Millisecond).Sub(r.EndedAt)
}

func lastLog(r porttest.RunState) string {
	if len(r.Logs) == 0 {
		return ""
	}
	return r.Logs[len(r.Logs)-1].Message
}

func (o *observer) runEnded(run, status string) {
	o.w.mu.Lock()
	order := o.w.byRun[run]
	o.w.mu.Unlock()
	switch {
	case order == nil || order.kind == kindForeign:
		o.w.violation("run %s is not ours and was ended", run)
	case status != "SUCCESS":
		if order.kind == kindGrant && o.w.plan.quiet && !o.w.plan.waitsFor(order) {
			o.w.background(prompt, func() { o.goneSoon(order) })
		}
	case order.kind == kindGrant:
		_, entity := o.w.port.Entity(grantEntity, order.name())
		if (!o.usable(order.name()) || !entity) && !o.w.taken(order) {
			o.w.violation("run %s ended SUCCESS without a whole grant", run)
		}
		if order.lasts == shortest {
			left := o.w.endOf(order).Sub(o.w.remoteNow())
			o.w.background(left+time.Second, func() { o.over(order) })
			o.w.background(left+sweptWithin, func() { o.sweptSoon(order) })
		}
	case order.target != nil:
		o.gone("run "+run, order.target, order.placed)
	}
}

// over checks that AWS itself ends a grant: at its second nobody can use it any
// more, whatever is left of it.
func (o *observer) over(order *order) {
	if o.w.remoteNow().Before(o.w.endOf(order)) {
		return // a clock was set meanwhile
	}
	if key := o.w.people.session(order); key != "" && o.w.people.may(key, order) {
		o.w.violation("a session of %s goes on behind its end", order.name())
	}
	if o.w.people.assume(order.requester, order) != "" {
		o.w.violation("%s can be assumed behind its end", order.name())
	}
}

// prompt is when what a failed run has made is gone, where nothing is in trouble.
const prompt = time.Minute

// goneSoon checks that it is not only the sweeper that cleans up.
func (o *observer) goneSoon(failed *order) {
	if p := o.w.piecesOf(failed); !p.none() && !failed.inTheWay {
		o.w.violation("run %s failed, and after %s there are %s", failed.run, prompt, p)
	}
}

// sweptWithin is how soon behind its end a grant is gone, where nothing is in trouble.
const sweptWithin = 2*sweepInterval + 2*time.Minute

// sweptSoon checks that an account is swept whatever the other one does.
func (o *observer) sweptSoon(order *order) {
	w := o.w
	if !w.plan.second || !w.plan.quiet || w.plan.waitsFor(order) || order.handled != "" || order.copied != "" || w.remoteNow().Before(w.endOf(order)) {
		return
	}
	if p := w.piecesOf(order); !p.none() {
		w.violation("grant %s is over, and %s later there are %s", order.run, sweptWithin, p)
	}
}

// unseenLimit is how long not found is taken for not visible yet.
const unseenLimit = 15 * time.Second

// hidden reports whether reads did not show the role of a grant for as long as
// the person who asked for its removal has to look for it. The sweep finds it then.
func (o *observer) hidden(target *order, asked time.Time) bool {
	for _, s := range o.w.sites {
		for _, r := range s.Snapshot().Roles {
			if r.Name == target.name() && r.Path == path && !o.w.byPerson(r.Name, s.id) && r.Shown.Add(o.w.plan.behind).After(asked.Add(unseenLimit)) {
				return true
			}
		}
	}
	return false
}

// gone checks that a grant that was reported to be gone to who asked for that
// cannot be used, not by sessions either that began before.
func (o *observer) gone(who string, target *order, asked time.Time) {
	if o.hidden(target, asked) {
		o.w.trace.add("%s is hidden from %s", target.name(), who)
		return
	}
	if target.handled == agreed {
		return // entity and catalogue both say that it is elsewhere: the sweep finds it
	}
	o.mu.Lock()
	o.removed[target.run] = true
	o.mu.Unlock()
	if o.usable(target.name()) {
		o.w.violation("%s was told that %s is gone, and it can still be used", who, target.name())
	}
	if key := o.w.people.session(target); key != "" && o.w.people.may(key, target) {
		o.w.violation("%s was told that %s is gone, and a session of it goes on", who, target.name())
	}
}

func (o *observer) awsCall(s *site, c iamtest.Call) {
	if !c.Done || c.Code != "" || strings.HasPrefix(c.Op, "Get") || strings.HasPrefix(c.Op, "List") {
		return
	}
	o.stays(s, c)
	name := c.Name[strings.LastIndex(c.Name, "/")+1:]
	run, ok := iamops.RunID(name)
	if !ok {
		return
	}
	o.w.mu.Lock()
	order := o.w.byRun[run]
	o.w.mu.Unlock()
	if order == nil {
		if c.Op != "AssumeRole" {
			o.w.violation("%s of %s, which nobody asked for", c.Op, name)
		}
		return
	}
	if (order.refused || order.waiting || order.lost || order.kind != kindGrant) && strings.HasPrefix(c.Op, "Create") {
		o.w.violation("%s for run %s, which must not be granted", c.Op, run)
	}
	if c.Op == "DeleteRole" && order.kind == kindGrant && o.isOpen(run) && o.entityNames(name) != roleARN(beside(s.id), name) {
		o.w.violation("the role of run %s was deleted while the run was open", run)
	}
	hand := strings.HasSuffix(c.Principal, "user/"+adminName)
	if !hand && order.kind == kindGrant {
		o.granted(s, c, order)
	}
	if o.w.plan.quiet && !hand && !o.w.plan.waitsFor(order) && strings.HasPrefix(c.Op, "Create") && o.endedFor(run) > prompt {
		o.w.violation("%s for run %s, which ended long before", c.Op, run)
	}
	o.mu.Lock()
	removed := o.removed[run] // asked before looking: what is usable after that is wrong
	o.mu.Unlock()
	if !o.usableAt(s, name) {
		return
	}
	switch accepted := o.roleOf(name); accepted { // asked after looking, likewise
	case roleARN(s.id, name):
	case "":
		o.w.violation("after %s, %s can be used before Port has accepted its entity", c.Op, name)
	default:
		o.w.violation("after %s, %s can be used in account %s, and its entity names %s", c.Op, name, s.id, accepted)
	}
	if removed {
		o.w.violation("after %s, %s can be used although it was reported to be gone", c.Op, name)
	}
}

// granted checks what is made for a grant.
func (o *observer) granted(s *site, c iamtest.Call, order *order) {
	switch c.Op {
	case "CreatePolicy":
		for _, p := range s.Snapshot().Policies {
			if p.Name == order.name() {
				o.w.exact(order, p.Versions[0].Document)
			}
		}
	case "AttachRolePolicy":
		o.told(s, order)
		switch {
		case order.guarded && !o.w.approvedByAnother(order):
			o.w.violation("%s was attached without the approval of another person", order.name())
		case order.guarded:
			o.w.tally.add(guardedGranted, 1)
		case order.asked != nil:
			o.w.tally.add(bundleGranted, 1)
		}
	}
}

// stays checks that from the first Deny on a role, or from when a removal has
// detached its policy, to its end no policy is attached without the Deny. One case is
// left out: AWS refused the Deny, or it was lost on its way, so the policy was detached
// instead, and an attachment follows that was on its way, or of another instance that
// has read the run before it ended. That access was not cut.
func (o *observer) stays(s *site, c iamtest.Call) {
	o.mu.Lock() // nobody looks at an older state behind a newer one
	defer o.mu.Unlock()
	snap := s.Snapshot()
	detached := c.Op == "DetachRolePolicy" && !strings.HasSuffix(c.Principal, "user/"+adminName)
	for _, r := range snap.Roles {
		switch {
		case !o.w.ours(r.Name, r.Path, s.id), o.w.byPerson(r.Name, s.id):
		case isDenied(r), detached && c.Name == r.Name && !isAttached(snap, r):
			o.cut[r.ARN] = true
			o.taken[r.ID] = o.taken[r.ID] || isDenied(r) || !o.noDeny[r.Name] || o.w.plan.instances == 1
		case o.taken[r.ID] && isAttached(snap, r):
			delete(o.taken, r.ID) // told once
			o.w.violation("after %s %s, %s carries its policy without a Deny, and it was cut before", c.Op, c.Name, r.Name)
		case isAttached(snap, r):
			delete(o.cut, r.ARN)
		}
	}
}

// noDenyOn notes that a Deny for a role was refused or lost.
func (o *observer) noDenyOn(role string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.noDeny[role] = true
}

// wasCut reports whether the access of a grant was ever cut.
func (o *observer) wasCut(g *order) bool {
	arn := roleARN(o.w.home(g), g.name())
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.cut[arn]
}

// usable reports whether the role of a grant gives any access to those who may assume it,
// in any account, served or not.
func (o *observer) usable(name string) bool { return len(o.usableIn(name)) > 0 }

// usableIn are the accounts in which it does.
func (o *observer) usableIn(name string) (in []string) {
	for _, s := range o.w.sites {
		if o.usableAt(s, name) {
			in = append(in, s.id)
		}
	}
	return in
}

// usableAt reports whether it does in one account. A role that a person made is none of
// ours.
func (o *observer) usableAt(s *site, name string) bool {
	snap := s.Snapshot()
	return !o.w.byPerson(name, s.id) && slices.ContainsFunc(snap.Roles, func(r iamtest.Role) bool {
		return r.Name == name && r.Path == path && !isDenied(r) && isAttached(snap, r)
	})
}

func isDenied(r iamtest.Role) bool {
	for _, doc := range r.Inline {
		if strings.Contains(doc, `"Deny"`) {
			return true
		}
	}
	return false
}

// isAttached reports whether a policy that exists is attached to a role.
func isAttached(snap iamtest.Snapshot, r iamtest.Role) bool {
	return slices.ContainsFunc(snap.Policies, func(p iamtest.Policy) bool { return slices.Contains(r.Attached, p.ARN) })
}
