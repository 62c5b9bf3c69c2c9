package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"port-iam/internal/demo"
)

// TestActionsOfAnotherAccount: a daemon does not start on actions that were set
// up for another account.
func TestActionsOfAnotherAccount(t *testing.T) {
	world, err := demo.NewWorld(demo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer world.Close()
	for account, want := range map[string]string{
		demo.Account:   "",
		"210987654321": "action revoke_permissions in Port is for AWS account 210987654321, and the credentials of this daemon are of " + demo.Account,
	} {
		world.Port.AddAction(fmt.Sprintf(`{"identifier":"revoke_permissions","trigger":{"type":"self-service","operation":"DELETE",
			"blueprintIdentifier":"provisioned_permissions","userInputs":{"properties":{},"required":[]}},
			"invocationMethod":{"type":"KAFKA","payload":{"context":{"account":%q}}}}`, account))
		cfg, err := demoConfig(world)
		if err != nil {
			t.Fatal(err)
		}
		l, err := listen(t.Context(), "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
		ended := make(chan error, 1)
		go func() { ended <- run(ctx, cfg, l, io.Discard) }()
		if want == "" {
			awaitReady(t, "http://"+l.Addr().String())
			stop()
		}
		switch err := <-ended; {
		case want == "" && err != nil:
			t.Errorf("with its own account: %v", err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("error %v, want %q", err, want)
		}
		stop()
	}
}

// awaitReady waits for a daemon in this process.
func awaitReady(t *testing.T, url string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(30 * time.Second); ; {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/readyz", nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("the daemon does not become ready")
		}
	}
}
