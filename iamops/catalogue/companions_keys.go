package catalogue

// keyCompanions are about data that a customer's key may encrypt. Then AWS also
// checks the key, with the rights of the caller; services that use the key with
// rights of their own, such as CloudWatch Logs, are not here.
var keyCompanions = []companion{
	{
		asked: []string{"s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTorrent"}, unless: []string{decrypt}, does: warn,
		text: readsWithKey, keyed: readsWithThis, page: `"Using server-side encryption with AWS KMS keys (SSE-KMS)", Amazon S3 User Guide`,
	},
	{
		asked: []string{"s3:PutObject"}, unless: []string{decrypt, dataKey}, does: warn,
		text: writesWithKey, keyed: writesWithThis, page: `"Using server-side encryption with AWS KMS keys (SSE-KMS)" and "Multipart upload API and permissions", Amazon S3 User Guide`,
	},
	{
		asked: []string{"s3:ListMultipartUploadParts"}, unless: []string{decrypt}, does: warn,
		text: readsWithKey, keyed: readsWithThis, page: "ListParts, Amazon S3 API Reference",
	},
	{
		asked: []string{"s3:UpdateObjectEncryption"}, unless: []string{encrypt, decrypt, dataKey, "kms:ReEncryptFrom", "kms:ReEncryptTo"}, does: warn,
		text:  "AWS also checks the key that the call names: relate the key (relation \"related\") and ask for kms:Encrypt, kms:Decrypt, kms:GenerateDataKey, kms:ReEncryptFrom and kms:ReEncryptTo, too",
		keyed: "if the call names %s, AWS also checks the key: ask for kms:Encrypt, kms:Decrypt, kms:GenerateDataKey, kms:ReEncryptFrom and kms:ReEncryptTo, too",
		page:  "UpdateObjectEncryption, Amazon S3 API Reference",
	},
	{
		asked: []string{"s3express:PutEncryptionConfiguration"}, unless: []string{decrypt, dataKey}, does: warn,
		text: writesWithKey, keyed: writesWithThis, page: "PutBucketEncryption, Amazon S3 API Reference",
	},
	{
		asked: []string{"s3express:CreateSession"}, unless: []string{decrypt, dataKey}, does: warn,
		text: writesWithKey, keyed: writesWithThis, page: `"Using server-side encryption with AWS KMS keys (SSE-KMS) in directory buckets", Amazon S3 User Guide`,
	},
	{
		asked: []string{"s3tables:GetTableData"}, unless: []string{decrypt}, does: warn,
		text: readsWithKey, keyed: readsWithThis, page: `"Using server-side encryption with AWS KMS keys (SSE-KMS) in table buckets", Amazon S3 User Guide`,
	},
	{
		asked: []string{"s3tables:PutTableData"}, unless: []string{decrypt, dataKey}, does: warn,
		text: writesWithKey, keyed: writesWithThis, page: `"Using server-side encryption with AWS KMS keys (SSE-KMS) in table buckets", Amazon S3 User Guide`,
	},
	{
		asked: []string{"s3vectors:GetVectors", "s3vectors:ListVectors", "s3vectors:QueryVectors"}, unless: []string{decrypt}, does: warn,
		text: readsWithKey, keyed: readsWithThis, page: `"Data protection and encryption in S3 Vectors", Amazon S3 User Guide`,
	},
	{
		asked: []string{"s3vectors:PutVectors"}, unless: []string{decrypt, dataKey}, does: warn,
		text: writesWithKey, keyed: writesWithThis, page: `"Data protection and encryption in S3 Vectors", Amazon S3 User Guide`,
	},
	{
		asked: []string{"cloudtrail:GenerateQueryResultsSummary", "cloudtrail:GetEventDataStoreData", "cloudtrail:GetQueryResults", "cloudtrail:StartQuery", "cloudtrail:UpdateEventDataStore"}, unless: []string{decrypt, dataKey}, does: warn,
		text: writesWithKey, keyed: writesWithThis, page: "Actions, resources, and condition keys for AWS CloudTrail (dependent actions)",
	},
	{
		asked: []string{"sqs:SendMessage"}, unless: []string{decrypt, dataKey}, does: warn,
		text: writesWithKey, keyed: writesWithThis, page: `"Amazon SQS Key management", Amazon SQS Developer Guide`,
	},
	{
		asked: []string{"sqs:ReceiveMessage"}, unless: []string{decrypt}, does: warn,
		text: readsWithKey, keyed: readsWithThis, page: `"Amazon SQS Key management", Amazon SQS Developer Guide`,
	},
	{
		asked: []string{"sns:Publish"}, unless: []string{decrypt, dataKey}, does: warn,
		text: writesWithKey, keyed: writesWithThis, page: `"Managing Amazon SNS encryption keys and costs", Amazon SNS Developer Guide`,
	},
	{
		asked: []string{"kinesis:GetRecords", "kinesis:SubscribeToShard"}, unless: []string{decrypt}, does: warn,
		text: readsWithKey, keyed: readsWithThis, page: `"Permissions to use user-generated KMS keys", Amazon Kinesis Data Streams Developer Guide`,
	},
	{
		asked: []string{"kinesis:PutRecord", "kinesis:PutRecords"}, unless: []string{dataKey}, does: warn,
		text: onlyWritesWithKey, keyed: onlyWritesWithThis, page: `"Permissions to use user-generated KMS keys", Amazon Kinesis Data Streams Developer Guide`,
	},
	{
		asked: []string{
			"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:PartiQLSelect", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate",
			"dynamodb:PartiQLDelete", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem",
		}, unless: []string{decrypt}, does: warn,
		text: readsWithKey, keyed: readsWithThis, page: `"DynamoDB encryption at rest: How it works" and "DynamoDB encryption at rest usage notes", Amazon DynamoDB Developer Guide`,
	},
	{
		asked: []string{"secretsmanager:PutSecretValue", "secretsmanager:UpdateSecret"}, on: []string{secret}, unless: []string{decrypt, dataKey}, does: warn,
		text: writesWithKey, keyed: writesWithThis, page: `"Secret encryption and decryption in AWS Secrets Manager", AWS Secrets Manager User Guide`,
	},
	{
		asked: []string{"secretsmanager:GetSecretValue"}, on: []string{secret}, unless: []string{decrypt}, does: warn,
		text: readsWithKey, keyed: readsWithThis, page: `"Secret encryption and decryption in AWS Secrets Manager", AWS Secrets Manager User Guide`,
	},
	{
		asked: []string{"ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:GetParameterHistory"}, on: []string{parameter}, unless: []string{decrypt}, does: warn,
		text:  "if it is a SecureString with a customer key, AWS also checks the key: relate the key (relation \"related\") and ask for kms:Decrypt, too",
		keyed: "if it is a SecureString that %s encrypts, AWS also checks the key: ask for kms:Decrypt, too",
		page:  `"AWS KMS encryption for AWS Systems Manager Parameter Store SecureString parameters", AWS Systems Manager User Guide`,
	},
	{
		asked: []string{"ssm:PutParameter"}, on: []string{parameter}, unless: []string{encrypt + "|" + dataKey}, does: warn,
		text:  "if it is a SecureString with a customer key, AWS also checks the key: relate the key (relation \"related\") and ask for kms:Encrypt (in the advanced tier kms:GenerateDataKey), too",
		keyed: "if it is a SecureString that %s encrypts, AWS also checks the key: ask for kms:Encrypt (in the advanced tier kms:GenerateDataKey), too",
		page:  `"AWS KMS encryption for AWS Systems Manager Parameter Store SecureString parameters", AWS Systems Manager User Guide`,
	},
	{
		asked: []string{"secretsmanager:ReplicateSecretToRegions"}, on: []string{secret}, unless: []string{decrypt}, does: warn,
		text: readsWithKey, keyed: readsWithThis, page: "ReplicateSecretToRegions, AWS Secrets Manager API Reference",
	},
	{
		asked: []string{"ec2:StartInstances", "ec2:AttachVolume"}, unless: []string{"kms:CreateGrant"}, does: warn,
		text: "if a volume is encrypted with a customer key, AWS also checks kms:CreateGrant on the key, which is outside of an instance: use it where the policy of the key lets the caller do so, or ask an operator",
		page: `"Requirements for Amazon EBS encryption", Amazon EBS User Guide`,
	},
	{
		asked: []string{"ebs:GetSnapshotBlock"}, unless: []string{decrypt}, does: warn,
		text: readsWithKey, keyed: readsWithThis, page: `"Control access to EBS direct APIs using IAM", Amazon EBS User Guide`,
	},
	{
		asked: []string{"ebs:PutSnapshotBlock", "ebs:StartSnapshot"}, unless: []string{decrypt, dataKey}, does: warn,
		text: writesWithKey, keyed: writesWithThis, page: `"Control access to EBS direct APIs using IAM", Amazon EBS User Guide`,
	},
	{
		asked: []string{"states:StartExecution", "states:StartSyncExecution", "states:DescribeExecution", "states:GetExecutionHistory", "states:DescribeStateMachine"}, unless: []string{decrypt}, does: warn,
		text: readsWithKey, keyed: readsWithThis, page: `"Data at rest encryption in Step Functions", AWS Step Functions Developer Guide`,
	},
	{
		asked: []string{"lambda:GetFunction", "lambda:GetFunctionConfiguration"}, unless: []string{decrypt}, does: warn,
		text:  "environment variables that a customer key encrypts are shown only with rights on the key: relate the key (relation \"related\") and ask for kms:Decrypt, too",
		keyed: "environment variables that %s encrypts are shown only with rights on the key: ask for kms:Decrypt, too",
		page:  `"Securing Lambda environment variables", AWS Lambda Developer Guide`,
	},
	{
		asked: []string{"sagemaker:DescribeModelCard", "sagemaker:DescribeModelPackage"}, unless: []string{decrypt}, does: warn,
		text: "what a customer key encrypts is shown only with kms:Decrypt on the key, which is outside of the model: use it with IncludedData=MetadataOnly, or where the policy of the key lets the caller do so",
		page: "DescribeModelCard and DescribeModelPackage, Amazon SageMaker API Reference",
	},
	{
		asked: []string{"ecs:ExecuteCommand"}, unless: []string{dataKey}, does: warn,
		text: "if the cluster encrypts sessions with a customer key, AWS also checks kms:GenerateDataKey on the key, which is outside of the task: use it where the policy of the key lets the caller do so",
		page: `"Monitor Amazon ECS containers with ECS Exec", Amazon ECS Developer Guide`,
	},
	{
		asked: []string{"ssm:StartSession"}, unless: []string{dataKey}, does: warn,
		text: "if the account encrypts sessions with a customer key, AWS also checks kms:GenerateDataKey on the key, which is outside of the instance: use it where the policy of the key lets the caller do so",
		page: `"Turn on KMS key encryption of session data (console)", AWS Systems Manager User Guide`,
	},
}

const (
	decrypt = "kms:Decrypt"
	encrypt = "kms:Encrypt"
	dataKey = "kms:GenerateDataKey"

	withKey  = "if it is encrypted with a customer key, AWS also checks the key: relate the key (relation \"related\") and ask for "
	withThis = "if %s encrypts it, AWS also checks the key: ask for "

	readsWithKey       = withKey + "kms:Decrypt, too"
	readsWithThis      = withThis + "kms:Decrypt, too"
	writesWithKey      = withKey + "kms:GenerateDataKey and kms:Decrypt, too"
	writesWithThis     = withThis + "kms:GenerateDataKey and kms:Decrypt, too"
	onlyWritesWithKey  = withKey + "kms:GenerateDataKey, too"
	onlyWritesWithThis = withThis + "kms:GenerateDataKey, too"
)
