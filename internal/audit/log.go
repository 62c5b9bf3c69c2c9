package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"
)

const (
	// writeTime bounds the wait for one event, and before it that for others. What is
	// late is written when the other side comes back, perhaps as a copy.
	writeTime = 2 * time.Second
	// checkEvery is how often a log that is not written to is looked at, and one that
	// is broken is tried.
	checkEvery = 10 * time.Second
)

// errHangs is the problem of a log whose last write has not come back.
var errHangs = fmt.Errorf("a write has not come back within %s", writeTime)

// Options configure [Open] and [To].
type Options struct {
	// Version is that of the program, for the events.
	Version string
	// Log is told when events cannot be kept, and when they can be again.
	Log *slog.Logger
}

// output is where lines go.
type output interface {
	// write appends bytes that are a whole line, and returns when they are kept.
	write([]byte) error
	// full says that the next line may not fit; nil where nothing is known.
	full() error
	io.Closer
}

// Log keeps events. It is safe for concurrent use.
type Log struct {
	opts  Options
	out   output
	name  string        // for people
	busy  chan struct{} // holds an element while something is done with out and torn, also by what hangs
	torn  bool          // the last line may have no end
	drops drops

	mu      sync.Mutex
	hangs   bool
	problem error // of what was done last
}

// Open appends to a file, which is made where there is none, for its owner alone. Each
// event is on the disk when its Write returns. Where the path names another file later,
// or none, that is made and used: the file may be renamed at any time.
func Open(path string, o Options) (*Log, error) {
	l := &Log{opts: o, name: path, busy: make(chan struct{}, 1)}
	f := &file{path: path}
	l.out = f
	// A pipe without a reader, and a file system that is away, hang.
	if err := l.do(context.Background(), func() (err error) {
		if err = f.open(); err == nil {
			l.torn = f.isTorn()
		}
		return err
	}); err != nil {
		return nil, fmt.Errorf("open the audit log: %w", err)
	}
	if !f.isRegular() { // nothing but a write tells whether a device or a pipe takes one
		_ = l.do(context.Background(), func() error { return l.append([]byte("\n")) }) // the result is noted
	}
	return l, nil
}

// To writes to a stream, such as standard output; name is for people.
func To(w io.Writer, name string, o Options) *Log {
	return &Log{opts: o, out: stream{w}, name: name, busy: make(chan struct{}, 1)}
}

// Write keeps an event and returns when that is done, or after two seconds with an
// error, and two more behind others that write; ctx ends the wait for those. With an
// error the event may be kept nevertheless, then or later. While a write hangs the others
// fail at once.
//
// Of an event [Dropped] cause (Why) and run are kept, of at most ten in a minute; the
// others are counted in one event after it.
func (l *Log) Write(ctx context.Context, e Event) error {
	if e.Event == Dropped {
		return l.writeDropped(ctx, e)
	}
	return l.put(ctx, e)
}

// Problem is why events cannot be kept, as far as that is known: nil where the last one
// was, and nothing has been seen to be wrong since. It does not wait.
func (l *Log) Problem() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.problem != nil {
		return fmt.Errorf("the audit log %s cannot be written: %w", l.name, l.problem)
	}
	return nil
}

// Run looks every ten seconds whether events can be kept, and tries it where they could
// not be; and counts what was dropped. It returns when ctx ends.
func (l *Log) Run(ctx context.Context) {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		l.check(ctx)
		_ = l.writeSum(ctx, time.Now().Add(-dropsTime)) // what is not kept is in the next one
	}
}

// Close counts what was dropped and closes the file, unless a write of it hangs.
// Nothing is to be written after it.
func (l *Log) Close() error {
	err := l.writeSum(context.Background(), time.Now())
	select {
	case l.busy <- struct{}{}:
		return errors.Join(err, l.out.Close())
	default:
		return err
	}
}

// check finds out whether events can be kept. Nothing is written where all is well.
func (l *Log) check(ctx context.Context) {
	broken := l.Problem() != nil
	_ = l.do(ctx, func() error { // the result is noted
		if err := l.out.full(); err != nil || !broken {
			return err
		}
		return l.append([]byte("\n"))
	})
}

func (l *Log) put(ctx context.Context, e Event) error {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	e.Version = l.opts.Version
	line, err := e.line()
	if err != nil {
		return err
	}
	return l.do(ctx, func() error {
		if l.torn { // so that this one is whole
			line = append([]byte("\n"), line...)
		}
		return l.append(line)
	})
}

// append is for who has l.busy.
func (l *Log) append(line []byte) error {
	err := l.out.write(line)
	l.torn = err != nil
	return err
}

// do does something with the output, one thing at a time, and waits for so long at
// most. It is noted whether that worked, also where it comes back late.
func (l *Log) do(ctx context.Context, work func() error) error {
	if l.hanging() {
		return errHangs
	}
	timer := time.NewTimer(writeTime)
	defer timer.Stop()
	select {
	case l.busy <- struct{}{}:
	case <-timer.C:
		return errHangs
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	timer.Reset(writeTime)
	done := make(chan error, 1)
	go func() {
		err := work()
		l.mu.Lock()
		l.hangs = false
		tell := l.note(err)
		done <- err
		l.mu.Unlock()
		tell()
		<-l.busy
	}()
	select {
	case err := <-done:
		return err
	case <-timer.C:
	}
	l.mu.Lock()
	select {
	case err := <-done:
		l.mu.Unlock()
		return err
	default:
	}
	l.hangs = true
	tell := l.note(errHangs)
	l.mu.Unlock()
	tell()
	return errHangs
}

// note notes a problem, or that there is none. tell logs what is new about that.
func (l *Log) note(err error) (tell func()) {
	before := l.problem
	l.problem = err
	switch {
	case l.opts.Log == nil || (before == nil) == (err == nil):
		return func() {}
	case err == nil:
		return func() { l.opts.Log.Info("audit events can be written again", "file", l.name) }
	}
	return func() {
		l.opts.Log.Error("audit events cannot be written", "file", l.name, "error", err)
	}
}

func (l *Log) hanging() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.hangs
}
