package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// writeTable lays rows out in columns.
func writeTable(w io.Writer, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		_, _ = fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	return t.Flush()
}

// writeJSON lays a value out for reading.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// printable is a text from elsewhere without what a terminal would obey.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}

// flat is a text from elsewhere on one line.
func flat(s string) string { return printable(strings.Join(strings.Fields(s), " ")) }

// cell is a text from elsewhere in a table.
func cell(s string) string {
	if s == "" {
		return "-"
	}
	return printable(s)
}

// count is a number of things.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// atMost shortens a long list.
func atMost(most int, list []string, between string) string {
	if len(list) <= most {
		return strings.Join(list, between)
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most], between), len(list)-most)
}

// few shortens a list to what fits a line of a table.
func few(list []string) string { return atMost(3, list, ",") }

// timeLeft is the time until an end.
func timeLeft(d time.Duration) string {
	switch {
	case d <= 0:
		return "over"
	case d < time.Minute:
		return "less than 1m"
	}
	return strings.TrimSuffix(d.Truncate(time.Minute).String(), "0s")
}
