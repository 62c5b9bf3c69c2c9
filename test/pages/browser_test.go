package pages

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long the browser may take for one thing. The machine may be
// busy with other tests.
const patience = 30 * time.Second

// browser is a Chromium with one page, driven by the DevTools protocol over a
// pair of pipes: messages are JSON, each ended by a NUL.
type browser struct {
	t       *testing.T
	to      *os.File
	session string

	mu       sync.Mutex
	next     int
	waiting  map[int]chan message
	problems []string // what the page complained about
	asked    []string // addresses that the page asked for
}

// message is what goes through the pipes, either way.
type message struct {
	ID        int             `json:"id,omitempty"`
	SessionID string          `json:"sessionId,omitempty"`
	Method    string          `json:"method,omitempty"`
	Params    any             `json:"params,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Error     *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// newBrowser starts a Chromium with nothing in it.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	theirIn, ourOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ourIn, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	args := []string{
		"--headless=new", "--remote-debugging-pipe", "--user-data-dir=" + filepath.Join(home, "profile"),
		"--no-first-run", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
		"--force-color-profile=srgb", "--lang=en-US", "--window-size=1200,900", "about:blank",
	}
	if os.Getuid() == 0 {
		args = append(args, "--no-sandbox") // Chromium has no sandbox for root
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "chromium", args...)
	cmd.Env = append(os.Environ(), "HOME="+home)
	cmd.ExtraFiles = []*os.File{theirIn, theirOut} // become 3 and 4
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = theirIn.Close()
	_ = theirOut.Close()

	b := &browser{t: t, to: ourOut, waiting: map[int]chan message{}}
	read := make(chan struct{})
	go func() {
		defer close(read)
		b.read(ourIn)
	}()
	t.Cleanup(func() {
		// It stops by itself when asked, and leaves no child behind.
		_, _ = b.send("", "Browser.close", nil)
		done := make(chan struct{})
		go func() { _ = cmd.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(patience):
		}
		cancel()
		<-done
		_ = ourOut.Close()
		<-read
		_ = ourIn.Close()
		if t.Failed() {
			t.Logf("chromium:\n%s", stderr.String())
		}
	})
	b.open()
	return b
}

// open attaches to a page and listens to what it complains about.
func (b *browser) open() {
	b.t.Helper()
	var target struct {
		ID string `json:"targetId"`
	}
	b.must("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct {
		Session string `json:"sessionId"`
	}
	b.must("Target.attachToTarget", map[string]any{"targetId": target.ID, "flatten": true}, &attached)
	b.session = attached.Session
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.must(domain+".enable", nil, nil)
	}
	b.must("Emulation.setDeviceMetricsOverride", map[string]any{"width": 1200, "height": 800, "deviceScaleFactor": 1, "mobile": false}, nil)
	b.must("Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": "light"}}}, nil)
}

// read takes messages until the browser has gone.
func (b *browser) read(from *os.File) {
	r := bufio.NewReader(from)
	for {
		text, err := r.ReadBytes(0)
		if err != nil {
			b.mu.Lock()
			for _, w := range b.waiting {
				close(w)
			}
			b.waiting = nil
			b.mu.Unlock()
			return
		}
		var m message
		if json.Unmarshal(bytes.TrimSuffix(text, []byte{0}), &m) == nil {
			b.take(m, text)
		}
	}
}

func (b *browser) take(m message, text []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if w := b.waiting[m.ID]; m.ID != 0 && w != nil {
		delete(b.waiting, m.ID)
		w <- m
		return
	}
	switch m.Method {
	case "Runtime.exceptionThrown":
		b.problems = append(b.problems, string(bytes.TrimSuffix(text, []byte{0})))
	case "Log.entryAdded", "Runtime.consoleAPICalled":
		// The browser asks for an icon by itself, and tells that a form was wrong.
		if !strings.Contains(string(text), "/favicon.ico") && !strings.Contains(string(text), "status of 422") {
			b.problems = append(b.problems, string(bytes.TrimSuffix(text, []byte{0})))
		}
	case "Network.requestWillBeSent":
		params, _ := m.Params.(map[string]any)
		request, _ := params["request"].(map[string]any)
		b.asked = append(b.asked, fmt.Sprint(request["url"]))
	}
}

// send calls a method and waits for its answer.
func (b *browser) send(session, method string, params any) (json.RawMessage, error) {
	answer := make(chan message, 1)
	b.mu.Lock()
	if b.waiting == nil {
		b.mu.Unlock()
		return nil, errors.New("the browser has gone")
	}
	b.next++
	id := b.next
	b.waiting[id] = answer
	text, err := json.Marshal(message{ID: id, SessionID: session, Method: method, Params: params})
	if err == nil {
		_, err = b.to.Write(append(text, 0))
	}
	b.mu.Unlock()
	if err != nil {
		return nil, err
	}
	select {
	case m, ok := <-answer:
		switch {
		case !ok:
			return nil, errors.New("the browser has gone")
		case m.Error != nil:
			return nil, errors.New(m.Error.Message)
		}
		return m.Result, nil
	case <-time.After(patience):
		return nil, fmt.Errorf("no answer within %s", patience)
	}
}

func (b *browser) must(method string, params, result any) {
	b.t.Helper()
	raw, err := b.send(b.session, method, params)
	if err == nil && result != nil {
		err = json.Unmarshal(raw, result)
	}
	if err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
}
