package standin

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

// Test is what a check of faults needs of a testing.TB.
type Test interface {
	Helper()
	Cleanup(f func())
	Failed() bool
	Errorf(format string, args ...any)
}

// MustMeet has the test fail at its end where a fault has met fewer calls than
// count, or none where count is -1 for all. met says how many it has met.
func MustMeet(test Test, fault string, count int, met func() int) {
	at := armedAt()
	test.Cleanup(func() {
		test.Helper()
		if test.Failed() {
			return // it may have ended before the calls
		}
		if n, least := met(), max(count, 1); n < least {
			test.Errorf("%s: the fault met %d calls, want at least %d: %s", at, n, least, fault)
		}
	})
}

// armedAt is the file and line of the test that arms a fault.
func armedAt() string {
	callers := make([]uintptr, 16)
	frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers)])
	for {
		frame, more := frames.Next()
		if file := filepath.Base(frame.File); strings.HasSuffix(file, "_test.go") {
			return fmt.Sprintf("%s:%d", file, frame.Line)
		} else if !more {
			return file
		}
	}
}
