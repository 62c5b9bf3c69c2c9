package main

import (
	"crypto/x509"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"port-iam/templates"
)

// maxFile is the longest file that a setting may name, in bytes: all certificate
// authorities of a system need half of that.
const maxFile = 1 << 20

// readFile reads a regular file, also through links. Nothing else is opened: a FIFO
// waits for its writer for ever, and a device may have no end.
func readFile(name string) ([]byte, error) {
	if !maybeRegular(name) {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	_ = f.Close() // it was only read
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("%s is longer than %d bytes", name, maxFile)
	}
	return text, err
}

// maybeRegular is false for what exists and is no regular file.
func maybeRegular(name string) bool {
	info, err := os.Stat(name) //nolint:gosec // the operator names it
	return err != nil || info.Mode().IsRegular()
}

// checkAWSFiles reports whether the files of the SDK can be opened without waiting
// for a writer. The null device stands for an empty one.
func checkAWSFiles(p *problems) bool {
	ok := true
	for _, v := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE", "AWS_WEB_IDENTITY_TOKEN_FILE"} {
		if name := os.Getenv(v); name != "" && name != os.DevNull && !maybeRegular(name) {
			p.add(v, "%s is not a regular file", name)
			ok = false
		}
	}
	return ok
}

// regularFiles is a directory whose files are read with readFile.
type regularFiles struct {
	fs.FS
	dir string
}

// ReadFile is part of fs.ReadFileFS.
func (r regularFiles) ReadFile(name string) ([]byte, error) {
	return readFile(filepath.Join(r.dir, name))
}

// secretOrFile reads a secret from the file that is given instead of its value.
// White space at the ends of the file is not part of it, nor the line break that
// editors put there.
func secretOrFile(p *problems, variable string, value secret, file string) secret {
	if file == "" {
		return value
	}
	if value.reveal() != "" {
		p.add(variable, "contradicts %s_FILE: set one of them", variable)
		return value
	}
	text, err := readFile(file)
	if err != nil {
		p.add(variable+"_FILE", "%v", err)
		return secret{}
	}
	if s := strings.TrimSpace(string(text)); s != "" {
		return newSecret(s)
	}
	p.add(variable+"_FILE", "%s is empty", file)
	return secret{}
}

func caPool(p *problems, file string) *x509.CertPool {
	if file == "" {
		return nil
	}
	text, err := readFile(file)
	pool := x509.NewCertPool()
	if err != nil {
		p.add("KAFKA_TLS_CA_FILE", "%v", err)
	} else if !pool.AppendCertsFromPEM(text) {
		p.add("KAFKA_TLS_CA_FILE", "%s holds no certificate in PEM form", file)
	}
	return pool
}

// loadTemplates loads the templates, which have to fit the lists for AWS's console, too,
// where grants have them.
func loadTemplates(p *problems, dir string, console bool) *templates.Set {
	var source fs.FS
	if dir != "" {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			p.add("TEMPLATES_DIR", "%q is not a directory that can be read", dir)
			return nil
		}
		source = regularFiles{os.DirFS(dir), dir}
	}
	set, err := templates.Load(source)
	if err == nil && console {
		err = set.CheckConsole()
	}
	if err != nil {
		p.add("TEMPLATES_DIR", "%s: %v", path.Clean(dir), err)
	}
	return set
}
