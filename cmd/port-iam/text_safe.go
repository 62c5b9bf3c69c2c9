package main

import (
	"bytes"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// escaped is a text without what a terminal would obey and what cannot be seen:
// such a character becomes \u and its number, which JSON reads as that character.
// Ends of lines and tabs stay.
func escaped(text []byte) []byte {
	var out bytes.Buffer
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1: // a byte that is no UTF-8, which some terminals obey
			out.WriteRune(r)
		case r == '\n' || r == '\t' || unicode.IsGraphic(r), bytes.HasPrefix(text, []byte("\r\n")):
			out.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			_, _ = fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			_, _ = fmt.Fprintf(&out, `\u%04x`, r)
		}
		text = text[size:]
	}
	return out.Bytes()
}

// safeWriter is standard output or standard error: what Port, a broker or a person
// wrote reaches the terminal through it. Each write holds whole characters.
type safeWriter struct{ to io.Writer }

// Write is part of io.Writer.
func (w safeWriter) Write(text []byte) (int, error) {
	if _, err := w.to.Write(escaped(text)); err != nil {
		return 0, err
	}
	return len(text), nil
}
