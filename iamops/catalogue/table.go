package catalogue

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed" // for the table
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// embedded is the table as internal/tools/catalogue writes it: lines of JSON, the
// header first, then one for each service. It stays compressed in memory.
//
//go:embed catalogue.json.gz
var embedded []byte

// format is the layout of the table that this package reads.
const format = 2

// maxLine is far above the longest line, which is that of EC2 with 42 kB.
const maxLine = 1 << 20

type header struct {
	Format   int      `json:"format"`
	Version  string   `json:"version"`
	Services []string `json:"services"`
}

// line is one service. A type is its key followed by its ARN patterns, without
// "arn:${Partition}:"; an action is "Name Level Type Type! ...", where a type is
// an index into Types, and "!" says that AWS calls the type required.
type line struct {
	Service string     `json:"s"`
	Types   [][]string `json:"t"`
	Actions []string   `json:"a"`
}

// eachLine shows the lines of a table, from the header on, until visit returns
// false or an error. That a table ends before is an error.
func eachLine(packed []byte, visit func(n int, text []byte) (more bool, err error)) error {
	zr, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return fmt.Errorf("unpack the action catalogue: %w", err)
	}
	sc := bufio.NewScanner(zr)
	sc.Buffer(make([]byte, 0, 1<<16), maxLine)
	for n := 0; sc.Scan(); n++ {
		if more, err := visit(n, sc.Bytes()); err != nil || !more {
			return err
		}
	}
	return fmt.Errorf("unpack the action catalogue: %w", errors.Join(sc.Err(), io.ErrUnexpectedEOF))
}

// readLine decodes line n of a table. Unpacking up to there takes some
// milliseconds and leaves nothing behind.
func readLine(packed []byte, n int, into any) error {
	return eachLine(packed, func(i int, text []byte) (bool, error) {
		if i < n {
			return true, nil
		}
		return false, json.Unmarshal(text, into)
	})
}

func readHeader(packed []byte) (header, error) {
	var h header
	err := readLine(packed, 0, &h)
	if err == nil && h.Format != format {
		err = fmt.Errorf("the action catalogue has format %d, and this program reads %d", h.Format, format)
	}
	return h, err
}

// readService reads the service that the header lists at this index.
func readService(packed []byte, prefix string, index int) (*service, error) {
	var s *service
	err := eachLine(packed, func(n int, text []byte) (more bool, err error) {
		if n < 1+index {
			return true, nil
		}
		s, err = parseService(text, prefix)
		return false, err
	})
	return s, err
}

func parseService(text []byte, prefix string) (*service, error) {
	var l line
	err := json.Unmarshal(text, &l)
	if err == nil && l.Service != prefix {
		err = fmt.Errorf("the action catalogue has %q where its header says %q", l.Service, prefix)
	}
	if err != nil {
		return nil, err
	}
	return newService(l)
}
