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
const format = 1

// maxLine is far above the longest line, which is that of EC2 with 42 kB.
const maxLine = 1 << 20

type header struct {
	Format   int      `json:"format"`
	Version  string   `json:"version"`
	Services []string `json:"services"`
}

// line is one service. A type is its key followed by its ARN patterns, without
// "arn:${Partition}:"; an action is "Name Level Type Type ...", where a type is
// an index into Types.
type line struct {
	Service string     `json:"s"`
	Types   [][]string `json:"t"`
	Actions []string   `json:"a"`
}

// readLine decodes line n of a table. Unpacking up to there takes some
// milliseconds and leaves nothing behind.
func readLine(packed []byte, n int, into any) error {
	zr, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return fmt.Errorf("unpack the action catalogue: %w", err)
	}
	sc := bufio.NewScanner(zr)
	sc.Buffer(make([]byte, 0, 1<<16), maxLine)
	for ; sc.Scan(); n-- {
		if n == 0 {
			return json.Unmarshal(sc.Bytes(), into)
		}
	}
	return fmt.Errorf("unpack the action catalogue: %w", errors.Join(sc.Err(), io.ErrUnexpectedEOF))
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
	var l line
	err := readLine(packed, 1+index, &l)
	if err == nil && l.Service != prefix {
		err = fmt.Errorf("the action catalogue has %q where its header says %q", l.Service, prefix)
	}
	if err != nil {
		return nil, err
	}
	return newService(l)
}
