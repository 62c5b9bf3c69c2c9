package server

import (
	"context"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// startTimeout bounds every wait for a server. It is generous, because it only
// matters on a machine that is busy or when something is broken.
const startTimeout = 2 * time.Minute

// tryTimeout bounds one look at a condition.
const tryTimeout = 5 * time.Second

// pollInterval is the pause between two looks at a condition that nothing
// announces.
const pollInterval = 25 * time.Millisecond

// Process is a running server. Its methods end the test on failure, so they
// belong to the goroutine of the test.
type Process struct {
	t      testing.TB
	name   string
	log    *os.File
	cmd    *exec.Cmd
	exited chan struct{} // Closed when the process is gone.
}

// Start runs a program in a process group of its own, with its output in log.
// The group is killed when the test ends.
func Start(t testing.TB, name string, log *os.File, program string, args ...string) *Process {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = OwnGroup()
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	p := &Process{t: t, name: name, log: log, cmd: cmd, exited: make(chan struct{})}
	go func() {
		defer close(p.exited)
		_ = cmd.Wait() // How a killed server ended says nothing.
	}()
	t.Cleanup(p.Kill)
	return p
}

// For returns the same process for a test within the one that started it, whose
// failures are that test's own.
func (p *Process) For(t testing.TB) *Process {
	c := *p
	c.t = t
	return &c
}

// Kill ends the process group with SIGKILL and returns when the process is
// gone. Killing it again does nothing.
func (p *Process) Kill() {
	select {
	case <-p.exited:
	default:
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // It may have just ended.
		<-p.exited
	}
}

// Await returns when ready returns nil. The test fails, with the last error and
// the end of the log, when that takes more than two minutes or the process
// ends. What says in a few words what is waited for.
func (p *Process) Await(what string, ready func(context.Context) error) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), startTimeout)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		err := try(ctx, ready)
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			p.t.Fatalf("%s: %s: gave up: %v\n%s", p.name, what, err, tail(p.log))
		case <-p.exited:
			p.t.Fatalf("%s: %s: the process ended: %v\n%s", p.name, what, err, tail(p.log))
		}
	}
}

// try calls ready with a bound on how long it may take.
func try(ctx context.Context, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	return ready(ctx)
}
