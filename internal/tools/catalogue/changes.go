package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
)

// readTable unpacks a table that is in the tree; nothing if there is none.
func readTable(file string) ([]byte, error) {
	packed, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return unpack(packed)
}

func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// changes says, for a person to read, what is new (+), gone (-) and changed (~) from
// one table to another: services, their types with the ARN patterns, and their
// actions with level and types, where "!" says that AWS calls the type required.
func changes(from, to []byte) ([]string, error) {
	before, err := services(from)
	if err != nil {
		return nil, fmt.Errorf("the table in the tree: %w", err)
	}
	after, err := services(to)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, prefix := range union(before, after) {
		was, had := before[prefix]
		is, has := after[prefix]
		switch {
		case !had:
			out = append(out, fmt.Sprintf("+ service %s: %d types, %d actions", prefix, len(is.Types), len(is.Actions)))
		case !has:
			out = append(out, fmt.Sprintf("- service %s: %d types, %d actions", prefix, len(was.Types), len(was.Actions)))
		default:
			out = append(out, compare(was.facts(), is.facts())...)
		}
	}
	return out, nil
}

// services reads the lines of a table.
func services(plain []byte) (map[string]line, error) {
	dec := json.NewDecoder(bytes.NewReader(plain))
	var h header
	if err := dec.Decode(&h); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	out := map[string]line{}
	for dec.More() {
		var l line
		if err := dec.Decode(&l); err != nil {
			return nil, err
		}
		out[l.Service] = l
	}
	return out, nil
}

// facts are the types and the actions of a service, each with what the table says of it.
func (l line) facts() map[string]string {
	out := map[string]string{}
	for _, t := range l.Types {
		out[fmt.Sprintf("%s type %s", l.Service, t[0])] = strings.Join(t[1:], ", ")
	}
	for _, text := range l.Actions {
		fields := strings.Fields(text)
		var on []string
		for _, f := range fields[2:] {
			n, err := strconv.Atoi(strings.TrimSuffix(f, "!"))
			if err != nil || n >= len(l.Types) {
				on = append(on, f)
				continue
			}
			on = append(on, l.Types[n][0]+strings.TrimLeft(f, "0123456789"))
		}
		slices.Sort(on)
		out[l.Service+":"+fields[0]] = strings.TrimSpace(levelOf(fields[1]) + " " + strings.Join(on, ", "))
	}
	return out
}

// levelOf is the level that a letter stands for, as AWS calls it.
func levelOf(letter string) string {
	for name, l := range levels {
		if l == letter {
			name, _, _ = strings.Cut(name, ",")
			return name
		}
	}
	return letter
}

func compare(before, after map[string]string) []string {
	var out []string
	for _, key := range union(before, after) {
		was, had := before[key]
		is, has := after[key]
		switch {
		case !had:
			out = append(out, fmt.Sprintf("+ %s: %s", key, is))
		case !has:
			out = append(out, fmt.Sprintf("- %s: %s", key, was))
		case was != is:
			out = append(out, fmt.Sprintf("~ %s: %s -> %s", key, was, is))
		}
	}
	return out
}

// union returns the keys of both, sorted.
func union[V any](a, b map[string]V) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]V{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}
