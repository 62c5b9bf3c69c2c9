package chaos

import (
	"fmt"
	"syscall"
	"time"

	"port-iam/test/kit/daemontest"
)

// operator draws a person who revokes a grant from the command line, is
// interrupted, and runs the command again until it has done its work.
func (d *drawing) operator(turn float64, o *order) {
	interrupted, killed := d.seconds(0, 3), d.chance(0.3)
	d.at(turn, func(w *world) {
		if w.orderOf(o.run) == nil {
			return
		}
		w.mu.Lock()
		o.revoked = true
		w.mu.Unlock()
		c := w.command(o)
		w.after(interrupted, func() {
			signal := syscall.SIGINT
			if killed {
				signal = syscall.SIGKILL
			}
			w.rec.note("trouble: an operator gets %s while revoking %s", signal, o.name())
			c.Signal(w.t, signal)
		})
		w.await(o, c)
	})
}

// command starts the revocation of a grant from the command line.
func (w *world) command(o *order) *daemontest.Daemon {
	env := w.env(w.operators, map[string]string{"SWEEP_GRACE": sweepGrace.String()})
	w.rec.note("an operator revokes %s", o.name())
	return daemontest.Command(w.t, env, []string{"grants", "revoke", "--yes", o.name()}, w.rec.writer("operator"))
}

// await waits for the end of a command, and runs it again where that did not do.
func (w *world) await(o *order, c *daemontest.Daemon) {
	ended := func() bool { _, ended := c.Ended(); return ended }
	w.when(fmt.Sprintf("an operator is done with %s", o.name()), ended, func() {
		code, _ := c.Ended()
		w.rec.note("the operator of %s was told %d", o.name(), code)
		const revoked, noGrant = 0, 3
		if code == revoked || code == noGrant {
			w.observer.told(o)
			return
		}
		w.after(2*time.Second, func() { w.await(o, w.command(o)) })
	})
}

// told checks what an operator was told to be gone.
func (o *observer) told(order *order) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.sight(order.run)
	s.gone = true
	if s.usable() {
		o.w.violation("an operator was told that %s is gone, and it can be used", order.name())
	}
}
