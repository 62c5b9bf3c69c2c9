package iamops

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestAnswerOfReaderThatEnds: an answer that came as the attempt of its reader ended is an
// answer to all who ask. The next one who asked used to turn in a circle until it was old.
func TestAnswerOfReaderThatEnds(t *testing.T) {
	for name, answer := range map[string]error{
		"no user":   refused(KindUser, lookUp, "nobody"),
		"not asked": refused(KindUnavailable, lookUp, "no answer"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var m userMemory
				reads := 0
				ctx, end := context.WithCancel(t.Context())
				_, _ = m.get(ctx, "alice@example.com", func(context.Context, string) (User, error) {
					reads++
					end()
					return User{}, answer
				})
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				again := func(context.Context, string) (User, error) { reads++; return User{}, answer }
				done := make(chan error, 1)
				go func() {
					_, err := m.get(ctx, "alice@example.com", again)
					done <- err
				}()
				if err := <-done; err == nil || err.Error() != answer.Error() {
					t.Errorf("%v, want %v", err, answer)
				}
				if want := map[bool]int{true: 1, false: 2}[IsKind(answer, KindUser)]; reads != want {
					t.Errorf("%d reads, want %d", reads, want)
				}
			})
		})
	}
}
