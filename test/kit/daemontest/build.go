package daemontest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// binary is the program under test, built once by Main.
var binary string

// Main builds the program, runs the tests, and returns the exit code for
// os.Exit.
func Main(m *testing.M) int {
	dir, err := os.MkdirTemp("", "port-iam-test-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary = filepath.Join(dir, "port-iam")
	build := exec.Command("go", "build", "-o", binary, "port-iam/cmd/port-iam")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		panic(fmt.Sprintf("build the program: %v", err))
	}
	return m.Run()
}
