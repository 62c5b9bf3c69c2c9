package policies

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"port-iam/iamops"
	"port-iam/iamops/catalogue"
	"port-iam/templates"
)

// console is a resource that AWS's console shows: with an action that is asked for on it,
// another resource of its type, what holds it, and an action that reads what is in it, on
// what AWS checks that.
type console struct {
	entity, asked, sibling string
	parent, otherParent    string
	reads, on              string
}

// consoles are of all types for which there are lists.
var consoles = map[string]console{
	"s3 bucket": {entity: "arn:aws:s3:::reports", asked: "s3:PutObject", sibling: "arn:aws:s3:::reports2", reads: "s3:GetObject", on: "arn:aws:s3:::reports/q1.csv"},
	"s3 object": {
		entity: "arn:aws:s3:::reports/2030/", asked: "s3:PutObject", sibling: "arn:aws:s3:::reports/2031/x",
		parent: "arn:aws:s3:::reports", otherParent: "arn:aws:s3:::reports2", reads: "s3:GetObject", on: "arn:aws:s3:::reports/2030/q1.csv",
	},
	"ec2 instance":          {entity: "arn:aws:ec2" + regional + "instance/i-0123456789abcdef0", asked: "ec2:StopInstances", reads: "ec2:GetConsoleOutput", on: "arn:aws:ec2" + regional + "instance/i-0123456789abcdef0"},
	"ec2 volume":            {entity: "arn:aws:ec2" + regional + "volume/vol-0123456789abcdef0", asked: "ec2:DeleteVolume", reads: "ec2:DescribeVolumeAttribute", on: "arn:aws:ec2" + regional + "volume/vol-0123456789abcdef0"},
	"lambda function":       {entity: "arn:aws:lambda" + regional + "function:resize", asked: "lambda:InvokeFunction", sibling: "arn:aws:lambda" + regional + "function:resize2", reads: "lambda:GetFunction"},
	"dynamodb table":        {entity: "arn:aws:dynamodb" + regional + "table/Orders", asked: "dynamodb:PutItem", sibling: "arn:aws:dynamodb" + regional + "table/Orders2", reads: "dynamodb:GetItem"},
	"sqs queue":             {entity: "arn:aws:sqs" + regional + "jobs", asked: "sqs:SendMessage", sibling: "arn:aws:sqs" + regional + "jobs2", reads: "sqs:ReceiveMessage"},
	"sns topic":             {entity: "arn:aws:sns" + regional + "alerts", asked: "sns:Publish", sibling: "arn:aws:sns" + regional + "alerts2", reads: "sns:ListSubscriptionsByTopic"},
	"rds db":                {entity: "arn:aws:rds" + regional + "db:orders", asked: "rds:RebootDBInstance", sibling: "arn:aws:rds" + regional + "db:orders2", reads: "rds:DownloadDBLogFilePortion"},
	"rds cluster":           {entity: "arn:aws:rds" + regional + "cluster:orders", asked: "rds:StartDBCluster", sibling: "arn:aws:rds" + regional + "cluster:orders2", reads: "rds-data:ExecuteStatement"},
	"logs log-group":        {entity: "arn:aws:logs" + regional + "log-group:/app", asked: "logs:PutRetentionPolicy", sibling: "arn:aws:logs" + regional + "log-group:/app2", reads: "logs:FilterLogEvents"},
	"kms key":               {entity: "arn:aws:kms" + regional + "key/1234abcd-12ab-34cd-56ef-1234567890ab", asked: "kms:Encrypt", sibling: "arn:aws:kms" + regional + "key/1234abcd-12ab-34cd-56ef-1234567890ac", reads: "kms:Decrypt"},
	"secretsmanager Secret": {entity: "arn:aws:secretsmanager" + regional + "secret:db/password-AbCdEf", asked: "secretsmanager:RotateSecret", sibling: "arn:aws:secretsmanager" + regional + "secret:db/password-AbCdEg", reads: "secretsmanager:GetSecretValue"},
	"ssm parameter":         {entity: "arn:aws:ssm" + regional + "parameter/app/url", asked: "ssm:PutParameter", sibling: "arn:aws:ssm" + regional + "parameter/app/url2", reads: "ssm:GetParameter"},
	"ecs cluster":           {entity: "arn:aws:ecs" + regional + "cluster/shop", asked: "ecs:UpdateCluster", sibling: "arn:aws:ecs" + regional + "cluster/shop2", reads: "ecs:DescribeServices", on: "arn:aws:ecs" + regional + "service/shop/web"},
	"ecs service": {
		entity: "arn:aws:ecs" + regional + "service/shop/web", asked: "ecs:UpdateService", sibling: "arn:aws:ecs" + regional + "service/shop/web2",
		parent: "arn:aws:ecs" + regional + "cluster/shop", otherParent: "arn:aws:ecs" + regional + "cluster/shop2", reads: "ecs:DescribeServices",
	},
	"ecs task": {
		entity: "arn:aws:ecs" + regional + "task/shop/0123456789abcdef", asked: "ecs:StopTask", sibling: "arn:aws:ecs" + regional + "task/shop/0123456789abcdee",
		parent: "arn:aws:ecs" + regional + "cluster/shop", otherParent: "arn:aws:ecs" + regional + "cluster/shop2", reads: "ecs:DescribeTasks",
	},
	"states statemachine":           {entity: "arn:aws:states" + regional + "stateMachine:import", asked: "states:StartExecution", sibling: "arn:aws:states" + regional + "stateMachine:import2", reads: "states:DescribeStateMachine"},
	"kinesis stream":                {entity: "arn:aws:kinesis" + regional + "stream/clicks", asked: "kinesis:PutRecord", sibling: "arn:aws:kinesis" + regional + "stream/clicks2", reads: "kinesis:GetRecords"},
	"cloudwatch alarm":              {entity: "arn:aws:cloudwatch" + regional + "alarm:cpu", asked: "cloudwatch:DeleteAlarms", sibling: "arn:aws:cloudwatch" + regional + "alarm:cpu2", reads: "cloudwatch:DescribeAlarmHistory"},
	"ecr repository":                {entity: "arn:aws:ecr" + regional + "repository/shop", asked: "ecr:PutImage", sibling: "arn:aws:ecr" + regional + "repository/shop2", reads: "ecr:BatchGetImage"},
	"eks cluster":                   {entity: "arn:aws:eks" + regional + "cluster/shop", asked: "eks:UpdateClusterVersion", sibling: "arn:aws:eks" + regional + "cluster/shop2", reads: "eks:AccessKubernetesApi"},
	"elasticache replicationgroup":  {entity: "arn:aws:elasticache" + regional + "replicationgroup:cart", asked: "elasticache:TestFailover", sibling: "arn:aws:elasticache" + regional + "replicationgroup:cart2", reads: "elasticache:Connect"},
	"elasticache cluster":           {entity: "arn:aws:elasticache" + regional + "cluster:cart", asked: "elasticache:RebootCacheCluster", sibling: "arn:aws:elasticache" + regional + "cluster:cart2", reads: "elasticache:ModifyCacheCluster"},
	"elasticfilesystem file-system": {entity: "arn:aws:elasticfilesystem" + regional + "file-system/fs-0123456789abcdef0", asked: "elasticfilesystem:DeleteFileSystem", sibling: "arn:aws:elasticfilesystem" + regional + "file-system/fs-0123456789abcdef1", reads: "elasticfilesystem:ClientMount"},
}

// withConsole works a grant out with the lists for AWS's console.
func withConsole(t *testing.T, at setting, g iamops.Request) iamops.Plan {
	t.Helper()
	set, err := templates.Load(nil)
	noError(t, err)
	clients, err := iamops.NewClients(aws.Config{Region: "us-east-1"}, nil)
	noError(t, err)
	ops, err := iamops.New(iamops.Options{
		API: clients.IAM, Account: account, Partition: at.partition, OrgID: "org_1", Path: at.path,
		Boundary: at.boundary(), Trust: templates.TrustIdentityCenter, Templates: set, Console: true,
	})
	noError(t, err)
	p, err := ops.Plan(g)
	noError(t, err)
	return p
}

// in sets the Region whose endpoint is called.
func (r request) in(region string) request {
	return r.with(func(r *request) { r.context["aws:RequestedRegion"] = region })
}

// questions are about one call of a list, which is on a resource or, in a Region or in
// all, on "*".
func (c console) questions(call catalogue.ConsoleCall, r request, all, may policies) []question {
	r.action = call.Action
	no := func(name string, r request) []question {
		return []question{{name, r, all, false}, {name + ", with all rights", r, may, true}}
	}
	on := func(resource string) request { return r.with(func(r *request) { r.resource = resource }) }
	var other []question
	switch call.On {
	case "the resource":
		r = on(c.entity)
		other = no("of another one", on(c.sibling))
	case "what holds the resource":
		r = on(c.parent)
		other = no("of another one", on(c.otherParent))
	case "all in the Region of the resource":
		r = on("*")
		other = no("in another Region", r.in("eu-west-1"))
	default:
		r = on("*")
		other = []question{{"in another Region", r.in("eu-west-1"), all, true}}
	}
	return append(other,
		question{"for the console", r, all, true},
		question{"for the console, at the last second", r.at(last), all, true},
		question{"for the console, at the end", r.at(end), all, false},
	)
}

// TestConsole: what AWS's console needs to show a resource is allowed until the end of the
// grant, on that resource or in its Region, under the boundary that is printed for it, and
// nothing else of another one; what reads is not.
func TestConsole(t *testing.T) {
	t.Parallel()
	at := setting{partition: "aws", path: "/port-iam/"}
	var questions []question
	calls := map[string]int{}
	for _, call := range catalogue.ConsoleCalls() {
		c, known := consoles[call.Type]
		if !known {
			t.Errorf("%s is not tried", call.Type)
			continue
		}
		service, _, _ := strings.Cut(call.Type, " ")
		p := withConsole(t, at, grantOf(c.entity, c.asked))
		s := sample{entity: c.entity}
		boundary, err := templates.Boundary(templates.Limits{
			Account: account, Services: []string{service}, Console: catalogue.ConsoleActions([]string{service}), Never: catalogue.DeniedServices(),
		})
		noError(t, err)
		all, may := s.policies(at, p.Policy), s.policies(at, admin)
		all.boundary = boundary
		r := request{by: user(at, p)}.of(account).in("us-east-1")
		questions = append(questions, c.questions(call, r, all, may)...)
		if calls[call.Type]++; calls[call.Type] > 1 {
			continue
		}
		r.action, r.resource = c.reads, c.on
		if r.resource == "" {
			r.resource = c.entity
		}
		questions = append(questions, question{"reads", r, all, false}, question{"reads, with all rights", r, may, true})
	}
	for kind := range consoles {
		if calls[kind] == 0 {
			t.Errorf("there is no list for %s", kind)
		}
	}
	check(t, questions)
}
