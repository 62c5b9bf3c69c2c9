package iamops_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/templates"
)

// TestConsoleURL: the pages of resources, with hostile names.
func TestConsoleURL(t *testing.T) {
	t.Parallel()
	const (
		own  = ":eu-west-1:123456789012:"
		host = "https://eu-west-1.console.aws.amazon.com"
		in   = "?region=eu-west-1"
	)
	for arn, want := range map[string]string{
		"arn:aws:s3:::reports":                                           "https://console.aws.amazon.com/s3/buckets/reports",
		"arn:aws:s3:::reports/team a/":                                   "https://console.aws.amazon.com/s3/buckets/reports?prefix=team%20a%2F",
		"arn:aws:s3:::reports/2030/q1.csv":                               "https://console.aws.amazon.com/s3/object/reports?prefix=2030%2Fq1.csv",
		"arn:aws:s3:::reports/a&b=c#d?e%2F\"<>\n\u202eü":                 "https://console.aws.amazon.com/s3/object/reports?prefix=a%26b%3Dc%23d%3Fe%252F%22%3C%3E%0A%E2%80%AE%C3%BC",
		"arn:aws:s3:::reports/../../x":                                   "",
		"arn:aws:ec2" + own + "instance/i-0123456789abcdef0":             host + "/ec2/home" + in + "#InstanceDetails:instanceId=i-0123456789abcdef0",
		"arn:aws:ec2" + own + "instance/i-0;x=y":                         "",
		"arn:aws:ec2" + own + "volume/vol-0123456789abcdef0":             host + "/ec2/home" + in + "#VolumeDetails:volumeId=vol-0123456789abcdef0",
		"arn:aws:ec2" + own + "security-group/sg-0a":                     host + "/ec2/home" + in + "#SecurityGroup:groupId=sg-0a",
		"arn:aws:ec2" + own + "vpc/vpc-0a":                               "",
		"arn:aws:lambda" + own + "function:resize":                       host + "/lambda/home" + in + "#/functions/resize",
		"arn:aws:lambda" + own + "function:resize:$LATEST":               "",
		"arn:aws:dynamodb" + own + "table/Orders":                        host + "/dynamodbv2/home" + in + "#table?name=Orders",
		"arn:aws:dynamodb" + own + "table/Orders/index/x":                "",
		"arn:aws:sqs" + own + "jobs.fifo":                                host + "/sqs/v3/home" + in + "#/queues/https%3A%2F%2Fsqs.eu-west-1.amazonaws.com%2F123456789012%2Fjobs.fifo",
		"arn:aws:sns" + own + "alerts":                                   host + "/sns/v3/home" + in + "#/topic/arn:aws:sns" + own + "alerts",
		"arn:aws:rds" + own + "db:orders":                                host + "/rds/home" + in + "#database:id=orders;is-cluster=false",
		"arn:aws:rds" + own + "cluster:orders":                           host + "/rds/home" + in + "#database:id=orders;is-cluster=true",
		"arn:aws:logs" + own + "log-group:/aws/lambda/resize":            host + "/cloudwatch/home" + in + "#logsV2:log-groups/log-group/$252Faws$252Flambda$252Fresize",
		"arn:aws:logs" + own + "log-group:/a#b:*":                        host + "/cloudwatch/home" + in + "#logsV2:log-groups/log-group/$252Fa$2523b",
		"arn:aws:cloudwatch" + own + "alarm:CPU/high: 100% <x>":          host + "/cloudwatch/home" + in + "#alarmsV2:alarm/CPU$2Fhigh$3A+100$25+$3Cx$3E",
		"arn:aws:kms" + own + "key/1234abcd":                             host + "/kms/home" + in + "#/kms/keys/1234abcd",
		"arn:aws:kms" + own + "alias/x":                                  "",
		"arn:aws:secretsmanager" + own + "secret:prod/db-AbCdEf":         host + "/secretsmanager/secret?name=prod%2Fdb&region=eu-west-1",
		"arn:aws:secretsmanager" + own + "secret:rds!db&region=x-AbCdEf": host + "/secretsmanager/secret?name=rds%21db%26region%3Dx&region=eu-west-1",
		"arn:aws:secretsmanager" + own + "secret:prod/db":                "",
		"arn:aws:ssm" + own + "parameter/plain":                          host + "/systems-manager/parameters/plain/description" + in,
		"arn:aws:ssm" + own + "parameter/app/url":                        host + "/systems-manager/parameters/%252Fapp%252Furl/description" + in,
		"arn:aws:ssm" + own + "parameter/..":                             "",
		"arn:aws:ecs" + own + "cluster/shop":                             host + "/ecs/v2/clusters/shop/services" + in,
		"arn:aws:ecs" + own + "service/shop/web":                         host + "/ecs/v2/clusters/shop/services/web/health" + in,
		"arn:aws:ecs" + own + "task/shop/0123":                           host + "/ecs/v2/clusters/shop/tasks/0123" + in,
		"arn:aws:ecs" + own + "service/web":                              "",
		"arn:aws:states" + own + "stateMachine:Orders":                   host + "/states/home" + in + "#/statemachines/view/arn:aws:states" + own + "stateMachine:Orders",
		"arn:aws:kinesis" + own + "stream/clicks":                        host + "/kinesis/home" + in + "#/streams/details/clicks/monitoring",
		"arn:aws:ecr" + own + "repository/shop/web":                      host + "/ecr/repositories/private/123456789012/shop/web" + in,
		"arn:aws:ecr" + own + "repository/shop/../x":                     "",
		"arn:aws:eks" + own + "cluster/shop":                             host + "/eks/home" + in + "#/clusters/shop",
		"arn:aws:glue" + own + "job/x":                                   "",
		// Other partitions, and none.
		"arn:aws-us-gov:s3:::reports":                                   "https://console.amazonaws-us-gov.com/s3/buckets/reports",
		"arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1":           "https://console.amazonaws-us-gov.com/kms/home?region=us-gov-west-1#/kms/keys/1",
		"arn:aws-cn:sqs:cn-north-1:123456789012:jobs":                   "https://console.amazonaws.cn/sqs/v3/home?region=cn-north-1#/queues/https%3A%2F%2Fsqs.cn-north-1.amazonaws.com.cn%2F123456789012%2Fjobs",
		"arn:aws-eusc:dynamodb:eusc-de-east-1:123456789012:table/T":     "https://eusc-de-east-1.console.amazonaws-eusc.eu/dynamodbv2/home?region=eusc-de-east-1#table?name=T",
		"arn:aws-iso:s3:::reports":                                      "",
		"arn:aws:dynamodb:evil.example.com/x:123456789012:table/Orders": "",
		"arn:aws:dynamodb:eu-west-1@evil:123456789012:table/Orders":     "",
		"arn:aws:dynamodb::123456789012:table/Orders":                   "",
		"arn:aws:s3:eu-west-1::reports":                                 "",
		"reports":                                                       "", "": "",
	} {
		got := iamops.ConsoleURL(arn)
		if got != want {
			t.Errorf("%q:\n%s, want\n%s", arn, got, want)
		}
		if strings.ContainsFunc(got, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '<' }) {
			t.Errorf("%q: %q holds what is to be escaped", arn, got)
		}
		if _, err := url.Parse(got); err != nil && !strings.Contains(got, "$") {
			t.Errorf("%q: %v", arn, err)
		}
	}
}

// TestProfile: an hour for sessions that a role's session opens, and the maximum of the
// role for those of a user.
func TestProfile(t *testing.T) {
	t.Parallel()
	const name = "Permission-r_AbCdEf0123456789"
	block := func(region string, seconds int) string {
		return "[profile " + name + "]\nrole_arn = arn:aws:iam::123456789012:role/port-iam/" + name + "\nsource_profile = <your profile>\n" + region + fmt.Sprintf("duration_seconds = %d", seconds)
	}
	for trust, seconds := range map[string]int{templates.TrustIdentityCenter: 3600, templates.TrustAccount: 3600, templates.TrustIAMUser: 8 * 3600} {
		ops := planner(t, func(o *iamops.Options) { o.Trust = trust })
		g := request()
		g.Resource, g.Actions = "arn:aws:sqs:eu-west-1:123456789012:jobs", []string{"sqs:SendMessage"}
		p, err := ops.Plan(g)
		noError(t, err)
		if diff := cmp.Diff(block("region = eu-west-1\n", seconds), p.Profile); diff != "" {
			t.Errorf("%s (-want +got):\n%s", trust, diff)
		}
		if got := ops.Profile(name, "arn:aws:sqs:eu-west-1\nx = y:1:q", 15*time.Minute); got != block("", 900) {
			t.Errorf("%s: %s", trust, got)
		}
	}
}

// TestConsolePolicy: the statements for AWS's console end with the grant, and those on
// everything are of one Region.
func TestConsolePolicy(t *testing.T) {
	t.Parallel()
	ops := planner(t, func(o *iamops.Options) { o.Console = true })
	g := request()
	g.Resource, g.Actions = "arn:aws:sqs:eu-west-1:123456789012:jobs", []string{"sqs:SendMessage"}
	p, err := ops.Plan(g)
	noError(t, err)
	const end = `"DateLessThan":{"aws:CurrentTime":"2030-11-23T14:00:00Z"}`
	want := `{"Version":"2012-10-17","Statement":[` +
		`{"Sid":"Grant0","Effect":"Allow","Action":["sqs:SendMessage"],"Resource":["arn:aws:sqs:eu-west-1:123456789012:jobs"],"Condition":{` + end + `}},` +
		`{"Sid":"Console1","Effect":"Allow","Action":["sqs:GetQueueAttributes","sqs:GetQueueUrl","sqs:ListDeadLetterSourceQueues","sqs:ListQueueTags"],"Resource":["arn:aws:sqs:eu-west-1:123456789012:jobs"],"Condition":{` + end + `}},` +
		`{"Sid":"Console2","Effect":"Allow","Action":["sqs:ListQueues"],"Resource":["*"],"Condition":{` + end + `,"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}}]}`
	if diff := cmp.Diff(want, p.Policy); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestConsoleIsNotAllowed: what a policy allows on its resource does not hold what AWS's
// console needs, and what people add does count, whatever they call it.
func TestConsoleIsNotAllowed(t *testing.T) {
	t.Parallel()
	w := newFake(t, iamtest.Options{})
	o := options(t, newClients(t, w.config, nil).IAM)
	o.Console = true
	ops, err := iamops.New(o)
	noError(t, err)
	g := request()
	g.Resource, g.Actions = "arn:aws:ecs:eu-west-1:123456789012:service/shop/web", []string{"ecs:UpdateService"}
	p, err := ops.Plan(g)
	noError(t, err)
	read := func() iamops.Allowance {
		t.Helper()
		a, err := ops.Allowance(t.Context(), p.Name)
		noError(t, err)
		a.Document = "" // which holds all
		return a
	}
	noError(t, ops.CreatePolicy(t.Context(), p))
	want := iamops.Allowance{Actions: []string{"ecs:UpdateService"}, Resources: []string{"arn:aws:ecs:eu-west-1:123456789012:service/shop/web"}}
	if diff := cmp.Diff(want, read()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, tc := range []struct {
		statement string
		counts    bool
	}{
		{`{"Sid":"Console9","Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}`, false},
		{`{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":["*"]}`, false},
		{`{"Sid":"Console9","Effect":"Allow","Action":["s3:ListAllMyBuckets","s3:GetObject"],"Resource":"*"}`, true},
		{`{"Sid":"Console9","Effect":"Allow","Action":"*","Resource":"*"}`, true},
		{`{"Sid":"Other","Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::other"}`, true},
	} {
		_, err := w.iam.CreatePolicyVersion(t.Context(), &iam.CreatePolicyVersionInput{PolicyArn: &p.PolicyARN, PolicyDocument: aws.String(policy(tc.statement)), SetAsDefault: true})
		noError(t, err)
		a := read()
		if got := len(a.Resources) > 0; got != tc.counts {
			t.Errorf("%s: %q", tc.statement, a.Resources)
		}
		state, err := ops.Look(t.Context(), p.Name)
		noError(t, err)
		noError(t, w.deleteVersion(t, p.PolicyARN, slices.Max(state.Versions()[1:])))
	}
}

// TestConsoleTooLong: a policy that is too long for the lists alone says so.
func TestConsoleTooLong(t *testing.T) {
	t.Parallel()
	g := request()
	g.Resource = "arn:aws:logs:eu-west-1:123456789012:log-group:" + strings.Repeat("x", 1500)
	g.Actions = []string{"logs:GetLogEvents"}
	_, err := planner(t, func(*iamops.Options) {}).Plan(g)
	noError(t, err)
	_, err = planner(t, func(o *iamops.Options) { o.Console = true }).Plan(g)
	if err == nil || !strings.Contains(err.Error(), "request fewer permissions at once, or on a resource with a shorter name. Without the lists for AWS's console (GRANT_CONSOLE) it would have 1") {
		t.Error(err)
	}
}
