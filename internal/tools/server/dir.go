package server

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// requireEnv names the variable that, set to 1, turns a skipped test into a
// failed one. A build that is meant to run everything sets it.
const requireEnv = "PORT_IAM_REQUIRE_REAL"

// dirEnv names the variable that says where setup.sh installs to. A relative
// path counts from the root of the repository.
const dirEnv = "PORT_IAM_TEST_DIR"

// Dir returns the directory that setup.sh has installed the named server into.
// If it has not, or if one of the commands that the server needs is not on the
// PATH, the test is skipped, or fails if PORT_IAM_REQUIRE_REAL is 1. Nothing is
// ever downloaded.
func Dir(t testing.TB, name string, commands ...string) string {
	t.Helper()
	base, err := baseDir()
	if err != nil {
		t.Fatalf("find the installed servers: %v", err)
	}
	dir := filepath.Join(base, name)
	if _, err := os.Stat(filepath.Join(dir, "stamp")); err != nil {
		unavailable(t, name+" is not installed in "+base+": run internal/tools/setup.sh")
	}
	for _, command := range commands {
		if _, err := exec.LookPath(command); err != nil {
			unavailable(t, name+" needs "+command+", which is not on the PATH")
		}
	}
	return dir
}

// unavailable ends the test for want of a server.
func unavailable(t testing.TB, why string) {
	t.Helper()
	if os.Getenv(requireEnv) == "1" {
		t.Fatalf("%s (%s=1)", why, requireEnv)
	}
	t.Skipf("%s (%s=1 makes this a failure)", why, requireEnv)
}

// baseDir returns the directory that setup.sh installs to.
func baseDir() (string, error) {
	dir := os.Getenv(dirEnv)
	if filepath.IsAbs(dir) {
		return dir, nil
	}
	root, err := repoRoot()
	if err != nil {
		return "", err
	}
	if dir == "" {
		dir = ".cache"
	}
	return filepath.Join(root, dir), nil
}

// repoRoot returns the nearest directory with a go.mod, from the working
// directory upwards: go test runs a test in the directory of its package.
func repoRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod here or above")
		}
		dir = parent
	}
}
