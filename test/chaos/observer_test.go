package chaos

import (
	"slices"
	"strings"
	"sync"
	"time"

	"port-iam/port/porttest"
	"port-iam/test/kit/daemontest"
)

// observer checks after each change what must hold at all times, also in the
// middle of trouble. It knows what exists in IAM from the changes that passed.
type observer struct {
	w *world

	mu    sync.Mutex
	known map[string]*sight // by run
	ended map[string]bool   // runs
	open  int               // runs that the daemon works on
}

// sight is what is known of one grant.
type sight struct {
	role, policy, attached, denied bool // as in IAM
	cut                            bool // the role has carried the Deny

	accepted bool // Port has taken its entity
	gone     bool // a run has reported that it is gone
}

// usable reports whether the grant gives access to anybody.
func (s *sight) usable() bool { return s.role && s.policy && s.attached && !s.denied }

func (o *observer) sight(run string) *sight {
	if o.known[run] == nil {
		o.known[run] = &sight{}
	}
	return o.known[run]
}

// working is how many runs are under way that end by themselves.
func (o *observer) working() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.open
}

// runOf is the run whose grant has a name; "" for what is not named like one.
func runOf(name string) string {
	run, _ := strings.CutPrefix(name, daemontest.NamePrefix)
	if run == name {
		return ""
	}
	return run
}

// before checks whether a change in AWS may be asked for.
func (o *observer) before(c awsCall) {
	run := runOf(c.name)
	order := o.w.orderOf(run)
	if order == nil || order.kind != kindGrant {
		o.w.violation("%s of %q, which nobody asked for", c.op, c.name)
		return
	}
	if c.account != order.account {
		o.w.violation("%s for run %s in account %s instead of %q", c.op, run, c.account, order.account)
	}
	switch c.op {
	case "CreatePolicy", "CreateRole":
		if !order.grantable() && !order.inTheWay {
			o.w.violation("%s for run %s, which must not be granted", c.op, run)
		}
		if c.form.Get("Path") != daemontest.Path || c.op == "CreateRole" && c.form.Get("PermissionsBoundary") != "arn:aws:iam::"+c.account+":policy/"+daemontest.BoundaryName {
			o.w.violation("%s for run %s under path %q with boundary %q", c.op, run, c.form.Get("Path"), c.form.Get("PermissionsBoundary"))
		}
	case "AttachRolePolicy":
		o.mu.Lock()
		accepted := o.sight(run).accepted
		o.mu.Unlock()
		switch arn := c.form.Get("PolicyArn"); {
		case !order.grantable():
			o.w.violation("access for run %s, which must not be granted", run)
		case arn != "arn:aws:iam::"+c.account+":policy"+daemontest.Path+order.name():
			o.w.violation("policy %s is attached to the role of run %s", arn, run)
		case !accepted:
			o.w.violation("access for run %s before Port has accepted its entity", run)
		}
	case "PutRolePolicy", "DetachRolePolicy", "DeleteRolePolicy", "DeleteRole", "DeletePolicyVersion", "DeletePolicy":
		if order.inTheWay && strings.Contains(c.op, "Role") {
			o.w.violation("%s of role %s, which is not ours", c.op, c.name)
		}
		o.mayRemove(c.op, order)
	default:
		o.w.violation("%s of %s: why?", c.op, c.name)
	}
}

// cuts are the changes that end access. They do not wait for the run of the
// grant; the role and the entity do.
var cuts = []string{"PutRolePolicy", "DetachRolePolicy", "DeletePolicyVersion", "DeletePolicy"}

// mayRemove checks that something of a grant is removed only when the end of its
// run is decided, and when that is not that the grant goes on. Access that
// a person wants gone is ended at once.
func (o *observer) mayRemove(what string, order *order) {
	r, _ := o.w.Port.Run(order.run)
	switch {
	case !r.Ended() && o.w.isRevoked(order) && slices.Contains(cuts, what):
	case !r.Ended():
		o.w.violation("%s of %s while its run is open", what, order.name())
	case r.Status == "SUCCESS" && !o.w.isRevoked(order) && time.Now().Before(order.end(r)):
		o.w.violation("%s of %s, which nobody wants gone", what, order.name())
	}
}

// attached reports whether the policy of a grant is attached to its role.
func (o *observer) attached(name string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.sight(runOf(name)).attached
}

// after notes a change that AWS has made, and checks what follows from it.
func (o *observer) after(c awsCall, status int) {
	if status != 200 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.sight(runOf(c.name))
	switch c.op {
	case "CreateRole":
		s.role = true
	case "CreatePolicy":
		s.policy = true
	case "AttachRolePolicy":
		s.attached = true
	case "PutRolePolicy":
		s.denied, s.cut = true, true
	case "DeleteRolePolicy":
		s.denied = false
	case "DetachRolePolicy":
		s.attached = false
	case "DeleteRole":
		s.role, s.attached, s.denied, s.cut = false, false, false, false
	case "DeletePolicy":
		s.policy = false
	}
	if s.cut && s.usable() {
		o.w.violation("%s of %s: it carries its policy without the Deny that it had", c.op, c.name)
	}
	if s.gone && s.usable() {
		o.w.violation("%s of %s: it can be used although it was reported to be gone", c.op, c.name)
	}
}

// portCall is called for each call to Port.
func (o *observer) portCall(c porttest.Call) {
	if !c.Done || c.Status/100 != 2 {
		return
	}
	switch c.Route {
	case "entity_upsert":
		o.accepted(c)
	case "entity_delete":
		if order := o.w.orderOf(runOf(c.ID)); order != nil {
			o.mayRemove("deletion of the entity", order)
		} else {
			o.w.violation("entity %s was deleted", c.ID)
		}
	case "run_log", "run_patch":
		r, _ := o.w.Port.Run(c.ID)
		o.mu.Lock()
		first := r.Ended() && !o.ended[c.ID]
		o.ended[c.ID] = r.Ended()
		o.mu.Unlock()
		if first {
			o.runEnded(r)
		}
	}
}

func (o *observer) accepted(c porttest.Call) {
	run := runOf(c.ID)
	order := o.w.orderOf(run)
	if order == nil || !order.grantable() {
		o.w.violation("entity %s was written, for something that must not be granted", c.ID)
		return
	}
	if c.RunID != run {
		o.w.violation("entity %s was written on behalf of run %q", c.ID, c.RunID)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sight(run).accepted = true
	if o.sight(run).gone {
		o.w.violation("entity %s was written after the grant was reported to be gone", c.ID)
	}
}

// runEnded checks what a run has reported.
func (o *observer) runEnded(r porttest.RunState) {
	o.w.rec.note("run %s ends %s: %q", r.ID, r.Status, lastLog(r))
	order := o.w.orderOf(r.ID)
	if order == nil || order.kind == kindForeign {
		o.w.violation("run %s is not ours and was ended", r.ID)
		return
	}
	o.mu.Lock()
	if order.counts() {
		o.open--
	}
	o.mu.Unlock()
	if in := order.in(); in != "" {
		o.w.proxy.noteEnd(in, r.Status == "SUCCESS")
	}
	switch {
	case r.Status != "SUCCESS":
	case order.kind == kindGrant:
		_, there := o.w.Port.Entity(daemontest.GrantBlueprint, order.name())
		o.mu.Lock()
		whole := there && o.sight(order.run).usable()
		o.mu.Unlock()
		if !whole && !o.w.isRevoked(order) {
			o.w.violation("run %s ended SUCCESS without a whole grant", r.ID)
		}
	case order.target != nil:
		_, there := o.w.Port.Entity(daemontest.GrantBlueprint, order.target.name())
		o.mu.Lock()
		s := o.sight(order.target.run)
		s.gone = true
		usable := s.usable()
		o.mu.Unlock()
		if usable || there {
			o.w.violation("run %s ended SUCCESS, and of %s there is still: access %t, entity %t", r.ID, order.target.name(), usable, there)
		}
	}
}

func lastLog(r porttest.RunState) string {
	if len(r.Logs) == 0 {
		return ""
	}
	return r.Logs[len(r.Logs)-1].Message
}
