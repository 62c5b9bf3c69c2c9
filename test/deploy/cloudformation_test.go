package deploy

import (
	"encoding/json"
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
	for _, region := range []string{"us-east-1", "us-gov-west-1", "cn-north-1"} {
		cmd := python(t, "cfn-lint", "--template", filepath.Join(root(t), stackFile), "--include-checks", "I", "--regions", region)
		if out := output(t, cmd); out != "" {
			t.Errorf("%s: %s", region, out)
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

// TestStackPrincipals: each kind of principal makes what it needs, and no more.
func TestStackPrincipals(t *testing.T) {
	template := readStack(t)
	for principal, want := range map[string]string{
		"irsa":                "Boundary DaemonRole Management Requester",
		"pod-identity":        "Boundary DaemonRole Management Requester",
		"pod-identity access": "Boundary DaemonRole Management PodIdentity Requester",
		"instance-profile":    "Boundary DaemonRole InstanceProfile Management Requester",
		"user":                "Boundary DaemonUser Management Requester",
	} {
		kind, cluster, _ := strings.Cut(principal, " ")
		s := template.fill(t, "aws", "210987654321", map[string]string{"Principal": kind, "EksCluster": cluster})
		var got []string
		for name, r := range s.Resources {
			if s.made(r.Condition) {
				got = append(got, name)
				s.resolve(r.Properties) // fails the test if it refers to something that is not made
			}
		}
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%s makes %v, want %s", principal, got, want)
		}
		if !slices.Contains(template.Parameters["Principal"].AllowedValues, kind) {
			t.Errorf("%s is not allowed", kind)
		}
	}
	if n := len(template.Parameters["Principal"].AllowedValues); n != 4 {
		t.Errorf("%d kinds of principals, and 4 are tested", n)
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

// TestStackPage: the page gives parameters and reads outputs that there are.
func TestStackPage(t *testing.T) {
	page, template := read(t, filepath.Dir(stackFile), "README.md"), read(t, stackFile)
	n := 0
	for _, m := range regexp.MustCompile("(?m)^\\| `([A-Z][A-Za-z]+)` \\||\\b([A-Z][a-z][A-Za-z]+)=|\\?OutputKey==`([A-Za-z]+)`").FindAllStringSubmatch(page, -1) {
		n++
		if name := m[1] + m[2] + m[3]; !strings.Contains(template, "\n  "+name+":\n") {
			t.Errorf("the template has no %s", name)
		}
	}
	if n < 10 {
		t.Errorf("only %d names are found on the page", n)
	}
}
