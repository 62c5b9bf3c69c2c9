package grants

import (
	"fmt"
	"sync"
	"time"
)

// signs are the signs of life of a sweeper: it gives one before each step that has
// an end, so a sweep of hours is alive and one that hangs is not.
type signs struct {
	mu      sync.Mutex
	running bool // in Sweeper.Run
	last    time.Time
	wait    time.Duration // that the step may take beyond stepLimit
}

// stepLimit is more than the longest step takes: to list everything, or to work on
// one grant or one lost run, while AWS throttles.
const stepLimit = 15 * time.Minute

// note is called before a step, and says how long that waits at first.
func (s *signs) note(wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last, s.wait = time.Now(), wait
}

func (s *signs) run(running bool) {
	s.note(0)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = running
}

// Alive returns nil while [Sweeper.Run] makes progress, and while it does not run;
// else for how long it has made none. It does not wait.
func (w *Sweeper) Alive() error {
	s := &w.signs
	s.mu.Lock()
	defer s.mu.Unlock()
	if quiet := time.Since(s.last); s.running && quiet > s.wait+stepLimit {
		return fmt.Errorf("no sign of life for %s", quiet.Truncate(time.Second))
	}
	return nil
}
