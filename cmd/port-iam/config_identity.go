package main

import (
	"regexp"
	"strings"

	"port-iam/grants"
	"port-iam/iamops/catalogue"
	"port-iam/templates"
)

// Values of GRANT_USER_NAME.
const (
	nameEmail     = "email"
	nameLocalPart = "local-part"
	nameFromStore = "identity-store"
)

// parseUserName is about the name in AWS that a grant trusts. Where it trusts all of the
// account, no name counts and nobody is refused for one.
func (s settings) parseUserName(c *config, p *problems) {
	in, all := s.Grant, c.grant.trust == templates.TrustAccount
	how := oneOf(p, "GRANT_USER_NAME", in.UserName, nameEmail, nameLocalPart, nameFromStore)
	if how == nameLocalPart && in.EmailDomain == "" && !all {
		p.add("GRANT_EMAIL_DOMAIN", "is missing: GRANT_USER_NAME=local-part needs it, or two people with one local part would share a name")
	}
	domain := strings.TrimPrefix(in.EmailDomain, "@")
	if in.EmailDomain != "" && !isEmailDomain(domain) {
		p.add("GRANT_EMAIL_DOMAIN", "%q is not a domain such as example.com", in.EmailDomain)
	}
	s.parseIdentityStore(c, p, how)
	c.grant.nameOf = how
	switch {
	case all:
		c.grant.userName, c.grant.nameOf = anyName, ""
	case how == nameFromStore:
		c.grant.userName = grants.Person(domain)
	default:
		c.grant.userName = grants.UserName(how == nameLocalPart, domain)
	}
	if !all {
		return
	}
	c.warn("GRANT_TRUST=account: anyone in the account who may call sts:AssumeRole can use every grant")
	if in.EmailDomain != "" {
		c.warn("GRANT_EMAIL_DOMAIN has no effect: with GRANT_TRUST=account nobody is refused because of their name")
	}
}

var (
	// storeID is the id of an identity store, by the model of its API.
	storeID = regexp.MustCompile(`^(d-[0-9a-f]{10}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)
	// roleARN is that of a role, with the path and the name in one part.
	roleARN = regexp.MustCompile(`^arn:(aws(?:-[a-z0-9]+)*):iam::[0-9]{12}:role/(.+)$`)
)

// parseIdentityStore is about where users are found. It comes after parseAccounts,
// parseIAM and GRANT_TRUST. With a GRANT_USER_NAME that is wrong, how is "".
func (s settings) parseIdentityStore(c *config, p *problems, how string) {
	in := s.IdentityStore
	needed := how == nameFromStore && c.grant.trust != templates.TrustAccount
	for _, setting := range []struct {
		variable, value, what string
		ok, optional          bool
	}{
		{"IDENTITY_STORE_ID", in.ID, "the id of an identity store, such as d-1234567890 (settings of IAM Identity Center)", storeID.MatchString(in.ID), false},
		{"IDENTITY_STORE_REGION", in.Region, "a region such as us-east-1: that of IAM Identity Center", catalogue.IsRegion(in.Region), false},
		{"IDENTITY_STORE_ROLE", in.Role, "the ARN of a role, with its path if it has one, such as arn:aws:iam::123456789012:role/PortIamIdentityStore", isRoleARN(in.Role), true},
	} {
		switch {
		case setting.value == "":
			if needed && !setting.optional {
				p.add(setting.variable, "is missing: GRANT_USER_NAME=identity-store needs %s", setting.what)
			}
		case how != nameFromStore && how != "":
			p.add(setting.variable, "contradicts GRANT_USER_NAME=%s, which looks nobody up: remove it, or set GRANT_USER_NAME=identity-store", how)
		case !setting.ok:
			p.add(setting.variable, "%q is not %s", setting.value, setting.what)
		}
	}
	if found := roleARN.FindStringSubmatch(in.Role); found != nil {
		c.refuseGrantName(p, "IDENTITY_STORE_ROLE", found[2])
	}
	if needed {
		c.identityStore.id, c.identityStore.region, c.identityStore.role = in.ID, in.Region, in.Role
	}
}

// isRoleARN reports whether a text is the ARN of a role.
func isRoleARN(text string) bool {
	arn := roleARN.FindStringSubmatch(text)
	if arn == nil {
		return false
	}
	name := roleName.FindStringSubmatch(arn[2])
	return name != nil && !strings.HasPrefix(name[1], "/") && pathLength(name[1]) <= maxRolePath
}
