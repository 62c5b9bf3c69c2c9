package iamtest

import (
	"strings"
	"time"
)

func (s *Server) getCallerIdentity(r *request) (any, error) {
	return struct{ Arn, UserId, Account string }{r.caller.arn, r.caller.userID(), r.caller.home.opts.Account}, nil
}

type credentialsXML struct {
	AccessKeyId, SecretAccessKey, SessionToken, Expiration string
}

type assumedRoleXML struct{ AssumedRoleId, Arn string }

// assumeRole starts a session of a role. The trust policy has to allow it; where
// it only trusts the account, or the caller is of another one, the caller's own policies
// have to as well.
func (s *Server) assumeRole(r *request) (any, error) {
	arn, session := r.str("RoleArn"), r.str("RoleSessionName")
	if err := checkARN("roleArn", arn); err != nil {
		return nil, err
	}
	if err := checkSessionName(session); err != nil {
		return nil, err
	}
	seconds, err := r.number("DurationSeconds", defaultMaxSession, shortestAssumption, longestSession)
	if err != nil {
		return nil, err
	}
	role := s.roleToAssume(arn)
	if role == nil {
		return nil, notAuthorized(r.caller, "sts:AssumeRole", arn, "no such role is visible")
	}
	if reason := s.mayAssume(r, role, session); reason != "" {
		return nil, notAuthorized(r.caller, "sts:AssumeRole", arn, reason)
	}
	lasts := time.Duration(seconds) * time.Second
	if r.caller.session != "" && lasts > time.Hour {
		return nil, invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	}
	if lasts > role.MaxSession {
		return nil, invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	p := s.newSession(role, session)
	p.expires = p.issued.Add(lasts)
	return struct {
		Credentials     credentialsXML
		AssumedRoleUser assumedRoleXML
	}{
		credentialsXML{p.key, p.secret, p.token, timestamp(p.expires)},
		assumedRoleXML{p.userID(), p.arn},
	}, nil
}

// roleToAssume returns the role of exactly this ARN, which must exist and be
// visible.
func (s *Server) roleToAssume(arn string) *Role {
	key := roleKey(arn[strings.LastIndex(arn, "/")+1:])
	role, seen := s.roles.truth(key), s.roles.seen(key, s.opts.Now())
	if role == nil || seen == nil || seen.ID != role.ID || role.ARN != arn {
		return nil
	}
	return role
}

// mayAssume returns why the caller may not start a session, "" if it may.
func (s *Server) mayAssume(r *request, role *Role, session string) string {
	f := s.factsOf(r.caller)
	f.set("sts:RoleSessionName", session)
	if id := r.str("ExternalId"); id != "" {
		f.set("sts:ExternalId", id)
	}
	a := access{"sts:AssumeRole", role.ARN, f}
	named, account, err := s.trusts(role, r.caller, a)
	if err != nil {
		return err.Error()
	}
	d := s.rightsOf(r.caller).evaluate(a)
	switch {
	case !named && !account:
		return "no trust policy statement allows the sts:AssumeRole action"
	case d.verdict == explicitDeny, (account || r.caller.home != s) && d.verdict != allowed:
		return d.reason
	}
	return ""
}
