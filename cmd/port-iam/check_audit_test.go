package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheckAuditLog: what would end the daemon at its start is found before, and nothing is
// made.
func TestCheckAuditLog(t *testing.T) {
	dir := t.TempDir()
	kept := filepath.Join(dir, "kept.log")
	if err := os.WriteFile(kept, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]struct{ result, why string }{
		auditStdout:                       {resultOK, "standard output"},
		auditOff:                          {resultWarning, "AUDIT_LOG=off"},
		kept:                              {resultOK, "can be written"},
		filepath.Join(dir, "new.log"):     {resultOK, "can be made"},
		dir:                               {resultFailed, "is a directory"},
		filepath.Join(dir, "none", "log"): {resultFailed, "no such file or directory"},
		filepath.Join(kept, "log"):        {resultFailed, "not a directory"},
	} {
		c := &checker{}
		c.cfg = &config{audit: path}
		if got := c.auditLog(t.Context()); got.Result != want.result || !strings.Contains(got.Why, want.why) || got.Result == resultFailed && got.Remedy == "" {
			t.Errorf("%s: %+v, want %s: %s", path, got, want.result, want.why)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "new.log")); err == nil {
		t.Error("check has made the file")
	}
}
