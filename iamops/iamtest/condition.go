package iamtest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// facts is the context of a request: values by condition key in lower case.
type facts map[string][]string

func (f facts) set(key string, values ...string) { f[strings.ToLower(key)] = values }

// holds evaluates a condition. A key that the request lacks makes it false,
// except, as in IAM, under a negated operator or ForAllValues. An operator that
// is not known is an error.
func (c condition) holds(f facts) (bool, error) {
	operator, forAll := strings.CutPrefix(c.operator, "ForAllValues:")
	compare, negated, err := comparison(operator)
	if err != nil {
		return false, err
	}
	have := f[strings.ToLower(c.key)]
	if len(have) == 0 {
		return forAll || negated, nil
	}
	if len(have) > 1 && !forAll {
		return false, fmt.Errorf("key %s has several values and operator %s takes one", c.key, c.operator)
	}
	for _, h := range have {
		matched := false
		for _, want := range c.values {
			matched = matched || compare(want, h)
		}
		if matched == negated {
			return false, nil
		}
	}
	return true, nil
}

// comparison returns how an operator compares what a policy wants with what the
// request has. A negated one holds if the comparison fails for every value.
func comparison(operator string) (compare func(want, have string) bool, negated bool, err error) {
	equal := func(want, have string) bool { return literals.Replace(want) == have }
	switch operator {
	case "StringEquals":
		return equal, false, nil
	case "StringNotEquals":
		return equal, true, nil
	case "StringLike":
		return glob, false, nil
	case "StringNotLike":
		return glob, true, nil
	case "ArnEquals", "ArnLike":
		return arnLike, false, nil
	case "ArnNotEquals", "ArnNotLike":
		return arnLike, true, nil
	case "DateLessThan":
		return func(want, have string) bool { return compareTimes(have, want, time.Time.Before) }, false, nil
	case "DateGreaterThan":
		return func(want, have string) bool { return compareTimes(have, want, time.Time.After) }, false, nil
	case "Bool":
		return func(want, have string) bool {
			w, err1 := strconv.ParseBool(want)
			h, err2 := strconv.ParseBool(have)
			return err1 == nil && err2 == nil && w == h
		}, false, nil
	}
	return nil, false, fmt.Errorf("condition operator %s is not supported by iamtest", operator)
}

// literals are the signs that are written so that they mean themselves.
var literals = strings.NewReplacer("${*}", "*", "${?}", "?", "${$}", "$")

func compareTimes(a, b string, compare func(time.Time, time.Time) bool) bool {
	x, err1 := time.Parse(time.RFC3339, a)
	y, err2 := time.Parse(time.RFC3339, b)
	return err1 == nil && err2 == nil && compare(x, y)
}

// arnLike matches each of the six parts of an ARN by itself.
func arnLike(pattern, arn string) bool {
	want, have := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	if len(want) != 6 || len(have) != 6 {
		return false
	}
	for i := range want {
		if !glob(want[i], have[i]) {
			return false
		}
	}
	return true
}

// glob matches * (any text) and ? (one character). Written ${*}, ${?} and ${$}, they and
// the dollar sign are themselves.
func glob(pattern, s string) bool {
	p, t := globSigns(pattern), []rune(s)
	i, j, star, mark := 0, 0, -1, 0
	for j < len(t) {
		switch {
		case i < len(p) && p[i] == anyText:
			star, mark = i, j
			i++
		case i < len(p) && (p[i] == anyOne || p[i] == t[j]):
			i, j = i+1, j+1
		case star >= 0: // let the last star take one more
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i] == anyText {
		i++
	}
	return i == len(p)
}

// The wildcards among the runes of a pattern, which no text has.
const (
	anyText rune = -1 - iota
	anyOne
)

func globSigns(pattern string) []rune {
	var signs []rune
	for pattern != "" {
		if c, rest, ok := literal(pattern); ok {
			signs, pattern = append(signs, c), rest
			continue
		}
		c, size := utf8.DecodeRuneInString(pattern)
		pattern = pattern[size:]
		switch c {
		case '*':
			c = anyText
		case '?':
			c = anyOne
		}
		signs = append(signs, c)
	}
	return signs
}

// literal takes one of the three signs that are written so that they mean themselves
// off the beginning of a value.
func literal(value string) (sign rune, rest string, ok bool) {
	for _, sign := range "*?$" {
		if rest, ok := strings.CutPrefix(value, "${"+string(sign)+"}"); ok {
			return sign, rest, true
		}
	}
	return 0, value, false
}

// variable is the first policy variable of a value that is none of those signs, and ""
// without one.
func variable(value string) string {
	_, rest, ok := strings.Cut(value, "${")
	if !ok {
		return ""
	}
	if _, rest, ok := literal("${" + rest); ok {
		return variable(rest)
	}
	name, _, _ := strings.Cut(rest, "}")
	return "${" + name + "}"
}
