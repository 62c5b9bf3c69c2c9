package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
	"port-iam/templates"
)

func (s *story) revoke(ctx context.Context) error {
	for i, g := range s.grants {
		s.grants[i].revokedBy = s.Port.StartRun(porttest.RunSpec{
			Action: "revoke_permissions", Entity: "Permission-" + g.run, Requester: alice,
		})
		if err := s.ended(ctx, s.grants[i].revokedBy, "SUCCESS"); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) gone(ctx context.Context) error {
	for _, g := range s.grants {
		name := "Permission-" + g.run
		if role, policy := s.objects(name); role != nil || policy != nil {
			return fmt.Errorf("role or policy %s still exist", name)
		}
		if _, ok := s.Port.Entity(templates.BlueprintGrant, name); ok {
			return fmt.Errorf("entity %s still exists", name)
		}
		s.say("   %s: no role, no policy, no entity", name)
		if err := s.try(g, attempt{g.allows, object, false}); err != nil {
			return fmt.Errorf("a session that was open before: %w", err)
		}
		if _, err := s.alice.assume(ctx, g.roleARN); err == nil {
			return errors.New(alice + " can still assume the role")
		}
		s.say("   %s assumes the role: denied", alice)
	}
	return nil
}

// metrics are those of the daemon since it was started again.
func (s *story) metrics(ctx context.Context) error {
	for _, line := range []string{
		`port_iam_runs_total{account="` + Account + `",operation="grant",outcome="succeeded"} 2`,
		`port_iam_runs_total{account="` + Account + `",operation="grant",outcome="refused"} 1`,
		`port_iam_runs_total{account="` + Account + `",operation="revoke",outcome="succeeded"} 3`,
		`port_iam_runs_in_flight{operation="grant"} 0`,
	} {
		err := wait(ctx, func() bool {
			_, body := s.get(ctx, "/metrics")
			return strings.Contains(body, "\n"+line+"\n")
		})
		if err != nil {
			return fmt.Errorf("%s/metrics does not say %s", s.daemonURL, line)
		}
		s.say("   %s", line)
	}
	return nil
}

// objects returns what IAM holds under a name, nil for what it does not.
func (s *story) objects(name string) (role *iamtest.Role, policy *iamtest.Policy) {
	snap := s.AWS.Snapshot()
	for i := range snap.Roles {
		if snap.Roles[i].Name == name {
			role = &snap.Roles[i]
		}
	}
	for i := range snap.Policies {
		if snap.Policies[i].Name == name {
			policy = &snap.Policies[i]
		}
	}
	return role, policy
}

// indented lays a JSON document out for reading.
func indented(doc string) string {
	const margin = "              "
	var b bytes.Buffer
	if json.Indent(&b, []byte(doc), margin, "  ") != nil {
		return doc
	}
	return margin + b.String()
}

// wait waits for a condition.
func wait(ctx context.Context, done func() bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, stepTime, fmt.Errorf("not within %s", stepTime))
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// get asks the daemon, and whether it says OK.
func (s *story) get(ctx context.Context, path string) (ok bool, body string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.daemonURL+path, nil)
	if err != nil {
		return false, err.Error()
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return err == nil && resp.StatusCode == http.StatusOK, string(text)
}
