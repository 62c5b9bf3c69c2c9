package server_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"port-iam/test/kit/server"
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
	absent := func(t testing.TB) { server.Dir(t, "absent") }
	withoutCommand := func(t testing.TB) { server.Dir(t, "installed", "no-such-command") }
	present := func(t testing.TB) { server.Dir(t, "installed", "sh") }
	if got := ending(t, present); !strings.Contains(got.skip, "PORT_IAM_REQUIRE_REAL=1") {
		t.Errorf("not asked for: %+v, want a skip that says how to ask", got)
	}
	t.Setenv("PORT_IAM_REQUIRE_REAL", "1")
	if got := ending(t, absent); !strings.Contains(got.fatal, "run internal/tools/setup.sh") {
		t.Errorf("not installed but required: %+v, want a failure that says what to run", got)
	}
	if got := ending(t, withoutCommand); !strings.Contains(got.fatal, "no-such-command") {
		t.Errorf("command missing: %+v, want a failure that names it", got)
	}
	if got := server.Dir(t, "installed", "sh"); got != installed {
		t.Errorf("installed in %s, want %s", got, installed)
	}
}
