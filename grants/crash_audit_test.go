package grants_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"port-iam/iamops/iamtest"
	"port-iam/internal/audit"
	"port-iam/port"
)

// ledger keeps the audit events of all processes. Each event is a step that has a number,
// as calls have.
type ledger struct {
	mu     sync.Mutex
	steps  int
	events []audit.Event
	watch  func(step int, c numbered) // nil: nobody
}

// keeping is one event on its way.
type keeping struct {
	lost   bool // it is not kept, and the writer learns that
	unsure bool // it is kept, and the writer does not learn that
}

// Write is part of grants.Audit.
func (l *ledger) Write(_ context.Context, e audit.Event) error {
	l.mu.Lock()
	l.steps++
	step, watch := l.steps, l.watch
	l.mu.Unlock()
	if watch == nil {
		watch = func(int, numbered) {}
	}
	k := &keeping{}
	watch(step, numbered{event: k})
	if !k.lost {
		l.mu.Lock()
		l.events = append(l.events, e)
		l.mu.Unlock()
	}
	watch(step, numbered{event: k, done: true})
	if k.lost || k.unsure {
		return errDisk
	}
	return nil
}

// Problem is part of grants.Audit.
func (l *ledger) Problem() error { return nil }

// onEvent has f called at each end of each event's way.
func (l *ledger) onEvent(f func(step int, c numbered)) (stop func()) {
	set := func(f func(int, numbered)) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.watch = f
	}
	set(f)
	return func() { set(nil) }
}

// of are the events that a condition fits, by name.
func (l *ledger) of(fits func(audit.Event) bool) (names []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.events {
		if fits(e) {
			names = append(names, e.Event)
		}
	}
	return names
}

// audited is a world whose processes keep audit events, and in which nothing is attached
// before its event is kept.
func audited(in func(*testing.T, iamtest.Options, func(*world))) func(*testing.T, iamtest.Options, func(*world)) {
	return func(t *testing.T, opts iamtest.Options, f func(w *world)) {
		t.Helper()
		in(t, opts, func(w *world) {
			w.ledger = &ledger{}
			defer w.onAWS(func(_ string, c iamtest.Call) {
				granted := func(e audit.Event) bool { return e.Event == audit.Granted && e.Grant == c.Name }
				if c.Op == "AttachRolePolicy" && c.Done && c.Code == "" && len(w.ledger.of(granted)) == 0 {
					t.Errorf("%s was attached without an event", c.Name)
				}
			})()
			f(w)
		})
	}
}

// wantTold checks that the last event of a run is true.
func (w *world) wantTold(rec port.Record) {
	w.t.Helper()
	run, _ := w.port.Run(rec.RunID)
	events := w.ledger.of(func(e audit.Event) bool { return e.RunID == rec.RunID })
	want := map[string][]string{
		grantAction + " SUCCESS": {audit.Granted}, grantAction + " FAILURE": {audit.Refused, audit.Failed, audit.Removed},
		revokeAction + " SUCCESS": {audit.Revoked}, expireAction + " SUCCESS": {audit.Expired},
	}[run.Action+" "+run.Status]
	if len(events) == 0 || !slices.Contains(want, events[len(events)-1]) {
		w.t.Errorf("run of %s is %s, and its events are %q", run.Action, run.Status, strings.Join(events, " "))
	}
}
