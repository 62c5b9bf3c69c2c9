package policies

import (
	"encoding/json"
	"strings"
	"testing"

	"port-iam/iamops"
	"port-iam/templates"
)

// some are actions of a kind that stand for the others: the first of those without a
// row, and the first of each row.
func (k kind) some(granted []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, a := range granted {
		calls, _ := k.calls(a)
		if key := strings.Join(calls, " "); !seen[key] {
			seen[key], out = true, append(out, a)
		}
	}
	return out
}

// altered changes each statement of a document.
func altered(t *testing.T, document string, change func(statement map[string]any)) string {
	t.Helper()
	doc := parse(t, document)
	for _, st := range doc["Statement"].([]any) {
		change(st.(map[string]any))
	}
	text, err := json.Marshal(doc)
	noError(t, err)
	return string(text)
}

// without returns a change that takes an operator out of the conditions.
func without(operator string) func(map[string]any) {
	return func(st map[string]any) { delete(st["Condition"].(map[string]any), operator) }
}

// onNames returns a change that lets each resource end after the ARN of the grant's own
// resource, and go on as given.
func (k kind) onNames(ending string) func(map[string]any) {
	return func(st map[string]any) {
		resources := list(st["Resource"])
		for i, r := range resources {
			for _, own := range append([]string{k.entity}, k.related...) {
				if own = strings.TrimRight(iamops.Written(own), "/:"); strings.HasPrefix(r, own) {
					resources[i] = own + ending
				}
			}
		}
		st["Resource"] = resources
	}
}

// TestEveryActionIsNeeded alters the policies of grants of TestEveryAction in each way,
// and wants its questions to notice.
func TestEveryActionIsNeeded(t *testing.T) {
	t.Parallel()
	s := settings[1]
	_, ops := daemon(t, s, templates.TrustIdentityCenter, newWorld(t, s).config)
	services := actsOn(t)
	var questions []question
	var names []string // of the alteration that each question is about
	wrong := map[string]int{}
	for _, k := range readKinds(t) {
		if len(k.rows) == 0 && len(questions) > 0 {
			continue // one of these stands for all
		}
		for _, action := range k.some(k.granted(t, ops, services)) {
			p, err := ops.Plan(k.request(action))
			noError(t, err)
			document := altered(t, p.Policy, func(map[string]any) {})
			for name, change := range map[string]func(map[string]any){
				"without an end":         without("DateLessThan"),
				"without an owner":       without("StringEquals"),
				"on names that go on":    k.onNames("*"),
				"without what is inside": k.onNames(""),
			} {
				if p.Policy = altered(t, document, change); p.Policy == document {
					continue
				}
				name = action + " on " + k.entity + " " + name
				wrong[name] = 0
				for _, q := range k.questions(t, s, p, action) {
					q.trusted = true // by TestEveryAction
					questions, names = append(questions, q), append(names, name)
				}
			}
		}
	}
	for i, v := range evaluate(t, questions) {
		if (v.Result == allowed) != questions[i].want {
			wrong[names[i]]++
		}
	}
	for name, n := range wrong {
		if n == 0 {
			t.Errorf("nobody notices %s", name)
		}
	}
	t.Logf("%d altered grants, %d decisions", len(wrong), len(questions))
}

// TestStarsInNames: a star in the name of a resource is that star. The evaluator takes
// one in a request for a wildcard, so our own double is asked.
func TestStarsInNames(t *testing.T) {
	s := settings[1]
	w := newWorld(t, s)
	_, ops := daemon(t, s, templates.TrustIdentityCenter, w.config)
	for entity, action := range map[string]string{
		"arn:aws:cloudwatch:us-east-1:123456789012:alarm:CPU * ($5?)": "cloudwatch:DeleteAlarms",
		"arn:aws:s3:::reports/a*b/$*?.csv":                            "s3:GetObject",
		"arn:aws:apigateway:us-east-1::/domainnames/*.example.com":    "apigateway:GET",
	} {
		p, err := ops.Plan(grantOf(entity, action))
		noError(t, err)
		key, _ := w.fake.AddUser("holder", p.Policy)
		for resource, want := range map[string]bool{
			entity: true, strings.ReplaceAll(entity, "*", "x"): false, strings.ReplaceAll(entity, "*", ""): false,
			strings.ReplaceAll(entity, "*", "${*}"): false, entity + "0": false,
		} {
			if got, why := w.fake.Allowed(key, action, resource); got != want {
				t.Errorf("%s on %s: %v, %s", action, resource, got, why)
			}
		}
	}
}
