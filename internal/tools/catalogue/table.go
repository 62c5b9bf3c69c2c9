package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// header is the first line of the table.
type header struct {
	Format   int      `json:"format"`
	Source   string   `json:"source"`
	Version  string   `json:"version"`
	Services []string `json:"services"`
}

// line is one service. A type is its key followed by its ARN patterns, without
// "arn:${Partition}:". An action is "Name Level Type Type! ...", where a type is
// an index into Types, and "!" says that AWS calls the type required. This is half
// the size of objects with named fields.
type line struct {
	Service string     `json:"s"`
	Types   [][]string `json:"t"`
	Actions []string   `json:"a"`
}

// levels are the access levels of AWS, as the source writes them, and the letter
// that stands for each.
var levels = map[string]string{
	"Read":                          "R",
	"List":                          "L",
	"Write":                         "W",
	"Tagging, Write":                "T",
	"Permissions management, Write": "P",
}

const arnBegin = "arn:${Partition}:"

var (
	prefixPattern = regexp.MustCompile(`^[a-z0-9-]+$`)
	namePattern   = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
	bareVariable  = regexp.MustCompile(`([^$]|^)(\{[^}]*\})`)
	// arnPattern: service, region, account, resource. In the resource, what is
	// no variable is printable ASCII without "$", "{", "}", "?" and space.
	arnPattern = regexp.MustCompile(`^[^:]+:[^:]*:[^:]*:(\$\{[A-Za-z0-9-]+\}|[!-#%->@-z|~])+$`)
)

// table writes the source as lines of JSON, sorted throughout.
func table(src *source) ([]byte, error) {
	services := slices.Sorted(slices.Values(src.services))
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(header{Format: tableFormat, Source: sourcePackage, Version: src.version, Services: services}); err != nil {
		return nil, err
	}
	for _, prefix := range services {
		l, err := serviceLine(prefix, src.actions[prefix], src.types[prefix])
		if err != nil {
			return nil, fmt.Errorf("service %s: %w", prefix, err)
		}
		if err := enc.Encode(l); err != nil {
			return nil, err
		}
	}
	return buf.Bytes(), nil
}

// serviceLine refuses whatever it does not fully understand, so that a change of
// the source is looked at by a human.
func serviceLine(prefix string, actions map[string]sourceAction, types map[string]sourceType) (line, error) {
	l := line{Service: prefix, Types: [][]string{}, Actions: []string{}}
	if !prefixPattern.MatchString(prefix) {
		return l, fmt.Errorf("the prefix has other characters than expected")
	}
	index := map[string]int{}
	for _, lower := range slices.Sorted(maps.Keys(types)) {
		t := types[lower]
		if strings.ToLower(t.Key) != lower {
			return l, fmt.Errorf("type %q is filed under %q", t.Key, lower)
		}
		index[lower] = len(l.Types)
		row := []string{t.Key}
		for _, arn := range strings.Split(t.ARN, ", ") {
			p, err := pattern(arn)
			if err != nil {
				return l, fmt.Errorf("type %q: %w", t.Key, err)
			}
			row = append(row, p)
		}
		l.Types = append(l.Types, row)
	}
	for _, lower := range slices.Sorted(maps.Keys(actions)) {
		a := actions[lower]
		if strings.ToLower(a.Name) != lower || !namePattern.MatchString(a.Name) {
			return l, fmt.Errorf("action %q is filed under %q", a.Name, lower)
		}
		level, ok := levels[a.AccessLevel]
		if !ok {
			return l, fmt.Errorf("action %s has the unknown access level %q", a.Name, a.AccessLevel)
		}
		used, err := usedTypes(a, index)
		if err != nil {
			return l, err
		}
		l.Actions = append(l.Actions, strings.Join(append([]string{a.Name, level}, used...), " "))
	}
	return l, nil
}

// usedTypes returns the types of an action as the table writes them, sorted by
// their index. A type that the source names twice is required if one of them is.
func usedTypes(a sourceAction, index map[string]int) ([]string, error) {
	required := map[int]bool{}
	for _, t := range a.ResourceTypes {
		i, ok := index[strings.ToLower(t.Name)]
		if !ok {
			return nil, fmt.Errorf("action %s names the unknown type %q", a.Name, t.Name)
		}
		required[i] = required[i] || t.Required
	}
	var out []string
	for _, i := range slices.Sorted(maps.Keys(required)) {
		text := strconv.Itoa(i)
		if required[i] {
			text += "!"
		}
		out = append(out, text)
	}
	return out, nil
}

// pattern takes the beginning that all ARNs share off a pattern, and repairs
// variables that AWS writes without the dollar sign.
func pattern(arn string) (string, error) {
	p, ok := strings.CutPrefix(arn, arnBegin)
	p = bareVariable.ReplaceAllString(p, "$1$$$2")
	if !ok || !arnPattern.MatchString(p) {
		return "", fmt.Errorf("%q is not an ARN pattern of the usual form", arn)
	}
	return p, nil
}
