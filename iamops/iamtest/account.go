package iamtest

type summaryEntry struct {
	Key   string `xml:"key"`
	Value int    `xml:"value"`
}

type summaryResult struct {
	Entries []summaryEntry `xml:"SummaryMap>entry"`
}

func (s *Server) getAccountSummary(*request) (any, error) {
	return summaryResult{[]summaryEntry{
		{"Roles", s.roles.alive},
		{"RolesQuota", s.opts.MaxRoles},
		{"Policies", s.ownPolicies()},
		{"PoliciesQuota", s.opts.MaxPolicies},
		{"Users", len(s.users)},
		{"AttachedPoliciesPerRoleQuota", maxAttached},
		{"VersionsPerPolicyQuota", maxVersions},
		{"PolicySizeQuota", maxPolicySize},
		{"AssumeRolePolicySizeQuota", maxTrustSize},
	}}, nil
}
