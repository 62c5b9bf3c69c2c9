package consumer

import (
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// partition is one partition while this member holds it.
type partition struct {
	id      int32
	tenure  *tenure
	tracker *tracker
	window  int
	pause   func() // stops fetching it
	resume  func()

	mu      sync.Mutex
	paused  bool        // the window is full
	stalled *time.Timer // runs after an error, until the next try to fetch
	ended   bool
}

// stallTime is how long a partition that cannot be fetched is left alone. The
// client itself would ask again at once, without an end.
const stallTime = 5 * time.Second

func newPartition(id int32, window int, pause, resume func()) *partition {
	return &partition{id: id, tenure: newTenure(), window: window, pause: pause, resume: resume, tracker: newTracker()}
}

// open registers a record with a job.
func (p *partition) open(r *kgo.Record) *span {
	s := p.tracker.open(r.Offset, r.LeaderEpoch, r.Timestamp)
	p.throttle()
	return s
}

// skip registers a record without a job.
func (p *partition) skip(r *kgo.Record) {
	p.tracker.skip(r.Offset, r.LeaderEpoch)
	p.throttle()
}

// finish marks a record as done.
func (p *partition) finish(s *span) {
	p.tracker.finish(s)
	p.throttle()
}

// throttle keeps the tracker within the window.
func (p *partition) throttle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch n := p.tracker.length(); {
	case !p.paused && n >= p.window:
		p.paused = true
		p.apply()
	case p.paused && n <= p.window/2:
		p.paused = false
		p.apply()
	}
}

// stall stops fetching for a while.
func (p *partition) stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stalled != nil || p.ended {
		return
	}
	p.stalled = time.AfterFunc(stallTime, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.stalled = nil
		p.apply()
	})
	p.apply()
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
