package main

import (
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"port-iam/port"
)

// TestOperatorScripts runs the program itself, with a terminal and without.
func TestOperatorScripts(t *testing.T) {
	w := newOperatorWorld(t, nil)
	first := w.grantRun("r_first", alice)
	w.grantRun("r_second", bob)
	shown := w.grantRun("r_shown", "carol@example.com")
	w.make("r_expired", time.Now().Add(-time.Hour), port.StatusSuccess)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/operator", RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			for name, value := range worldEnv(w.World) {
				env.Setenv(name, value)
			}
			env.Setenv("GRANT", first)
			env.Setenv("SHOWN", shown)
			return nil
		},
	})
}
