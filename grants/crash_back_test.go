package grants_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"port-iam/grants"
	"port-iam/iamops/iamtest"
)

// handBack drops the job of a scenario after its n-th attempt, and says so to it
// where told. Another process handles the record then, or only sweeps follow.
// finished: that attempt was the last one anyway.
func (s scenario) handBack(w *world, n int, told, handled bool) (finished bool) {
	defer w.watchCut()()
	rec := s.prepare(w)
	p := w.process()
	j := p.job(rec)
	for i := range n {
		attempt, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		err := j.Attempt(attempt)
		cancel()
		waits, again := errors.AsType[*grants.Waiting](err)
		if finished = !again; finished {
			break
		}
		if i < n-1 {
			later(waits.RetryAfter())
		}
	}
	if told && !finished {
		begun := slices.ContainsFunc(w.aws.Calls(), func(c iamtest.Call) bool { return c.Op == "DeleteRole" })
		j.Abandon()
		roles, _, _ := w.left()
		if begun && len(roles) > 0 && !isDenied(roles[0]) {
			w.t.Errorf("%s was handed back without its Deny", roles[0].Name)
		}
	}
	if handled {
		if err := w.process().handle(rec); err != nil {
			w.t.Errorf("handle: %v", err)
		}
	}
	w.settle() // what stayed invisible for longer than a run looks for it is for the sweep
	if handled {
		s.check(w, rec)
	}
	run, _ := w.port.Run(rec.RunID)
	if !run.Ended() {
		w.t.Errorf("run %s is %s", rec.RunID, run.Status)
	}
	want := 0
	if rec.Action == grantAction && run.Status == "SUCCESS" {
		want = 1
	}
	w.wantGrants(want)
	return finished
}

// TestHandBack drops each job after its attempts, early ones one by one: with a word to it, as
// when another process gets its partition, and without, as in a kill. Access that
// was cut stays cut, the role keeps its Deny, and what is to go is gone.
func TestHandBack(t *testing.T) {
	withoutRace(t)
	for _, s := range scenarios {
		for _, lag := range []time.Duration{0, 10 * time.Second, time.Minute} {
			t.Run(fmt.Sprintf("%s, %s", s.name, lag), func(t *testing.T) {
				t.Parallel()
				finished, n := false, 0
				for !finished {
					n += 1 + n/6 // late attempts do the same again until all is visible
					for _, c := range [][2]bool{{false, false}, {false, true}, {true, false}, {true, true}} {
						inWorld(t, iamtest.Options{Visibility: lag}, func(w *world) { finished = s.handBack(w, n, c[0], c[1]) })
						if t.Failed() {
							t.Fatalf("handed back after attempt %d (told: %t, handled again: %t)", n, c[0], c[1])
						}
					}
				}
				t.Logf("handed back after up to %d attempts", n)
			})
		}
	}
}
