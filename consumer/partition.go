package consumer

import (
	"context"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// partition is one partition while this member holds it.
type partition struct {
	id      int32
	owner   context.Context // of its records: it holds the partition
	tenure  *tenure
	tracker *tracker
	window  int
	start   int64  // of the log, when this member got it; -1: not known
	pause   func() // stops fetching it
	resume  func()

	mu      sync.Mutex
	share   int         // bytes that its unfinished jobs may keep
	paused  bool        // the window is full
	stalled *time.Timer // runs after an error, until the next try to fetch
	leaving bool        // it is given back: the client does not fetch it any more
	ended   bool
	failed  time.Time // when the last fetch failed
	failing time.Time // since when fetches fail in a row; zero: they do not
	broken  error     // why it cannot be read until an operator acts
	seen    int64     // where it stood when the watch found it behind; -1: it was not
	still   int       // looks in a row at which it stood there
}

// A partition that cannot be fetched is left alone for stallTime. The client itself
// would ask again at once, without an end. What may pass is left alone for passStall,
// and tells of a trouble only where it has not passed after passTime.
const (
	stallTime = 5 * time.Second
	passStall = time.Second
	passTime  = 10 * time.Second
)

// maxWaiting is how many bytes of their records unfinished jobs may keep before
// reading pauses, of all partitions that are held. Each has the same share.
const maxWaiting = 8 << 20

func newPartition(id int32, start int64, window int, pause, resume func()) *partition {
	p := &partition{
		id: id, start: start, window: window, pause: pause, resume: resume,
		tenure: newTenure(), tracker: newTracker(), share: maxWaiting, seen: -1,
	}
	p.owner = context.WithValue(context.Background(), ownerKey{}, p)
	return p
}

// open registers a record with a job, which keeps so many bytes of it.
func (p *partition) open(r *kgo.Record, bytes int) *span {
	s := p.tracker.open(r.Offset, r.LeaderEpoch, r.Timestamp, bytes)
	p.read()
	return s
}

// skip registers a record without a job.
func (p *partition) skip(r *kgo.Record) {
	p.tracker.skip(r.Offset, r.LeaderEpoch)
	p.read()
}

// finish marks a record as done.
func (p *partition) finish(s *span) {
	p.tracker.finish(s)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.throttle()
}

// read notes that a record came.
func (p *partition) read() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken, p.failing = nil, time.Time{}
	p.throttle()
}

// divide says of how many partitions this is one.
func (p *partition) divide(held int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.share = maxWaiting / max(held, 1)
	p.throttle()
}

// throttle keeps the tracker within the window.
func (p *partition) throttle() {
	n, bytes := p.tracker.waiting()
	switch {
	case !p.paused && (n >= p.window || bytes >= p.share):
		p.paused = true
		p.apply()
	case p.paused && n <= p.window/2 && bytes <= p.share/2:
		p.paused = false
		p.apply()
	}
}

// stall stops fetching for a while after an error, and returns for how long fetches
// have failed in a row. A lasting error stays until a record comes.
func (p *partition) stall(mayPass, lasting bool, why error) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.failing.IsZero() || now.Sub(p.failed) > 2*stallTime {
		p.failing = now
	}
	p.failed = now
	if lasting {
		p.broken = why
	}
	if p.stalled == nil && !p.ended {
		pause := stallTime
		if mayPass {
			pause = passStall
		}
		p.stalled = time.AfterFunc(pause, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.stalled = nil
			p.apply()
		})
		p.apply()
	}
	return now.Sub(p.failing)
}

// wanted reports whether the client is to fetch the partition.
func (p *partition) wanted() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.ended && !p.leaving && !p.paused && p.broken == nil
}

// leave says that the partition is given back. It is held until its runs have ended.
func (p *partition) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leaving = true
}

// gone reports whether the partition is given back, or was.
func (p *partition) gone() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.leaving || p.ended
}

// look returns at how many looks in a row the partition stood where it stands, although
// its log goes on and nothing explains that; this one counts. broken is what does.
func (p *partition) look(start, end int64) (still int, broken error) {
	next := max(p.tracker.next(), start)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case next >= end || p.paused || p.broken != nil || time.Since(p.failed) < troubleLimit:
		p.seen, p.still = -1, 0
	case next != p.seen:
		p.seen, p.still = next, 1
	default:
		p.still++
	}
	return p.still, p.broken
}

// blind forgets what was seen: Kafka did not answer the last look.
func (p *partition) blind() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen, p.still = -1, 0
}

// end lets the client fetch the partition again should it come back: a pause
// outlives the assignment.
func (p *partition) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	if p.stalled != nil {
		p.stalled.Stop()
	}
	p.resume()
}

// apply tells the client whether to fetch.
func (p *partition) apply() {
	switch {
	case p.ended:
	case p.paused || p.stalled != nil:
		p.pause()
	default:
		p.resume()
	}
}
