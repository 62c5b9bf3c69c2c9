package main

import (
	"fmt"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	testscript.Main(leakless{m}, map[string]func(){
		"port-iam": func() { os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr)) },
	})
}

// leakless fails a run of tests that leaves goroutines behind.
type leakless struct{ *testing.M }

// Run is part of testscript.TestingM.
func (l leakless) Run() int {
	code := l.M.Run()
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// TestWrongArguments: code 2 everywhere but where a container runtime reads it.
func TestWrongArguments(t *testing.T) {
	for args, code := range map[string]int{
		"nonsense": exitConfig, "--nonsense": exitConfig, "run nonsense": exitConfig, "run --nonsense": exitConfig, "demo nonsense": exitConfig,
		"demo --once=perhaps": exitConfig, "version nonsense": exitConfig, "setup nonsense": exitConfig, "print boundary nonsense": exitConfig,
		"grants show": exitConfig, "grants list nonsense": exitConfig, "grants revoke": exitConfig, "grants nonsense": exitConfig, "print": exitConfig,
		"print boundary --account": exitConfig, "help nonsense": exitConfig, "help grants nonsense": exitConfig, "completion": exitConfig, "completion nonsense": exitConfig,
		"check --json=perhaps": exitConfig, "help": 0, "help grants show": 0, "completion bash": 0,
		"--nonsense healthcheck": exitFailed, "healthcheck --help=perhaps": exitFailed, "healthcheck nonsense": exitFailed, "healthcheck --nonsense": exitFailed, "": 0, "version": 0, "run --help": 0,
	} {
		wantCommand(t, code, "", args)
	}
	wantCommand(t, exitConfig, "port-iam: unknown command \"nonsense\" for \"port-iam\"\n", "nonsense") // it is no configuration
	wantCommand(t, exitConfig, "port-iam: say what to do: ", "print")
	t.Setenv("LISTEN_ADDRESS", "nonsense")
	wantCommand(t, exitFailed, "LISTEN_ADDRESS: ", "healthcheck")
	t.Setenv("LISTEN_ADDRESS", ":99999")
	wantCommand(t, exitFailed, "LISTEN_ADDRESS: ", "healthcheck")
	t.Setenv("LISTEN_ADDRESS", " 127.0.0.1:1\n")
	wantCommand(t, exitFailed, "the daemon does not answer", "healthcheck")
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{Dir: "testdata/script", RequireExplicitExec: true})
}
