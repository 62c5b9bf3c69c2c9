package setup_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"port-iam/iamops/catalogue"
	"port-iam/internal/setup"
)

const key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"

// Every action of a bundle is one that the daemon grants on the kind of resource that
// the bundle is for. Those for encrypted resources hold what AWS asks for on the key,
// and are refused without one.
func TestBundlesAreGrantable(t *testing.T) {
	known, err := catalogue.Open()
	if err != nil {
		t.Fatal(err)
	}
	services := map[string]bool{}
	for _, b := range setup.Bundles() {
		services[b.Service()] = true
		req := catalogue.Request{Account: account, Partition: "aws", Entity: b.Sample, Actions: b.Actions}
		if strings.HasSuffix(b.ID, "-encrypted") {
			if _, err := known.Scope(req); err == nil {
				t.Errorf("%s is granted without a key", b.ID)
			}
			req.Related = []string{key}
		}
		scope, err := known.Scope(req)
		if err != nil {
			t.Errorf("%s: %v", b.ID, err)
		}
		for _, w := range scope.Warnings {
			if req.Related != nil && strings.Contains(w, "the key") {
				t.Errorf("%s: %s", b.ID, w)
			}
			t.Logf("%s: %s", b.ID, w)
		}
	}
	if len(services) < 20 {
		t.Errorf("bundles for %d services", len(services))
	}
}

// What a bundle is called and holds, as far as that is seen without AWS.
func TestBundlesAreInOrder(t *testing.T) {
	seen := map[string]bool{}
	for _, b := range setup.Bundles() {
		if seen[b.ID] || seen[b.Title] || b.Title == "" || b.Meaning == "" || strings.HasSuffix(b.Meaning, ".") {
			t.Errorf("%s: %q, %q: there is another, or a text is missing, or ends in a stop", b.ID, b.Title, b.Meaning)
		}
		seen[b.ID], seen[b.Title] = true, true
		if service, _, _ := strings.Cut(b.ID, "-"); service != b.Service() || strings.Contains(b.ID, ":") || len(b.ID) > 40 || len(b.Title) > 60 {
			t.Errorf("%s is not the service and a purpose, without a colon, or it or its title is long", b.ID)
		}
		onKey := slices.IndexFunc(b.Actions, func(a string) bool { return strings.HasPrefix(a, "kms:") })
		if onKey < 0 || b.Service() == "kms" {
			onKey = len(b.Actions)
		}
		if isFor := onKey < len(b.Actions); isFor != strings.HasSuffix(b.ID, "-encrypted") {
			t.Errorf("%s: %q", b.ID, b.Actions)
		}
		if !slices.IsSorted(b.Actions[:onKey]) || !slices.IsSorted(b.Actions[onKey:]) || len(slices.Compact(slices.Sorted(slices.Values(b.Actions)))) != len(b.Actions) {
			t.Errorf("%s: not sorted, or twice the same: %q", b.ID, b.Actions)
		}
		for _, a := range b.Actions {
			if strings.ContainsAny(a, "*?") {
				t.Errorf("%s: %s is a wildcard", b.ID, a)
			}
		}
	}
}

// What deletes is in no bundle but in those whose title says so, and what shows a secret
// in none that is for something else.
func TestBundlesHoldNothingElse(t *testing.T) {
	for _, tt := range []struct {
		pattern string
		in      []string // prefixes of identifiers
	}{
		{"*:*Delete*", []string{"dynamodb-write", "sqs-consume", "lambda-operate"}},
		{"*:*Purge*", nil},
		{"*:*Terminate*", nil},
		{"*:BatchWriteItem", []string{"dynamodb-write"}},
		{"secretsmanager:GetSecretValue", []string{"secretsmanager-read"}},
		{"ssm:GetParameter*", []string{"ssm-read"}},
		{"lambda:GetFunction", []string{"lambda-deploy"}}, // and what else shows environment variables
		{"lambda:GetFunctionConfiguration", []string{"lambda-deploy"}},
		{"lambda:ListVersionsByFunction", []string{"lambda-deploy"}},
		{"lambda:PublishVersion", []string{"lambda-deploy"}},
		{"lambda:Update*C*", []string{"lambda-deploy"}},
		{"ec2:DescribeInstanceAttribute", nil}, // user data
		{"ecs:DescribeTaskDefinition", nil},
		{"codebuild:*", nil},
		{"ssm:StartSession", nil}, // a shell
		{"ssm:SendCommand", nil},
		{"ecs:ExecuteCommand", nil},
		{"kms:CreateGrant", nil},
	} {
		for _, b := range setup.Bundles() {
			holds := slices.ContainsFunc(b.Actions, func(a string) bool { return catalogue.Match(tt.pattern, a) })
			if holds && !slices.ContainsFunc(tt.in, func(id string) bool { return strings.HasPrefix(b.ID, id) }) {
				t.Errorf("%s holds %s", b.ID, tt.pattern)
			}
		}
	}
}

// Who chooses a bundle reads there that it shows secrets, or what may hold some, and that
// it lends a role: the answers of these actions were left out of the lists for AWS's
// console for that, or docs/security.md says that they run with a role of the resource.
func TestBundlesTellWhatIsRisky(t *testing.T) {
	for _, tt := range []struct {
		patterns, words []string
	}{
		{[]string{
			"secretsmanager:GetSecretValue", "ssm:GetParameter*", "ec2:GetConsole*", "ecs:DescribeServices", "ecs:DescribeTask*", "states:DescribeStateMachine*", "states:DescribeExecution",
			"states:GetExecutionHistory", "events:ListTargetsByRule", "lambda:GetFunction", "lambda:GetFunctionConfiguration", "lambda:ListVersionsByFunction", "rds:DownloadDBLogFilePortion",
		}, []string{"secret", "environment variables"}},
		{[]string{"lambda:InvokeFunction", "lambda:UpdateFunctionCode", "states:Start*Execution", "ecs:UpdateService", "codepipeline:StartPipelineExecution"}, []string{"role"}},
	} {
		for _, p := range tt.patterns {
			for _, b := range setup.Bundles() {
				holds := slices.ContainsFunc(b.Actions, func(a string) bool { return catalogue.Match(p, a) })
				if holds && !slices.ContainsFunc(tt.words, func(w string) bool { return strings.Contains(b.Meaning, w) }) {
					t.Errorf("%s holds %s and says none of %q: %q", b.ID, p, tt.words, b.Meaning)
				}
			}
		}
	}
}

// The page that says how to install both: the boundary that it prints has the services of
// all actions of the starter bundles, or port-iam check fails there.
func TestBundlesAreInsideOfTheBoundaryOfThePage(t *testing.T) {
	page, err := os.ReadFile("../../docs/install.md")
	if err != nil {
		t.Fatal(err)
	}
	starter := regexp.MustCompile(`setup --starter-permissions ([a-z0-9,]+)`).FindSubmatch(page)
	boundaries := regexp.MustCompile(`print boundary .*--services ([a-z0-9,]+)`).FindAllSubmatch(page, -1)
	if starter == nil || boundaries == nil {
		t.Fatal("the page has no such commands")
	}
	for _, b := range setup.Bundles() {
		if !slices.Contains(strings.Split(string(starter[1]), ","), b.Service()) {
			continue
		}
		for _, a := range b.Actions {
			service, _, _ := strings.Cut(a, ":")
			for _, boundary := range boundaries {
				if !slices.Contains(strings.Split(string(boundary[1]), ","), service) {
					t.Errorf("%s holds %s, and the boundary has only %s", b.ID, a, boundary[1])
				}
			}
		}
	}
}
