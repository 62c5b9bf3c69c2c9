package catalogue_test

import (
	"errors"
	"strings"
	"testing"

	"port-iam/iamops/catalogue"
)

// TestMessages shows what a developer reads, one row per way to be refused.
func TestMessages(t *testing.T) {
	c := open(t)
	const (
		bucket   = "arn:aws:s3:::reports"
		instance = "arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc"
	)
	for _, tc := range []struct {
		arn, action string
		reason      catalogue.Reason
		message     string
	}{
		{
			instance, "ec2:DescribeInstances", catalogue.NoResourceLevel,
			`ec2:DescribeInstances cannot be limited to one resource: AWS accepts it on all resources ("*") only, and access is granted to one. ` +
				`For a resource of type instance (ec2) there is ec2:DescribeInstanceAttribute`,
		},
		{
			"arn:aws:kms:eu-west-1:111122223333:alias/app", "kms:Decrypt", catalogue.WrongType,
			"kms:Decrypt acts on key (arn:aws:kms:${Region}:${Account}:key/${KeyId}); arn:aws:kms:eu-west-1:111122223333:alias/app is of type alias (kms). " +
				`Relate the kms key to the alias in the catalogue (relation "related"), and ask again`,
		},
		{
			instance, "sqs:SendMessage", catalogue.WrongService,
			"sqs:SendMessage acts on queue (arn:aws:sqs:${Region}:${Account}:${QueueName}); " + instance + " is of type instance (ec2)",
		},
		{
			"arn:aws:sns:eu-west-1:111122223333:alerts:0-1", "sns:Publish", catalogue.WrongType,
			"sns:Publish acts on topic (arn:aws:sns:${Region}:${Account}:${TopicName}); " +
				"arn:aws:sns:eu-west-1:111122223333:alerts:0-1 is of type subscription (sns). This resource lies in the topic: ask for it on that, if all of it may be granted",
		},
		{bucket, "s3:PutObjct", catalogue.UnknownAction, "s3:PutObjct is not an IAM action. Did you mean s3:PutObject, s3:GetObject or s3:PutObjectAcl?"},
		{bucket, "s3:HeadObject", catalogue.UnknownAction, "s3:HeadObject is not an IAM action. Did you mean s3:GetObject?"},
		{bucket, "s3:DeleteBucketEncryption", catalogue.UnknownAction, "s3:DeleteBucketEncryption is not an IAM action. Did you mean s3:PutEncryptionConfiguration?"},
		{bucket, "sqs:SendMessageBatch", catalogue.UnknownAction, "sqs:SendMessageBatch is not an IAM action. Did you mean sqs:SendMessage?"},
		{bucket, "bedrock:Converse", catalogue.UnknownAction, "bedrock:Converse is not an IAM action. Did you mean bedrock:InvokeModel?"},
		{bucket, "opensearch:eshttpget", catalogue.UnknownAction, "opensearch:eshttpget is not an IAM action. Did you mean es:ESHttpGet?"},
		{bucket, "stepfunctions:StartExecution", catalogue.UnknownAction, `stepfunctions:StartExecution: AWS has no service "stepfunctions". Did you mean states:StartExecution?`},
		{bucket, "msk:Anything", catalogue.UnknownAction, `msk:Anything: AWS has no service "msk". Did you mean kafka?`},
		{bucket, "bedrock-runtime:Converse", catalogue.UnknownAction, `bedrock-runtime:Converse: AWS has no service "bedrock-runtime". Did you mean bedrock:InvokeModel?`},
		{
			"arn:aws:states:eu-west-1:111122223333:stateMachine:orders:prod", "states:StartExecution", catalogue.WrongType,
			"states:StartExecution acts on statemachine (arn:aws:states:${Region}:${Account}:stateMachine:${StateMachineName}); " +
				"arn:aws:states:eu-west-1:111122223333:stateMachine:orders:prod is of type statemachinealias or statemachineversion (states). " +
				"This resource lies in the statemachine: ask for it on that, if all of it may be granted",
		},
		{bucket, "apigateway:UpdateRestApi", catalogue.UnknownAction, "apigateway:UpdateRestApi is not an IAM action. Did you mean apigateway:PATCH?"},
		{bucket, "apigatewayv2:GetApis", catalogue.UnknownAction, `apigatewayv2:GetApis: AWS has no service "apigatewayv2". Did you mean apigateway:GET?`},
		{
			instance, "cloudwatch:GetMetricData", catalogue.WrongService,
			"cloudwatch:GetMetricData cannot be limited to one resource, but for calls that name one of type dataset (arn:aws:cloudwatch:${Region}:${Account}:dataset/${DatasetId}): " +
				`AWS accepts all others on all resources ("*") only, and access is granted to one; ` + instance + " is of type instance (ec2)",
		},
		{
			"arn:aws:lambda:eu-west-1:111122223333:function:f", "logs:GetLogEvents", catalogue.WrongService,
			"logs:GetLogEvents acts on log-stream (arn:aws:logs:${Region}:${Account}:log-group:${LogGroupName}:log-stream:${LogStreamName}); " +
				"arn:aws:lambda:eu-west-1:111122223333:function:f is of type function (lambda). " +
				`Relate the logs log-group to the function in the catalogue (relation "related"), and ask again`,
		},
		{
			"arn:aws:ec2:eu-west-1:111122223333:elastic-ip/eipalloc-0abc", "ec2:AssociateAddress", catalogue.Incomplete,
			"ec2:AssociateAddress cannot work with what is granted on arn:aws:ec2:eu-west-1:111122223333:elastic-ip/eipalloc-0abc: " +
				"in each call AWS also checks instance (arn:aws:ec2:${Region}:${Account}:instance/${InstanceId}) or network-interface (arn:aws:ec2:${Region}:${Account}:network-interface/${NetworkInterfaceId}). " +
				`Ask for it on the ec2 instance or ec2 network-interface, to which this elastic-ip has to be related in the catalogue (relation "related")`,
		},
		{
			instance, "ssm:SendCommand", catalogue.Incomplete,
			"ssm:SendCommand cannot work with what is granted on " + instance + ": in each call AWS also checks " +
				"document (arn:aws:ssm:${Region}:${Account}:document/${DocumentName}) or document of AWS (arn:aws:ssm:${Region}::document/AWS${Name}). " +
				`Relate the ssm document of AWS or ssm document to the instance in the catalogue (relation "related"), and ask again`,
		},
		{
			"arn:aws:ssm:eu-west-1:111122223333:document/d", "ssm:SendCommand", catalogue.Incomplete,
			"ssm:SendCommand cannot work with what is granted on arn:aws:ssm:eu-west-1:111122223333:document/d: in each call AWS also checks " +
				"instance (arn:aws:ec2:${Region}:${Account}:instance/${InstanceId}) or managed-instance (arn:aws:ssm:${Region}:${Account}:managed-instance/${InstanceId}). " +
				`Ask for it on the ec2 instance or ssm managed-instance, to which this document has to be related in the catalogue (relation "related")`,
		},
		{bucket, "s3:Zzz", catalogue.UnknownAction, "s3:Zzz is not an IAM action"},
		{bucket, "dynamo:GetItem", catalogue.UnknownAction, `dynamo:GetItem: AWS has no service "dynamo". Did you mean dynamodb?`},
		{bucket, "s3:" + strings.Repeat("A", 140), catalogue.UnknownAction, `"s3:` + strings.Repeat("A", 125) + `"… is longer than any IAM action`},
		{bucket, "s3:Get*", catalogue.UnknownAction, `"s3:Get*" is not one IAM action such as s3:PutObject, without wildcards`},
		{bucket, "iam:PassRole", catalogue.DeniedAction, "iam:PassRole is never granted: IAM decides who may do what"},
		{"arn:aws:apigateway:eu-west-1::/apikeys", "apigateway:POST", catalogue.WrongType, "apigateway:POST is never granted on ApiKeys (apigateway): it makes a key that would outlive the grant"},
		{bucket, "s3:DeleteBucket", catalogue.DeniedAction, "s3:DeleteBucket is refused here: the operator denies s3:delete*"},
		{
			bucket, "s3:PutBucketPolicy", catalogue.DeniedAction,
			"s3:PutBucketPolicy changes who has access (access level Permissions management), and that would outlast the grant: it is refused unless the operator allows it",
		},
		{
			"arn:aws:sns:eu-west-1:111122223333:alerts", "sns:Subscribe", catalogue.DeniedAction, // the level is Write
			"sns:Subscribe changes who has access, and that would outlast the grant: it is refused unless the operator allows it",
		},
		{"arn:aws:sns:cn-north-1:111122223333:alerts", "sns:Publish", catalogue.InvalidARN, "arn:aws:sns:cn-north-1:111122223333:alerts is in Region cn-north-1, which partition aws does not have"},
		{"reports", "s3:GetObject", catalogue.InvalidARN, `"reports" is not an ARN (arn:partition:service:region:account:resource): the platform team has to make the ARN of the resource its identifier in Port, or its property "arn"`},
		{bucket + "/*", "s3:GetObject", catalogue.InvalidARN, bucket + "/* holds a wildcard or a policy variable: name one resource"},
		{
			bucket + "/team-a/", "s3:ListBucket", catalogue.WrongType,
			"s3:ListBucket acts on accesspoint (arn:aws:s3:${Region}:${Account}:accesspoint/${AccessPointName}), bucket (arn:aws:s3:::${BucketName}) " +
				"or multiregionaccesspoint (arn:aws:s3::${Account}:accesspoint/${AccessPointAlias}); " +
				"arn:aws:s3:::reports/team-a/ is a folder of a bucket, which means the objects under it. " +
				"This resource lies in the bucket: ask for it on that, if all of it may be granted",
		},
		{"arn:aws:sqs:eu-west:111122223333:q", "sqs:SendMessage", catalogue.InvalidARN, `arn:aws:sqs:eu-west:111122223333:q is in "eu-west", which is no Region such as eu-west-1`},
		{"arn:aws:sqs:eu-west-1a:111122223333:q", "sqs:SendMessage", catalogue.InvalidARN, `arn:aws:sqs:eu-west-1a:111122223333:q is in "eu-west-1a", which is no Region such as eu-west-1`},
		{
			"arn:aws:kms:eu-west-1:111122223333:key/alias/app", "kms:Decrypt", catalogue.WrongType,
			"kms:Decrypt acts on key (arn:aws:kms:${Region}:${Account}:key/${KeyId}); arn:aws:kms:eu-west-1:111122223333:key/alias/app has the form of no resource of kms that AWS describes",
		},
		{bucket + "/", "s3:GetObject", catalogue.InvalidARN, bucket + `/ ends in "/": name one resource`},
		{bucket + "/a\tb", "s3:GetObject", catalogue.InvalidARN, `"arn:aws:s3:::reports/a\tb" begins or ends with a blank, or holds what cannot be printed`},
		{bucket + "/a ", "s3:GetObject", catalogue.InvalidARN, `"arn:aws:s3:::reports/a " begins or ends with a blank, or holds what cannot be printed`},
		{bucket + "*", "s3:ListBucket", catalogue.InvalidARN, bucket + "* holds a wildcard or a policy variable: name one resource"},
		{
			"arn:aws:sqs:eu-west-1:444455556666:q", "sqs:SendMessage", catalogue.ForeignAccount,
			"arn:aws:sqs:eu-west-1:444455556666:q is of account 444455556666, and access is granted in account 111122223333",
		},
		{"arn:aws:iam::aws:policy/P", "s3:GetObject", catalogue.ForeignAccount, "arn:aws:iam::aws:policy/P belongs to AWS, and access is granted in account 111122223333"},
		{"arn:aws-cn:s3:::reports", "s3:GetObject", catalogue.ForeignPartition, "arn:aws-cn:s3:::reports is of partition aws-cn, and access is granted in aws"},
	} {
		_, err := c.Scope(catalogue.Request{
			Account: account, Partition: "aws", Entity: tc.arn, Actions: []string{tc.action},
			Rules: catalogue.Rules{Deny: []string{"s3:delete*"}},
		})
		var refusal *catalogue.Refusal
		switch {
		case !errors.As(err, &refusal):
			t.Errorf("%s on %s: %v", tc.action, tc.arn, err)
		case refusal.Reason != tc.reason || err.Error() != tc.message:
			t.Errorf("%s on %s:\ngot  %s %s\nwant %s %s", tc.action, tc.arn, refusal.Reason, err, tc.reason, tc.message)
		}
	}
}

// TestAllRefusalsTogether: a request with one good action and several bad ones
// is refused as a whole, and every reason is told at once.
func TestAllRefusalsTogether(t *testing.T) {
	c := open(t)
	scope, err := c.Scope(catalogue.Request{
		Account: account, Partition: "aws", Entity: "arn:aws:sqs:eu-west-1:444455556666:q",
		Actions: []string{"sqs:SendMessage", "sqs:ListQueues", "sqs:Sned", "sts:AssumeRole"},
	})
	if scope.Statements != nil {
		t.Errorf("granted: %v", scope.Statements)
	}
	var all catalogue.Refusals
	if !errors.As(err, &all) {
		t.Fatal(err)
	}
	want := []struct {
		reason catalogue.Reason
		action string
	}{
		{catalogue.ForeignAccount, ""},
		{catalogue.NoResourceLevel, "sqs:ListQueues"},
		{catalogue.UnknownAction, "sqs:Sned"},
		{catalogue.DeniedAction, "sts:AssumeRole"},
	}
	if len(all) != len(want) {
		t.Fatalf("%d refusals, want %d: %v", len(all), len(want), err)
	}
	for i, w := range want {
		if all[i].Reason != w.reason || all[i].Action != w.action || all[i].ARN != "arn:aws:sqs:eu-west-1:444455556666:q" {
			t.Errorf("refusal %d is %+v, want %v", i, all[i], w)
		}
	}
}
