package porttest

import (
	"errors"
	"fmt"
	"regexp"
	"unicode/utf8"
)

// rule is the shape as a rule for an object inside of another.
func (s *shape) rule(v any) string {
	o, isObject := v.(object)
	if !isObject {
		return "must be an object"
	}
	var e *apiError
	if errors.As(s.check(o), &e) {
		return "is wrong: " + e.message
	}
	return ""
}

func isBool(v any) string {
	if _, is := v.(bool); !is {
		return "must be true or false"
	}
	return ""
}

func isArray(v any) string {
	if _, is := v.([]any); !is {
		return "must be an array"
	}
	return ""
}

// textOf is the rule for a text of so many characters.
func textOf(low, high int) rule {
	return func(v any) string {
		s, is := v.(string)
		if n := utf8.RuneCountInString(s); !is || n < low || n > high {
			return fmt.Sprintf("must be a string of %d to %d characters", low, high)
		}
		return ""
	}
}

// listOf is the rule for an array whose items all obey a rule.
func listOf(item rule) rule {
	return func(v any) string {
		list, is := v.([]any)
		if !is {
			return "must be an array"
		}
		for i, x := range list {
			if wrong := item(x); wrong != "" {
				return fmt.Sprintf("item %d %s", i, wrong)
			}
		}
		return ""
	}
}

var (
	memberName  = regexp.MustCompile(`^[A-Za-z0-9@_=\\-]{1,100}$`)
	blueprintID = regexp.MustCompile(`^[\p{L}0-9@_.+:\\/-]+$`) // a bound of 100 would be 100 copies in memory
	actionID    = regexp.MustCompile(`^[\p{L}0-9@_.+:=-]+$`)
)

// isNamed is the rule for an identifier of that form.
func isNamed(form *regexp.Regexp) rule {
	return func(v any) string {
		if s, is := v.(string); !is || s == "." || s == ".." || !form.MatchString(s) {
			return "must be an identifier"
		}
		return ""
	}
}

// all is the rule for what fits each of the rules.
func all(rules ...rule) rule {
	return func(v any) string {
		for _, r := range rules {
			if wrong := r(v); wrong != "" {
				return wrong
			}
		}
		return ""
	}
}

// membersOf is the rule for an object whose names the customer chooses.
func membersOf(member rule) rule {
	return func(v any) string {
		o, is := v.(object)
		if !is {
			return "must be an object"
		}
		for name, x := range o {
			if !memberName.MatchString(name) {
				return fmt.Sprintf("has the name %q, which is not allowed", name)
			}
			if wrong := member(x); wrong != "" {
				return name + " " + wrong
			}
		}
		return ""
	}
}

// blueprintShape is the body that creates a blueprint, or changes some of one.
func blueprintShape(whole bool) *shape {
	property := &shape{
		fields: map[string]rule{
			"type":  oneOf("string", "number", "boolean", "object", "array"),
			"title": textOf(0, 100), "description": isText, "icon": isText, "enum": either(isNull, isArray),
			"format": oneOf("date-time", "url", "email", "idn-email", "ipv4", "ipv6", "markdown", "yaml", "user", "blueprints",
				"team", "timer", "proto", "labeled-url"),
			"spec": oneOf("open-api", "embedded-url", "async-api"),
		},
		open: true,
	}
	relation := &shape{
		fields: map[string]rule{
			"title": textOf(0, 100), "target": isText, "required": isBool, "many": isBool, "description": isText, "type": isText,
		},
		required: []string{"target", "required", "many"},
	}
	s := &shape{
		fields: map[string]rule{
			"identifier": all(isNamed(blueprintID), textOf(1, 100)), "title": textOf(1, 100), "description": textOf(0, 200), "icon": isText,
			"ownership": isObject, "calculationProperties": isObject, "mirrorProperties": isObject, "aggregationProperties": isObject,
			"schema": (&shape{
				fields:   map[string]rule{"properties": membersOf(property.rule), "required": isTexts},
				required: []string{"properties"},
			}).rule,
			"relations": membersOf(relation.rule), "changelogDestination": isObject,
		},
		open: true,
	}
	if whole {
		property.required = []string{"type"}
		s.required = []string{"identifier", "title", "schema"}
	}
	return s
}
