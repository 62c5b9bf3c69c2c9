package catalogue

// sharing are actions that change who has access to a resource, beyond the grant
// and after it, though AWS's reference gives them the level Write. They are
// treated as those of level "Permissions management": refused, unless the
// operator allows them by name. AWS gives that level to their likes (PutPolicy
// of ACM PCA, PutResourcePolicy of Secrets Manager, SetQueueAttributes of SQS),
// but not everywhere. A test holds the list against the names of all actions.
//
// Not here: what changes users and their rights inside an application on the
// resource (members of a chat channel, policies of Verified Permissions), what
// takes iam:PassRole, which is never granted, and tokens that an action hands out
// to the requester alone and that end by themselves. What makes credentials for
// AWS is never granted at all (denied.go).
var sharing = []string{
	// Policies on resources, under the usual name.
	"*:PutResourcePolicy", "*:CreateResourcePolicy*", "*:UpdateResourcePolicy", "*:DeleteResourcePolicy*",
	// Policies on resources, under other names.
	"aiops:PutInvestigationGroupPolicy", "aiops:DeleteInvestigationGroupPolicy",
	"aoss:CreateAccessPolicy", "aoss:UpdateAccessPolicy", "aoss:DeleteAccessPolicy",
	"appmesh:PutMeshPolicy", "appmesh:DeleteMeshPolicy", "appmesh-preview:PutMeshPolicy", "appmesh-preview:DeleteMeshPolicy",
	"codeartifact:PutDomainPermissionsPolicy", "codeartifact:PutRepositoryPermissionsPolicy",
	"dsql:PutClusterPolicy", "dsql:DeleteClusterPolicy",
	"ec2:ModifyVerifiedAccessEndpointPolicy", "ec2:ModifyVerifiedAccessGroupPolicy",
	"elemental-inference:PutFeedPolicy", "elemental-inference:DeleteFeedPolicy",
	"es:UpdateDomainConfig", "es:UpdateElasticsearchDomainConfig", // AccessPolicies is one of their settings
	"iotsitewise:CreateAccessPolicy", "iotsitewise:UpdateAccessPolicy", "iotsitewise:DeleteAccessPolicy",
	"kafka:PutClusterPolicy", "kafka:DeleteClusterPolicy",
	"logs:PutDestinationPolicy", "logs:PutDeliveryDestinationPolicy", "logs:DeleteDeliveryDestinationPolicy",
	"mediapackagev2:PutChannelPolicy", "mediapackagev2:DeleteChannelPolicy",
	"mediapackagev2:PutOriginEndpointPolicy", "mediapackagev2:DeleteOriginEndpointPolicy",
	"oam:PutSinkPolicy",
	"omics:PutS3AccessPolicy", "omics:DeleteS3AccessPolicy",
	"rekognition:PutProjectPolicy", "rekognition:DeleteProjectPolicy",
	"resource-groups:PutGroupPolicy", "resource-groups:DeleteGroupPolicy",
	"route53profiles:PutProfilePolicy",
	"sagemaker:PutModelPackageGroupPolicy", "sagemaker:DeleteModelPackageGroupPolicy",
	"serverlessrepo:PutApplicationPolicy",
	"ssm-contacts:PutContactPolicy",
	// Shares with other accounts or users, and what makes a resource public.
	"appstream:UpdateImagePermissions", "appstream:DeleteImagePermissions",
	"auditmanager:StartAssessmentFrameworkShare", "auditmanager:UpdateAssessmentFrameworkShare",
	"cloud9:CreateEnvironmentMembership", "cloud9:UpdateEnvironmentMembership",
	"codebuild:UpdateProjectVisibility",
	"config:PutAggregationAuthorization",
	"dataexchange:CreateDataGrant", "dataexchange:PublishToDataGrant",
	"ds:ShareDirectory",
	"ec2:ModifyImageAttribute", "ec2:ModifyFpgaImageAttribute", // launch permissions
	"globalaccelerator:CreateCrossAccountAttachment", "globalaccelerator:UpdateCrossAccountAttachment",
	"license-manager:CreateGrant", "license-manager:CreateGrantVersion",
	"mediaconnect:GrantFlowEntitlements",
	"mediaconvert:CreateResourceShare",
	"rds:ModifyDBSnapshotAttribute", "rds:ModifyDBClusterSnapshotAttribute",
	"route53:CreateVPCAssociationAuthorization",
	"transform-custom:ShareTransformationPackage",
	"wellarchitected:CreateLensShare", "wellarchitected:CreateProfileShare", "wellarchitected:CreateTemplateShare",
	"wellarchitected:CreateWorkloadShare", "wellarchitected:UpdateWorkloadShare",
	"lightsail:SetResourceAccessForBucket",
	"qbusiness:CreateDataAccessor*", "qbusiness:UpdateDataAccessor",
	"securitylake:UpdateSubscriber",
	// What the resource holds goes on to an address of the requester's choice.
	"sns:Subscribe",
	"logs:PutSubscriptionFilter",
	// Logins that stay: users of a broker, a cache or a console of their own (Password of
	// CreateUser, Amazon Connect API Reference, and of CreateUser, Amazon WorkMail API
	// Reference; CreateUser, Amazon FinSpace User Guide; RegisterUser, Amazon QuickSight
	// API Reference), passwords, certificates. A user of Amazon Q Business is no login but
	// names one: CreateUser, Amazon Q Business API Reference.
	"acm-pca:IssueCertificate",
	"chime:PutVoiceConnectorTerminationCredentials",
	"connect:CreateUser",
	"elasticache:CreateUser", "elasticache:ModifyUser",
	"finspace:CreateKxUser", "finspace:UpdateKxUser", // with a role
	"finspace:CreateUser", "finspace:UpdateUser", "finspace:ResetUserPassword",
	"geo:UpdateKey", // what a key may do, and until when
	"grafana:CreateWorkspaceServiceAccount",
	"health-agent:ResetPassword",
	"kafka:BatchAssociateScramSecret",
	"logs:PutBearerTokenAuthentication",
	"mediapackage:RotateChannelCredentials", "mediapackage:RotateIngestEndpointCredentials",
	"memorydb:CreateUser", "memorydb:UpdateUser",
	"mq:CreateUser", "mq:UpdateUser",
	"quicksight:CreateAdmin", "quicksight:CreateUser", "quicksight:RegisterUser", "quicksight:UpdateUser",
	"storagegateway:SetLocalConsolePassword", "storagegateway:SetSMBGuestPassword", "storagegateway:UpdateChapCredentials",
	"workmail:CreateUser", "workmail:ResetPassword",
	// Who signs in: the identity provider that a console or a cluster believes.
	"codecatalyst:AssociateIdentityCenterApplicationToSpace", "codecatalyst:UpdateIdentityCenterApplication",
	"ds:EnableClientAuthentication", "ds:EnableSso",
	"eks:AssociateIdentityProviderConfig",
	"grafana:UpdateWorkspaceAuthentication",
	"worklink:UpdateIdentityProviderConfiguration",
	"workmail:PutIdentityProviderConfiguration",
	"workspaces:ModifySamlProperties",
	"workspaces-web:CreateIdentityProvider", "workspaces-web:UpdateIdentityProvider",
	// Principals who may enter what the resource holds.
	"codecatalyst:AssociateIdentityToIdentityCenterApplication", "codecatalyst:BatchAssociateIdentitiesToIdentityCenterApplication",
	"codecatalyst:CreateSpaceAdminRoleAssignment",
	"codewhisperer:AssociateCustomizationPermission",
	"detective:AcceptInvitation", "securityhub:AcceptAdministratorInvitation", "securityhub:AcceptInvitation", "securityhub:EnableOrganizationAdminAccount", // another account
	"eks:CreateAccessEntry", "eks:UpdateAccessEntry", "eks:DeleteAccessEntry",
	"eks:AssociateAccessPolicy", "eks:DisassociateAccessPolicy",
	"elasticmapreduce:CreateStudioSessionMapping", "elasticmapreduce:UpdateStudioSessionMapping",
	"nimble:PutLaunchProfileMembers", "nimble:PutStudioMembers", "nimble:UpdateLaunchProfileMember",
	"q:CreateAssignment", "q:UpdateAssignment",
	"qapps:UpdateQAppPermissions",
	"qbusiness:AssociatePermission", "qbusiness:DisassociatePermission",
	"qldb:UpdateLedgerPermissionsMode",
	"quicksight:CreateGroupMembership",
	"quicksight:CreateIAMPolicyAssignment", "quicksight:UpdateIAMPolicyAssignment",
	"repostspace:BatchAddChannelRoleToAccessors", "repostspace:BatchAddRole", "repostspace:RegisterAdmin",
	"servicecatalog:AssociatePrincipalWithPortfolio",
	"scn:AssignAdminPermissionsToUser",
	"transfer:UpdateUser",
	"workmail:CreateImpersonationRole", "workmail:UpdateImpersonationRole",
	"workmail:PutMailboxPermissions", "workmail:DeleteMailboxPermissions",
}
