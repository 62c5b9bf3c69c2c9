package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"

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
		cfg, err := demoConfig(world, false)
		if err != nil {
			t.Fatal(err)
		}
		l, err := listen(t.Context(), "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
		ended := make(chan error, 1)
		go func() { ended <- run(ctx, cfg, l, io.Discard, io.Discard) }()
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
	awaitAnswer(t, url, http.StatusOK, "")
}

// awaitAnswer waits until /readyz of a daemon in this process answers so.
func awaitAnswer(t *testing.T, url string, status int, part string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(30 * time.Second); ; {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/readyz", nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			text, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode == status && strings.Contains(string(text), part) {
				return
			}
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("the daemon never answers %d %q", status, part)
		}
	}
}

// TestCredentialsAtStart: AWS rejecting the credentials ends the daemon. A source
// of credentials that gives none does not, whatever it answers: the daemon waits
// for it, is not ready, and says why.
func TestCredentialsAtStart(t *testing.T) {
	t.Parallel()
	world, err := demo.NewWorld(demo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer world.Close()
	var gives atomic.Bool
	container := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if !gives.Load() {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"code":"AccessDenied","message":"not this pod"}`)
			return
		}
		_, _ = io.WriteString(w, `{"AccessKeyId":"daemon","SecretAccessKey":"secret","Token":"t","Expiration":"2999-01-01T00:00:00Z"}`)
	}))
	defer container.Close()
	cfg, err := demoConfig(world, false)
	if err != nil {
		t.Fatal(err)
	}
	load := cfg.aws
	cfg.aws = func(ctx context.Context) (aws.Config, error) {
		c, err := load(ctx)
		c.Credentials = aws.NewCredentialsCache(endpointcreds.New(container.URL))
		return c, err
	}
	l, err := listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, cfg, l, io.Discard, io.Discard) }()
	url := "http://" + l.Addr().String()
	awaitAnswer(t, url, http.StatusServiceUnavailable, "not this pod")
	gives.Store(true)
	awaitReady(t, url)
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}

	world.AWS.RejectCredentials(true)
	if l, err = listen(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), cfg, l, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "check the AWS credentials") {
		t.Errorf("rejected: %v", err)
	}
}
