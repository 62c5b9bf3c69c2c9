package policies

import (
	"strings"
	"testing"
	"time"

	"port-iam/templates"
)

// candidate is a person who wants to switch to alice's grant, and by which kind
// of trust that is right.
type candidate struct {
	name           string
	by             principal
	identityCenter bool
	iamUser        bool
	account        bool
}

// candidates of a partition. All of them have the rights of an administrator in
// their own account: what keeps them out is the trust alone.
func candidates(partition string) []candidate {
	session := func(path, role, name string) principal { return sessionOf(partition, path, role, name) }
	return []candidate{
		{"the requester in Identity Center", alice(partition), true, false, true},
		{"the requester, Identity Center in a region", session(ssoRegion, ssoRole, requester), true, false, true},
		{"the requester with another permission set", session(ssoPath, "AWSReservedSSO_ReadOnly_fedcba9876543210", requester), true, false, true},
		{"the requester as IAM user", userIn(account, partition, "/", requester), false, true, true},
		{"the requester as IAM user in a folder", userIn(account, partition, "/people/", requester), false, true, true},

		{"another person in Identity Center", session(ssoPath, ssoRole, "bob@example.com"), false, false, true},
		{"a name that ends alike", session(ssoPath, ssoRole, "malice@example.com"), false, false, true},
		{"a name that begins alike", session(ssoPath, ssoRole, requester+".evil.example"), false, false, true},
		{"the name in other case", session(ssoPath, ssoRole, "Alice@example.com"), false, false, true},
		{"a role's session with the requester's name", session("/", "Developer", requester), false, false, true},
		{"a role named like one of Identity Center", session("/", ssoRole, requester), false, false, true},
		{"a role in a folder named like Identity Center's", session("/sso.amazonaws.com/", ssoRole, requester), false, false, true},
		{"a role below a folder named like Identity Center's", session("/x"+ssoPath, ssoRole, requester), false, false, true},
		{"a role of Identity Center's folder with another name", session(ssoPath, "Developer", requester), false, false, true},
		{"another person as IAM user", userIn(account, partition, "/", "bob@example.com"), false, false, true},
		{"an IAM user in other case", userIn(account, partition, "/", "Alice@example.com"), false, false, true},
		{"an IAM user in a folder of the requester's name", userIn(account, partition, "/"+requester+"/", "bob"), false, false, true},
		{"the root user", rootUser(partition), false, false, true},
		{"a session of another grant, named like the requester", session("/port-iam/", "Permission-r_other", requester), false, false, true},
		{"an instance's role", session("/", "WebServer", "i-0123456789abcdef0"), false, false, true},

		{"the requester in another account's Identity Center", sessionIn(foreign, partition, ssoPath, ssoRole, requester), false, false, false},
		{"another account's IAM user of that name", userIn(foreign, partition, "/", requester), false, false, false},
		{"another account's administrator", sessionIn(foreign, partition, "/", "Admin", requester), false, false, false},
	}
}

func (c candidate) right(trust string) bool {
	return map[string]bool{
		templates.TrustIdentityCenter: c.identityCenter, templates.TrustIAMUser: c.iamUser, templates.TrustAccount: c.account,
	}[trust]
}

var trusts = []string{templates.TrustIdentityCenter, templates.TrustIAMUser, templates.TrustAccount}

// TestSwitch: only the requester switches to a grant, only until it ends, and
// only with sts:AssumeRole in the requester's own permissions; for every kind of
// trust in every partition. GRANT_TRUST=account lets in the whole account, as it
// says.
func TestSwitch(t *testing.T) {
	t.Parallel()
	for _, partition := range partitions {
		s := setting{partition: partition, path: "/port-iam/"}
		var questions []question
		for _, trust := range trusts {
			p := plan(t, s, trust, grantOf("arn:aws:s3:::reports", "s3:GetObject"))
			for _, c := range candidates(partition) {
				name := trust + ": " + c.name
				r := request{by: c.by, action: "sts:AssumeRole", resource: p.RoleARN}
				own := policies{identity: []string{s.requesters(t)}, ofResource: p.Trust}
				all := policies{identity: []string{admin}, ofResource: p.Trust}
				questions = append(questions,
					question{name + ", with all rights", r, all, c.right(trust)},
					question{name + ", with the requester policy", r, own, c.right(trust)},
					question{name + ", without rights", r, policies{ofResource: p.Trust}, false},
					question{name + ", at the last second", r.at(last), all, c.right(trust)},
					question{name + ", at the end", r.at(end), all, false},
					question{name + ", after the end", r.at(after), all, false},
				)
			}
			// What the requester policy is not for.
			for resource, right := range map[string]bool{
				p.RoleARN: true,
				"arn:" + partition + ":iam::" + account + ":role/Admin":                   false,
				"arn:" + partition + ":iam::" + account + ":role/port-iam/Deploy":         false,
				"arn:" + partition + ":iam::" + foreign + ":role/port-iam/Permission-r_1": false,
			} {
				by := alice(partition)
				if trust == templates.TrustIAMUser {
					by = userIn(account, partition, "/", requester)
				}
				r := request{by: by, action: "sts:AssumeRole", resource: resource}
				questions = append(questions, question{trust + ": requester policy", r, policies{identity: []string{s.requesters(t)}, ofResource: p.Trust}, right})
			}
		}
		check(t, questions)
	}
}

// TestSwitchUntilRevoked: a grant without an end is for its requester at any time,
// and for nobody else at none.
func TestSwitchUntilRevoked(t *testing.T) {
	s := settings[1]
	var questions []question
	for _, trust := range trusts {
		g := grantOf("arn:aws:s3:::reports", "s3:GetObject")
		g.End = time.Time{}
		p := plan(t, s, trust, g)
		for _, c := range candidates(s.partition) {
			r := request{by: c.by, action: "sts:AssumeRole", resource: p.RoleARN}
			questions = append(questions, question{trust + ": " + c.name, r.at("2099-01-01T00:00:00Z"), policies{identity: []string{admin}, ofResource: p.Trust}, c.right(trust)})
		}
	}
	check(t, questions)
}

// TestTrustIsNeeded takes each condition out of the trust policies, and wants the
// candidates above to notice.
func TestTrustIsNeeded(t *testing.T) {
	s := settings[1]
	for trust, conditions := range map[string][]string{
		templates.TrustIdentityCenter: {"ArnLike", "StringLike", "DateLessThan"},
		templates.TrustIAMUser:        {"StringEquals", "DateLessThan"},
		templates.TrustAccount:        {"DateLessThan"},
	} {
		p := plan(t, s, trust, grantOf("arn:aws:s3:::reports", "s3:GetObject"))
		for _, operator := range conditions {
			weaker := weaken(t, p.Trust, operator)
			var questions []question
			for _, c := range candidates(s.partition) {
				r := request{by: c.by, action: "sts:AssumeRole", resource: p.RoleARN}
				for _, moment := range []string{during, after} {
					right := c.right(trust) && moment == during
					questions = append(questions, question{c.name, r.at(moment), policies{identity: []string{admin}, ofResource: weaker}, right})
				}
			}
			wrong := 0
			for i, result := range decide(t, questions) {
				if (result == allowed) != questions[i].want {
					wrong++
				}
			}
			if wrong == 0 {
				t.Errorf("nobody notices that the trust %s has no %s", trust, operator)
			}
		}
		if n := strings.Count(p.Trust, `":{"aws:`); n != len(conditions) {
			t.Errorf("the trust %s has %d conditions, and %d are tested: %s", trust, n, len(conditions), p.Trust)
		}
	}
}
