package deploy

import (
	"encoding/json"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/iamops/catalogue"
)

// TestStackLint holds the template to cfn-lint's opinion of it: nothing to say,
// not even as information. Each partition is asked about alone: with four regions
// at once cfn-lint needs minutes, with one a second.
func TestStackLint(t *testing.T) {
	for _, file := range []string{stackFile, storeFile} {
		for _, region := range []string{"us-east-1", "us-gov-west-1", "cn-north-1"} {
			cmd := python(t, "cfn-lint", "--template", filepath.Join(root(t), file), "--include-checks", "I", "--regions", region)
			if out := output(t, cmd); out != "" {
				t.Errorf("%s: %s", region, out)
			}
		}
	}
}

// policyOf is a policy document as what it means: given as text or not, a list
// of one as its element, and lists of text in order.
func policyOf(t *testing.T, v any) any {
	t.Helper()
	if text, ok := v.(string); ok {
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
	}
	return meaning(v)
}

func meaning(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, value := range v {
			out[key] = meaning(value)
		}
		return out
	case []any:
		out := []any{}
		for _, value := range v {
			out = append(out, meaning(value))
		}
		if len(out) == 1 {
			return out[0]
		}
		slices.SortStableFunc(out, func(a, b any) int {
			first, _ := a.(string)
			second, _ := b.(string)
			return strings.Compare(first, second)
		})
		return out
	}
	return v
}

// printed is what `port-iam print` prints.
func printed(t *testing.T, binary, tags string, args ...string) any {
	t.Helper()
	cmd := exec.Command(binary, append([]string{"print"}, args...)...)
	cmd.Env = []string{"IAM_TAGS=" + tags}
	return policyOf(t, output(t, cmd))
}

// neededDenials leaves out of a boundary the actions that it denies of services
// that it does not allow: they change nothing.
func neededDenials(boundary any) any {
	statements := boundary.(map[string]any)["Statement"].([]any)
	allowed := slices.Concat([]any{}, list(statements[0].(map[string]any)["Action"]))
	never := statements[1].(map[string]any)
	never["Action"] = slices.DeleteFunc(list(never["Action"]), func(action any) bool {
		service, name, _ := strings.Cut(action.(string), ":")
		return name != "*" && !slices.Contains(allowed, any(service+":*"))
	})
	return boundary
}

func list(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	return []any{v}
}

// restricted are the services that may be granted but for some actions.
func restricted(t *testing.T) (services []string) {
	t.Helper()
	known, err := catalogue.Open()
	if err != nil {
		t.Fatal(err)
	}
	for _, service := range known.Services() {
		actions, err := known.Actions(service)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(catalogue.DeniedServices(), service) &&
			slices.ContainsFunc(actions, func(a catalogue.Action) bool { return a.Denied }) {
			services = append(services, service)
		}
	}
	return services
}

// TestStackDocuments: the documents in the template are those that `port-iam
// print` prints for the same account, path, tags and boundary.
func TestStackDocuments(t *testing.T) {
	template, binary := readStack(t), build(t, root(t))
	const account = "210987654321"
	all := restricted(t)
	if len(all) < 5 {
		t.Fatalf("only %v are restricted", all)
	}
	for _, tt := range []struct {
		name, partition string
		params          map[string]string
	}{
		{"defaults", "aws", nil},
		{"one service", "aws", map[string]string{"BoundaryServices": "dynamodb", "PolicyPrefix": "Access"}},
		{"all restricted services", "aws", map[string]string{"BoundaryServices": strings.Join(all, ",")}},
		{"one tag", "aws", map[string]string{"IamTags": "team=platform"}},
		{"path and tags", "aws-us-gov", map[string]string{"IamPath": "/access/port/", "IamTags": "team=platform,cost-center=4711 north,empty="}},
		{"five tags", "aws", map[string]string{"IamTags": "a=1,b=2,c:d=3,e/f=4,g@h=5"}},
		{"own boundary", "aws", map[string]string{"BoundaryPolicyArn": "arn:aws:iam::" + account + ":policy/team/Limit"}},
		{"boundary of AWS", "aws-cn", map[string]string{"IamPath": "/", "BoundaryPolicyArn": "arn:aws-cn:iam::aws:policy/job-function/ViewOnlyAccess"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			params := map[string]string{"Principal": "user"}
			for name, value := range tt.params {
				params[name] = value
			}
			s := template.fill(t, tt.partition, account, params)
			place := []string{"--account", account, "--partition", tt.partition, "--path", s.values["IamPath"]}
			boundary := s.outputs()["BoundaryArn"]
			compareDocuments(t, "management", printed(t, binary, s.values["IamTags"], append(place, "management-policy", "--boundary", boundary, "--role", "arn:"+tt.partition+":iam::"+account+":user/port-iam")...), s.document("Management", "PolicyDocument"))
			requester := printed(t, binary, "", append(place, "requester-policy")...)
			compareDocuments(t, "requester", requester, s.document("Requester", "PolicyDocument"))
			compareDocuments(t, "requester as output", requester, policyOf(t, s.outputs()["RequesterPolicyDocument"]))
			if own := tt.params["BoundaryPolicyArn"]; own != "" {
				if boundary != own || s.made(s.Resources["Boundary"].Condition) {
					t.Errorf("boundary %s, want only %s", boundary, own)
				}
				return
			}
			want := printed(t, binary, "", append(place, "boundary", "--services", s.values["BoundaryServices"])...)
			compareDocuments(t, "boundary", want, neededDenials(s.document("Boundary", "PolicyDocument")))
		})
	}
}

func compareDocuments(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +template):\n%s", what, diff)
	}
}

// parts are sets of parameters that make a stack, and what it is made of.
var parts = []struct {
	params map[string]string
	makes  string
}{
	{map[string]string{"Principal": "irsa", "OidcProviderArn": sampleProvider}, "Boundary DaemonRole Management Requester"},
	{map[string]string{"Principal": "pod-identity"}, "Boundary DaemonRole Management Requester"},
	{map[string]string{"Principal": "pod-identity", "EksCluster": "access"}, "Boundary DaemonRole Management PodIdentity Requester"},
	{map[string]string{"Principal": "ecs-task"}, "Boundary DaemonRole Management Requester"},
	{map[string]string{"Principal": "instance-profile"}, "Boundary DaemonRole InstanceProfile Management Requester"},
	{map[string]string{"Principal": "user"}, "Boundary DaemonUser Management Requester"},
	{map[string]string{"Principal": "user", "BoundaryPolicyArn": "arn:aws:iam::210987654321:policy/Limit"}, "DaemonUser Management Requester"},
	{map[string]string{"Principal": "ecs-task", "Accounts": "111122223333"}, "Boundary DaemonRole Hub Management Requester"},
	{map[string]string{"Part": "hub", "Principal": "ecs-task", "Accounts": "111122223333"}, "DaemonRole Hub"},
	{map[string]string{"Principal": "ecs-task", "IdentityStoreRoleArn": sampleReader}, "Boundary DaemonRole Hub Management Requester"},
	{map[string]string{"Part": "hub", "Principal": "ecs-task", "Accounts": "111122223333", "IdentityStoreRoleArn": sampleReader}, "DaemonRole Hub"},
	{map[string]string{"Part": "hub", "Principal": "instance-profile", "Accounts": "111122223333"}, "DaemonRole Hub InstanceProfile"},
	{map[string]string{"Part": "member", "HubRoleArn": sampleHub, "OrganizationId": "o-exampleorgid"}, "Boundary Management MemberRole Requester"},
	// A StackSet may carry parameters of the hub, which mean nothing in a member.
	{map[string]string{"Part": "member", "HubRoleArn": sampleHub, "OrganizationId": "o-exampleorgid", "Principal": "instance-profile", "Accounts": "111122223333", "IdentityStoreRoleArn": sampleReader}, "Boundary Management MemberRole Requester"},
	{map[string]string{"Part": "member", "HubRoleArn": sampleHub, "OrganizationId": "o-exampleorgid", "Principal": "pod-identity", "EksCluster": "access"}, "Boundary Management MemberRole Requester"},
	{map[string]string{"Part": "member", "HubRoleArn": sampleHub, "OrganizationId": "o-exampleorgid", "Principal": "user"}, "Boundary Management MemberRole Requester"},
}

// TestStackParts: each part, with each kind of principal, makes what it needs, and
// no more.
func TestStackParts(t *testing.T) {
	template := readStack(t)
	tried := map[string]bool{"none": true} // of Principal and Part
	for _, tt := range parts {
		s := template.fill(t, "aws", "210987654321", tt.params)
		tried[s.values["Principal"]], tried[s.values["Part"]] = true, true
		var got []string
		for name, r := range s.Resources {
			if s.made(r.Condition) {
				got = append(got, name)
				s.resolve(r.Properties) // fails the test if it refers to something that is not made
			}
		}
		s.outputs() // the same
		slices.Sort(got)
		if strings.Join(got, " ") != tt.makes {
			t.Errorf("%v makes %v, want %s", tt.params, got, tt.makes)
		}
		if refusals := s.refusals(); refusals != nil {
			t.Errorf("%v is refused: %q", tt.params, refusals)
		}
	}
	for _, name := range []string{"Principal", "Part"} {
		for _, value := range template.Parameters[name].AllowedValues {
			if !tried[value] {
				t.Errorf("%s=%s is not tested", name, value)
			}
		}
	}
}

// TestStackBoundaryOfTheDaemon: what the daemon runs as or enters as has the
// boundary that is given, and none if none is given.
func TestStackBoundaryOfTheDaemon(t *testing.T) {
	template := readStack(t)
	const limit = "arn:aws:iam::210987654321:policy/team/Limit"
	found := 0
	for _, tt := range parts {
		for _, want := range []string{"", limit} {
			params := maps.Clone(tt.params)
			params["PrincipalBoundaryArn"] = want
			s := template.fill(t, "aws", "210987654321", params)
			for name, r := range s.Resources {
				if !s.made(r.Condition) || r.Type != "AWS::IAM::Role" && r.Type != "AWS::IAM::User" {
					continue
				}
				found++
				if got, _ := s.resolve(r.Properties).(map[string]any)["PermissionsBoundary"].(string); got != want {
					t.Errorf("%v: the boundary of %s is %q, want %q", params, name, got, want)
				}
			}
		}
	}
	if want := 2 * len(parts); found != want {
		t.Errorf("%d roles and users were found, want %d", found, want)
	}
}

// TestStackRules: CloudFormation refuses parameters that lack something or
// contradict each other, and says what to do.
func TestStackRules(t *testing.T) {
	template := readStack(t)
	for _, tt := range []struct{ params, want string }{
		{"", "Principal is missing, what the daemon runs as."},
		{"Principal=irsa", "Principal irsa needs OidcProviderArn."},
		{"Principal=user Accounts=111122223333", "A daemon that enters other Accounts must be a role, not a user."},
		{"Principal=ecs-task HubRoleArn=" + sampleHub, "HubRoleArn, OrganizationId and ExternalId are for Part member."},
		{"Principal=ecs-task OrganizationId=o-exampleorgid", "HubRoleArn, OrganizationId and ExternalId are for Part member."},
		{"Principal=ecs-task ExternalId=x1", "HubRoleArn, OrganizationId and ExternalId are for Part member."},
		{"Part=hub Principal=ecs-task", "Part hub needs Accounts, the accounts that the daemon enters."},
		{"Part=member OrganizationId=o-exampleorgid", "Part member needs HubRoleArn, the role of the daemon."},
		{"Part=member HubRoleArn=" + sampleHub, "Part member needs OrganizationId, the organization that the hub is in."},
	} {
		params := map[string]string{}
		for _, pair := range strings.Fields(tt.params) {
			name, value, _ := strings.Cut(pair, "=")
			params[name] = value
		}
		s := template.fill(t, "aws", "210987654321", params)
		if got := strings.Join(s.refusals(), " "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.params, got, tt.want)
		}
	}
}

// TestStackParameters are values that the template must take, and values that
// would make documents say something else.
func TestStackParameters(t *testing.T) {
	template := readStack(t)
	type question struct{ Name, Pattern, Value string }
	var good, bad []question
	ask := func(into *[]question, name string, values ...string) {
		for _, v := range values {
			*into = append(*into, question{name, template.Parameters[name].AllowedPattern, v})
		}
	}
	ask(&good, "PrincipalName", "port-iam")
	ask(&bad, "PrincipalName", "", "Permission-1", "a b", "a/b")
	ask(&good, "PolicyPrefix", "PortIam", "Permission")
	ask(&bad, "PolicyPrefix", "", "Permission-", "a*")
	ask(&good, "PrincipalBoundaryArn", "", "arn:aws:iam::123456789012:policy/team/Limit", "arn:aws:iam::aws:policy/PowerUserAccess")
	ask(&bad, "PrincipalBoundaryArn", "Limit", "none", "arn:aws:iam::123456789012:policy/*", "arn:aws:iam::123456789012:role/B")
	ask(&good, "Accounts", "", "111122223333", "111122223333,444455556666")
	ask(&bad, "Accounts", "*", "11112222333", "111122223333,", "111122223333, 444455556666", `111122223333"`)
	ask(&good, "AccountRole", "PortIam", "port-iam_2")
	ask(&bad, "AccountRole", "", "*", "a/b", "Permission-", "Permission-1", `a"`, "a*")
	ask(&good, "HubRoleArn", "", sampleHub, "arn:aws-cn:iam::123456789012:role/team/port-iam")
	ask(&bad, "HubRoleArn", "*", "arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:role/*", "arn:aws:iam::123456789012:user/port-iam", "arn:aws:sts::123456789012:assumed-role/port-iam/x")
	ask(&good, "OrganizationId", "", "o-exampleorgid")
	ask(&bad, "OrganizationId", "*", "exampleorgid", "o-*", "o-exampleorgid,o-anotherone1")
	ask(&good, "ExternalId", "", "port-iam:2026/a")
	ask(&bad, "ExternalId", "x", "a*b", `a"b`, "a b", "${x}")
	ask(&good, "OidcProviderArn", "", sampleProvider, "arn:aws-cn:iam::123456789012:oidc-provider/oidc.eks.cn-north-1.amazonaws.com.cn/id/A")
	ask(&bad, "OidcProviderArn", `arn:aws:iam::123456789012:oidc-provider/a"b`, "arn:aws:iam::123456789012:role/x", "oidc.eks.eu-west-1.amazonaws.com/id/A")
	ask(&good, "KubernetesNamespace", "port-iam", "a")
	ask(&bad, "KubernetesNamespace", "", "*", "a:b", `a"`)
	ask(&good, "KubernetesServiceAccount", "port-iam", "a.b")
	ask(&bad, "KubernetesServiceAccount", "", "*", "a:b", `a"`)
	ask(&good, "BoundaryServices", "s3", "s3,ec2,elasticmapreduce")
	ask(&bad, "BoundaryServices", "", "*", "s3,*", "s3:Get", "s3,", "s3, ec2")
	ask(&good, "BoundaryPolicyArn", "", "arn:aws:iam::123456789012:policy/PortIamBoundary", "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess")
	ask(&bad, "BoundaryPolicyArn", "none", "arn:aws:iam::123456789012:policy/port-iam/Permission-Boundary", "arn:aws:iam::123456789012:policy/*", "arn:aws:iam::123456789012:role/B")
	ask(&good, "IamPath", "/", "/port-iam/", "/a/b/")
	ask(&bad, "IamPath", "", "port-iam", "/port-iam", "/*/", `/"/`)
	ask(&good, "IamTags", "", "a=1", "team=platform,cost-center=4711 north,empty=", "a=1,b=2,c=3,d=4,e=5")
	ask(&bad, "IamTags", "a", "=1", "a=1,", ",a=1", "a=1, b=2", "a=1=2", "a=*", "*=1", `a="`, `a=\`, "a=${x}", "a=1,b=2,c=3,d=4,e=5,f=6")
	questions, err := json.Marshal(append(slices.Clone(good), bad...))
	if err != nil {
		t.Fatal(err)
	}
	// Java's expressions are not Go's; Python's are the nearer ones.
	cmd := python(t, "python", "-c", `import json, re, sys
print(json.dumps([bool(re.fullmatch(q["Pattern"], q["Value"], re.ASCII)) for q in json.load(sys.stdin)]))`)
	cmd.Stdin = strings.NewReader(string(questions))
	var taken []bool
	if err := json.Unmarshal([]byte(output(t, cmd)), &taken); err != nil {
		t.Fatal(err)
	}
	for i, q := range append(good, bad...) {
		if want := i < len(good); taken[i] != want || q.Pattern == "" {
			t.Errorf("%s=%q: taken is %v, want %v (%s)", q.Name, q.Value, taken[i], want, q.Pattern)
		}
	}
}

// TestStackPage: the page's table of parameters is that of the template, and what the
// page gives or reads are parameters and outputs of it.
func TestStackPage(t *testing.T) {
	page, template, store := read(t, filepath.Dir(stackFile), "README.md"), readStack(t), readTemplate(t, storeFile)
	_, table, _ := strings.Cut(page, "## Parameters")
	table, _, _ = strings.Cut(table, "\n## ")
	inTable := map[string]bool{}
	for row := range strings.Lines(table) {
		if cells := strings.Split(row, "|"); len(cells) > 2 {
			for _, m := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(cells[1], -1) {
				inTable[m[1]] = true
			}
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(template.Parameters)), slices.Sorted(maps.Keys(inTable))); diff != "" {
		t.Errorf("parameters (-template +table):\n%s", diff)
	}
	n := 0
	optionsOfCLI := regexp.MustCompile(`^(Parameter(Key|Value)|Enabled|UsePreviousValue|OrganizationalUnitIds|\w+Percentage|RetainStacksOnAccountRemoval)$`)
	for _, m := range regexp.MustCompile("(?m)\\bParameterKey=(\\w+)|^\\| `([A-Z][a-z][A-Za-z]+)`|\\b([A-Z][a-z][A-Za-z]+)=").FindAllStringSubmatch(page, -1) {
		name := m[1] + m[2] + m[3]
		_, parameter := template.Parameters[name]
		_, ofStore := store.Parameters[name]
		_, isOutput := template.Outputs[name]
		if n++; !parameter && !ofStore && !isOutput && !optionsOfCLI.MatchString(name) {
			t.Errorf("the template has no %s", name)
		}
	}
	if n < 40 {
		t.Errorf("only %d names are found on the page", n)
	}
}
