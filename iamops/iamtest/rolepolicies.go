package iamtest

import (
	"slices"
	"strings"
)

type attachedXML struct{ PolicyName, PolicyArn string }

func (s *Server) attachRolePolicy(r *request) (any, error) {
	role, err := s.roleToExtend(r)
	if err != nil {
		return nil, err
	}
	arn := r.str("PolicyArn")
	if err := checkARN("policyArn", arn); err != nil {
		return nil, err
	}
	if s.policySeen(arn) == nil || s.policy(arn) == nil {
		return nil, noSuchEntity("Policy %s does not exist or is not attachable.", arn)
	}
	if slices.Contains(role.Attached, arn) {
		return nil, nil
	}
	if len(role.Attached) >= maxAttached {
		return nil, limitExceeded("Cannot exceed quota for PoliciesPerRole: %d", maxAttached)
	}
	role.Attached = append(role.Attached, arn)
	slices.Sort(role.Attached)
	s.setRole(role)
	return nil, nil
}

func (s *Server) detachRolePolicy(r *request) (any, error) {
	role, err := s.roleToReduce(r)
	if err != nil {
		return nil, err
	}
	arn := r.str("PolicyArn")
	if err := checkARN("policyArn", arn); err != nil {
		return nil, err
	}
	i := slices.Index(role.Attached, arn)
	if i < 0 {
		return nil, noSuchEntity("Policy %s was not found.", arn)
	}
	role.Attached = slices.Delete(role.Attached, i, i+1)
	s.setRole(role)
	return nil, nil
}

func (s *Server) listAttachedRolePolicies(r *request) (any, error) {
	role, err := s.roleToRead(r)
	if err != nil {
		return nil, err
	}
	prefix := r.strOr("PathPrefix", "/")
	var found []attachedXML
	for _, arn := range role.Attached {
		if _, path, name := splitPolicyARN(arn); strings.HasPrefix(path, prefix) {
			found = append(found, attachedXML{name, arn})
		}
	}
	attached, rest, err := page(s, r, found, func(x attachedXML) string { return x.PolicyArn })
	return struct {
		AttachedPolicies list[attachedXML]
		paging
	}{attached, rest}, err
}

func (s *Server) putRolePolicy(r *request) (any, error) {
	role, err := s.roleToExtend(r)
	if err != nil {
		return nil, err
	}
	name, text := r.str("PolicyName"), r.str("PolicyDocument")
	if err := checkPolicyName(name); err != nil {
		return nil, err
	}
	if err := checkDocumentText("policyDocument", text); err != nil {
		return nil, err
	}
	if _, err := parseDocument(text, identityPolicy); err != nil {
		return nil, malformedDocument("%v", err)
	}
	if role.Inline == nil {
		role.Inline = map[string]string{}
	}
	role.Inline[name] = text
	total := 0
	for _, d := range role.Inline {
		total += size(d)
	}
	if total > maxInlineSize {
		return nil, limitExceeded("Maximum policy size of %d bytes exceeded for role %s", maxInlineSize, role.Name)
	}
	s.setRole(role)
	return nil, nil
}

func noSuchInline(name string) error {
	return noSuchEntity("The role policy with name %s cannot be found.", name)
}

func (s *Server) getRolePolicy(r *request) (any, error) {
	role, err := s.roleToRead(r)
	if err != nil {
		return nil, err
	}
	name := r.str("PolicyName")
	if err := checkPolicyName(name); err != nil {
		return nil, err
	}
	text, ok := role.Inline[name]
	if !ok {
		return nil, noSuchInline(name)
	}
	return struct{ RoleName, PolicyName, PolicyDocument string }{role.Name, name, urlEncode(text)}, nil
}

func (s *Server) deleteRolePolicy(r *request) (any, error) {
	role, err := s.roleToReduce(r)
	if err != nil {
		return nil, err
	}
	name := r.str("PolicyName")
	if err := checkPolicyName(name); err != nil {
		return nil, err
	}
	if _, ok := role.Inline[name]; !ok {
		return nil, noSuchInline(name)
	}
	delete(role.Inline, name)
	s.setRole(role)
	return nil, nil
}

func (s *Server) listRolePolicies(r *request) (any, error) {
	role, err := s.roleToRead(r)
	if err != nil {
		return nil, err
	}
	names, rest, err := page(s, r, sortedKeys(role.Inline), func(name string) string { return name })
	return struct {
		PolicyNames list[string]
		paging
	}{names, rest}, err
}
