package catalogue

import "strings"

// placeCompanions are about calls that name a place outside of the resource which data go
// to or come from: a bucket, a log delivery, a secret. AWS checks the caller's rights there,
// too. Where a service goes there with a role or rights of its own, nothing is here.
var placeCompanions = []companion{
	// To or from a bucket.
	{
		asked: []string{"logs:CreateExportTask"}, unless: []string{"s3:PutObject"}, does: warn,
		text: "the caller also has to be allowed to write to the bucket (s3:PutObject), which is outside of the grant: use a bucket whose policy lets the caller write, or ask an operator to export it",
		page: "CreateExportTask, Amazon CloudWatch Logs API Reference",
	},
	{
		asked: []string{"acm-pca:RevokeCertificate", "acm-pca:UpdateCertificateAuthority"}, does: warn,
		text: "where the authority keeps a revocation list in a bucket, the caller also has to be allowed to write to the bucket, which is outside of the grant: use it where the policy of the bucket lets the caller write, or ask an operator",
		page: "RevokeCertificate and UpdateCertificateAuthority, AWS Private Certificate Authority API Reference",
	},
	{
		asked: []string{"ec2:CreateInstanceExportTask", "ec2:ExportImage", "ec2:ImportImage", "ec2:ImportSnapshot"}, does: warn,
		text: "the caller also has to be allowed to use the bucket (s3:GetBucketLocation, s3:GetObject, s3:PutObject), which is outside of the grant: use a bucket whose policy lets the caller do so, or ask an operator",
		page: `"Required permissions for VM Import/Export", VM Import/Export User Guide`,
	},
	{
		asked: []string{"ec2:CreateRestoreImageTask"}, does: refuse,
		text: "it also needs rights on the snapshots that it makes (ebs:StartSnapshot, ebs:PutSnapshotBlock, ebs:CompleteSnapshot) and on the bucket (s3:GetObject), which are outside of the grant: ask an operator to restore it",
		page: `"Permissions for storing and restoring AMIs using S3", Amazon EC2 User Guide`,
	},
	{
		asked: []string{"ec2:CreateCapacityManagerDataExport"}, does: warn,
		text: "the caller also has to be allowed to write to the bucket, which is outside of the grant: use a bucket whose policy lets the caller write, or ask an operator",
		page: "S3BucketName of CreateCapacityManagerDataExport, Amazon EC2 API Reference",
	},
	{
		asked: []string{"omics:CreateWorkflowVersion"}, does: warn,
		text: "a definition in a bucket has to be one that the caller may read, and the bucket is outside of the grant: upload the definition with the call, or use a bucket whose policy lets the caller read",
		page: "definitionUri of CreateWorkflowVersion, AWS HealthOmics API Reference",
	},
	{
		asked: []string{"rekognition:DetectCustomLabels", "rekognition:IndexFaces", "rekognition:SearchFacesByImage", "rekognition:SearchUsersByImage"}, unless: []string{"s3:GetObject"}, does: warn,
		text: "an image in a bucket has to be one that the caller may read (s3:GetObject), and the bucket is outside of the grant: upload the image with the call, or use a bucket whose policy lets the caller read",
		page: "Image and S3Object, Amazon Rekognition API Reference",
	},
	{
		asked: []string{"rekognition:CreateDataset"}, does: warn,
		text: "a manifest in a bucket has to be one that the caller may read (s3:GetObject), and a copy of another data set also takes rekognition:ListDatasetEntries on that one, all outside of the grant: use a bucket whose policy lets the caller read",
		page: "CreateDataset and S3Object, Amazon Rekognition API Reference",
	},
	{
		asked: []string{"rekognition:CreateProjectVersion"}, does: warn,
		text: "each call also takes s3:PutObject on the bucket that the training writes to, which is outside of the grant: use a bucket whose policy lets the caller write, or ask an operator",
		page: "OutputConfig of CreateProjectVersion, Amazon Rekognition API Reference",
	},
	{
		asked: []string{"rekognition:CopyProjectVersion", "rekognition:CreateProjectVersion"}, does: warn,
		text: "a call that names a key also takes kms:CreateGrant, kms:DescribeKey, kms:GenerateDataKey and kms:Decrypt on it, which is outside of the grant: leave the key out of the call, or use one whose own policy lets the caller do so",
		page: "KmsKeyId of CopyProjectVersion and CreateProjectVersion, Amazon Rekognition API Reference",
	},
	{
		asked: []string{"workspaces-web:UpdateUserSettings"}, does: warn,
		text: "an icon or wallpaper in a bucket has to be one that the caller may read, and the bucket is outside of the grant: upload the image with the call, or use a bucket whose policy lets the caller read",
		page: "IconImageInput and WallpaperImageInput, Amazon WorkSpaces Secure Browser API Reference",
	},
	{
		asked: []string{"workspaces-web:UpdateSessionLogger"}, does: warn,
		text: "the caller also has to be allowed to write to the bucket, which is outside of the grant: leave the bucket as it is, or use one whose policy lets the caller write",
		page: "S3LogConfiguration, Amazon WorkSpaces Secure Browser API Reference",
	},
	{
		asked: []string{"apigateway:PATCH", "apigateway:POST"}, on: []string{"apigateway:*::/domainnames", "apigateway:*::/domainnames/*"}, does: warn,
		text: "a truststore for mutual TLS has to be one that the caller may read, and its bucket is outside of the grant: leave the truststore as it is, or use a bucket whose policy lets the caller read",
		page: "truststoreUri of MutualTlsAuthenticationInput, Amazon API Gateway REST API Reference, and of MutualTlsAuthentication, Amazon API Gateway Version 2 API Reference",
	},
	// Objects in a bucket of an Outpost.
	{
		asked: []string{"s3-outposts:*Object*", "s3-outposts:AbortMultipartUpload", "s3-outposts:ListMultipartUploadParts"}, does: warn,
		text: "objects on an Outpost are reached only through an access point of the bucket, whose policy decides, too: use an access point whose policy lets the caller in",
		page: `"Working with Amazon S3 on Outposts access points", Amazon S3 on Outposts User Guide`,
	},
	// Deliveries of logs, which AWS allows on all resources only.
	{
		asked: []string{"ec2:CreateFlowLogs"}, does: refuse,
		text: "a flow log to a log group takes iam:PassRole on a role, which is never granted, and one to a bucket or a stream logs:CreateLogDelivery, which AWS allows on all resources only: ask a person who runs the network",
		page: `DeliverLogsPermissionArn of CreateFlowLogs, Amazon EC2 API Reference, "Publish flow logs to Amazon S3", Amazon VPC User Guide, and "Logs sent to Firehose", Amazon CloudWatch Logs User Guide`,
	},
	{
		asked: []string{"network-firewall:UpdateLoggingConfiguration"}, does: refuse,
		text: "each change also takes rights on deliveries of logs (logs:CreateLogDelivery, logs:UpdateLogDelivery, logs:DeleteLogDelivery and others), which AWS allows on all resources only: ask a person who runs the network",
		page: `"Permissions to configure AWS Network Firewall logging", AWS Network Firewall Developer Guide`,
	},
	{
		asked: []string{"apigateway:PATCH", "apigateway:POST"}, on: []string{"apigateway:*::/apis/*/stages", "apigateway:*::/apis/*/stages/*"}, does: warn,
		text: "access logs also take rights on deliveries of logs (logs:CreateLogDelivery, logs:UpdateLogDelivery and others), which AWS allows on all resources only: leave the access logs as they are, or ask an operator",
		page: `"Configure logging for HTTP APIs in API Gateway", Amazon API Gateway Developer Guide`,
	},
	// From a secret, or with a key.
	{
		asked: []string{"ssm:GetParameter", "ssm:GetParameters"}, on: []string{parameter}, when: secretAsParameter, does: warn,
		text: "this parameter stands for a secret of AWS Secrets Manager, on which it also takes secretsmanager:GetSecretValue, and the secret is outside of the grant: ask for that on the secret itself, or use a secret whose own policy lets the caller read it",
		page: `"Referencing AWS Secrets Manager secrets from Parameter Store parameters", AWS Systems Manager User Guide`,
	},
	{
		asked: []string{"bedrock-agentcore:StartBrowserSession"}, does: warn,
		text: "a proxy with a password also takes secretsmanager:GetSecretValue on the secret that holds it, which is outside of the browser: use a secret whose own policy lets the caller read it",
		page: "secretArn of BasicAuth, Amazon Bedrock AgentCore API Reference",
	},
	{
		asked: []string{"bedrock-agentcore:GetEvaluator"}, does: warn,
		text: "an evaluator that a customer key encrypts also takes kms:Decrypt on the key, which is outside of the evaluator: use it where the policy of the key lets the caller do so",
		page: "GetEvaluator, Amazon Bedrock AgentCore Control API Reference",
	},
	{
		asked: []string{"glue:CreateConnection", "glue:UpdateConnection"}, does: warn,
		text: "where the catalog encrypts passwords of connections, the caller also has to be allowed kms:Encrypt on the key, which is outside of the grant: use it where the policy of the key lets the caller do so",
		page: "ConnectionPasswordEncryption, AWS Glue Web API Reference",
	},
	{
		asked: []string{"firehose:StartDeliveryStreamEncryption"}, unless: []string{"kms:CreateGrant"}, does: warn,
		text:  `a customer key takes kms:CreateGrant on it, which is refused unless the operator allows it: relate the key (relation "related") and ask for kms:CreateGrant, too`,
		keyed: "%s takes kms:CreateGrant, which is refused unless the operator allows it: ask for kms:CreateGrant, too",
		page:  "StartDeliveryStreamEncryption, Amazon Data Firehose API Reference",
	},
}

func secretAsParameter(rest string) bool {
	return strings.Contains(rest, ":parameter/aws/reference/secretsmanager/")
}
