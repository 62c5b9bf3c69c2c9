package policies

import (
	"bytes"
	"encoding/json"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"port-iam/test/kit/server"
)

// request is one call to AWS, as its policies see it.
type request struct {
	by       principal
	action   string
	resource string
	owner    string // account of the resource; "" for ours
	context  map[string]any
}

// with returns a copy of a request that has been changed.
func (r request) with(change func(*request)) request {
	r.context = maps.Clone(r.context)
	if r.context == nil {
		r.context = map[string]any{}
	}
	change(&r)
	return r
}

// policies are all those that have a say in a request.
type policies struct {
	identity   []string // of the caller
	boundary   string   // of the caller; "" for none
	ofResource string   // of the resource: a trust policy, a bucket policy
	rcps       []string // resource control policies of the organisation
}

// question is a request, and what has to come out.
type question struct {
	name string
	request
	policies
	want bool
}

// Results of the evaluator.
const (
	allowed = "Allowed"
	denied  = "ExplicitlyDenied" // a Deny says so; what nobody allows is ImplicitlyDenied
)

// admin is a policy that allows everything. Where it is asked instead of the one
// under test, a request must pass, or the request is no good as a test.
const admin = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

// check asks all questions and reports each wrong answer.
func check(t *testing.T, questions []question) {
	t.Helper()
	if len(questions) == 0 {
		t.Fatal("there is nothing to check")
	}
	for i, result := range decide(t, questions) {
		if q := questions[i]; (result == allowed) != q.want {
			t.Errorf("%s: %s on %s by %s is %s", q.name, q.action, q.resource, q.by.arn, result)
		}
	}
	t.Logf("%d decisions", len(questions))
}

// decide has the evaluator answer all questions, in their order. A question that
// it finds fault with ends the test.
func decide(t *testing.T, questions []question) []string {
	t.Helper()
	installed := server.Dir(t, "iam-simulate", "node")
	input := make([]any, len(questions))
	for i, q := range questions {
		input[i] = q.simulation(t)
	}
	stdin, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "node", "evaluate.mjs", installed)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stdin), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("iam-simulate: %v\n%s", err, stderr.String())
	}
	var verdicts []struct {
		Result, Error string
		Ignored       []string
	}
	if err := json.Unmarshal(stdout.Bytes(), &verdicts); err != nil || len(verdicts) != len(questions) {
		t.Fatalf("%d answers to %d questions: %v", len(verdicts), len(questions), err)
	}
	results := make([]string, len(questions))
	for i, v := range verdicts {
		q := questions[i]
		if v.Error != "" || len(v.Ignored) > 0 {
			t.Fatalf("%s: %s on %s is no request that AWS knows: %s%s", q.name, q.action, q.resource, v.Error, strings.Join(v.Ignored, ", "))
		}
		results[i] = v.Result
	}
	return results
}

// simulation is a question as the evaluator takes it.
func (q question) simulation(t *testing.T) map[string]any {
	t.Helper()
	context := maps.Clone(q.by.context)
	maps.Copy(context, q.context)
	owner := q.owner
	if owner == "" {
		owner = account
	}
	s := map[string]any{
		"request": map[string]any{
			"principal": q.by.arn, "action": q.action, "contextVariables": context,
			"resource": map[string]any{"resource": q.resource, "accountId": owner},
		},
		"identityPolicies":        named(t, q.identity),
		"serviceControlPolicies":  []any{},
		"resourceControlPolicies": []any{},
	}
	if q.boundary != "" {
		s["permissionBoundaryPolicies"] = named(t, []string{q.boundary})
	}
	if q.ofResource != "" {
		s["resourcePolicy"] = parse(t, q.ofResource)
	}
	if len(q.rcps) > 0 {
		s["resourceControlPolicies"] = []any{map[string]any{"orgIdentifier": "o-1", "policies": named(t, q.rcps)}}
	}
	return s
}

func named(t *testing.T, documents []string) []any {
	t.Helper()
	list := []any{} // null is none for the evaluator
	for i, d := range documents {
		list = append(list, map[string]any{"name": string(rune('a' + i)), "policy": parse(t, d)})
	}
	return list
}

func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	var document map[string]any
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return document
}

// TestEvaluator shows that the evaluator can say yes and no, by each of the
// policies that are used here: a proof by one that cannot is none.
func TestEvaluator(t *testing.T) {
	get := request{by: sessionOf("aws", "/", "Dev", "alice"), action: "s3:GetObject", resource: "arn:aws:s3:::reports/x"}
	deny := strings.Replace(admin, "Allow", "Deny", 1)
	only := strings.Replace(admin, `"*"`, `"ec2:*"`, 1)
	everyone := strings.Replace(admin, `"Effect"`, `"Principal":"*","Effect"`, 1)
	noone := strings.Replace(deny, `"Effect"`, `"Principal":"*","Effect"`, 1)
	nobodyTo := func(service string) string {
		return strings.Replace(noone, `"Action":"*"`, `"Action":"`+service+`:*"`, 1)
	}
	check(t, []question{
		{"allowed", get, policies{identity: []string{admin}}, true},
		{"by nobody", get, policies{}, false},
		{"something else allowed", get, policies{identity: []string{only}}, false},
		{"denied as well", get, policies{identity: []string{admin, deny}}, false},
		{"within the boundary", get, policies{identity: []string{admin}, boundary: admin}, true},
		{"outside the boundary", get, policies{identity: []string{admin}, boundary: only}, false},
		{"denied by the bucket", get, policies{identity: []string{admin}, ofResource: noone}, false},
		{"allowed by the bucket", get, policies{ofResource: everyone}, true},
		{"something else denied by the organisation", get, policies{identity: []string{admin}, rcps: []string{nobodyTo("sts")}}, true},
		{"denied by the organisation", get, policies{identity: []string{admin}, rcps: []string{nobodyTo("s3")}}, false},
	})
	results := decide(t, []question{{request: get, policies: policies{identity: []string{deny}}}})
	if !slices.Equal(results, []string{denied}) {
		t.Errorf("a Deny is called %q", results)
	}
}
