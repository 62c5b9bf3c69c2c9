package grants

import (
	"context"
	"sync"
)

// locks lets one thing happen to a grant at a time in this process, by the
// grant's name. It does not lock
// between processes: there the run in Port decides (docs/guarantees.md).
type locks struct {
	mu   sync.Mutex
	held map[string]*held
}

type held struct {
	turn  chan struct{} // holds one token while nobody has the lock
	users int           // who has it or waits for it
}

func newLocks() *locks { return &locks{held: map[string]*held{}} }

// lock waits for the name's turn, or for ctx to end.
func (l *locks) lock(ctx context.Context, name string) (unlock func(), err error) {
	l.mu.Lock()
	h := l.held[name]
	if h == nil {
		h = &held{turn: make(chan struct{}, 1)}
		h.turn <- struct{}{}
		l.held[name] = h
	}
	h.users++
	l.mu.Unlock()

	leave := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if h.users--; h.users == 0 {
			delete(l.held, name)
		}
	}
	select {
	case <-h.turn:
		return func() { h.turn <- struct{}{}; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
