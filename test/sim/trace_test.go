package sim

import (
	"fmt"
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

// reasons are what instances logged of the end of a run: several may come to it, and
// which of them ended it is not in their logs.
func (t *trace) reasons(run string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []string
	for _, l := range t.lines {
		if strings.Contains(l, `msg="run ended"`) && strings.Contains(l, "run_id="+run+" ") {
			all = append(all, l)
		}
	}
	return strings.Join(all, "\n")
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
