package porttest

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// rule says what is wrong with a JSON value, "" for nothing.
type rule func(v any) string

// shape is what a JSON object must look like.
type shape struct {
	fields   map[string]rule
	required []string
	open     bool // whether fields that are not listed are allowed
}

func (s *shape) check(body object) error {
	for _, name := range s.required {
		if _, given := body[name]; !given {
			return invalid("%s is required", name)
		}
	}
	for name, v := range body {
		r, known := s.fields[name]
		if !known && !s.open {
			return invalid("there is no field %q", name)
		}
		if known {
			if wrong := r(v); wrong != "" {
				return invalid("%s %s", name, wrong)
			}
		}
	}
	return nil
}

func isText(v any) string {
	if _, isString := v.(string); !isString {
		return "must be a string"
	}
	return ""
}

func isObject(v any) string {
	if _, isObject := v.(object); !isObject {
		return "must be an object"
	}
	return ""
}

func isTexts(v any) string {
	list, isList := v.([]any)
	if !isList || slices.ContainsFunc(list, func(x any) bool { return isText(x) != "" }) {
		return "must be an array of strings"
	}
	return ""
}

func isIdentifiers(v any) string {
	list, isList := v.([]any)
	if !isList || slices.ContainsFunc(list, func(x any) bool { return isIdentifier(x) != "" }) {
		return "must be an array of identifiers"
	}
	return ""
}

// isRelations is the rule for the targets of an entity's relations.
func isRelations(v any) string {
	relations, isObject := v.(object)
	if !isObject {
		return "must be an object"
	}
	target := either(isIdentifier, isIdentifiers, isNull)
	for name, v := range relations {
		if target(v) != "" {
			return name + " must be an identifier, an array of identifiers or null"
		}
	}
	return ""
}

func isNull(v any) string {
	if v != nil {
		return "must be null"
	}
	return ""
}

// either is satisfied when one of the rules is.
func either(rules ...rule) rule {
	return func(v any) string {
		wrong := ""
		for _, r := range rules {
			w := r(v)
			if w == "" {
				return ""
			}
			wrong = w
		}
		return wrong
	}
}

func oneOf(values ...string) rule {
	return func(v any) string {
		if s, isString := v.(string); !isString || !slices.Contains(values, s) {
			return "must be one of " + strings.Join(values, ", ")
		}
		return ""
	}
}

// isIdentifier is the rule for what Port accepts as the identifier of an entity.
func isIdentifier(v any) string {
	id, isString := v.(string)
	bad := func(r rune) bool {
		return !unicode.IsLetter(r) && (r < '0' || r > '9') && !strings.ContainsRune(`@_.+:\/=-`, r)
	}
	if !isString || id == "" || id == "." || id == ".." || utf8.RuneCountInString(id) > 1000 || strings.ContainsFunc(id, bad) {
		return "must be an identifier of at most 1000 characters"
	}
	return ""
}

// params are the query parameters of a route, by name; one that begins with "!"
// is required and one that begins with "*" may be repeated.
type params map[string]func(string) bool

func (p params) check(q url.Values) error {
	for name := range p {
		if required, is := strings.CutPrefix(name, "!"); is && !q.Has(required) {
			return invalid("query parameter %s is required", required)
		}
	}
	for name, values := range q {
		valid, repeats := p[name], false
		if valid == nil {
			valid = p["!"+name]
		}
		if valid == nil {
			valid, repeats = p["*"+name], true
		}
		if valid == nil {
			return invalid("there is no query parameter %q", name)
		}
		if len(values) > 1 && !repeats || slices.ContainsFunc(values, func(v string) bool { return !valid(v) }) {
			return invalid("query parameter %s has a wrong value", name)
		}
	}
	return nil
}

func anyParam(string) bool { return true }

func boolParam(v string) bool { return v == "true" || v == "false" }

func enumParam(values ...string) func(string) bool {
	return func(v string) bool { return slices.Contains(values, v) }
}

func numberParam(low, high int) func(string) bool {
	return func(v string) bool {
		n, err := strconv.Atoi(v)
		return err == nil && n >= low && n <= high
	}
}
