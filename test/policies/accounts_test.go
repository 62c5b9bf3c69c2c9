package policies

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"port-iam/iamops"
	"port-iam/templates"
)

// Accounts beside [account], which is served, and [foreign].
const (
	member   = "333333333333" // is served too
	unserved = "444444444444"
	hubs     = "999999999999" // the daemon's own, which is not served

	organisation = "o-a1b2c3d4e5"
	externalID   = "port-iam/1"
)

// entrants are people in an account who want to switch to alice's grant, and by which kind
// of trust in that account that is right.
func entrants(in, partition string) []candidate {
	session := func(path, role, name string) principal { return sessionIn(in, partition, path, role, name) }
	return []candidate{
		{"the requester in Identity Center", session(ssoPath, ssoRole, requester), true, false, true},
		{"another person in Identity Center", session(ssoPath, ssoRole, "bob@example.com"), false, false, true},
		{"a role's session with the requester's name", session("/", "Developer", requester), false, false, true},
		{"a role named like one of Identity Center", session("/", ssoRole, requester), false, false, true},
		{"the requester as IAM user", userIn(in, partition, "/", requester), false, true, true},
		{"another IAM user", userIn(in, partition, "/", "bob@example.com"), false, false, true},
	}
}

// planFrom works out a grant that sessions or users of accounts may enter.
func planFrom(t *testing.T, s setting, trust string, from ...string) iamops.Plan {
	t.Helper()
	set, err := templates.Load(nil)
	noError(t, err)
	clients, err := iamops.NewClients(aws.Config{Region: "us-east-1"}, nil)
	noError(t, err)
	ops, err := iamops.New(iamops.Options{
		API: clients.IAM, Account: account, Partition: s.partition, OrgID: "org_1", Path: s.path,
		Boundary: s.boundary(), Trust: trust, TrustAccounts: from, Templates: set,
	})
	noError(t, err)
	p, err := ops.Plan(grantOf(inPartition(s.partition, "arn:aws:s3:::reports"), "s3:GetObject"))
	noError(t, err)
	return p
}

// TestSwitchFromAccounts: sessions and users of the trusted accounts enter, and only these,
// by the same rules in each. Both sides have to allow it: the trust of the role, and in
// the account where a person has signed in the requester policy.
func TestSwitchFromAccounts(t *testing.T) {
	t.Parallel()
	for _, partition := range partitions {
		s := setting{partition: partition, path: "/port-iam/"}
		var questions []question
		for _, trust := range trusts {
			accounts := [][]string{{foreign}, {account}, {foreign, member}, {account, foreign}}
			if trust == templates.TrustIAMUser {
				accounts = accounts[:2]
			}
			for _, from := range accounts {
				p := planFrom(t, s, trust, from...)
				for _, in := range []string{account, foreign, member, unserved} {
					for _, c := range entrants(in, partition) {
						name := fmt.Sprintf("%s from %v: %s in %s", trust, from, c.name, in)
						r := request{by: c.by, action: "sts:AssumeRole", resource: p.RoleARN}
						right := c.right(trust) && slices.Contains(from, in)
						all := policies{identity: []string{admin}, ofResource: p.Trust}
						questions = append(questions,
							question{name + ", with all rights", r, all, right},
							question{name + ", with the requester policy", r, policies{identity: []string{s.requesters(t)}, ofResource: p.Trust}, right},
							question{name + ", without rights", r, policies{ofResource: p.Trust}, false},
							question{name + ", at the end", r.at(end), all, false},
						)
					}
				}
			}
		}
		check(t, questions)
	}
}

// many are ids of so many accounts that their roles are not named one by one.
func many() []string {
	ids := []string{account, member}
	for i := range 200 {
		ids = append(ids, fmt.Sprintf("%012d", 500000000000+i))
	}
	return ids
}

// TestRequestersOfAccounts: the policy of requesters lets them try the roles of grants in
// the served accounts, and nothing else, however many accounts these are.
func TestRequestersOfAccounts(t *testing.T) {
	for _, served := range [][]string{{account, member}, many()} {
		var places []templates.Place
		for _, id := range served {
			places = append(places, templates.Place{Account: id, Partition: "aws", Path: "/port-iam/"})
		}
		policy, err := templates.RequesterPolicy(places...)
		noError(t, err)
		var questions []question
		for _, tt := range []struct {
			in, role string
			want     bool
		}{
			{account, "port-iam/Permission-r_1", true},
			{member, "port-iam/Permission-r_1", true},
			{unserved, "port-iam/Permission-r_1", false},
			{member, "PortIam", false},
			{member, "port-iam/Deploy", false},
			{member, "Permission-r_1", false},
		} {
			by := alice("aws")
			r := request{by: by, action: "sts:AssumeRole", resource: "arn:aws:iam::" + tt.in + ":role/" + tt.role}.of(tt.in)
			questions = append(questions, question{fmt.Sprintf("one of %d accounts", len(served)), r, policies{identity: []string{policy}, ofResource: trusting(by)}, tt.want})
		}
		check(t, questions)
	}
}

// trusting is a trust policy that lets a principal in.
func trusting(by principal) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":%q},"Action":"sts:AssumeRole"}]}`, by.context["aws:PrincipalArn"])
}

// theHub is the daemon in its own account.
func theHub() principal {
	return sessionIn(hubs, "aws", "/platform/", "port-iam", "port-iam").ofOrganisation(organisation)
}

func hubOf(accounts ...string) templates.Hub {
	return templates.Hub{
		Partition: "aws", Accounts: accounts, Role: "platform/PortIam", IdentityStoreRole: "arn:aws:iam::777777777777:role/IdentityStoreReader",
	}
}

// reached are roles that the daemon may want to assume, and whether it may.
var reached = []struct {
	name, in, role string
	want           bool
}{
	{"a member", account, "platform/PortIam", true},
	{"another member", member, "platform/PortIam", true},
	{"the role for the identity store", "777777777777", "IdentityStoreReader", true},
	{"the role in an account that is not served", unserved, "platform/PortIam", false},
	{"the role in the account of the identity store", "777777777777", "platform/PortIam", false},
	{"a role of the same name without its path", member, "PortIam", false},
	{"a role with a longer name", member, "platform/PortIamAdmin", false},
	{"an administrator", member, "Admin", false},
	{"a grant", member, "port-iam/Permission-r_1", false},
	{"another role of the identity store's account", "777777777777", "Admin", false},
	{"a role of its own account", hubs, "Admin", false},
}

// entering are the questions about them, with these policies of the daemon. Every role
// lets it in: what keeps it out are its own policies.
func entering(name string, identity ...string) (questions []question) {
	for _, c := range reached {
		r := request{by: theHub(), action: "sts:AssumeRole", resource: "arn:aws:iam::" + c.in + ":role/" + c.role}.of(c.in)
		questions = append(questions, question{name + ": " + c.name, r, policies{identity: identity, ofResource: trusting(theHub())}, c.want})
	}
	return questions
}

// hubPolicies are those of a hub with few accounts, and with many.
func hubPolicies(t *testing.T) map[string]string {
	t.Helper()
	few, err := templates.HubPolicy(hubOf(account, member))
	noError(t, err)
	lots, err := templates.HubPolicy(hubOf(many()...))
	noError(t, err)
	return map[string]string{"few accounts": few, "many accounts": lots}
}

// TestHub: the daemon assumes the roles of the served accounts and nothing else, even where
// another policy allows it everything, and also where its own account is served, so that
// it has the management policy too.
func TestHub(t *testing.T) {
	h := hubOf(account, member)
	own, err := templates.ManagementPolicy(templates.Management{
		Place:    templates.Place{Account: hubs, Partition: "aws", Path: "/port-iam/"},
		Boundary: "arn:aws:iam::" + hubs + ":policy/PortIamBoundary", Hub: &h,
	})
	noError(t, err)
	for name, policy := range hubPolicies(t) {
		check(t, slices.Concat(
			entering(name+", alone", policy),
			entering(name+", with all rights", policy, admin),
			entering(name+", its own account served", policy, own),
			entering(name+", its own account served, with all rights", policy, own, admin),
		))
	}
	alone := entering("the management policy of the hub allows none of it", own)
	for i := range alone {
		alone[i].want = false
	}
	check(t, alone)
}

// TestHubIsNeeded takes each Deny out of the policies of a hub, and each element that
// limits one, and wants the questions above to notice.
func TestHubIsNeeded(t *testing.T) {
	for name, policy := range hubPolicies(t) {
		for i, st := range statements(t, policy) {
			if st["Effect"] != "Deny" {
				continue
			}
			doc := parse(t, policy)
			doc["Statement"] = slices.Delete(doc["Statement"].([]any), i, i+1)
			text, err := json.Marshal(doc)
			noError(t, err)
			questions := entering(name, string(text), admin)
			wrong := 0
			for n, result := range decide(t, questions) {
				if (result == allowed) != questions[n].want {
					wrong++
				}
			}
			if wrong == 0 {
				t.Errorf("%s: nobody notices that %s is gone", name, st["Sid"])
			}
		}
	}
}

// TestMember: by its own policy the role of a member assumes nothing, even with all rights:
// no grant, no other member, not itself.
func TestMember(t *testing.T) {
	policy, err := templates.ManagementPolicy(templates.Management{
		Place: templates.Place{Account: member, Partition: "aws", Path: "/port-iam/"}, Boundary: "arn:aws:iam::" + member + ":policy/PortIamBoundary",
	})
	noError(t, err)
	by := sessionIn(member, "aws", "/platform/", "PortIam", "port-iam").ofOrganisation(organisation)
	var questions []question
	for _, c := range reached {
		r := request{by: by, action: "sts:AssumeRole", resource: "arn:aws:iam::" + c.in + ":role/" + c.role}.of(c.in)
		questions = append(questions,
			question{c.name, r, policies{identity: []string{policy, admin}, ofResource: trusting(by)}, false},
			question{c.name + ", without the policy", r, policies{identity: []string{admin}, ofResource: trusting(by)}, true},
		)
	}
	check(t, questions)
}

// TestMemberTrust: the role of a member lets the daemon in and nobody else: by its role, by
// the organisation, and by the external id.
func TestMemberTrust(t *testing.T) {
	hub := "arn:aws:iam::" + hubs + ":role/platform/port-iam"
	withID, err := templates.MemberTrust(templates.Member{Hub: hub, Organization: organisation, ExternalID: externalID})
	noError(t, err)
	without, err := templates.MemberTrust(templates.Member{Hub: hub, Organization: organisation})
	noError(t, err)
	ask := func(name, trust string, by principal, id string, want bool) question {
		r := request{by: by, action: "sts:AssumeRole", resource: "arn:aws:iam::" + member + ":role/platform/PortIam"}.of(member)
		if id != "" {
			r = r.with(func(r *request) { r.context["sts:ExternalId"] = id })
		}
		return question{name, r, policies{identity: []string{admin}, ofResource: trust}, want}
	}
	in := func(account, path, role string) principal {
		return sessionIn(account, "aws", path, role, "port-iam").ofOrganisation(organisation)
	}
	check(t, []question{
		ask("the hub", withID, theHub(), externalID, true),
		ask("the hub without an id, where none is asked for", without, theHub(), "", true),
		ask("the hub without the id", withID, theHub(), "", false),
		ask("the hub with another id", withID, theHub(), "other", false),
		ask("the hub's account has left the organisation", without, theHub().ofOrganisation("o-other00000"), "", false),
		ask("the hub's account is in no organisation", without, sessionIn(hubs, "aws", "/platform/", "port-iam", "port-iam"), "", false),
		ask("an administrator of the hub's account", without, in(hubs, "/", "Admin"), "", false),
		ask("an administrator of the member", without, in(member, "/", "Admin"), "", false),
		ask("a role of the hub's name in another account", without, in(foreign, "/platform/", "port-iam"), "", false),
	})
	only, err := templates.HubPolicy(hubOf(member))
	noError(t, err)
	both := ask("the hub with its own policy", withID, theHub(), externalID, true)
	both.identity = []string{only}
	neither := both
	neither.name, neither.identity, neither.want = "the hub without a policy of its own", nil, false
	check(t, []question{both, neither})
}

// TestTagsOfPodIdentity: session tags of EKS Pod Identity, which pass on to each role that
// the daemon assumes, do not keep it out of a member: its own policy and the trust allow
// them both. It can bring no others, and nobody else can bring any.
func TestTagsOfPodIdentity(t *testing.T) {
	trust, err := templates.MemberTrust(templates.Member{
		Hub: "arn:aws:iam::" + hubs + ":role/platform/port-iam", Organization: organisation, ExternalID: externalID,
	})
	noError(t, err)
	// "List of session tags added by EKS Pod Identity", EKS User Guide.
	pods := []string{
		"eks-cluster-arn", "eks-cluster-name", "kubernetes-namespace", "kubernetes-pod-name", "kubernetes-pod-uid", "kubernetes-service-account",
	}
	var questions []question
	for name, hub := range hubPolicies(t) {
		for _, tt := range []struct {
			name, in string
			by       principal
			tags     []string
			want     bool
		}{
			{"those of Pod Identity", member, theHub(), pods, true},
			{"no tags", member, theHub(), []string{}, true},
			{"another tag", member, theHub(), append([]string{"team"}, pods...), false},
			{"in an account that is not served", unserved, theHub(), pods, name == "many accounts"}, // where it assumes nothing
			{"the hub's account has left the organisation", member, theHub().ofOrganisation("o-other00000"), pods, false},
			{"another role of the hub's account", member, sessionIn(hubs, "aws", "/", "Admin", "port-iam").ofOrganisation(organisation), pods, false},
		} {
			r := request{by: tt.by, action: "sts:TagSession", resource: "arn:aws:iam::" + tt.in + ":role/platform/PortIam"}.of(tt.in)
			r = r.with(func(r *request) { r.context["aws:TagKeys"] = tt.tags })
			questions = append(questions, question{name + ": " + tt.name, r, policies{identity: []string{hub}, ofResource: trust}, tt.want})
		}
	}
	check(t, questions)
	for i := range questions {
		questions[i].ofResource, questions[i].want = "", false
	}
	check(t, questions) // the trust has to allow it
}

// callsOfSTS are the calls of STS in the code that need a right: anybody may ask who he is.
func callsOfSTS(t *testing.T) (actions []string) {
	t.Helper()
	files, err := filepath.Glob("../../iamops/*.go")
	noError(t, err)
	for _, file := range files {
		if matched, _ := filepath.Match("*_test.go", filepath.Base(file)); matched {
			continue
		}
		text, err := os.ReadFile(file)
		noError(t, err)
		for _, m := range regexp.MustCompile(`\bsts\.([A-Z]\w+)\(ctx\b`).FindAllStringSubmatch(string(text), -1) {
			if m[1] != "GetCallerIdentity" {
				actions = append(actions, "sts:"+m[1])
			}
		}
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}

// TestHubActions holds the policy of the hub to the calls in the code, beside those that
// [TestManagementActions] holds the management policy to. AWS checks sts:TagSession where
// tags pass on: [TestTagsOfPodIdentity].
func TestHubActions(t *testing.T) {
	want := append(callsOfSTS(t), "sts:TagSession")
	for name, policy := range hubPolicies(t) {
		var got []string
		for _, st := range statements(t, policy) {
			if st["Effect"] == "Allow" {
				got = append(got, list(st["Action"])...)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: actions of the code and of the policy (-code +policy):\n%s", name, diff)
		}
	}
}
