package catalogue

// The types of resources that may be related to others. Never here: what holds
// credentials or data of its own, or rights (secrets, tables, buckets, roles), and
// what runs code by itself (functions).
var (
	kmsKey       = relatedType{name: "kms key", shape: "kms:*:*:key/*"}
	ec2Volume    = relatedType{name: "ec2 volume", shape: "ec2:*:*:volume/*"}
	logsGroup    = relatedType{name: "logs log-group", shape: logGroup}
	glueCatalog  = relatedType{name: "glue rootcatalog", shape: "glue:*:*:catalog", completes: true, parent: true}
	glueDatabase = relatedType{name: "glue database", shape: "glue:*:*:database/*", completes: true, parent: true}
	ec2Address   = relatedType{name: "ec2 elastic-ip", shape: "ec2:*:*:elastic-ip/*"}
	ec2Interface = relatedType{name: "ec2 network-interface", shape: "ec2:*:*:network-interface/*"}
	awsDocument  = relatedType{name: "ssm document of AWS", shape: "ssm:*::document/AWS*", completes: true}
	amazonDoc    = relatedType{name: "ssm document of AWS", shape: "ssm:*::document/Amazon*", completes: true}
	amznDoc      = relatedType{name: "ssm document of AWS", shape: "ssm:*::document/AMZN*", completes: true}
	ssmDocument  = relatedType{name: "ssm document", shape: "ssm:*:*:document/*", completes: true}
	batchQueue   = relatedType{name: "batch job-queue", shape: "batch:*:*:job-queue/*", completes: true}
	eksCluster   = relatedType{name: "eks cluster", shape: "eks:*:*:cluster/*", completes: true, parent: true}
	ecsCluster   = relatedType{name: "ecs cluster", shape: "ecs:*:*:cluster/*", completes: true, parent: true}
)

// pairs say which resources may be related to which: only those that AWS documents to
// belong to it directly. Each row names the page, or the parameter that names the
// related resource.
var pairs = []pair{
	// The key that the resource is encrypted with.
	{kmsKey, "s3 bucket", `"Using server-side encryption with AWS KMS keys (SSE-KMS)", Amazon S3 User Guide`},
	{kmsKey, "s3 object", `"Using server-side encryption with AWS KMS keys (SSE-KMS)", Amazon S3 User Guide`},
	{kmsKey, "s3 accesspoint", `"Using server-side encryption with AWS KMS keys (SSE-KMS)", Amazon S3 User Guide`},
	{kmsKey, "s3 accesspointobject", `"Using server-side encryption with AWS KMS keys (SSE-KMS)", Amazon S3 User Guide`},
	{kmsKey, "s3 multiregionaccesspoint", `"Using server-side encryption with AWS KMS keys (SSE-KMS)", Amazon S3 User Guide`},
	{kmsKey, "s3express accesspoint", `"Using server-side encryption with AWS KMS keys (SSE-KMS) in directory buckets", Amazon S3 User Guide`},
	{kmsKey, "s3express bucket", `"Using server-side encryption with AWS KMS keys (SSE-KMS) in directory buckets", Amazon S3 User Guide`},
	{kmsKey, "s3tables TableBucket", `"Using server-side encryption with AWS KMS keys (SSE-KMS) in table buckets", Amazon S3 User Guide`},
	{kmsKey, "s3tables Table", `"Using server-side encryption with AWS KMS keys (SSE-KMS) in table buckets", Amazon S3 User Guide`},
	{kmsKey, "s3vectors VectorBucket", `encryptionConfiguration of CreateVectorBucket, Amazon S3 API Reference`},
	{kmsKey, "s3vectors Index", `encryptionConfiguration of CreateIndex, Amazon S3 API Reference`},
	{kmsKey, "sqs queue", `"Encryption at rest in Amazon SQS", Amazon SQS Developer Guide`},
	{kmsKey, "sns topic", `"Securing Amazon SNS data with server-side encryption", Amazon SNS Developer Guide`},
	{kmsKey, "dynamodb table", `"DynamoDB encryption at rest", Amazon DynamoDB Developer Guide`},
	{kmsKey, "dynamodb index", `"DynamoDB encryption at rest", Amazon DynamoDB Developer Guide`},
	{kmsKey, "cassandra table", `encryptionSpecification of CreateTable, Amazon Keyspaces API Reference`},
	{kmsKey, "secretsmanager Secret", `"Secret encryption and decryption in AWS Secrets Manager", AWS Secrets Manager User Guide`},
	{kmsKey, "ssm parameter", `KeyId of PutParameter, AWS Systems Manager API Reference`},
	{kmsKey, "logs log-group", `"Encrypt log data in CloudWatch Logs using AWS Key Management Service", Amazon CloudWatch Logs User Guide`},
	{kmsKey, "ec2 volume", `"Amazon EBS encryption", Amazon EBS User Guide`},
	{kmsKey, "ec2 snapshot", `"Amazon EBS encryption", Amazon EBS User Guide`},
	{kmsKey, "ec2 image", `"Use encryption with EBS-backed AMIs", Amazon EC2 User Guide`},
	{kmsKey, "rds db", `"Encrypting Amazon RDS resources", Amazon RDS User Guide`},
	{kmsKey, "rds cluster", `KmsKeyId of CreateDBCluster, Amazon RDS API Reference`},
	{kmsKey, "rds snapshot", `"Encrypting Amazon RDS resources", Amazon RDS User Guide`},
	{kmsKey, "rds cluster-snapshot", `KmsKeyId of CopyDBClusterSnapshot, Amazon RDS API Reference`},
	{kmsKey, "docdb-elastic cluster", `kmsKeyId of CreateCluster, Amazon DocumentDB API Reference`},
	{kmsKey, "neptune-graph graph", `kmsKeyIdentifier of CreateGraph, Neptune Analytics API Reference`},
	{kmsKey, "timestream database", `KmsKeyId of CreateDatabase, Amazon Timestream API Reference`},
	{kmsKey, "redshift cluster", `"Amazon Redshift database encryption", Amazon Redshift Management Guide`},
	{kmsKey, "redshift-serverless namespace", `kmsKeyId of CreateNamespace, Amazon Redshift Serverless API Reference`},
	{kmsKey, "elasticache replicationgroup", `KmsKeyId of CreateReplicationGroup, Amazon ElastiCache API Reference`},
	{kmsKey, "elasticache serverlesscache", `KmsKeyId of CreateServerlessCache, Amazon ElastiCache API Reference`},
	{kmsKey, "memorydb cluster", `KmsKeyId of CreateCluster, Amazon MemoryDB API Reference`},
	{kmsKey, "es domain", `EncryptionAtRestOptions of CreateDomain, Amazon OpenSearch Service API Reference`},
	{kmsKey, "kinesis stream", `"What is server-side encryption for Kinesis Data Streams?", Amazon Kinesis Data Streams Developer Guide`},
	{kmsKey, "kinesis consumer", `"Permissions to use user-generated KMS keys", Amazon Kinesis Data Streams Developer Guide`},
	{kmsKey, "kinesisvideo stream", `KmsKeyId of CreateStream, Amazon Kinesis Video Streams API Reference`},
	{kmsKey, "firehose deliverystream", `"Data protection in Amazon Data Firehose", Amazon Data Firehose Developer Guide`},
	{kmsKey, "kafka cluster", `EncryptionInfo of CreateCluster, Amazon MSK API Reference`},
	{kmsKey, "mq brokers", `EncryptionOptions of CreateBroker, Amazon MQ API Reference`},
	{kmsKey, "lambda function", `"Securing Lambda environment variables", AWS Lambda Developer Guide`},
	{kmsKey, "lambda function alias", `"Securing Lambda environment variables", AWS Lambda Developer Guide`},
	{kmsKey, "lambda function version", `"Securing Lambda environment variables", AWS Lambda Developer Guide`},
	{kmsKey, "elasticfilesystem file-system", `KmsKeyId of CreateFileSystem, Amazon EFS API Reference`},
	{kmsKey, "fsx file-system", `KmsKeyId of CreateFileSystem, Amazon FSx API Reference`},
	{kmsKey, "fsx backup", `KmsKeyId of CreateFileSystem, Amazon FSx API Reference`},
	{kmsKey, "backup backupVault", `EncryptionKeyArn of CreateBackupVault, AWS Backup Developer Guide`},
	{kmsKey, "ecr repository", `EncryptionConfiguration of CreateRepository, Amazon ECR API Reference`},
	{kmsKey, "ecs cluster", `kmsKeyId of ExecuteCommandConfiguration, Amazon ECS API Reference`},
	{kmsKey, "eks cluster", `encryptionConfig of CreateCluster, Amazon EKS API Reference`},
	{kmsKey, "apprunner service", `EncryptionConfiguration of CreateService, AWS App Runner API Reference`},
	{kmsKey, "codebuild project", `encryptionKey of CreateProject, AWS CodeBuild API Reference`},
	{kmsKey, "codepipeline pipeline", `EncryptionKey of ArtifactStore, AWS CodePipeline API Reference`},
	{kmsKey, "codecommit repository", `kmsKeyId of CreateRepository, AWS CodeCommit API Reference`},
	{kmsKey, "codeartifact domain", `encryptionKey of CreateDomain, AWS CodeArtifact API Reference`},
	{kmsKey, "states statemachine", `encryptionConfiguration of CreateStateMachine, AWS Step Functions API Reference`},
	{kmsKey, "states execution", `"Data at rest encryption in Step Functions", AWS Step Functions Developer Guide`},
	{kmsKey, "states express", `"Data at rest encryption in Step Functions", AWS Step Functions Developer Guide`},
	{kmsKey, "states labelled execution", `"Data at rest encryption in Step Functions", AWS Step Functions Developer Guide`},
	{kmsKey, "states labelled express", `"Data at rest encryption in Step Functions", AWS Step Functions Developer Guide`},
	{kmsKey, "states activity", `encryptionConfiguration of CreateActivity, AWS Step Functions API Reference`},
	{kmsKey, "events event-bus", `KmsKeyIdentifier of CreateEventBus, Amazon EventBridge API Reference`},
	{kmsKey, "events archive", `KmsKeyIdentifier of CreateArchive, Amazon EventBridge API Reference`},
	{kmsKey, "events connection", `KmsKeyIdentifier of CreateConnection, Amazon EventBridge API Reference`},
	{kmsKey, "pipes pipe", `KmsKeyIdentifier of CreatePipe, Amazon EventBridge Pipes API Reference`},
	{kmsKey, "scheduler schedule", `KmsKeyArn of CreateSchedule, Amazon EventBridge Scheduler API Reference`},
	{kmsKey, "cloudtrail trail", `KmsKeyId of CreateTrail, AWS CloudTrail API Reference`},
	{kmsKey, "cloudtrail eventdatastore", `KmsKeyId of CreateEventDataStore, AWS CloudTrail API Reference`},
	{kmsKey, "dms ReplicationInstance", `KmsKeyId of CreateReplicationInstance, AWS DMS API Reference`},
	{kmsKey, "sagemaker notebook-instance", `KmsKeyId of CreateNotebookInstance, Amazon SageMaker API Reference`},
	{kmsKey, "sagemaker endpoint-config", `KmsKeyId of CreateEndpointConfig, Amazon SageMaker API Reference`},
	{kmsKey, "sagemaker domain", `KmsKeyId of CreateDomain, Amazon SageMaker API Reference`},
	{kmsKey, "sagemaker feature-group", `OnlineStoreConfig of CreateFeatureGroup, Amazon SageMaker API Reference`},
	{kmsKey, "bedrock agent", `customerEncryptionKeyArn of CreateAgent, Amazon Bedrock API Reference`},
	{kmsKey, "bedrock guardrail", `kmsKeyId of CreateGuardrail, Amazon Bedrock API Reference`},
	{kmsKey, "bedrock custom-model", `customModelKmsKeyId of CreateModelCustomizationJob, Amazon Bedrock API Reference`},
	{kmsKey, "kendra index", `ServerSideEncryptionConfiguration of CreateIndex, Amazon Kendra API Reference`},
	{kmsKey, "qbusiness application", `encryptionConfiguration of CreateApplication, Amazon Q Business API Reference`},
	{kmsKey, "airflow environment", `KmsKey of CreateEnvironment, Amazon MWAA API Reference`},
	{kmsKey, "appflow flow", `kmsArn of CreateFlow, Amazon AppFlow API Reference`},
	{kmsKey, "appconfig configurationprofile", `KmsKeyIdentifier of CreateConfigurationProfile, AWS AppConfig API Reference`},
	{kmsKey, "aps workspace", `kmsKeyArn of CreateWorkspace, Amazon Managed Service for Prometheus API Reference`},
	{kmsKey, "geo tracker", `KmsKeyId of CreateTracker, Amazon Location Service API Reference`},
	{kmsKey, "geo geofence-collection", `KmsKeyId of CreateGeofenceCollection, Amazon Location Service API Reference`},
	{kmsKey, "workspaces workspaceid", `VolumeEncryptionKey of CreateWorkspaces, Amazon WorkSpaces API Reference`},
	{kmsKey, "storagegateway share", `KMSKey of CreateNFSFileShare, AWS Storage Gateway API Reference`},
	{kmsKey, "imagebuilder component", `kmsKeyId of CreateComponent, EC2 Image Builder API Reference`},
	{kmsKey, "healthlake datastore", `SseConfiguration of CreateFHIRDatastore, AWS HealthLake API Reference`},
	{kmsKey, "medical-imaging datastore", `kmsKeyArn of CreateDatastore, AWS HealthImaging API Reference`},
	{kmsKey, "kms alias", `"Controlling access to aliases", AWS KMS Developer Guide`},

	// The volumes that are attached to it.
	{ec2Volume, "ec2 instance", `"Attach an Amazon EBS volume to an Amazon EC2 instance", Amazon EBS User Guide`},

	// Its addresses and network interfaces.
	{ec2Address, "ec2 instance", `"Elastic IP addresses", Amazon EC2 User Guide`},
	{ec2Address, "ec2 network-interface", `"Elastic IP addresses", Amazon EC2 User Guide`},
	{ec2Interface, "ec2 instance", `"Elastic network interfaces", Amazon EC2 User Guide`},

	// The document, of the account or of AWS, whose commands it runs; AWS also checks the
	// node.
	{awsDocument, "ec2 instance", `DocumentName of SendCommand, AWS Systems Manager API Reference`},
	{awsDocument, "ssm managed-instance", `DocumentName of SendCommand, AWS Systems Manager API Reference`},
	{amazonDoc, "ec2 instance", `DocumentName of SendCommand, AWS Systems Manager API Reference`},
	{amazonDoc, "ssm managed-instance", `DocumentName of SendCommand, AWS Systems Manager API Reference`},
	{amznDoc, "ec2 instance", `DocumentName of SendCommand, AWS Systems Manager API Reference`},
	{amznDoc, "ssm managed-instance", `DocumentName of SendCommand, AWS Systems Manager API Reference`},
	{ssmDocument, "ec2 instance", `DocumentName of SendCommand, AWS Systems Manager API Reference`},
	{ssmDocument, "ssm managed-instance", `DocumentName of SendCommand, AWS Systems Manager API Reference`},

	// The queue that its jobs go to.
	{batchQueue, "batch job-definition", `jobQueue of SubmitJob, AWS Batch API Reference`},
	{batchQueue, "batch job-definition-revision", `jobQueue of SubmitJob, AWS Batch API Reference`},

	// The group that its logs go to.
	{logsGroup, "ec2 instance", `"Collect metrics, logs, and traces using the CloudWatch agent", Amazon CloudWatch User Guide`},
	{logsGroup, "lambda function", `"Sending Lambda function logs to CloudWatch Logs", AWS Lambda Developer Guide`},
	{logsGroup, "states statemachine", `"Using CloudWatch Logs to log execution history in Step Functions", AWS Step Functions Developer Guide`},
	{logsGroup, "codebuild project", `logsConfig of CreateProject, AWS CodeBuild API Reference`},
	{logsGroup, "apigateway RestApi", `"Set up CloudWatch logging for REST APIs in API Gateway", Amazon API Gateway Developer Guide`},
	{logsGroup, "apigateway Stage", `accessLogSettings of Stage, Amazon API Gateway REST API Reference`},
	{logsGroup, "apigateway Api", `"Configure logging for HTTP APIs in API Gateway", Amazon API Gateway Developer Guide`},
	{logsGroup, "appsync graphqlapi", `"Using CloudWatch to monitor and log GraphQL API data", AWS AppSync Developer Guide`},
	{logsGroup, "ecs service", `"Send Amazon ECS logs to CloudWatch", Amazon ECS Developer Guide`},
	{logsGroup, "ecs task", `"Send Amazon ECS logs to CloudWatch", Amazon ECS Developer Guide`},
	{logsGroup, "ecs task-definition", `"Send Amazon ECS logs to CloudWatch", Amazon ECS Developer Guide`},
	{logsGroup, "ecs cluster", `logConfiguration of ExecuteCommandConfiguration, Amazon ECS API Reference`},
	{logsGroup, "eks cluster", `"Send control plane logs to CloudWatch Logs", Amazon EKS User Guide`},
	{logsGroup, "batch job", `"Using the awslogs log driver", AWS Batch User Guide`},
	{logsGroup, "batch job-definition", `"Using the awslogs log driver", AWS Batch User Guide`},
	{logsGroup, "rds db", `"Publishing database logs to Amazon CloudWatch Logs", Amazon RDS User Guide`},
	{logsGroup, "rds cluster", `"Publishing database logs to Amazon CloudWatch Logs", Amazon Aurora User Guide`},
	{logsGroup, "es domain", `"Monitoring OpenSearch logs with Amazon CloudWatch Logs", Amazon OpenSearch Service Developer Guide`},
	{logsGroup, "elasticache replicationgroup", `LogDeliveryConfigurations of CreateReplicationGroup, Amazon ElastiCache API Reference`},
	{logsGroup, "redshift cluster", `LogDestinationType of EnableLogging, Amazon Redshift API Reference`},
	{logsGroup, "kafka cluster", `LoggingInfo of CreateCluster, Amazon MSK API Reference`},
	{logsGroup, "mq brokers", `Logs of CreateBroker, Amazon MQ API Reference`},
	{logsGroup, "firehose deliverystream", `CloudWatchLoggingOptions of CreateDeliveryStream, Amazon Data Firehose API Reference`},
	{logsGroup, "pipes pipe", `LogConfiguration of CreatePipe, Amazon EventBridge Pipes API Reference`},
	{logsGroup, "glue job", `"Monitoring with Amazon CloudWatch", AWS Glue Developer Guide`},
	{logsGroup, "glue crawler", `"Monitoring with Amazon CloudWatch", AWS Glue Developer Guide`},
	{logsGroup, "sagemaker endpoint", `"CloudWatch Logs for Amazon SageMaker AI", Amazon SageMaker AI Developer Guide`},
	{logsGroup, "sagemaker training-job", `"CloudWatch Logs for Amazon SageMaker AI", Amazon SageMaker AI Developer Guide`},
	{logsGroup, "sagemaker processing-job", `"CloudWatch Logs for Amazon SageMaker AI", Amazon SageMaker AI Developer Guide`},
	{logsGroup, "sagemaker transform-job", `"CloudWatch Logs for Amazon SageMaker AI", Amazon SageMaker AI Developer Guide`},
	{logsGroup, "sagemaker notebook-instance", `"CloudWatch Logs for Amazon SageMaker AI", Amazon SageMaker AI Developer Guide`},
	{logsGroup, "ec2 vpc", `"Publish flow logs to CloudWatch Logs", Amazon VPC User Guide`},
	{logsGroup, "ec2 subnet", `"Publish flow logs to CloudWatch Logs", Amazon VPC User Guide`},
	{logsGroup, "ec2 network-interface", `"Publish flow logs to CloudWatch Logs", Amazon VPC User Guide`},
	{logsGroup, "ec2 vpn-connection", `"AWS Site-to-Site VPN logs", AWS Site-to-Site VPN User Guide`},
	{logsGroup, "ec2 client-vpn-endpoint", `ConnectionLogOptions of CreateClientVpnEndpoint, Amazon EC2 API Reference`},
	{logsGroup, "wafv2 webacl", `"Logging AWS WAF web ACL traffic", AWS WAF Developer Guide`},
	{logsGroup, "network-firewall Firewall", `LogDestinationConfig, AWS Network Firewall API Reference`},
	{logsGroup, "route53 hostedzone", `"Public DNS query logging", Amazon Route 53 Developer Guide`},
	{logsGroup, "cloudtrail trail", `CloudWatchLogsLogGroupArn of CreateTrail, AWS CloudTrail API Reference`},
	{logsGroup, "transfer server", `StructuredLogDestinations of CreateServer, AWS Transfer Family API Reference`},
	{logsGroup, "airflow environment", `LoggingConfiguration of CreateEnvironment, Amazon MWAA API Reference`},
	{logsGroup, "datasync task", `CloudWatchLogGroupArn of CreateTask, AWS DataSync API Reference`},
	{logsGroup, "storagegateway gateway", `CloudWatchLogGroupARN of UpdateGatewayInformation, AWS Storage Gateway API Reference`},
	{logsGroup, "apprunner service", `"Viewing App Runner logs streamed to CloudWatch Logs", AWS App Runner Developer Guide`},
	{logsGroup, "kinesisanalytics application", `CloudWatchLoggingOption, Amazon Managed Service for Apache Flink API Reference`},
	{logsGroup, "elasticbeanstalk environment", `"Using Elastic Beanstalk with Amazon CloudWatch Logs", AWS Elastic Beanstalk Developer Guide`},
	{logsGroup, "aps workspace", `logGroupArn of CreateLoggingConfiguration, Amazon Managed Service for Prometheus API Reference`},

	// What it lies in, where AWS checks both in each call.
	{glueCatalog, "glue database", `"Specifying AWS Glue resource ARNs", AWS Glue Developer Guide: all ancestors are checked, too`},
	{glueCatalog, "glue table", `"Specifying AWS Glue resource ARNs", AWS Glue Developer Guide: all ancestors are checked, too`},
	{glueCatalog, "glue userdefinedfunction", `"Specifying AWS Glue resource ARNs", AWS Glue Developer Guide: all ancestors are checked, too`},
	{glueCatalog, "glue connection", `"Specifying AWS Glue resource ARNs", AWS Glue Developer Guide: all ancestors are checked, too`},
	{glueDatabase, "glue table", `"Specifying AWS Glue resource ARNs", AWS Glue Developer Guide: all ancestors are checked, too`},
	{glueDatabase, "glue userdefinedfunction", `"Specifying AWS Glue resource ARNs", AWS Glue Developer Guide: all ancestors are checked, too`},
	{eksCluster, "eks nodegroup", `"Actions, resources, and condition keys for Amazon Elastic Kubernetes Service": DescribeUpdate and ListUpdates`},
	{eksCluster, "eks addon", `"Actions, resources, and condition keys for Amazon Elastic Kubernetes Service": DescribeUpdate and ListUpdates`},
	{ecsCluster, "ecs task", `"Monitor Amazon ECS containers with ECS Exec", Amazon ECS Developer Guide`},
}

// elsewhere are the pairs whose related resource need not be in the Region of the
// entity: it is in this one, or in any. The page says so.
var elsewhere = []struct{ related, to, region, page string }{
	{"kms key", "cloudtrail trail", anyRegion, `"Encrypting CloudTrail log files, digest files, and event data stores with AWS KMS keys (SSE-KMS)", AWS CloudTrail User Guide: the Region of the bucket`},
	{"kms key", "codepipeline pipeline", anyRegion, `artifactStores of PipelineDeclaration, AWS CodePipeline API Reference: one for each Region`},
	{"kms key", "storagegateway share", anyRegion, `BucketRegion of CreateNFSFileShare, AWS Storage Gateway API Reference`},
	{"logs log-group", "ecs service", anyRegion, awslogsRegion},
	{"logs log-group", "ecs task", anyRegion, awslogsRegion},
	{"logs log-group", "ecs task-definition", anyRegion, awslogsRegion},
	{"logs log-group", "batch job", anyRegion, `"Using the awslogs log driver", AWS Batch User Guide`},
	{"logs log-group", "batch job-definition", anyRegion, `"Using the awslogs log driver", AWS Batch User Guide`},
	{"logs log-group", "route53 hostedzone", "us-east-1", `"Public DNS query logging", Amazon Route 53 Developer Guide`},
}

const (
	anyRegion     = "*"
	awslogsRegion = `awslogs-region of LogConfiguration, Amazon ECS API Reference`
)
