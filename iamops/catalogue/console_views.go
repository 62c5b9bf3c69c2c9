package catalogue

import "strings"

// consoleViews are what AWS's console calls to show a resource, by type: from the page
// "Actions, resources, and condition keys" of each service, and reviewed by what each
// answer holds. A call is on the resource if AWS checks it on one, else in the Region of
// the resource if it goes to an endpoint of a Region, else everywhere.
//
// Never here, although the console makes these calls: what reads data (objects, items,
// messages, records, logs, metrics, results of queries), and answers that hold
// environment variables, user data, values of parameters, secrets, code, definitions
// that may hold any of these, or links that open without signing in. Then the console
// shows an error in that place, and the action can be asked for where it acts on one
// resource. Those that the review left out:
//
//   - lambda:GetFunction, GetFunctionConfiguration, ListFunctions, ListVersionsByFunction:
//     environment variables, and the first a link to the code. ListFunctionUrlConfigs:
//     URLs that may be open to all.
//   - ecs:DescribeTaskDefinition, DescribeTasks: environment variables, of DescribeTasks in
//     its overrides. ecs:DescribeServices, DescribeServiceRevisions: options of log
//     drivers, which may be tokens.
//   - states:DescribeStateMachine, DescribeExecution, GetExecutionHistory: definitions,
//     inputs and outputs.
//   - ec2:DescribeInstanceAttribute, DescribeLaunchTemplateVersions: user data.
//   - sns:ListSubscriptionsByTopic: addresses and telephone numbers of people, and URLs.
//   - cloudformation:DescribeStacks, DescribeStackEvents, GetTemplate: parameters, outputs.
//   - apigateway:GET: values of API keys.
//   - cloudwatch:DescribeAlarmHistory, GetMetricData: values of metrics over time.
var consoleViews = []consoleView{
	{to: "s3 bucket", calls: []consoleCall{
		{"s3:ListAllMyBuckets", everywhere, "names, Regions and dates of all buckets"},
		{"s3:GetBucketLocation", onEntity, "its Region"},
		{"s3:ListBucket", onEntity, "keys, sizes, dates and storage classes of its objects, not their contents"},
		{"s3:GetBucketOwnershipControls", onEntity, "who owns new objects"},
		{"s3:GetBucketPolicyStatus", onEntity, "whether its policy makes it public"},
		{"s3:GetBucketPublicAccessBlock", onEntity, "which public access is blocked"},
		{"s3:GetBucketTagging", onEntity, "its tags"},
		{"s3:GetBucketVersioning", onEntity, "whether it keeps versions"},
		{"s3:GetEncryptionConfiguration", onEntity, "the default encryption and its key's ARN"},
	}},
	// Listing the keys of one folder needs a condition on the prefix, and of a bucket would
	// show those of all others.
	{to: "s3 object", parent: bucketOf, calls: []consoleCall{
		{"s3:ListAllMyBuckets", everywhere, "names, Regions and dates of all buckets"},
		{"s3:GetBucketLocation", onParent, "the Region of the bucket"},
		{"s3:GetBucketVersioning", onParent, "whether the bucket keeps versions"},
	}},
	{to: "ec2 instance", calls: []consoleCall{
		{"ec2:DescribeInstances", inRegion, "ids, types, states, addresses, networks, names of key pairs, roles' ARNs and tags of instances, not their user data"},
		{"ec2:DescribeInstanceStatus", inRegion, "status checks and scheduled events of instances"},
		{"ec2:DescribeInstanceTypes", inRegion, "AWS's own list of instance types"},
		{"ec2:DescribeSecurityGroups", inRegion, "names, rules and tags of security groups"},
		{"ec2:DescribeSubnets", inRegion, "ids, address ranges and tags of subnets"},
		{"ec2:DescribeTags", inRegion, "tags of what EC2 has"},
		{"ec2:DescribeVolumes", inRegion, "ids, sizes, states, attachments and tags of volumes"},
		{"ec2:DescribeVpcs", inRegion, "ids, address ranges and tags of VPCs"},
	}},
	{to: "ec2 volume", calls: []consoleCall{
		{"ec2:DescribeVolumes", inRegion, "ids, sizes, states, attachments and tags of volumes"},
		{"ec2:DescribeVolumeStatus", inRegion, "status checks and events of volumes"},
		{"ec2:DescribeVolumesModifications", inRegion, "sizes and types of volumes before and after a change"},
		{"ec2:DescribeAvailabilityZones", inRegion, "AWS's own list of zones"},
		{"ec2:DescribeTags", inRegion, "tags of what EC2 has"},
	}},
	{to: "lambda function", calls: []consoleCall{
		{"lambda:GetAccountSettings", inRegion, "limits and use of code size and concurrency, as numbers"},
		{"lambda:ListEventSourceMappings", inRegion, "ARNs, states and filters of what starts functions"},
		{"lambda:GetFunctionConcurrency", onEntity, "its reserved concurrency"},
		{"lambda:GetFunctionRecursionConfig", onEntity, "how it treats loops"},
		{"lambda:GetPolicy", onEntity, "who may invoke it"},
		{"lambda:GetRuntimeManagementConfig", onEntity, "how its runtime is updated"},
		{"lambda:ListAliases", onEntity, "names, versions and descriptions of its aliases"},
		{"lambda:ListFunctionEventInvokeConfigs", onEntity, "retries, and ARNs of destinations"},
		{"lambda:ListProvisionedConcurrencyConfigs", onEntity, "provisioned concurrency of its versions"},
		{"lambda:ListTags", onEntity, "its tags"},
	}},
	{to: "dynamodb table", calls: []consoleCall{
		{"dynamodb:ListTables", inRegion, "names of tables"},
		{"dynamodb:DescribeLimits", inRegion, "limits of capacity, as numbers"},
		{"dynamodb:DescribeContinuousBackups", onEntity, "whether backups are kept, and of which time"},
		{"dynamodb:DescribeContributorInsights", onEntity, "whether the insights are on, not what they show"},
		{"dynamodb:DescribeKinesisStreamingDestination", onEntity, "ARNs of streams to which changes go"},
		{"dynamodb:DescribeTable", onEntity, "key attributes, indexes, sizes, counts, encryption and state"},
		{"dynamodb:DescribeTimeToLive", onEntity, "the attribute by which items expire"},
		{"dynamodb:ListTagsOfResource", onEntity, "its tags"},
	}},
	{to: "sqs queue", calls: []consoleCall{
		{"sqs:ListQueues", inRegion, "URLs of queues"},
		{"sqs:GetQueueAttributes", onEntity, "counts of messages, times, policy, key and dead-letter queue"},
		{"sqs:GetQueueUrl", onEntity, "its URL"},
		{"sqs:ListDeadLetterSourceQueues", onEntity, "URLs of queues of which it is the dead-letter queue"},
		{"sqs:ListQueueTags", onEntity, "its tags"},
	}},
	{to: "sns topic", calls: []consoleCall{
		{"sns:ListTopics", inRegion, "ARNs of topics"},
		{"sns:GetTopicAttributes", onEntity, "name, policy, key and counts of subscriptions, not their addresses"},
		{"sns:ListTagsForResource", onEntity, "its tags"},
	}},
	{to: "rds db", calls: rdsCalls(
		consoleCall{"rds:DescribeDBInstances", onEntity, "engine, size, state, endpoint, name of the master user, networks and tags, never a password"},
	)},
	{to: "rds cluster", calls: rdsCalls(
		consoleCall{"rds:DescribeDBClusterEndpoints", onEntity, "its endpoints"},
		consoleCall{"rds:DescribeDBClusters", onEntity, "engine, members, state, endpoints, name of the master user, networks and tags, never a password"},
	)},
	{to: "logs log-group", calls: []consoleCall{
		{"logs:DescribeLogGroups", inRegion, "names, sizes, retention and keys of log groups"},
		{"logs:DescribeLogStreams", onEntity, "names and times of its streams, not their events"},
		{"logs:DescribeMetricFilters", onEntity, "names and patterns of its metric filters"},
		{"logs:DescribeSubscriptionFilters", onEntity, "names, patterns and ARNs of destinations"},
		{"logs:ListTagsForResource", onEntity, "its tags"},
	}},
	{to: "kms key", calls: []consoleCall{
		{"kms:ListAliases", inRegion, "names of aliases, and ids of their keys"},
		{"kms:ListKeys", inRegion, "ids of keys"},
		{"kms:DescribeKey", onEntity, "state, use, origin and description, not the key"},
		{"kms:GetKeyPolicy", onEntity, "who may use it"},
		{"kms:GetKeyRotationStatus", onEntity, "whether and when it is rotated"},
		{"kms:ListKeyPolicies", onEntity, "the name of its policy"},
		{"kms:ListResourceTags", onEntity, "its tags"},
	}},
	{to: "secretsmanager Secret", calls: []consoleCall{
		{"secretsmanager:ListSecrets", inRegion, "names, descriptions, tags, keys and times of secrets, not their values"},
		{"secretsmanager:DescribeSecret", onEntity, "description, tags, key, rotation and times, not the value"},
		{"secretsmanager:GetResourcePolicy", onEntity, "who else may use it"},
		{"secretsmanager:ListSecretVersionIds", onEntity, "ids, labels and times of its versions"},
	}},
	{to: "ssm parameter", calls: []consoleCall{
		{"ssm:DescribeParameters", inRegion, "names, types, keys, descriptions and last editors of parameters, not their values"},
		{"ssm:ListTagsForResource", onEntity, "its tags"},
	}},
	{to: "ecs cluster", calls: []consoleCall{
		{"ecs:ListClusters", inRegion, "ARNs of clusters"},
		{"ecs:ListServices", inRegion, "ARNs of services"},
		{"ecs:DescribeClusters", onEntity, "state, counts, settings, capacity providers and tags"},
		{"ecs:ListContainerInstances", onEntity, "ARNs of its container instances"},
		{"ecs:ListTagsForResource", onEntity, "its tags"},
	}},
	{to: "ecs service", parent: clusterOf, calls: []consoleCall{
		{"ecs:ListClusters", inRegion, "ARNs of clusters"},
		{"ecs:ListServices", inRegion, "ARNs of services"},
		{"ecs:DescribeClusters", onParent, "state, counts, settings, capacity providers and tags of the cluster"},
		{"ecs:ListServiceDeployments", onEntity, "ARNs, states and times of its deployments"},
		{"ecs:ListTagsForResource", onEntity, "its tags"},
	}},
	{to: "ecs task", parent: clusterOf, calls: []consoleCall{
		{"ecs:ListClusters", inRegion, "ARNs of clusters"},
		{"ecs:DescribeClusters", onParent, "state, counts, settings, capacity providers and tags of the cluster"},
		{"ecs:GetTaskProtection", onEntity, "whether it is protected from scaling in"},
		{"ecs:ListTagsForResource", onEntity, "its tags"},
	}},
	{to: "states statemachine", calls: []consoleCall{
		{"states:ListStateMachines", inRegion, "names, types and dates of state machines"},
		{"states:ListExecutions", onEntity, "names, states and times of its executions, not what goes in or comes out"},
		{"states:ListStateMachineAliases", onEntity, "ARNs of its aliases"},
		{"states:ListStateMachineVersions", onEntity, "ARNs of its versions"},
		{"states:ListTagsForResource", onEntity, "its tags"},
	}},
	{to: "kinesis stream", calls: []consoleCall{
		{"kinesis:DescribeLimits", inRegion, "limits and use of shards, as numbers"},
		{"kinesis:ListStreams", inRegion, "names, states and modes of streams"},
		{"kinesis:DescribeStream", onEntity, "shards, retention, encryption and state, not its records"},
		{"kinesis:DescribeStreamSummary", onEntity, "counts, retention, encryption and state"},
		{"kinesis:ListStreamConsumers", onEntity, "names and states of its consumers"},
		{"kinesis:ListTagsForStream", onEntity, "its tags"},
	}},
	{to: "cloudwatch alarm", calls: []consoleCall{
		{"cloudwatch:DescribeAlarms", onEntity, "metric, threshold, actions and state, with the values that led to it"},
		{"cloudwatch:ListTagsForResource", onEntity, "its tags"},
	}},
	{to: "ecr repository", calls: []consoleCall{
		{"ecr:DescribeRegistry", inRegion, "where images are copied to"},
		{"ecr:DescribeImages", onEntity, "digests, tags, sizes and dates of its images, not their layers"},
		{"ecr:DescribeRepositories", onEntity, "name, URI, settings and date"},
		{"ecr:GetLifecyclePolicy", onEntity, "which images expire"},
		{"ecr:GetRepositoryPolicy", onEntity, "who may use it"},
		{"ecr:ListImages", onEntity, "digests and tags of its images"},
		{"ecr:ListTagsForResource", onEntity, "its tags"},
	}},
	{to: "eks cluster", calls: []consoleCall{
		{"eks:ListClusters", inRegion, "names of clusters"},
		{"eks:DescribeCluster", onEntity, "version, endpoint, public certificate, networks, role's ARN and tags"},
		{"eks:ListAccessEntries", onEntity, "ARNs of principals that may enter"},
		{"eks:ListAddons", onEntity, "names of its add-ons"},
		{"eks:ListFargateProfiles", onEntity, "names of its Fargate profiles"},
		{"eks:ListNodegroups", onEntity, "names of its node groups"},
		{"eks:ListTagsForResource", onEntity, "its tags"},
		{"eks:ListUpdates", onEntity, "ids of its updates"},
	}},
	{to: "elasticache replicationgroup", calls: []consoleCall{
		{"elasticache:DescribeReplicationGroups", onEntity, "members, endpoints, settings and state, never a token"},
		{"elasticache:ListTagsForResource", onEntity, "its tags"},
	}},
	{to: "elasticache cluster", calls: []consoleCall{
		{"elasticache:DescribeCacheClusters", onEntity, "engine, nodes, endpoints, settings and state, never a token"},
		{"elasticache:ListTagsForResource", onEntity, "its tags"},
	}},
	{to: "elasticfilesystem file-system", calls: []consoleCall{
		{"elasticfilesystem:DescribeBackupPolicy", onEntity, "whether it is backed up"},
		{"elasticfilesystem:DescribeFileSystems", onEntity, "size, state, key and tags, not its files"},
		{"elasticfilesystem:DescribeLifecycleConfiguration", onEntity, "when files move to cheaper storage"},
		{"elasticfilesystem:DescribeMountTargets", onEntity, "addresses and subnets by which it is mounted"},
		{"elasticfilesystem:ListTagsForResource", onEntity, "its tags"},
	}},
}

// rdsCalls are those for any database, in addition to its own.
func rdsCalls(own ...consoleCall) []consoleCall {
	return append(own, []consoleCall{
		{"rds:DescribePendingMaintenanceActions", onEntity, "which maintenance is due"},
		{"rds:ListTagsForResource", onEntity, "its tags"},
		{"ec2:DescribeSecurityGroups", inRegion, "names, rules and tags of security groups"},
		{"ec2:DescribeSubnets", inRegion, "ids, address ranges and tags of subnets"},
		{"ec2:DescribeVpcs", inRegion, "ids, address ranges and tags of VPCs"},
		{"rds:DescribeAccountAttributes", inRegion, "quotas and their use, as numbers"},
		{"rds:DescribeDBEngineVersions", inRegion, "AWS's own list of engines"},
	}...)
}

// bucketOf is the ARN of the bucket in which an object, or a folder, is.
func bucketOf(object string) string {
	bucket, _, _ := strings.Cut(object, "/")
	return bucket
}

// clusterOf is the ARN of the cluster that the ARN of a service or task names. Those of
// before 2018 do not.
func clusterOf(entity string) string {
	parts := strings.Split(entity, "/")
	if len(parts) != 3 {
		return ""
	}
	return parts[0][:strings.LastIndexByte(parts[0], ':')] + ":cluster/" + parts[1]
}
