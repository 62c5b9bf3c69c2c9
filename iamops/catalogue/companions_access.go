package catalogue

// accessCompanions are about logins, tokens and the steps of one task: what an
// action gives is of no use without another one, or without a place outside of IAM
// that knows the caller.
var accessCompanions = []companion{
	// Tokens and logins.
	{
		asked: []string{"codeartifact:GetAuthorizationToken"}, does: refuse,
		text: "the token takes sts:GetServiceBearerToken, too, and nothing of sts is ever granted: let the user sign in to CodeArtifact with a role of their own, or ask for codeartifact:GetPackageVersionAsset on the package to read single files",
		page: `"Service bearer tokens", IAM User Guide, and GetAuthorizationToken, CodeArtifact API Reference`,
	},
	{
		asked: []string{"codeartifact:ReadFromRepository"}, does: warn,
		text: "package managers come with a token, which is checked against the role that fetched it, and such tokens are never granted: let the user sign in to CodeArtifact with a role of their own, or ask for codeartifact:GetPackageVersionAsset on the package to read single files",
		page: `"AWS CodeArtifact authentication and tokens", CodeArtifact User Guide, and GetPackageVersionAsset, CodeArtifact API Reference`,
	},
	{
		asked: []string{"codeartifact:PublishPackageVersion"}, does: warn,
		text: "package managers come with a token, which is checked against the role that fetched it, and such tokens are never granted: let the user sign in to CodeArtifact with a role of their own, or use the AWS CLI (aws codeartifact publish-package-version) for a generic package",
		page: `"AWS CodeArtifact authentication and tokens", CodeArtifact User Guide, and PublishPackageVersion, CodeArtifact API Reference`,
	},
	{
		asked: []string{"codeartifact:PutPackageMetadata"}, does: warn,
		text: "package managers come with a token, which is checked against the role that fetched it, and such tokens are never granted: let the user sign in to CodeArtifact with a role of their own",
		page: `"AWS CodeArtifact authentication and tokens", CodeArtifact User Guide`,
	},
	{
		asked: []string{"aiops:*Investigation*", "aiops:*Report", "aiops:PutFact"}, does: warn,
		text: "AWS's reference says that it also needs sts:SetContext, and nothing of sts is ever granted: use it only where AWS accepts the call without",
		page: "Actions, resources, and condition keys for Amazon AI Operations (dependent actions)",
	},
	// A login is not needed to read a manifest or a layer, so nothing is refused.
	{
		asked: []string{
			"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:PutImage", "ecr:UploadLayerPart", "ecr:InitiateLayerUpload", "ecr:CompleteLayerUpload",
		}, does: warn,
		text: "docker login takes GetAuthorizationToken, which AWS allows on all repositories only and a grant never holds, and a token of another role has only the rights of that role: use the AWS CLI or an SDK (aws ecr batch-get-image, get-download-url-for-layer, put-image) instead of docker",
		page: `"Private registry authentication in Amazon ECR", Amazon ECR User Guide`,
	},
	{
		asked: []string{"ecr-public:PutImage", "ecr-public:UploadLayerPart", "ecr-public:InitiateLayerUpload", "ecr-public:CompleteLayerUpload"}, does: warn,
		text: "docker login takes ecr-public:GetAuthorizationToken, which AWS allows on all repositories only, and sts:GetServiceBearerToken, and a grant never holds either: use the AWS CLI or an SDK (aws ecr-public initiate-layer-upload, upload-layer-part, complete-layer-upload, put-image) instead of docker",
		page: "GetAuthorizationToken, Amazon ECR Public API Reference",
	},
	{
		asked: []string{"ecr-public:PutImage"}, unless: []string{"ecr-public:BatchCheckLayerAvailability", "ecr-public:InitiateLayerUpload", "ecr-public:UploadLayerPart", "ecr-public:CompleteLayerUpload"}, does: warn,
		text: "an image with new layers also takes ecr-public:BatchCheckLayerAvailability, ecr-public:InitiateLayerUpload, ecr-public:UploadLayerPart and ecr-public:CompleteLayerUpload: ask for these, too",
		page: "BatchCheckLayerAvailability, InitiateLayerUpload, UploadLayerPart and CompleteLayerUpload, Amazon ECR Public API Reference",
	},
	{
		asked: []string{"ecr:GetDownloadUrlForLayer"}, unless: []string{"ecr:BatchGetImage"}, does: warn,
		text: "the layers of an image are listed in its manifest: ask for ecr:BatchGetImage, too",
		page: "BatchGetImage and GetDownloadUrlForLayer, Amazon ECR API Reference",
	},
	{
		asked: []string{"ecr:PutImage"}, unless: []string{"ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload"}, does: warn,
		text: "an image with new layers also takes ecr:BatchCheckLayerAvailability, ecr:InitiateLayerUpload, ecr:UploadLayerPart and ecr:CompleteLayerUpload: ask for these, too",
		page: `"IAM permissions for pushing an image to an Amazon ECR private repository", Amazon ECR User Guide`,
	},
	{
		asked: []string{"rds-data:*"}, does: warn,
		text: "each call names a secret with the database's password and takes secretsmanager:GetSecretValue on it, and a grant never covers a database and a secret: use a secret whose own policy lets the caller read it, or ask for rds-db:connect on the user of the database (type db-user) if it has IAM authentication",
		page: `"Authorizing access to the Amazon RDS Data API", Amazon Aurora User Guide`,
	},
	{
		asked: []string{"redshift-data:*"}, on: []string{"redshift:*:*:cluster:*"}, does: warn,
		text: "it also needs redshift:GetClusterCredentials or redshift:GetClusterCredentialsWithIAM on a database, or a secret, all outside of the cluster: use a secret whose own policy lets the caller read it, or ask for redshift:GetClusterCredentialsWithIAM on the database and use an SQL client",
		page: `"Authorizing access to the Amazon Redshift Data API", Amazon Redshift Management Guide`,
	},
	{
		asked: []string{"redshift-data:*"}, on: []string{"redshift-serverless:*:*:workgroup/*"}, unless: []string{"redshift-serverless:GetCredentials"}, does: warn,
		text: "without a secret it also needs redshift-serverless:GetCredentials on the work group: ask for it, too",
		page: `"Authorizing access to the Amazon Redshift Data API", Amazon Redshift Management Guide`,
	},
	{
		asked: []string{"redshift-data:ExecuteStatement", "redshift-data:BatchExecuteStatement"}, on: []string{"redshift-serverless:*:*:workgroup/*"}, does: warn,
		text: "results are read with redshift-data:GetStatementResult, which AWS allows on all resources only and a grant never holds: use it for statements without a result, or an SQL client",
		page: "Actions, resources, and condition keys for Amazon Redshift Data API",
	},
	// The other end knows its callers by a list of its own.
	{
		asked: []string{"eks:MutateViaKubernetesApi"}, on: []string{"eks:*:*:cluster/*"}, does: add, actions: []string{"eks:AccessKubernetesApi"},
		page: "Actions, resources, and condition keys for Amazon Elastic Kubernetes Service (dependent actions)",
	},
	{
		asked: []string{"eks:AccessKubernetesApi", "eks:MutateViaKubernetesApi"}, does: warn,
		text: "the cluster decides by its own list of roles, in which the role of a grant is not: let an administrator of the cluster add an access entry for this role, if it has none that covers it",
		page: `"View Kubernetes resources in the AWS Management Console", Amazon EKS User Guide`,
	},
	{
		asked: []string{"es:ESHttp*"}, does: warn,
		text: "a domain with fine-grained access control also looks for the role in its own list, in which the role of a grant is not: let an administrator of the domain map this role, if it has such control",
		page: `"Fine-grained access control in Amazon OpenSearch Service", Amazon OpenSearch Service Developer Guide`,
	},
	{
		asked: []string{"aoss:APIAccessAll", "aoss:DashboardsAccessAll"}, does: warn,
		text: "a data access policy of the collection also has to name the role, and none names that of a grant: let an administrator of the collection add this role to one",
		page: `"Data access control for Amazon OpenSearch Serverless", Amazon OpenSearch Service Developer Guide`,
	},
	{
		asked: []string{
			"glue:GetTable", "glue:GetTables", "glue:GetPartition", "glue:GetPartitions", "glue:BatchGetPartition", "glue:GetDatabase",
			"glue:CreateTable", "glue:UpdateTable", "glue:DeleteTable", "glue:UpdateDatabase", "glue:DeleteDatabase",
		}, does: warn,
		text: "where AWS Lake Formation governs the database, it also decides by its own list of principals, in which the role of a grant is not: let an administrator of the data lake add this role, if Lake Formation does",
		page: `"Overview of Lake Formation permissions", AWS Lake Formation Developer Guide`,
	},
	// A connection, then what goes over it.
	{
		asked: []string{"kafka-cluster:*Cluster*"}, on: []string{"kafka:*:*:cluster/*/*"}, does: add, actions: []string{"kafka-cluster:Connect"},
		page: `"Semantics of IAM authorization policy actions and resources", Amazon MSK Developer Guide`,
	},
	{
		asked: []string{"kafka-cluster:WriteDataIdempotently"}, on: []string{"kafka:*:*:cluster/*/*"}, does: add, actions: []string{"kafka-cluster:Connect"},
		page: `"Semantics of IAM authorization policy actions and resources", Amazon MSK Developer Guide`,
	},
	{
		asked: []string{"kafka-cluster:WriteDataIdempotently"}, does: warn,
		text: "it takes kafka-cluster:WriteData on a topic, too, which is outside of the cluster: use it where the policy of the cluster gives that, or ask for a lasting role for the producer",
		page: `"Semantics of IAM authorization policy actions and resources", Amazon MSK Developer Guide`,
	},
	{
		asked:  []string{"kafka-cluster:*Topic*", "kafka-cluster:*Group", "kafka-cluster:*TransactionalId", "kafka-cluster:ReadData", "kafka-cluster:WriteData", "kafka:*Topic", "kafka:DescribeTopicPartitions"},
		unless: []string{"kafka-cluster:Connect"}, does: warn,
		text: "it needs kafka-cluster:Connect on the cluster, too, which is outside of this resource: use it where the policy of the cluster lets the caller connect, or ask for a lasting role for the client",
		page: `"Semantics of IAM authorization policy actions and resources", Amazon MSK Developer Guide`,
	},
	{
		asked: []string{"elasticfilesystem:ClientWrite", "elasticfilesystem:ClientRootAccess"}, unless: []string{"elasticfilesystem:ClientMount"}, does: warn,
		text: "a file system is mounted with elasticfilesystem:ClientMount: ask for it, too",
		page: `"Using IAM to control access to file systems", Amazon EFS User Guide`,
	},
	{
		asked: []string{"qldb:PartiQL*"}, unless: []string{"qldb:SendCommand"}, does: refuse,
		text: "every statement is sent with qldb:SendCommand on the ledger: ask for both on the ledger",
		page: `"Getting started with the standard permissions mode in Amazon QLDB", Amazon QLDB Developer Guide`,
	},
	{
		asked: []string{"lambda:InvokeFunctionUrl"}, unless: []string{"lambda:InvokeFunction"}, does: warn,
		text: "URLs made since October 2025 are checked for lambda:InvokeFunction, too: ask for both",
		page: `"Control access to Lambda function URLs", AWS Lambda Developer Guide`,
	},
	{
		asked: []string{"ssm:StartSession"}, on: []string{"ec2:*:*:instance/*", "ssm:*:*:managed-instance/*"},
		supplied: []string{ssmDocument.shape, awsDocument.shape, amazonDoc.shape, amznDoc.shape}, does: warn,
		text: `the session document is checked, too, where the call names one (port forwarding, SSH) or the account demands it: relate the document (relation "related"), as arn:aws:ssm:eu-west-1::document/AWS-StartPortForwardingSession, or start a session without naming one`,
		page: `"Start a session with a document by specifying the session documents in IAM policies", AWS Systems Manager User Guide`,
	},
	{
		asked: []string{"ssm:StartSession"}, on: []string{ecsTask}, does: warn,
		text: "the session document is checked, too, where the call names one or the account demands it, and it is outside of the task: start a session without naming a document",
		page: `"Start a session with a document by specifying the session documents in IAM policies", AWS Systems Manager User Guide`,
	},
	{
		asked: []string{"ssm:StartSession"}, does: warn,
		text: "AWS may ask for ssmmessages:OpenDataChannel, too, which it allows on all resources only: ask an operator if AWS denies the session",
		page: `"Sample IAM policies for Session Manager", AWS Systems Manager User Guide, and Actions, resources, and condition keys for Amazon Session Manager Message Gateway Service`,
	},
	{
		asked: []string{"ecs:ExecuteCommand"}, unless: []string{"ecs:DescribeTasks"}, does: warn,
		text: `"aws ecs execute-command" looks the container up with ecs:DescribeTasks: ask for that, too`,
		page: `"Monitor Amazon ECS containers with ECS Exec", Amazon ECS Developer Guide`,
	},
	{
		asked: []string{"ec2-instance-connect:SendSSHPublicKey"}, does: warn,
		text: `the console and "aws ec2-instance-connect ssh" look the instance up with ec2:DescribeInstances, which AWS allows on all resources only: use "aws ec2-instance-connect send-ssh-public-key" and ssh to the known address`,
		page: `"Grant IAM permissions for EC2 Instance Connect", Amazon EC2 User Guide`,
	},
	// The steps of one task.
	{
		asked: []string{"ssm:SendCommand"}, does: warn,
		text: "output is read with ssm:GetCommandInvocation, which AWS allows on all resources only and a grant never holds: let the command write to a bucket or a log group, or start a session",
		page: "Actions, resources, and condition keys for AWS Systems Manager",
	},
	{
		asked: []string{"athena:StartQueryExecution"}, does: warn,
		text: "a query runs with the rights of its caller, and takes Glue's on the tables (glue:GetTable, glue:GetDatabase, glue:GetPartitions) and S3's on data and results, which are outside of the work group: use it where the user has these by another way, as by the policies of the buckets",
		page: `"Identity and access management in Athena", Amazon Athena User Guide`,
	},
	{
		asked: []string{"athena:StartQueryExecution"}, unless: []string{"athena:GetQueryExecution", "athena:GetQueryResults"}, does: warn,
		text: "results are read with athena:GetQueryExecution and athena:GetQueryResults: ask for these, too",
		page: "StartQueryExecution and GetQueryResults, Amazon Athena API Reference",
	},
	{
		asked: []string{"athena:GetQueryResults", "athena:GetQueryResultsStream"}, unless: []string{"s3:GetObject"}, does: warn,
		text: "AWS reads the results from a bucket with the rights of the caller, and also asks for s3:GetObject there, which is outside of the work group: use it where the policy of the bucket lets the caller read",
		page: "GetQueryResults, Amazon Athena API Reference",
	},
	{
		asked: []string{"athena:GetDatabase", "athena:GetTableMetadata", "athena:ListDatabases", "athena:ListTableMetadata"}, does: warn,
		text: "of the catalog of AWS Glue it also takes Glue's rights (glue:GetDatabase, glue:GetDatabases, glue:GetTable, glue:GetTables), which are outside of the data catalog of Athena: ask for these on the database of Glue",
		page: `"Configure access to databases and tables in the AWS Glue Data Catalog", Amazon Athena User Guide`,
	},
	{
		asked: []string{"s3vectors:ListVectors", "s3vectors:QueryVectors"}, unless: []string{"s3vectors:GetVectors"}, does: warn,
		text: "a call that wants data or metadata, or that filters, also takes s3vectors:GetVectors: ask for it, too",
		page: "ListVectors and QueryVectors, Amazon S3 API Reference",
	},
	{
		asked: []string{"logs:StartQuery"}, unless: []string{"logs:GetQueryResults"}, does: warn,
		text: "results are read with logs:GetQueryResults: ask for it, too",
		page: "StartQuery and GetQueryResults, Amazon CloudWatch Logs API Reference",
	},
	{
		asked: []string{"cloudtrail:StartQuery"}, unless: []string{"cloudtrail:GetQueryResults"}, does: warn,
		text: "results are read with cloudtrail:GetQueryResults: ask for it, too",
		page: "StartQuery and GetQueryResults, AWS CloudTrail API Reference",
	},
	{
		asked: []string{"kinesis:GetRecords"}, unless: []string{"kinesis:GetShardIterator"}, does: warn,
		text: "records are read from an iterator: ask for kinesis:GetShardIterator (and kinesis:ListShards, to find the shards), too",
		page: "GetRecords, Amazon Kinesis Data Streams API Reference",
	},
	{
		asked: []string{"dynamodb:GetRecords"}, unless: []string{"dynamodb:GetShardIterator"}, does: warn,
		text: "records are read from an iterator: ask for dynamodb:GetShardIterator (and dynamodb:DescribeStream, to find the shards), too",
		page: "GetRecords, Amazon DynamoDB Streams API Reference",
	},
	{
		asked: []string{"appconfig:GetLatestConfiguration"}, unless: []string{"appconfig:StartConfigurationSession"}, does: warn,
		text: "a session comes before it: ask for appconfig:StartConfigurationSession, too",
		page: "GetLatestConfiguration, AWS AppConfig Data API Reference",
	},
	{
		asked: []string{"timestream:*"}, does: warn,
		text: "SDKs first call timestream:DescribeEndpoints, which AWS allows on all resources only and a grant never holds: use an address that is set by hand, as with a VPC endpoint",
		page: `"Actions, resources, and condition keys for Amazon Timestream" (dependent actions) and "The endpoint discovery pattern", Amazon Timestream Developer Guide`,
	},
	{
		asked: []string{"cloudwatch:PutCompositeAlarm"}, does: refuse,
		text: "AWS accepts it on all alarms only: ask for cloudwatch:PutMetricAlarm for a metric alarm, or an operator to set this one",
		page: "PutCompositeAlarm, Amazon CloudWatch API Reference",
	},
	{
		asked: []string{"cloudwatch:DescribeAlarms", "cloudwatch:DescribeAlarmHistory"}, does: warn,
		text: "AWS shows composite alarms only to who may do this on all alarms: use it for a metric alarm",
		page: "DescribeAlarms and DescribeAlarmHistory, Amazon CloudWatch API Reference",
	},
	{
		asked: []string{"cloudwatch:PutMetricAlarm"}, does: warn,
		text: "an alarm that stops, terminates, reboots or recovers an instance also takes rights on EC2 and, the first time in an account, iam:CreateServiceLinkedRole: leave such actions of the alarm to an operator",
		page: `"Create alarms to stop, terminate, reboot, or recover an EC2 instance", Amazon CloudWatch User Guide`,
	},
	{
		asked: []string{
			"cloudformation:CreateStack", "cloudformation:UpdateStack", "cloudformation:DeleteStack", "cloudformation:RollbackStack", "cloudformation:ExecuteChangeSet",
			"cloudformation:ContinueUpdateRollback", "cloudformation:ExecuteStackRefactor",
		}, does: warn,
		text: "unless the stack has a service role, AWS changes its resources with the rights of the caller, and a grant has none on them: use it for a stack that has such a role, and leave that as it is",
		page: `"AWS CloudFormation service role", AWS CloudFormation User Guide`,
	},
	{
		asked: []string{"cloudformation:DetectStackDrift", "cloudformation:DetectStackResourceDrift"}, on: []string{"cloudformation:*:*:stack/*/*"}, does: refuse,
		text: "AWS reads the resources of the stack with the rights of the caller, and a grant has none on them, and it also asks for cloudformation:BatchDescribeTypeConfigurations, which it allows on all resources only: ask for cloudformation:DescribeStackResourceDrifts to read what was detected last, or an operator to detect it",
		page: `"Detect unmanaged configuration changes to stacks and resources with drift detection", AWS CloudFormation User Guide`,
	},
	{
		asked: []string{"cloudformation:UpdateStackSet"}, does: warn,
		text: "a stack set with a customized administration role takes iam:PassRole on that, too, in each update, which is never granted: use it for another stack set, or ask a person who may pass the role",
		page: `AdministrationRoleARN of UpdateStackSet, AWS CloudFormation API Reference, and "Grant self-managed permissions", AWS CloudFormation User Guide`,
	},
	{
		asked: []string{"autoscaling:UpdateAutoScalingGroup"}, does: warn,
		text: "a call that names a launch template is also checked for ec2:RunInstances on all that it launches, which no grant on a group holds: leave the launch template out of the call, as one that changes sizes does",
		page: `"Control Amazon EC2 launch template usage in Auto Scaling groups", Amazon EC2 Auto Scaling User Guide`,
	},
	{
		asked: []string{"ses:SendEmail", "ses:SendRawEmail", "ses:SendBulkEmail", "ses:SendTemplatedEmail"}, on: []string{sesIdentity}, does: warn,
		text: "AWS also checks it on the configuration set that the call names, which is outside of the identity: leave the configuration set out of the call, or ask an operator",
		page: "Actions, resources, and condition keys for Amazon Simple Email Service v2, and for Amazon SES",
	},
	{
		asked: []string{"ses:SendEmail"}, on: []string{sesIdentity}, does: warn,
		text: "AWS also checks it on the template that the call names, which is outside of the identity: use text or a raw message instead of a stored template, or ask an operator",
		page: "Actions, resources, and condition keys for Amazon Simple Email Service v2",
	},
	{
		asked: []string{
			"elasticbeanstalk:*Environment", "elasticbeanstalk:ApplyEnvironmentManagedAction", "elasticbeanstalk:RestartAppServer", "elasticbeanstalk:SwapEnvironmentCNAMEs",
		}, does: warn,
		text: "AWS changes the resources of the environment with the rights of the caller, and a grant has none on them: ask for the rights on the instance or the group itself, or an operator to do it",
		page: `"Managing Elastic Beanstalk user policies", AWS Elastic Beanstalk Developer Guide`,
	},
	{
		asked: []string{"servicecatalog:ProvisionProduct"}, does: warn,
		text: "unless the product has a launch role, AWS makes its resources with the rights of the caller, and a grant has none on them: use it for a product with a launch constraint",
		page: `"AWS Service Catalog Launch Constraints", AWS Service Catalog Administrator Guide`,
	},
	{
		asked: []string{"lambda:UpdateFunctionCode"}, does: warn,
		text: "code in a bucket or an image also takes s3:GetObject or ECR's rights on it, which are outside of the function: upload a .zip file with the call",
		page: "UpdateFunctionCode, AWS Lambda API Reference",
	},
	{
		asked: []string{"elasticfilesystem:*MountTarget", "elasticfilesystem:*MountTargetSecurityGroups"}, does: refuse, text: mountTarget,
		page: "CreateMountTarget, DeleteMountTarget, DescribeMountTargetSecurityGroups and ModifyMountTargetSecurityGroups, Amazon EFS API Reference",
	},
	{
		asked: []string{"s3:CreateBucketMetadataTableConfiguration", "s3:UpdateBucketMetadataInventoryTableConfiguration"}, does: refuse,
		text: "it also needs rights on the bucket that AWS keeps the tables in (s3tables:CreateNamespace, s3tables:CreateTable, s3tables:GetTable, s3tables:PutTablePolicy), which is outside of the grant: ask an operator to set it up",
		page: `"Setting up permissions for configuring metadata tables", Amazon S3 User Guide`,
	},
	{
		asked: []string{"ec2:CreateStoreImageTask"}, does: refuse,
		text: "it also needs rights on the snapshots of the image (ebs:ListSnapshotBlocks, ebs:GetSnapshotBlock) and on the bucket (s3:PutObject), which are outside of the grant: ask an operator to store it",
		page: `"Create a store image task", Amazon EC2 User Guide`,
	},
	{
		asked: []string{"wafv2:PutLoggingConfiguration", "waf:PutLoggingConfiguration", "waf-regional:PutLoggingConfiguration"}, does: warn,
		text: "it also takes rights on where the logs go (logs:CreateLogDelivery for a log group or a bucket, firehose:ListDeliveryStreams for a stream), which AWS allows on all resources only, and the first time in an account iam:CreateServiceLinkedRole: ask an operator to turn it on if AWS denies it",
		page: `"Logging AWS WAF web ACL traffic", AWS WAF Developer Guide`,
	},
	// What AWS allows on all resources only.
	{
		asked: []string{"route53:AssociateVPCWithHostedZone", "route53:DisassociateVPCFromHostedZone"}, does: refuse, text: needsNetwork,
		page: "Actions, resources, and condition keys for Amazon Route 53 (dependent actions)",
	},
	{
		asked: []string{
			"route53resolver:AssociateFirewallRuleGroup", "route53resolver:AssociateResolverEndpointIpAddress", "route53resolver:AssociateResolverQueryLogConfig",
			"route53resolver:AssociateResolverRule", "route53resolver:CreateResolverEndpoint", "route53resolver:DeleteResolverEndpoint",
			"route53resolver:DisassociateResolverEndpointIpAddress", "route53resolver:UpdateResolverEndpoint",
		}, does: refuse, text: needsNetwork,
		page: "Actions, resources, and condition keys for Amazon Route 53 Resolver (dependent actions)",
	},
}

const (
	sesIdentity = "ses:*:*:identity/*"
	ecsTask     = "ecs:*:*:task/*/*"

	mountTarget = "it also needs rights on the network interface of the mount target (ec2:CreateNetworkInterface, ec2:DeleteNetworkInterface, ec2:ModifyNetworkInterfaceAttribute or ec2:DescribeNetworkInterfaceAttribute), which is outside of the grant: ask a person who runs the network"

	needsNetwork = "it also needs rights on the VPC (ec2:DescribeVpcs, ec2:DescribeSubnets, ec2:DescribeNetworkInterfaces) that AWS allows on all resources only, and a grant is for one: ask a person who runs the network"
)
