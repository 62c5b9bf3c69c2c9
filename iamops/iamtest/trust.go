package iamtest

import (
	"fmt"
	"slices"
	"strings"
)

// trusts says how a role's trust policy meets a caller: named is an Allow for
// the caller itself, account one for the caller's whole account, which leaves the rest
// to the caller's own policies.
func (s *Server) trusts(role *Role, p *principal, a access) (named, account bool, err error) {
	doc, err := parseDocument(role.Trust, trustPolicy)
	if err != nil {
		return false, false, err
	}
	byName := func(st statement) bool {
		return st.principal.anyone || slices.ContainsFunc(st.principal.aws, func(n string) bool {
			return n == p.arn && p.session != "" || n == p.identity && role.trusted[n] == p.id
		})
	}
	byAccount := func(st statement) bool { return slices.ContainsFunc(st.principal.aws, p.home.isAccount) }
	said, err := doc.say(a, func(st statement) bool { return byName(st) || byAccount(st) })
	if err != nil || said != allowed {
		return false, false, err
	}
	if said, err = doc.say(a, byName); said == allowed && err == nil {
		return true, false, nil
	}
	return false, true, err
}

func (s *Server) isAccount(principal string) bool {
	return principal == s.opts.Account || principal == s.arn("root", "", "")
}

// checkTrust refuses a trust policy that IAM would, and returns the unique ids
// of the users and roles that it names.
func (s *Server) checkTrust(text string) (map[string]string, error) {
	if err := checkDocumentText("assumeRolePolicyDocument", text); err != nil {
		return nil, err
	}
	if size(text) > maxTrustSize {
		return nil, limitExceeded("Cannot exceed quota for ACLSizePerRole: %d", maxTrustSize)
	}
	doc, err := parseDocument(text, trustPolicy)
	if err != nil {
		return nil, malformedDocument("%v", err)
	}
	ids := map[string]string{}
	for _, st := range doc {
		for _, name := range st.principal.aws {
			id, err := s.resolve(name)
			if err != nil {
				return nil, malformedDocument("Invalid principal in policy: %v", err)
			}
			if id != "" {
				ids[name] = id
			}
		}
	}
	return ids, nil
}

// resolve returns the unique id of a user or role of an account that there is; "" for an
// account, a session and whatever belongs to accounts elsewhere.
func (s *Server) resolve(name string) (string, error) {
	unknown := fmt.Errorf(`"AWS":%q`, name)
	if isAccountID(name) {
		return "", nil
	}
	parts := strings.SplitN(name, ":", 6)
	switch {
	case len(parts) != 6 || strings.ContainsAny(name, "*?"):
		return "", unknown
	case parts[0] != "arn" || parts[1] != s.opts.Partition || parts[2] != "iam" && parts[2] != "sts":
		return "", unknown
	case s.accounts[parts[4]] == nil || parts[2] == "sts" || parts[5] == "root":
		return "", nil
	case parts[4] != s.opts.Account:
		return s.accounts[parts[4]].resolve(name)
	case name == s.opts.DaemonARN:
		return daemonID, nil
	}
	short := name[strings.LastIndex(name, "/")+1:]
	if u := s.users[short]; u != nil && u.arn == name {
		return u.id, nil
	}
	if role := s.roles.seen(roleKey(short), s.opts.Now()); role != nil && role.ARN == name {
		return role.ID, nil
	}
	return "", unknown
}
