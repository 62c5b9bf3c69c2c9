package grants_test

import (
	"fmt"
	"strings"
	"time"

	"port-iam/grants"
	"port-iam/iamops/catalogue"
	"port-iam/port/porttest"
)

// asked is a request for a permission with further inputs.
func asked(name string, value any) map[string]any {
	return map[string]any{"permissions": []any{"s3:PutObject"}, name: value}
}

// refusedForms are requests whose form is wrong, or that come too late.
func refusedForms() []play {
	inputs := func(of map[string]any) func(*stage) string {
		return func(s *stage) string { return s.asks(of) }
	}
	return []play{
		{name: "no permission is chosen", f: inputs(map[string]any{"permissions": []any{}})},
		{name: "the action has no input for permissions", f: inputs(map[string]any{})},
		{name: "the permissions are no list", f: inputs(map[string]any{"permissions": "s3:PutObject"})},
		{name: "a permission is no entity", f: inputs(map[string]any{"permissions": []any{"s3:PutObject", map[string]any{"title": "Read"}}})},
		{name: "the duration is none", f: inputs(asked("duration", "tomorrow"))},
		{name: "the duration is no text", f: inputs(asked("duration", 8))},
		{name: "the duration is too short", f: inputs(asked("duration", "5m"))},
		{name: "the duration is too long", f: inputs(asked("duration", "48h"))},
		{name: "the reason is too long", f: inputs(asked("reason", strings.Repeat("because ", 70)))},
		{name: "the reason is no text", f: inputs(asked("reason", []any{"because"}))},
		{name: "it is started on nothing", f: func(s *stage) string { return s.starts(porttest.RunSpec{Entity: "none"}) }},
		{name: "it is started on another blueprint", f: func(s *stage) string {
			return s.starts(porttest.RunSpec{Entity: "s3:PutObject", Blueprint: "iam_permissions"})
		}},
		{name: "the request has waited for more than a day", f: func(s *stage) string {
			rec := s.request(asked("duration", "24h"))
			later(25 * time.Hour)
			return s.handle(s.process(), rec)
		}},
		{name: "the request has waited until its end", f: func(s *stage) string {
			rec := s.short()
			later(time.Hour)
			return s.handle(s.process(), rec)
		}},
	}
}

// refusedRequesters are requests of those who cannot have access.
func refusedRequesters() []play {
	of := func(spec porttest.RunSpec, change ...func(*grants.Options)) func(*stage) string {
		return func(s *stage) string { return s.starts(spec, change...) }
	}
	return []play{
		{name: "a machine asks", f: of(porttest.RunSpec{Requester: "nobody"})},
		{name: "a service account asks", f: of(porttest.RunSpec{Requester: "deploy-bot@serviceaccounts.getport.io"})},
		{name: "a program asks for a person", f: of(porttest.RunSpec{ImpersonatedBy: "client@clients"})},
		{name: "the requester is of another domain", f: of(porttest.RunSpec{Requester: "alice@example.org"}, func(o *grants.Options) { o.UserName = grants.UserName(true, "example.com") })},
		{name: "the requester has a name that AWS does not take", f: of(porttest.RunSpec{Requester: "o'neil@example.com"})},
		{name: "the action is for another account", f: of(porttest.RunSpec{}, func(o *grants.Options) { o.Actions.Grants[0].Accounts = []string{"999999999999"} })},
		{name: "the requester has no e-mail", f: of(porttest.RunSpec{Requester: "alice"})},
	}
}

// refusedScopes are requests for what cannot be granted.
func refusedScopes() []play {
	on := func(arn string, actions ...any) func(*stage) string {
		return func(s *stage) string { return s.on(arn, actions...) }
	}
	named := func(arn, action string) func(*stage) string {
		return func(s *stage) string {
			s.resource("my-bucket", fmt.Sprintf(`"resource_type":"S3","arn":%q`, arn))
			return s.starts(porttest.RunSpec{Entity: "my-bucket", Properties: map[string]any{"permissions": []any{action}}})
		}
	}
	owned := func(by string) func(*stage) string {
		return func(s *stage) string {
			s.resource("arn:aws:s3:::theirs", fmt.Sprintf(`"resource_type":"S3","account":%q`, by))
			return s.requested("arn:aws:s3:::theirs", "s3:PutObject")
		}
	}
	const instance = "arn:aws:ec2:us-east-1:" + account + ":instance/i-0123456789abcdef0"
	return []play{
		{name: "the resource is not in the catalogue", f: func(s *stage) string { return s.starts(porttest.RunSpec{Entity: "arn:aws:s3:::unknown"}) }},
		{name: "a permission is not in the catalogue", f: on(bucket, "s3:PutObject", "s3:GetObjectTagging")},
		{name: "a permission is for another type of resource", f: func(s *stage) string {
			s.port.AddEntity("iam_permissions", `{"identifier":"s3:DeleteObject","properties":{"resource_type":"EC2"}}`)
			return s.on(bucket, "s3:DeleteObject")
		}},
		{name: "several things are wrong", f: on(bucket, "s3:PutObjects", "s3:ListAllMyBuckets", "ec2:StopInstances")},

		{name: "unknown_action: with a wildcard", f: on(bucket, "s3:*")},
		{name: "unknown_action: misspelt", f: on(bucket, "s3:PutObjets")},
		{name: "unknown_action: of no service", f: on(bucket, "s4:PutObject")},
		{name: "unknown_action: too long", f: on(bucket, "s3:"+strings.Repeat("Put", 50))},
		{name: "no_resource_level", f: on(bucket, "s3:ListAllMyBuckets")},
		{name: "no_resource_level: nothing else is like it", f: on(instance, "s3:ListAllMyBuckets")},
		{name: "wrong_service", f: on(bucket, "ec2:StopInstances")},
		{name: "wrong_resource_type", f: on(bucket, "s3:DescribeJob")},
		{name: "wrong_resource_type: with others like it", f: on(bucket, "s3:GetJobTagging")},
		{name: "wrong_resource_type: ordinary calls on all resources", f: on(bucket, "cloudwatch:GetMetricData")},
		{name: "wrong_resource_type: of an unknown form", f: on("arn:aws:ec2:us-east-1:"+account+":teapot/1", "ec2:StopInstances")},
		{name: "wrong_service: many types", f: on(bucket, "rds:AddTagsToResource")},
		{name: "wrong_service: of a resource that can be related", f: on(bucket, "kms:Decrypt")},
		{name: "incomplete: a resource that can be related", f: on(instance, "ec2:AttachVolume")},
		{name: "incomplete: the resource lies in it", f: on("arn:aws:appconfig:us-east-1:"+account+":application/a1b2c3d/environment/e4f5a6b", "appconfig:UpdateEnvironment")},
		{name: "incomplete: the call makes it", f: on(instance, "ec2:CreateImage")},
		{name: "incomplete: on the other side", f: on("arn:aws:ecs:us-east-1:"+account+":cluster/main", "ecs:ExecuteCommand")},
		{name: "incomplete: on what each call names", f: on("arn:aws:redshift:us-east-1:"+account+":dbname:warehouse/dev", "redshift:GetClusterCredentials")},
		{name: "invalid_arn: none", f: on("my-s3-bucket", "s3:PutObject")},
		{name: "invalid_arn: with a tab", f: named("arn:aws:s3:::my-s3-bucket/a\tb", "s3:PutObject")},
		{name: "invalid_arn: with a wildcard", f: named("arn:aws:s3:::my-s3-bucket/*", "s3:PutObject")},
		{name: "invalid_arn: of the root folder", f: on("arn:aws:s3:::my-s3-bucket/", "s3:PutObject")},
		{name: "wrong_resource_type: of a folder", f: on("arn:aws:s3:::my-s3-bucket/team-a/", "s3:ListBucket")},
		{name: "foreign_account", f: on("arn:aws:ec2:us-east-1:999999999999:instance/i-0123456789abcdef0", "ec2:StopInstances")},
		{name: "foreign_account: by the property of the resource", f: owned("999999999999")},
		{name: "the account of the resource is wrong in the catalogue", f: owned("99999")},
		{name: "foreign_account: AWS's own", f: on("arn:aws:ssm:us-east-1:aws:document/AWS-RunShellScript", "ssm:SendCommand")},
		{name: "foreign_partition", f: on("arn:aws-cn:s3:::my-s3-bucket", "s3:PutObject")},
		{name: "invalid_arn: an Availability Zone", f: on("arn:aws:sqs:eu-west-1a:"+account+":orders", "sqs:SendMessage")},
		{name: "invalid_arn: a Region of another partition", f: on("arn:aws:sqs:cn-north-1:"+account+":orders", "sqs:SendMessage")},
		{name: "denied_action: never granted", f: on(bucket, "iam:PassRole", "s3:GetDataAccess")},
		{name: "wrong_resource_type: denied on this type", f: on("arn:aws:apigateway:us-east-1::/apikeys", "apigateway:POST")},
		{name: "wrong_resource_type: a document of AWS with an account", f: on("arn:aws:ssm:us-east-1:"+account+":document/AWS-RunShellScript", "ssm:GetDocument")},
		{name: "denied_action: by the operator", f: func(s *stage) string {
			s.rules = catalogue.Rules{Deny: []string{"s3:Delete*"}}
			return s.on(bucket, "s3:DeleteObject")
		}},
		{name: "denied_action: by the operator, where another does not work without", f: func(s *stage) string {
			s.rules = catalogue.Rules{Deny: []string{"kafka-cluster:Connect"}}
			return s.on("arn:aws:kafka:us-east-1:"+account+":cluster/events/0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d-5", "kafka-cluster:DescribeCluster")
		}},
		{name: "denied_action: it decides about access", f: on(bucket, "s3:PutBucketPolicy")},
		{name: "the boundary does not allow it", f: func(s *stage) string {
			const table = "arn:aws:dynamodb:us-east-1:" + account + ":table/Orders"
			for _, action := range []string{"dynamodb:GetItem", "dynamodb:PutItem"} {
				s.port.AddEntity("iam_permissions", `{"identifier":"`+action+`","properties":{"resource_type":"S3"}}`)
			}
			return s.on(table, "dynamodb:GetItem", "dynamodb:PutItem")
		}},
		{name: "the policy would be too long", f: tooLong},
		{name: "the policy would be too long, with the lists for AWS's console", f: func(s *stage) string {
			s.console = true
			return tooLong(s)
		}},
	}
}

func tooLong(s *stage) string {
	long := "arn:aws:dynamodb:us-east-1:" + account + ":table/" + strings.Repeat("x", 950)
	return s.on(long, s.grantable("dynamodb", long)...)
}

// grantable are the actions of a service that can be granted on a resource.
func (s *stage) grantable(service, arn string) (actions []any) {
	known, err := catalogue.Open()
	s.must(err)
	all, err := known.Actions(service)
	s.must(err)
	for _, a := range all {
		r := catalogue.Request{Account: account, Partition: "aws", Entity: arn, Actions: []string{a.Name}}
		if _, err := known.Scope(r); err == nil {
			actions = append(actions, a.Name)
		}
	}
	return actions
}
