package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	from := flag.String("from", "", "tarball of the pinned version (default: fetch it with npm)")
	out := flag.String("out", filepath.Join("iamops", "catalogue"), "directory to write to")
	flag.Parse()
	if err := run(ctx, *from, *out, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "catalogue:", err)
		os.Exit(1)
	}
}

// run reads the source, says what it changes, and writes the files.
func run(ctx context.Context, from, out string, log io.Writer) error {
	files, err := generate(ctx, from)
	if err != nil {
		return err
	}
	if err := report(files, out, log); err != nil {
		return err
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(out, f.name), f.content, 0o644); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(log, "%s: %d bytes\n", filepath.Join(out, f.name), len(f.content)); err != nil {
			return err
		}
	}
	return nil
}

// report writes what differs between the table in the tree and the new one.
func report(files []file, out string, log io.Writer) error {
	before, err := readTable(filepath.Join(out, files[0].name))
	if err != nil {
		return err
	}
	after, err := unpack(files[0].content)
	if err != nil {
		return err
	}
	lines, err := changes(before, after)
	if err != nil {
		return err
	}
	for _, l := range append(lines, fmt.Sprintf("%d changes", len(lines))) {
		if _, err := fmt.Fprintln(log, l); err != nil {
			return err
		}
	}
	return nil
}

// file is one file to write.
type file struct {
	name    string
	content []byte
}

// generate works the files out. The same source gives the same bytes.
func generate(ctx context.Context, from string) ([]file, error) {
	tarball, err := fetch(ctx, from)
	if err != nil {
		return nil, err
	}
	src, err := readSource(tarball)
	if err != nil {
		return nil, err
	}
	plain, err := table(src)
	if err != nil {
		return nil, err
	}
	packed, err := pack(plain)
	if err != nil {
		return nil, err
	}
	sum := fmt.Sprintf("%s %s\nsha256 %x\n", sourcePackage, src.version, sha256.Sum256(plain))
	notice := fmt.Sprintf("catalogue.json.gz is derived from the npm package %s %s,\nwhich is published under this licence:\n\n%s\n",
		sourcePackage, src.version, bytes.TrimSpace(src.licence))
	return []file{{"catalogue.json.gz", packed}, {"catalogue.sum", []byte(sum)}, {"NOTICE", []byte(notice)}}, nil
}

// pack compresses. The header of gzip stays empty: no name, no time.
func pack(plain []byte) ([]byte, error) {
	var buf bytes.Buffer
	w, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}
