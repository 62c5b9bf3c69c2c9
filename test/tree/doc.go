// Package tree holds tests of rules about the whole tree that no compiler
// checks: who may import whom, that every package says what it is for, that
// pages name what exists, and that texts do without words that stop a reader.
package tree
