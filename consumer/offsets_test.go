package consumer

import (
	"maps"
	"testing"

	"port-iam/port"
)

// TestProgress: what the group has finished, and what there is.
func TestOffsets(t *testing.T) {
	inBubble(t, 3, func(t *testing.T, w *world) {
		l := newLedger()
		r := start(t, w.options(func(rec port.Record) Job { return l.job(rec, nil) }))
		if ends, err := r.Ends(t.Context()); err != nil || len(ends) != 0 {
			t.Errorf("ends of an empty topic: %v, %v", ends, err)
		}
		w.produce(t, 0, runs("a", 2)...)
		w.produce(t, 2, runs("b", 1)...)
		want := map[int32]int64{0: 2, 2: 1}
		if ends, err := r.Ends(t.Context()); err != nil || !maps.Equal(ends, want) {
			t.Errorf("ends: %v, %v", ends, err)
		}
		w.awaitCommit(t, 0, 2)
		w.awaitCommit(t, 2, 1)
		got, err := r.Committed(t.Context())
		if err != nil || got[0] != 2 || got[2] != 1 {
			t.Errorf("committed: %v, %v", got, err)
		}
	})
}
