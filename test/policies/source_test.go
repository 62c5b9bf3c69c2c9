package policies

import (
	"maps"
	"os"
	"testing"

	"port-iam/iamops"
	"port-iam/templates"
)

// withSource is a request in which the session carries a source identity, and wants to
// have one in the role.
func withSource(r request, carries, wants string) request {
	return r.with(func(r *request) {
		r.context["sts:SourceIdentity"] = wants
		if carries != "" {
			r.by.context = maps.Clone(r.by.context)
			r.by.context["aws:SourceIdentity"] = carries
		}
	})
}

// TestSourceIdentity: with the documents for it, on both sides, a session keeps the source
// identity that it carries, and gets no other one; whom a grant lets in stays the same. The
// usual documents let no source identity in.
func TestSourceIdentity(t *testing.T) {
	t.Parallel()
	set, err := templates.Load(os.DirFS("../../deploy/templates/source-identity"))
	noError(t, err)
	for _, partition := range partitions {
		s := setting{partition: partition, path: "/port-iam/"}
		requesters, err := templates.RequesterPolicyWithSource(s.place())
		noError(t, err)
		var questions []question
		for _, trust := range trusts {
			ops, err := iamops.New(iamops.Options{
				API: &iamops.API{}, Account: account, Partition: partition, OrgID: "org_1", Path: s.path,
				Boundary: s.boundary(), Trust: trust, Templates: set,
			})
			noError(t, err)
			p, err := ops.Plan(grantOf("arn:"+partition+":s3:::reports", "s3:GetObject"))
			noError(t, err)
			usual := plan(t, s, trust, grantOf("arn:aws:s3:::reports", "s3:GetObject"))
			both := policies{identity: []string{requesters}, ofResource: p.Trust}
			for _, c := range candidates(partition) {
				name, right := trust+": "+c.name, c.right(trust)
				enter := request{by: c.by, action: "sts:AssumeRole", resource: p.RoleARN}
				set := request{by: c.by, action: "sts:SetSourceIdentity", resource: p.RoleARN}
				kept := withSource(set, "alice", "alice")
				questions = append(questions,
					question{name + " enters", enter, both, right},
					question{name + " enters after the end", enter.at(after), both, false},
					question{name + " keeps the source identity", kept, both, right},
					question{name + " keeps it after the end", kept.at(after), both, false},
					question{name + " takes another one", withSource(set, "alice", "bob"), both, false},
					question{name + " takes one without having one", withSource(set, "", "alice"), both, false},
					question{name + ", where the trust alone says so", withSource(set, "alice", "bob"), policies{identity: []string{admin}, ofResource: p.Trust}, false},
					question{name + " keeps it, by the usual trust", kept, policies{identity: []string{admin}, ofResource: usual.Trust}, false},
					question{name + " keeps it, by the usual requester policy", kept, policies{identity: []string{s.requesters(t)}, ofResource: p.Trust}, false},
				)
			}
		}
		check(t, questions)
	}
}

// TestIdentityPolicy: the role that looks users up does that in the one store, and nothing
// else.
func TestIdentityPolicy(t *testing.T) {
	t.Parallel()
	const store = "d-1234567890"
	by := sessionOf("aws", "/", "Reader", "port-iam")
	arn := func(account, store string) string {
		return "arn:aws:identitystore::" + account + ":identitystore/" + store
	}
	const user = "arn:aws:identitystore:::user/a1b2c3d4-5678-90ab-cdef-0123456789ab"
	var questions []question
	for _, in := range []string{account, "*"} {
		text, err := templates.IdentityPolicy(templates.StoreReader{Partition: "aws", Store: store, Account: in})
		noError(t, err)
		for _, q := range []struct {
			action, resource string
			want             bool
		}{
			{"identitystore:GetUserId", arn(account, store), true},
			{"identitystore:DescribeUser", arn(account, store), true},
			{"identitystore:GetUserId", user, true},
			{"identitystore:DescribeUser", user, true},
			{"identitystore:DescribeUser", arn(account, "d-0000000000"), false},
			{"identitystore:GetUserId", arn(foreign, store), in == "*"},
			{"identitystore:ListUsers", arn(account, store), false},
			{"identitystore:UpdateUser", user, false},
			{"identitystore:DeleteUser", arn(account, store), false},
		} {
			questions = append(questions, question{"of " + in, request{by: by, action: q.action, resource: q.resource}, policies{identity: []string{text}}, q.want})
		}
	}
	check(t, questions)
}
