package server_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"port-iam/test/kit/server"
)

func TestKillEndsWholeGroup(t *testing.T) {
	t.Parallel()
	// The reader sees the end only when every process that holds the other side
	// is gone.
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	p := server.Start(t, "family", w, "sh", "-c", "sleep 1000 & echo started; wait")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, make([]byte, len("started\n"))); err != nil {
		t.Fatal(err)
	}
	p.Kill()
	p.Kill()
	if rest, err := io.ReadAll(r); err != nil || len(rest) != 0 {
		t.Errorf("read %q, %v", rest, err)
	}
}

func TestAwaitReportsWhatWentWrong(t *testing.T) {
	t.Parallel()
	failure := ending(t, func(t testing.TB) {
		log := server.NewLog(t, "broken")
		p := server.Start(t, "broken", log, "sh", "-c", "echo the reason >&2")
		p.Await("start", func(context.Context) error { return errors.New("not yet") })
	})
	for _, want := range []string{"broken: start:", "the process ended", "not yet", "the reason"} {
		if !strings.Contains(failure.fatal, want) {
			t.Errorf("%q does not say %q", failure.fatal, want)
		}
	}
}
