package templates_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/templates"
)

// FuzzRender puts what strangers write into the built-in templates. The result
// is an error or exactly the policy that is meant: whatever the text is, it stays
// one text in its place.
func FuzzRender(f *testing.F) {
	for _, name := range []string{
		"alice@example.com", "*@example.com", "a?b@example.com", "${aws:username}", "$", "{", `o'brien"@example.com`, `","x":"`,
		"a\\", "a\nb\x00\x1b", "\u00fc\u20ac\U0001f600", "\xff\xfe", "", "{{ .OrgID }}", "</script>&", "\u2028", strings.Repeat("x", 5000),
	} {
		f.Add(name, "s3:GetObject", "arn:aws:s3:::reports/*", "2030-11-23T14:00:00Z")
		f.Add("alice@example.com", name, name, name)
	}
	set := builtin(f)
	f.Fuzz(func(t *testing.T, name, action, resource, end string) {
		d := sample()
		d.Requester, d.UserName, d.RunID, d.End = name, name, name, end
		d.Statements = []templates.Statement{{Sid: action, Actions: []string{action, name}, Resources: []string{resource}}}
		doc, err := set.PermissionPolicy(d)
		if err != nil {
			t.Fatalf("there is nothing to refuse in a permission policy: %v", err)
		}
		// A character that is none becomes U+FFFD, as everywhere in JSON.
		valid := func(s string) string { return string([]rune(s)) }
		want := map[string]any{"Sid": valid(action), "Effect": "Allow", "Action": []any{valid(action), valid(name)}, "Resource": []any{valid(resource)}}
		if end != "" {
			want["Condition"] = map[string]any{"DateLessThan": map[string]any{"aws:CurrentTime": valid(end)}}
		}
		is(t, doc, want)

		user := templates.TrustIAMUser
		for trust, condition := range map[string]map[string]any{
			templates.TrustAccount: {},
			user:                   {"StringEquals": map[string]any{"aws:username": valid(name)}},
			templates.TrustIdentityCenter: {
				"StringLike": map[string]any{"aws:userid": "*:" + valid(name)},
				"ArnLike":    map[string]any{"aws:PrincipalArn": "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com*/AWSReservedSSO_*"},
			},
		} {
			d.Trust = trust
			doc, err := set.TrustPolicy(d)
			wide := strings.ContainsAny(name, "*?") || strings.Contains(name, "${")
			if refused := err != nil; refused != (wide && trust != templates.TrustAccount) {
				t.Fatalf("%s: name %q: %v", trust, name, err)
			}
			if err != nil {
				continue
			}
			if end != "" {
				condition["DateLessThan"] = map[string]any{"aws:CurrentTime": valid(end)}
			}
			want := map[string]any{"Effect": "Allow", "Principal": map[string]any{"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}
			if len(condition) > 0 {
				want["Condition"] = condition
			}
			is(t, doc, want)
		}
	})
}

// is checks that a document is the one statement, and of characters that IAM
// takes.
func is(t *testing.T, doc string, statement map[string]any) {
	t.Helper()
	var got any
	if err := json.Unmarshal([]byte(doc), &got); err != nil {
		t.Fatalf("%v in %s", err, doc)
	}
	if diff := cmp.Diff(map[string]any{"Version": "2012-10-17", "Statement": []any{statement}}, got); diff != "" {
		t.Errorf("(-meant +rendered):\n%s", diff)
	}
	for _, r := range doc {
		if r < 0x20 || r > 0x7e {
			t.Fatalf("%q in %s", r, doc)
		}
	}
}
