package e2e

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
)

// daemon is a running `port-iam run`.
type daemon struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	addr chan string   // gets the address it listens on

	mu  sync.Mutex
	log bytes.Buffer
	url string
}

// start runs the program. Whatever becomes of it, it is gone after the test; its
// log is shown when the test failed.
func start(t *testing.T, env map[string]string) *daemon {
	t.Helper()
	d := &daemon{cmd: exec.Command(binary, "run"), done: make(chan struct{}), addr: make(chan string, 1)}
	d.cmd.Env = []string{"PATH=/nonexistent", "HOME=" + t.TempDir()}
	for k, v := range env {
		d.cmd.Env = append(d.cmd.Env, k+"="+v)
	}
	stderr, err := d.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go d.follow(stderr)
	t.Cleanup(func() {
		d.kill()
		if t.Failed() {
			t.Logf("log of the daemon:\n%s", d.logged())
		}
	})
	return d
}

func (d *daemon) follow(stderr io.Reader) {
	defer close(d.done)
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		d.mu.Lock()
		d.log.Write(append(lines.Bytes(), '\n'))
		d.mu.Unlock()
		var line struct{ Msg, Address string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "listening" {
			d.addr <- line.Address
		}
	}
	_ = d.cmd.Wait()
}

func (d *daemon) logged() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.String()
}

func (d *daemon) kill() {
	_ = d.cmd.Process.Kill()
	<-d.done
}

// stop ends it the way systemd and Kubernetes do, and returns the exit code.
func (d *daemon) stop(t *testing.T) int {
	t.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
	return d.exit(t)
}

// exit waits for the end of the process and returns its code.
func (d *daemon) exit(t *testing.T) int {
	t.Helper()
	select {
	case <-d.done:
	case <-time.After(limit):
		t.Fatalf("the daemon still runs after %s", limit)
	}
	return d.cmd.ProcessState.ExitCode()
}

// get asks the daemon over HTTP; status 0 when there is no answer.
func (d *daemon) get(t *testing.T, path string) (status int, body string) {
	t.Helper()
	if d.url == "" {
		select {
		case a := <-d.addr:
			d.url = "http://" + a
		case <-d.done:
			return 0, "ended"
		case <-time.After(limit):
			t.Fatal("the daemon does not say where it listens")
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(text)
}

func (d *daemon) awaitReady(t *testing.T) {
	t.Helper()
	var body string
	eventually(t, "the daemon becomes ready", func() bool {
		var status int
		status, body = d.get(t, "/readyz")
		if status == 0 && body == "ended" {
			t.Fatalf("the daemon ended:\n%s", d.logged())
		}
		return status == http.StatusOK
	})
}

// awaitUnready waits for 503 and a reason.
func (d *daemon) awaitUnready(t *testing.T, reason string) {
	t.Helper()
	eventually(t, "the daemon is not ready because of "+reason, func() bool {
		status, body := d.get(t, "/readyz")
		return status == http.StatusServiceUnavailable && strings.Contains(body, reason)
	})
}

// awaitMetric waits for a line of /metrics.
func (d *daemon) awaitMetric(t *testing.T, line string) {
	t.Helper()
	eventually(t, "metric "+line, func() bool {
		_, body := d.get(t, "/metrics")
		return strings.Contains("\n"+body, "\n"+line+"\n")
	})
}
