package sim

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// replays is how often the seed of seedVariable is played: the order in which
// goroutines run is not part of it.
const replays = 20

// playLimit bounds all schedules together where the test has no shorter one.
const playLimit = time.Hour

const (
	seedVariable  = "PORT_IAM_SIM_SEED"
	seedsVariable = "PORT_IAM_SIM_SEEDS"
	// firstVariable has schedules skipped once one has failed.
	firstVariable = "PORT_IAM_SIM_FIRST_FAILURE"
)

var failed atomic.Bool

// TestSchedules plays schedules and judges what is left.
func TestSchedules(t *testing.T) {
	seed, replay := number(t, seedVariable)
	seeds, search := number(t, seedsVariable)
	tally := newTally()
	switch {
	case !replay && !search:
		t.Skip("takes minutes: make sim")
	case os.Getenv(childVariable) == "":
		if out, err := build(t).play(t, playLimit); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	case replay:
		for i := range replays {
			schedule(t, fmt.Sprintf("seed=%d/%d", seed, i), seed, tally)
		}
	default:
		if seeds >= enough {
			t.Cleanup(func() { tally.check(t) })
		}
		first, _ := number(t, "PORT_IAM_SIM_FIRST")
		for seed := first + 1; seed <= first+seeds; seed++ {
			schedule(t, fmt.Sprintf("seed=%d", seed), seed, tally)
		}
	}
}

// schedule is the test that plays the schedule of a seed, beside others.
func schedule(t *testing.T, name string, seed int, tally *tally) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		if failed.Load() && os.Getenv(firstVariable) != "" {
			t.SkipNow()
		}
		play(t, uint64(seed), tally)
	})
}

func number(t *testing.T, name string) (n int, given bool) {
	text := os.Getenv(name)
	if text == "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		t.Fatalf("%s=%q is not a number", name, text)
	}
	return n, true
}

// play plays the schedule of a seed, and counts the trouble that it meets.
func play(t *testing.T, seed uint64, tally *tally) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, draw(seed), tally)
		stopPort, stopAWS := w.port.Serve(w.portListener), w.aws.Serve(w.awsListener)
		w.people = newPeople(w)
		w.plant()
		stopObserver := observe(w)
		stopRuns := w.port.OnRun(w.publish)
		w.perform()
		w.judge()
		if !w.trace.lacks("job panicked") || !w.trace.lacks("without saying when to try again") {
			w.violation("a job has a defect, see the log")
		}
		w.close(stopRuns, stopObserver, stopPort, stopAWS)
		w.tally.add(rateLimit, w.rateLimited())
		if len(w.violations) == 0 {
			return
		}
		failed.Store(true)
		for _, v := range w.violations {
			t.Errorf("seed %d: %s", seed, v)
		}
		t.Logf("trace of seed %d: %+v\n%s", seed, w.plan.weather, w.trace)
	})
}

// perform lets the schedule happen, until it has settled.
func (w *world) perform() {
	began := time.Now()
	until := func(at time.Duration) { sleep(context.Background(), at-time.Since(began)) }
	w.background(w.plan.calm, func() {
		w.mu.Lock()
		w.calmNow = true
		w.mu.Unlock()
		w.trace.add("no new trouble from here on")
	})
	next := time.Minute
	for _, e := range w.plan.events {
		for ; next < e.at; next += time.Minute {
			until(next)
			w.people.useAll()
		}
		until(e.at)
		if e.what != "" {
			w.trace.add("event: %s", e.what)
		}
		e.do(w)
	}
	until(w.plan.settled)
	w.trace.add("settled from here on")
	until(w.plan.checked)
}
