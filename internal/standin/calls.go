package standin

import (
	"slices"
	"sync"
)

// Calls are the calls that a stand-in has got; C is how it describes one.
type Calls[C any] struct {
	hooks Hooks[C]
	mu    sync.Mutex
	begun int
	done  []C
}

// Watch has f called when a call begins and when it is done. remove ends it.
func (c *Calls[C]) Watch(f func(C)) (remove func()) { return c.hooks.Add(f) }

// Begin numbers a call that has arrived, from 1, and tells those who watch.
func (c *Calls[C]) Begin(describe func(number int) C) C {
	c.mu.Lock()
	c.begun++
	call := describe(c.begun)
	c.mu.Unlock()
	c.hooks.Tell(call)
	return call
}

// Finish records a call that is done, and tells those who watch.
func (c *Calls[C]) Finish(call C) {
	c.mu.Lock()
	c.done = append(c.done, call)
	c.mu.Unlock()
	c.hooks.Tell(call)
}

// Done returns the calls that are done, in the order in which they ended.
func (c *Calls[C]) Done() []C {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.done)
}

// Count returns how many of the calls that are done fit.
func (c *Calls[C]) Count(fits func(C) bool) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, call := range c.done {
		if fits(call) {
			n++
		}
	}
	return n
}

// Reset forgets the calls that are done. The numbers go on.
func (c *Calls[C]) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done = nil
}

// Hooks are functions that want to be told something. They may block, and may
// use the stand-in.
type Hooks[T any] struct {
	mu sync.Mutex
	fs []*func(T)
}

// Add adds f; remove takes it away again.
func (h *Hooks[T]) Add(f func(T)) (remove func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fs = append(h.fs, &f)
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.fs = slices.DeleteFunc(h.fs, func(x *func(T)) bool { return x == &f })
	}
}

// Tell calls the functions that are there at this moment, in the order in which
// they were added.
func (h *Hooks[T]) Tell(v T) {
	h.mu.Lock()
	fs := slices.Clone(h.fs)
	h.mu.Unlock()
	for _, f := range fs {
		(*f)(v)
	}
}
