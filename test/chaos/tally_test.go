package chaos

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
)

// tally counts how often each kind of trouble was planned and was met: a day whose
// trouble never comes shows nothing.
type tally struct {
	mu           sync.Mutex
	planned, met map[string]int // by kind
}

func newTally() *tally { return &tally{planned: map[string]int{}, met: map[string]int{}} }

// plan notes that trouble is to come. It returns what counts one meeting of it,
// which fits the Maybe of a fault.
func (t *tally) plan(kind string) (meet func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.planned[kind]++
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.met[kind]++
	}
}

// missed are the kinds that were planned and never met.
func (t *tally) missed() (kinds []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, kind := range slices.Sorted(maps.Keys(t.planned)) {
		if t.met[kind] == 0 {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// TestTally: what was planned and never met is missed, and nothing else.
func TestTally(t *testing.T) {
	tally := newTally()
	met := tally.plan("met")
	tally.plan("never met")
	tally.plan("met once of two")
	tally.plan("met once of two")()
	met()
	met()
	if got := strings.Join(tally.missed(), ", "); got != "never met" {
		t.Errorf("missed: %s", got)
	}
	if tally.met["met"] != 2 {
		t.Errorf("met %d times, want 2", tally.met["met"])
	}
}
