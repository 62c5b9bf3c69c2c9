package iamtest

import (
	"iter"
	"slices"
	"strings"
)

// policyXML is a managed policy in an answer.
type policyXML struct {
	PolicyName, PolicyId, Arn, Path, DefaultVersionId string
	AttachmentCount, PermissionsBoundaryUsageCount    int
	IsAttachable                                      bool
	Description                                       string `xml:",omitempty"`
	CreateDate, UpdateDate                            string
	Tags                                              *list[tag] `xml:",omitempty"`
}

type policyResult struct{ Policy policyXML }

// usage counts how often policies are attached and used as a boundary, by ARN.
type usage struct{ attached, boundary map[string]int }

func countUsage(roles iter.Seq[*Role]) usage {
	u := usage{map[string]int{}, map[string]int{}}
	for role := range roles {
		for _, arn := range role.Attached {
			u.attached[arn]++
		}
		if role.Boundary != "" {
			u.boundary[role.Boundary]++
		}
	}
	return u
}

// brief is a policy as ListPolicies shows it: without description and tags.
func (p *Policy) brief(u usage) policyXML {
	return policyXML{
		PolicyName: p.Name, PolicyId: p.ID, Arn: p.ARN, Path: p.Path, DefaultVersionId: p.inUse().ID,
		AttachmentCount: u.attached[p.ARN], PermissionsBoundaryUsageCount: u.boundary[p.ARN], IsAttachable: true,
		CreateDate: timestamp(p.Created), UpdateDate: timestamp(p.Updated),
	}
}

func (p *Policy) full(u usage) policyXML {
	x := p.brief(u)
	x.Description = p.Description
	if len(p.Tags) > 0 {
		x.Tags = &list[tag]{sortedTags(p.Tags)}
	}
	return x
}

// policy returns the policy of an ARN as it is, nil if there is none.
func (s *Server) policy(arn string) *Policy {
	if p := s.policies.truth(policyKey(arn)); p != nil && p.ARN == arn {
		return p
	}
	return nil
}

// policySeen returns the policy of an ARN as reads show it, nil if they do not.
func (s *Server) policySeen(arn string) *Policy {
	if p := s.policies.seen(policyKey(arn), s.shownAt()); p != nil && p.ARN == arn {
		return p
	}
	return nil
}

// ownPolicies counts the policies that are not AWS's.
func (s *Server) ownPolicies() int {
	n := 0
	for p := range s.policies.eachTrue() {
		if strings.HasPrefix(p.ARN, s.arn("policy", "/", "")) {
			n++
		}
	}
	return n
}

func noSuchPolicy(arn string) error {
	return noSuchEntity("Policy %s was not found.", arn)
}

// policyToRead returns the policy that a call names as reads show it.
func (s *Server) policyToRead(r *request) (*Policy, error) {
	arn := r.str("PolicyArn")
	if err := checkARN("policyArn", arn); err != nil {
		return nil, err
	}
	policy := s.policySeen(arn)
	if policy == nil {
		return nil, noSuchPolicy(arn)
	}
	return policy, nil
}

// policyToExtend returns a copy of the policy that a call names, which must
// exist, be visible, and belong to the account.
func (s *Server) policyToExtend(r *request) (*Policy, error) {
	if _, err := s.policyToRead(r); err != nil {
		return nil, err
	}
	return s.policyToReduce(r)
}

// policyToReduce returns a copy of the policy that a call names, visible or not.
func (s *Server) policyToReduce(r *request) (*Policy, error) {
	arn := r.str("PolicyArn")
	if err := checkARN("policyArn", arn); err != nil {
		return nil, err
	}
	policy := s.policy(arn)
	if policy == nil {
		return nil, noSuchPolicy(arn)
	}
	if account, _, _ := splitPolicyARN(arn); account != s.opts.Account {
		return nil, accessDenied("User: %s is not authorized to perform: iam:%s on resource: policy %s", r.caller.arn, r.op, arn)
	}
	return policy.clone(), nil
}

func checkPolicyDocument(text string) error {
	if err := checkDocumentText("policyDocument", text); err != nil {
		return err
	}
	if size(text) > maxPolicySize {
		return limitExceeded("Cannot exceed quota for PolicySize: %d", maxPolicySize)
	}
	if _, err := parseDocument(text, identityPolicy); err != nil {
		return malformedDocument("%v", err)
	}
	return nil
}

func (s *Server) createPolicy(r *request) (any, error) {
	p := &Policy{Name: r.str("PolicyName"), Path: r.strOr("Path", "/"), Description: r.str("Description")}
	text := r.str("PolicyDocument")
	for _, err := range []error{checkPolicyName(p.Name), checkPolicyPath(p.Path), checkDescription(p.Description), checkPolicyDocument(text)} {
		if err != nil {
			return nil, err
		}
	}
	var err error
	if p.Tags, err = newTags(r, exactly); err != nil {
		return nil, err
	}
	p.ARN = s.arn("policy", p.Path, p.Name)
	if s.policies.truth(policyKey(p.ARN)) != nil {
		return nil, alreadyExists("A policy called %s already exists. Duplicate names are not allowed.", p.Name)
	}
	if s.ownPolicies() >= s.opts.MaxPolicies {
		return nil, limitExceeded("Cannot exceed quota for PoliciesPerAccount: %d", s.opts.MaxPolicies)
	}
	p.ID, p.Created = s.newID("ANPA"), s.created()
	p.Updated = p.Created
	p.versions, p.Versions = 1, []PolicyVersion{{ID: "v1", Document: text, Default: true, Created: p.Created}}
	s.setPolicy(p)
	return policyResult{p.full(usage{})}, nil
}

func (s *Server) getPolicy(r *request) (any, error) {
	policy, err := s.policyToRead(r)
	if err != nil {
		return nil, err
	}
	return policyResult{policy.full(countUsage(s.roles.eachSeen(s.shownAt())))}, nil
}

func (s *Server) listPolicies(r *request) (any, error) {
	scope, prefix := r.strOr("Scope", "All"), r.strOr("PathPrefix", "/")
	if !slices.Contains([]string{"All", "AWS", "Local"}, scope) {
		return nil, invalidValue("scope", "Member must satisfy enum value set: [All, AWS, Local]")
	}
	now := s.shownAt()
	u := countUsage(s.roles.eachSeen(now))
	var found []policyXML
	for _, p := range s.policies.allSeen(now) {
		account, _, _ := splitPolicyARN(p.ARN)
		local := account == s.opts.Account
		if local && scope == "AWS" || !local && scope == "Local" || !strings.HasPrefix(p.Path, prefix) {
			continue
		}
		if r.str("OnlyAttached") == "true" && u.attached[p.ARN] == 0 {
			continue
		}
		found = append(found, p.brief(u))
	}
	policies, rest, err := page(s, r, found, func(x policyXML) string { return policyKey(x.Arn) })
	return struct {
		Policies list[policyXML]
		paging
	}{policies, rest}, err
}

func (s *Server) deletePolicy(r *request) (any, error) {
	policy, err := s.policyToReduce(r)
	if err != nil {
		return nil, err
	}
	// What was taken away still counts until that is visible.
	now := s.opts.Now()
	for _, u := range []usage{countUsage(s.roles.eachTrue()), countUsage(s.roles.eachSeen(now))} {
		if u.attached[policy.ARN] > 0 || u.boundary[policy.ARN] > 0 {
			return nil, deleteConflict("Cannot delete a policy attached to entities.")
		}
	}
	seen := s.policySeen(policy.ARN)
	if len(policy.Versions) > 1 || seen != nil && seen.ID == policy.ID && len(seen.Versions) > 1 {
		return nil, deleteConflict("This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
	}
	s.removePolicy(policy.ARN)
	return nil, nil
}
