package catalogue

// callCompanions are about single calls that AWS checks for several actions, as the
// operation's page in the service's API reference says.
var callCompanions = []companion{
	// The other action is on the same resource.
	{
		asked: []string{"s3:GetObjectAttributes"}, unless: []string{"s3:GetObject"}, does: refuse,
		text: "the call takes s3:GetObject on the object, too: ask for both",
		page: "GetObjectAttributes, Amazon S3 API Reference",
	},
	{
		asked: []string{"s3:GetObjectVersionAttributes"}, unless: []string{"s3:GetObjectVersion"}, does: refuse,
		text: "the call takes s3:GetObjectVersion on the object, too: ask for both",
		page: "GetObjectAttributes, Amazon S3 API Reference",
	},
	{
		asked: []string{"secretsmanager:ValidateResourcePolicy"}, on: []string{secret}, unless: []string{"secretsmanager:PutResourcePolicy"}, does: refuse,
		text: "the call takes secretsmanager:PutResourcePolicy on the secret, too, which is refused unless the operator allows it: ask for both",
		page: "ValidateResourcePolicy, AWS Secrets Manager API Reference",
	},
	{
		asked: []string{"ssm:UpdateAssociation"}, unless: []string{"ssm:DescribeAssociation"}, does: refuse,
		text: "the call takes ssm:DescribeAssociation, too: ask for both",
		page: "UpdateAssociation, AWS Systems Manager API Reference",
	},
	{
		asked: []string{"sagemaker:InvokeEndpointWithResponseStream"}, unless: []string{"sagemaker:InvokeEndpoint"}, does: warn,
		text: "AWS's page of the call says that it takes sagemaker:InvokeEndpoint: ask for both",
		page: "InvokeEndpointWithResponseStream, Amazon SageMaker API Reference",
	},
	{
		asked: []string{"bedrock-agentcore:InvokeAgentRuntime"}, unless: []string{"bedrock-agentcore:InvokeAgentRuntimeForUser"}, does: warn,
		text: "a call on behalf of a user also takes bedrock-agentcore:InvokeAgentRuntimeForUser: ask for both, or leave the user out of the call",
		page: "InvokeAgentRuntime, Amazon Bedrock AgentCore API Reference",
	},
	{
		asked: []string{"s3:CreateBucket"}, unless: []string{"s3:PutBucketAcl", "s3:PutBucketObjectLockConfiguration", "s3:PutBucketVersioning", "s3:PutBucketOwnershipControls"}, does: warn,
		text: "a call that sets an ACL also takes s3:PutBucketAcl, one that turns Object Lock on s3:PutBucketObjectLockConfiguration and s3:PutBucketVersioning, and one that sets the ownership of objects s3:PutBucketOwnershipControls (the first and the last are refused unless the operator allows them): ask for these, too, or leave them out of the call",
		page: "CreateBucket, Amazon S3 API Reference",
	},
	{
		asked: []string{"s3tables:CreateTable"}, unless: []string{"s3tables:PutTableData", "s3tables:PutTableEncryption"}, does: warn,
		text: "a call that describes the table's columns also takes s3tables:PutTableData, and one that sets its encryption s3tables:PutTableEncryption: ask for these, too, or leave them out of the call",
		page: "CreateTable, Amazon S3 API Reference",
	},
	{
		asked: []string{"codedeploy:CreateDeployment"}, unless: []string{"codedeploy:UpdateDeploymentGroup"}, does: warn,
		text: "a call that overrides the alarms of the group also takes codedeploy:UpdateDeploymentGroup: ask for that, too, or leave the alarms as they are",
		page: "overrideAlarmConfiguration of CreateDeployment, AWS CodeDeploy API Reference",
	},
	{
		asked: []string{"batch:CreateComputeEnvironment", "batch:UpdateComputeEnvironment"}, unless: []string{"batch:SetCapacityTags"}, does: warn,
		text: "a call that sets tags of its capacity also takes batch:SetCapacityTags: ask for that, too, or leave these tags out of the call",
		page: "capacityTags of ComputeResource and ComputeResourceUpdate, AWS Batch API Reference",
	},
	// The other action is on a resource outside of the grant.
	{
		asked: []string{"batch:CreateComputeEnvironment"}, does: warn,
		text: "an environment on Amazon EKS also takes eks:DescribeCluster on the cluster, which is outside of the grant: ask an operator to make such a one",
		page: "CreateComputeEnvironment, AWS Batch API Reference",
	},
	{
		asked: []string{"bedrock:InvokeAgent"}, does: warn,
		text: "a call that streams also takes bedrock:InvokeModelWithResponseStream, on the model of the agent, which is outside of the grant: leave streaming out of the call",
		page: "streamingConfigurations of InvokeAgent, Amazon Bedrock API Reference",
	},
	{
		asked: []string{"network-firewall:CreateFirewall", "network-firewall:DeleteFirewall"}, does: warn,
		text: "a firewall that works as a proxy also takes ec2:CreateNatGateway, or ec2:DeleteNatGateway where the call deletes the NAT gateways, too, which are outside of the grant: ask a person who runs the network",
		page: "CreateFirewall and DeleteFirewall, AWS Network Firewall API Reference",
	},
	{
		asked: []string{"servicediscovery:RegisterInstance"}, does: warn,
		text: "a call that names an instance of EC2 takes ec2:DescribeInstances, too, which AWS allows on all resources only: use the address of the instance in the call, or ask an operator",
		page: `"AWS Cloud Map API permissions", AWS Cloud Map Developer Guide`,
	},
	{
		asked: []string{"servicediscovery:RegisterInstance", "servicediscovery:DeregisterInstance", "servicediscovery:UpdateService"}, does: warn,
		text: "in a DNS namespace it also takes rights of Route 53 on the records and health checks (route53:ChangeResourceRecordSets, route53:CreateHealthCheck, route53:DeleteHealthCheck and others), which are outside of the grant: use it in an HTTP namespace, or ask an operator",
		page: `"Using identity-based policies (IAM policies) for AWS Cloud Map" and "AWS Cloud Map API permissions", AWS Cloud Map Developer Guide`,
	},
	{
		asked: []string{"servicediscovery:DeleteNamespace"}, does: warn,
		text: "a DNS namespace also takes route53:DeleteHostedZone on its hosted zone, which is outside of the grant: use it for an HTTP namespace, or ask an operator",
		page: `"AWS Cloud Map API permissions", AWS Cloud Map Developer Guide`,
	},
	{
		asked: []string{"servicediscovery:UpdatePrivateDnsNamespace", "servicediscovery:UpdatePublicDnsNamespace"}, does: warn,
		text: "it also takes route53:ChangeResourceRecordSets on the hosted zone of the namespace, which is outside of the grant: ask an operator if AWS denies the call",
		page: `"AWS Cloud Map API permissions", AWS Cloud Map Developer Guide`,
	},
	{
		asked: []string{"s3:AssociateAccessGrantsIdentityCenter", "s3:DissociateAccessGrantsIdentityCenter"}, does: refuse,
		text: "the call also takes rights of sso on the application of IAM Identity Center (sso:CreateApplication, sso:PutApplicationGrant and sso:PutApplicationAuthenticationMethod, or sso:DeleteApplication), and nothing of sso is ever granted: ask an administrator of IAM Identity Center",
		page: "AssociateAccessGrantsIdentityCenter and DissociateAccessGrantsIdentityCenter, Amazon S3 API Reference",
	},
	{
		asked: []string{"s3:CreateAccessGrant", "s3:CreateAccessGrantsInstance"}, does: warn,
		text: "a call that names users, groups or an instance of IAM Identity Center also takes rights of sso and identitystore there, which are outside of the grant: use it with identities of IAM, or ask an operator",
		page: "CreateAccessGrant and CreateAccessGrantsInstance, Amazon S3 API Reference",
	},
	{
		asked: []string{"bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"},
		on: []string{
			"bedrock:*::foundation-model/*", "bedrock:*:*:provisioned-model/*", "bedrock:*:*:imported-model/*", "bedrock:*:*:custom-model-deployment/*",
			"bedrock:*:*:marketplace/model-endpoint/all-access",
		}, does: warn,
		text: "AWS's page of the call says that it is also checked on the call's project, which is the default project of the account where the call names none, and is outside of the model: ask an administrator for lasting access to the project if AWS denies the call",
		page: "InvokeModel and InvokeModelWithResponseStream, Amazon Bedrock API Reference",
	},
	{
		asked: []string{"bedrock:InvokeModel"}, on: []string{"bedrock:*:*:project/*"}, does: refuse,
		text: "each call is also checked on a model, which is outside of the project: ask for it on the foundation model",
		page: "InvokeModel, Amazon Bedrock API Reference",
	},
	{
		asked: []string{"servicecatalog:ImportAsProvisionedProduct"}, unless: []string{"cloudformation:GetTemplate", "cloudformation:DescribeStacks"}, does: warn,
		text: "the call takes cloudformation:GetTemplate and cloudformation:DescribeStacks on the stack, too, which is outside of the product: ask for these on the stack",
		page: "ImportAsProvisionedProduct, AWS Service Catalog API Reference",
	},
	{
		asked: []string{"servicecatalog:CreateProvisioningArtifact"}, unless: []string{"cloudformation:GetTemplate"}, does: warn,
		text: "a template that comes from a stack takes cloudformation:GetTemplate on the stack, too, which is outside of the product: ask for it on the stack, or use a template from elsewhere",
		page: "CreateProvisioningArtifact, AWS Service Catalog API Reference",
	},
	{
		asked: []string{"redshift:GetClusterCredentials"}, does: warn,
		text: "AWS also checks it on the database that the call names, and redshift:JoinGroup on each group, which are outside of the user: leave database and groups out of the call",
		page: "DbName and DbGroups of GetClusterCredentials, Amazon Redshift API Reference",
	},
	{
		asked: []string{"redshift:GetClusterCredentials"}, unless: []string{"redshift:CreateClusterUser"}, does: warn,
		text: "a call that makes the user also takes redshift:CreateClusterUser on it, which is refused unless the operator allows it: leave AutoCreate out of the call",
		page: "GetClusterCredentials, Amazon Redshift API Reference",
	},
	{
		asked: []string{"batch:CreateJobQueue", "batch:UpdateJobQueue"}, on: []string{"batch:*:*:job-queue/*"}, does: warn,
		text: "AWS also checks it on the compute environments and the scheduling policy that the call names, which are outside of the queue: ask an operator if AWS denies the call",
		page: "Actions, resources, and condition keys for AWS Batch, and computeEnvironmentOrder of CreateJobQueue, AWS Batch API Reference",
	},
	{
		asked: []string{"secretsmanager:ReplicateSecretToRegions"}, on: []string{secret}, does: warn,
		text: "a replica with a customer key also takes kms:GenerateDataKey and kms:Encrypt on the key of the other Region, which is outside of the grant: use a key whose own policy lets the caller do so, or leave the replica to the key of the service",
		page: "ReplicateSecretToRegions, AWS Secrets Manager API Reference",
	},
	{
		asked: []string{"eks:AssociateEncryptionConfig"}, does: warn,
		text: "each call names a key and takes kms:DescribeKey and kms:CreateGrant on it, too, which is outside of the cluster: use a key whose own policy lets the caller do so, or ask an operator",
		page: `keyArn of AssociateEncryptionConfig, Amazon EKS API Reference, and "Create an Amazon EKS cluster", Amazon EKS User Guide`,
	},
}
