package policies

import (
	"maps"
	"testing"
)

// attempt is something that a thief of the daemon's credentials may try. forbidden
// ones are denied even where another policy of the daemon's allows everything.
type attempt struct {
	name      string
	forbidden bool
	request
}

// thief makes requests with the daemon's credentials: legal ones, to be spoiled.
type thief struct{ setting }

func (s thief) call(action, resource string, context map[string]any) request {
	return request{by: s.daemon(), action: action, resource: resource, context: maps.Clone(context)}
}

// tagged is the context of a request that sets the daemon's tags.
func (s thief) tagged() map[string]any {
	tags := map[string]string{
		"port-iam-managed-by": "port-iam", "port-iam-org-id": "org_1", "port-iam-run-id": runID,
		"port-iam-expires-at": end, "port-iam-requester": requester,
	}
	maps.Copy(tags, s.tags)
	context := map[string]any{}
	setTags(context, tags)
	return context
}

func (s thief) bounded() map[string]any {
	return map[string]any{"iam:PermissionsBoundary": s.boundary()}
}

func (s thief) createRole() request {
	return s.call("iam:CreateRole", s.role(), s.tagged()).with(func(r *request) { maps.Copy(r.context, s.bounded()) })
}

func (s thief) attach() request {
	return s.call("iam:AttachRolePolicy", s.role(), s.bounded()).with(func(r *request) { r.context["iam:PolicyARN"] = s.policy() })
}

func (s thief) putPolicy() request { return s.call("iam:PutRolePolicy", s.role(), s.bounded()) }

func (s thief) createPolicy() request { return s.call("iam:CreatePolicy", s.policy(), s.tagged()) }

// legal are the requests that attempts begin with; without any change they pass.
func (s thief) legal() []request {
	return []request{
		s.createRole(), s.createPolicy(), s.attach(), s.putPolicy(),
		s.call("iam:TagRole", s.role(), s.tagged()), s.call("iam:TagPolicy", s.policy(), s.tagged()),
		s.call("iam:GetPolicy", s.boundary(), nil), s.call("iam:GetPolicyVersion", s.boundary(), nil),
		s.call("iam:GetRole", s.role(), nil), s.call("iam:DeleteRole", s.role(), nil),
	}
}

// Changes of a request.
func bound(to string) func(*request) {
	return func(r *request) {
		if r.context["iam:PermissionsBoundary"] = to; to == "" {
			delete(r.context, "iam:PermissionsBoundary")
		}
	}
}

func on(resource string) func(*request) { return func(r *request) { r.resource = resource } }

func attached(arn string) func(*request) {
	return func(r *request) { r.context["iam:PolicyARN"] = arn }
}

func untagged(r *request) {
	for k := range r.context {
		if k != "iam:PermissionsBoundary" {
			delete(r.context, k)
		}
	}
}

// tag sets a tag; an empty value takes it away.
func tag(key, value string) func(*request) {
	return func(r *request) {
		tags := map[string]string{}
		for _, k := range r.context["aws:TagKeys"].([]string) {
			tags[k] = r.context["aws:RequestTag/"+k].(string)
			delete(r.context, "aws:RequestTag/"+k)
		}
		if tags[key] = value; value == "" {
			delete(tags, key)
		}
		setTags(r.context, tags)
	}
}

// changed are attempts on the boundary, on names and on tags: each is a legal
// request with one thing changed.
func (s thief) changed() []attempt {
	otherRole, otherPolicy := s.arn("role", "/", "Admin"), s.arn("policy", "/", "Admin")
	near := s.arn("role", s.path, "NotPermission-x")
	elsewhere := "arn:" + s.partition + ":iam::" + foreign + ":"
	list := []attempt{
		{"role without a boundary", false, s.createRole().with(bound(""))},
		{"role with another boundary", false, s.createRole().with(bound(s.arn("policy", "/", "Wider")))},
		{"role with a boundary of its own making", false, s.createRole().with(bound(s.policy()))},
		{"role with a boundary named alike", false, s.createRole().with(bound(s.boundary() + "2"))},
		{"role with AWS's administrator policy for boundary", false, s.createRole().with(bound("arn:" + s.partition + ":iam::aws:policy/AdministratorAccess"))},
		{"role with the boundary of another account", false, s.createRole().with(bound(elsewhere + "policy/PortIamBoundary"))},
		{"role outside of the path", false, s.createRole().with(on(s.arn("role", "/", "Permission-x")))},
		{"role beside the path", false, s.createRole().with(on(s.arn("role", "/other"+s.path, "Permission-x")))},
		{"role with another name", false, s.createRole().with(on(near))},
		{"role in another account", false, s.createRole().with(on(elsewhere + "role" + s.path + "Permission-x"))},
		{"role without tags", false, s.createRole().with(untagged)},
		{"role without our mark", false, s.createRole().with(tag("port-iam-managed-by", ""))},
		{"role with another mark", false, s.createRole().with(tag("port-iam-managed-by", "another"))},
		{"role with a tag that ABAC may read", false, s.createRole().with(tag("department", "finance"))},
		{"role with a tag like ours", false, s.createRole().with(tag("port-iam-admin", "true"))},
		{"role with our tag in other case", false, s.createRole().with(tag("Port-Iam-Run-Id", "r_1"))},

		{"attach a foreign policy", false, s.attach().with(attached(otherPolicy))},
		{"attach AWS's administrator policy", false, s.attach().with(attached("arn:" + s.partition + ":iam::aws:policy/AdministratorAccess"))},
		{"attach a policy of another account", false, s.attach().with(attached(elsewhere + "policy" + s.path + "Permission-x"))},
		{"attach a policy under the path that is no grant's", false, s.attach().with(attached(s.arn("policy", s.path, "Wide")))},
		{"attach the boundary", false, s.attach().with(attached(s.boundary()))},
		{"attach to a role without boundary", false, s.attach().with(bound(""))},
		{"attach to a role with another boundary", false, s.attach().with(bound(otherPolicy))},
		{"attach to a foreign role", false, s.attach().with(on(otherRole))},
		{"attach to a foreign role that has the boundary", false, s.attach().with(on(near))},
		{"attach to the daemon's own role", false, s.attach().with(on(s.arn("role", "/", "port-iam-daemon")))},

		{"inline policy of a role without boundary", false, s.putPolicy().with(bound(""))},
		{"inline policy of a role with another boundary", false, s.putPolicy().with(bound(otherPolicy))},
		{"inline policy of a foreign role", false, s.putPolicy().with(on(otherRole))},
		{"inline policy of a foreign role that has the boundary", false, s.putPolicy().with(on(near))},
		{"inline policy of the daemon's own role", false, s.putPolicy().with(on(s.arn("role", "/", "port-iam-daemon")))},

		{"policy outside of the path", false, s.createPolicy().with(on(otherPolicy))},
		{"policy with the boundary's name", false, s.createPolicy().with(on(s.boundary()))},
		{"policy with another name", false, s.createPolicy().with(on(s.arn("policy", s.path, "Wide")))},
		{"policy without tags", false, s.createPolicy().with(untagged)},
		{"policy with another tag", false, s.createPolicy().with(tag("department", "finance"))},
		{"policy with another mark", false, s.createPolicy().with(tag("port-iam-managed-by", "another"))},

		{"tag a role for ABAC", false, s.call("iam:TagRole", s.role(), s.tagged()).with(tag("department", "finance"))},
		{"tag a role without our mark", false, s.call("iam:TagRole", s.role(), s.tagged()).with(tag("port-iam-managed-by", ""))},
		{"mark a foreign role as ours", false, s.call("iam:TagRole", otherRole, s.tagged())},
		{"mark a foreign policy as ours", false, s.call("iam:TagPolicy", otherPolicy, s.tagged())},
		{"tag the boundary", false, s.call("iam:TagPolicy", s.boundary(), s.tagged())},
		{"tag a policy for ABAC", false, s.call("iam:TagPolicy", s.policy(), s.tagged()).with(tag("department", "finance"))},
	}
	for key := range s.tags {
		list = append(list,
			attempt{"role without the operator's tag " + key, false, s.createRole().with(tag(key, ""))},
			attempt{"role with another value of " + key, false, s.createRole().with(tag(key, "admins"))},
			attempt{"policy with another value of " + key, false, s.createPolicy().with(tag(key, "admins"))},
			attempt{"tag a role with another value of " + key, false, s.call("iam:TagRole", s.role(), s.tagged()).with(tag(key, "admins"))},
		)
	}
	return list
}

// others are attempts with actions that the daemon has no use for, or on what is
// not its own.
func (s thief) others() []attempt {
	otherRole, otherPolicy := s.arn("role", "/", "Admin"), s.arn("policy", "/", "Admin")
	user := s.arn("user", "/", "mallory")
	return []attempt{
		{"take the boundary off a grant", true, s.call("iam:DeleteRolePermissionsBoundary", s.role(), s.bounded())},
		{"put another boundary on a grant", true, s.call("iam:PutRolePermissionsBoundary", s.role(), map[string]any{"iam:PermissionsBoundary": otherPolicy})},
		{"put the boundary on a foreign role", true, s.call("iam:PutRolePermissionsBoundary", otherRole, s.bounded())},
		{"take the boundary off a foreign role", true, s.call("iam:DeleteRolePermissionsBoundary", otherRole, s.bounded())},
		{"new version of the boundary", false, s.call("iam:CreatePolicyVersion", s.boundary(), nil)},
		{"older version of the boundary", false, s.call("iam:SetDefaultPolicyVersion", s.boundary(), nil)},
		{"delete a version of the boundary", false, s.call("iam:DeletePolicyVersion", s.boundary(), nil)},
		{"delete the boundary", false, s.call("iam:DeletePolicy", s.boundary(), nil)},
		{"new version of a grant's policy", false, s.call("iam:CreatePolicyVersion", s.policy(), nil)},
		{"other version of a grant's policy", false, s.call("iam:SetDefaultPolicyVersion", s.policy(), nil)},
		{"new version of a foreign policy", false, s.call("iam:CreatePolicyVersion", otherPolicy, nil)},
		{"delete a foreign policy", false, s.call("iam:DeletePolicy", otherPolicy, nil)},
		{"delete a version of a foreign policy", false, s.call("iam:DeletePolicyVersion", otherPolicy, nil)},

		{"new trust of a grant", false, s.call("iam:UpdateAssumeRolePolicy", s.role(), s.bounded())},
		{"new trust of a foreign role", false, s.call("iam:UpdateAssumeRolePolicy", otherRole, nil)},
		{"new end in the description of a role", false, s.call("iam:UpdateRoleDescription", s.role(), s.bounded())},
		{"longer sessions of a role", false, s.call("iam:UpdateRole", s.role(), s.bounded())},
		{"take tags off a role", false, s.call("iam:UntagRole", s.role(), map[string]any{"aws:TagKeys": []string{"port-iam-managed-by"}})},
		{"take tags off a policy", false, s.call("iam:UntagPolicy", s.policy(), map[string]any{"aws:TagKeys": []string{"port-iam-managed-by"}})},
		{"delete a foreign role", false, s.call("iam:DeleteRole", otherRole, nil)},
		{"delete a role under the path that is no grant", false, s.call("iam:DeleteRole", s.arn("role", s.path, "Deploy"), nil)},
		{"detach from a foreign role", false, s.call("iam:DetachRolePolicy", otherRole, map[string]any{"iam:PolicyARN": otherPolicy})},
		{"delete an inline policy, such as a Deny, of a foreign role", false, s.call("iam:DeleteRolePolicy", otherRole, nil)},

		{"use a grant", true, s.call("sts:AssumeRole", s.role(), nil)},
		{"use a foreign role", true, s.call("sts:AssumeRole", otherRole, nil)},
		{"pass a grant to a service", false, s.call("iam:PassRole", s.role(), map[string]any{"iam:PassedToService": "ec2.amazonaws.com"})},
		{"pass a foreign role to a service", false, s.call("iam:PassRole", otherRole, map[string]any{"iam:PassedToService": "ec2.amazonaws.com"})},
		{"put a grant into an instance profile", false, s.call("iam:AddRoleToInstanceProfile", s.arn("instance-profile", "/", "x"), nil)},
		{"service-linked role", false, s.call("iam:CreateServiceLinkedRole", s.arn("role", "/aws-service-role/x.amazonaws.com/", "AWSServiceRoleForX"), nil)},

		{"create a user", false, s.call("iam:CreateUser", user, nil)},
		{"create a key", false, s.call("iam:CreateAccessKey", user, nil)},
		{"create a password", false, s.call("iam:CreateLoginProfile", user, nil)},
		{"change a password", false, s.call("iam:UpdateLoginProfile", user, nil)},
		{"attach a policy to a user", false, s.call("iam:AttachUserPolicy", user, map[string]any{"iam:PolicyARN": s.policy()})},
		{"inline policy of a user", false, s.call("iam:PutUserPolicy", user, nil)},
		{"attach a policy to a group", false, s.call("iam:AttachGroupPolicy", s.arn("group", "/", "x"), map[string]any{"iam:PolicyARN": s.policy()})},
		{"join a group", false, s.call("iam:AddUserToGroup", s.arn("group", "/", "x"), nil)},
		{"trust another identity provider", false, s.call("iam:CreateSAMLProvider", s.arn("saml-provider", "/", "x"), nil)},
		{"trust another OpenID provider", false, s.call("iam:CreateOpenIDConnectProvider", s.arn("oidc-provider", "/", "x"), nil)},

		{"read a role that is no grant", false, s.call("iam:GetRole", otherRole, nil)},
		{"read an inline policy of a foreign role", false, s.call("iam:GetRolePolicy", otherRole, nil)},
		{"read the policies of a foreign role", false, s.call("iam:ListAttachedRolePolicies", otherRole, nil)},
		{"read a foreign policy", false, s.call("iam:GetPolicyVersion", otherPolicy, nil)},
		{"read another boundary", false, s.call("iam:GetPolicyVersion", s.boundary()+"2", nil)},
		{"see who uses the boundary", false, s.call("iam:ListEntitiesForPolicy", s.boundary(), nil)},
		{"ask what another role may", false, s.call("iam:SimulatePrincipalPolicy", otherRole, nil)},
		{"see who uses a foreign policy", false, s.call("iam:ListEntitiesForPolicy", otherPolicy, nil)},
		{"read all users and keys", false, s.call("iam:GetAccountAuthorizationDetails", "*", nil)},
		{"read the data that is granted", false, s.call("s3:GetObject", "arn:"+s.partition+":s3:::reports/x", nil)},
		{"leave the organisation", false, s.call("organizations:LeaveOrganization", "*", nil)},
	}
}

func (s thief) attempts() []attempt { return append(s.changed(), s.others()...) }

// TestIdentityCenterRoles: AWS keeps their path for itself, so not even an
// administrator makes a role that passes for one of Identity Center's.
func TestIdentityCenterRoles(t *testing.T) {
	s := thief{settings[0]}
	for _, path := range []string{ssoPath, ssoRegion} {
		r := s.createRole().with(on(s.arn("role", path, ssoRole)))
		check(t, []question{{"look-alike", r, policies{identity: []string{admin}}, false}})
	}
}

// TestEscalations: none of the attempts works, for want of a permission or, where
// it counts, because of a Deny that other policies of the daemon cannot lift.
// Each of them is a request that does work with all rights, and each begins with
// one that works with the daemon's.
func TestEscalations(t *testing.T) {
	t.Parallel()
	for _, s := range settings {
		t.Run(s.name, func(t *testing.T) {
			s := thief{s}
			own := policies{identity: []string{s.management(t)}}
			more := policies{identity: []string{s.management(t), admin}}
			var questions []question
			for _, r := range s.legal() {
				questions = append(questions, question{"legal", r, own, true})
			}
			for _, a := range s.attempts() {
				questions = append(questions,
					question{a.name, a.request, own, false},
					question{a.name + ", with all rights", a.request, policies{identity: []string{admin}}, true},
					question{a.name + ", with all rights beside its own", a.request, more, !a.forbidden},
				)
			}
			check(t, questions)
			if n := len(s.attempts()); n < 80 {
				t.Errorf("there were %d attempts", n)
			}
		})
	}
}
