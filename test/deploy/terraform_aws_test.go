package deploy

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTerraformHub: the policy of the hub is what `port-iam print hub-policy` prints for
// the same accounts, few or many, and nothing is attached but that.
func TestTerraformHub(t *testing.T) {
	tools, binary := evaluator(t), build(t, root(t))
	for _, partition := range []string{"aws", "aws-cn"} {
		for _, accounts := range [][]string{{"111122223333"}, {"444455556666", "111122223333"}, manyAccounts()} {
			for _, role := range []string{"PortIam", "/platform/Access"} {
				vars := map[string]any{"principal": "ecs-task", "accounts": accounts, "account_role": role, "name": "access", "policy_prefix": "Access"}
				e := made(t, tools, "aws/hub", partition, "210987654321", vars)
				settings := []string{"ACCOUNTS=" + strings.Join(accounts, ","), "ACCOUNT_ROLE=" + role}
				want := printedWith(t, binary, settings, "hub-policy", "--partition", partition, "--role", e.Outputs["role_arn"].(string))
				compareDocuments(t, partition+" hub", policyOf(t, want), policyOf(t, e.at(t, "aws_iam_policy.hub", "0.policy")))
				if got := e.at(t, "aws_iam_policy.hub", "0.name"); got != "AccessHub" {
					t.Errorf("the policy is called %v", got)
				}
				attached := []any{e.at(t, "aws_iam_role_policy_attachment.hub", "0.role"), e.at(t, "aws_iam_role_policy_attachment.hub", "0.policy_arn")}
				if diff := cmp.Diff([]any{"access", "aws_iam_policy.hub[0].arn"}, attached); diff != "" {
					t.Errorf("attached (-want +got):\n%s", diff)
				}
			}
		}
	}
	for _, accounts := range [][]string{{}, {"111122223333"}, manyAccounts()} {
		e := made(t, tools, "aws/hub", "aws", "210987654321", map[string]any{"principal": "ecs-task", "accounts": accounts, "identity_store_role_arn": sampleReader})
		want := printedWith(t, binary, []string{"ACCOUNTS=" + strings.Join(accounts, ","), "IDENTITY_STORE_ROLE=" + sampleReader}, "hub-policy")
		compareDocuments(t, "hub that looks people up", policyOf(t, want), policyOf(t, e.at(t, "aws_iam_policy.hub", "0.policy")))
	}
	alone := made(t, tools, "aws/hub", "aws", "210987654321", map[string]any{"principal": "ecs-task"})
	if diff := cmp.Diff([]any{}, alone.Resources["aws_iam_policy.hub"]); diff != "" {
		t.Errorf("policies of a hub without accounts (-want +got):\n%s", diff)
	}
}

// TestTerraformPrincipals: the role of the daemon trusts the same principal as that of
// the CloudFormation template, which moto has deployed, and has the boundary that is given.
func TestTerraformPrincipals(t *testing.T) {
	tools, template := evaluator(t), readStack(t)
	const account, limit = "210987654321", "arn:aws:iam::210987654321:policy/Limit"
	for _, partition := range []string{"aws", "aws-cn"} {
		for _, principal := range []string{"irsa", "pod-identity", "ecs-task", "instance-profile"} {
			stack := template.fill(t, partition, account, map[string]string{
				"Principal": principal, "OidcProviderArn": sampleProvider, "KubernetesNamespace": "access", "EksCluster": "production", "PrincipalBoundaryArn": limit,
			})
			e := made(t, tools, "aws/hub", partition, account, map[string]any{
				"principal": principal, "oidc_provider_arn": sampleProvider, "kubernetes_namespace": "access", "eks_cluster": "production", "permissions_boundary": limit,
			})
			name := partition + " " + principal
			compareDocuments(t, name, stack.document("DaemonRole", "AssumeRolePolicyDocument"), policyOf(t, e.at(t, "aws_iam_role.daemon", "assume_role_policy")))
			if got := e.at(t, "aws_iam_role.daemon", "permissions_boundary"); got != limit {
				t.Errorf("%s: the boundary is %v", name, got)
			}
			if got, want := e.Outputs["role_arn"], stack.outputs()["RoleArn"]; got != want {
				t.Errorf("%s: the role is %v, want %s", name, got, want)
			}
			for resource, want := range map[string]bool{
				"aws_iam_instance_profile.daemon":         principal == "instance-profile",
				"aws_eks_pod_identity_association.daemon": principal == "pod-identity",
			} {
				if got := len(e.Resources[resource].([]any)) > 0; got != want {
					t.Errorf("%s: %s is made: %v, want %v", name, resource, got, want)
				}
			}
		}
	}
}

// TestTerraformMember: the documents of a member, and of the daemon's own account, are
// what `port-iam print` prints for the same account, path, tags and boundary.
func TestTerraformMember(t *testing.T) {
	tools, binary := evaluator(t), build(t, root(t))
	const account = "444455556666"
	hub := map[string]any{"hub_role_arn": sampleHub, "organization_id": "o-exampleorgid"}
	own := map[string]any{"daemon_role_name": "port-iam"}
	for _, tt := range []struct {
		name, partition string
		base, vars      map[string]any
		settings        []string
	}{
		{"member", "aws", hub, nil, nil},
		{"member with all", "aws-us-gov", hub, map[string]any{
			"external_id": "port-iam:2026/a", "account_role": "Access", "iam_path": "/access/port/", "policy_prefix": "Access",
			"iam_tags": map[string]string{"team": "platform", "cost-center": "4711 north"}, "boundary_services": restricted(t),
		}, []string{"ACCOUNT_EXTERNAL_ID=port-iam:2026/a", "ACCOUNT_ROLE=Access", "IAM_PATH=/access/port/", "IAM_TAGS=team=platform,cost-center=4711 north"}},
		{"member with a boundary of its own", "aws", hub, map[string]any{"boundary_policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}, nil},
		{"own account", "aws", own, nil, nil},
		{"own account that looks people up", "aws", own, map[string]any{"identity_store_role_arn": sampleReader}, []string{"IDENTITY_STORE_ROLE=" + sampleReader}},
		{
			"own account of a hub that looks people up", "aws-us-gov", own,
			map[string]any{"daemon_enters_others": true, "identity_store_role_arn": strings.Replace(sampleReader, "aws", "aws-us-gov", 1)},
			[]string{"ACCOUNTS=" + account + ",111122223333", "IDENTITY_STORE_ROLE=" + strings.Replace(sampleReader, "aws", "aws-us-gov", 1)},
		},
		{
			"own account of a hub", "aws", own,
			map[string]any{"daemon_enters_others": true, "account_role": "Access", "iam_tags": map[string]string{"a": "1"}},
			[]string{"ACCOUNTS=" + account + ",111122223333", "ACCOUNT_ROLE=Access", "IAM_TAGS=a=1"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			vars := maps.Clone(tt.base)
			maps.Copy(vars, tt.vars)
			e := made(t, tools, "aws/member", tt.partition, account, vars)
			place := []string{"--account", account, "--partition", tt.partition}
			want := func(args ...string) any { return policyOf(t, printedWith(t, binary, tt.settings, args...)) }
			boundary := e.Outputs["boundary_arn"].(string)
			role, holder := "arn:"+tt.partition+":iam::"+account+":role/port-iam", "port-iam"
			if tt.base["daemon_role_name"] == nil {
				holder = e.at(t, "aws_iam_role.member", "0.name").(string)
				role = "arn:" + tt.partition + ":iam::" + account + ":role/" + holder
				compareDocuments(t, "trust", want("member-trust", "--role", sampleHub, "--organization", "o-exampleorgid"), policyOf(t, e.at(t, "aws_iam_role.member", "0.assume_role_policy")))
			} else if n := len(e.Resources["aws_iam_role.member"].([]any)); n > 0 {
				t.Errorf("%d roles are made beside the daemon's own", n)
			}
			compareDocuments(t, "management", want(append(place, "management-policy", "--boundary", boundary, "--role", role)...), policyOf(t, e.at(t, "aws_iam_policy.management", "policy")))
			compareDocuments(t, "requester", want(append(place, "requester-policy")...), policyOf(t, e.at(t, "aws_iam_policy.requester", "policy")))
			if got := e.at(t, "aws_iam_role_policy_attachment.management", "role"); got != holder {
				t.Errorf("the management policy is attached to %v, want %s", got, holder)
			}
			if tt.vars["boundary_policy_arn"] != nil {
				if n := len(e.Resources["aws_iam_policy.boundary"].([]any)); n > 0 || boundary != tt.vars["boundary_policy_arn"] {
					t.Errorf("%d boundaries are made, and %s is used", n, boundary)
				}
				return
			}
			services := "s3,ec2"
			if given, ok := vars["boundary_services"].([]string); ok {
				services = strings.Join(given, ",")
			}
			compareDocuments(t, "boundary", want(append(place, "boundary", "--services", services)...), neededDenials(policyOf(t, e.at(t, "aws_iam_policy.boundary", "0.policy"))))
		})
	}
}

// TestTerraformIdentityStore: the documents of the role that looks people up are what
// `port-iam print` prints.
func TestTerraformIdentityStore(t *testing.T) {
	tools, binary := evaluator(t), build(t, root(t))
	for _, tt := range []struct {
		partition string
		vars      map[string]any
		settings  []string
		args      string
	}{
		{"aws", nil, nil, "identity-policy"},
		{
			"aws-us-gov",
			map[string]any{"external_id": "port-iam:2026/a", "store_account": "999999999999", "name": "Reader"},
			[]string{"ACCOUNT_EXTERNAL_ID=port-iam:2026/a"},
			"identity-policy --partition aws-us-gov --account 999999999999",
		},
	} {
		vars := map[string]any{"hub_role_arn": sampleHub, "organization_id": "o-exampleorgid", "identity_store_id": "d-0123456789"}
		maps.Copy(vars, tt.vars)
		e := made(t, tools, "aws/identity-store", tt.partition, "999999999999", vars)
		settings := append(tt.settings, "IDENTITY_STORE_ID=d-0123456789")
		want := func(args ...string) any { return policyOf(t, printedWith(t, binary, settings, args...)) }
		compareDocuments(t, "policy", want(strings.Fields(tt.args)...), policyOf(t, e.at(t, "aws_iam_role_policy.reader", "policy")))
		compareDocuments(t, "trust", want("member-trust", "--role", sampleHub, "--organization", "o-exampleorgid"), policyOf(t, e.at(t, "aws_iam_role.reader", "assume_role_policy")))
		if got := e.Outputs["role_arn"].(string); !strings.HasPrefix(got, "arn:"+tt.partition+":iam::999999999999:role/") {
			t.Errorf("%s", got)
		}
	}
}
