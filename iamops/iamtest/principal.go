package iamtest

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// daemonID is the unique id of the principal behind unknown access keys.
const daemonID = "AIDADAEMONDAEMONDAEMO"

// user is an IAM user.
type user struct {
	name, arn, id string
	documents     []string
}

// principal is who makes a call.
type principal struct {
	key, secret, token string
	arn                string // as GetCallerIdentity reports it
	identity           string // ARN of the user or role: aws:PrincipalArn
	id                 string // unique id of the user or role
	user               string // name of the user, "" for a session
	role               string // name of the session's role, "" for a user
	session            string // name of the session
	issued, expires    time.Time
	daemon             bool    // may do everything
	home               *Server // the account that it belongs to
}

// userID is aws:userid.
func (p *principal) userID() string {
	if p.session != "" {
		return p.id + ":" + p.session
	}
	return p.id
}

func (s *Server) newPrincipal(keyPrefix string) *principal {
	p := &principal{key: s.unique(keyPrefix, 20), issued: s.created(), home: s}
	p.secret = "secret-of-" + p.key
	s.keys[p.key] = p
	return p
}

func (s *Server) daemon() *principal {
	arn := s.opts.DaemonARN
	return &principal{arn: arn, identity: arn, id: daemonID, daemon: true, home: s}
}

// AddUser gives an IAM user, made if there is none of that name, an access key.
// Documents, if any, become its policies in place of those it had. It panics on
// a name or document that IAM would refuse.
func (s *Server) AddUser(name string, documents ...string) (accessKey, secret string) {
	must(checkRoleName(name))
	mustParse(documents)
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[name]
	if u == nil {
		u = &user{name: name, arn: s.arn("user", "/", name), id: s.newID("AIDA")}
		s.users[name] = u
	}
	if len(documents) > 0 {
		u.documents = documents
	}
	p := s.newPrincipal("AKIA")
	p.arn, p.identity, p.id, p.user = u.arn, u.arn, u.id, u.name
	return p.key, p.secret
}

// AddRoleSession gives a session of a role its credentials, which do not end by
// themselves. The role is made if there is none, under any path, those reserved
// for AWS included: an Identity Center session is one of a role
// AWSReservedSSO_… under /aws-reserved/sso.amazonaws.com/, named like the human.
// Documents, if any, become the role's inline policies in place of those it had.
// It panics on names or documents that IAM would refuse.
func (s *Server) AddRoleSession(path, role, session string, documents ...string) (accessKey, secret, token string) {
	must(checkRoleName(role))
	must(checkSessionName(session))
	mustParse(documents)
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.roles.truth(roleKey(role))
	if r == nil {
		r = &Role{
			ID: s.newID("AROA"), Path: path, Name: role, ARN: s.arn("role", path, role),
			Trust:      `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRoleWithSAML","Principal":{"Federated":"*"}}]}`,
			MaxSession: longestSession * time.Second, Created: s.created(),
		}
	}
	r = r.clone()
	if len(documents) > 0 {
		r.Inline = inline(documents)
	}
	now := s.opts.Now()
	s.roles.set(roleKey(role), r, now, now)
	p := s.newSession(r, session)
	return p.key, p.secret, p.token
}

// AddPolicy puts a managed policy in place, visible at once to every read: one of
// the account, such as a boundary, or one of AWS (account part "aws"). A policy of
// that name is replaced. It panics on an ARN or document that IAM would refuse.
func (s *Server) AddPolicy(arn, document string) {
	account, path, name := splitPolicyARN(arn)
	if account != s.opts.Account && account != "aws" {
		panic(fmt.Sprintf("iamtest: %q is not the ARN of a policy of account %s or of AWS", arn, s.opts.Account))
	}
	must(checkPolicyName(name))
	must(checkPolicyPath(path))
	mustParse([]string{document})
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.created()
	now := s.opts.Now()
	s.policies.set(policyKey(arn), &Policy{
		ID: s.newID("ANPA"), Path: path, Name: name, ARN: arn, Created: at, Updated: at,
		Versions: []PolicyVersion{{ID: "v1", Document: document, Default: true, Created: at}}, versions: 1,
	}, now, now.Add(-longestBehind))
}

func mustParse(documents []string) {
	for _, d := range documents {
		_, err := parseDocument(d, identityPolicy)
		must(err)
	}
}

// must panics: a fixture that IAM would refuse is a mistake of its author.
func must(err error) {
	if err != nil {
		panic("iamtest: " + err.Error())
	}
}

func (s *Server) newSession(r *Role, session string) *principal {
	p := s.newPrincipal("ASIA")
	p.token = "token-of-" + p.key
	p.arn = fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/%s", s.opts.Partition, s.opts.Account, r.Name, session)
	p.identity, p.id, p.role, p.session = r.ARN, r.ID, r.Name, session
	return p
}

// authenticate finds who an access key belongs to. The session of a role that is
// gone, or was made again since, belongs to nobody.
func (s *Server) authenticate(key, token string) (*principal, error) {
	p := s.keys[key]
	if p == nil {
		if key == "" || s.requireKnownKeys || s.first.rejectAll {
			return nil, invalidToken()
		}
		return s.first.daemon(), nil
	}
	switch {
	case p.home.rejectAll:
		return nil, invalidToken()
	case p.token != token:
		return nil, invalidToken()
	case !p.expires.IsZero() && !s.awsNow().Before(p.expires):
		return nil, refuse(http.StatusForbidden, "ExpiredToken", "The security token included in the request is expired")
	}
	if p.role != "" {
		if r := p.home.roles.truth(roleKey(p.role)); r == nil || r.ID != p.id {
			return nil, invalidToken()
		}
	}
	return p, nil
}

// factsOf is the context that every request of a principal has, about a resource of this
// account.
func (s *Server) factsOf(p *principal) facts {
	f := facts{}
	f.set("aws:CurrentTime", timestamp(s.awsNow()))
	f.set("aws:PrincipalArn", p.identity)
	f.set("aws:PrincipalAccount", p.home.opts.Account)
	f.set("aws:ResourceAccount", s.opts.Account)
	if org := p.home.opts.Organization; org != "" {
		f.set("aws:PrincipalOrgID", org)
	}
	if org := s.opts.Organization; org != "" {
		f.set("aws:ResourceOrgID", org)
	}
	f.set("aws:userid", p.userID())
	if p.user != "" {
		f.set("aws:username", p.user)
	}
	if p.role != "" {
		f.set("aws:TokenIssueTime", timestamp(p.issued))
		if r := p.home.roles.truth(roleKey(p.role)); r != nil {
			for k, v := range r.Tags {
				f.set("aws:PrincipalTag/"+k, v)
			}
		}
	}
	return f
}

// ownerOf is the account of a resource: this one, where its ARN does not say.
func (s *Server) ownerOf(resource string) string {
	return cmp.Or(accountOf(resource), s.opts.Account)
}

// rightsOf are the policies that a principal has at this moment.
func (s *Server) rightsOf(p *principal) rights {
	if p.daemon {
		return rights{identity: []source{{
			"the daemon's policy",
			`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`,
		}}}
	}
	if p.role == "" {
		return userRights(p.home.users[p.user])
	}
	r := p.home.roles.truth(roleKey(p.role))
	if r == nil {
		return rights{}
	}
	return p.home.roleRights(r)
}

func userRights(u *user) rights {
	var all rights
	for i, d := range u.documents {
		all.identity = append(all.identity, source{fmt.Sprintf("policy-%d of user %s", i+1, u.name), d})
	}
	return all
}

// roleRights are the policies of a role. A boundary that is nowhere to be found
// allows nothing.
func (s *Server) roleRights(r *Role) rights {
	var all rights
	for _, arn := range r.Attached {
		if p := s.policy(arn); p != nil {
			all.identity = append(all.identity, source{arn, p.inUse().Document})
		}
	}
	for _, name := range sortedKeys(r.Inline) {
		all.identity = append(all.identity, source{"inline policy " + name, r.Inline[name]})
	}
	if r.Boundary != "" {
		all.boundary = &source{r.Boundary, `{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`}
		if p := s.policy(r.Boundary); p != nil {
			all.boundary.text = p.inUse().Document
		}
	}
	return all
}

// Allowed reports whether the owner of an access key, of whichever account, may do
// something at this moment, by identity policies and boundary, and why. Any action of AWS may be
// asked for, for example s3:PutObject.
func (s *Server) Allowed(accessKey, action, resource string) (bool, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	token := ""
	if p := s.keys[accessKey]; p != nil {
		token = p.token
	}
	p, err := s.authenticate(accessKey, token)
	if err != nil {
		return false, strings.TrimSuffix(err.Error(), ".")
	}
	f := p.home.factsOf(p)
	f.set("aws:ResourceAccount", p.home.ownerOf(resource))
	d := s.rightsOf(p).evaluate(access{action, resource, f})
	return d.verdict == allowed, d.reason
}
