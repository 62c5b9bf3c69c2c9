package main

import (
	"context"
	"io"
	"strings"
	"testing"

	"port-iam/internal/demo"
)

// TestDemoFails: the story is not only told. Where the daemon does something else, it
// ends with the step that did not hold.
func TestDemoFails(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*demo.Daemon)
		step   string
	}{
		"another profile": {func(d *demo.Daemon) {
			d.Profile = func(context.Context, string) (string, error) { return "[profile other]", nil }
		}, "step 6, "},
		"no lists for the console": {func(d *demo.Daemon) {
			start := d.Start
			d.Start = func(ctx context.Context, _ bool) (string, error) { return start(ctx, false) }
		}, "step 7, "},
		"no audit events": {func(d *demo.Daemon) {
			d.Audit = func() string { return "" }
		}, "step 12, "},
	} {
		t.Run(name, func(t *testing.T) {
			world, err := demo.NewWorld(demo.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer world.Close()
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			d := &demoDaemon{world: world, stderr: io.Discard, died: stop}
			told := demo.Daemon{Start: d.start, Profile: d.profile, Audit: d.audit.text}
			tc.change(&told)
			err = demo.Tell(ctx, world, told, io.Discard)
			if err == nil || !strings.HasPrefix(err.Error(), tc.step) {
				t.Errorf("the story ends with %v, want %s", err, tc.step)
			}
			if err := d.stop(); err != nil {
				t.Error(err)
			}
		})
	}
}
