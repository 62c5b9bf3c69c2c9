// Package priority marks calls that take access away. Where calls have to wait
// for their turn, these go first.
package priority

import "context"

type urgent struct{}

// Urgent marks the calls that are made with the context.
func Urgent(ctx context.Context) context.Context {
	return context.WithValue(ctx, urgent{}, true)
}

// IsUrgent reports whether a context is marked.
func IsUrgent(ctx context.Context) bool { return ctx.Value(urgent{}) != nil }
