package catalogue

import (
	"slices"
	"strings"
)

// companion is what an action needs besides itself, as a page of AWS's
// documentation says. That one call is checked against several resources with the
// same action is not here: the reference itself tells that.
type companion struct {
	asked []string // patterns of the actions that need it, as [Match] takes them
	// on are the shapes of the resources on which they do, as AWS's patterns have
	// them with "*" for each variable; none: on all.
	on []string
	// when looks at the ARN, without "arn:PARTITION:"; nil: whatever it is.
	when func(rest string) bool
	// unless are actions; a request that asks for each of them, too, has what it
	// needs. One of several will do where "|" is between them. None: nothing that can be
	// asked for helps.
	unless []string
	// supplied are shapes: a request with a related resource of one has what it needs.
	supplied []string
	// rights are actions that the text names, in the form of unless. They are for warn,
	// and stand for what to do, see remedy.
	rights []string
	does   verdict
	// actions and endings are for add: these actions (none: the asked one) on the
	// ARN of the resource followed by each of these (none: on the resources of the
	// asked action).
	actions, endings []string
	// text is for refuse and warn, and goes on after the name of the action and a
	// colon. What to do follows its last colon, but where there are rights.
	text string
	// keyed stands for text where a key is related, with "%s" for its ARN; empty: text
	// is as true then.
	keyed string
	page  string
}

// verdict is what follows from a need.
type verdict int

const (
	// refuse: AWS says that the action can never work with such a grant: what is
	// missing cannot come from the policy of another resource either.
	refuse verdict = iota + 1
	// add: the action never works fully without it, and it lies inside the resource.
	add
	// warn: it depends on the call, on how the resource is set up, or on the policy of
	// another resource (a bucket, a queue, a key, a secret), which can give the right.
	warn
)

// companionsBy holds the rows by the actions that they name, and those with a
// wildcard by its service, so that a look-up compares few of them.
var companionsBy = indexCompanions(companionRows())

// companionRows is the whole table.
func companionRows() []companion {
	return slices.Concat(resourceCompanions, accessCompanions, callCompanions, placeCompanions, wafCompanions, keyCompanions, roleCompanions, roleDoubts, dependents)
}

// askedRow is a row and one of its patterns.
type askedRow struct {
	pattern string
	*companion
}

func indexCompanions(rows []companion) map[string][]askedRow {
	out := map[string][]askedRow{}
	for i := range rows {
		for _, pattern := range rows[i].asked {
			key := pattern
			if strings.Contains(pattern, "*") {
				key, _, _ = strings.Cut(pattern, ":")
			}
			out[key] = append(out[key], askedRow{pattern, &rows[i]})
		}
	}
	return out
}

// companionsOf returns what an action, written as AWS spells it, needs besides
// itself on this resource, in a request for all these actions on these resources.
func companionsOf(action string, k kind, request []string, on kinds) []*companion {
	prefix, _, _ := strings.Cut(action, ":")
	var out []*companion
	for _, key := range []string{action, prefix} {
		for _, row := range companionsBy[key] {
			if Match(row.pattern, action) && row.fits(k) && !row.met(request, on) && !slices.Contains(out, row.companion) {
				out = append(out, row.companion)
			}
		}
	}
	return out
}

// fits reports whether the row is about such a resource.
func (c *companion) fits(k kind) bool {
	shape := len(c.on) == 0 || slices.ContainsFunc(k.shapes, func(p pattern) bool { return slices.Contains(c.on, p.shape) })
	return shape && (c.when == nil || c.when(k.arn.rest))
}

// met reports whether the request itself asks for what is needed, or has it.
func (c *companion) met(request []string, on kinds) bool {
	for _, shape := range c.supplied {
		if slices.ContainsFunc(on, func(k kind) bool { return k.has(shape) }) {
			return true
		}
	}
	return len(c.unless) > 0 && !slices.ContainsFunc(c.unless, func(needed string) bool { return !asksFor(request, needed) })
}

// asksFor reports whether a request asks for an action, or for one of those that "|" is
// between.
func asksFor(request []string, needed string) bool {
	return slices.ContainsFunc(strings.Split(needed, "|"), func(name string) bool {
		return slices.ContainsFunc(request, func(a string) bool { return strings.EqualFold(a, name) })
	})
}

// resourceCompanions are about resources that are named in part, or that reach
// beyond their ARN.
var resourceCompanions = []companion{
	{
		asked: []string{"secretsmanager:*"}, on: []string{secret}, when: partialSecret, does: refuse,
		text: `this is a partial ARN, on which AWS allows nothing. A secret's ARN ends in "-" and six characters that AWS chose, as in secret:prod/db-a1B2c3: use the full ARN, which "aws secretsmanager describe-secret" prints`,
		page: `"Permissions policy examples for AWS Secrets Manager", AWS Secrets Manager User Guide, and ARN of CreateSecret, AWS Secrets Manager API Reference`,
	},
	{
		asked: []string{"secretsmanager:*"}, on: []string{secret}, when: doubtfulSecret, does: warn,
		text: `the last six characters look like part of the name, while those that AWS puts at the end of a secret's ARN mostly hold capitals. If they are part of the name, this is a partial ARN, on which AWS allows nothing: compare it with the ARN that "aws secretsmanager describe-secret" prints`,
		page: "ARN of CreateSecret, AWS Secrets Manager API Reference",
	},
	{
		asked: []string{"elasticloadbalancing:*"}, on: []string{"elasticloadbalancing:*:*:loadbalancer/*"}, when: newLoadBalancer, does: refuse,
		text: `this is a partial ARN, on which AWS allows nothing. The ARN of an application, network or gateway load balancer ends in "/" and an id that AWS chose, as in loadbalancer/app/web/50dc6c495c0c9188: use the full ARN, which "aws elbv2 describe-load-balancers" prints`,
		page: "LoadBalancerArn of LoadBalancer, Elastic Load Balancing API Reference (version 2015-12-01)",
	},
	{
		asked: []string{"cloudformation:*"}, on: []string{"cloudformation:*:*:stack/*"}, when: nameOfStack, does: refuse,
		text: `this is a partial ARN, on which AWS allows nothing. The ARN of a stack ends in "/" and an id that AWS chose, as in stack/app/0f0e0d0c-1111-2222-3333-444455556666: use the full ARN, which "aws cloudformation describe-stacks" prints as StackId`,
		page: "StackId of Stack, AWS CloudFormation API Reference",
	},
	{
		asked: []string{"ssm:*"}, on: []string{parameter}, when: slashesOfParameter, does: refuse,
		text: `AWS writes the first "/" of a parameter's name and that of "parameter/" in its ARN as one, and allows nothing on an ARN with two: use the ARN with one, as in parameter/prod/db for /prod/db`,
		page: `"Restricting access to Parameter Store parameters using IAM policies", AWS Systems Manager User Guide`,
	},
	{
		asked: []string{"ssm:*"}, on: []string{parameter}, when: publicParameter, does: refuse,
		text: `this is a public parameter of AWS, whose ARN names no account: use the ARN without one, as in arn:aws:ssm:eu-west-1::parameter/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended`,
		page: `"Calling AMI public parameters in Parameter Store", AWS Systems Manager User Guide`,
	},
	{
		asked: []string{"execute-api:ManageConnections"},
		on:    []string{"execute-api:*:*:*/*/*/*", "execute-api:*:*:*/*/*/", "execute-api:*:*:*/*/*"}, when: noConnections, does: refuse,
		text: `it is for the connections of a WebSocket API, whose ARNs go on after the stage with METHOD/@connections: ask for it on those, as in a1b2c3d4e5/prod/POST/@connections/*, or on the API`,
		page: `"Use @connections commands in your backend service", Amazon API Gateway Developer Guide`,
	},
	{
		asked: []string{"rds-db:connect"}, when: notResourceID, does: refuse,
		text: `AWS knows the database by its resource id here, which begins with "db-", "cluster-" or "prx-", and not by its name: use the id, which "aws rds describe-db-instances" prints as DbiResourceId (of a cluster DbClusterResourceId)`,
		page: `"Creating and using an IAM policy for IAM database access", Amazon RDS User Guide`,
	},
	{
		asked: []string{"lambda:InvokeFunction"}, on: []string{"lambda:*:*:function:*"}, does: warn,
		text: "a call that names a version or an alias is checked on the ARN of that one: ask for it on the version or the alias, or leave it out of the call",
		page: `"Fine-tuning the Resources and Conditions sections of policies", AWS Lambda Developer Guide`,
	},
	{
		asked: []string{
			"dynamodb:Query", "dynamodb:Scan", "dynamodb:PartiQLSelect", "dynamodb:SearchVectors",
			"dynamodb:DescribeContributorInsights", "dynamodb:UpdateContributorInsights",
		},
		on: []string{table}, does: add, endings: []string{"/index/*"},
		page: `"DynamoDB API permissions: Actions, resources, and conditions reference", Amazon DynamoDB Developer Guide`,
	},
	{
		asked: []string{"bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"},
		on:    []string{"bedrock:*:*:inference-profile/*", "bedrock:*:*:application-inference-profile/*"}, does: refuse,
		text: "AWS checks it on the profile and also on the foundation model in every Region that the profile routes to, and a grant covers the profile alone: ask for it on the foundation model if that can be called without a profile, else an administrator has to give lasting access to profile and models",
		page: `"Prerequisites for inference profiles", Amazon Bedrock User Guide`,
	},
	{
		asked: []string{"bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"},
		on:    []string{"bedrock:*:*:prompt-router/*", "bedrock:*:*:default-prompt-router/*"}, does: refuse,
		text: "AWS checks it on the router and also on the models that the router chooses from, and a grant covers the router alone: ask for it on one foundation model",
		page: `"Understanding intelligent prompt routing in Amazon Bedrock", Amazon Bedrock User Guide`,
	},
	{
		asked: []string{"s3-object-lambda:Get*", "s3-object-lambda:List*", "s3-object-lambda:Put*", "s3-object-lambda:Delete*", "s3-object-lambda:RestoreObject", "s3-object-lambda:AbortMultipartUpload"}, does: warn,
		text: "AWS also checks the same right on the access point behind this one, and lambda:InvokeFunction on the function, and a grant covers neither: use it where their own policies let the caller in, or ask for the right on the bucket",
		page: `"Configuring IAM policies for Object Lambda Access Points", Amazon S3 User Guide`,
	},
	{
		asked: []string{
			"s3:*Object*", "s3:AbortMultipartUpload", "s3:BypassGovernanceRetention", "s3:ListMultipartUploadParts", "s3:ListBucket", "s3:ListBucketVersions",
			"s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketLocation", "s3:GetBucketNotification", "s3:GetBucketPolicy",
		},
		on: []string{"s3:*:*:accesspoint/*", "s3:*:*:accesspoint/*/object/*", "s3::*:accesspoint/*", "s3::*:accesspoint/*/object/*"}, does: warn,
		text: behindAccessPoint, page: `"Configuring IAM policies for using access points", Amazon S3 User Guide`,
	},
	{
		asked: []string{"s3express:CreateSession"}, on: []string{"s3express:*:*:accesspoint/*"}, does: warn,
		text: behindAccessPoint, page: `"Configuring IAM policies for using access points for directory buckets", Amazon S3 User Guide`,
	},
	{
		asked: []string{"cassandra:Select", "cassandra:Modify"}, on: []string{cassandraTable, cassandraKeyspace}, does: warn,
		text: "drivers and cqlsh also read the system keyspaces when they connect, which are outside of the grant: use an account in which the user may already read /keyspace/system*",
		page: `"Amazon Keyspaces identity-based policy examples", Amazon Keyspaces Developer Guide`,
	},
	{
		asked: []string{"cassandra:Restore", "cassandra:RestoreMultiRegionTable"}, on: []string{cassandraTable}, does: refuse,
		text: "a restore makes a new table, on which AWS checks it, and reads the old one with cassandra:Select, and a grant is for one table: ask for both on the keyspace, if it holds both tables",
		page: `"Configure restore table IAM permissions for Amazon Keyspaces PITR", Amazon Keyspaces Developer Guide`,
	},
	{
		asked: []string{"cassandra:Restore", "cassandra:RestoreMultiRegionTable"}, on: []string{cassandraKeyspace}, unless: []string{"cassandra:Select"}, does: refuse,
		text: "a restore also reads the old table with cassandra:Select: ask for that on the keyspace, too",
		page: `"Configure restore table IAM permissions for Amazon Keyspaces PITR", Amazon Keyspaces Developer Guide`,
	},
	{
		asked: []string{"dynamodb:RestoreTableFromBackup", "dynamodb:RestoreTableToPointInTime"}, does: refuse,
		text: "the table that it makes needs rights to read and write, too, and is outside of the grant: ask an operator to restore it",
		page: `"Using IAM with DynamoDB backup and restore", Amazon DynamoDB Developer Guide`,
	},
	{
		asked: []string{"dynamodb:ExportTableToPointInTime"}, unless: []string{"s3:PutObject"}, does: warn,
		text: "it also needs s3:PutObject on the bucket, which is outside of the grant: use a bucket whose policy lets the caller write, or ask an operator to export it",
		page: `"Requesting a table export in DynamoDB", Amazon DynamoDB Developer Guide`,
	},
	{
		asked: []string{"dynamodb:ImportTable"}, does: warn,
		text: "it also reads a bucket (s3:GetObject, s3:ListBucket) and writes to a log group of CloudWatch Logs (logs:CreateLogGroup, logs:CreateLogStream, logs:PutLogEvents), all outside of the grant: use it where AWS lets the caller do that by another way, or ask an operator to import it",
		page: `"Requesting a table import in DynamoDB", Amazon DynamoDB Developer Guide`,
	},
	{
		asked: []string{"dynamodb:CreateTableReplica"}, does: refuse,
		text: "the replica is a table in another Region that takes rights of its own (dynamodb:CreateTable and those that read and write it), and is outside of the grant: ask an operator to add the replica",
		page: `"IAM security and global tables", Amazon DynamoDB Developer Guide`,
	},
	{
		asked: []string{"dynamodb:EnableKinesisStreamingDestination"}, unless: []string{"kinesis:PutRecord"}, does: warn,
		text: "it also needs rights on the stream (kinesis:DescribeStream, kinesis:PutRecord, kinesis:PutRecords), which is outside of the grant: ask an operator to turn it on if AWS denies it",
		page: `"Using IAM policies for Amazon Kinesis Data Streams and Amazon DynamoDB", Amazon DynamoDB Developer Guide`,
	},
	{
		asked: []string{"sqs:StartMessageMoveTask"}, unless: []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}, does: warn,
		text: "it also needs sqs:ReceiveMessage, sqs:DeleteMessage and sqs:GetQueueAttributes on this queue: ask for the three, too",
		page: `"Learn how to configure a dead-letter queue redrive in Amazon SQS", Amazon SQS Developer Guide`,
	},
	{
		asked: []string{"sqs:StartMessageMoveTask"}, does: warn,
		text: "it also needs sqs:SendMessage on the queue that the messages go to, which is outside of the grant: use a queue whose policy lets the caller send",
		page: `"Learn how to configure a dead-letter queue redrive in Amazon SQS", Amazon SQS Developer Guide`,
	},
	{
		asked: []string{"kms:ReEncryptFrom"}, unless: []string{"kms:ReEncryptTo"}, does: warn,
		text: "ReEncrypt also takes kms:ReEncryptTo on the key that it encrypts with: ask for both, or use a key whose own policy gives the other right",
		page: "ReEncrypt, AWS KMS API Reference",
	},
	{
		asked: []string{"kms:ReEncryptTo"}, unless: []string{"kms:ReEncryptFrom"}, does: warn,
		text: "ReEncrypt also takes kms:ReEncryptFrom on the key that it decrypts with: ask for both, or use a key whose own policy gives the other right",
		page: "ReEncrypt, AWS KMS API Reference",
	},
	{
		asked: []string{"kms:ReplicateKey"}, does: refuse,
		text: "the replica that it makes takes kms:CreateKey in the other Region, too, which AWS allows on all resources only: ask an operator to replicate the key",
		page: "ReplicateKey, AWS KMS API Reference",
	},
	{
		asked: []string{"kms:UpdatePrimaryRegion"}, does: warn,
		text: "AWS checks it on the primary key and also on the replica, whose ARN has another Region and is outside of the grant: use it where the policy of the other key lets the caller do so, or ask an operator",
		page: "UpdatePrimaryRegion, AWS KMS API Reference",
	},
	{
		asked: []string{"rds:SwitchoverBlueGreenDeployment"}, does: refuse,
		text: "it also needs rights on the databases of both sides (rds:ModifyDBInstance or rds:ModifyDBCluster, and those that promote a replica), which are outside of the deployment: ask an operator to switch over",
		page: `"Authorizing access to Amazon RDS blue/green deployment operations", Amazon RDS User Guide`,
	},
	{
		asked: []string{"rds:RebootDBCluster"}, unless: []string{"rds:RebootDBInstance"}, does: warn,
		text: "AWS's reference says that it also needs rds:RebootDBInstance on the instances, which are outside of the cluster: ask for it on these",
		page: "Actions, resources, and condition keys for Amazon RDS (dependent actions)",
	},
	{
		asked: []string{"rds:DeleteDBInstance"}, unless: []string{"rds:CreateDBSnapshot"}, does: warn,
		text: "a final snapshot also needs rds:CreateDBSnapshot, on a snapshot outside of the grant: delete it without one, or make the snapshot before",
		page: "Actions, resources, and condition keys for Amazon RDS (dependent actions)",
	},
	{
		asked: []string{"rds:StopDBInstance", "rds:DeleteTenantDatabase"}, unless: []string{"rds:CreateDBSnapshot"}, does: warn,
		text: "where the call names a snapshot, it also needs rds:CreateDBSnapshot, on a snapshot outside of the grant: leave the snapshot out, or make it before",
		page: "DBSnapshotIdentifier of StopDBInstance and FinalDBSnapshotIdentifier of DeleteTenantDatabase, Amazon RDS API Reference",
	},
	{
		asked: []string{"rds:DeleteDBCluster"}, unless: []string{"rds:CreateDBClusterSnapshot"}, does: warn,
		text: "a final snapshot also needs rds:CreateDBClusterSnapshot, on a snapshot outside of the grant: delete it without one, or make the snapshot before",
		page: "FinalDBSnapshotIdentifier of DeleteDBCluster, Amazon RDS API Reference",
	},
	{
		asked: []string{"fsx:DeleteFileSystem"}, unless: []string{"fsx:CreateBackup"}, does: warn,
		text: "a final backup, which is made by default for some kinds, also needs fsx:CreateBackup: delete it without one, or make the backup before",
		page: "Actions, resources, and condition keys for Amazon FSx (dependent actions)",
	},
	{
		asked: []string{"cloudfront:CopyDistribution"}, does: refuse,
		text: "the distribution that it makes needs cloudfront:CreateDistribution and is outside of the grant: ask an operator to copy it",
		page: "Actions, resources, and condition keys for Amazon CloudFront (dependent actions)",
	},
	{
		asked: []string{"scheduler:DeleteScheduleGroup"}, does: warn,
		text: "it also deletes the schedules of the group, which takes scheduler:DeleteSchedule on each, outside of this ARN: empty the group before",
		page: "Actions, resources, and condition keys for Amazon EventBridge Scheduler (dependent actions)",
	},
	{
		asked: []string{"glue:*TableOptimizer*"}, unless: []string{"glue:GetTable"}, does: warn,
		text: "it also needs glue:GetTable on catalog, database and table: ask for it, too",
		page: "Actions, resources, and condition keys for AWS Glue (dependent actions)",
	},
	{
		asked: []string{"secretsmanager:RotateSecret"}, does: warn,
		text: "turning rotation on also needs lambda:InvokeFunction on the function that rotates: let the owner of the secret turn it on",
		page: "RotateSecret, AWS Secrets Manager API Reference",
	},
	{
		asked: []string{"codedeploy:CreateDeployment"}, does: warn,
		text: "it also reads the deployment configuration and the revision of the application (codedeploy:GetDeploymentConfig, codedeploy:GetApplicationRevision, codedeploy:RegisterApplicationRevision), which are outside of the group: ask an operator to deploy if AWS denies it",
		page: `"Identity and access management for AWS CodeDeploy", AWS CodeDeploy User Guide`,
	},
}

const (
	secret = "secretsmanager:*:*:secret:*"
	table  = "dynamodb:*:*:table/*"

	parameter = "ssm:*:*:parameter/*" // of the account

	cassandraKeyspace = "cassandra:*:*:/keyspace/*/"
	cassandraTable    = "cassandra:*:*:/keyspace/*/table/*"

	behindAccessPoint = "AWS also looks at the bucket behind the access point, whose policy has to leave access to its access points: ask the owner of the bucket whether it does"
)

// partialSecret reports whether the six random characters are missing. A name can
// end in "-" and six characters, too; words that often do so are told from them,
// since AWS chooses from 62^6.
func partialSecret(rest string) bool {
	end, ok := afterHyphen(rest)
	return !ok || slices.Contains(wordsOfSix, strings.ToLower(end))
}

// doubtfulSecret reports whether the six characters hold no capital, as names do;
// of a hundred that AWS chooses, four hold none.
func doubtfulSecret(rest string) bool {
	end, ok := afterHyphen(rest)
	return ok && end == strings.ToLower(end) && !partialSecret(rest)
}

// afterHyphen returns the six letters and digits after the hyphen at the end, if
// the ARN of a secret ends so.
func afterHyphen(rest string) (string, bool) {
	_, end, ok := strings.Cut(rest[max(0, len(rest)-7):], "-")
	const alphanumeric = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return end, ok && len(end) == 6 && strings.Trim(end, alphanumeric) == ""
}

func newLoadBalancer(rest string) bool {
	_, name, _ := strings.Cut(rest, ":loadbalancer/")
	return strings.HasPrefix(name, "app/") || strings.HasPrefix(name, "net/") || strings.HasPrefix(name, "gwy/")
}

func nameOfStack(rest string) bool {
	_, name, _ := strings.Cut(rest, ":stack/")
	return !strings.Contains(name, "/")
}

func slashesOfParameter(rest string) bool { return strings.Contains(rest, ":parameter//") }

func publicParameter(rest string) bool { return strings.Contains(rest, ":parameter/aws/service/") }

func noConnections(rest string) bool { return !strings.Contains(rest+"/", "/@connections/") }

func notResourceID(rest string) bool {
	_, id, _ := strings.Cut(rest, ":dbuser:")
	return !strings.HasPrefix(id, "db-") && !strings.HasPrefix(id, "cluster-") && !strings.HasPrefix(id, "prx-")
}

var wordsOfSix = []string{
	"access", "apikey", "aurora", "backup", "bearer", "broker", "bucket", "client", "config", "docker", "github", "gitlab", "google", "lambda", "master",
	"openai", "oracle", "passwd", "paypal", "public", "reader", "secret", "server", "shared", "splunk", "stripe", "tokens", "twilio", "webapp", "worker", "writer",
}
