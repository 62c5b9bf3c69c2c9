package grants

import (
	"sync"

	"port-iam/iamops"
)

// Parallel is how many grants an operator reads, or removes, at the same time. A
// sweep takes half of that in an account: where AWS throttles, requests must get their
// part. In all accounts it takes parallelSweeps, or one in each: what is under way takes
// memory.
const (
	Parallel       = 16
	parallelSweep  = Parallel / 2
	parallelSweeps = 4 * Parallel
)

// each does something with each of n things, in their order and some at a time,
// until there is too much trouble; what was begun then comes to its end.
// The error is the one that was too much, and last the furthest of those at which
// there was trouble.
func each(n, atOnce int, do func(i int) error) (last int, err error) {
	var mu sync.Mutex // of all below
	var t trouble
	next := 0
	take := func() (i int, more bool) {
		mu.Lock()
		defer mu.Unlock()
		i, more = next, next < n && err == nil
		next++
		return i, more
	}
	note := func(i int, failed error) {
		mu.Lock()
		defer mu.Unlock()
		if aboutOneGrant(failed) {
			return
		}
		last = max(last, i)
		if t++; t >= tooMuch && err == nil {
			err = failed
		}
	}
	var workers sync.WaitGroup
	for range min(n, atOnce) {
		workers.Go(func() {
			for i, more := take(); more; i, more = take() {
				note(i, do(i))
			}
		})
	}
	workers.Wait()
	return last, err
}

// trouble counts the grants at which Port or AWS did not answer as they should.
// The others need not suffer from one or two; with more it is not about them.
type trouble int

const tooMuch trouble = 3

// aboutOneGrant reports whether an error is none, or about one grant and not about
// Port or AWS.
func aboutOneGrant(err error) bool {
	if err == nil || iamops.IsKind(err, iamops.KindConflict) {
		return true
	}
	c, _ := classify(err)
	return c != causePort && c != causeAWS
}
