package iamtest

// operation is one operation of the API.
type operation struct {
	version string // of the API it belongs to
	params  string // the parameters it takes; any other is refused
	// target returns the ARN that the caller needs the right for; nil means that
	// no right is asked for, or that apply does so itself.
	target func(*Server, *request) string
	// apply checks and performs the call and returns the result to encode, nil
	// where the operation has none. The server is locked.
	apply func(*Server, *request) (any, error)
}

// operations lists everything the account can do.
func operations() map[string]operation {
	iam := func(params string, target func(*Server, *request) string, apply func(*Server, *request) (any, error)) operation {
		return operation{iamVersion, params, target, apply}
	}
	sts := func(params string, apply func(*Server, *request) (any, error)) operation {
		return operation{stsVersion, params, nil, apply}
	}
	return map[string]operation{
		"CreateRole": iam("RoleName Path AssumeRolePolicyDocument Description MaxSessionDuration PermissionsBoundary Tags",
			roleTarget, (*Server).createRole),
		"GetRole":    iam("RoleName", roleTarget, (*Server).getRole),
		"ListRoles":  iam("PathPrefix Marker MaxItems", anything, (*Server).listRoles),
		"DeleteRole": iam("RoleName", roleTarget, (*Server).deleteRole),

		"UpdateAssumeRolePolicy":        iam("RoleName PolicyDocument", roleTarget, (*Server).updateAssumeRolePolicy),
		"PutRolePermissionsBoundary":    iam("RoleName PermissionsBoundary", roleTarget, (*Server).putRolePermissionsBoundary),
		"DeleteRolePermissionsBoundary": iam("RoleName", roleTarget, (*Server).deleteRolePermissionsBoundary),

		"ListRoleTags":                iam("RoleName Marker MaxItems", roleTarget, (*Server).listRoleTags),
		"TagRole":                     iam("RoleName Tags", roleTarget, (*Server).tagRole),
		"ListInstanceProfilesForRole": iam("RoleName Marker MaxItems", roleTarget, (*Server).listInstanceProfilesForRole),

		"AttachRolePolicy":         iam("RoleName PolicyArn", roleTarget, (*Server).attachRolePolicy),
		"DetachRolePolicy":         iam("RoleName PolicyArn", roleTarget, (*Server).detachRolePolicy),
		"ListAttachedRolePolicies": iam("RoleName PathPrefix Marker MaxItems", roleTarget, (*Server).listAttachedRolePolicies),

		"PutRolePolicy":    iam("RoleName PolicyName PolicyDocument", roleTarget, (*Server).putRolePolicy),
		"GetRolePolicy":    iam("RoleName PolicyName", roleTarget, (*Server).getRolePolicy),
		"DeleteRolePolicy": iam("RoleName PolicyName", roleTarget, (*Server).deleteRolePolicy),
		"ListRolePolicies": iam("RoleName Marker MaxItems", roleTarget, (*Server).listRolePolicies),

		"CreatePolicy":          iam("PolicyName Path PolicyDocument Description Tags", policyTarget, (*Server).createPolicy),
		"GetPolicy":             iam("PolicyArn", policyTarget, (*Server).getPolicy),
		"ListPolicies":          iam("Scope OnlyAttached PathPrefix Marker MaxItems", anything, (*Server).listPolicies),
		"DeletePolicy":          iam("PolicyArn", policyTarget, (*Server).deletePolicy),
		"ListEntitiesForPolicy": iam("PolicyArn EntityFilter PathPrefix PolicyUsageFilter Marker MaxItems", policyTarget, (*Server).listEntitiesForPolicy),

		"CreatePolicyVersion": iam("PolicyArn PolicyDocument SetAsDefault", policyTarget, (*Server).createPolicyVersion),
		"GetPolicyVersion":    iam("PolicyArn VersionId", policyTarget, (*Server).getPolicyVersion),
		"DeletePolicyVersion": iam("PolicyArn VersionId", policyTarget, (*Server).deletePolicyVersion),
		"ListPolicyVersions":  iam("PolicyArn Marker MaxItems", policyTarget, (*Server).listPolicyVersions),

		"ListPolicyTags": iam("PolicyArn Marker MaxItems", policyTarget, (*Server).listPolicyTags),
		"TagPolicy":      iam("PolicyArn Tags", policyTarget, (*Server).tagPolicy),

		"GetAccountSummary": iam("", anything, (*Server).getAccountSummary),
		"SimulatePrincipalPolicy": iam("PolicySourceArn ActionNames ResourceArns ContextEntries PolicyInputList Marker MaxItems",
			sourceTarget, (*Server).simulatePrincipalPolicy),

		"GetUserId":    {storeVersion, "IdentityStoreId AttributePath AttributeValue", nil, (*Server).getUserID},
		"DescribeUser": {storeVersion, "IdentityStoreId UserId", nil, (*Server).describeUser},

		"GetCallerIdentity": sts("", (*Server).getCallerIdentity),
		"AssumeRole":        sts("RoleArn RoleSessionName DurationSeconds ExternalId", (*Server).assumeRole),
	}
}
