package deploy

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"port-iam/test/kit/server"
)

const (
	stackFile = "deploy/cloudformation/port-iam.yaml"
	storeFile = "deploy/cloudformation/identity-store.yaml" // the role that looks people up
)

// python is a command of the virtual environment of moto, which cfn-lint is in
// too.
func python(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	requireReal(t, "python3")
	t.Setenv("PORT_IAM_REQUIRE_REAL", "1")
	return exec.Command(filepath.Join(server.Dir(t, "moto"), "bin", name), args...)
}

// stackTemplate is the template, with every tag such as !Sub in its long form.
type stackTemplate struct {
	Parameters map[string]struct {
		Default        *string
		AllowedPattern string
		AllowedValues  []string
	}
	Rules map[string]struct {
		RuleCondition any
		Assertions    []struct {
			Assert            any
			AssertDescription string
		}
	}
	Conditions map[string]any
	Resources  map[string]struct {
		Type, Condition string
		Properties      map[string]any
	}
	Outputs map[string]struct {
		Condition string
		Value     any
	}
}

func readStack(t *testing.T) (s stackTemplate) {
	t.Helper()
	return readTemplate(t, stackFile)
}

func readTemplate(t *testing.T, file string) (s stackTemplate) {
	t.Helper()
	text := output(t, python(t, "python", "cloudformation_json.py", filepath.Join(root(t), file)))
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// stack is what CloudFormation would make of the template in one account.
type stack struct {
	stackTemplate
	t      *testing.T
	values map[string]string // of Ref
}

// fill gives the template its parameters. What a template may refer to and this
// does not know fails the test.
func (s stackTemplate) fill(t *testing.T, partition, account string, params map[string]string) stack {
	t.Helper()
	suffix := map[string]string{"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}[partition]
	values := map[string]string{"AWS::Partition": partition, "AWS::AccountId": account, "AWS::URLSuffix": suffix}
	for name, p := range s.Parameters {
		if given, ok := params[name]; ok {
			values[name] = given
		} else if p.Default != nil {
			values[name] = *p.Default
		} else {
			t.Fatalf("parameter %s is not given", name)
		}
	}
	for name := range params {
		if _, ok := s.Parameters[name]; !ok {
			t.Fatalf("there is no parameter %s", name)
		}
	}
	return stack{s, t, values}
}

// made tells whether something with that condition is made.
func (s stack) made(condition string) bool {
	return condition == "" || s.holds(s.Conditions[condition])
}

func (s stack) holds(condition any) bool {
	name, arg := s.function(condition)
	args, _ := arg.([]any)
	switch name {
	case "Fn::Equals":
		return s.text(args[0]) == s.text(args[1])
	case "Fn::Not":
		return !s.holds(args[0])
	case "Fn::And":
		return !slices.ContainsFunc(args, func(a any) bool { return !s.holds(a) })
	}
	s.t.Fatalf("condition %v", condition)
	return false
}

// refusals are what CloudFormation says to the parameters.
func (s stack) refusals() (all []string) {
	for _, rule := range s.Rules {
		for _, a := range rule.Assertions {
			if s.holds(rule.RuleCondition) && !s.holds(a.Assert) {
				all = append(all, a.AssertDescription)
			}
		}
	}
	slices.Sort(all)
	return all
}

// function returns name and argument if v is the call of a function.
func (s stack) function(v any) (name string, arg any) {
	if m, ok := v.(map[string]any); ok && len(m) == 1 {
		for name, arg := range m {
			if name == "Ref" || strings.HasPrefix(name, "Fn::") {
				return name, arg
			}
		}
	}
	return "", nil
}

// noValue stands for what AWS::NoValue takes away.
type noValue struct{}

// resolve works out the functions in a value.
func (s stack) resolve(v any) any {
	name, arg := s.function(v)
	args, _ := arg.([]any)
	switch name {
	case "":
		return s.inside(v)
	case "Ref":
		if arg == "AWS::NoValue" {
			return noValue{}
		}
		return s.value(arg.(string))
	case "Fn::GetAtt":
		return s.value(args[0].(string) + "." + args[1].(string))
	case "Fn::If":
		if s.made(args[0].(string)) {
			return s.resolve(args[1])
		}
		return s.resolve(args[2])
	case "Fn::Join":
		var parts []string
		for _, part := range s.resolve(args[1]).([]any) {
			parts = append(parts, part.(string))
		}
		return strings.Join(parts, args[0].(string))
	case "Fn::Split":
		var parts []any
		for _, part := range strings.Split(s.text(args[1]), args[0].(string)) {
			parts = append(parts, part)
		}
		return parts
	case "Fn::Select":
		var index int
		switch n := args[0].(type) {
		case float64:
			index = int(n)
		case string:
			index, _ = strconv.Atoi(n)
		}
		return s.resolve(args[1]).([]any)[index]
	case "Fn::Sub":
		return s.sub(arg)
	}
	s.t.Fatalf("unknown function %s", name)
	return nil
}

func (s stack) inside(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, value := range v {
			if value = s.resolve(value); value != any(noValue{}) {
				out[key] = value
			}
		}
		return out
	case []any:
		out := []any{}
		for _, value := range v {
			if value = s.resolve(value); value != any(noValue{}) {
				out = append(out, value)
			}
		}
		return out
	}
	return v
}

func (s stack) text(v any) string {
	text, ok := s.resolve(v).(string)
	if !ok {
		s.t.Fatalf("%v is not text", v)
	}
	return text
}

var placeholder = regexp.MustCompile(`\$\{([^}]+)\}`)

func (s stack) sub(arg any) string {
	text, own := "", map[string]any{}
	if args, ok := arg.([]any); ok {
		text, own = args[0].(string), args[1].(map[string]any)
	} else {
		text = arg.(string)
	}
	return placeholder.ReplaceAllStringFunc(text, func(m string) string {
		name := m[2 : len(m)-1]
		if v, ok := own[name]; ok {
			return s.text(v)
		}
		return s.value(name)
	})
}

// value is that of a parameter, of a constant of AWS, or of a resource.
func (s stack) value(name string) string {
	if v, ok := s.values[name]; ok {
		return v
	}
	name, attribute, _ := strings.Cut(name, ".")
	r, ok := s.Resources[name]
	if !ok || !s.made(r.Condition) {
		s.t.Fatalf("%s refers to nothing that is made", name)
	}
	iam := "arn:" + s.values["AWS::Partition"] + ":iam::" + s.values["AWS::AccountId"] + ":"
	switch r.Type + "." + attribute {
	case "AWS::IAM::ManagedPolicy.":
		return iam + "policy/" + s.text(r.Properties["ManagedPolicyName"])
	case "AWS::IAM::Role.":
		return s.text(r.Properties["RoleName"])
	case "AWS::IAM::Role.Arn":
		return iam + "role/" + s.text(r.Properties["RoleName"])
	case "AWS::IAM::User.":
		return s.text(r.Properties["UserName"])
	case "AWS::IAM::User.Arn":
		return iam + "user/" + s.text(r.Properties["UserName"])
	case "AWS::IAM::InstanceProfile.":
		return s.text(r.Properties["InstanceProfileName"])
	}
	s.t.Fatalf("nothing is known of %s %s", r.Type, attribute)
	return ""
}

// document is the policy document that a resource gets.
func (s stack) document(resource, property string) any {
	return policyOf(s.t, s.resolve(s.Resources[resource].Properties[property]))
}

// outputs are those of the stack.
func (s stack) outputs() map[string]string {
	out := map[string]string{}
	for name, o := range s.Outputs {
		if s.made(o.Condition) {
			out[name] = s.text(o.Value)
		}
	}
	return out
}
