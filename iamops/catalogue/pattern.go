package catalogue

import (
	"regexp"
	"strings"
)

// pattern is AWS's description of the ARNs of a resource type.
type pattern struct {
	text string // without "arn:${Partition}:", as AWS writes it
	// shape is text with "*" for each variable. A "*" that AWS itself writes, as
	// in dms "cert:*", stands for a name there, too.
	shape    string
	literals int  // characters that are not variable
	named    bool // the resource part has a variable, so it is not a singleton
	names    names
}

// variables are variables that nothing separates. A "*" that AWS puts before them is
// one of them.
var variables = regexp.MustCompile(`\*?(\$\{[^}]*\}?)+`)

// parsePattern reads the text of a pattern; false if the service is variable: it
// would take in every ARN.
func parsePattern(text string) (pattern, bool) {
	p := pattern{text: text, shape: variables.ReplaceAllLiteralString(text, "*")}
	p.literals = len(p.shape) - strings.Count(p.shape, "*")
	fields := strings.SplitN(p.shape, ":", 4)
	if len(fields) < 4 || strings.Contains(fields[0], "*") {
		return pattern{}, false
	}
	p.named = strings.Contains(fields[3], "*")
	return p, true
}

// service is the service in the ARN, which is not always the prefix of the
// actions: systems manager acts on EC2 instances.
func (p pattern) service() string {
	s, _, _ := strings.Cut(p.shape, ":")
	return s
}

// pass is how much a variable may hold. The passes are tried in this order.
type pass int

const (
	strict pass = iota // no "/" and no ":"
	loose              // no ":"; names of secrets, parameters and log groups have "/"
	colon              // those that may hold ":" or anything do, too: see bans
)

// match reports whether s, an ARN without "arn:PARTITION:", is of this shape.
func (p pattern) match(s string, how pass) bool {
	ban := bans[p.names][how]
	return match(p.shape, s, ban.before, ban.last)
}

// match compares s with a shape, where "*" stands for one or more characters that
// are not banned: others are in the last "*" than before it. For each "*", the first
// place where the following text occurs is the right one: a later one would only
// lengthen it.
func match(shape, s, before, last string) bool {
	head, shape, more := strings.Cut(shape, "*")
	if !strings.HasPrefix(s, head) {
		return false
	}
	s = s[len(head):]
	for more {
		var next string
		next, shape, more = strings.Cut(shape, "*")
		if !more { // the last variable reaches to the end of s
			value, ok := strings.CutSuffix(s, next)
			return ok && value != "" && !strings.ContainsAny(value, last)
		}
		if s == "" {
			return false
		}
		at := strings.Index(s[1:], next)
		if at < 0 || strings.ContainsAny(s[:at+1], before) {
			return false
		}
		s = s[1+at+len(next):]
	}
	return s == ""
}
