package sim

import (
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
	accepted map[string]bool // entities that Port has accepted
	ended    map[string]bool
	removed  map[string]bool // grants that a run has reported to be gone
}

func observe(w *world) (stop func()) {
	o := &observer{w: w, accepted: map[string]bool{}, ended: map[string]bool{}, removed: map[string]bool{}}
	w.observer = o
	stopPort, stopAWS := w.port.OnCall(o.portCall), w.aws.OnCall(o.awsCall)
	return func() { stopPort(); stopAWS() }
}

func (o *observer) portCall(c porttest.Call) {
	if !c.Done || c.Status/100 != 2 {
		return
	}
	switch c.Route {
	case "entity_upsert":
		o.mu.Lock()
		o.accepted[c.ID] = true
		o.mu.Unlock()
		if run, ok := iamops.RunID(c.ID); ok && o.endedFor(run) > 0 {
			o.w.violation("the entity of run %s was written after the run had ended", run)
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
		if order.kind == kindGrant && o.w.plan.quiet {
			o.w.background(prompt, func() { o.goneSoon(order) })
		}
	case order.kind == kindGrant:
		_, entity := o.w.port.Entity(grantEntity, order.name())
		if (!o.usable(order.name()) || !entity) && !o.w.taken(order) {
			o.w.violation("run %s ended SUCCESS without a whole grant", run)
		}
		if order.lasts == shortest {
			o.w.background(o.w.endOf(order).Sub(o.w.remoteNow())+time.Second, func() { o.over(order) })
		}
	case order.target != nil:
		o.gone(order)
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

// gone checks that a grant that was reported to be gone cannot be used, not by
// sessions either that began before.
func (o *observer) gone(taker *order) {
	target := taker.target
	o.mu.Lock()
	o.removed[target.run] = true
	o.mu.Unlock()
	if o.usable(target.name()) {
		o.w.violation("run %s ended SUCCESS and %s can still be used", taker.run, target.name())
	}
	if key := o.w.people.session(target); key != "" && o.w.people.may(key, target) {
		o.w.violation("run %s ended SUCCESS and a session of %s goes on", taker.run, target.name())
	}
}

func (o *observer) awsCall(c iamtest.Call) {
	if !c.Done || c.Code != "" || strings.HasPrefix(c.Op, "Get") || strings.HasPrefix(c.Op, "List") {
		return
	}
	name := c.Name[strings.LastIndex(c.Name, "/")+1:]
	run, ok := iamops.RunID(name)
	if !ok {
		return
	}
	o.w.mu.Lock()
	order := o.w.byRun[run]
	o.w.mu.Unlock()
	if order == nil {
		if !strings.HasPrefix(c.Principal, "arn:aws:sts") {
			o.w.violation("%s of %s, which nobody asked for", c.Op, name)
		}
		return
	}
	if (order.refused || order.waiting || order.lost || order.kind != kindGrant) && strings.HasPrefix(c.Op, "Create") {
		o.w.violation("%s for run %s, which must not be granted", c.Op, run)
	}
	if o.w.plan.quiet && strings.HasPrefix(c.Op, "Create") && o.endedFor(run) > prompt {
		o.w.violation("%s for run %s, which ended long before", c.Op, run)
	}
	o.mu.Lock()
	removed := o.removed[run] // asked before looking: what is usable after that is wrong
	o.mu.Unlock()
	if !o.usable(name) {
		return
	}
	o.mu.Lock()
	accepted := o.accepted[name] // asked after looking, likewise
	o.mu.Unlock()
	if !accepted {
		o.w.violation("after %s, %s can be used before Port has accepted its entity", c.Op, name)
	}
	if removed {
		o.w.violation("after %s, %s can be used although it was reported to be gone", c.Op, name)
	}
}

// usable reports whether a role gives any access to those who may assume it.
func (o *observer) usable(name string) bool {
	snap := o.w.aws.Snapshot()
	there := map[string]bool{}
	for _, p := range snap.Policies {
		there[p.ARN] = true
	}
	for _, r := range snap.Roles {
		if r.Name != name || r.Path != path {
			continue
		}
		for _, doc := range r.Inline {
			if strings.Contains(doc, `"Deny"`) {
				return false
			}
		}
		for _, arn := range r.Attached {
			if there[arn] {
				return true
			}
		}
	}
	return false
}
