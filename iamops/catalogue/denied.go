package catalogue

import (
	"maps"
	"slices"
	"strings"
)

// deniedServices are never granted, whatever the settings say. A grant is for
// one resource and some hours; these decide who may do what, in which account,
// and who pays, so their effect is neither. The whole service is refused, reads
// too: nobody needs a temporary role to look at them, and a list of whole
// services needs no review when AWS adds an action.
//
// Not here, because they act on a resource like any other and an operator may
// want them (the deny list of the settings adds them where not):
//
//   - CloudTrail, Config, GuardDuty, Security Hub: an audit trail can be stopped
//     with them, but access to one trail is a fair request.
//   - ce, cur, budgets, freetier, cost-optimization-hub, bcm-*: they report costs.
//   - aws-marketplace, savingsplans, reservations: they buy, as ec2:RunInstances
//     does, and change nothing of how bills are paid.
//   - lakeformation, datazone, grants of KMS and S3: they share what is theirs,
//     with actions of the level Permissions management, refused by itself.
//   - cognito-idp, cognito-identity, verifiedpermissions: users and policies of an
//     application, not of the account; to give an identity pool a role takes
//     iam:PassRole, which is never granted.
//   - cloudshell, ssm, ec2-instance-connect: shells, which docs/security.md treats.
//   - support, supportapp, supportplans: no resource-level permissions.
var deniedServices = map[string]string{
	// Who may do what.
	"iam":                "IAM decides who may do what",
	"sts":                "a session of another role would outlive the grant and its conditions",
	"sso":                "IAM Identity Center decides who may enter which account",
	"sso-directory":      "it holds the users and groups of IAM Identity Center",
	"sso-oauth":          "it issues tokens of IAM Identity Center",
	"identitystore":      "it holds the users and groups of IAM Identity Center",
	"identitystore-auth": "it opens sessions of the users of IAM Identity Center",
	"identity-sync":      "it brings users and groups into IAM Identity Center",
	"ds-data":            "it writes users and groups of a directory, which can be the source of IAM Identity Center",
	"user-subscriptions": "it gives users of IAM Identity Center paid applications",
	"signin":             "it issues tokens for signing in to AWS",
	"rolesanywhere":      "it lets holders of certificates assume roles",
	"eks-auth":           "it hands out the credentials of the role of a pod",
	"iq-permission":      "it gives people outside the account a role in it",
	"account-access":     "it decides who may enter which account",
	"supportauthz":       "it lets AWS Support act in the account",
	"access-analyzer":    "archive rules hide access that should be seen, and policies are drafted with it",
	"mpa":                "approval teams are what stands between one person and a protected operation",
	// What belongs to whom.
	"ram":           "it shares resources with other accounts",
	"organizations": "it decides over accounts and the limits that hold in them",
	"controltower":  "it decides over accounts and the limits that hold in them",
	"account":       "it changes contacts and regions of the account, and can close it",
	// Who pays.
	"aws-portal":                        "it is the account's billing",
	"billing":                           "it is the account's billing",
	"billingconductor":                  "it decides what other accounts are charged",
	"payments":                          "it holds the means of payment",
	"tax":                               "it holds the tax settings",
	"consolidatedbilling":               "it decides who pays for which account",
	"invoicing":                         "it decides who is sent which invoice",
	"purchase-orders":                   "it is part of the account's billing",
	"customer-verification":             "it holds the legal identity of the account's owner",
	"partnercentral-account-management": "it ties the account to a partner's",
}

// deniedActions are never granted, though the rest of their service may be.
var deniedActions = []struct{ pattern, why string }{
	// Credentials of a role of the resource's, without the grant's conditions:
	// deadline:AssumeQueueRoleForUser and whatever AWS names like it next.
	{"*:Assume*Role*", otherRole},
	// GetClusterSessionCredentials of EMR, for the runtime role of a step, and
	// GetManagedEndpointSessionCredentials of EMR on EKS, for an execution role.
	{"*:*SessionCredentials", otherRole},
	// The role of a location of S3 Access Grants, for up to 12 hours.
	{"s3:GetDataAccess", otherRole},
	{"finspace-api:GetProgrammaticAccessCredentials", otherRole},
	// Credentials for Systems Manager, or the login of an instance.
	{"gamelift:GetComputeAccess", otherRole},
	{"gamelift:GetInstanceAccess", otherRole},
	// Just-in-time node access: a session that was approved in Systems Manager.
	{"ssm:GetAccessToken", otherRole},
	// The token of an identity pool, for the credentials of its role.
	{"cognito-identity:GetOpenIdTokenForDeveloperIdentity", otherRole},
	// A refresh token, for access tokens that assume roles.
	{"license-manager:CreateToken", otherRole},
	// Certificates of agents, which sign in with them.
	{"drs:IssueAgentCertificateForDrs", otherRole},
	{"mgn:IssueClientCertificateForMgn", otherRole},
	// Keys that stay until they are deleted or a time of their own is over.
	{"*:Create*AccessKey", standing}, // lightsail:CreateBucketAccessKey
	{"*:Create*ApiKey", standing},    // grafana:CreateWorkspaceApiKey
	{"*:Create*AccessToken", standing},
	{"*:Create*ServiceAccountToken", standing},
	{"aidevops:RotateAccessToken", standing},
	{"geo:CreateKey", standing},
	{"transfer:ImportSshPublicKey", standing}, // of a user who has a role
	// "Configuring a budget action", AWS Cost Management User Guide: the action
	// attaches an IAM policy or a service control policy.
	{"budgets:CreateBudgetAction", "a budget action attaches IAM policies"},
	{"budgets:DeleteBudgetAction", "a budget action attaches IAM policies"},
	{"budgets:ExecuteBudgetAction", "a budget action attaches IAM policies"},
	{"budgets:UpdateBudgetAction", "a budget action attaches IAM policies"},
	// A role is put on a certificate, for any instance that may use it.
	{"ec2:*EnclaveCertificateIamRole", "it associates an IAM role"},
	// The user can be one who signs in through IAM Identity Center.
	{"ds:ResetUserPassword", "it takes over a user of the directory, who can be one of IAM Identity Center"},
	// The role that ssm:RequestManagedInstanceRoleToken hands out to who holds the
	// key of the instance.
	{"ssm:UpdateManagedInstanceRole", "it gives a managed instance another IAM role"},
	{"ssm:UpdateManagedInstancePublicKey", otherRole},
	{"ssm:RequestManagedInstanceRoleToken", otherRole},
}

// deniedTypes are types on which an action is never granted, though AWS has it act on
// them and it may be granted on others.
var deniedTypes = []struct {
	action string // pattern
	types  []string
	why    string
}{
	// CreateApiKey and CreateUsagePlanKey, Amazon API Gateway REST API Reference.
	{"apigateway:POST", []string{"ApiKeys", "UsagePlanKeys"}, standing},
	// See patternFixes: nothing has such an ARN.
	{"ssm:*", []string{"document of AWS with an account"}, "documents of AWS belong to no account, and AWS allows nothing on an ARN with one: use the ARN without it, as in arn:aws:ssm:eu-west-1::document/AWS-RunShellScript"},
}

// neverOn are the types of a service on which an action is never granted, and why.
func neverOn(action string) (types []string, why string) {
	for _, d := range deniedTypes {
		if Match(d.action, action) {
			return d.types, d.why
		}
	}
	return nil, ""
}

// Why an action that hands out credentials is never granted. Not among these are
// actions that read a secret which exists, as secretsmanager:GetSecretValue does,
// and tokens that end by themselves within hours: docs/security.md treats those.
const (
	otherRole = "it hands out credentials of another role, which would outlive the grant and its conditions"
	standing  = "it makes a key that would outlive the grant"
)

// deniedAlways says why an action is never granted; empty if it may be.
func deniedAlways(action string) string {
	prefix, _, _ := strings.Cut(strings.ToLower(action), ":")
	if why := deniedServices[prefix]; why != "" {
		return why
	}
	for _, d := range deniedActions {
		if (strings.HasPrefix(d.pattern, "*") || concerns(d.pattern, prefix)) && Match(d.pattern, action) {
			return d.why
		}
	}
	return ""
}

// DeniedServices returns the prefixes of the services that are never granted,
// sorted, for documents and settings that list them.
func DeniedServices() []string { return slices.Sorted(maps.Keys(deniedServices)) }
