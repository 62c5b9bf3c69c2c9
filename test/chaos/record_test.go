package chaos

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"
	"testing"
	"time"

	"port-iam/test/kit/server"
)

// record is the file that says what happened: every step, every fault, and the
// logs of the instances. It stays when the test fails.
type record struct {
	began time.Time
	mu    sync.Mutex
	f     *os.File
}

func newRecord(t *testing.T) *record {
	t.Helper()
	return &record{began: time.Now(), f: server.NewLog(t, "port-iam-chaos")}
}

func (r *record) note(format string, args ...any) {
	r.line("", fmt.Appendf(nil, format, args...))
}

func (r *record) line(who string, text []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	// A record that is incomplete fails no test.
	_, _ = fmt.Fprintf(r.f, "%9.3f %s %s\n", time.Since(r.began).Seconds(), who, bytes.TrimSpace(text))
}

// writer takes the log of an instance, line by line.
func (r *record) writer(who string) io.Writer { return logOf{r, who} }

type logOf struct {
	r   *record
	who string
}

// Write is part of io.Writer.
func (l logOf) Write(p []byte) (int, error) {
	l.r.line(l.who, p)
	return len(p), nil
}
