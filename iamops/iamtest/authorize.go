package iamtest

import "strings"

// authorize refuses a call that the caller's policies do not allow.
func (s *Server) authorize(r *request, resource string) error {
	if r.caller.daemon {
		return nil
	}
	f := s.factsOf(r.caller)
	s.addRequestFacts(f, r)
	actions := []string{"iam:" + r.op}
	if tags := r.rawTags(); len(tags) > 0 && strings.HasPrefix(r.op, "Create") {
		actions = append(actions, "iam:Tag"+strings.TrimPrefix(r.op, "Create")) // tagging at creation asks for both
	}
	rights := s.rightsOf(r.caller)
	for _, action := range actions {
		if d := rights.evaluate(access{action, resource, f}); d.verdict != allowed {
			return notAuthorized(r.caller, action, resource, d.reason)
		}
	}
	return nil
}

// authorizeAction refuses a call of Identity Store that the caller's policies do not allow.
func (s *Server) authorizeAction(r *request, action, resource string) error {
	if d := s.rightsOf(r.caller).evaluate(access{action, resource, s.factsOf(r.caller)}); d.verdict != allowed {
		return notAuthorized(r.caller, action, resource, d.reason)
	}
	return nil
}

func notAuthorized(p *principal, action, resource, reason string) error {
	return accessDenied("User: %s is not authorized to perform: %s on resource: %s because %s", p.arn, action, resource, reason)
}

// addRequestFacts adds the condition keys that come from a call's parameters and
// from the role it is about.
func (s *Server) addRequestFacts(f facts, r *request) {
	var keys []string
	for _, t := range r.rawTags() {
		f.set("aws:RequestTag/"+t.Key, t.Value)
		keys = append(keys, t.Key)
	}
	f.set("aws:TagKeys", keys...)
	if arn := r.str("PolicyArn"); arn != "" && strings.HasSuffix(r.op, "chRolePolicy") { // attach, detach
		f.set("iam:PolicyARN", arn)
	}
	boundary := r.str("PermissionsBoundary")
	if role := s.roles.truth(roleKey(r.str("RoleName"))); role != nil && boundary == "" {
		boundary = role.Boundary
	}
	if boundary != "" {
		f.set("iam:PermissionsBoundary", boundary)
	}
}

// anything is the target of calls without resource-level permissions.
func anything(*Server, *request) string { return "*" }

// roleTarget is the ARN of the role that a call names, existing or to be made.
func roleTarget(s *Server, r *request) string {
	name := r.str("RoleName")
	if role := s.roles.truth(roleKey(name)); role != nil && r.op != "CreateRole" {
		return role.ARN
	}
	return s.arn("role", r.strOr("Path", "/"), name)
}

// policyTarget is the ARN of the policy that a call names, existing or to be
// made.
func policyTarget(s *Server, r *request) string {
	if r.op == "CreatePolicy" {
		return s.arn("policy", r.strOr("Path", "/"), r.str("PolicyName"))
	}
	return r.str("PolicyArn")
}

// sourceTarget is the principal that a simulation is about.
func sourceTarget(_ *Server, r *request) string { return r.str("PolicySourceArn") }
