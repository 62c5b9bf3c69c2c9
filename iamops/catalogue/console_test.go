package catalogue

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// consoleNever are actions whose answers no list for AWS's console may hold, by what they
// hold: a pattern that AWS names such actions by, or one action.
var consoleNever = map[string][]string{
	"data": {
		"s3:GetObject*", "s3:GetDataAccess", "s3-object-lambda:*", "dynamodb:*Item", "dynamodb:Query", "dynamodb:Scan",
		"dynamodb:PartiQL*", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "kinesis:Get*", "kinesis:SubscribeToShard", "sqs:ReceiveMessage", "rds-data:*",
		"redshift-data:*", "kafka-cluster:*", "es:ESHttp*", "aoss:APIAccessAll", "ebs:Get*", "ebs:List*", "backup:GetRecoveryPointRestoreMetadata",
	},
	"log events, metrics, results of queries": {
		"logs:Get*Events", "logs:GetLogRecord", "logs:FilterLogEvents", "logs:GetQueryResults", "logs:StartQuery", "logs:StartLiveTail", "logs:Unmask",
		"logs:DescribeQueries", "logs:DescribeQueryDefinitions", "cloudwatch:GetMetric*", "cloudwatch:DescribeAlarmHistory", "cloudwatch:GetDashboard",
		"cloudtrail:LookupEvents", "cloudtrail:GetQueryResults", "athena:GetQuery*", "*:*QueryResults", "xray:*", "rds:Download*", "pi:*",
	},
	"environment variables and code": {
		"lambda:GetFunction", "lambda:GetFunctionConfiguration", "lambda:ListFunctions", "lambda:ListVersionsByFunction", "lambda:GetLayerVersion*",
		"ecs:DescribeTask*", "ecs:DescribeServices", "ecs:DescribeServiceRevisions", "codebuild:BatchGet*", "elasticbeanstalk:DescribeConfigurationSettings",
		"apprunner:DescribeService", "batch:DescribeJob*", "sagemaker:Describe*", "glue:GetJob*", "amplify:Get*", "amplify:List*", "codecommit:Get*", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage",
	},
	"user data and console output": {
		"ec2:DescribeInstanceAttribute", "ec2:DescribeLaunchTemplateVersions", "ec2:GetLaunchTemplateData", "ec2:DescribeSpot*Requests", "ec2:DescribeFleets",
		"ec2:GetConsole*", "ec2:GetPasswordData", "autoscaling:DescribeLaunchConfigurations", "ec2:DescribeSpotFleetRequest*", "ec2:DescribeImportImageTasks",
	},
	"definitions, inputs, outputs and parameters' values": {
		"states:Describe*", "states:GetExecutionHistory", "states:GetActivityTask", "cloudformation:Describe*", "cloudformation:Get*", "ssm:GetParameter*",
		"ssm:GetCommandInvocation", "ssm:ListCommand*", "ssm:GetInventory*", "events:ListTargetsByRule", "events:DescribeRule", "scheduler:GetSchedule", "pipes:DescribePipe",
		"datapipeline:*", "appconfig:Get*", "glue:GetConnection*", "dms:DescribeEndpoints",
	},
	"secrets, keys, tokens and passwords": {
		"secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue", "secretsmanager:GetRandomPassword", "kms:Decrypt", "kms:GenerateDataKey*", "kms:GetParametersForImport",
		"*:Get*Credentials*", "*:*Token", "*:*ApiKey*", "*:*AccessKey*", "*:*Password*", "*:*SecretValue", "apigateway:GET", "rds-db:*", "ecr:GetAuthorizationToken", "eks:AccessKubernetesApi", "sts:*", "iam:*",
		"lightsail:Get*AccessDetails", "lightsail:*KeyPair*", "acm:ExportCertificate", "sns:*Subscription*", "cognito-idp:Describe*Client",
	},
	"links that open without signing in": {"*:*Presigned*", "*:CreatePresigned*", "lambda:*FunctionUrlConfig*", "codecommit:GitPull", "rds:*Presigned*", "*:*SignedUrl*"},
}

// TestConsoleNever: no list holds an action whose answer is data or a secret, and each
// exclusion is of actions that AWS has, or a pattern for those that it may name next.
func TestConsoleNever(t *testing.T) {
	c := shared(t)
	for why, patterns := range consoleNever {
		for _, p := range patterns {
			for _, call := range ConsoleCalls() {
				if Match(p, call.Action) {
					t.Errorf("%s: %s is excluded as %s: %s", call.Type, call.Action, p, why)
				}
			}
			prefix, name, _ := strings.Cut(p, ":")
			if strings.Contains(name, "*") {
				continue
			}
			if s, err := c.service(prefix); err != nil || s == nil || s.find(name) == nil {
				t.Errorf("%s is no action: %v", p, err)
			}
		}
	}
}

// TestConsoleCalls: each call is one that lists or describes, may be granted by every
// operator's leave, and is on the resource exactly where AWS checks it on that.
func TestConsoleCalls(t *testing.T) {
	c := shared(t)
	services, seen := map[string]bool{}, map[string]bool{}
	for _, v := range consoleViews {
		prefix, key, _ := strings.Cut(v.to, " ")
		services[prefix] = true
		of, err := c.service(prefix)
		if err != nil || of == nil {
			t.Fatalf("%s: %v", v.to, err)
		}
		if _, err := of.indexes([]string{key}); err != nil {
			t.Errorf("%s is no type", v.to)
		}
		for _, call := range v.calls {
			id := v.to + " " + call.action
			if seen[id] || strings.TrimSpace(call.answer) == "" {
				t.Errorf("%s is listed twice, or its answer is not reviewed", id)
			}
			seen[id] = true
			s, a, refusal, err := c.grantable(call.action, Rules{})
			if err != nil || refusal != nil {
				t.Errorf("%s: %v %v", id, refusal, err)
				continue
			}
			if full := s.prefix + ":" + a.name; full != call.action {
				t.Errorf("%s is spelled %s", id, full)
			}
			if a.level != Read && a.level != List {
				t.Errorf("%s is of level %s", id, a.level)
			}
			acts := func(k string) bool {
				return slices.ContainsFunc(a.types, func(n int) bool { return s.prefix == prefix && s.types[n].key == k })
			}
			switch call.on {
			case onEntity:
				if !acts(key) {
					t.Errorf("%s is on the resource, and AWS does not check it there", id)
				}
			case onParent:
				if v.parent == nil || !acts("bucket") && !acts("cluster") {
					t.Errorf("%s is on what holds the resource, and AWS does not check it there", id)
				}
			case inRegion, everywhere:
				if len(a.types) > 0 {
					t.Errorf("%s is on everything, and AWS checks it on %d types", id, len(a.types))
				}
			}
			if global := call.action == "s3:ListAllMyBuckets"; global != (call.on == everywhere) {
				t.Errorf("%s: on %s", id, call.on)
			}
		}
	}
	if len(services) < 12 {
		t.Errorf("%d services", len(services))
	}
}

// TestConsoleStatements: what comes out for a resource.
func TestConsoleStatements(t *testing.T) {
	const own = ":eu-west-1:123456789012:"
	type want = []Statement
	for _, tc := range []struct {
		name, entity, action string
		deny                 []string
		want                 want
		warning              string
	}{
		{"a bucket", "arn:aws:s3:::reports", "s3:GetObject", []string{"s3:GetBucket*", "s3:GetEncryptionConfiguration"}, want{
			{Console, []string{"s3:ListBucket"}, []string{"arn:aws:s3:::reports"}, true, ""},
			{Console, []string{"s3:ListAllMyBuckets"}, []string{"*"}, false, ""},
		}, "s3:GetBucketLocation, s3:GetBucketOwnershipControls, s3:GetBucketPolicyStatus, s3:GetBucketPublicAccessBlock, s3:GetBucketTagging, s3:GetBucketVersioning, s3:GetEncryptionConfiguration: the operator denies it, so AWS's console may show errors"},
		{"asked for anyway", "arn:aws:s3:::reports", "s3:ListBucket", []string{"s3:Get*"}, want{
			{Console, []string{"s3:ListAllMyBuckets"}, []string{"*"}, false, ""},
		}, ""},
		{"a folder", "arn:aws:s3:::reports/team-a/", "s3:GetObject", nil, want{
			{Console, []string{"s3:GetBucketLocation", "s3:GetBucketVersioning"}, []string{"arn:aws:s3:::reports"}, true, ""},
			{Console, []string{"s3:ListAllMyBuckets"}, []string{"*"}, false, ""},
		}, ""},
		{"a queue", "arn:aws:sqs" + own + "jobs", "sqs:SendMessage", nil, want{
			{Console, []string{"sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListDeadLetterSourceQueues", "sqs:ListQueueTags"}, []string{"arn:aws:sqs" + own + "jobs"}, false, ""},
			{Console, []string{"sqs:ListQueues"}, []string{"*"}, false, "eu-west-1"},
		}, ""},
		{"a log group", "arn:aws:logs" + own + "log-group:/app:*", "logs:GetLogEvents", []string{"logs:Describe*Filters"}, want{
			{Console, []string{"logs:ListTagsForResource"}, []string{"arn:aws:logs" + own + "log-group:/app"}, false, ""},
			{Console, []string{"logs:DescribeLogStreams"}, []string{"arn:aws:logs" + own + "log-group:/app", "arn:aws:logs" + own + "log-group:/app:*"}, false, ""},
			{Console, []string{"logs:DescribeLogGroups"}, []string{"*"}, false, "eu-west-1"},
		}, ""},
		{"a task", "arn:aws:ecs" + own + "task/shop/0123", "ecs:StopTask", nil, want{
			{Console, []string{"ecs:DescribeClusters"}, []string{"arn:aws:ecs" + own + "cluster/shop"}, false, ""},
			{Console, []string{"ecs:GetTaskProtection", "ecs:ListTagsForResource"}, []string{"arn:aws:ecs" + own + "task/shop/0123"}, false, ""},
			{Console, []string{"ecs:ListClusters"}, []string{"*"}, false, "eu-west-1"},
		}, ""},
		{"an alarm with a star in its name", "arn:aws:cloudwatch" + own + "alarm:cpu *", "cloudwatch:DeleteAlarms", nil, want{
			{Console, []string{"cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource"}, []string{"arn:aws:cloudwatch" + own + "alarm:cpu ${*}"}, false, ""},
		}, ""},
		{"a type that was not reviewed", "arn:aws:events" + own + "rule/nightly", "events:DisableRule", nil, nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			req := Request{Account: "123456789012", Partition: "aws", Entity: tc.entity, Actions: []string{tc.action}, Rules: Rules{Deny: tc.deny}}
			off, err := shared(t).Scope(req)
			if err != nil {
				t.Fatal(err)
			}
			req.Console = true
			on, err := shared(t).Scope(req)
			if err != nil {
				t.Fatal(err)
			}
			got := on.Console().Statements
			if len(got) == 0 {
				got = nil
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(off.Statements, on.Granted().Statements); diff != "" {
				t.Errorf("what is granted differs (-without +with):\n%s", diff)
			}
			if len(off.Console().Statements) > 0 || !slices.Equal(on.On(tc.entity), off.On(tc.entity)) {
				t.Error("the lists are there without being asked for, or count as granted")
			}
			if tc.warning != "" && !slices.Contains(on.Warnings, tc.warning) {
				t.Errorf("warnings %q", on.Warnings)
			}
		})
	}
}

// TestConsoleActions: a boundary allows the services anyway.
func TestConsoleActions(t *testing.T) {
	if got := ConsoleActions([]string{"s3", "sqs", "ec2"}); len(got) > 0 {
		t.Errorf("%q", got)
	}
	want := []string{"ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"}
	if diff := cmp.Diff(want, ConsoleActions([]string{"rds", "s3"})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !IsConsole("S3:listallmybuckets") || IsConsole("s3:GetObject") {
		t.Error("actions are not known")
	}
}
