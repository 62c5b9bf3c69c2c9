package policies

import (
	"slices"
	"strings"
	"testing"

	"port-iam/iamops/catalogue"
	"port-iam/internal/setup"
	"port-iam/templates"
)

const relatedKey = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"

// kindOf is the kind of the resource that a bundle is for, with a key where it is for
// encrypted ones.
func kindOf(t *testing.T, kinds []kind, b setup.Bundle) kind {
	t.Helper()
	at := slices.IndexFunc(kinds, func(k kind) bool { return k.entity == b.Sample })
	if at < 0 {
		t.Fatalf("%s: there is no kind %s", b.ID, b.Sample)
	}
	k := kinds[at]
	if strings.HasSuffix(b.ID, "-encrypted") && !slices.Contains(k.related, relatedKey) {
		k.related = append(slices.Clone(k.related), relatedKey)
		k.rows = append([]row{{[]string{"kms:*"}, []string{relatedKey}}}, k.rows...)
	}
	return k
}

// TestBundles: the policy of each bundle fits, and allows each of its actions on what AWS
// checks their calls on, until the end; and on no resource that is named nearly so, of
// another region or another account. What the service has beyond the bundle stays
// denied: no companions come with one.
func TestBundles(t *testing.T) {
	t.Parallel()
	s := settings[1]
	_, ops := daemon(t, s, templates.TrustIdentityCenter, newWorld(t, s).config)
	known, err := catalogue.Open()
	noError(t, err)
	kinds := readKinds(t)
	var questions []question
	for _, b := range setup.Bundles() {
		k := kindOf(t, kinds, b)
		p, err := ops.Plan(k.request(b.Actions...))
		noError(t, err)
		if n := templates.Length(p.Policy); n > templates.MaxPolicy/2 { // another bundle beside it fits
			t.Errorf("%s: %d characters", b.ID, n)
		}
		for _, st := range p.Scope.Statements {
			for _, a := range st.Actions {
				if !slices.Contains(b.Actions, a) {
					t.Errorf("%s: %s comes with it", b.ID, a)
				}
			}
		}
		for _, a := range b.Actions {
			for _, q := range k.questions(t, s, p, a) {
				q.name = b.ID + ": " + q.name
				questions = append(questions, q)
			}
		}
		beyond, err := known.Actions(b.Service())
		noError(t, err)
		for _, a := range beyond {
			if slices.Contains(b.Actions, a.Name) {
				continue
			}
			calls, _ := k.calls(a.Name)
			r := k.call(user(s, p), a.Name, calls[0])
			r.trusted = true // it may be of another type of resource
			questions = append(questions, question{b.ID + ": beyond it", r, has(p.Policy, calls[0]), false})
		}
	}
	for i, v := range evaluate(t, questions) {
		if q := questions[i]; (v.Result == allowed) != q.want {
			t.Errorf("%s: %s on %s is %s", q.name, q.action, q.resource, v.Result)
		}
	}
	t.Logf("%d bundles, %d decisions", len(setup.Bundles()), len(questions))
}
