package daemontest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"port-iam/test/kit/server"
)

// Daemon is a running `port-iam run`, or another command.
type Daemon struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	addr chan string   // gets the address it listens on

	mu  sync.Mutex
	log bytes.Buffer
	url string
}

// Start runs the program. Whatever becomes of it, it is gone after the test. Its
// log goes to the writers, line by line; without any it is kept, and shown when
// the test failed.
func Start(t testing.TB, env map[string]string, to ...io.Writer) *Daemon {
	t.Helper()
	return Command(t, env, []string{"run"}, to...)
}

// Command is [Start] for any command of the program.
func Command(t testing.TB, env map[string]string, args []string, to ...io.Writer) *Daemon {
	t.Helper()
	d := &Daemon{cmd: exec.Command(binary, args...), done: make(chan struct{}), addr: make(chan string, 1)}
	d.cmd.SysProcAttr = server.OwnGroup()
	d.cmd.Env = environ(t, env)
	stderr, err := d.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if len(to) == 0 {
		to = []io.Writer{d}
	}
	go d.follow(stderr, io.MultiWriter(to...))
	t.Cleanup(func() {
		d.Kill()
		if log := d.Logged(); t.Failed() && log != "" {
			t.Logf("log of the daemon:\n%s", log)
		}
	})
	return d
}

// Output runs a command that ends by itself, and returns what it prints and its exit
// code.
func Output(t testing.TB, env map[string]string, args ...string) (printed string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Env = environ(t, env)
	out, err := cmd.Output()
	if ended, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		t.Fatal(err)
	} else if ok {
		return string(out) + string(ended.Stderr), ended.ExitCode()
	}
	return string(out), 0
}

// environ is the whole environment of a process.
func environ(t testing.TB, env map[string]string) []string {
	t.Helper()
	all := []string{"PATH=/nonexistent", "HOME=" + t.TempDir()}
	for k, v := range env {
		all = append(all, k+"="+v)
	}
	return all
}

func (d *Daemon) follow(stderr io.Reader, to io.Writer) {
	defer close(d.done)
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		_, _ = to.Write(append(lines.Bytes(), '\n')) // a log that is incomplete fails no test
		var line struct{ Msg, Address string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "listening" {
			d.addr <- line.Address
		}
	}
	_ = d.cmd.Wait()
}

// Write keeps a line of the log.
func (d *Daemon) Write(line []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.Write(line)
}

// Logged is the log as far as it was kept.
func (d *Daemon) Logged() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.String()
}

// PID is the id of the process.
func (d *Daemon) PID() int { return d.cmd.Process.Pid }

// Kill ends it with SIGKILL, as a crash does. Unlike the other methods it may be
// called from any goroutine.
func (d *Daemon) Kill() {
	_ = d.cmd.Process.Kill()
	<-d.done
}

// Signal sends a signal; a process that has ended already is no error.
func (d *Daemon) Signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	if err := d.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
}

// Stop ends it the way systemd and Kubernetes do, and returns the exit code.
func (d *Daemon) Stop(t testing.TB) int {
	t.Helper()
	d.Signal(t, syscall.SIGTERM)
	return d.Exit(t)
}

// Ended returns the exit code of a process that has ended, -1 after a signal.
func (d *Daemon) Ended() (code int, ended bool) {
	select {
	case <-d.done:
		return d.cmd.ProcessState.ExitCode(), true
	default:
		return 0, false
	}
}

// Exit waits for the end of the process and returns its code.
func (d *Daemon) Exit(t testing.TB) int {
	t.Helper()
	select {
	case <-d.done:
	case <-time.After(Limit):
		t.Fatalf("the daemon still runs after %s", Limit)
	}
	return d.cmd.ProcessState.ExitCode()
}

// Listens reports whether the daemon has said where it listens.
func (d *Daemon) Listens() bool { return d.url != "" || len(d.addr) > 0 }

// Get asks the daemon over HTTP; status 0 when there is no answer.
func (d *Daemon) Get(t testing.TB, path string) (status int, body string) {
	t.Helper()
	if d.url == "" {
		select {
		case a := <-d.addr:
			d.url = "http://" + a
		case <-d.done:
			return 0, "ended"
		case <-time.After(Limit):
			t.Fatal("the daemon does not say where it listens")
		}
	}
	return Fetch(t, d.url+path)
}

// AwaitReady waits until the daemon says that it is ready.
func (d *Daemon) AwaitReady(t testing.TB) {
	t.Helper()
	Eventually(t, "the daemon becomes ready", func() bool {
		status, body := d.Get(t, "/readyz")
		if status == 0 && body == "ended" {
			t.Fatalf("the daemon ended:\n%s", d.Logged())
		}
		return status == http.StatusOK
	})
}

// AwaitUnready waits for 503 and a reason.
func (d *Daemon) AwaitUnready(t testing.TB, reason string) {
	t.Helper()
	Eventually(t, "the daemon is not ready because of "+reason, func() bool {
		status, body := d.Get(t, "/readyz")
		return status == http.StatusServiceUnavailable && strings.Contains(body, reason)
	})
}

// AwaitMetric waits for a line of /metrics.
func (d *Daemon) AwaitMetric(t testing.TB, line string) {
	t.Helper()
	Eventually(t, "metric "+line, func() bool {
		_, body := d.Get(t, "/metrics")
		return strings.Contains("\n"+body, "\n"+line+"\n")
	})
}
