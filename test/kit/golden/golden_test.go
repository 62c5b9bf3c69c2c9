package golden_test

import (
	"path/filepath"
	"testing"

	"port-iam/test/kit/golden"
)

// noting is a test that notes whether it failed.
type noting struct {
	testing.TB
	failed bool
}

func (n *noting) Helper()               {}
func (n *noting) Errorf(string, ...any) { n.failed = true }

func TestCheck(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a")
	golden.Check(t, true, file, "one\ntwo\n")
	golden.Check(t, false, file, "one\ntwo\n")
	other := &noting{TB: t}
	if golden.Check(other, false, file, "one\n"); !other.failed {
		t.Error("a difference passes")
	}
}
