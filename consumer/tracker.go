package consumer

import (
	"sync"
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
	bytes int       // that the job keeps of its record
	done  bool
}

// tracker knows how far the records of one partition are finished without a
// gap. It works by what was registered and never by arithmetic on offsets, which
// may have holes.
type tracker struct {
	mu          sync.Mutex
	front, back *span // the first one is never done
	size        int
	bytes       int   // of all spans
	last        int64 // last registered offset; -1: none

	head kgo.EpochOffset // where to go on after a restart; Offset -1: not known yet
	sent kgo.EpochOffset // what was last committed
}

func newTracker() *tracker {
	unknown := kgo.EpochOffset{Epoch: -1, Offset: -1}
	return &tracker{last: -1, head: unknown, sent: unknown}
}

// begin says at which offset reading begins, and whether that need not be committed.
func (t *tracker) begin(offset int64, known bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = offset - 1
	t.head = kgo.EpochOffset{Epoch: -1, Offset: offset}
	if known {
		t.sent = t.head
	}
}

// open registers a record with a job, which keeps so many bytes of it.
func (t *tracker) open(offset int64, epoch int32, at time.Time, bytes int) *span {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.arrive(offset)
	s := &span{first: offset, last: offset, epoch: epoch, time: at, bytes: bytes}
	t.push(s)
	return s
}

// skip registers a record that needs no job.
func (t *tracker) skip(offset int64, epoch int32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.arrive(offset)
	switch {
	case t.front == nil:
		t.head = kgo.EpochOffset{Epoch: epoch, Offset: offset + 1}
	case t.back.done:
		t.back.last, t.back.epoch = offset, epoch
	default:
		t.push(&span{first: offset, last: offset, epoch: epoch, done: true})
	}
}

// finish marks the record of s as done.
func (t *tracker) finish(s *span) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.done = true
	t.bytes, s.bytes = t.bytes-s.bytes, 0
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
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.head, t.head.Offset >= 0 && t.head != t.sent
}

func (t *tracker) committed(head kgo.EpochOffset) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sent = head
}

// position is the offset up to which everything is finished; -1: not known yet.
func (t *tracker) position() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.head.Offset
}

// next is the offset that is registered next; -1: not known yet.
func (t *tracker) next() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last < 0 && t.head.Offset < 0 {
		return -1
	}
	return t.last + 1
}

// waiting is how many spans are open, and how many bytes their jobs keep.
func (t *tracker) waiting() (spans, bytes int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.size, t.bytes
}

// oldest returns the lowest timestamp of the unfinished records; zero if there
// is none.
func (t *tracker) oldest() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	var oldest time.Time
	for s := t.front; s != nil; s = s.next {
		if !s.done && (oldest.IsZero() || s.time.Before(oldest)) {
			oldest = s.time
		}
	}
	return oldest
}

func (t *tracker) arrive(offset int64) {
	if offset <= t.last {
		t.rewind(offset)
	}
	t.last = offset
}

func (t *tracker) push(s *span) {
	if t.back == nil {
		t.front = s
	} else {
		t.back.next = s
	}
	t.back = s
	t.size++
	t.bytes += s.bytes
}

// rewind forgets everything from offset on. It is needed when the log lost its
// end and the client was moved back: other records have, or will have, these
// offsets. Jobs of forgotten records go on but count no more.
func (t *tracker) rewind(offset int64) {
	front := t.front
	t.front, t.back, t.size, t.bytes = nil, nil, 0, 0
	for s := front; s != nil; {
		next := s.next
		s.next = nil
		if s.first < offset {
			s.last = min(s.last, offset-1)
			t.push(s)
		} else {
			s.bytes = 0
		}
		s = next
	}
	if t.head.Offset > offset {
		t.head = kgo.EpochOffset{Epoch: -1, Offset: offset}
	}
}
