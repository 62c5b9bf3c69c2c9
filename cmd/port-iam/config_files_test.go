package main

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"port-iam/templates"
)

// TestOnlyRegularFiles: what cannot be read to an end is told by its variable, and
// nothing waits for it.
func TestOnlyRegularFiles(t *testing.T) {
	dir := t.TempDir()
	fifo, link, long := filepath.Join(dir, "fifo"), filepath.Join(dir, "link"), filepath.Join(dir, "long")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(fifo, link); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(long, []byte(strings.Repeat("x", maxFile+1)), 0o600); err != nil {
		t.Fatal(err)
	}
	const irregular, tooLong = " is not a regular file", " is longer than 1048576 bytes"
	for _, variable := range []string{"PORT_CLIENT_SECRET_FILE", "PORT_SIGNING_SECRET_FILE", "KAFKA_PASSWORD_FILE", "KAFKA_TLS_CA_FILE"} {
		wantProblems(t, variable, map[string]string{fifo: irregular, link: irregular, "/dev/zero": irregular, "/dev/null": irregular, dir: irregular, long: tooLong})
	}
	for _, variable := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE", "AWS_WEB_IDENTITY_TOKEN_FILE"} {
		wantProblems(t, variable, map[string]string{fifo: irregular, link: irregular, "/dev/zero": irregular})
	}
	for _, name := range []string{templates.PermissionPolicyFile, templates.TrustPolicyFile} {
		for target, want := range map[string]string{fifo: irregular, "/dev/zero": irregular, dir: irregular, long: tooLong} {
			own := t.TempDir()
			if err := os.Symlink(target, filepath.Join(own, name)); err != nil {
				t.Fatal(err)
			}
			wantProblems(t, "TEMPLATES_DIR", map[string]string{own: filepath.Join(own, name) + want})
		}
	}
}

// wantProblems sets a variable to each value in turn, alone.
func wantProblems(t *testing.T, variable string, values map[string]string) {
	t.Helper()
	for value, want := range values {
		env := validEnv()
		if base, isFile := strings.CutSuffix(variable, "_FILE"); isFile {
			delete(env, base)
		}
		maps.Copy(env, map[string]string{variable: value})
		_, err := readWith(t, env)
		if err == nil || !strings.HasPrefix(err.Error(), variable+": ") || !strings.HasSuffix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s=%s: got %v\nwant it to end in %q", variable, value, err, want)
		}
	}
}

// TestFilesThroughLinks: secrets are mounted as links to links.
func TestFilesThroughLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "data"), []byte(strings.Repeat(" ", maxFile-6)+"sesame"), 0o600); err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{"middle": "data", "secret": "middle"} {
		if err := os.Symlink(to, filepath.Join(dir, from)); err != nil {
			t.Fatal(err)
		}
	}
	env := validEnv()
	delete(env, "PORT_CLIENT_SECRET")
	env["PORT_CLIENT_SECRET_FILE"], env["AWS_CONFIG_FILE"], env["AWS_SHARED_CREDENTIALS_FILE"] = filepath.Join(dir, "secret"), os.DevNull, os.DevNull
	cfg, err := readWith(t, env)
	if err != nil || cfg.awsErr != nil {
		t.Fatal(err, cfg.awsErr)
	}
	if got := cfg.port.clientSecret.reveal(); got != "sesame" {
		t.Errorf("got %q", got)
	}
}

// TestPatternsWithoutEffect: each is a line at the start that names it, and no more.
func TestPatternsWithoutEffect(t *testing.T) {
	for _, tc := range []struct{ deny, allow, want string }{
		{"", "", ""},
		{"s3:Delete*,ec2:*,iam:*,*:Put*,S3:getobject", "s3:PutBucketPolicy", ""},
		{"s3:Delte*", "", "GRANT_DENY=s3:Delte*"},
		{"s3:Delte*,s3:Delete*,*:Nonesuch,s33:*", "", "GRANT_DENY=s3:Delte* GRANT_DENY=*:Nonesuch GRANT_DENY=s33:*"},
		{"", "s3:GetObject", "GRANT_ALLOW=s3:GetObject"},
		{"", "s3:PutBucketPolcy,iam:*,s3:*", "GRANT_ALLOW=s3:PutBucketPolcy GRANT_ALLOW=iam:*"},
		{"", "s3:GetDataAccess", "GRANT_ALLOW=s3:GetDataAccess"},
		{"rds-db:connect", "rds-db:connect", ""},
		{"nonesuch:x", "none", "GRANT_DENY=nonesuch:x"},
	} {
		env := validEnv()
		env["GRANT_DENY"], env["GRANT_ALLOW"] = tc.deny, tc.allow
		cfg, err := readWith(t, env)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, w := range cfg.warnings {
			name, _, _ := strings.Cut(w, " ")
			got = append(got, name)
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("GRANT_DENY=%s GRANT_ALLOW=%s: got %q\nwant %q", tc.deny, tc.allow, cfg.warnings, tc.want)
		}
	}
}
