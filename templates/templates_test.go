package templates_test

import (
	"errors"
	"flag"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"port-iam/templates"
	goldenfile "port-iam/test/kit/golden"
)

var update = flag.Bool("update", false, "write the golden files again")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sample is the data of a grant that ends; tests change one field of it.
func sample() templates.Data {
	return templates.Data{
		Statements: []templates.Statement{
			{Sid: "Grant0", Actions: []string{"s3:ListBucket"}, Resources: []string{"arn:aws:s3:::reports"}},
			{Sid: "Grant1", Actions: []string{"s3:GetObject", "s3:PutObject"}, Resources: []string{"arn:aws:s3:::reports/*"}},
		},
		Account: "123456789012", Partition: "aws", OrgID: "org_1", RunID: "r_1",
		Requester: "alice+test@example.com", UserName: "alice+test@example.com", Trust: templates.TrustIdentityCenter,
		Start: "2030-11-23T06:00:00Z", End: "2030-11-23T14:00:00Z",
	}
}

func builtin(t testing.TB) *templates.Set {
	t.Helper()
	set, err := templates.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// TestGolden holds every document that the built-in templates render to, byte
// for byte: a change of one is a change of who may do what.
func TestGolden(t *testing.T) {
	set := builtin(t)
	type golden struct {
		file   string
		render func(templates.Data) (string, error)
		change func(*templates.Data)
	}
	ends := map[string]string{"ends": sample().End, "until-revoked": ""}
	var all []golden
	for name, end := range ends {
		all = append(all, golden{"permission-" + name, set.PermissionPolicy, func(d *templates.Data) { d.End = end }})
		for _, trust := range []string{templates.TrustIdentityCenter, templates.TrustIAMUser, templates.TrustAccount} {
			all = append(all, golden{"trust-" + trust + "-" + name, set.TrustPolicy, func(d *templates.Data) { d.End, d.Trust = end, trust }})
		}
	}
	for _, partition := range []string{"aws-us-gov", "aws-cn"} {
		for _, trust := range []string{templates.TrustIdentityCenter, templates.TrustIAMUser, templates.TrustAccount} {
			all = append(all, golden{"trust-" + trust + "-" + partition, set.TrustPolicy, func(d *templates.Data) { d.Partition, d.Trust = partition, trust }})
		}
	}
	both := []string{"210987654321", "123456789012", "210987654321"}
	for trust, accounts := range map[string][]string{
		templates.TrustIdentityCenter: both, templates.TrustAccount: both, templates.TrustIAMUser: {"210987654321"},
	} {
		all = append(all, golden{"trust-" + trust + "-accounts", set.TrustPolicy, func(d *templates.Data) { d.Trust, d.TrustAccounts = trust, accounts }})
	}
	// IAM takes no character above U+00FF, so what an address may hold beyond
	// that is written as JSON escapes.
	all = append(all,
		golden{"permission-one-statement", set.PermissionPolicy, func(d *templates.Data) { d.Statements = d.Statements[:1] }},
		golden{"permission-console", set.PermissionPolicy, func(d *templates.Data) {
			d.Statements = []templates.Statement{
				{Sid: "Console0", Actions: []string{"ec2:DescribeInstances"}, Resources: []string{"*"}, Region: "eu-west-1"},
				{Sid: "Console1", Actions: []string{"s3:ListBucket"}, Resources: []string{"arn:aws:s3:::reports"}, ResourceAccount: "123456789012", Region: "eu-west-1"},
			}
		}},
		golden{"permission-console-until-revoked", set.PermissionPolicy, func(d *templates.Data) {
			d.End, d.Statements = "", []templates.Statement{{Sid: "Console0", Actions: []string{"ec2:DescribeInstances"}, Resources: []string{"*"}, Region: "eu-west-1"}}
		}},
		golden{"trust-awkward-name", set.TrustPolicy, func(d *templates.Data) { d.UserName = "o'brien\"\\<&>\x7f\n\u00fc\u20ac\U0001f600@example.com" }},
	)
	for _, g := range all {
		t.Run(g.file, func(t *testing.T) {
			d := sample()
			g.change(&d)
			got, err := g.render(d)
			if err != nil {
				t.Fatal(err)
			}
			goldenfile.Check(t, *update, filepath.Join("testdata", "golden", g.file+".json"), got+"\n")
		})
	}
	files, err := filepath.Glob("testdata/golden/*")
	if err != nil || len(files) != len(all) {
		t.Errorf("%d golden files for %d documents (%v): remove what is left over", len(files), len(all), err)
	}
}

// TestRefused are data for which there is no document that means what it should.
func TestRefused(t *testing.T) {
	tests := []struct {
		name   string
		change func(*templates.Data)
		want   string
	}{
		{"a wildcard for a name", func(d *templates.Data) { d.UserName = "*@example.com" }, `"*@example.com" holds '*', which acts as a wildcard in a policy`},
		{"a question mark", func(d *templates.Data) { d.UserName = "alice?@example.com" }, `"alice?@example.com" holds '?', which acts as a wildcard in a policy`},
		{"a variable", func(d *templates.Data) { d.UserName = "${aws:userid}" }, `"${aws:userid}" holds ${, which acts as a policy variable`},
		{"a variable for an IAM user", func(d *templates.Data) { d.Trust, d.UserName = templates.TrustIAMUser, "${aws:username}" }, `"${aws:username}" holds ${, which acts as a policy variable`},
		{"a trust that does not exist", func(d *templates.Data) { d.Trust, d.End = "everybody", "" }, `render template trust-policy.json: nothing is known of the trust "everybody"`},
		{"a user in two accounts", func(d *templates.Data) {
			d.Trust, d.TrustAccounts = templates.TrustIAMUser, []string{"123456789012", "210987654321"}
		}, `render template trust-policy.json: the user of a name is trusted in one account, and 2 are named`},
		{"any account", func(d *templates.Data) { d.TrustAccounts = []string{"*"} }, `render template trust-policy.json: the trusted account "*" is not 12 digits`},
		{"no trust", func(d *templates.Data) { d.Trust = "" }, `render template trust-policy.json: nothing is known of the trust ""`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := sample()
			tt.change(&d)
			got, err := builtin(t).TrustPolicy(d)
			if err == nil || root(err).Error() != tt.want || got != "" {
				t.Errorf("%q, %v, want %s", got, err, tt.want)
			}
		})
	}
}

// root is the innermost error; text/template wraps what a function returns.
func root(err error) error {
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return err
}
