package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"port-iam/internal/demo"
)

// daemon is the program, as a process of its own.
type daemon struct {
	cmd  *exec.Cmd
	url  string
	done chan struct{} // closed when its log has ended
}

// start starts the program and waits until it is ready; env comes before what it is told
// otherwise.
func start(binary string, w *demo.World, concurrency int, env ...string) (*daemon, error) {
	d := &daemon{cmd: exec.Command(binary, "run"), done: make(chan struct{})}
	d.cmd.Env = []string{
		"PORT_BASE_URL=" + w.PortURL, "PORT_CLIENT_ID=" + demo.ClientID, "PORT_CLIENT_SECRET=" + demo.ClientSecret,
		"KAFKA_TLS=false", "IAM_PERMISSIONS_BOUNDARY=" + demo.Boundary,
		"AWS_ACCESS_KEY_ID=daemon", "AWS_SECRET_ACCESS_KEY=secret", "AWS_REGION=us-east-1",
		"AWS_ENDPOINT_URL_IAM=" + w.AWSURL, "AWS_ENDPOINT_URL_STS=" + w.AWSURL,
		"LISTEN_ADDRESS=127.0.0.1:0", fmt.Sprintf("GRANT_CONCURRENCY=%d", concurrency),
	}
	d.cmd.Env = append(d.cmd.Env, env...)
	stderr, err := d.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	address := make(chan string, 1)
	go d.follow(stderr, address)
	select {
	case a := <-address:
		d.url = "http://" + a
	case <-d.done:
		return nil, errors.New("the daemon ended at once")
	}
	ready := func() bool { status, _ := d.get("/readyz"); return status == http.StatusOK }
	if err := await("the daemon is ready", ready); err != nil {
		d.kill()
		return nil, err
	}
	return d, nil
}

// follow reads the log, which would block the daemon otherwise.
func (d *daemon) follow(stderr io.Reader, address chan<- string) {
	defer close(d.done)
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		var l struct{ Level, Msg, Address string }
		if json.Unmarshal(lines.Bytes(), &l) != nil {
			continue
		}
		if l.Msg == "listening" {
			address <- l.Address
		}
		if l.Level == "ERROR" {
			fmt.Fprintln(os.Stderr, lines.Text())
		}
	}
}

func (d *daemon) get(path string) (status int, body string) {
	resp, err := http.Get(d.url + path)
	if err != nil {
		return 0, ""
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, ""
	}
	return resp.StatusCode, string(text)
}

func (d *daemon) hasMetric(line string) bool {
	_, body := d.get("/metrics")
	return strings.Contains(body, "\n"+line+"\n")
}

// rss is the resident memory in MiB, as the kernel counts it.
func (d *daemon) rss() (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
			return float64(kib) / 1024, err
		}
	}
	return 0, errors.New("no VmRSS")
}

// cpu is the processor time used so far.
func (d *daemon) cpu() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", d.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, errors.New("unknown form of stat")
	}
	const tick = 10 * time.Millisecond // of the kernel's accounting
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	return time.Duration(user+system) * tick, errors.Join(err1, err2)
}

func (d *daemon) stop() error {
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	<-d.done
	if err := d.cmd.Wait(); err != nil {
		return fmt.Errorf("the daemon did not stop cleanly: %w", err)
	}
	return nil
}

// kill ends what stop did not.
func (d *daemon) kill() {
	if d.cmd.ProcessState == nil {
		_ = d.cmd.Process.Kill()
		<-d.done
		_ = d.cmd.Wait()
	}
}
