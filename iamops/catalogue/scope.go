package catalogue

import (
	"slices"
	"strings"
)

// Within reports whether a resource of a policy is that of an ARN, or lies in it. The ARN
// may be as AWS gives it or as the policy has it: policies that were written before
// [Written] was hold a plain "$LATEST" or "$default".
func Within(resource, arn string) bool {
	return lies(resource, Written(arn)) || lies(resource, arn)
}

// lies reports whether a resource is this one, or goes on after it. Nothing lies in an
// ARN that names no resource.
func lies(resource, in string) bool {
	whole := strings.TrimRight(in, "/:")
	rest, ok := strings.CutPrefix(resource, whole)
	return ok && strings.Count(whole, ":") >= 5 && (rest == "" || rest[0] == '/' || rest[0] == ':')
}

// On returns the actions that were granted on the resource of this ARN, or on something
// in it, sorted. What AWS's console needs does not count.
func (s Scope) On(arn string) []string {
	var actions []string
	for _, st := range s.Granted().Statements {
		if slices.ContainsFunc(st.Resources, func(r string) bool { return Within(r, arn) }) {
			actions = append(actions, st.Actions...)
		}
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}
