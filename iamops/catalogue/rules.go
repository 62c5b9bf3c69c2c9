package catalogue

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Rules are the operator's own. Both lists hold patterns as [CheckPatterns]
// takes them.
type Rules struct {
	// Deny is refused in addition to what is never granted. It wins over Allow.
	Deny []string
	// Allow may be granted although its level is [Permissions]. It does not
	// shorten the list of what is never granted.
	Allow []string
}

var patternForm = regexp.MustCompile(`^[A-Za-z0-9*?-]+:[A-Za-z0-9*?-]+$`)

// CheckPatterns reports every pattern that is not service:Action, where "*"
// stands for any characters and "?" for one. Case does not matter, as in IAM.
func CheckPatterns(patterns []string) error {
	var all []error
	for _, p := range patterns {
		if !patternForm.MatchString(p) {
			all = append(all, fmt.Errorf("%q is not an action pattern such as s3:Delete*", p))
		}
	}
	return errors.Join(all...)
}

// matching returns the first pattern that an action matches; empty if none does.
func matching(patterns []string, action string) string {
	for _, p := range patterns {
		if Match(p, action) {
			return p
		}
	}
	return ""
}

// Match compares s with a pattern as policies do: "*" is any text, "?" any one
// character, and letter case does not matter. It goes back only to the last "*",
// so its time is bounded by the product of both lengths.
func Match(pattern, s string) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || lower(pattern[p]) == lower(s[i])):
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// compareFold orders ASCII texts without regard to letter case.
func compareFold(a, b string) int {
	for i := range min(len(a), len(b)) {
		if c := cmp.Compare(lower(a[i]), lower(b[i])); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		b += 'a' - 'A'
	}
	return b
}
