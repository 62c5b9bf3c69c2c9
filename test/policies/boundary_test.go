package policies

import (
	"encoding/json"
	"os/exec"
	"testing"

	"port-iam/iamops/catalogue"
	"port-iam/templates"
)

// printed is what the command prints for the operator.
func printed(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"run", "port-iam/cmd/port-iam", "print"}, args...)...)
	out, err := cmd.Output()
	noError(t, err)
	return string(out)
}

// TestPrinted: the documents proven here are those that operators get.
func TestPrinted(t *testing.T) {
	s := settings[1]
	if got := printed(t, "management-policy", "--boundary", s.boundary()); got != s.management(t) {
		t.Errorf("printed:\n%s", got)
	}
	if got := printed(t, "requester-policy", "--account", account); got != s.requesters(t) {
		t.Errorf("printed:\n%s", got)
	}
}

// TestBoundary: under the printed boundary not even a role with all rights leaves
// the services, or the account, or does what is never granted.
func TestBoundary(t *testing.T) {
	t.Parallel()
	s := settings[1]
	boundary := printed(t, "boundary", "--account", account, "--services", "s3,ec2,ssm")
	by := sessionOf(s.partition, s.path, "Permission-"+runID, requester)
	everything := policies{identity: []string{admin}, boundary: boundary}
	shared := everything
	shared.ofResource = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:root"},"Action":"s3:*","Resource":"*"}]}`
	unlimited := shared
	unlimited.boundary = ""
	object := request{by: by, action: "s3:GetObject", resource: "arn:aws:s3:::reports/x"}
	ours := object.of(account)
	theirs := object.of(foreign)
	instance := "arn:aws:ec2" + regional + "instance/i-0123456789abcdef0"
	questions := []question{
		{"a bucket of ours", ours, everything, true},
		{"a bucket, AWS does not say whose", object, everything, true},
		{"a bucket of another account that is open to us", theirs, shared, false},
		{"the same without a boundary", theirs, unlimited, true},
		{"an instance", request{by: by, action: "ec2:StopInstances", resource: instance}, everything, true},
		{"a session on it", request{by: by, action: "ssm:StartSession", resource: instance}, everything, true},
		{"another service", request{by: by, action: "dynamodb:GetItem", resource: "arn:aws:dynamodb" + regional + "table/Orders"}, everything, false},
		{"lend a role to a service", request{by: by, action: "iam:PassRole", resource: s.arn("role", "/", "Admin")}, everything, false},
		{"another grant, though it trusts us", request{by: by, action: "sts:AssumeRole", resource: s.role()}, policies{
			identity: []string{admin}, boundary: boundary,
			ofResource: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + by.arn + `"},"Action":"sts:AssumeRole"}]}`,
		}, false},
	}
	// What is never granted stays so even where the boundary is widened.
	open := parse(t, boundary)
	open["Statement"].([]any)[0] = map[string]any{"Effect": "Allow", "Action": "*", "Resource": "*"}
	text, err := json.Marshal(open)
	noError(t, err)
	widened := policies{identity: []string{admin}, boundary: string(text)}
	known, err := catalogue.Open()
	noError(t, err)
	never := map[string]bool{}
	for _, service := range append(catalogue.DeniedServices(), "s3", "ec2", "ssm") {
		actions, err := known.Actions(service)
		noError(t, err)
		for _, a := range actions {
			never[a.Name] = a.Denied
		}
		for _, a := range awsActions(t, service) {
			if a.name == "sts:GetCallerIdentity" {
				continue // nobody can deny that
			}
			if resources := a.resources("aws", "us-east-1", "x"); len(resources) > 0 {
				r := request{by: by, action: a.name, resource: resources[0]}
				questions = append(questions, question{"with a wider boundary", r, widened, !never[a.name]})
			}
		}
	}
	check(t, questions)
}

// cut is the document that takes access away in one call.
func cut(t *testing.T, s setting) string {
	t.Helper()
	w := newWorld(t, s)
	key, secret := w.fake.AddUser("port-iam-daemon", admin)
	_, ops := daemon(t, s, templates.TrustIdentityCenter, w.as(key, secret))
	p, err := ops.Plan(grantOf("arn:aws:s3:::reports", "s3:GetObject"))
	noError(t, err)
	noError(t, ops.CreateRole(t.Context(), p))
	state, err := ops.Look(t.Context(), p.Name)
	noError(t, err)
	noError(t, ops.Cut(t.Context(), state))
	for _, text := range w.fake.Snapshot().Roles[0].Inline {
		return text
	}
	t.Fatal("cutting the access left no policy")
	return ""
}

// TestRevoked: the first call of a revocation ends the access of sessions that
// exist, all of it: also what a bucket's policy gives them, and whatever was
// added to the role by hand.
func TestRevoked(t *testing.T) {
	s := settings[1]
	p := plan(t, s, templates.TrustIdentityCenter, grantOf("arn:aws:s3:::reports", "s3:GetObject"))
	r := request{by: user(s, p), action: "s3:GetObject", resource: "arn:aws:s3:::reports/x"}.of(account)
	bucket := naming(r.by)
	check(t, []question{
		{"before", r, policies{identity: []string{p.Policy}}, true},
		{"after", r, policies{identity: []string{p.Policy, cut(t, s)}}, false},
		{"after, named by the bucket", r, policies{identity: []string{p.Policy, cut(t, s)}, ofResource: bucket}, false},
		{"after, with rights added by hand", r, policies{identity: []string{p.Policy, admin, cut(t, s)}}, false},
	})
}

// naming is the policy of a bucket that lets one session in, by name.
func naming(p principal) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + p.arn + `"},"Action":"s3:*","Resource":"*"}]}`
}
