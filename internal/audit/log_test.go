package audit_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"port-iam/internal/audit"
)

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, path string) *audit.Log {
	t.Helper()
	l, err := audit.Open(path, audit.Options{Version: "v1"})
	noError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func write(t *testing.T, l *audit.Log, grant string) {
	t.Helper()
	noError(t, l.Write(t.Context(), audit.Event{Event: audit.Granted, Grant: grant}))
}

// grants are those of the events in a file; what is no event fails the test.
func grants(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	noError(t, err)
	var names []string
	for line := range strings.Lines(string(text)) {
		var e audit.Event
		if line == "\n" {
			names = append(names, "-")
		} else if err := json.Unmarshal([]byte(line), &e); err != nil {
			names = append(names, "torn")
		} else {
			names = append(names, e.Grant)
		}
	}
	return strings.Join(names, " ")
}

func TestFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.log")
	l := open(t, path)
	write(t, l, "a")
	info, err := os.Stat(path)
	noError(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the file is made with %v", info.Mode())
	}
	noError(t, l.Close())
	write(t, open(t, path), "b")
	if got := grants(t, path); got != "a b" {
		t.Errorf("the file holds %q", got)
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.log")
	l := open(t, path)
	write(t, l, "a")
	noError(t, os.Rename(path, path+".1"))
	write(t, l, "b")
	noError(t, os.WriteFile(path+".new", []byte(""), 0o600))
	noError(t, os.Rename(path+".new", path))
	write(t, l, "c")
	noError(t, os.Truncate(path, 0))
	write(t, l, "d")
	if got := grants(t, path+".1"); got != "a" {
		t.Errorf("the file that was renamed holds %q", got)
	}
	if got := grants(t, path); got != "d" {
		t.Errorf("the file holds %q", got)
	}
}

func TestTornLine(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.log")
	noError(t, os.WriteFile(path, []byte(`{"event":"gra`), 0o600))
	l := open(t, path)
	write(t, l, "a")
	write(t, l, "b")
	if got := grants(t, path); got != "torn a b" {
		t.Errorf("the file holds %q", got)
	}
}

func TestCannotBeOpened(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	noError(t, syscall.Mkfifo(pipe, 0o600))
	for name, path := range map[string]string{
		"a directory": dir, "no directory": filepath.Join(dir, "no", "audit.log"), "a pipe without a reader": pipe,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			_, err := audit.Open(path, audit.Options{})
			if err == nil || time.Since(began) > 10*time.Second {
				t.Errorf("after %s: %v", time.Since(began), err)
			}
		})
	}
	t.Cleanup(func() { // the opening that hangs comes to an end
		if r, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0); err == nil {
			_ = r.Close()
		}
	})
}

// TestFull: /dev/full takes no byte, ever.
func TestFull(t *testing.T) {
	t.Parallel()
	l, err := audit.Open("/dev/full", audit.Options{})
	if err != nil {
		t.Skip("no /dev/full here")
	}
	if l.Problem() == nil {
		t.Error("it seems to take events")
	}
	if err := l.Write(t.Context(), audit.Event{Event: audit.Granted}); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("write: %v", err)
	}
	if err := l.Problem(); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "/dev/full") {
		t.Errorf("problem: %v", err)
	}
}

// TestPipe: the reader of a pipe stops, and reads on.
func TestPipe(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pipe")
	noError(t, syscall.Mkfifo(path, 0o600))
	r, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	noError(t, err)
	defer func() { _ = r.Close() }()
	l := open(t, path)
	event := audit.Event{Event: audit.Granted, Why: strings.Repeat("x", 2000)}
	var failed error
	for range 1000 {
		if failed = l.Write(t.Context(), event); failed != nil {
			break
		}
	}
	if failed == nil || l.Problem() == nil {
		t.Fatalf("nobody reads: %v, problem %v", failed, l.Problem())
	}
	began := time.Now()
	for range 100 {
		if l.Write(t.Context(), event) == nil {
			t.Error("written beside a write that hangs")
		}
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("100 writes beside one that hangs took %s", took)
	}
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		for in := bufio.NewScanner(r); in.Scan(); {
			lines <- in.Text()
		}
	}()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for written := false; !written; {
		select {
		case line := <-lines:
			if line != "" && !json.Valid([]byte(line)) {
				t.Errorf("line %q", line)
			}
		case <-tick.C:
			written = l.Write(t.Context(), audit.Event{Event: audit.Granted, Grant: "last"}) == nil
		}
	}
	for line := range lines {
		if strings.Contains(line, "last") {
			break
		}
	}
}

// sink is a stream that fails, or hangs, as the test says.
type sink struct {
	hang chan struct{}

	mu   sync.Mutex
	text strings.Builder
	err  error
	part int // of a failed write, so much is there
}

func (s *sink) Write(p []byte) (int, error) {
	if s.hang != nil {
		<-s.hang
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		n := min(s.part, len(p))
		s.text.Write(p[:n])
		return n, s.err
	}
	return s.text.Write(p)
}

// fails has the next writes fail after some bytes; nil: they work again.
func (s *sink) fails(err error, part int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err, s.part = err, part
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func TestComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		l := audit.To(s, "stdout", audit.Options{})
		ctx, stop := context.WithCancel(t.Context())
		go l.Run(ctx)
		write(t, l, "a")
		s.fails(syscall.ENOSPC, 12)
		if l.Write(ctx, audit.Event{Event: audit.Granted}) == nil || l.Problem() == nil {
			t.Error("a failed write went unseen")
		}
		s.fails(nil, 0)
		<-time.After(11 * time.Second)
		synctest.Wait()
		if err := l.Problem(); err != nil {
			t.Errorf("ten seconds after the end of the trouble: %v", err)
		}
		write(t, l, "b")
		lines := strings.Split(s.String(), "\n")
		if len(lines) != 4 || !json.Valid([]byte(lines[0])) || json.Valid([]byte(lines[1])) || !json.Valid([]byte(lines[2])) {
			t.Errorf("lines %q", lines)
		}
		stop()
	})
}

func TestHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{hang: make(chan struct{})}
		l := audit.To(s, "stdout", audit.Options{})
		began := time.Now()
		write := func() error { return l.Write(t.Context(), audit.Event{Event: audit.Granted}) }
		if err := write(); err == nil || time.Since(began) != 2*time.Second {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
		if err := write(); err == nil || time.Since(began) != 2*time.Second {
			t.Errorf("beside a write that hangs, after %s: %v", time.Since(began), err)
		}
		close(s.hang)
		synctest.Wait()
		if err := l.Problem(); err != nil {
			t.Errorf("after the late write: %v", err)
		}
		noError(t, write())
		if n := strings.Count(s.String(), "\n"); n != 2 {
			t.Errorf("%d lines", n)
		}
	})
}

// slow is a stream that takes its time.
type slow time.Duration

func (s slow) Write(p []byte) (int, error) {
	<-time.After(time.Duration(s))
	return len(p), nil
}

// TestBehindOthers: a write that had to wait for others has as long as any.
func TestBehindOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := audit.To(slow(1500*time.Millisecond), "stdout", audit.Options{})
		var writes sync.WaitGroup
		for range 2 {
			writes.Go(func() { noError(t, l.Write(t.Context(), audit.Event{Event: audit.Granted})) })
		}
		writes.Wait()
		noError(t, l.Problem())
	})
}

// TestFlood: forged records leave ten events in a minute, and one that counts the rest.
func TestFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s sink
		l := audit.To(&s, "stdout", audit.Options{})
		ctx, stop := context.WithCancel(t.Context())
		go l.Run(ctx)
		for i := range 1000 {
			cause := "signature"
			if i%4 == 0 {
				cause = "unknown_run"
			}
			noError(t, l.Write(ctx, audit.Event{
				Event: audit.Dropped, RunID: fmt.Sprint(i), Why: cause, Requester: "mallory", Reason: strings.Repeat("x", 100),
			}))
		}
		if n := strings.Count(s.String(), "\n"); n != 10 {
			t.Errorf("%d events at once", n)
		}
		<-time.After(2 * time.Minute)
		synctest.Wait()
		stop()
		text := s.String()
		if n := strings.Count(text, "\n"); n != 11 || !strings.Contains(text, `"990 more since 2000-01-01T00:00:00Z: signature 743, unknown_run 247"`) {
			t.Errorf("%d events, the last: %s", n, text[strings.LastIndex(text[:len(text)-1], "\n")+1:])
		}
		if strings.Contains(text, "mallory") || strings.Contains(text, "xxx") {
			t.Error("an event of a dropped record holds more than cause and run")
		}
	})
}

// TestSumIsKept: what could not be counted is in the next sum, and in that of Close.
func TestSumIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s sink
		l := audit.To(&s, "stdout", audit.Options{})
		drop := func() { _ = l.Write(t.Context(), audit.Event{Event: audit.Dropped, Why: "signature"}) }
		for range 15 {
			drop()
		}
		<-time.After(time.Minute)
		s.fails(io.ErrShortWrite, 0)
		drop()
		s.fails(nil, 0)
		noError(t, l.Close())
		if text := s.String(); !strings.Contains(text, `"6 more since`) {
			t.Errorf("events %s", text)
		}
	})
}
