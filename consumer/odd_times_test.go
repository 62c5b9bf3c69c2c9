//go:build synctests

package consumer

import (
	"fmt"
	"testing"
	"time"
)

// TestMembersComeAtOddTimes: members join a group that works, at times at which
// the others are in the middle of anything. Without the build tag the fake clock
// may stand still for ever: the Kafka client then waits for a commit, or for a
// join, with a mutex, and testing/synctest does not count that as waiting.
func TestMembersComeAtOddTimes(t *testing.T) {
	for i := range 20 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			inBubble(t, 6, func(t *testing.T, w *world) {
				watch := w.watchCommits()
				for p := range int32(6) {
					w.produce(t, p, runs(fmt.Sprintf("p%d-", p), 100)...)
				}
				l := newLedger()
				for n := range 4 {
					start(t, w.options(second(l)))
					after(time.Duration(i*(n+1)) * 411 * time.Millisecond)
				}
				l.await(t, 600)
				for p := range int32(6) {
					w.awaitCommit(t, p, 100)
				}
				watch.check(t)
				if l.total() != 600 {
					t.Errorf("%d attempts for 600 runs although nothing crashed", l.total())
				}
			})
		})
	}
}
