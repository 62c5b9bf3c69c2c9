package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
	"port-iam/templates"
)

const (
	alice = "alice@example.com"
	bob   = "bob@example.com"
	// stepTime is how long a step may take before the story counts as broken.
	stepTime = 30 * time.Second
)

// Tell tells the story of one grant, from the request to the revocation, against
// a daemon that serves at daemonURL. The error names the step that did not hold.
func Tell(ctx context.Context, w *World, daemonURL string, out io.Writer) error {
	s := &story{World: w, daemonURL: daemonURL, out: out}
	for i, step := range []struct {
		title string
		do    func(context.Context) error
	}{
		{"The daemon connects to Port, Kafka and AWS", s.ready},
		{"The catalogue in Port holds resources and permissions", s.catalogue},
		{alice + " requests s3:PutObject on a bucket", s.request},
		{"What the daemon wrote", s.written},
		{"The role works for " + alice + ", for what was asked, and for nobody else", s.use},
		{alice + " revokes the permission", s.revoke},
		{"Nothing is left, and the sign-in does not work any more", s.gone},
		{"The metrics count it", s.metrics},
	} {
		s.say("\n%d. %s", i+1, step.title)
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("step %d, %s: %w", i+1, step.title, err)
		}
	}
	return nil
}

type story struct {
	*World
	daemonURL  string
	out        io.Writer
	grantRun   string
	roleARN    string
	sessionKey string
	alice      person
}

func (s *story) say(format string, args ...any) {
	_, _ = fmt.Fprintf(s.out, format+"\n", args...)
}

func (s *story) ready(ctx context.Context) error {
	s.say("   Port  %s (a stand-in, organisation %s)\n   Kafka %s, topic %s\n   AWS   %s (IAM and STS of account %s, in memory)",
		s.PortURL, Org, strings.Join(s.Brokers, ","), topic, s.AWSURL, Account)
	var last string
	err := wait(ctx, func() (done bool) {
		done, last = s.get(ctx, "/readyz")
		return done
	})
	if err != nil {
		return fmt.Errorf("the daemon does not become ready: %s", last)
	}
	s.say("   ready: %s/readyz, metrics: %s/metrics", s.daemonURL, s.daemonURL)
	return nil
}

func (s *story) catalogue(context.Context) error {
	for _, b := range []string{templates.BlueprintResource, templates.BlueprintPermission} {
		ids := s.Port.Entities(b)
		if len(ids) == 0 {
			return fmt.Errorf("blueprint %s has no entities", b)
		}
		s.say("   %-16s %s", b, strings.Join(ids, ", "))
	}
	return nil
}

func (s *story) request(ctx context.Context) error {
	s.grantRun = s.Port.StartRun(porttest.RunSpec{
		Action: "request_permissions", Entity: porttest.SampleBucket, Requester: alice,
		Properties: map[string]any{"permissions": []string{"s3:PutObject"}, "duration": "1h", "reason": "upload the monthly report"},
	})
	return s.ended(ctx, s.grantRun)
}

// ended waits for the end of a run that was started, and shows its log.
func (s *story) ended(ctx context.Context, id string) error {
	s.say("   Port started run %s and wrote it to %s", id, topic)
	var r porttest.RunState
	if err := wait(ctx, func() bool { r, _ = s.Port.Run(id); return r.Ended() }); err != nil {
		return fmt.Errorf("run %s does not end: %w", id, err)
	}
	s.say("   run %s ended %s after %s; its log in Port:", id, r.Status, r.EndedAt.Sub(r.CreatedAt))
	for _, l := range r.Logs {
		s.say("   | %s", strings.ReplaceAll(l.Message, "\n", "\n   | "))
	}
	if r.Status != "SUCCESS" || r.Ends != 1 {
		return fmt.Errorf("run %s ended %s (%d times)", id, r.Status, r.Ends)
	}
	return nil
}

func (s *story) written(context.Context) error {
	name := "Permission-" + s.grantRun
	role, policy := s.objects(name)
	if role == nil || policy == nil {
		return fmt.Errorf("there is no role or no policy %s", name)
	}
	s.roleARN = role.ARN
	s.say("   IAM role   %s\n              %s\n              boundary %s", role.ARN, role.Description, role.Boundary)
	for _, k := range slices.Sorted(maps.Keys(role.Tags)) {
		s.say("              tag %s = %s", k, role.Tags[k])
	}
	s.say("              trusts\n%s", indented(role.Trust))
	s.say("   IAM policy %s\n%s", policy.ARN, indented(policy.Versions[0].Document))
	entity, ok := s.Port.Entity(templates.BlueprintGrant, name)
	if !ok {
		return fmt.Errorf("there is no entity %s", name)
	}
	text, err := json.Marshal(entity["relations"])
	if err != nil {
		return err
	}
	s.say("   Port entity provisioned_permissions %s, related to\n%s", name, indented(string(text)))
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

func (s *story) use(ctx context.Context) (err error) {
	s.alice = s.signIn(alice)
	if s.sessionKey, err = s.alice.assume(ctx, s.roleARN); err != nil {
		return err
	}
	s.say("   %s assumes the role: allowed", alice)
	if _, err := s.signIn(bob).assume(ctx, s.roleARN); err == nil {
		return errors.New(bob + " could assume the role")
	}
	s.say("   %s assumes the role: denied", bob)
	for _, c := range []struct {
		action, resource string
		want             bool
	}{
		{"s3:PutObject", porttest.SampleBucket + "/report.csv", true},
		{"s3:GetObject", porttest.SampleBucket + "/report.csv", false},
		{"s3:PutObject", "arn:aws:s3:::another-bucket/report.csv", false},
	} {
		if err := s.try(c.action, c.resource, c.want); err != nil {
			return err
		}
	}
	return nil
}

// try asks whether the session that was opened may do something.
func (s *story) try(action, resource string, want bool) error {
	got, why := s.AWS.Allowed(s.sessionKey, action, resource)
	verdict := map[bool]string{true: "allowed", false: "denied"}
	s.say("   with it, %s on %s: %s", action, resource, verdict[got])
	if got != want {
		return fmt.Errorf("%s on %s is %s: %s", action, resource, verdict[got], why)
	}
	return nil
}

func (s *story) revoke(ctx context.Context) error {
	return s.ended(ctx, s.Port.StartRun(porttest.RunSpec{
		Action: "revoke_permissions", Entity: "Permission-" + s.grantRun, Requester: alice,
	}))
}

func (s *story) gone(ctx context.Context) error {
	name := "Permission-" + s.grantRun
	if role, policy := s.objects(name); role != nil || policy != nil {
		return fmt.Errorf("role or policy %s still exist", name)
	}
	if _, ok := s.Port.Entity(templates.BlueprintGrant, name); ok {
		return fmt.Errorf("entity %s still exists", name)
	}
	s.say("   no role, no policy, no entity")
	if err := s.try("s3:PutObject", porttest.SampleBucket+"/report.csv", false); err != nil {
		return fmt.Errorf("a session that was open before: %w", err)
	}
	if _, err := s.alice.assume(ctx, s.roleARN); err == nil {
		return errors.New(alice + " can still assume the role")
	}
	s.say("   %s assumes the role: denied", alice)
	return nil
}

func (s *story) metrics(ctx context.Context) error {
	for _, line := range []string{
		`port_iam_runs_total{account="` + Account + `",operation="grant",outcome="succeeded"} 1`,
		`port_iam_runs_total{account="` + Account + `",operation="revoke",outcome="succeeded"} 1`,
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
