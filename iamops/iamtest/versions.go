package iamtest

import (
	"fmt"
	"slices"
	"strings"
)

// versionXML is a version of a policy in an answer; lists leave the document
// out.
type versionXML struct {
	Document         string `xml:",omitempty"`
	VersionId        string
	IsDefaultVersion bool
	CreateDate       string
}

func (v PolicyVersion) brief() versionXML {
	return versionXML{VersionId: v.ID, IsDefaultVersion: v.Default, CreateDate: timestamp(v.Created)}
}

// version finds the version of a policy that a call names.
func version(r *request, p *Policy) (int, error) {
	id := r.str("VersionId")
	number, ok := strings.CutPrefix(id, "v")
	if !ok || number == "" || number[0] < '1' || number[0] > '9' {
		return 0, invalidValue("versionId", `Member must satisfy regular expression pattern: v[1-9][0-9]*(\.[A-Za-z0-9-]*)?`)
	}
	i := slices.IndexFunc(p.Versions, func(v PolicyVersion) bool { return v.ID == id })
	if i < 0 {
		return 0, noSuchEntity("Policy %s version %s does not exist or is not attachable.", p.ARN, id)
	}
	return i, nil
}

func (s *Server) createPolicyVersion(r *request) (any, error) {
	policy, err := s.policyToExtend(r)
	if err != nil {
		return nil, err
	}
	text := r.str("PolicyDocument")
	if err := checkPolicyDocument(text); err != nil {
		return nil, err
	}
	if len(policy.Versions) >= maxVersions {
		return nil, limitExceeded("A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", maxVersions)
	}
	policy.versions++
	v := PolicyVersion{
		ID: fmt.Sprintf("v%d", policy.versions), Document: text,
		Default: r.str("SetAsDefault") == "true", Created: s.created(),
	}
	if v.Default {
		for i := range policy.Versions {
			policy.Versions[i].Default = false
		}
	}
	policy.Versions = append(policy.Versions, v)
	policy.Updated = v.Created
	s.setPolicy(policy)
	return struct{ PolicyVersion versionXML }{v.brief()}, nil
}

func (s *Server) getPolicyVersion(r *request) (any, error) {
	policy, err := s.policyToRead(r)
	if err != nil {
		return nil, err
	}
	i, err := version(r, policy)
	if err != nil {
		return nil, err
	}
	x := policy.Versions[i].brief()
	x.Document = urlEncode(policy.Versions[i].Document)
	return struct{ PolicyVersion versionXML }{x}, nil
}

func (s *Server) deletePolicyVersion(r *request) (any, error) {
	policy, err := s.policyToReduce(r)
	if err != nil {
		return nil, err
	}
	i, err := version(r, policy)
	if err != nil {
		return nil, err
	}
	if policy.Versions[i].Default {
		return nil, deleteConflict("Cannot delete the default version of a policy.")
	}
	policy.Versions = slices.Delete(policy.Versions, i, i+1)
	policy.Updated = s.created()
	s.setPolicy(policy)
	return nil, nil
}

func (s *Server) listPolicyVersions(r *request) (any, error) {
	policy, err := s.policyToRead(r)
	if err != nil {
		return nil, err
	}
	var found []versionXML
	for _, v := range policy.Versions {
		found = append(found, v.brief())
	}
	// Padded, so that v10 comes after v9.
	versions, rest, err := page(s, r, found, func(x versionXML) string { return fmt.Sprintf("%20s", x.VersionId) })
	return struct {
		Versions list[versionXML]
		paging
	}{versions, rest}, err
}
