package iamtest

import (
	"iter"
	"slices"
	"time"
)

// table holds objects under a key together with as much of their past as reads
// may still show. The values are immutable: a change sets a changed copy.
type table[T any] struct {
	past  map[string][]state[T]
	alive int // objects that truly exist
}

// state is what an object is from the moment it becomes visible; a nil value
// means there is none.
type state[T any] struct {
	visible time.Time
	value   *T
}

func newTable[T any]() table[T] { return table[T]{past: map[string][]state[T]{}} }

// truth returns the object as it is, nil if there is none.
func (t *table[T]) truth(key string) *T {
	if past := t.past[key]; len(past) > 0 {
		return past[len(past)-1].value
	}
	return nil
}

// seen returns the object as reads show it at now, nil if they show none.
func (t *table[T]) seen(key string, now time.Time) *T {
	for _, s := range slices.Backward(t.past[key]) {
		if !s.visible.After(now) {
			return s.value
		}
	}
	return nil
}

// longestBehind is how far a read may be behind, see [Server.SetBehind].
const longestBehind = time.Minute

// set makes value the truth, visible to reads from the given time on. States
// that nobody can see any more are forgotten.
func (t *table[T]) set(key string, value *T, now, visible time.Time) {
	if t.truth(key) != nil {
		t.alive--
	}
	if value != nil {
		t.alive++
	}
	past := append(slices.Clone(t.past[key]), state[T]{visible, value})
	for i, s := range slices.Backward(past) {
		if !s.visible.After(now.Add(-longestBehind)) {
			past = past[i:]
			break
		}
	}
	t.past[key] = past
	if len(past) == 1 && value == nil {
		delete(t.past, key)
	}
}

// eachSeen yields what reads show at now, in no order.
func (t *table[T]) eachSeen(now time.Time) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for key := range t.past {
			v := t.seen(key, now)
			if v == nil && t.truth(key) == nil {
				delete(t.past, key) // gone, and seen to be gone
			}
			if v != nil && !yield(v) {
				return
			}
		}
	}
}

// eachTrue yields what exists, in no order.
func (t *table[T]) eachTrue() iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for key := range t.past {
			if v := t.truth(key); v != nil && !yield(v) {
				return
			}
		}
	}
}

// allSeen returns what reads show at now, sorted by key.
func (t *table[T]) allSeen(now time.Time) []*T {
	var all []*T
	for _, key := range sortedKeys(t.past) {
		if v := t.seen(key, now); v != nil {
			all = append(all, v)
		}
	}
	return all
}
