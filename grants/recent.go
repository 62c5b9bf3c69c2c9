package grants

import (
	"maps"
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
func (s *Service) Recent() []Decision {
	s.recent.mu.Lock()
	defer s.recent.mu.Unlock()
	out := slices.Clone(s.recent.runs)
	slices.Reverse(out)
	return out
}

// LastSweep returns what the last complete sweep of each account left; false where this
// instance does not sweep, or has not yet.
func (s *Service) LastSweep() (last Swept, ok bool) {
	s.recent.mu.Lock()
	defer s.recent.mu.Unlock()
	for _, account := range slices.Sorted(maps.Keys(s.recent.swept)) {
		swept := s.recent.swept[account]
		last.Grants = append(last.Grants, swept.Grants...)
		if swept.At.After(last.At) {
			last.At = swept.At
		}
	}
	return last, !last.At.IsZero()
}

// recent is what there is to look at. The zero value is empty.
type recent struct {
	mu    sync.Mutex
	runs  []Decision       // the oldest first
	swept map[string]Swept // by account
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

func (r *recent) noteSweep(account string, s Swept) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.swept == nil {
		r.swept = map[string]Swept{}
	}
	r.swept[account] = s
}
