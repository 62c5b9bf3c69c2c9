package sim

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// trace is what happened, in order, by the clock of the simulation.
type trace struct {
	mu    sync.Mutex
	began time.Time
	lines []string
}

// traceLimit bounds what is printed of a failed schedule.
const traceLimit = 6000

func (t *trace) add(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, fmt.Sprintf("%9.3fs %s", time.Since(t.began).Seconds(), line))
}

// Write takes the log lines of the instances.
func (t *trace) Write(p []byte) (int, error) {
	t.add("      log %s", strings.TrimSpace(string(p)))
	return len(p), nil
}

func (t *trace) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := t.lines
	if cut := len(lines) - traceLimit; cut > 0 {
		lines = append([]string{fmt.Sprintf("(%d earlier lines)", cut)}, lines[cut:]...)
	}
	return strings.Join(lines, "\n")
}

// reason is what an instance logged of the end of a run, the last time; "" where none
// did.
func (t *trace) reason(run string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range slices.Backward(t.lines) {
		if strings.Contains(l, `msg="run ended"`) && strings.Contains(l, "run_id="+run+" ") {
			return l
		}
	}
	return ""
}

// lacks reports whether no line holds the text.
func (t *trace) lacks(text string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range t.lines {
		if strings.Contains(l, text) {
			return false
		}
	}
	return true
}
