package grants

import (
	"context"
	"sync"
)

// locks lets one thing happen to a grant at a time in this process, by the
// grant's name. It does not lock between processes: there the run in Port decides
// (docs/guarantees.md).
type locks struct {
	mu   sync.Mutex
	held map[string]chan struct{} // closed when the lock is free again
}

// lock waits until the name is free, or for ctx to end.
func (l *locks) lock(ctx context.Context, name string) (unlock func(), err error) {
	for {
		free, held := l.take(name)
		if !held {
			return func() {
				l.mu.Lock()
				defer l.mu.Unlock()
				delete(l.held, name)
				close(free)
			}, nil
		}
		select {
		case <-free:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// take takes the lock of a name unless it is held.
func (l *locks) take(name string) (free chan struct{}, held bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if free, held = l.held[name]; !held {
		free = make(chan struct{})
		l.held[name] = free
	}
	return free, held
}
