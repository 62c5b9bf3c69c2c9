// Package pulse holds the signs of life of a loop: a loop that hangs gives none, and
// only a restart of the process repairs that.
package pulse

import (
	"fmt"
	"sync"
	"time"
)

// Pulse is safe for concurrent use. Nothing is expected of its zero value. It goes by
// elapsed time, and not by what the clock of the machine shows.
type Pulse struct {
	mu     sync.Mutex
	last   time.Time
	within time.Duration
}

// Beat is a sign of life. The next one is due within that time.
func (p *Pulse) Beat(within time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last, p.within = time.Now(), within
}

// Stop says that nothing more is to be expected.
func (p *Pulse) Stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = time.Time{}
}

// Alive returns nil while no sign of life is overdue; else since when there was none.
func (p *Pulse) Alive() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if quiet := time.Since(p.last); !p.last.IsZero() && quiet > p.within {
		return fmt.Errorf("no sign of life for %s", quiet.Truncate(time.Second))
	}
	return nil
}
