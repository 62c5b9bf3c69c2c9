package consumer

import (
	"bytes"
	"slices"
)

// filter tells records that cannot concern us from those that have to be
// decoded, by a search for bytes. A record can only name an action of ours if it
// holds the identifier as it is, or escaped, which takes a \u.
type filter [][]byte

func newFilter(actions map[string]Handler) filter {
	f := filter{[]byte(`\u`)}
	for id := range actions {
		f = append(f, []byte(id))
	}
	return f
}

// mayConcern is false only for a record that is none of ours.
func (f filter) mayConcern(value []byte) bool {
	return slices.ContainsFunc(f, func(needle []byte) bool { return bytes.Contains(value, needle) })
}
