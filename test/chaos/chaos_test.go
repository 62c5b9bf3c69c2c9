package chaos

import (
	"cmp"
	"os"
	"strconv"
	"testing"
	"time"

	"port-iam/test/kit/daemontest"
)

// What can be set from outside, see doc.go.
const (
	seedVariable = "PORT_IAM_CHAOS_SEED"
	runsVariable = "PORT_IAM_CHAOS_RUNS"
	soakVariable = "PORT_IAM_SOAK"
)

func TestMain(m *testing.M) { os.Exit(daemontest.Main(m)) }

// TestChaos plays the day that a seed decides. Afterwards nothing may be lost,
// doubled, orphaned or resurrected.
func TestChaos(t *testing.T) {
	seed, err := strconv.ParseUint(cmp.Or(os.Getenv(seedVariable), "1"), 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", seedVariable, err)
	}
	runs, err := strconv.Atoi(cmp.Or(os.Getenv(runsVariable), "100"))
	if err != nil || runs < 50 {
		t.Fatalf("%s: %v, at least 50", runsVariable, err)
	}
	w := newWorld(t, draw(seed, runs))
	t.Logf("%s=%d, %d runs", seedVariable, seed, runs)
	w.rec.note("seed %d, %d runs", seed, runs)
	w.play()
	w.settle()
	w.judge()
	t.Logf("%s; %d calls to IAM; trouble met: %v", time.Since(w.rec.began).Round(time.Second), w.proxy.calls.Load(), w.tally.met)
	for _, kind := range w.tally.missed() {
		t.Errorf("seed %d: never met, although it was planned: %s", seed, kind)
	}
}

// play takes one step after the other while there is room, and then waits until
// all trouble is over.
func (w *world) play() {
	for _, i := range w.instances {
		i.daemon().AwaitReady(w.t)
	}
	for _, s := range w.plan.steps {
		since := time.Now()
		w.until("there is room for another run", func() bool {
			return !w.brokerDown && (w.observer.working() < crowd || time.Since(since) > w.plan.standstill)
		})
		s.do(w)
	}
	w.rec.note("everything has been asked for")
	since := time.Now()
	w.until("most of it is done", func() bool {
		return w.observer.working() < crowd/2 || time.Since(since) > 20*w.plan.standstill
	})
	for _, disarm := range w.disarm {
		disarm()
	}
	w.proxy.stop()
	for _, i := range w.instances {
		i.spare()
	}
	w.until("trouble is over", func() bool { return len(w.due) == 0 && w.instances[0].up() && w.instances[1].up() })
	for _, i := range w.instances {
		i.daemon().AwaitReady(w.t)
	}
	w.rec.note("all trouble is over")
}

// settle waits until everything is settled: all runs have ended, everything is
// committed, and a sweep that began a grace after that has ended as well.
func (w *world) settle() {
	w.until("every run has ended", func() bool { return len(w.openRuns()) == 0 })
	w.until("everything is committed", w.Drained)
	grace := time.Now().Add(sweepGrace)
	w.until("a sweep begins after the grace", func() bool { return w.proxy.lastSweep().After(grace) })
	w.settled = w.proxy.lastSweep()
	before := w.sweeps()
	w.until("a sweep comes to its end", func() bool { return w.sweeps() > before })
	w.rec.note("settled")
	for _, i := range w.instances {
		if code := i.daemon().Stop(w.t); code != 0 {
			w.violation("%s ended with code %d after SIGTERM", i.name, code)
		}
	}
}

// sweeps counts the sweeps that came to their end, of both instances.
func (w *world) sweeps() (n float64) {
	for _, i := range w.instances {
		_, body := i.daemon().Get(w.t, "/metrics")
		n += metric(w.t, body, `port_iam_sweeps_total{result="ok"}`)
	}
	return n
}
