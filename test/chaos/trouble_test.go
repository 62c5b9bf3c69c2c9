package chaos

import (
	"fmt"
	"syscall"
	"time"

	"port-iam/port/porttest"
)

// trouble spreads what goes wrong over the whole day. How often depends on how
// many runs there are, but everything comes at least once.
func (d *drawing) trouble() {
	for range max(2, d.runs/60) {
		i, how := d.IntN(2), pick(d, killNow, killBefore, killAfter)
		d.somewhere(func(w *world) { w.instances[i].kill(how) })
	}
	for range max(1, d.runs/250) {
		i := d.IntN(2)
		d.somewhere(func(w *world) { w.instances[i].stop() })
	}
	for range max(1, d.runs/250) {
		// Longer than the group waits for a member: it wakes up replaced.
		i, length := d.IntN(2), d.seconds(21, 26)
		d.somewhere(func(w *world) { w.instances[i].stall(length) })
	}
	for range max(1, d.runs/300) {
		length := d.seconds(1, 5)
		d.somewhere(func(w *world) { w.breakBroker(length) })
	}
	for range max(10, d.runs/8) {
		f := d.portFault()
		d.somewhere(func(w *world) { w.portFault(f, 0) })
	}
	outage := 60 * time.Second
	if d.runs < longDay {
		outage = 15 * time.Second
	}
	// In the first half, so that runs are left for each account.
	d.at(d.between(0.1, 0.5)*float64(d.runs), func(w *world) { w.memberAway(outage) })
	d.at(d.between(0.1, 0.5)*float64(d.runs), func(w *world) { w.memberSlow(outage) })
	away := pick(d, porttest.Fault{Kind: porttest.LostRequest, Count: -1}, porttest.Fault{Status: 503, Count: -1})
	d.somewhere(func(w *world) { w.portFault(away, outage) })
}

// longDay is from how many runs on Port is away for a whole minute.
const longDay = 300

// somewhere is neither before there is work nor after it.
func (d *drawing) somewhere(do func(w *world)) {
	d.at(d.between(0.1, 0.9)*float64(d.runs), do)
}

// portFault draws what a few calls to Port meet.
func (d *drawing) portFault() porttest.Fault {
	f := porttest.Fault{Count: 1 + d.IntN(6)}
	switch d.IntN(6) {
	case 0:
		f.Kind = porttest.LostRequest
	case 1, 2:
		f.Kind = porttest.LostAnswer
	case 3:
		f.Status, f.RetryAfter = 429, "1"
	default:
		f.Status = pick(d, 500, 502, 503)
	}
	if d.chance(0.5) { // where it hurts
		f.Route = pick(d, "run_log", "entity_upsert", "entity_delete", "run_get")
	}
	return f
}

// portFault arms a fault; with a length it is disarmed after that.
func (w *world) portFault(f porttest.Fault, length time.Duration) {
	w.rec.note("trouble: Port %+v", f)
	f.Maybe = w.tally.plan(kindOf(f, length))
	remove := w.Port.Fault(f)
	if length == 0 {
		w.disarm = append(w.disarm, remove)
		return
	}
	w.after(length, func() {
		remove()
		w.rec.note("trouble over: Port is back")
	})
}

// kindOf says what kind of trouble a fault of Port is.
func kindOf(f porttest.Fault, length time.Duration) string {
	switch {
	case length > 0:
		return "Port is away"
	case f.Kind == porttest.LostRequest:
		return "Port: " + string(lostRequest)
	case f.Kind == porttest.LostAnswer:
		return "Port: " + string(lostAnswer)
	}
	return fmt.Sprintf("Port: %d", f.Status)
}

// breakBroker kills the broker and starts it again some time later. Until then
// nobody can write records.
func (w *world) breakBroker(length time.Duration) {
	w.rec.note("trouble: the broker is killed")
	w.Kafka.Kill()
	w.brokerDown = true
	w.after(length, func() {
		w.Kafka.Restart()
		w.brokerDown = false
		w.rec.note("trouble over: the broker runs")
	})
}

// stop ends an instance the way systemd and Kubernetes do, once it listens:
// before that a process is not prepared for it.
func (i *instance) stop() {
	count := i.w.tally.plan("an instance is stopped")
	i.w.when(i.name+" listens", func() bool { return i.up() && i.daemon().Listens() }, func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.may == notAtAll {
			i.may = stopped
			count()
			i.w.rec.note("trouble: %s is stopped", i.name)
			i.d.Signal(i.w.t, syscall.SIGTERM)
		}
	})
}

// stall stops the process for a while, and lets it go on.
func (i *instance) stall(length time.Duration) {
	stalled := i.w.tally.plan("an instance is stalled")
	i.w.when(i.name+" runs", i.up, func() {
		d := i.daemon()
		stalled()
		i.w.rec.note("trouble: %s is stalled", i.name)
		d.Signal(i.w.t, syscall.SIGSTOP)
		i.w.after(length, func() {
			i.w.rec.note("trouble over: %s wakes up", i.name)
			d.Signal(i.w.t, syscall.SIGCONT)
		})
	})
}
