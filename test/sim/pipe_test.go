package sim

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// buffered is a connection whose other end never waits for its reader, as the
// network's buffers have it: a broker must not stand still because one of its
// clients does.
type buffered struct {
	net.Conn

	mu       sync.Mutex
	content  []byte
	err      error         // of the connection, after the content
	deadline time.Time     // of reads
	changed  chan struct{} // closed and replaced when one of the above changes
}

func newBuffered(c net.Conn) *buffered {
	b := &buffered{Conn: c, changed: make(chan struct{})}
	go b.pump()
	return b
}

func (b *buffered) pump() {
	for chunk := make([]byte, 32<<10); ; {
		n, err := b.Conn.Read(chunk)
		b.change(func() { b.content, b.err = append(b.content, chunk[:n]...), err })
		if err != nil {
			return
		}
	}
}

func (b *buffered) change(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
	close(b.changed)
	b.changed = make(chan struct{})
}

// Read is part of net.Conn.
func (b *buffered) Read(p []byte) (int, error) {
	for {
		b.mu.Lock()
		changed, deadline := b.changed, b.deadline
		switch {
		case len(b.content) > 0:
			n := copy(p, b.content)
			b.content = b.content[n:]
			b.mu.Unlock()
			return n, nil
		case b.err != nil:
			b.mu.Unlock()
			if errors.Is(b.err, io.ErrClosedPipe) {
				return 0, net.ErrClosed
			}
			return 0, b.err
		}
		b.mu.Unlock()
		if deadline.IsZero() {
			<-changed
			continue
		}
		timer := time.NewTimer(time.Until(deadline))
		select {
		case <-changed:
		case <-timer.C:
			return 0, os.ErrDeadlineExceeded
		}
		timer.Stop()
	}
}

// SetReadDeadline is part of net.Conn.
func (b *buffered) SetReadDeadline(t time.Time) error {
	b.change(func() { b.deadline = t })
	return nil
}

// SetDeadline is part of net.Conn.
func (b *buffered) SetDeadline(t time.Time) error {
	_ = b.SetReadDeadline(t)
	return b.Conn.SetWriteDeadline(t)
}
