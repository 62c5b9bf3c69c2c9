package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// When progress says what the command waits for.
const (
	progressAfter = time.Second
	progressEvery = 5 * time.Second
)

// progress writes a line to w about what takes longer than a second, and again
// from time to time, until stop is called.
func progress(w io.Writer, what string) (stop func()) {
	return inBackground(context.Background(), func(ctx context.Context) {
		for wait := progressAfter; pause(ctx, wait); wait = progressEvery {
			_, _ = fmt.Fprintln(w, what+" …")
		}
	})
}

// inBackground runs f until ctx ends or stop is called, which waits for its end.
func inBackground(ctx context.Context, f func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { f(ctx) })
	return func() {
		cancel()
		running.Wait()
	}
}

// isTerminal reports whether the reader is a terminal, where a question can be
// answered. The null device is a character device, too, and told by its identity.
func isTerminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}

// confirm asks a question that only yes answers. It also returns when ctx ends:
// Ctrl-C does not interrupt the reading.
func confirm(ctx context.Context, in io.Reader, out io.Writer, question string) error {
	if _, err := fmt.Fprintf(out, "%s [y/N] ", question); err != nil {
		return err
	}
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(in).ReadString('\n') // the end of the input is a no
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case a := <-answer:
		if a == "y" || a == "yes" {
			return nil
		}
		return errDeclined
	case <-ctx.Done():
		return errDeclined
	}
}

// pause waits; false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
