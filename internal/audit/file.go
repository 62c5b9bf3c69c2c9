package audit

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// file is appended to by its path.
type file struct {
	path string
	at   *os.File
}

// open opens what the path names now.
func (f *file) open() error {
	at, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if f.at != nil {
		_ = f.at.Close() // each line in it is on the disk
	}
	f.at = at
	return nil
}

func (f *file) isRegular() bool {
	info, err := f.at.Stat()
	return err == nil && info.Mode().IsRegular()
}

// isTorn reports whether the last line of the file has no end, or may have none:
// another process was stopped, perhaps, while it wrote.
func (f *file) isTorn() bool {
	info, err := f.at.Stat()
	if err != nil || !f.isRegular() || info.Size() == 0 {
		return false
	}
	in, err := os.Open(f.path)
	if err != nil {
		return true
	}
	defer func() { _ = in.Close() }()
	last := []byte{0}
	_, err = in.ReadAt(last, info.Size()-1)
	return err != nil || last[0] != '\n'
}

// follow opens the path again where it names another file than before, or none.
func (f *file) follow() error {
	now, err := os.Stat(f.path)
	if err == nil {
		before, statErr := f.at.Stat()
		if statErr == nil && os.SameFile(now, before) {
			return nil
		}
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return f.open()
}

func (f *file) write(line []byte) error {
	if err := f.follow(); err != nil {
		return err
	}
	if _, err := f.at.Write(line); err != nil {
		return err
	}
	return synced(f.at)
}

func (f *file) full() error {
	if err := f.follow(); err != nil {
		return err
	}
	if f.isRegular() && noSpace(f.path) {
		return fmt.Errorf("write %s: %w", f.path, syscall.ENOSPC)
	}
	return nil
}

// Close is part of io.Closer.
func (f *file) Close() error { return f.at.Close() }

// synced has the disk keep what was written, where there is a disk behind it.
func synced(at interface{ Sync() error }) error {
	err := at.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) { // a pipe, a terminal
		return nil
	}
	return err
}

// stream is written to, and belongs to the caller.
type stream struct{ to io.Writer }

func (s stream) write(line []byte) error {
	_, err := s.to.Write(line)
	return err
}

func (s stream) full() error { return nil }

// Close is part of io.Closer.
func (s stream) Close() error { return nil }
