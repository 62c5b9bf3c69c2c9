package grants_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing/synctest"

	"port-iam/iamops/iamtest"
	"port-iam/internal/standin"
	"port-iam/port"
	"port-iam/port/porttest"
)

// numbered is one end of a call to Port or AWS, or of an audit event's way into the
// [ledger]: n counts all of them.
type numbered struct {
	n    int
	done bool
	port bool   // it is to Port
	in   string // the account that it is to
	// event is what it is else.
	event *keeping
}

// calls numbers the calls that reach Port and AWS together with audit events, and has f
// called at each end of each one.
func (w *world) calls(f func(c numbered)) (stop func()) {
	var mu sync.Mutex
	n := 0
	numbers := map[string]int{}
	note := func(key string, c numbered) {
		mu.Lock()
		if !c.done {
			n++
			numbers[key] = n
		}
		c.n = numbers[key]
		mu.Unlock()
		f(c)
	}
	stopPort := w.port.OnCall(func(c porttest.Call) { note(fmt.Sprint("port", c.N), numbered{done: c.Done, port: true}) })
	stopAWS := w.onAWS(func(account string, c iamtest.Call) {
		note(fmt.Sprint(account, " ", c.N), numbered{done: c.Done, in: account})
	})
	stopEvents := func() {}
	if w.ledger != nil {
		stopEvents = w.ledger.onEvent(func(step int, c numbered) { note(fmt.Sprint("event ", step), c) })
	}
	return func() { stopPort(); stopAWS(); stopEvents() }
}

// onAWS has f called at each end of each call in any account.
func (w *world) onAWS(f func(account string, c iamtest.Call)) (stop func()) {
	var stops []func()
	for id, in := range w.in {
		stops = append(stops, in.OnCall(func(c iamtest.Call) { f(id, c) }))
	}
	return func() {
		for _, stop := range stops {
			stop()
		}
	}
}

// atCall has f called at one end of the n-th call, counted from now on. The test
// fails where there is no such call.
func (w *world) atCall(n int, done bool, f func(c numbered)) (stop func()) {
	var came atomic.Int64
	standin.MustMeet(w.t, fmt.Sprintf("at call %d, done %t", n, done), 1, func() int { return int(came.Load()) })
	return w.calls(func(c numbered) {
		if c.n == n && c.done == done {
			came.Add(1)
			f(c)
		}
	})
}

// at has f called once, at one end of the first call of that name: a route of
// Port or an operation of IAM. The test fails where there is no such call.
func (w *world) at(name string, done bool, f func()) (stop func()) {
	var came atomic.Int64
	standin.MustMeet(w.t, fmt.Sprintf("at %s, done %t", name, done), 1, func() int { return int(came.Load()) })
	hook := func(fits bool) {
		if fits && came.Add(1) == 1 {
			f()
		}
	}
	stopPort := w.port.OnCall(func(c porttest.Call) { hook(c.Route == name && c.Done == done) })
	stopAWS := w.onAWS(func(_ string, c iamtest.Call) { hook(c.Op == name && c.Done == done) })
	return func() { stopPort(); stopAWS() }
}

// crashAt works on a record until a call of that name is done, and no further. Calls
// that were under way have arrived, or never will, when it returns.
func (w *world) crashAt(p *process, rec port.Record, name string) {
	ctx, die := context.WithCancel(context.Background())
	defer die()
	defer w.at(name, true, die)()
	_ = p.finish(ctx, p.job(rec))
	synctest.Wait()
}
