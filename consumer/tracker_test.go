package consumer

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func wantHead(t *testing.T, tr *tracker, epoch int32, offset int64) {
	t.Helper()
	if want := (kgo.EpochOffset{Epoch: epoch, Offset: offset}); tr.head != want {
		t.Errorf("head is %v, want %v", tr.head, want)
	}
}

// skip registers a row of records without a job.
func skip(tr *tracker, first, last int64, epoch int32) {
	for offset := first; offset <= last; offset++ {
		tr.skip(offset, epoch)
	}
}

func TestTrackerCommitsOnlyAPrefix(t *testing.T) {
	tr := newTracker()
	if _, ok := tr.uncommitted(); ok {
		t.Error("a new tracker has something to commit")
	}
	a := tr.open(10, 1, time.Time{}, 0)
	b := tr.open(11, 1, time.Time{}, 0)
	skip(tr, 12, 15, 2) // then a hole
	c := tr.open(20, 2, time.Time{}, 0)
	tr.finish(b)
	if _, ok := tr.uncommitted(); ok {
		t.Error("something to commit although the first record is open")
	}
	tr.finish(a)
	wantHead(t, tr, 2, 16)
	tr.finish(c)
	wantHead(t, tr, 2, 21)
	skip(tr, 21, 30, 3)
	wantHead(t, tr, 3, 31)
	if tr.size != 0 {
		t.Errorf("%d entries left", tr.size)
	}
	tr.committed(tr.head)
	if _, ok := tr.uncommitted(); ok {
		t.Error("committed twice")
	}
}

func TestTrackerKeepsRowsOfForeignRecordsInOneEntry(t *testing.T) {
	tr := newTracker()
	first := tr.open(0, 0, time.Time{}, 0)
	for o := int64(1); o < 1000; o++ {
		tr.skip(o, 0)
	}
	if tr.size != 2 {
		t.Errorf("%d entries, want 2", tr.size)
	}
	tr.finish(first)
	wantHead(t, tr, 0, 1000)
}

func TestTrackerOldest(t *testing.T) {
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	tr := newTracker()
	if !tr.oldest().IsZero() {
		t.Error("an empty tracker has an oldest record")
	}
	a := tr.open(0, 0, at(50), 0)
	b := tr.open(1, 0, at(40), 0)
	tr.open(2, 0, at(60), 0)
	skip(tr, 3, 9, 0)
	if got := tr.oldest(); got != at(40) {
		t.Errorf("oldest is %v", got)
	}
	tr.finish(b)
	tr.finish(a)
	if got := tr.oldest(); got != at(60) {
		t.Errorf("oldest is %v", got)
	}
}

func TestTrackerMovedBack(t *testing.T) {
	tr := newTracker()
	a := tr.open(40, 1, time.Time{}, 0)
	skip(tr, 41, 60, 1)
	old := tr.open(61, 1, time.Time{}, 0)
	renewed := tr.open(50, 2, time.Time{}, 0) // the log ended at 50 and was written again
	tr.finish(old)
	tr.finish(a)
	wantHead(t, tr, 1, 50)
	tr.finish(renewed)
	wantHead(t, tr, 2, 51)

	skip(tr, 51, 99, 2)
	tr.open(70, 3, time.Time{}, 0) // moved back below what may be committed already
	wantHead(t, tr, -1, 70)
	if _, ok := tr.uncommitted(); !ok {
		t.Error("the commit does not follow back")
	}
}

// TestTrackerRandomly compares the tracker with a plain list of records. At any
// time the head must lie behind the finished prefix, and not behind a record
// that is open or not read yet.
func TestTrackerRandomly(t *testing.T) {
	type record struct {
		offset int64
		span   *span // nil: no job
	}
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		tr := newTracker()
		var log []record
		next := rnd.Int64N(1000)
		for range 400 {
			switch n := rnd.IntN(100); {
			case n < 40: // a record with a job
				log = append(log, record{next, tr.open(next, 0, time.Time{}, 0)})
				next += 1 + rnd.Int64N(3)
			case n < 60: // a row without
				for range 1 + rnd.IntN(4) {
					log = append(log, record{next, nil})
					tr.skip(next, 0)
					next += 1 + rnd.Int64N(3)
				}
			case n < 97: // a job ends
				if len(log) > 0 {
					if s := log[rnd.IntN(len(log))].span; s != nil && !s.done {
						tr.finish(s)
					}
				}
			case len(log) > 0: // the client is moved back
				cut := rnd.IntN(len(log))
				next = log[cut].offset
				log = append(log[:cut:cut], record{next, tr.open(next, 0, time.Time{}, 0)})
				next++
			}
			low, high, open := int64(-1), next, false
			for _, r := range log {
				if r.span != nil && !r.span.done {
					high, open = r.offset, true
					break
				}
				low = r.offset
			}
			if head := tr.head.Offset; head <= low && low >= 0 || head > high {
				t.Fatalf("seed %d: head %d is not in (%d, %d]", seed, head, low, high)
			}
			if open == (tr.front == nil) {
				t.Fatalf("seed %d: open is %v, front %v", seed, open, tr.front)
			}
		}
	}
}
