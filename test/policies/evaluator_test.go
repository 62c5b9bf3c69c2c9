package policies

import (
	"bytes"
	"cmp"
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
	// trusted: it is not held against AWS's data of actions and resources, since it
	// is one that was, but for the time, or the name or the owner of the resource.
	trusted bool
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
	results := make([]string, len(questions))
	for i, v := range evaluate(t, questions) {
		if q := questions[i]; v.Unknown != "" {
			t.Fatalf("%s: %s on %s is no request that AWS knows: %s", q.name, q.action, q.resource, v.Unknown)
		}
		results[i] = v.Result
	}
	return results
}

// verdict is what the evaluator says to a question.
type verdict struct {
	Result string
	// Unknown: AWS's data do not say of which type the resource is. The result counts
	// nevertheless.
	Unknown string
	Error   string
	Ignored []string // context keys that an action does not have
}

// evaluate has the evaluator answer all questions, in their order, in one process.
func evaluate(t *testing.T, questions []question) []verdict {
	t.Helper()
	installed := server.Dir(t, "iam-simulate", "node")
	input := simulations{numbers: map[string]int{}}
	for _, q := range questions {
		input.add(q)
	}
	stdin, err := json.Marshal(input)
	noError(t, err)
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "node", "evaluate.mjs", installed)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stdin), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("iam-simulate: %v\n%s", err, stderr.String())
	}
	var verdicts []verdict
	if err := json.Unmarshal(stdout.Bytes(), &verdicts); err != nil || len(verdicts) != len(questions) {
		t.Fatalf("%d answers to %d questions: %v", len(verdicts), len(questions), err)
	}
	for i, v := range verdicts {
		if q := questions[i]; v.Error != "" || len(v.Ignored) > 0 {
			t.Fatalf("%s: %s on %s is no request that AWS knows: %s%s", q.name, q.action, q.resource, v.Error, strings.Join(v.Ignored, ", "))
		}
	}
	return verdicts
}

// simulations are questions as evaluate.mjs takes them: each document once.
type simulations struct {
	Documents   []string         `json:"documents"`
	Simulations []map[string]any `json:"simulations"`
	numbers     map[string]int   // of the documents
}

func (s *simulations) add(q question) {
	context := maps.Clone(q.by.context)
	maps.Copy(context, q.context)
	s.Simulations = append(s.Simulations, map[string]any{
		"request": map[string]any{
			"principal": q.by.arn, "action": q.action, "contextVariables": context,
			"resource": map[string]any{"resource": q.resource, "accountId": cmp.Or(q.owner, account)},
		},
		"identity": s.refer(q.identity...), "boundary": s.refer(q.boundary),
		"ofResource": s.refer(q.ofResource), "rcps": s.refer(q.rcps...), "trusted": q.trusted,
	})
}

// refer returns the numbers of documents; "" is none.
func (s *simulations) refer(documents ...string) []int {
	numbers := []int{} // null is none for the evaluator
	for _, d := range documents {
		if d == "" {
			continue
		}
		if _, ok := s.numbers[d]; !ok {
			s.numbers[d] = len(s.Documents)
			s.Documents = append(s.Documents, d)
		}
		numbers = append(numbers, s.numbers[d])
	}
	return numbers
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
