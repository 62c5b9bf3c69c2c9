package iamtest

import (
	"slices"
	"strings"
)

type policyRoleXML struct{ RoleName, RoleId string }

// listEntitiesForPolicy knows roles only: the account's users and groups have no
// managed policies.
func (s *Server) listEntitiesForPolicy(r *request) (any, error) {
	policy, err := s.policyToRead(r)
	if err != nil {
		return nil, err
	}
	filter, use, prefix := r.str("EntityFilter"), r.str("PolicyUsageFilter"), r.strOr("PathPrefix", "/")
	var found []policyRoleXML
	for _, role := range s.roles.allSeen(s.shownAt()) {
		attached := slices.Contains(role.Attached, policy.ARN) && use != "PermissionsBoundary"
		bounded := role.Boundary == policy.ARN && use != "PermissionsPolicy"
		if (attached || bounded) && (filter == "" || filter == "Role") && strings.HasPrefix(role.Path, prefix) {
			found = append(found, policyRoleXML{role.Name, role.ID})
		}
	}
	roles, rest, err := page(s, r, found, func(x policyRoleXML) string { return roleKey(x.RoleName) })
	return struct {
		PolicyGroups, PolicyUsers list[struct{}]
		PolicyRoles               list[policyRoleXML]
		paging
	}{PolicyRoles: roles, paging: rest}, err
}
