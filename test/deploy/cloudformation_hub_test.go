package deploy

import (
	"fmt"
	"maps"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// printedWith is what `port-iam print` prints with settings.
func printedWith(t *testing.T, binary string, settings []string, args ...string) string {
	t.Helper()
	cmd := exec.Command(binary, append([]string{"print"}, args...)...)
	cmd.Env = settings
	return output(t, cmd)
}

// manyAccounts are ids of so many accounts that `print hub-policy` does not name the
// role in each.
func manyAccounts() []string {
	var ids []string
	for i := range 200 {
		ids = append(ids, fmt.Sprintf("%012d", 500000000000+i))
	}
	return ids
}

// TestStackHub: the policies of the hub are those that `port-iam print` prints for the
// same accounts: with the accounts in a condition, whatever their number.
func TestStackHub(t *testing.T) {
	template, binary := readStack(t), build(t, root(t))
	const account = "210987654321"
	for _, tt := range []struct {
		name, partition string
		params          map[string]string
	}{
		{"hub", "aws", map[string]string{"Part": "hub"}},
		{"hub that looks people up", "aws", map[string]string{"Part": "hub", "IdentityStoreRoleArn": sampleReader}},
		{"hub with grants that looks people up", "aws", map[string]string{"IdentityStoreRoleArn": sampleReader}},
		{"hub with names", "aws-us-gov", map[string]string{"Part": "hub", "AccountRole": "Access", "PrincipalName": "access", "PolicyPrefix": "Access"}},
		{"hub with grants", "aws", map[string]string{}},
		{"hub with grants, names and tags", "aws-cn", map[string]string{"AccountRole": "Access", "IamTags": "a=1,b=2", "IamPath": "/access/", "PrincipalName": "access"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			of := func(accounts ...string) (stack, []string) {
				params := map[string]string{"Principal": "ecs-task", "Accounts": strings.Join(accounts, ",")}
				maps.Copy(params, tt.params)
				s := template.fill(t, tt.partition, account, params)
				settings := []string{"ACCOUNTS=" + params["Accounts"], "ACCOUNT_ROLE=" + s.values["AccountRole"], "IAM_TAGS=" + s.values["IamTags"], "IDENTITY_STORE_ROLE=" + s.values["IdentityStoreRoleArn"]}
				if s.values["Part"] == "account" {
					settings[0] += "," + account
				}
				return s, settings
			}
			s, settings := of(manyAccounts()...)
			place := []string{"--partition", tt.partition, "--role", s.outputs()["RoleArn"]}
			hub := s.document("Hub", "PolicyDocument")
			compareDocuments(t, "hub", policyOf(t, printedWith(t, binary, settings, append(place, "hub-policy")...)), hub)
			few, settings := of("111122223333", "444455556666")
			statements := hub.(map[string]any)["Statement"].([]any)
			statements[2].(map[string]any)["Condition"].(map[string]any)["StringNotEquals"].(map[string]any)["aws:ResourceAccount"] = []any{"111122223333", "444455556666"}
			compareDocuments(t, "hub of few", hub, few.document("Hub", "PolicyDocument"))
			if few.values["Part"] == "account" {
				args := append(place, "management-policy", "--account", account, "--path", few.values["IamPath"], "--boundary", few.outputs()["BoundaryArn"])
				compareDocuments(t, "management", policyOf(t, printedWith(t, binary, settings, args...)), few.document("Management", "PolicyDocument"))
			}
		})
	}
}

// TestStackMember: trust and policies of a member are those that `port-iam print` prints.
func TestStackMember(t *testing.T) {
	template, binary := readStack(t), build(t, root(t))
	const account = "444455556666"
	for name, params := range map[string]map[string]string{
		"defaults":    {},
		"external id": {"ExternalId": "port-iam:2026/a", "IamTags": "a=1"},
		"names":       {"AccountRole": "Access", "IamPath": "/access/", "PolicyPrefix": "Access"},
	} {
		t.Run(name, func(t *testing.T) {
			all := map[string]string{"Part": "member", "HubRoleArn": sampleHub, "OrganizationId": "o-exampleorgid"}
			maps.Copy(all, params)
			s := template.fill(t, "aws", account, all)
			settings := []string{
				"ACCOUNTS=111122223333," + account, "ACCOUNT_ROLE=" + s.values["AccountRole"],
				"ACCOUNT_EXTERNAL_ID=" + s.values["ExternalId"], "IAM_TAGS=" + s.values["IamTags"],
			}
			want := func(args ...string) any { return policyOf(t, printedWith(t, binary, settings, args...)) }
			compareDocuments(t, "trust", want("member-trust", "--role", sampleHub, "--organization", "o-exampleorgid"), s.document("MemberRole", "AssumeRolePolicyDocument"))
			place, role := []string{"--account", account, "--path", s.values["IamPath"]}, s.outputs()["MemberRoleArn"]
			compareDocuments(t, "management", want(append(place, "management-policy", "--boundary", s.outputs()["BoundaryArn"], "--role", role)...), s.document("Management", "PolicyDocument"))
			compareDocuments(t, "requester", want(append(place, "requester-policy")...), s.document("Requester", "PolicyDocument"))
			attached := s.resolve(s.Resources["Management"].Properties["Roles"])
			if diff := cmp.Diff([]any{s.values["AccountRole"]}, attached); diff != "" {
				t.Errorf("the management policy is attached to (-want +got):\n%s", diff)
			}
		})
	}
}

// TestStackLooksUp: a daemon of one account may assume the role that looks people up, and no
// other one.
func TestStackLooksUp(t *testing.T) {
	template, binary := readStack(t), build(t, root(t))
	const account = "210987654321"
	s := template.fill(t, "aws", account, map[string]string{"Principal": "ecs-task", "IdentityStoreRoleArn": sampleReader})
	settings := []string{"IDENTITY_STORE_ROLE=" + sampleReader}
	want := func(args ...string) any { return policyOf(t, printedWith(t, binary, settings, args...)) }
	compareDocuments(t, "hub", want("hub-policy"), s.document("Hub", "PolicyDocument"))
	compareDocuments(t, "management", want("management-policy", "--account", account, "--boundary", s.outputs()["BoundaryArn"], "--role", s.outputs()["RoleArn"]), s.document("Management", "PolicyDocument"))
}

// TestStackIdentityStore: trust and policy of the role that looks people up are those that
// `port-iam print` prints.
func TestStackIdentityStore(t *testing.T) {
	template, binary := readTemplate(t, storeFile), build(t, root(t))
	for name, params := range map[string]map[string]string{
		"defaults":    {},
		"external id": {"ExternalId": "port-iam:2026/a", "StoreAccount": "999999999999", "RoleName": "Reader"},
	} {
		t.Run(name, func(t *testing.T) {
			all := map[string]string{"IdentityStoreId": "d-1234567890", "HubRoleArn": sampleHub, "OrganizationId": "o-exampleorgid"}
			maps.Copy(all, params)
			s := template.fill(t, "aws-us-gov", "999999999999", all)
			settings := []string{"IDENTITY_STORE_ID=d-1234567890", "ACCOUNT_EXTERNAL_ID=" + s.values["ExternalId"]}
			args := []string{"identity-policy", "--partition", "aws-us-gov"}
			if account := params["StoreAccount"]; account != "" {
				args = append(args, "--account", account)
			}
			policies := s.resolve(s.Resources["Reader"].Properties["Policies"]).([]any)
			compareDocuments(t, "policy", policyOf(t, printedWith(t, binary, settings, args...)), policyOf(t, policies[0].(map[string]any)["PolicyDocument"]))
			trust := printedWith(t, binary, settings, "member-trust", "--role", sampleHub, "--organization", "o-exampleorgid")
			compareDocuments(t, "trust", policyOf(t, trust), s.document("Reader", "AssumeRolePolicyDocument"))
			if got, want := s.outputs()["RoleArn"], "arn:aws-us-gov:iam::999999999999:role/"+s.values["RoleName"]; got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}
