package server_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"port-iam/internal/tools/server"
)

func TestDir(t *testing.T) {
	base := t.TempDir()
	t.Setenv("PORT_IAM_TEST_DIR", base)
	t.Setenv("PORT_IAM_REQUIRE_REAL", "")
	installed := filepath.Join(base, "installed")
	if err := os.Mkdir(installed, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(installed, "stamp"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := server.Dir(t, "installed", "sh"); got != installed {
		t.Errorf("installed in %s, want %s", got, installed)
	}

	absent := func(t testing.TB) { server.Dir(t, "absent") }
	withoutCommand := func(t testing.TB) { server.Dir(t, "installed", "no-such-command") }
	if got := ending(t, absent); !strings.Contains(got.skip, "run internal/tools/setup.sh") {
		t.Errorf("not installed: %+v, want a skip that says what to run", got)
	}
	if got := ending(t, withoutCommand); !strings.Contains(got.skip, "no-such-command") {
		t.Errorf("command missing: %+v, want a skip that names it", got)
	}
	t.Setenv("PORT_IAM_REQUIRE_REAL", "1")
	if got := ending(t, absent); !strings.Contains(got.fatal, "run internal/tools/setup.sh") {
		t.Errorf("not installed but required: %+v, want a failure that says what to run", got)
	}
}
