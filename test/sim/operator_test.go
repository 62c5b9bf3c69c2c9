package sim

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"port-iam/grants"
)

// revoke is one revocation of a grant from the command line.
type revoke struct {
	began time.Time
	done  bool
	err   error // what the operator was told; nil: gone
}

// interruption is what ends a command early: at its call of a number, or after a
// while. Zero: nothing does.
type interruption struct {
	call  int
	after time.Duration
	kill  bool // without a word; else Ctrl-C
}

// operatorARN is who they are.
const operatorARN = "arn:aws:iam::" + account + ":user/operator"

// noSlot is where the processes of operators run.
const noSlot = -1

// operate has an operator revoke a grant, as `port-iam grants revoke` does.
func (w *world) operate(o *order, cut interruption) {
	w.mu.Lock()
	if w.ending {
		w.mu.Unlock()
		return
	}
	w.started++
	p := &process{w: w, slot: noSlot, name: fmt.Sprintf("operator.%d", w.started), done: make(chan struct{})}
	w.all = append(w.all, p)
	r := &revoke{began: time.Now()}
	o.byCLI = append(o.byCLI, r)
	w.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	interrupt := func() {
		if w.trace.add("%s is interrupted", p.name); cut.kill {
			p.kill()
		}
		cancel()
	}
	if cut.call > 0 {
		var calls atomic.Int64
		p.onCall = func() {
			if int(calls.Add(1)) == cut.call {
				interrupt()
			}
		}
	}
	if cut.after > 0 {
		w.background(cut.after, func() {
			if ctx.Err() == nil {
				interrupt()
			}
		})
	}
	service, _, _ := p.service(false)
	w.trace.add("%s revokes %s", p.name, o.name())
	w.background(0, func() {
		defer close(p.done)
		defer cancel()
		err := service.NewOperator(sweepGrace).Revoke(ctx, o.name())
		w.told(p, o, r, err)
	})
}

// told notes what an operator was told, and checks it.
func (w *world) told(p *process, o *order, r *revoke, err error) {
	w.mu.Lock()
	r.done, r.err = true, err
	w.mu.Unlock()
	if _, dead := p.pass(); dead != nil {
		w.mu.Lock()
		r.err = dead
		w.mu.Unlock()
		return
	}
	w.trace.add("%s was told: %v", p.name, err)
	if err == nil || errors.Is(err, grants.ErrNoGrant) {
		w.observer.gone(p.name, o, r.began)
	}
}

// byCLI are the revocations of a grant from the command line so far.
func (w *world) byCLI(o *order) []revoke {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []revoke
	for _, r := range o.byCLI {
		all = append(all, *r)
	}
	return all
}
