package sim

import (
	"slices"
	"sync"
	"time"

	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

// trouble draws what goes wrong.
func (d *drawing) trouble() {
	d.weather = weather{
		loss:   pick(d, 0, 0, 0.02, 0.1, 0.25),
		crash:  pick(d, 0, 0, 0.004, 0.02),
		stall:  pick(d, 0, 0, 0, 0.006),
		denial: pick(d, 0, 0, 0, 0, 0.03),
	}
	d.settled = 2 * time.Minute
	if d.weather.stall > 0 {
		d.settled, d.patience = 6*time.Minute, true
	}
	if d.chance(0.3) {
		d.rate, d.burst = float64(5+d.IntN(15)), float64(10+d.IntN(20))
	}
	if d.chance(0.4) {
		for range 1 + d.IntN(3) {
			d.end()
		}
	}
	if d.chance(0.2) {
		d.stalls()
	}
	switch roll := d.Float64(); {
	case roll < 0.10:
		d.outage("port", d.between(time.Minute, 20*time.Minute))
	case roll < 0.12:
		d.outage("port", time.Hour)
	case roll < 0.22:
		d.outage("aws", d.between(time.Minute, 6*time.Minute))
	case roll < 0.25:
		d.outage("aws", d.between(10*time.Minute, 20*time.Minute))
	}
	if d.chance(0.12) {
		d.wrongClock()
	}
	if d.chance(0.1) {
		d.failingRun()
	}
	if d.chance(0.5) {
		for range 1 + d.IntN(4) {
			d.brokerTrouble()
		}
	}
}

// end draws the end of an instance, with or without a word.
func (d *drawing) end() {
	slot, pause := d.IntN(d.instances), d.between(0, 40*time.Second)
	if d.chance(0.6) {
		d.at(d.between(0, d.last), "kill", func(w *world) {
			if p := w.slot(slot); p != nil && p.kill() {
				w.tally.add(killed, 1)
				w.replace(p, pause)
			}
		})
		return
	}
	d.at(d.between(0, d.last), "stop", func(w *world) {
		if p := w.slot(slot); p != nil {
			w.tally.add(asked, 1)
			p.stop(pause)
		}
	})
}

// stalls draws instances that stop for minutes, all at once perhaps.
func (d *drawing) stalls() {
	d.patience = true
	d.settled = max(d.settled, 6*time.Minute)
	for range 1 + d.IntN(3) {
		slot, length := d.IntN(d.instances), d.between(20*time.Second, 5*time.Minute)
		d.at(d.between(0, d.last), "stall", func(w *world) {
			if p := w.slot(slot); p != nil && p.freeze(length) {
				w.tally.add(stalled, 1)
			}
		})
	}
}

// outage draws a time in which Port or AWS answers nothing of use.
func (d *drawing) outage(who string, length time.Duration) {
	from := d.between(0, d.last)
	how := d.IntN(3)
	d.patience = d.patience || who == "aws"
	d.calm = max(d.calm, from+length)
	d.at(from, who+" is away", func(w *world) {
		var back func()
		if who == "port" {
			f := porttest.Fault{Kind: porttest.LostRequest, Count: -1}
			if how > 0 {
				f = porttest.Fault{Status: []int{0, 500, 503}[how], Count: -1}
			}
			f.Maybe = w.tally.meet(portAway)
			back = w.port.Fault(f)
		} else {
			f := iamtest.Fault{Kind: iamtest.LostRequest, Count: -1}
			if how > 0 {
				f = iamtest.Fault{Status: []int{0, 503, 400}[how], Code: []string{"", "ServiceUnavailable", "Throttling"}[how], Count: -1}
			}
			f.Maybe = w.tally.meet(awsAway)
			back = w.faultAll(f)
		}
		w.background(length, func() {
			back()
			w.trace.add("%s is back", who)
		})
	})
}

// wrongClock draws a local clock that is ahead for a while from the start, or
// somewhat behind from some time on. The clocks of Port and AWS never go back:
// what they have dated stays in the past.
func (d *drawing) wrongClock() {
	wrong := pick(d, 20*time.Second, 50*time.Second, 3*time.Minute)
	length := d.between(time.Minute, 5*time.Minute)
	d.calm = max(d.calm, length)
	d.early("wrong clock", func(w *world) { w.setSkew(-wrong) })
	d.at(length, "right clock", func(w *world) { w.setSkew(0) })
	if d.chance(0.3) {
		d.at(max(length, d.between(0, d.last)), "clock behind", func(w *world) { w.setSkew(30 * time.Second) })
	}
}

// failingRun draws a run whose end Port does not take for a long time, or whose
// log it refuses: of the first or the second grant that ends from some time on.
func (d *drawing) failingRun() {
	how, length, which := d.IntN(2), d.between(2*time.Minute, 12*time.Minute), d.IntN(1000)
	from := d.between(0, d.last)
	d.calm = max(d.calm, from+length)
	d.at(from, "failing run", func(w *world) {
		ends := &runEnds{w: w, skip: which % 2, fail: func(id string) (back func()) {
			log := porttest.Fault{Route: "run_log", ID: id, Status: []int{500, 422}[how], Count: -1, Maybe: w.tally.meet(failingLog)}
			backs := []func(){w.port.Fault(log)}
			if how == 1 && which%4 < 2 { // or else the state alone passes
				state := porttest.Fault{Route: "run_patch", ID: id, Status: 500, Count: -1, Maybe: w.tally.meet(failingState)}
				backs = append(backs, w.port.Fault(state))
			}
			w.trace.add("Port fails run %s", id)
			return func() {
				for _, back := range backs {
					back()
				}
			}
		}}
		stop := w.port.OnCall(ends.call)
		w.background(length, func() {
			stop()
			ends.over()
		})
	})
}

// runEnds has Port fail the run of a grant from the moment on at which it is to end.
type runEnds struct {
	w    *world
	skip int // how many others end before it
	fail func(id string) (back func())

	mu   sync.Mutex
	seen map[string]bool
	back func()
}

// call watches a call to Port.
func (e *runEnds) call(c porttest.Call) {
	if c.Route != "run_log" || c.Done || !slices.ContainsFunc(e.w.ordersOf(kindGrant), func(o *order) bool { return o.run == c.ID }) {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.seen == nil {
		e.seen = map[string]bool{}
	}
	if e.seen[c.ID] = true; len(e.seen) > e.skip && e.back == nil {
		e.back = e.fail(c.ID)
	}
}

// over has Port take the end of the run again.
func (e *runEnds) over() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.back != nil {
		e.back()
	}
}
