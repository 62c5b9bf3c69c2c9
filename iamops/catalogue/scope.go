package catalogue

import (
	"slices"
	"strings"
)

// On returns the actions that the statements allow on the resource of this ARN, or on
// something in it, sorted.
func (s Scope) On(arn string) []string {
	var actions []string
	whole := strings.TrimRight(Written(arn), "/")
	for _, st := range s.Statements {
		inside := func(r string) bool {
			rest, ok := strings.CutPrefix(r, whole)
			return ok && (rest == "" || rest[0] == '/' || rest[0] == ':')
		}
		if slices.ContainsFunc(st.Resources, inside) {
			actions = append(actions, st.Actions...)
		}
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}
