package iamtest

// checkBoundary refuses a boundary that is not a visible managed policy.
func (s *Server) checkBoundary(arn string) error {
	if err := checkARN("permissionsBoundary", arn); err != nil {
		return err
	}
	if s.policySeen(arn) == nil || s.policy(arn) == nil {
		return noSuchEntity("Scope ARN: %s does not exist or is not attachable.", arn)
	}
	return nil
}

func (s *Server) putRolePermissionsBoundary(r *request) (any, error) {
	role, err := s.roleToExtend(r)
	if err != nil {
		return nil, err
	}
	role.Boundary = r.str("PermissionsBoundary")
	if err := s.checkBoundary(role.Boundary); err != nil {
		return nil, err
	}
	s.setRole(role)
	return nil, nil
}

func (s *Server) deleteRolePermissionsBoundary(r *request) (any, error) {
	role, err := s.roleToReduce(r)
	if err != nil {
		return nil, err
	}
	if role.Boundary == "" {
		return nil, noSuchEntity("No permissions boundary is set on role %s.", role.Name)
	}
	role.Boundary = ""
	s.setRole(role)
	return nil, nil
}
