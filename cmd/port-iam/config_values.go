package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"port-iam/iamops"
	"port-iam/iamops/catalogue"
)

// findings collect what is wrong with settings and flags, so that all of it is
// reported at once, and deliberate choices that are worth a warning.
type findings struct {
	problems []error
	warnings []string
}

// wrong notes a problem by the name of its variable or flag.
func (f *findings) wrong(variable, format string, args ...any) {
	f.problems = append(f.problems, fmt.Errorf("%s: "+format, append([]any{variable}, args...)...))
}

func (f *findings) warn(choice string) { f.warnings = append(f.warnings, choice) }

// err has one line for each problem; nil when there is none.
func (f *findings) err() error { return errors.Join(f.problems...) }

func oneOf(f *findings, variable, value string, allowed ...string) string {
	if !slices.Contains(allowed, value) {
		f.wrong(variable, "%q is none of %s", value, strings.Join(allowed, ", "))
		return ""
	}
	return value
}

func boolean(f *findings, variable, value string) bool {
	b, err := strconv.ParseBool(value)
	if err != nil {
		f.wrong(variable, "%q is neither true nor false", value)
	}
	return b
}

func duration(f *findings, variable, value string) (time.Duration, bool) {
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 {
		f.wrong(variable, "%q is not a duration such as 30m or 8h", value)
		return 0, false
	}
	return d, true
}

func splitList(text string) []string {
	var out []string
	for _, item := range strings.Split(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}

func patterns(f *findings, variable, text string) []string {
	list := splitList(text)
	if err := catalogue.CheckPatterns(list); err != nil {
		f.wrong(variable, "%s", withSemicolons(err))
	}
	return list
}

func tags(f *findings, text string) map[string]string {
	out := map[string]string{}
	for _, kv := range splitList(text) {
		key, value, ok := strings.Cut(kv, "=")
		if !ok {
			f.wrong("IAM_TAGS", "%q is not key=value", kv)
		}
		if _, twice := out[key]; twice {
			f.wrong("IAM_TAGS", "%q is given twice", key)
		}
		out[key] = value
	}
	if err := iamops.CheckTags(out); err != nil {
		f.wrong("IAM_TAGS", "%s", withSemicolons(err))
	}
	return out
}

// withSemicolons is the text of an error that may have several lines.
func withSemicolons(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// secretOrFile reads a secret from the file that is given instead of its value.
// The line break that editors put at the end of a file is not part of it.
func secretOrFile(f *findings, variable string, value secret, file string) secret {
	if file == "" {
		return value
	}
	if value.reveal() != "" {
		f.wrong(variable, "contradicts %s_FILE: set one of them", variable)
		return value
	}
	text, err := os.ReadFile(file)
	if err != nil {
		f.wrong(variable+"_FILE", "%v", err)
		return secret{}
	}
	if s := strings.TrimRight(string(text), "\r\n"); s != "" {
		return newSecret(s)
	}
	f.wrong(variable+"_FILE", "%s is empty", file)
	return secret{}
}

func caPool(f *findings, file string) *x509.CertPool {
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	pool := x509.NewCertPool()
	if err != nil {
		f.wrong("KAFKA_TLS_CA_FILE", "%v", err)
	} else if !pool.AppendCertsFromPEM(text) {
		f.wrong("KAFKA_TLS_CA_FILE", "%s holds no certificate in PEM form", file)
	}
	return pool
}

// checkURL refuses what would send credentials in the clear.
func checkURL(f *findings, variable, text string, insecure bool) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		f.wrong(variable, "is not a URL such as https://api.port.io")
		return
	}
	if u.Scheme == "https" || insecure || u.Hostname() == "localhost" {
		return
	}
	if ip := net.ParseIP(u.Hostname()); ip == nil || !ip.IsLoopback() {
		f.wrong(variable, "is http:// to %s: use https, or set ALLOW_INSECURE_HTTP=true", u.Hostname())
	}
}
