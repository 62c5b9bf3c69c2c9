// Package tree holds tests of rules about the whole tree that no compiler
// checks: who may import whom, and that every package says what it is for.
package tree
