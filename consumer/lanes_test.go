package consumer

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"port-iam/port"
)

// track runs tasks in lanes and notes what happens.
type track struct {
	*lanes
	*ledger
	t      *testing.T
	tenure *tenure
	log    *slog.Logger
	jobs   map[string]*testJob // by name

	mu      sync.Mutex
	active  int
	highest int // number of attempts at the same time
}

func newTrack(t *testing.T, size int) *track {
	tr := &track{lanes: newLanes(size), ledger: newLedger(), t: t, tenure: newTenure(), log: slog.New(slog.DiscardHandler), jobs: map[string]*testJob{}}
	t.Cleanup(func() {
		tr.lanes.stop()
		tr.lanes.release(tr.tenure)
		tr.tenure.cancel()
		tr.lanes.wait()
	})
	return tr
}

// do submits a job; its name is in the ledger once it is finished.
func (tr *track) do(name, key string, urgent bool, attempt func(context.Context) error) {
	job := &testJob{key: key, urgent: urgent, attempt: func(ctx context.Context) error {
		tr.mu.Lock()
		tr.active++
		tr.highest = max(tr.highest, tr.active)
		tr.mu.Unlock()
		defer func() {
			tr.mu.Lock()
			tr.active--
			tr.mu.Unlock()
		}()
		return attempt(ctx)
	}}
	tk := newTask(func(port.Record) Job { return job }, port.Record{}, tr.log)
	tk.tenure = tr.tenure
	tk.done = func(result) { tr.add(name) }
	tr.jobs[name] = job
	tr.submit([]*task{tk})
}

func takes(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error { return pause(ctx, d) }
}

// retries asks for another attempt n times, after d each.
func retries(n int, d time.Duration) func(context.Context) error {
	return func(context.Context) error {
		if n == 0 {
			return nil
		}
		n--
		return again(d)
	}
}

func (tr *track) want(names ...string) {
	tr.t.Helper()
	synctest.Wait()
	tr.ledger.mu.Lock()
	defer tr.ledger.mu.Unlock()
	if !slices.Equal(tr.order, names) {
		tr.t.Errorf("finished %q, want %q", tr.order, names)
	}
}

// after lets the fake clock go on.
func after(d time.Duration) {
	sleep(context.Background(), d)
	synctest.Wait()
}

func TestLanesLimitAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTrack(t, 8)
		for i := range 40 {
			tr.do(fmt.Sprint("o", i), "", false, takes(time.Second))
		}
		for i := range 40 {
			tr.do(fmt.Sprint("u", i), "", true, takes(time.Second))
		}
		after(time.Hour)
		if tr.highest != 16 || tr.total() != 80 {
			t.Errorf("%d attempts at once, %d finished; want 16, 80", tr.highest, tr.total())
		}
	})
}

func TestLanesKeepOrderOfOneKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTrack(t, 4)
		tr.do("first", "k", false, retries(3, time.Minute))
		tr.do("second", "k", true, takes(time.Second)) // urgent, yet behind
		tr.do("third", "k", false, takes(time.Second))
		tr.do("other", "j", false, takes(time.Second))
		tr.want()
		after(2 * time.Second)
		tr.want("other")
		after(time.Hour)
		tr.want("other", "first", "second", "third")
	})
}

func TestLanesRetryHoldsNoSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTrack(t, 1)
		tr.do("waits", "a", false, retries(1, time.Minute))
		tr.do("goes", "b", false, takes(time.Second))
		after(2 * time.Second)
		tr.want("goes")
		after(time.Minute)
		tr.want("goes", "waits")
	})
}

// TestLanesReserveSlots: a backlog of one kind leaves the other its slots.
func TestLanesReserveSlots(t *testing.T) {
	const size = 4
	for _, urgent := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			tr := newTrack(t, size)
			open := make(gate)
			for i := range 3 * size {
				tr.do(fmt.Sprint("many", i), "", urgent, open.wait)
			}
			synctest.Wait()
			if tr.highest != size {
				t.Errorf("%d jobs of a kind run, want %d", tr.highest, size)
			}
			for i := range size {
				tr.do(fmt.Sprint("few", i), "", !urgent, open.wait)
			}
			synctest.Wait()
			if tr.highest != 2*size {
				t.Errorf("%d jobs run, want %d", tr.highest, 2*size)
			}
			close(open)
			after(time.Second)
		})
	}
}

func TestAttemptIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTrack(t, 1)
		began := time.Now()
		var attempts []time.Duration
		tr.do("slow", "", false, func(ctx context.Context) error {
			attempts = append(attempts, time.Since(began))
			if len(attempts) == 3 {
				return nil
			}
			<-ctx.Done()
			if len(attempts) == 2 {
				return again(time.Second)
			}
			return nil // means nothing after the end of ctx
		})
		after(10 * time.Minute)
		tr.want("slow")
		want := []time.Duration{0, attemptLimit + defaultRetry, 2*attemptLimit + defaultRetry + time.Second}
		if !slices.Equal(attempts, want) {
			t.Errorf("attempts at %v, want %v", attempts, want)
		}
	})
}

func TestDefectiveJobsAreTriedAgain(t *testing.T) {
	failing := map[string]func() error{
		"panicked":     func() error { panic("ouch") },
		"nil map":      func() error { var m map[string]int; m["a"]++; return nil }, //nolint:staticcheck // a panic is what is tested
		"without say":  func() error { return fmt.Errorf("oops") },
		"with wrapped": func() error { return fmt.Errorf("wrapped: %w", again(defaultRetry)) },
	}
	for name, fail := range failing {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := new(journal)
				tr := newTrack(t, 1)
				tr.log = j.logger()
				first := true
				tr.do("defective", "", false, func(context.Context) error {
					if first {
						first = false
						return fail()
					}
					return nil
				})
				after(defaultRetry - time.Second)
				tr.want()
				after(2 * time.Second)
				tr.want("defective")
				if name == "panicked" && (!strings.Contains(j.String(), "ouch") || !strings.Contains(j.String(), "lanes_test.go")) {
					t.Errorf("the log does not tell of the panic and where: %s", j)
				}
			})
		})
	}
}

// TestPanicsEnd: a job that panics every time is given up, and says so.
func TestPanicsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := new(journal)
		tr := newTrack(t, 1)
		tr.log = j.logger()
		attempts := 0
		tr.do("defective", "", false, func(context.Context) error { attempts++; panic("ouch") })
		after((maxPanics - 2) * defaultRetry)
		tr.want()
		after(defaultRetry)
		tr.want("defective")
		if attempts != maxPanics || !strings.Contains(j.String(), "given up") {
			t.Errorf("%d attempts, and the log says: %s", attempts, j)
		}
	})
}

func TestReleaseDropsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTrack(t, 1)
		mine, other := tr.tenure, newTenure()
		tr.do("running", "k", false, takes(10*time.Second))
		tr.do("behind it", "k", false, takes(time.Second))
		tr.do("asleep", "s", true, retries(1, time.Minute))
		tr.do("waiting", "", false, takes(time.Second))
		tr.tenure = other
		tr.do("of another", "k", false, takes(time.Second))
		tr.do("after the sleeper", "s", false, takes(time.Second))
		after(time.Second)
		tr.lanes.release(mine)
		select {
		case <-mine.idle:
			t.Error("idle while an attempt runs")
		default:
		}
		tr.tenure = mine
		tr.do("too late", "", false, takes(0))
		tr.tenure = other
		after(time.Hour)
		<-mine.idle
		tr.want("running", "after the sleeper", "of another")
		if len(tr.queue)+len(tr.runnable)+len(tr.urgent)+len(tr.running) > 0 {
			t.Error("something is left")
		}
	})
}

// TestAbandon: a job that is handed back is told so, once, whether it was begun or
// not; nobody else is.
func TestAbandon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTrack(t, 2)
		tr.do("finished", "f", true, takes(0))
		tr.do("asleep", "a", true, retries(1, time.Minute))
		tr.do("never begun", "a", true, takes(0))
		tr.do("running", "r", true, func(ctx context.Context) error { _ = pause(ctx, 10*time.Second); return again(time.Minute) })
		tr.do("finishes", "g", false, takes(10*time.Second))
		after(time.Second)
		tr.lanes.release(tr.tenure)
		after(time.Hour)
		for name, want := range map[string]int32{"finished": 0, "asleep": 1, "never begun": 1, "running": 1, "finishes": 0} {
			if got := tr.jobs[name].abandoned.Load(); got != want {
				t.Errorf("%s was abandoned %d times, want %d", name, got, want)
			}
		}
	})
}

func TestCancelEndsAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTrack(t, 2)
		tr.do("cancelled", "", true, func(ctx context.Context) error { <-ctx.Done(); return nil })
		synctest.Wait()
		tr.lanes.release(tr.tenure)
		tr.tenure.cancel()
		<-tr.tenure.idle
		after(time.Hour)
		tr.want()
	})
}

// TestLanesRandomly checks that no schedule breaks the order of a key, loses a
// task or runs two of one key at once.
func TestLanesRandomly(t *testing.T) {
	for seed := range uint64(30) {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 2))
			tr := newTrack(t, 1+rnd.IntN(6))
			var mu sync.Mutex
			busy := map[string]bool{}
			want := map[string][]string{}
			for i := range 200 {
				key, name := fmt.Sprint(rnd.IntN(12)), fmt.Sprint(i)
				fails, d := rnd.IntN(3), time.Duration(rnd.IntN(5000))*time.Millisecond
				want[key] = append(want[key], name)
				tr.do(key+"/"+name, key, rnd.IntN(3) == 0, func(ctx context.Context) error {
					mu.Lock()
					if busy[key] {
						t.Errorf("two of key %s at once", key)
					}
					busy[key] = true
					mu.Unlock()
					sleep(ctx, d)
					mu.Lock()
					defer mu.Unlock()
					busy[key] = false
					if fails--; fails >= 0 {
						return again(d)
					}
					return nil
				})
			}
			after(time.Hour)
			got := map[string][]string{}
			for _, done := range tr.order {
				key, name, _ := strings.Cut(done, "/")
				got[key] = append(got[key], name)
			}
			for key := range want {
				if !slices.Equal(got[key], want[key]) {
					t.Errorf("seed %d, key %s: %v, want %v", seed, key, got[key], want[key])
				}
			}
		})
	}
}
