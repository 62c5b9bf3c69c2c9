// Package priority says which calls go first where calls have to wait for their
// turn: those that take access away, and last those that tidy up.
package priority

import "context"

// Level is how much a call hurries.
type Level int

const (
	// Usual is what is not marked.
	Usual Level = iota
	// Urgent calls take access away.
	Urgent
	// Soon is what follows them until the policy is detached, too.
	Soon
	// Tidying calls remove what nobody can use any more.
	Tidying
)

type key struct{}

// With marks the calls that are made with the context.
func With(ctx context.Context, l Level) context.Context { return context.WithValue(ctx, key{}, l) }

// Of returns the level of a context.
func Of(ctx context.Context) Level {
	l, _ := ctx.Value(key{}).(Level)
	return l
}
