package consumer

import (
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// span stands for one record with a job, or for any number of consecutive
// records that are done.
type span struct {
	next  *span
	first int64     // offset of its first record
	last  int64     // offset of its last record
	epoch int32     // leader epoch of its last record
	time  time.Time // Kafka timestamp; only of a record with a job
	done  bool
}

// tracker knows how far the records of one partition are finished without a
// gap. It works by what was registered and never by arithmetic on offsets, which
// may have holes. Methods need its owner's lock.
type tracker struct {
	front, back *span // the first one is never done
	size        int
	last        int64 // last registered offset; -1: none

	head      kgo.EpochOffset // where to go on after a restart; Offset -1: not known yet
	committed kgo.EpochOffset // what was last committed
}

func newTracker() tracker {
	unknown := kgo.EpochOffset{Epoch: -1, Offset: -1}
	return tracker{last: -1, head: unknown, committed: unknown}
}

// open registers a record with a job.
func (t *tracker) open(offset int64, epoch int32, at time.Time) *span {
	t.arrive(offset, offset)
	s := &span{first: offset, last: offset, epoch: epoch, time: at}
	t.push(s)
	return s
}

// skip registers consecutive records that need no job.
func (t *tracker) skip(first, last int64, epoch int32) {
	t.arrive(first, last)
	switch {
	case t.front == nil:
		t.head = kgo.EpochOffset{Epoch: epoch, Offset: last + 1}
	case t.back.done:
		t.back.last, t.back.epoch = last, epoch
	default:
		t.push(&span{first: first, last: last, epoch: epoch, done: true})
	}
}

// finish marks the record of s as done.
func (t *tracker) finish(s *span) {
	s.done = true
	for t.front != nil && t.front.done {
		t.head = kgo.EpochOffset{Epoch: t.front.epoch, Offset: t.front.last + 1}
		t.front = t.front.next
		t.size--
	}
	if t.front == nil {
		t.back = nil
	}
}

// uncommitted returns what is to be committed, if anything.
func (t *tracker) uncommitted() (kgo.EpochOffset, bool) {
	return t.head, t.head.Offset >= 0 && t.head != t.committed
}

// oldest returns the lowest timestamp of the unfinished records; zero if there
// is none.
func (t *tracker) oldest() time.Time {
	var oldest time.Time
	for s := t.front; s != nil; s = s.next {
		if !s.done && (oldest.IsZero() || s.time.Before(oldest)) {
			oldest = s.time
		}
	}
	return oldest
}

func (t *tracker) arrive(first, last int64) {
	if first <= t.last {
		t.rewind(first)
	}
	t.last = last
}

func (t *tracker) push(s *span) {
	if t.back == nil {
		t.front = s
	} else {
		t.back.next = s
	}
	t.back = s
	t.size++
}

// rewind forgets everything from offset on. It is needed when the log lost its
// end and the client was moved back: other records have, or will have, these
// offsets. Jobs of forgotten records go on but count no more.
func (t *tracker) rewind(offset int64) {
	front := t.front
	t.front, t.back, t.size = nil, nil, 0
	for s := front; s != nil && s.first < offset; {
		next := s.next
		s.next = nil
		s.last = min(s.last, offset-1)
		t.push(s)
		s = next
	}
	if t.head.Offset > offset {
		t.head = kgo.EpochOffset{Epoch: -1, Offset: offset}
	}
}
