package policies

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What the policies of deploy/organizations name, for the reader to put in its own.
const (
	exampleHub          = "111122223333"
	exampleOrganisation = "o-exampleorgid"
)

func organizations(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../deploy/organizations", file))
	noError(t, err)
	return string(text)
}

// People and programs of an organisation that has these policies.
func inOrganisation(account, path, role string) principal {
	return sessionIn(account, "aws", path, role, "caller").ofOrganisation(exampleOrganisation)
}

// people are all who may want to do something in an account.
func people(account string) map[string]principal {
	all := map[string]principal{
		"an administrator":       inOrganisation(account, "/", "Admin"),
		"the account's root":     rootIn(account),
		"a grant":                inOrganisation(account, "/port-iam/", "Permission-r_1"),
		"StackSets":              inOrganisation(account, "/", "stacksets-exec-0123456789abcdef"),
		"the deployment":         inOrganisation(account, "/", "OrganizationAccountAccessRole"),
		"the daemon in a member": inOrganisation(account, "/", "PortIam"),
	}
	if account == exampleHub {
		all["the daemon in the hub"] = inOrganisation(account, "/", "port-iam")
	}
	return all
}

// mayChange are those of them who may change what is at a place.
func mayChange(resource string) []string {
	if strings.Contains(resource, ":saml-provider/") {
		return nil // Identity Center does, by a role that is linked to it, which no such policy limits
	}
	if strings.Contains(resource, "/port-iam/") {
		return []string{"the daemon in the hub", "the daemon in a member", "the deployment"}
	}
	return []string{"StackSets", "the deployment"}
}

// underSCP asks with all rights and service control policies. A Deny of one has the
// effect of a Deny in a policy of the caller: "SCP evaluation", AWS Organizations User
// Guide. None of ours allows anything.
func underSCP(name string, by principal, action, resource string, want bool, scps ...string) question {
	q := question{name, request{by: by, action: action, resource: resource}.of(strings.Split(resource, ":")[4]), policies{identity: append(scps, admin)}, want}
	if action == "sts:AssumeRole" {
		q.ofResource = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}`
	}
	return q
}

// matching are resources that a pattern of the policy matches.
func matching(pattern string) (all []string) {
	name := strings.NewReplacer("stacksets-exec-*", "stacksets-exec-mine", "AWSSSO_*", "AWSSSO_0123456789abcdef_DO_NOT_DELETE", "policy/PortIam*", "policy/PortIamBoundary", "port-iam/*", "port-iam/Permission-r_1").Replace(pattern)
	for _, account := range []string{member, exampleHub} {
		if resource := strings.Replace(name, "::*:", "::"+account+":", 1); !slices.Contains(all, resource) {
			all = append(all, resource)
		}
	}
	return all
}

// changesPolicies tells actions on policies from those on roles.
func changesPolicies(action string) bool {
	return regexp.MustCompile(`Policy(Version)?$`).MatchString(action) && !regexp.MustCompile(`(Role|AssumeRole)Policy$`).MatchString(action)
}

// scpQuestions are what the service control policy forbids everybody but those whom a
// statement names, and what it leaves alone.
func scpQuestions(t *testing.T, scp string) (questions []question) {
	t.Helper()
	ask := func(name string, by principal, action, resource string, want bool) {
		questions = append(questions, underSCP(name, by, action, resource, want, scp))
	}
	for _, st := range statements(t, scp) {
		for _, action := range list(st["Action"]) {
			for _, pattern := range list(st["Resource"]) {
				for _, resource := range matching(pattern) {
					if action == "sts:AssumeRole" || changesPolicies(action) != strings.Contains(resource, ":policy/") {
						continue
					}
					for name, by := range people(strings.Split(resource, ":")[4]) {
						ask(name, by, action, resource, slices.Contains(mayChange(resource), name))
					}
				}
			}
		}
	}
	const here = "arn:aws:iam::" + member + ":"
	for name, by := range people(exampleHub) {
		ask(name+" of the hub's account", by, "sts:AssumeRole", here+"role/PortIam", name == "the daemon in the hub")
	}
	for name, by := range people(member) {
		ask(name, by, "sts:AssumeRole", here+"role/PortIam", false)
		ask(name, by, "sts:AssumeRole", here+"role/Developer", true)
		ask(name, by, "sts:AssumeRole", here+"role/port-iam/Permission-r_1", true)
		for _, action := range []string{"iam:CreateRole", "iam:DeleteRole", "iam:PutRolePolicy", "iam:PassRole", "iam:GetRole"} {
			ask(name, by, action, here+"role/Developer", true)
			ask(name, by, action, here+"role/port-iam-2/Permission-r_1", true)
		}
		ask(name, by, "iam:GetRole", here+"role/PortIam", true)
		ask(name, by, "iam:GetRole", here+"role/port-iam/Permission-r_1", true)
		ask(name, by, "iam:CreatePolicyVersion", here+"policy/Limit", true)
		ask(name, by, "iam:UpdateSAMLProvider", here+"saml-provider/Okta", true)
	}
	return questions
}

func rootIn(account string) principal {
	p := userIn(account, "aws", "/", "").ofOrganisation(exampleOrganisation)
	p.arn = "arn:aws:iam::" + account + ":root"
	p.context["aws:PrincipalArn"], p.context["aws:userid"], p.context["aws:PrincipalType"] = p.arn, account, "Account"
	delete(p.context, "aws:username")
	return p
}

// TestSCP: the service control policy of deploy/organizations keeps everybody off the
// daemon's roles, the boundary and the grants but those who have to change them.
func TestSCP(t *testing.T) {
	scp := organizations(t, "scp.json")
	questions := scpQuestions(t, scp)
	check(t, questions)
	// Without it every one of them passes, so that nothing else answered.
	for i := range questions {
		questions[i].identity, questions[i].want = []string{admin}, true
	}
	check(t, questions)
}

// rcpQuestions are who gets into the roles that the resource control policy is about,
// where their trust lets everybody in.
func rcpQuestions(t *testing.T, rcp string) (questions []question) {
	t.Helper()
	ask := func(name string, by principal, action, role string, want bool) {
		resource := "arn:aws:iam::" + member + ":role/" + role
		trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}`
		identity := []string{admin}
		if action != "sts:AssumeRole" {
			trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"` + by.arn + `"},"Action":"` + action + `"}]}`
			identity = nil
		}
		r := request{by: by, action: action, resource: resource}.of(member)
		questions = append(questions, question{name, r, policies{identity: identity, ofResource: trust, rcps: []string{rcp}}, want})
	}
	const grant = "port-iam/Permission-r_1"
	outsider := sessionIn(foreign, "aws", "/", "Mallory", "m")
	provider := principal{arn: "arn:aws:iam::" + member + ":oidc-provider/login.example.com", context: map[string]any{"aws:CurrentTime": during}}
	ask("the hub enters", people(exampleHub)["the daemon in the hub"], "sts:AssumeRole", "PortIam", true)
	ask("the deployment enters", people(member)["the deployment"], "sts:AssumeRole", "PortIam", false)
	ask("an administrator enters", people(member)["an administrator"], "sts:AssumeRole", "PortIam", false)
	ask("an administrator of the hub's account enters", inOrganisation(exampleHub, "/", "Admin"), "sts:AssumeRole", "PortIam", false)
	ask("an outsider enters", outsider, "sts:AssumeRole", "PortIam", false)
	ask("a token enters", provider, "sts:AssumeRoleWithWebIdentity", "PortIam", false)
	ask("a requester uses a grant", inOrganisation(member, ssoPath, ssoRole), "sts:AssumeRole", grant, true)
	ask("an outsider uses a grant", outsider, "sts:AssumeRole", grant, false)
	ask("another organisation uses a grant", outsider.ofOrganisation("o-other00000"), "sts:AssumeRole", grant, false)
	ask("a token uses a grant", provider, "sts:AssumeRoleWithWebIdentity", grant, false)
	ask("an outsider uses another role", outsider, "sts:AssumeRole", "Partner", true)
	ask("a token uses another role", provider, "sts:AssumeRoleWithWebIdentity", "Deploy", true)
	return questions
}

// TestRCP: the resource control policy of deploy/organizations shuts roles of grants for
// those outside of the organisation, and the roles of members for all but the hub.
func TestRCP(t *testing.T) {
	check(t, rcpQuestions(t, organizations(t, "rcp.json")))
}

// TestStopPolicy: the policy that stops port-iam ends all that the daemon and the grants
// may do, also what a bucket's policy gives the session of a grant, and nothing else.
func TestStopPolicy(t *testing.T) {
	stop := organizations(t, "stop.json")
	grant := inOrganisation(member, "/port-iam/", "Permission-r_1")
	bucket := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + grant.arn + `"},"Action":"s3:GetObject","Resource":"*"}]}`
	var questions []question
	for _, scps := range [][]string{nil, {stop}} {
		for _, tt := range []struct {
			name    string
			by      principal
			stopped bool
		}{
			{"the hub", people(exampleHub)["the daemon in the hub"], true},
			{"a member", people(member)["the daemon in a member"], true},
			{"a grant", grant, true},
			{"an administrator", people(member)["an administrator"], false},
			{"a requester", inOrganisation(member, ssoPath, ssoRole), false},
			{"a role with a similar name", inOrganisation(member, "/", "PortIamAudit"), false},
		} {
			for action, resource := range map[string]string{
				"s3:GetObject": "arn:aws:s3:::reports/x", "iam:CreateRole": "arn:aws:iam::" + member + ":role/port-iam/Permission-r_2",
			} {
				in := tt.by.context["aws:PrincipalAccount"].(string)
				r := request{by: tt.by, action: action, resource: strings.Replace(resource, member, in, 1)}.of(in)
				questions = append(questions, question{tt.name, r, policies{identity: append([]string{admin}, scps...)}, scps == nil || !tt.stopped})
			}
		}
		r := request{by: grant, action: "s3:GetObject", resource: "arn:aws:s3:::reports/x"}.of(member)
		questions = append(questions, question{"a grant by a bucket's policy", r, policies{identity: scps, ofResource: bucket}, scps == nil})
	}
	check(t, questions)
}

// TestOrganizationsAreNeeded takes each statement, and each resource of one, out of the
// policies once, and wants the questions above to notice.
func TestOrganizationsAreNeeded(t *testing.T) {
	for file, ask := range map[string]func(*testing.T, string) []question{"scp.json": scpQuestions, "rcp.json": rcpQuestions} {
		whole := organizations(t, file)
		// What is taken out of a Deny can only let more pass.
		questions := slices.DeleteFunc(ask(t, whole), func(q question) bool {
			return q.want || file == "scp.json" && !strings.HasPrefix(q.name, "an administrator")
		})
		for i, st := range statements(t, whole) {
			without := func(change func(doc map[string]any)) string {
				doc := parse(t, whole)
				change(doc)
				text, err := json.Marshal(doc)
				noError(t, err)
				return string(text)
			}
			weaker := map[string]string{"the statement": without(func(doc map[string]any) {
				doc["Statement"] = slices.Delete(doc["Statement"].([]any), i, i+1)
			})}
			if resources, ok := st["Resource"].([]any); ok {
				for n, resource := range resources {
					weaker[resource.(string)] = without(func(doc map[string]any) {
						st := doc["Statement"].([]any)[i].(map[string]any)
						st["Resource"] = slices.Delete(slices.Clone(resources), n, n+1)
					})
				}
			}
			for what, text := range weaker {
				changed := slices.Clone(questions)
				for n := range changed {
					if changed[n].rcps != nil {
						changed[n].rcps = []string{text}
					} else {
						changed[n].identity = []string{text, admin}
					}
				}
				wrong := 0
				for n, result := range decide(t, changed) {
					if (result == allowed) != changed[n].want {
						wrong++
					}
				}
				if wrong == 0 {
					t.Errorf("%s, %s: nobody notices that %s is gone", file, st["Sid"], what)
				}
			}
		}
	}
}
