package iamops_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"port-iam/iamops"
	"port-iam/iamops/catalogue"
	"port-iam/templates"
)

// policy is a document of statements.
func policy(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

// TestOutsideActions: what a boundary certainly does not allow on any resource.
func TestOutsideActions(t *testing.T) {
	t.Parallel()
	printed, err := templates.Boundary(templates.Limits{Account: account, Services: []string{"s3"}, Never: []string{"iam", "s3:PutBucketPolicy"}})
	noError(t, err)
	actions := []string{"s3:GetObject", "s3:PutBucketPolicy", "ec2:StopInstances", "iam:CreateUser"}
	const everything = `{"Effect":"Allow","Action":"*","Resource":"*"}`
	for _, tc := range []struct {
		name, document string
		want           []string
	}{
		{"as printed", printed, actions[1:]},
		{"everything", allowAll, nil},
		{"letter case", policy(`{"Effect":"Allow","Action":"S3:get*","Resource":"*"}`), actions[1:]},
		{"one character", policy(`{"Effect":"Allow","Action":["s?:GetObject","ec2:Stop*s"],"Resource":"*"}`), []string{actions[1], actions[3]}},
		{"all but", policy(`{"Effect":"Allow","NotAction":["iam:*","ec2:*"],"Resource":"*"}`), actions[2:]},
		{"no list", `{"Version":"2012-10-17","Statement":` + everything + `}`, nil},
		{"some resource", policy(`{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::reports"}`), actions[2:]},
		{"under a condition", policy(`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}`), actions[2:]},
		{"on all but a resource", policy(`{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws:s3:::reports"}`), actions[2:]},
		{"denied", policy(everything, `{"Effect":"Deny","Action":"s3:*","Resource":"*"}`), actions[:2]},
		{"all but some denied", policy(everything, `{"Effect":"Deny","NotAction":"s3:*","Resource":["arn:aws:s3:::reports","*"]}`), actions[2:]},
		{"denied sometimes", policy(everything, `{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`), nil},
		{"denied on a resource", policy(everything, `{"Effect":"Deny","Action":"ec2:*","Resource":"arn:aws:ec2:*:*:instance/i-1"}`), nil},
		{"denied on all but a resource", policy(everything, `{"Effect":"Deny","Action":"ec2:*","NotResource":"arn:aws:ec2:*:*:instance/i-1"}`), nil},
		{"denied on all of AWS by a pattern", policy(everything, `{"Effect":"Deny","Action":"ec2:*","Resource":"arn:*"}`), nil},
	} {
		got := iamops.ReadBoundary(boundary, tc.document).Outside(iamops.Scope{Statements: []catalogue.Statement{{Actions: actions, Resources: []string{"*"}}}})
		if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

// TestOutsideResources: an action is outside only where that is certain for each of the
// resources for which it is asked, whatever wildcards are on both sides.
func TestOutsideResources(t *testing.T) {
	t.Parallel()
	const (
		bucket  = "arn:aws:s3:::reports"
		objects = bucket + "/*"
		table   = "arn:aws:dynamodb:eu-west-1:123456789012:table/Orders"
	)
	allow := func(resources ...string) string {
		return fmt.Sprintf(`{"Effect":"Allow","Action":"*","Resource":["%s"]}`, strings.Join(resources, `","`))
	}
	deny := func(resources ...string) string { return strings.Replace(allow(resources...), "Allow", "Deny", 1) }
	but := func(statement string) string { return strings.Replace(statement, `"Resource"`, `"NotResource"`, 1) }
	when := func(statement, condition string) string {
		return strings.TrimSuffix(statement, "}") + `,"Condition":` + condition + "}"
	}
	everything := allow("*")
	for _, tc := range []struct {
		name     string
		document string
		on       []string
		outside  bool
	}{
		{"the same", policy(allow(bucket)), []string{bucket}, false},
		{"another one", policy(allow(bucket + "2")), []string{bucket}, true},
		{"another service", policy(allow("arn:aws:dynamodb:*")), []string{bucket}, true},
		{"another account", policy(allow("arn:aws:dynamodb:*:999999999999:*")), []string{table}, true},
		{"another region", policy(allow("arn:aws:dynamodb:us-*:123456789012:table/*")), []string{table}, true},
		{"its region", policy(allow("arn:aws:dynamodb:eu-*:123456789012:table/*")), []string{table}, false},
		{"another table", policy(allow("arn:aws:dynamodb:*:123456789012:table/Customers*")), []string{table}, true},
		{"another table, with wildcards", policy(allow("arn:aws:dynamodb:eu-west-1:123456789012:table/Customers*")), []string{table, table + "/*"}, true},
		{"a wildcard at the end of a part reaches over the colon", policy(allow("arn:aws:dynamodb:*:*:table/Customers*")), []string{table + "/*"}, false},
		{"one of two", policy(allow(bucket+"2", bucket)), []string{bucket}, false},
		{"one of two statements", policy(allow(bucket+"2"), allow(bucket)), []string{bucket}, false},
		{"one of two asked for", policy(allow(table + "/index/*")), []string{table, table + "/index/*"}, false},
		{"the objects, of the bucket", policy(allow(bucket)), []string{objects}, true},
		{"the bucket, of the objects", policy(allow(objects)), []string{bucket}, true},
		{"a folder of the objects", policy(allow(bucket + "/team-a/*")), []string{objects}, false},
		{"the objects of other folders", policy(allow(bucket + "/team-a/*")), []string{bucket + "/team-b/*"}, true},
		{"folders that may be the same", policy(allow(bucket + "/*-a/*")), []string{bucket + "/team-*/x"}, false},
		{"folders that cannot be the same", policy(allow(bucket + "/*-a")), []string{bucket + "/team-*-b"}, true},
		{"one character", policy(allow("arn:aws:s3:::report?")), []string{bucket}, false},
		{"one character too few", policy(allow("arn:aws:s3:::reports?")), []string{bucket}, true},
		{"wildcards at both ends", policy(allow("*reports")), []string{"arn:aws:s3:::*"}, false},
		{"letter case, which some services ignore", policy(allow("arn:aws:s3:::REPORTS")), []string{bucket}, false},
		{"a variable", policy(allow("arn:aws:s3:::${aws:PrincipalTag/team}")), []string{bucket}, false},
		{"a variable elsewhere", policy(allow("arn:aws:s3:::${aws:PrincipalTag/team}/x")), []string{bucket}, true},
		{"a variable that is a character", policy(allow("arn:aws:s3:::reports/${*}")), []string{bucket + "/${*}"}, false},
		{"a name with a star in it", policy(allow(bucket + "/x")), []string{bucket + "/${*}"}, true},
		{"a name with a star, and a wildcard", policy(allow(bucket + "/?")), []string{bucket + "/${*}"}, false},
		{"a name with a star, and a longer one", policy(allow(bucket + "/??")), []string{bucket + "/${*}"}, true},
		{"no ARN", policy(allow("reports")), []string{bucket}, true},

		{"denied", policy(everything, deny(bucket)), []string{bucket}, true},
		{"denied, in other letters", policy(everything, deny("arn:aws:s3:::REPORTS")), []string{bucket}, false},
		{"denied, of two", policy(everything, deny(bucket)), []string{bucket, objects}, false},
		{"both denied", policy(everything, deny(bucket), deny(objects)), []string{bucket, objects}, true},
		{"both denied by one pattern", policy(everything, deny(bucket+"*")), []string{bucket, objects}, true},
		{"a part is denied", policy(everything, deny(bucket+"/team-a/*")), []string{objects}, false},
		{"more than the part is denied", policy(everything, deny(objects)), []string{bucket + "/team-a/*"}, true},
		{"every region is denied", policy(everything, deny("arn:aws:dynamodb:*:*:table/*")), []string{table, table + "/index/*"}, true},
		{"another account is denied", policy(everything, deny("arn:aws:dynamodb:*:999999999999:table/*")), []string{table}, false},
		{"one character is denied", policy(everything, deny("arn:aws:s3:::report?")), []string{bucket}, true},
		{"one character is denied, of any text", policy(everything, deny(bucket+"/?")), []string{objects}, false},
		{"denied for a variable", policy(everything, deny("arn:aws:s3:::${aws:PrincipalTag/team}")), []string{bucket}, false},
		{"denied for a variable that is a character", policy(everything, deny(bucket+"/${*}")), []string{bucket + "/${*}"}, false},
		{"denied by a star for a name with a star", policy(everything, deny(objects)), []string{bucket + "/${*}"}, true},
		{"denied by an ARN with parts missing", policy(everything, deny("arn:aws:s3")), []string{bucket}, true},
		{"denied by an ARN with parts missing, of a wildcard", policy(everything, deny("arn:aws:dynamodb:*")), []string{table}, true},
		{"another service denied by an ARN with parts missing", policy(everything, deny("arn:aws:dynamodb")), []string{bucket}, false},
		{"denied by two stars", policy(everything, deny("**")), []string{bucket}, true},
		{"allowed by an ARN with parts missing", policy(allow("arn:aws:s3")), []string{bucket}, false},
		{"perhaps allowed by an ARN with parts missing", policy(allow("*:reports")), []string{bucket}, false},
		{"denied but for others", policy(everything, but(deny(bucket+"2"))), []string{bucket}, true},
		{"denied but for others, of its part", policy(everything, but(deny(bucket+"/team-a/*"))), []string{objects}, false},
		{"denied but for it", policy(everything, but(deny(bucket))), []string{bucket}, false},
		{"denied but for what may be it", policy(everything, but(deny("arn:aws:s3:::${aws:PrincipalTag/team}"))), []string{bucket}, false},
		{"allowed but for it", policy(but(allow(bucket, objects))), []string{bucket, objects}, true},
		{"allowed but for its part", policy(but(allow(bucket + "/team-a/*"))), []string{objects}, false},
		{"allowed but for all", policy(but(allow("*"))), []string{bucket}, true},
		{"allowed but for others", policy(but(allow(bucket + "2"))), []string{bucket}, false},
		{"denied under no condition", policy(everything, when(deny(bucket), "{}")), []string{bucket}, true},
		{"denied under a condition", policy(everything, when(deny(bucket), `{"Bool":{"aws:SecureTransport":"false"}}`)), []string{bucket}, false},
		{"denied, and allowed again", policy(deny(bucket), allow(bucket)), []string{bucket}, true},
		{"nothing allowed", policy(), []string{bucket}, true},
	} {
		got := iamops.ReadBoundary(boundary, tc.document).Outside(iamops.Scope{Statements: []catalogue.Statement{{Actions: []string{"x:Do"}, Resources: tc.on}}})
		if outside := len(got) > 0; outside != tc.outside {
			t.Errorf("%s: outside is %v", tc.name, outside)
		}
	}
}

// TestOutsideOfStatements: an action is inside where one of the statements that ask for
// it is.
func TestOutsideOfStatements(t *testing.T) {
	t.Parallel()
	b := iamops.ReadBoundary(boundary, policy(`{"Effect":"Allow","Action":["s3:*","kms:*"],"Resource":"arn:aws:s3:::reports*"}`))
	got := b.Outside(iamops.Scope{Statements: []catalogue.Statement{
		{Actions: []string{"s3:Put", "kms:Decrypt"}, Resources: []string{"arn:aws:kms:eu-west-1:123456789012:key/1"}},
		{Actions: []string{"s3:Put", "ec2:Stop"}, Resources: []string{"arn:aws:s3:::reports"}},
	}})
	if diff := cmp.Diff([]string{"kms:Decrypt", "ec2:Stop"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := (iamops.Boundary{}).Outside(iamops.Scope{Statements: []catalogue.Statement{{Actions: []string{"s3:Put"}, Resources: []string{"*"}}}}); len(got) > 0 {
		t.Errorf("there is no boundary, and these are outside: %v", got)
	}
}

// TestOutsideOfSeveral: an action that each call is checked on several resources for is
// outside where one of them is; those that stand in for each other do so, too.
func TestOutsideOfSeveral(t *testing.T) {
	t.Parallel()
	const (
		own      = "arn:aws:ec2:us-east-1:123456789012:"
		instance = own + "instance/i-1"
		disk     = own + "volume/vol-1"
		disk2    = own + "volume/vol-2"
		group    = "arn:aws:logs:us-east-1:123456789012:log-group:app"
	)
	allow := func(resources ...string) string {
		return fmt.Sprintf(`{"Effect":"Allow","Action":"*","Resource":["%s"]}`, strings.Join(resources, `","`))
	}
	ops := planner(t, func(*iamops.Options) {})
	for _, tc := range []struct {
		name, document  string
		resource        string
		related         []string
		action, outside string
	}{
		{"the volumes are outside", policy(allow(own + "instance/*")), instance, []string{disk, disk2}, "ec2:AttachVolume", "ec2:AttachVolume"},
		{"the instance is outside", policy(allow(own + "volume/*")), instance, []string{disk, disk2}, "ec2:AttachVolume", "ec2:AttachVolume"},
		{"one volume is inside", policy(allow(instance, disk2)), instance, []string{disk, disk2}, "ec2:AttachVolume", ""},
		{"all is inside", policy(allow(own + "*")), instance, []string{disk, disk2}, "ec2:AttachVolume", ""},
		{"the volumes are denied", policy(allow("*"), strings.Replace(allow(own+"volume/*"), "Allow", "Deny", 1)), instance, []string{disk, disk2}, "ec2:AttachVolume", "ec2:AttachVolume"},
		{"one resource is enough for another action", policy(allow(disk2)), instance, []string{disk, disk2}, "ec2:ModifyVolume", ""},
		{"one form of a group is inside", policy(allow(group + ":*")), group, nil, "logs:StartQuery", ""},
		{"the other form is", policy(allow(group)), group, nil, "logs:StartQuery", ""},
		{"what only some calls touch is inside", policy(allow(own + "volume/*")), instance, []string{disk}, "ec2:ModifyInstanceAttribute", "ec2:ModifyInstanceAttribute"},
		{"what only some calls touch is outside", policy(allow(own + "instance/*")), instance, []string{disk}, "ec2:ModifyInstanceAttribute", ""},
	} {
		r := request()
		r.Resource, r.Related, r.Actions = tc.resource, tc.related, []string{tc.action}
		p, err := ops.Plan(r)
		noError(t, err)
		if got := strings.Join(iamops.ReadBoundary(boundary, tc.document).Outside(p.Scope), " "); got != tc.outside {
			t.Errorf("%s: outside is %q", tc.name, got)
		}
	}
}

// TestOutsideNotUnderstood: what AWS may take one day, and the reader does not know, may
// allow.
func TestOutsideNotUnderstood(t *testing.T) {
	t.Parallel()
	const nothing = `{"Effect":"Allow","Action":"none:None","Resource":"*"}`
	for _, document := range []string{
		"", "{", "%zz", "[]", `{}`, `{"Statement":"x"}`, `{"Statement":[3]}`,
		policy(nothing, `{"Effect":"Permit","Action":"*","Resource":"*"}`),
		policy(nothing, `{"Effect":"Allow","Action":"*","Resource":"*","Unless":{}}`),
		policy(nothing, `{"Effect":"Allow","Action":"s3:*","NotAction":"s3:Get*","Resource":"*"}`),
		policy(nothing, `{"Effect":"Allow","Action":{"Except":"s3:Get*"},"Resource":"*"}`),
		policy(nothing, `{"Effect":"Deny","Action":"*","Resource":"*","Unless":{}}`),
		policy(nothing, `{"Effect":"Allow","Action":"*","Resource":"x","NotResource":"y"}`),
	} {
		if got := iamops.ReadBoundary(boundary, document).Outside(iamops.Scope{Statements: []catalogue.Statement{{Actions: []string{"s3:GetObject"}, Resources: []string{"*"}}}}); len(got) > 0 {
			t.Errorf("%s: outside are %v", document, got)
		}
	}
}

// TestOutsideOfEveryText holds the comparison of wildcards to the texts that they stand
// for: an Allow counts exactly where both have one in common, and a Deny at most where it
// has all of the other's.
func TestOutsideOfEveryText(t *testing.T) {
	t.Parallel()
	words := func(alphabet string, most int) (all []string) {
		all = []string{""}
		for from := 0; most > 0; most-- {
			for _, w := range all[from:] {
				for _, c := range alphabet {
					all = append(all, w+string(c))
				}
			}
			from = (len(all) - 1) / len(alphabet)
		}
		return all
	}
	const prefix = "arn:aws:s3:::"
	texts, patterns := words("ab", 6), words("ab*?", 3)
	outside := func(document, on string) bool {
		return len(iamops.ReadBoundary(boundary, document).Outside(iamops.Scope{Statements: []catalogue.Statement{{Actions: []string{"x:Do"}, Resources: []string{prefix + on}}}})) > 0
	}
	denials := 0
	for _, p := range patterns {
		allow := fmt.Sprintf(`{"Effect":"Allow","Action":"*","Resource":"%s"}`, prefix+p)
		deny := strings.Replace(allow, "Allow", "Deny", 1)
		for _, on := range patterns {
			meets, holds := false, true
			for _, text := range texts {
				if catalogue.Match(on, text) {
					in := catalogue.Match(p, text)
					meets, holds = meets || in, holds && in
				}
			}
			if outside(policy(allow), on) == meets {
				t.Errorf("allowed on %q, asked for %q: outside is %v", p, on, meets)
			}
			denied := outside(policy(`{"Effect":"Allow","Action":"*","Resource":"*"}`, deny), on)
			if denied && !holds {
				t.Errorf("denied on %q, asked for %q: not all of it is denied", p, on)
			}
			if denied {
				denials++
			}
		}
	}
	if denials < 500 {
		t.Errorf("only %d pairs are denied", denials)
	}
}

// manyActions is a request for so many actions on a resource whose ARN is long, and a
// boundary that allows them on 100 resources of a form, and denies others on as many.
func manyActions(actions int, form string) (iamops.Boundary, iamops.Scope) {
	asked := catalogue.Statement{Resources: []string{"arn:aws:s3:::reports-099/" + strings.Repeat("folder/", 270) + "*"}}
	several := map[string][][]string{}
	for n := range actions {
		a := fmt.Sprintf("s3:Action%d", n)
		asked.Actions = append(asked.Actions, a)
		several[a] = [][]string{asked.Resources}
	}
	var allowed, denied []string
	for n := range 100 {
		r := fmt.Sprintf(form, n)
		allowed, denied = append(allowed, r), append(denied, r+"/never")
	}
	statement := func(effect string, on []string) string {
		return fmt.Sprintf(`{"Effect":"%s","Action":"s3:*","Resource":["%s"]}`, effect, strings.Join(on, `","`))
	}
	return iamops.ReadBoundary(boundary, policy(statement("Allow", allowed), statement("Deny", denied))),
		iamops.Scope{Statements: []catalogue.Statement{asked}, Several: several}
}

// Forms of the resources in a boundary: wildcards at the end, in between, in the parts
// that the ARNs of buckets leave empty, and around another folder.
const (
	atEnd     = "arn:aws:s3:::reports-%03d/*"
	between   = "arn:aws:s3:::*-%03d/*/x"
	inParts   = "arn:aws:s3:*:*:reports-%03d/x*"
	elsewhere = "arn:aws:s3:::reports-%03d/folder?x/*"
)

// TestOutsideIsQuick: each resource is compared with each of the boundary once, however
// many actions are asked for on it. To compare for each action again takes many times
// what is allowed here.
func TestOutsideIsQuick(t *testing.T) {
	t.Parallel()
	const actions, most = 2000, 10 * time.Second
	for form, want := range map[string]int{atEnd: 0, between: 0, inParts: 0, elsewhere: actions} {
		b, asked := manyActions(actions, form)
		began := time.Now()
		outside := b.Outside(asked)
		if took := time.Since(began); took > most {
			t.Errorf("%s: %s", form, took)
		}
		if len(outside) != want {
			t.Errorf("%s: %d of %d actions on one resource are outside, want %d", form, len(outside), actions, want)
		}
	}
}

func BenchmarkOutside(b *testing.B) {
	for _, form := range []string{atEnd, between, inParts, elsewhere} {
		b.Run(form, func(b *testing.B) {
			bounds, asked := manyActions(60, form)
			for b.Loop() {
				bounds.Outside(asked)
			}
		})
	}
}
