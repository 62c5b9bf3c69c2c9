package grants

import (
	"slices"
	"sync"
	"time"
)

const (
	// keepRecent is how many ended runs are remembered, and keepReason how much of
	// the reason of each: memory must not grow with the time the daemon is up.
	keepRecent = 50
	keepReason = 500
)

// Swept is what the last sweep of this instance left.
type Swept struct {
	At     time.Time
	Grants []Finding
}

// Recent returns the runs that this process ended last, the newest first. A
// restart forgets them: Port keeps them.
func (s *Service) Recent() []Decision { return s.recent.list() }

// LastSweep returns what the last complete sweep left; false where this instance
// does not sweep, or has not yet.
func (s *Service) LastSweep() (Swept, bool) {
	s.recent.mu.Lock()
	defer s.recent.mu.Unlock()
	return s.recent.swept, !s.recent.swept.At.IsZero()
}

// recent is what there is to look at. The zero value is empty.
type recent struct {
	mu    sync.Mutex
	runs  []Decision // the oldest first
	swept Swept
}

func (r *recent) add(e Decision) {
	if text := []rune(e.Reason); len(text) > keepReason {
		e.Reason = string(text[:keepReason]) + "…"
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.runs = append(r.runs, e); len(r.runs) > keepRecent {
		r.runs = slices.Delete(r.runs, 0, 1)
	}
}

func (r *recent) list() []Decision {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := slices.Clone(r.runs)
	slices.Reverse(out)
	return out
}

func (r *recent) noteSweep(rep Report) {
	left := slices.DeleteFunc(slices.Clone(rep.Findings), func(f Finding) bool { return f.Removed })
	r.mu.Lock()
	defer r.mu.Unlock()
	r.swept = Swept{At: time.Now(), Grants: left}
}

// forgetSweep is for an instance that does not sweep any more.
func (r *recent) forgetSweep() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.swept = Swept{}
}
