package deploy

import (
	"encoding/json"
	"flag"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const terraformDir = "deploy/terraform"

var update = flag.Bool("update", false, "write the copies of what print prints")

// The account and the boundary in the copies of printed documents; the modules put
// others in their place.
const (
	sampleAccount  = "000000000000"
	sampleIAM      = "arn:aws:iam::" + sampleAccount + ":"
	sampleBoundary = sampleIAM + "policy/PortIamBoundary"
)

// copies are the files of the modules that hold what `port-iam print` prints.
func copies(t *testing.T) []struct{ file, settings, args string } {
	return []struct{ file, settings, args string }{
		{"aws/hub/hub-policy.json", "ACCOUNTS=" + sampleAccount + ",000000000001", "hub-policy"},
		{"aws/identity-store/identity-policy.json", "IDENTITY_STORE_ID=d-1234567890", "identity-policy --account " + sampleAccount},
		{"aws/identity-store/member-trust.json", "", "member-trust --role " + sampleIAM + "role/port-iam --organization o-exampleorgid"},
		{"aws/member/boundary.json", "", "boundary --account " + sampleAccount + " --services " + strings.Join(restricted(t), ",")},
		{"aws/member/management-policy.json", "", "management-policy --boundary " + sampleBoundary + " --role " + sampleIAM + "role/PortIam"},
		{"aws/member/management-policy-of-a-hub.json", "ACCOUNTS=" + sampleAccount + ",000000000001", "management-policy --account " + sampleAccount + " --boundary " + sampleBoundary + " --role " + sampleIAM + "role/port-iam"},
		{"aws/member/member-trust.json", "", "member-trust --role " + sampleIAM + "role/port-iam --organization o-exampleorgid"},
		{"aws/member/requester-policy.json", "", "requester-policy --account " + sampleAccount},
		{"port/actions.json", "", "actions --account " + sampleAccount},
		{"port/blueprints.json", "", "blueprints"},
	}
}

// TestTerraformCopies: the JSON files of the modules are what `port-iam print` prints.
// The flag -update writes them.
func TestTerraformCopies(t *testing.T) {
	binary, known := build(t, root(t)), map[string]bool{}
	for _, c := range copies(t) {
		known[c.file] = true
		want := printedWith(t, binary, strings.Fields(c.settings), strings.Fields(c.args)...)
		if *update {
			write(t, filepath.Join(root(t), terraformDir, c.file), want)
		}
		if diff := cmp.Diff(want, read(t, terraformDir, c.file)); diff != "" {
			t.Errorf("%s (-printed +file); to print it again: go test ./test/deploy -run TestTerraformCopies -update\n%s", c.file, diff)
		}
	}
	for _, pattern := range []string{"*/*.json", "*/*/*.json"} {
		files, err := filepath.Glob(filepath.Join(root(t), terraformDir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if name, _ := filepath.Rel(filepath.Join(root(t), terraformDir), file); !known[name] {
				t.Errorf("nothing tests %s", name)
			}
		}
	}
}

// evaluated is what a module makes: the arguments of its resources by their type and
// name, and its outputs.
type evaluated struct{ Resources, Outputs map[string]any }

// evaluator is the nested module tools as a program, which is built once in a test.
func evaluator(t *testing.T) string {
	t.Helper()
	requireReal(t, "go")
	binary := filepath.Join(t.TempDir(), "tools")
	cmd := exec.Command("go", "build", "-o", binary, ".")
	cmd.Dir = filepath.Join(root(t), "test/deploy/tools")
	output(t, cmd)
	return binary
}

// evaluate has HashiCorp's hcl read a module, check its form and references, and
// evaluate it. What is refused comes back as the message.
func evaluate(t *testing.T, tools, module, partition, account string, vars map[string]any) (e evaluated, refused string) {
	t.Helper()
	suffix := map[string]string{"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}[partition]
	input, err := json.Marshal(map[string]any{"var": vars, "data": map[string]any{
		"aws_caller_identity.current": map[string]string{"account_id": account},
		"aws_partition.current":       map[string]string{"partition": partition, "dns_suffix": suffix},
	}})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(tools, "terraform", filepath.Join(root(t), terraformDir, module))
	cmd.Stdin = strings.NewReader(string(input))
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return e, strings.TrimSpace(stderr.String())
	}
	if err := json.Unmarshal([]byte(stdout.String()), &e); err != nil {
		t.Fatal(err)
	}
	return e, ""
}

// made is a module that has to evaluate.
func made(t *testing.T, tools, module, partition, account string, vars map[string]any) evaluated {
	t.Helper()
	e, refused := evaluate(t, tools, module, partition, account, vars)
	if refused != "" {
		t.Fatalf("%s with %v: %s", module, vars, refused)
	}
	return e
}

// at follows a path of keys and indexes, which dots separate.
func (e evaluated) at(t *testing.T, resource, path string) any {
	t.Helper()
	value, found := e.Resources[resource]
	for _, step := range strings.Fields(strings.ReplaceAll(path, ".", " ")) {
		switch v := value.(type) {
		case map[string]any:
			value, found = v[step]
		case []any:
			value, found = nil, step == "0" && len(v) == 1
			if found {
				value = v[0]
			}
		default:
			found = false
		}
		if !found {
			t.Fatalf("%s has no %s in %v", resource, path, e.Resources[resource])
		}
	}
	if !found {
		t.Fatalf("there is no %s", resource)
	}
	return value
}

// TestTerraformRefused: wrong variables are refused with a message that says what is
// expected.
func TestTerraformRefused(t *testing.T) {
	tools := evaluator(t)
	for _, tt := range []struct {
		module string
		vars   map[string]any
		want   string
	}{
		{"aws/hub", map[string]any{"principal": "user"}, "principal must be irsa, pod-identity, ecs-task or instance-profile."},
		{"aws/hub", map[string]any{"principal": "irsa"}, "principal irsa needs oidc_provider_arn."},
		{"aws/hub", map[string]any{"principal": "ecs-task", "name": "Permission-1"}, "name must be lower case letters"},
		{"aws/hub", map[string]any{"principal": "ecs-task", "accounts": []string{"1"}}, "accounts must be ids of AWS accounts"},
		{"aws/hub", map[string]any{}, "var.principal: is not given"},
		{"aws/hub", map[string]any{"nonsense": 1}, "there is no variable nonsense"},
		{"aws/hub", map[string]any{"principal": "ecs-task", "identity_store_role_arn": "Reader"}, "identity_store_role_arn must be the ARN of a role"},
		{"aws/identity-store", map[string]any{"hub_role_arn": sampleHub, "organization_id": "o-exampleorgid", "identity_store_id": "d-*"}, "identity_store_id must be the id"},
		{"aws/identity-store", map[string]any{"hub_role_arn": sampleHub, "organization_id": "o-exampleorgid", "identity_store_id": "d-1234567890", "name": "Permission-x"}, "name must be letters"},
		{"aws/member", map[string]any{"hub_role_arn": sampleHub, "organization_id": "o-exampleorgid", "identity_store_role_arn": sampleReader}, "identity_store_role_arn needs daemon_role_name"},
		{"aws/member", map[string]any{}, "hub_role_arn and organization_id are needed"},
		{"aws/member", map[string]any{"hub_role_arn": sampleHub}, "hub_role_arn and organization_id are needed"},
		{"aws/member", map[string]any{"daemon_role_name": "port-iam", "iam_path": "x"}, "iam_path must be a path"},
		{"aws/member", map[string]any{"daemon_role_name": "port-iam", "account_role": "Permission-"}, "account_role must be"},
		{"aws/member", map[string]any{"daemon_role_name": "port-iam", "policy_prefix": "Permission-"}, "policy_prefix must be"},
		{"aws/member", map[string]any{"daemon_role_name": "port-iam", "boundary_services": []string{}}, "boundary_services must be"},
		{"aws/member", map[string]any{"daemon_role_name": "port-iam", "boundary_services": []string{"s3:*"}}, "boundary_services must be"},
		{"port", map[string]any{"accounts": []string{}}, "accounts must be one or more ids"},
		{"port", map[string]any{"accounts": []string{"x"}}, "accounts must be one or more ids"},
		{"port", map[string]any{"accounts": []string{sampleAccount}, "grant_actions": map[string]any{}}, "grant_actions must have at least one"},
	} {
		if _, got := evaluate(t, tools, tt.module, "aws", "210987654321", tt.vars); !strings.Contains(got, tt.want) {
			t.Errorf("%s with %v: %q, want %q", tt.module, tt.vars, got, tt.want)
		}
	}
}
