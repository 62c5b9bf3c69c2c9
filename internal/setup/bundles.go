package setup

import (
	"slices"
	"strings"
)

// Bundle is a permission that stands for several IAM actions: what a developer needs
// for a purpose on one kind of resources.
type Bundle struct {
	ID      string // of the entity; it is no IAM action
	Title   string // what Port's form shows
	Meaning string // a sentence: what it is good for, and what it does not hold
	Sample  string // ARN of a resource of the kind that it is for
	Actions []string
	// Key are the actions on the related key that the same purpose takes where the
	// resource is encrypted with a key of the customer.
	Key []string
}

// Service is the prefix of the service that the bundle is for.
func (b Bundle) Service() string { return strings.Split(b.Sample, ":")[2] }

// encrypted marks the bundles that hold the actions on the key as well: a grant of those
// is refused where no key is related, so that they are permissions of their own.
const encrypted = "-encrypted"

// Bundles returns the reviewed bundles, each with the one for encrypted resources after
// it. What they may hold:
//
//   - read and settings: nothing that changes or deletes data
//   - write: what puts data in; what deletes it only where the title says so
//   - operate: nothing that runs code of the requester
//   - all of them: secrets, what may hold some, and what lends the role of a resource, only
//     where the title or the meaning says so
//   - none of them: rights for others, wildcards, a shell, what takes a further resource
func Bundles() []Bundle {
	var all []Bundle
	for _, b := range reviewed {
		key := b.Key
		b.Key = nil
		all = append(all, b)
		if len(key) > 0 {
			b.ID, b.Title, b.Meaning = b.ID+encrypted, b.Title+" (encrypted)", b.Meaning+". It is for what is encrypted with a related key, and uses that"
			b.Actions = slices.Concat(b.Actions, key)
			all = append(all, b)
		}
	}
	return all
}

const (
	sampleAt        = ":us-east-1:123456789012:"
	sampleBucket    = "arn:aws:s3:::reports"
	sampleTable     = "arn:aws:dynamodb" + sampleAt + "table/Orders"
	sampleQueue     = "arn:aws:sqs" + sampleAt + "jobs"
	sampleTopic     = "arn:aws:sns" + sampleAt + "alerts"
	sampleStream    = "arn:aws:kinesis" + sampleAt + "stream/clicks"
	sampleSecret    = "arn:aws:secretsmanager" + sampleAt + "secret:db/password-AbCdEf"
	sampleParameter = "arn:aws:ssm" + sampleAt + "parameter/prod/db/password"
	sampleKey       = "arn:aws:kms" + sampleAt + "key/1234abcd-12ab-34cd-56ef-1234567890ab"
	sampleDatabase  = "arn:aws:rds" + sampleAt + "db:orders"
	sampleCluster   = "arn:aws:rds" + sampleAt + "cluster:orders"
	sampleCache     = "arn:aws:elasticache" + sampleAt + "replicationgroup:sessions"
	sampleInstance  = "arn:aws:ec2" + sampleAt + "instance/i-0123456789abcdef0"
	sampleGroup     = "arn:aws:autoscaling" + sampleAt + "autoScalingGroup:930d940e-891e-4781-a11a-7b0acd480f03:autoScalingGroupName/web"
	sampleFunction  = "arn:aws:lambda" + sampleAt + "function:resize"
	sampleService   = "arn:aws:ecs" + sampleAt + "service/shop/web"
	sampleEKS       = "arn:aws:eks" + sampleAt + "cluster/shop"
	sampleMachine   = "arn:aws:states" + sampleAt + "stateMachine:import"
	sampleRule      = "arn:aws:events" + sampleAt + "rule/nightly"
	sampleLogs      = "arn:aws:logs" + sampleAt + "log-group:/app/web"
	sampleAlarm     = "arn:aws:cloudwatch" + sampleAt + "alarm:CPU: high? $5"
	sampleImages    = "arn:aws:ecr" + sampleAt + "repository/shop/web"
	samplePipeline  = "arn:aws:codepipeline" + sampleAt + "deploy"
)

// reviewed are the bundles for resources that are not encrypted with a key of the
// customer: of services that hold data, that run code, and that build, deploy and watch.
var reviewed = []Bundle{
	{
		"s3-read", "S3: read objects", "List the bucket and read its objects, but not their old versions", sampleBucket,
		[]string{"s3:GetBucketLocation", "s3:GetObject", "s3:GetObjectAttributes", "s3:GetObjectTagging", "s3:ListBucket"},
		[]string{"kms:Decrypt"},
	},
	{
		"s3-read-versions", "S3: read old versions of objects", "List the versions of objects and read them, also those of deleted objects", sampleBucket,
		[]string{"s3:GetBucketLocation", "s3:GetBucketVersioning", "s3:GetObjectVersion", "s3:GetObjectVersionAttributes", "s3:GetObjectVersionTagging", "s3:ListBucketVersions"},
		[]string{"kms:Decrypt"},
	},
	{
		"s3-write", "S3: write objects", "Put objects, in parts as well, over those of the same name too; delete none", sampleBucket,
		[]string{"s3:AbortMultipartUpload", "s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListMultipartUploadParts", "s3:PutObject", "s3:PutObjectTagging"},
		[]string{"kms:Decrypt", "kms:GenerateDataKey"},
	},
	{
		"s3-settings", "S3: see the settings of a bucket", "See how the bucket is set up, and none of its objects", sampleBucket,
		[]string{
			"s3:GetBucketCORS", "s3:GetBucketLocation", "s3:GetBucketLogging", "s3:GetBucketNotification", "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy",
			"s3:GetBucketPublicAccessBlock", "s3:GetBucketTagging", "s3:GetBucketVersioning", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration",
		},
		nil,
	},
	{
		"dynamodb-read", "DynamoDB: read items", "Read, query and scan the items of a table and its indexes", sampleTable,
		[]string{"dynamodb:BatchGetItem", "dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:PartiQLSelect", "dynamodb:Query", "dynamodb:Scan"},
		[]string{"kms:Decrypt"},
	},
	{
		"dynamodb-write", "DynamoDB: write and delete items", "Put, change and delete items", sampleTable,
		[]string{"dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:DescribeTable", "dynamodb:PutItem", "dynamodb:UpdateItem"},
		[]string{"kms:Decrypt"},
	},
	{
		"dynamodb-settings", "DynamoDB: see the settings of a table", "See how the table, its time to live and its backups are set up, and none of its items", sampleTable,
		[]string{"dynamodb:DescribeContinuousBackups", "dynamodb:DescribeContributorInsights", "dynamodb:DescribeKinesisStreamingDestination", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive", "dynamodb:ListTagsOfResource"},
		nil,
	},
	{
		"sqs-read", "SQS: look at messages", "See the queue and receive messages without deleting them. What is received often enough goes to the dead-letter queue", sampleQueue,
		[]string{"sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListDeadLetterSourceQueues", "sqs:ListQueueTags", "sqs:ReceiveMessage"},
		[]string{"kms:Decrypt"},
	},
	{
		"sqs-write", "SQS: send messages", "Send messages", sampleQueue,
		[]string{"sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"},
		[]string{"kms:Decrypt", "kms:GenerateDataKey"},
	},
	{
		"sqs-consume", "SQS: receive and delete messages", "Work messages off by hand: receive them and delete them", sampleQueue,
		[]string{"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage"},
		[]string{"kms:Decrypt"},
	},
	{
		"sns-read", "SNS: see a topic", "See the topic and who is subscribed to it", sampleTopic,
		[]string{"sns:GetDataProtectionPolicy", "sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:ListTagsForResource"},
		nil,
	},
	{
		"sns-write", "SNS: publish messages", "Publish messages, which reach all subscribers", sampleTopic,
		[]string{"sns:GetTopicAttributes", "sns:Publish"},
		[]string{"kms:Decrypt", "kms:GenerateDataKey"},
	},
	{
		"kinesis-read", "Kinesis: read records", "Read the records of a data stream", sampleStream,
		[]string{"kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"},
		[]string{"kms:Decrypt"},
	},
	{
		"kinesis-write", "Kinesis: put records", "Put records into a data stream", sampleStream,
		[]string{"kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:PutRecord", "kinesis:PutRecords"},
		[]string{"kms:GenerateDataKey"},
	},
	{
		"kinesis-operate", "Kinesis: split and merge shards", "Change how many shards a data stream has. It keeps its records", sampleStream,
		[]string{"kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:MergeShards", "kinesis:SplitShard"},
		nil,
	},
	{
		"secretsmanager-read", "Secrets Manager: read a secret", "Read the value of the secret", sampleSecret,
		[]string{"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:ListSecretVersionIds"},
		[]string{"kms:Decrypt"},
	},
	{
		"secretsmanager-write", "Secrets Manager: change a secret", "Put a new value, without reading the present one", sampleSecret,
		[]string{"secretsmanager:DescribeSecret", "secretsmanager:ListSecretVersionIds", "secretsmanager:PutSecretValue"},
		[]string{"kms:Decrypt", "kms:GenerateDataKey"},
	},
	{
		"ssm-read", "SSM: read a parameter", "Read the value of the parameter, which may be a secret", sampleParameter,
		[]string{"ssm:GetParameter", "ssm:GetParameters", "ssm:ListTagsForResource"},
		[]string{"kms:Decrypt"},
	},
	{
		"ssm-write", "SSM: change a parameter", "Put a new value, without reading the present one", sampleParameter,
		[]string{"ssm:ListTagsForResource", "ssm:PutParameter"},
		[]string{"kms:Encrypt", "kms:GenerateDataKey"},
	},
	{
		"kms-decrypt", "KMS: decrypt with a key", "Decrypt what was encrypted with the key", sampleKey,
		[]string{"kms:Decrypt", "kms:DescribeKey"},
		nil,
	},
	{
		"kms-encrypt", "KMS: encrypt with a key", "Encrypt with the key, and make data keys", sampleKey,
		[]string{"kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"},
		nil,
	},
	{
		"kms-settings", "KMS: see the settings of a key", "See the key, its policy and its rotation", sampleKey,
		[]string{"kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:GetPublicKey", "kms:ListKeyPolicies", "kms:ListResourceTags"},
		nil,
	},
	{
		"rds-read", "RDS instance: see it and read its logs", "See the database instance and read its log files, which may hold queries with secrets in them", sampleDatabase,
		[]string{"rds:DescribeDBInstances", "rds:DescribeDBLogFiles", "rds:DownloadDBLogFilePortion", "rds:ListTagsForResource"},
		nil,
	},
	{
		"rds-operate", "RDS instance: start, stop and reboot", "Start, stop and reboot the database instance", sampleDatabase,
		[]string{"rds:DescribeDBInstances", "rds:RebootDBInstance", "rds:StartDBInstance", "rds:StopDBInstance"},
		nil,
	},
	{
		"rds-cluster-operate", "RDS cluster: start, stop and fail over", "Start and stop the database cluster, and make another instance its writer", sampleCluster,
		[]string{"rds:DescribeDBClusters", "rds:FailoverDBCluster", "rds:StartDBCluster", "rds:StopDBCluster"},
		nil,
	},
	{
		"elasticache-read", "ElastiCache: see a replication group", "See the replication group, and nothing that is in the cache", sampleCache,
		[]string{"elasticache:DescribeReplicationGroups", "elasticache:ListAllowedNodeTypeModifications", "elasticache:ListTagsForResource"},
		nil,
	},
	{
		"elasticache-operate", "ElastiCache: test a failover", "Make a replica the primary node", sampleCache,
		[]string{"elasticache:DescribeReplicationGroups", "elasticache:TestFailover"},
		nil,
	},
	{
		"ec2-read", "EC2 instance: read the console", "Read the console of the instance as text and as a screenshot. Scripts may have printed secrets there", sampleInstance,
		[]string{"ec2:GetConsoleOutput", "ec2:GetConsoleScreenshot"},
		nil,
	},
	{
		"ec2-operate", "EC2 instance: start, stop and reboot", "Start, stop and reboot the instance, which loses what is in its memory and in its instance store", sampleInstance,
		[]string{"ec2:RebootInstances", "ec2:StartInstances", "ec2:StopInstances"},
		nil,
	},
	{
		"autoscaling-operate", "Auto Scaling: scale a group", "Set how many instances the group has, and replace them all one after another", sampleGroup,
		[]string{"autoscaling:CancelInstanceRefresh", "autoscaling:ResumeProcesses", "autoscaling:SetDesiredCapacity", "autoscaling:StartInstanceRefresh", "autoscaling:SuspendProcesses"},
		nil,
	},
	{
		"lambda-read", "Lambda: see aliases and limits", "See aliases, concurrency and policy of the function, and neither its code nor its environment variables", sampleFunction,
		[]string{"lambda:GetAlias", "lambda:GetFunctionConcurrency", "lambda:GetFunctionEventInvokeConfig", "lambda:GetPolicy", "lambda:GetRuntimeManagementConfig", "lambda:ListAliases", "lambda:ListTags"},
		nil,
	},
	{
		"lambda-invoke", "Lambda: invoke a function", "Invoke the function, which runs with the rights of its role, and get its answer", sampleFunction,
		[]string{"lambda:InvokeFunction"},
		nil,
	},
	{
		"lambda-deploy", "Lambda: deploy code", "Put new code, which runs with the rights of the function's role. It shows code and environment variables", sampleFunction,
		[]string{"lambda:GetAlias", "lambda:GetFunction", "lambda:GetFunctionConfiguration", "lambda:ListAliases", "lambda:ListVersionsByFunction", "lambda:PublishVersion", "lambda:UpdateAlias", "lambda:UpdateFunctionCode"},
		nil,
	},
	{
		"lambda-operate", "Lambda: roll back and throttle", "Let an alias lead to another version, and limit or stop the function by its concurrency", sampleFunction,
		[]string{"lambda:DeleteFunctionConcurrency", "lambda:GetAlias", "lambda:GetFunctionConcurrency", "lambda:ListAliases", "lambda:PutFunctionConcurrency", "lambda:UpdateAlias"},
		nil,
	},
	{
		"ecs-read", "ECS service: see it", "See the service, its deployments and the options of its log drivers, which may be secrets", sampleService,
		[]string{"ecs:DescribeServices", "ecs:ListServiceDeployments", "ecs:ListTagsForResource"},
		nil,
	},
	{
		"ecs-operate", "ECS service: scale and deploy", "Change the number of tasks, start a new deployment or go back to another task definition, any of the Region, with the roles that it names. It shows options of log drivers, which may be secrets", sampleService,
		[]string{"ecs:DescribeServices", "ecs:ListServiceDeployments", "ecs:UpdateService"},
		nil,
	},
	{
		"eks-read", "EKS: see a cluster", "See the cluster and what belongs to it, and write its kubeconfig. Rights in Kubernetes are given there", sampleEKS,
		[]string{"eks:DescribeCluster", "eks:ListAddons", "eks:ListFargateProfiles", "eks:ListInsights", "eks:ListNodegroups", "eks:ListTagsForResource", "eks:ListUpdates"},
		nil,
	},
	{
		"states-read", "Step Functions: see a state machine", "See the definition of the state machine, which may hold secrets, and list its executions", sampleMachine,
		[]string{"states:DescribeStateMachine", "states:ListExecutions", "states:ListTagsForResource"},
		[]string{"kms:Decrypt"},
	},
	{
		"states-operate", "Step Functions: start executions", "Start executions, which run with the rights of the state machine's role, and list them. It shows the definition, which may hold secrets", sampleMachine,
		[]string{"states:DescribeStateMachine", "states:ListExecutions", "states:StartExecution"},
		[]string{"kms:Decrypt"},
	},
	{
		"events-operate", "EventBridge: switch a rule on and off", "See a rule and its targets, whose inputs may hold secrets, and switch it on and off", sampleRule,
		[]string{"events:DescribeRule", "events:DisableRule", "events:EnableRule", "events:ListTargetsByRule"},
		nil,
	},
	{
		"logs-read", "CloudWatch Logs: read a log group", "Read and search the events of the log group", sampleLogs,
		[]string{"logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents", "logs:ListTagsForResource"},
		nil,
	},
	{
		"logs-write", "CloudWatch Logs: write to a log group", "Make log streams and put events into them", sampleLogs,
		[]string{"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"},
		nil,
	},
	{
		"cloudwatch-read", "CloudWatch alarm: see it", "See the alarm and what happened to it", sampleAlarm,
		[]string{"cloudwatch:DescribeAlarmHistory", "cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource"},
		nil,
	},
	{
		"cloudwatch-operate", "CloudWatch alarm: silence and test", "Switch the actions of the alarm off and on, and set its state to test them", sampleAlarm,
		[]string{"cloudwatch:DescribeAlarms", "cloudwatch:DisableAlarmActions", "cloudwatch:EnableAlarmActions", "cloudwatch:SetAlarmState"},
		nil,
	},
	{
		"ecr-read", "ECR: see images", "See the images of the repository and what was found in them. To pull takes a login, which is for all repositories", sampleImages,
		[]string{"ecr:DescribeImageScanFindings", "ecr:DescribeImages", "ecr:DescribeRepositories", "ecr:ListImages", "ecr:ListTagsForResource"},
		nil,
	},
	{
		"ecr-write", "ECR: tag images", "Give an image of the repository another tag, which moves a tag that exists", sampleImages,
		[]string{"ecr:BatchGetImage", "ecr:DescribeImages", "ecr:ListImages", "ecr:PutImage"},
		nil,
	},
	{
		"codepipeline-read", "CodePipeline: see the state", "See the state of the pipeline and its executions", samplePipeline,
		[]string{"codepipeline:GetPipelineExecution", "codepipeline:GetPipelineState", "codepipeline:ListPipelineExecutions"},
		nil,
	},
	{
		"codepipeline-operate", "CodePipeline: start and stop", "Start the pipeline, for another revision of its source as well, stop an execution and try a stage again. It runs with the rights of its roles", samplePipeline,
		[]string{"codepipeline:GetPipelineState", "codepipeline:ListPipelineExecutions", "codepipeline:RetryStageExecution", "codepipeline:StartPipelineExecution", "codepipeline:StopPipelineExecution"},
		nil,
	},
}
