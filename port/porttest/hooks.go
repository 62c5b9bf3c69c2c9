package porttest

import (
	"slices"
	"sync"
)

// hooks are functions that want to be told something. They are called without
// the server's lock.
type hooks[T any] struct{ fs []*func(T) }

// add registers f; remove takes the lock that guards the hooks.
func (h *hooks[T]) add(mu *sync.Mutex, f func(T)) (remove func()) {
	mu.Lock()
	defer mu.Unlock()
	h.fs = append(h.fs, &f)
	return func() {
		mu.Lock()
		defer mu.Unlock()
		h.fs = slices.DeleteFunc(slices.Clone(h.fs), func(x *func(T)) bool { return x == &f })
	}
}

// tell calls the hooks that are registered at this moment.
func (h *hooks[T]) tell(mu *sync.Mutex, v T) {
	mu.Lock()
	fs := slices.Clone(h.fs)
	mu.Unlock()
	for _, f := range fs {
		(*f)(v)
	}
}
