package iamtest

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// cloud is what all accounts have in common.
type cloud struct {
	mu               sync.Mutex // of all accounts
	first            *Server
	accounts         map[string]*Server    // by id
	keys             map[string]*principal // by access key id
	ids              uint64                // last number used for an identifier
	skew             time.Duration
	requireKnownKeys bool
}

// AddAccount makes another account, which has the settings of this one and nothing in
// it. It is reached by the same address: a call goes to the account of the access key
// that signed it, AssumeRole to that of the role. So trouble, throttling and delays of the
// new server are that account's alone. It panics on an id that there is, or is none.
func (s *Server) AddAccount(id string) *Server {
	if !isAccountID(id) {
		panic(fmt.Sprintf("iamtest: the account %q is not 12 digits", id))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.accounts[id] != nil {
		panic("iamtest: there is an account " + id)
	}
	opts := s.opts
	opts.Account, opts.DaemonARN = id, ""
	added := s.add(opts)
	if s.test != nil {
		added.CheckFaults(s.test)
	}
	return added
}

// SetOrganization moves the account to another AWS Organization; "" for none.
func (s *Server) SetOrganization(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opts.Organization = id
}

// AddRole makes a role, visible at once, with this trust policy and the documents as
// inline policies, and returns its ARN. A role of that name is gone then, as are its
// sessions: the new one has another unique id. It panics on what IAM would refuse.
func (s *Server) AddRole(path, name, trust string, documents ...string) (arn string) {
	must(checkRoleName(name))
	mustParse(documents)
	s.mu.Lock()
	defer s.mu.Unlock()
	trusted, err := s.checkTrust(trust)
	must(err)
	r := &Role{
		ID: s.newID("AROA"), Path: path, Name: name, ARN: s.arn("role", path, name), Trust: trust, trusted: trusted,
		MaxSession: defaultMaxSession * time.Second, Created: s.created(), Inline: inline(documents),
	}
	now := s.opts.Now()
	s.roles.set(roleKey(name), r, now, now.Add(-longestBehind))
	return r.ARN
}

// RemoveRole takes a role away, visible at once, whatever hangs on it.
func (s *Server) RemoveRole(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.Now()
	s.roles.set(roleKey(name), nil, now, now.Add(-longestBehind))
}

// inline are inline policies with names of their own.
func inline(documents []string) map[string]string {
	all := map[string]string{}
	for i, d := range documents {
		all[fmt.Sprintf("policy-%d", i+1)] = d
	}
	return all
}

// route returns the account that answers a call. The cloud is locked.
func (c *cloud) route(r *request) *Server {
	if r.op == "AssumeRole" {
		if account := c.accounts[accountOf(r.str("RoleArn"))]; account != nil {
			return account
		}
	}
	if p := c.keys[r.key]; p != nil {
		return p.home
	}
	return c.first
}

// accountOf is the account in an ARN, "" where it names none.
func accountOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[4]
	}
	return ""
}

func isAccountID(id string) bool {
	return len(id) == 12 && only(id, func(r rune) bool { return r >= '0' && r <= '9' })
}
