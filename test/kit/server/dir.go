package server

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// requireEnv names the variable that has tests with real servers run when it is
// 1. Without it they are skipped, so that the quick loop stays quick.
const requireEnv = "PORT_IAM_REQUIRE_REAL"

// dirEnv names the variable that says where setup.sh installs to. A relative
// path counts from the root of the repository.
const dirEnv = "PORT_IAM_TEST_DIR"

// Dir returns the directory that setup.sh has installed the named server into.
// The test is skipped unless PORT_IAM_REQUIRE_REAL is 1, and fails then if the
// server, or one of the commands that it needs, is not there. Nothing is ever
// downloaded.
func Dir(t testing.TB, name string, commands ...string) string {
	t.Helper()
	if os.Getenv(requireEnv) != "1" {
		t.Skipf("needs %s: %s=1", name, requireEnv)
	}
	base, err := baseDir()
	if err != nil {
		t.Fatalf("find the installed servers: %v", err)
	}
	dir := filepath.Join(base, name)
	if _, err := os.Stat(filepath.Join(dir, "stamp")); err != nil {
		t.Fatalf("%s is not installed in %s: run internal/tools/setup.sh", name, base)
	}
	for _, command := range commands {
		if _, err := exec.LookPath(command); err != nil {
			t.Fatalf("%s needs %s, which is not on the PATH", name, command)
		}
	}
	return dir
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
