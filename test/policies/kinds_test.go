package policies

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"port-iam/iamops"
	"port-iam/iamops/catalogue"
	"port-iam/templates"
	"port-iam/test/kit/server"
)

// kind is a block of testdata/kinds.txt, which says what it means.
type kind struct {
	entity  string
	related []string
	page    string
	unowned bool // calls do not say whose the resource is
	rows    []row
	with    []row // patterns hold the one action that is asked for; calls those with it
}

// row is what the calls of some actions are checked on.
type row struct {
	patterns []string
	calls    []string // resources; in rows of with, action and resource
}

const kindsFile = "testdata/kinds.txt"

func readKinds(t *testing.T) []kind {
	t.Helper()
	text, err := os.ReadFile(kindsFile)
	noError(t, err)
	var all []kind
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		word, rest, _ := strings.Cut(line, " ")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if word == "entity" {
			all = append(all, kind{entity: rest})
			continue
		}
		k := &all[len(all)-1]
		switch word {
		case "related":
			k.related = append(k.related, rest)
		case "page":
			k.page = rest
		case "unowned":
			k.unowned = true
		case "with":
			k.with = append(k.with, k.row(t, rest))
		default:
			k.rows = append(k.rows, k.row(t, line))
		}
	}
	return all
}

func (k *kind) row(t *testing.T, line string) row {
	t.Helper()
	patterns, calls, ok := strings.Cut(line, " = ")
	if !ok || k.page == "" {
		t.Fatalf("%s: no row, or one without a page: %s", kindsFile, line)
	}
	short := []string{"%1", "", "%2", "", "@", k.entity}
	for i, r := range k.related {
		short[1+2*i] = r
	}
	return row{strings.Fields(patterns), strings.Split(strings.NewReplacer(short...).Replace(calls), " | ")}
}

// calls are the resources that calls of an action are checked on, and whether a row
// says so.
func (k kind) calls(action string) ([]string, bool) {
	for _, r := range k.rows {
		for _, p := range r.patterns {
			if catalogue.Match(p, action) {
				return r.calls, true
			}
		}
	}
	return []string{k.entity}, false
}

// unused are the patterns of rows that fit none of the actions.
func (k kind) unused(actions []string) []string {
	var out []string
	for _, r := range k.rows {
		for _, p := range r.patterns {
			if !slices.ContainsFunc(actions, func(a string) bool { return catalogue.Match(p, a) }) {
				out = append(out, p)
			}
		}
	}
	return out
}

func (k kind) request(actions ...string) iamops.Request {
	g := grantOf(k.entity, actions...)
	g.Related = k.related
	return g
}

// others are resources that are named nearly like one in or at a resource of the
// grant: beside it, in another region and in another account.
func (k kind) others(t *testing.T, resource string) []string {
	t.Helper()
	for _, own := range append([]string{k.entity}, k.related...) {
		rest, ok := strings.CutPrefix(resource, own)
		if !ok || rest != "" && !strings.ContainsAny(rest[:1]+own[len(own)-1:], "/:") {
			continue
		}
		name := strings.TrimRight(own, "/:")
		runes := []rune(name)
		out := []string{name + "0" + own[len(name):] + rest, string(runes[:len(runes)-1]) + own[len(name):] + rest}
		for _, different := range []string{strings.Replace(own, ":us-east-1:", ":eu-west-1:", 1), strings.Replace(own, ":"+account+":", ":"+foreign+":", 1)} {
			if different != own {
				out = append(out, different+rest)
			}
		}
		return out
	}
	t.Fatalf("%s is not in a resource of the grant on %s", resource, k.entity)
	return nil
}

// actsOn are the services whose actions act on resources of a service of ARNs, and
// their actions, as AWS's data have it that come with the evaluator.
func actsOn(t *testing.T) map[string][]string {
	t.Helper()
	data := filepath.Join(server.Dir(t, "iam-simulate", "node"), "node_modules", "@cloud-copilot", "iam-data", "data")
	files, err := filepath.Glob(filepath.Join(data, "resourceTypes", "*.json"))
	noError(t, err)
	out := map[string][]string{}
	for _, file := range files {
		var types map[string]struct{ ARN string }
		readJSON(t, file, &types)
		prefix := strings.TrimSuffix(filepath.Base(file), ".json")
		for _, rt := range types {
			for _, pattern := range strings.Split(rt.ARN, ", ") {
				fields := strings.SplitN(pattern, ":", 4)
				if len(fields) == 4 && !slices.Contains(out[fields[2]], prefix) {
					out[fields[2]] = append(out[fields[2]], prefix)
				}
			}
		}
	}
	return out
}

// granted are all actions that are granted on the resources of a kind.
func (k kind) granted(t *testing.T, ops *iamops.Ops, services map[string][]string) []string {
	t.Helper()
	known, err := catalogue.Open()
	noError(t, err)
	var asked []string
	for _, arn := range append([]string{k.entity}, k.related...) {
		for _, prefix := range services[strings.Split(arn, ":")[2]] {
			actions, err := known.Actions(prefix)
			noError(t, err)
			for _, a := range actions {
				asked = append(asked, a.Name)
			}
		}
	}
	slices.Sort(asked)
	asked = slices.Compact(asked)
	for {
		refused, err := ops.Refused(k.request(asked...))
		noError(t, err)
		if refused[""] != nil {
			t.Fatal(refused[""])
		}
		if len(refused) == 0 {
			return asked
		}
		// What does not work without one of the refused is refused the next time.
		asked = slices.DeleteFunc(asked, func(a string) bool { return refused[a] != nil })
	}
}

// plans are grants of all the actions: few, since a policy takes many actions.
func (k kind) plans(t *testing.T, ops *iamops.Ops, actions []string) map[string]iamops.Plan {
	t.Helper()
	p, err := ops.Plan(k.request(actions...))
	if err != nil && len(actions) > 1 {
		all := k.plans(t, ops, actions[:len(actions)/2])
		for a, p := range k.plans(t, ops, actions[len(actions)/2:]) {
			all[a] = p
		}
		return all
	}
	noError(t, err)
	all := map[string]iamops.Plan{}
	for _, a := range actions {
		all[a] = p
	}
	return all
}

// unsaid are the actions in whose calls AWS does not say whose the resource is: those
// of the services here that "AWS global condition context keys", IAM User Guide, lists
// at aws:ResourceAccount.
var unsaid = []string{
	"ec2:AcceptVpcPeeringConnection", "ec2:CopyImage", "ec2:CopySnapshot", "ec2:CreateVolume", "ec2:CreateVpcEndpoint", "ec2:CreateVpcPeeringConnection",
	"ec2:DeleteVpcPeeringConnection", "ec2:RejectVpcPeeringConnection", "es:AcceptInboundConnection", "events:PutEvents",
	"route53:AssociateVPCWithHostedZone", "route53:CreateVPCAssociationAuthorization", "route53:DeleteVPCAssociationAuthorization",
	"route53:DisassociateVPCFromHostedZone", "route53:ListHostedZonesByVPC",
}

// call is one of a session of the grant: with the context that AWS gives it.
func (k kind) call(by principal, action, resource string) request {
	r := request{by: by, action: action, resource: resource}.with(func(r *request) {
		r.context["aws:RequestedRegion"], r.context["aws:SecureTransport"], r.context["aws:SourceIp"] = "us-east-1", "true", "203.0.113.7"
	})
	if k.unowned || slices.Contains(unsaid, action) {
		return r
	}
	return r.of(account)
}

// has are the policies of a call: that of the grant and, for a key, the key policy that
// AWS makes, without which no IAM policy counts there.
func has(document, resource string) policies {
	p := policies{identity: []string{document}}
	if strings.HasPrefix(resource, "arn:aws:kms:") {
		p.ofResource = inAccount("kms:*")
	}
	return p
}

// inAccount is the policy of a resource that leaves some actions to the policies of the
// account.
func inAccount(actions string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:root"},"Action":"` + actions + `","Resource":"*"}]}`
}

// questions are those about one action of a plan.
func (k kind) questions(t *testing.T, s setting, p iamops.Plan, action string) []question {
	t.Helper()
	by := user(s, p)
	calls, _ := k.calls(action)
	var all []question
	for _, resource := range calls {
		own := has(p.Policy, resource)
		r := k.call(by, action, resource)
		all = append(all, question{"a call", r, own, true})
		r.trusted = true
		all = append(all,
			question{"at the last second", r.at(last), own, true},
			question{"at the end", r.at(end), own, false},
		)
		for _, other := range k.others(t, resource) {
			all = append(all, question{"of another resource", r.with(func(r *request) { r.resource = other }), has(p.Policy, other), false})
		}
		if fields := strings.SplitN(resource, ":", 6); fields[4] == "" && r.owner != "" {
			prefix, _, _ := strings.Cut(action, ":")
			shared := inAccount(prefix + ":*")
			all = append(all,
				question{"of another account", r.of(foreign), policies{identity: []string{p.Policy}, ofResource: shared}, false},
				question{"of another account, with all rights", r.of(foreign), policies{identity: []string{admin}, ofResource: shared}, true},
			)
		}
	}
	return all
}

// together are the questions about what an action does not work without.
func (k kind) together(t *testing.T, s setting, ops *iamops.Ops) []question {
	t.Helper()
	var all []question
	for _, w := range k.with {
		p, err := ops.Plan(k.request(w.patterns...))
		noError(t, err)
		for _, call := range w.calls {
			action, resource, _ := strings.Cut(call, " ")
			all = append(all, question{"with " + w.patterns[0], k.call(user(s, p), action, resource), has(p.Policy, resource), true})
		}
	}
	return all
}

// TestEveryAction: each action that is granted on a kind of resources is allowed on
// what AWS checks its calls on, with the context of these, until the end; and neither
// on a resource that is named nearly so, nor on one of another account.
func TestEveryAction(t *testing.T) {
	t.Parallel()
	s := settings[1]
	_, ops := daemon(t, s, templates.TrustIdentityCenter, newWorld(t, s).config)
	services := actsOn(t)
	kinds := readKinds(t)
	var questions []question
	var of []kind // of each question
	actions := 0
	for _, k := range kinds {
		granted := k.granted(t, ops, services)
		if unused := k.unused(granted); len(unused) > 0 || len(granted) == 0 {
			t.Errorf("%s: nothing is granted of %q", k.entity, unused)
			continue
		}
		actions += len(granted)
		asked := k.together(t, s, ops)
		for action, p := range k.plans(t, ops, granted) {
			asked = append(asked, k.questions(t, s, p, action)...)
			if action == granted[0] {
				switching := request{by: alice(s.partition), action: "sts:AssumeRole", resource: p.RoleARN}
				trust := policies{identity: []string{admin}, ofResource: p.Trust}
				asked = append(asked, question{"switching to it", switching, trust, true}, question{"switching to it after the end", switching.at(after), trust, false})
			}
		}
		for _, q := range asked {
			questions, of = append(questions, q), append(of, k)
		}
	}
	for i, v := range evaluate(t, questions) {
		q := questions[i]
		if (v.Result == allowed) != q.want {
			t.Errorf("%s: %s: %s on %s is %s", of[i].entity, q.name, q.action, q.resource, v.Result)
		}
		if _, row := of[i].calls(q.action); v.Unknown != "" && v.Unknown != "multiple.resource.types" && !row {
			t.Errorf("%s: AWS's data have no %s on it", of[i].entity, q.action)
		}
	}
	if len(kinds) < 130 {
		t.Errorf("%d kinds", len(kinds))
	}
	t.Logf("%d kinds, %d actions, %d decisions", len(kinds), actions, len(questions))
}
