package server_test

import (
	"fmt"
	"runtime"
	"testing"
)

// end is a test that records how it was ended instead of ending.
type end struct {
	testing.TB
	fatal, skip string
}

// ending runs a function as a test, and returns how it ended that.
func ending(t *testing.T, fn func(testing.TB)) *end {
	t.Helper()
	e := &end{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		fn(e)
	}()
	<-done
	return e
}

func (e *end) Fatalf(format string, args ...any) {
	e.fatal = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (e *end) Skipf(format string, args ...any) {
	e.skip = fmt.Sprintf(format, args...)
	runtime.Goexit()
}
