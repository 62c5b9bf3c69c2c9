package policies

import (
	"testing"

	"port-iam/templates"
)

// What docs/security.md says is not stopped is tested as well: once it is, the
// document is to be changed.

// TestNotStoppedByResourcePolicies: what the policy of a resource gives to a
// session by name holds beside the grant, its boundary and its end.
func TestNotStoppedByResourcePolicies(t *testing.T) {
	s := settings[1]
	p := plan(t, s, templates.TrustIdentityCenter, grantOf("arn:aws:s3:::reports", "s3:GetObject"))
	r := request{by: user(s, p), action: "s3:DeleteObject", resource: "arn:aws:s3:::reports/x"}
	all := policies{identity: []string{p.Policy}, boundary: limits(t, "ec2"), ofResource: naming(r.by)}
	check(t, []question{
		{"named by the bucket", r, all, true},
		{"named by the bucket, after the end", r.at(after), all, true},
	})
	// A boundary that says Deny, as stop.sh makes it, is another matter than one that lacks an Allow.
	all.boundary = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`
	check(t, []question{{"named by the bucket, stopped by the boundary", r, all, false}})
}

// TestThief: who holds the daemon's credentials can open a grant's role to
// anybody, for IAM has no condition on what a trust policy says. What is behind
// that door ends at the boundary, and the resource control policy of
// deploy/organizations keeps the door shut for those outside of the organisation.
func TestThief(t *testing.T) {
	s := thief{settings[1]}
	rcp := organizations(t, "rcp.json")
	outsider := sessionIn(foreign, s.partition, "/", "Mallory", "m")
	opened := func(kind, to, action string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"` + kind + `":"` + to + `"},"Action":"` + action + `"}]}`
	}
	assume := func(by principal, resource, action string) request {
		return request{by: by, action: action, resource: resource}
	}
	toOutsider := opened("AWS", outsider.context["aws:PrincipalArn"].(string), "sts:AssumeRole")
	toEveryone := opened("AWS", "*", "sts:AssumeRole")
	provider := "arn:aws:iam::" + account + ":oidc-provider/login.example.com"
	stranger := principal{arn: provider, context: map[string]any{"aws:CurrentTime": during}}
	toStrangers := opened("Federated", provider, "sts:AssumeRoleWithWebIdentity")
	own := opened("AWS", "arn:aws:iam::"+account+":root", "sts:AssumeRole")
	behind := request{by: sessionOf(s.partition, s.path, "Permission-"+runID, "m"), action: "s3:GetObject", resource: "arn:aws:s3:::reports/x"}
	all := func(ofResource string, rcps ...string) policies {
		return policies{identity: []string{admin}, ofResource: ofResource, rcps: rcps}
	}
	check(t, []question{
		{"the thief makes a role, whatever it trusts", s.createRole(), policies{identity: []string{s.management(t)}}, true},
		{"the thief gives it all rights", s.putPolicy(), policies{identity: []string{s.management(t)}}, true},
		{"behind it, within the boundary", behind, policies{identity: []string{admin}, boundary: limits(t, "s3", "ec2")}, true},
		{"behind it, outside of the boundary", behind, policies{identity: []string{admin}, boundary: limits(t, "ec2")}, false},

		{"an outsider", assume(outsider, s.role(), "sts:AssumeRole"), all(toOutsider), true},
		{"an outsider, with the RCP", assume(outsider, s.role(), "sts:AssumeRole"), all(toOutsider, rcp), false},
		{"an outsider of another organisation", assume(outsider.ofOrganisation("o-other"), s.role(), "sts:AssumeRole"), all(toEveryone, rcp), false},
		{"an account of the organisation", assume(outsider.ofOrganisation("o-exampleorgid"), s.role(), "sts:AssumeRole"), all(toOutsider, rcp), true},
		{"a user with a token of another login", assume(stranger, s.role(), "sts:AssumeRoleWithWebIdentity"), policies{ofResource: toStrangers}, true},
		{"the same, with the RCP", assume(stranger, s.role(), "sts:AssumeRoleWithWebIdentity"), policies{ofResource: toStrangers, rcps: []string{rcp}}, false},
		{"the requester", assume(alice(s.partition).ofOrganisation("o-exampleorgid"), s.role(), "sts:AssumeRole"), all(own, rcp), true},
		{"an outsider, with a role of others", assume(outsider, s.arn("role", "/", "Partner"), "sts:AssumeRole"), all(toOutsider, rcp), true},
		{"an outsider of another organisation, everyone trusted, without the RCP", assume(outsider.ofOrganisation("o-other"), s.role(), "sts:AssumeRole"), all(toEveryone), true},
	})
}
