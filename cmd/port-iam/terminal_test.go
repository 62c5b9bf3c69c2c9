package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"port-iam/grants"
)

// TestProgress: what is quick says nothing, what is slow says where it is.
func TestProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for after, want := range map[time.Duration]string{
			900 * time.Millisecond: "",
			3 * time.Second:        "reading …\n",
			12 * time.Second:       "reading …\nreading …\nreading …\n",
		} {
			var out bytes.Buffer
			stop := progress(&out, "reading")
			time.Sleep(after) //nolint:forbidigo // the clock is faked
			stop()
			stop()
			if diff := cmp.Diff(want, out.String()); diff != "" {
				t.Errorf("after %s (-want +got):\n%s", after, diff)
			}
		}
	})
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	for answer, yes := range map[string]bool{"y\n": true, "YES\n": true, " yes": true, "n\n": false, "\n": false, "": false, "yesterday\n": false} {
		var out bytes.Buffer
		err := confirm(t.Context(), strings.NewReader(answer), &out, "Really?")
		if yes != (err == nil) || !yes && !errors.Is(err, errDeclined) || out.String() != "Really? [y/N] " {
			t.Errorf("%q: %v, asked %q", answer, err, out.String())
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	silent, hangUp := io.Pipe()
	defer func() { _ = hangUp.Close() }()
	if err := confirm(ctx, silent, io.Discard, "Really?"); !errors.Is(err, errDeclined) {
		t.Errorf("interrupted: %v", err)
	}
}

// TestIsTerminal: neither a pipe nor the null device can answer.
func TestIsTerminal(t *testing.T) {
	t.Parallel()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	file, err := os.Open("terminal_test.go")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	for name, r := range map[string]io.Reader{"null device": null, "file": file, "reader": strings.NewReader("y\n")} {
		if isTerminal(r) {
			t.Errorf("the %s passes for a terminal", name)
		}
	}
}

// TestTableIsSafe: texts from Port cannot steer the terminal, and long lists do
// not fill it.
func TestTableIsSafe(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	err := writeGrants(&out, []grants.Listing{
		{Name: "Permission-r_1", Account: "111111111111", State: grants.StateActive, Requester: "a\x1b[2Jb\n@example.com", Permissions: []string{"s3:A", "s3:B", "s3:C", "s3:D", "s3:E"}, InIAM: true},
		{Name: "Permission-r_2", State: grants.StateUnknown, Why: "two\nlines", Ends: now.Add(30 * time.Second), InIAM: true},
		{Name: "Permission-r_3", State: grants.StateIncomplete, InPort: true},
	}, now)
	if err != nil {
		t.Fatal(err)
	}
	const want = `NAME            ACCOUNT       REQUESTER            RESOURCE  PERMISSIONS                EXPIRES IN    STATE
Permission-r_1  111111111111  a?[2Jb?@example.com  -         s3:A,s3:B,s3:C and 2 more  until revoked  active
Permission-r_2  -             -                    -         -                          less than 1m   unknown: two lines
Permission-r_3  -             -                    -         -                          -              incomplete
`
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	if diff := cmp.Diff(squeeze(want), squeeze(out.String())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
