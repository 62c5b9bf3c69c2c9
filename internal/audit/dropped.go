package audit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// mostDropped is how many events of dropped records are kept in dropsTime: who writes
// to the topic can make as many of those as they like.
const (
	mostDropped = 10
	dropsTime   = time.Minute
)

// drops counts events of dropped records.
type drops struct {
	mu    sync.Mutex
	since time.Time      // of the first that was kept, and of more
	kept  int            // since then
	more  map[string]int // that were not kept, by cause
}

// admit reports whether one is kept by itself; it is counted.
func (d *drops) admit(now time.Time, cause string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now.Sub(d.since) >= dropsTime && len(d.more) == 0 {
		d.since, d.kept = now, 0
	}
	if d.kept < mostDropped {
		d.kept++
		return true
	}
	d.add(map[string]int{cause: 1})
	return false
}

// take returns those that were not kept, if they were counted since a time before
// that; they are forgotten.
func (d *drops) take(before time.Time) (since time.Time, more map[string]int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.more) == 0 || d.since.After(before) {
		return time.Time{}, nil
	}
	since, more, d.more = d.since, d.more, nil
	return since, more
}

func (d *drops) add(more map[string]int) {
	if d.more == nil {
		d.more = map[string]int{}
	}
	for cause, n := range more {
		d.more[cause] += n
	}
}

func (d *drops) giveBack(more map[string]int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.add(more)
}

func (l *Log) writeDropped(ctx context.Context, e Event) error {
	now := time.Now()
	err := l.writeSum(ctx, now.Add(-dropsTime))
	if !l.drops.admit(now, e.Why) {
		return err
	}
	return errors.Join(err, l.put(ctx, Event{Event: Dropped, RunID: e.RunID, Why: e.Why}))
}

// writeSum counts in one event what was dropped since a time before that and not kept.
func (l *Log) writeSum(ctx context.Context, before time.Time) error {
	since, more := l.drops.take(before)
	if more == nil {
		return nil
	}
	total := 0
	var causes []string
	for _, cause := range slices.Sorted(maps.Keys(more)) {
		total += more[cause]
		causes = append(causes, fmt.Sprintf("%s %d", cause, more[cause]))
	}
	err := l.put(ctx, Event{
		Event: Dropped, Why: fmt.Sprintf("%d more since %s: %s", total, since.UTC().Format(time.RFC3339), strings.Join(causes, ", ")),
	})
	if err != nil {
		l.drops.giveBack(more)
	}
	return err
}
