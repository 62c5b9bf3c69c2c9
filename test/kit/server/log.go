package server

import (
	"os"
	"strings"
	"testing"
)

// tailBytes is how much of a log is shown when its server does not start.
const tailBytes = 4 << 10

// NewLog creates a file for what the named server prints. It is removed with
// the test unless the test fails, which then names it.
func NewLog(t testing.TB, name string) *os.File {
	t.Helper()
	f, err := os.CreateTemp("", name+"-*.log")
	if err != nil {
		t.Fatalf("create a log for %s: %v", name, err)
	}
	t.Cleanup(func() {
		_ = f.Close() // Written by the server, not by us.
		if t.Failed() {
			t.Logf("the log of %s is in %s", name, f.Name())
			return
		}
		_ = os.Remove(f.Name()) // A left-over log does no harm.
	})
	return f
}

// tail returns the end of a log.
func tail(f *os.File) string {
	b, err := os.ReadFile(f.Name())
	if err != nil {
		return err.Error()
	}
	if len(b) > tailBytes {
		b = b[len(b)-tailBytes:]
	}
	return strings.TrimSpace(string(b))
}
