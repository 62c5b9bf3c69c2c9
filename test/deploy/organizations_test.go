package deploy

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"
)

const organizationsDir = "deploy/organizations"

// TestOrganizationPolicies: the files are JSON, and no longer than AWS Organizations
// takes: "Quotas and service limits for AWS Organizations", AWS Organizations User
// Guide. White space counts where a policy is not created in the console.
func TestOrganizationPolicies(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root(t), organizationsDir, "*.json"))
	if err != nil || len(files) != 3 {
		t.Fatalf("%d files, want 3: %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(text) {
			t.Errorf("%s is not JSON", file)
		}
		if n := len(text); n > 5120 {
			t.Errorf("%s: %d characters, and 5120 are allowed", file, n)
		}
	}
}

// stopped is what an account looks like to stop.sh.
type stopped struct {
	Default  string   // version of the boundary
	Denies   bool     // that version
	Versions []string // of the boundary
	Inline   []string // policies of the role
}

// stopIn runs the script against a moto. It wants an exit code, and returns what the
// script complains about.
func stopIn(t *testing.T, c cloud) func(want int, settings string, args ...string) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "bin")
	write(t, filepath.Join(bin, "aws"), "#!/bin/sh\nexec "+python(t, "python").Path+" "+filepath.Join(root(t), "test/deploy/aws_cli.py")+" \"$@\"\n")
	if err := os.Chmod(filepath.Join(bin, "aws"), 0o755); err != nil {
		t.Fatal(err)
	}
	return func(want int, settings string, args ...string) string {
		t.Helper()
		cmd := exec.Command("sh", append([]string{filepath.Join(root(t), organizationsDir, "stop.sh")}, args...)...)
		cmd.Env = append(strings.Fields(settings),
			"PATH="+bin+":"+os.Getenv("PATH"), "AWS_ENDPOINT_URL="+c.url, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AT_ONCE=4")
		var stderr strings.Builder
		cmd.Stderr = &stderr
		_ = cmd.Run()
		if got := cmd.ProcessState.ExitCode(); got != want {
			t.Fatalf("%v: exit code %d, want %d\n%s", args, got, want, stderr.String())
		}
		return stderr.String()
	}
}

// TestStop stops accounts of moto and starts them again, by the script: while they are
// stopped, boundary and roles deny everything; afterwards all is as before. An account
// that cannot be entered is named, and does not keep the others from it.
func TestStop(t *testing.T) {
	c := startCloud(t)
	run := stopIn(t, c)
	run(2, "")
	run(2, "", "stop")
	run(2, "", "nonsense", "111122223333")

	// The hub's account is served, too; broken has nothing of ours.
	const hub, full, fresh, broken = "999999999999", "111122223333", "444455556666", "777788889999"
	accounts := map[string]*iam.Client{hub: c.in(hub), full: c.in(full), fresh: c.in(fresh)}
	for id, client := range accounts {
		c.role(client, roleIn(id))
		c.boundary(client, map[string]int{hub: 1, full: 5, fresh: 1}[id])
	}
	// Not the newest: an operator has gone back.
	arn := boundaryIn(full)
	if _, err := accounts[full].SetDefaultPolicyVersion(t.Context(), &iam.SetDefaultPolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v3")}); err != nil {
		t.Fatal(err)
	}
	compare := func(when string, want map[string]stopped) {
		t.Helper()
		for id, client := range accounts {
			if diff := cmp.Diff(want[id], c.stopped(client, roleIn(id), boundaryIn(id))); diff != "" {
				t.Errorf("%s, account %s (-want +got):\n%s", when, id, diff)
			}
		}
	}
	one := stopped{"v2", true, []string{"v1", "v2"}, []string{"PortIamStopped"}}
	for range 2 { // a second time changes nothing
		stderr := run(1, "HUB_ACCOUNT="+hub, "stop", full, broken, fresh, hub)
		if got := failures(stderr); !slices.Equal(got, []string{"stop " + broken + " PortIam", "stop " + broken + " PortIamBoundary"}) {
			t.Errorf("failed: %q\n%s", got, stderr)
		}
		compare("stopped", map[string]stopped{
			full:  {"v6", true, []string{"v2", "v3", "v4", "v5", "v6"}, []string{"PortIamStopped"}},
			fresh: one, hub: one,
		})
	}
	one = stopped{"v1", false, []string{"v1"}, nil}
	run(0, "HUB_ACCOUNT="+hub, "start", full, fresh, hub)
	compare("started", map[string]stopped{full: {"v3", false, []string{"v2", "v3", "v4", "v5"}, nil}, fresh: one, hub: one})
}

// TestStopOneAccount: for one account its own credentials are enough.
func TestStopOneAccount(t *testing.T) {
	c := startCloud(t)
	run := stopIn(t, c)
	client := c.iam("us-east-1")
	c.role(client, "port-iam")
	boundary := c.boundary(client, 1)
	run(0, "", "stop", "-")
	want := stopped{"v2", true, []string{"v1", "v2"}, []string{"PortIamStopped"}}
	if diff := cmp.Diff(want, c.stopped(client, "port-iam", boundary)); diff != "" {
		t.Errorf("stopped (-want +got):\n%s", diff)
	}
}

// roleIn is the role of the daemon in an account of the test.
func roleIn(account string) string {
	if account == "999999999999" {
		return "port-iam"
	}
	return "PortIam"
}

// failures are what the script says that it failed to do.
func failures(stderr string) (all []string) {
	for line := range strings.Lines(stderr) {
		if what, failed := strings.CutSuffix(line, ": FAILED\n"); failed {
			all = append(all, what)
		}
	}
	slices.Sort(all)
	return all
}

func boundaryIn(account string) string { return "arn:aws:iam::" + account + ":policy/PortIamBoundary" }

// in is a client in another account: moto takes the account from the role that was
// assumed.
func (c cloud) in(account string) *iam.Client {
	c.t.Helper()
	who := sts.NewFromConfig(aws.Config{Region: "us-east-1", BaseEndpoint: &c.url, Credentials: aws.CredentialsProviderFunc(credentials)})
	out, err := who.AssumeRole(c.t.Context(), &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::" + account + ":role/OrganizationAccountAccessRole"), RoleSessionName: aws.String("test"),
	})
	if err != nil {
		c.t.Fatal(err)
	}
	keys := aws.Credentials{AccessKeyID: *out.Credentials.AccessKeyId, SecretAccessKey: *out.Credentials.SecretAccessKey, SessionToken: *out.Credentials.SessionToken}
	return iam.NewFromConfig(aws.Config{Region: "us-east-1", BaseEndpoint: &c.url, Credentials: aws.CredentialsProviderFunc(
		func(context.Context) (aws.Credentials, error) { return keys, nil })})
}

const anything = `{"Version":"2012-10-17","Statement":[{"Sid":"Any","Effect":"Allow","Action":"s3:*","Resource":"*"}]}`

// role makes a role.
func (c cloud) role(client *iam.Client, name string) {
	c.t.Helper()
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	if _, err := client.CreateRole(c.t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust}); err != nil {
		c.t.Fatal(err)
	}
}

// boundary makes a boundary with so many versions.
func (c cloud) boundary(client *iam.Client, versions int) (arn string) {
	c.t.Helper()
	made, err := client.CreatePolicy(c.t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String("PortIamBoundary"), PolicyDocument: aws.String(anything)})
	for ; err == nil && versions > 1; versions-- {
		_, err = client.CreatePolicyVersion(c.t.Context(), &iam.CreatePolicyVersionInput{PolicyArn: made.Policy.Arn, PolicyDocument: aws.String(anything), SetAsDefault: true})
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return aws.ToString(made.Policy.Arn)
}

func (c cloud) inline(client *iam.Client, role string) []string {
	c.t.Helper()
	out, err := client.ListRolePolicies(c.t.Context(), &iam.ListRolePoliciesInput{RoleName: &role})
	if err != nil {
		c.t.Fatal(err)
	}
	return slices.Clip(append([]string(nil), out.PolicyNames...))
}

// stopped looks at an account.
func (c cloud) stopped(client *iam.Client, role, boundary string) stopped {
	c.t.Helper()
	s := stopped{Inline: c.inline(client, role)}
	versions, err := client.ListPolicyVersions(c.t.Context(), &iam.ListPolicyVersionsInput{PolicyArn: &boundary})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, v := range versions.Versions {
		s.Versions = append(s.Versions, aws.ToString(v.VersionId))
		if v.IsDefaultVersion {
			s.Default = aws.ToString(v.VersionId)
		}
	}
	slices.Sort(s.Versions)
	statement := c.policy(client, boundary).(map[string]any)["Statement"].(map[string]any)
	s.Denies = statement["Effect"] == "Deny" && statement["Action"] == "*" && statement["Resource"] == "*" && statement["Condition"] == nil
	if s.Denies {
		for _, name := range s.Inline {
			policy, err := client.GetRolePolicy(c.t.Context(), &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &name})
			if err != nil {
				c.t.Fatal(err)
			}
			inline := c.decoded(policy.PolicyDocument).(map[string]any)["Statement"].(map[string]any)
			s.Denies = s.Denies && inline["Effect"] == "Deny" && inline["Action"] == "*" && inline["Resource"] == "*"
		}
	}
	return s
}
