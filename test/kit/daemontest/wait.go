package daemontest

import (
	"testing"
	"time"
)

// Limit is how long anything may take that a test waits for with [Eventually].
const Limit = 60 * time.Second

// Eventually waits for a condition.
func Eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	Within(t, Limit, func() string { return what }, done)
}

// Within waits for a condition that may take longer. Where it does not come
// about, what says so, asked then.
func Within(t testing.TB, limit time.Duration, what func() string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	end := time.After(limit)
	for !done() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("not within %s: %s", limit, what())
		}
	}
}
