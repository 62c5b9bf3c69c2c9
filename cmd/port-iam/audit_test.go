package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"port-iam/internal/audit"
	"port-iam/internal/demo"
)

// auditWorld is a daemon in this process whose audit events go there.
func auditWorld(t *testing.T, to string) (url string, ended <-chan error) {
	t.Helper()
	world, err := demo.NewWorld(demo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(world.Close)
	cfg, err := demoConfig(world, false)
	if err != nil {
		t.Fatal(err)
	}
	cfg.audit = to
	l, err := listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	end, stopped := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(stopped)
		end <- run(ctx, cfg, l, io.Discard, io.Discard)
	}()
	t.Cleanup(func() {
		stop()
		<-stopped
	})
	return "http://" + l.Addr().String(), end
}

// TestAuditReadiness: a file that cannot be written makes the daemon unready, also while
// nothing is to be told, and one that can be written again makes it ready again.
func TestAuditReadiness(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "audit")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	url, _ := auditWorld(t, filepath.Join(dir, "events"))
	awaitReady(t, url)
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	awaitAnswer(t, url, http.StatusServiceUnavailable, "audit: the audit log "+dir)
	if err := os.Rename(dir+".away", dir); err != nil {
		t.Fatal(err)
	}
	awaitReady(t, url)
}

// TestAuditStart: a file that cannot be opened ends the daemon.
func TestAuditStart(t *testing.T) {
	t.Parallel()
	_, ended := auditWorld(t, filepath.Join(t.TempDir(), "no", "events"))
	if err := <-ended; err == nil || !strings.HasPrefix(err.Error(), "AUDIT_LOG: open the audit log") {
		t.Errorf("ended with %v", err)
	}
}

// TestAuditStdout: standard output holds audit events and nothing else.
func TestAuditStdout(t *testing.T) {
	t.Parallel()
	world, err := demo.NewWorld(demo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer world.Close()
	d := &demoDaemon{world: world, stderr: io.Discard, died: func() {}}
	if err := demo.Tell(t.Context(), world, demo.Daemon{Start: d.start, Profile: d.profile, Audit: d.audit.text}, io.Discard); err != nil {
		t.Error(err)
	}
	if err := d.stop(); err != nil {
		t.Error(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(d.audit.text()) {
		var e audit.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Version != version {
			t.Errorf("%v: line %s", err, line)
		}
		seen[e.Event] = true
	}
	for _, want := range []string{audit.Granted, audit.Revoked} {
		if !seen[want] {
			t.Errorf("no event %s in\n%s", want, d.audit.text())
		}
	}
}

func TestAuditSetting(t *testing.T) {
	for value, good := range map[string]bool{
		"": true, "stdout": true, "off": true, "/var/log/x": true, "audit.log": true, "STDOUT": false, "none": false, "false": false,
	} {
		_, err := readWith(t, map[string]string{"AUDIT_LOG": value})
		if wrong := err != nil && strings.Contains(err.Error(), "AUDIT_LOG"); wrong == good {
			t.Errorf("AUDIT_LOG=%q: %v", value, err)
		}
	}
}
