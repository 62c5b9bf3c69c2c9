package iamops_test

import (
	"maps"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/templates"
)

// planner makes the operations of other settings.
func planner(t *testing.T, change func(*iamops.Options)) *iamops.Ops {
	t.Helper()
	o := options(t, newClients(t, newFake(t, iamtest.Options{}).config, nil).IAM)
	change(&o)
	ops, err := iamops.New(o)
	noError(t, err)
	return ops
}

func TestPlan(t *testing.T) {
	t.Parallel()
	got, err := planner(t, func(*iamops.Options) {}).Plan(request())
	noError(t, err)
	want := iamops.Plan{
		Name: "Permission-r_AbCdEf0123456789", RunID: "r_AbCdEf0123456789",
		RoleARN:     "arn:aws:iam::123456789012:role/port-iam/Permission-r_AbCdEf0123456789",
		PolicyARN:   "arn:aws:iam::123456789012:policy/port-iam/Permission-r_AbCdEf0123456789",
		Description: "port-iam run r_AbCdEf0123456789 ends 2030-11-23T14:00:00Z",
		SignInURL: "https://signin.aws.amazon.com/switchrole?account=123456789012" +
			"&roleName=port-iam%2FPermission-r_AbCdEf0123456789&displayName=Permission-r_AbCdEf0123456789",
		ConsoleURL: "https://console.aws.amazon.com/s3/buckets/reports",
		Profile: "[profile Permission-r_AbCdEf0123456789]\nrole_arn = arn:aws:iam::123456789012:role/port-iam/Permission-r_AbCdEf0123456789\n" +
			"source_profile = <your profile>\nduration_seconds = 3600",
		Begins: time.Date(2030, 11, 23, 6, 0, 0, 0, time.UTC), MaxSession: 8 * time.Hour,
		Tags: map[string]string{
			"port-iam-managed-by": "port-iam", "port-iam-org-id": "org_1", "port-iam-run-id": "r_AbCdEf0123456789",
			"port-iam-expires-at": "2030-11-23T14:00:00Z", "port-iam-requester": "alice@example.com", "team": "platform",
		},
	}
	// The documents are the business of package templates; here it counts that
	// the right data reach them.
	for what, parts := range map[string][]string{
		got.Policy: {`"s3:GetObject"`, `"s3:ListBucket"`, `"arn:aws:s3:::reports"`, `"aws:CurrentTime":"2030-11-23T14:00:00Z"`},
		got.Trust:  {`"arn:aws:iam::123456789012:root"`, `"*:alice@example.com"`, `"aws:CurrentTime":"2030-11-23T14:00:00Z"`},
	} {
		for _, part := range parts {
			if !strings.Contains(what, part) {
				t.Errorf("%s is not in %s", part, what)
			}
		}
	}
	want.Policy, want.Trust, want.Scope = got.Policy, got.Trust, got.Scope
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPlanVariants(t *testing.T) {
	t.Parallel()
	type outcome struct{ RoleARN, SignIn, Description, Expires, Requester string }
	const name = "Permission-r_AbCdEf0123456789"
	standard := outcome{
		"arn:aws:iam::123456789012:role/port-iam/" + name, "signin.aws.amazon.com port-iam/" + name,
		"port-iam run r_AbCdEf0123456789 ends 2030-11-23T14:00:00Z", "2030-11-23T14:00:00Z", "alice@example.com",
	}
	tests := []struct {
		name   string
		change func(*iamops.Options, *iamops.Request)
		want   func(*outcome)
	}{
		{"until revoked", func(_ *iamops.Options, g *iamops.Request) { g.End = time.Time{} }, func(w *outcome) {
			w.Description, w.Expires = "port-iam run r_AbCdEf0123456789 ends when revoked", "absent"
		}},
		{"in another time zone", func(_ *iamops.Options, g *iamops.Request) {
			g.End = g.End.Add(999 * time.Millisecond).In(time.FixedZone("", 3600))
		}, func(*outcome) {}},
		{"root path", func(o *iamops.Options, _ *iamops.Request) { o.Path = "/" }, func(w *outcome) {
			w.RoleARN, w.SignIn = "arn:aws:iam::123456789012:role/"+name, "signin.aws.amazon.com "+name
		}},
		{"GovCloud", func(o *iamops.Options, g *iamops.Request) {
			o.Partition, o.Boundary, g.Resource = "aws-us-gov", "", "arn:aws-us-gov:s3:::reports"
		}, func(w *outcome) {
			w.RoleARN, w.SignIn = "arn:aws-us-gov:iam::123456789012:role/port-iam/"+name, "signin.amazonaws-us-gov.com port-iam/"+name
		}},
		{"China", func(o *iamops.Options, g *iamops.Request) {
			o.Partition, o.Boundary, g.Resource = "aws-cn", "", "arn:aws-cn:s3:::reports"
		}, func(w *outcome) {
			w.RoleARN, w.SignIn = "arn:aws-cn:iam::123456789012:role/port-iam/"+name, "signin.amazonaws.cn port-iam/"+name
		}},
		// A single illegal tag would make AWS refuse the role.
		{"a requester that is no tag", func(_ *iamops.Options, g *iamops.Request) { g.Requester = "o'brien@example.com" }, func(w *outcome) { w.Requester = "absent" }},
		{"a long requester", func(_ *iamops.Options, g *iamops.Request) { g.Requester = strings.Repeat("x", 257) }, func(w *outcome) { w.Requester = "absent" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := request()
			ops := planner(t, func(o *iamops.Options) { tt.change(o, &g) })
			p, err := ops.Plan(g)
			noError(t, err)
			u, err := url.Parse(p.SignInURL)
			noError(t, err)
			got := outcome{p.RoleARN, u.Host + " " + u.Query().Get("roleName"), p.Description, "absent", "absent"}
			if v, ok := p.Tags["port-iam-expires-at"]; ok {
				got.Expires = v
			}
			if v, ok := p.Tags["port-iam-requester"]; ok {
				got.Requester = v
			}
			want := standard
			tt.want(&want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if u.Path != "/switchrole" || u.Query().Get("account") != account || u.Query().Get("displayName") != name {
				t.Error(p.SignInURL)
			}
		})
	}
}

// TestMaxSession: a session of the role may last as long as the grant, within what AWS
// takes ("CreateRole" in the IAM API reference: 3,600 to 43,200 seconds).
func TestMaxSession(t *testing.T) {
	t.Parallel()
	ops := planner(t, func(*iamops.Options) {})
	for lasts, want := range map[time.Duration]int{
		15 * time.Minute: 3600, time.Hour - time.Second: 3600, time.Hour: 3600, time.Hour + time.Second: 3601,
		90*time.Minute + 999*time.Millisecond: 5400, 8 * time.Hour: 28800,
		12*time.Hour - time.Second: 43199, 12 * time.Hour: 43200, 12*time.Hour + time.Second: 43200, 90 * 24 * time.Hour: 43200,
		0: 43200, // until revoked
	} {
		g := request()
		g.End = time.Time{}
		if lasts > 0 {
			g.End = g.Start.Add(lasts)
		}
		p, err := ops.Plan(g)
		noError(t, err)
		if p.MaxSession != time.Duration(want)*time.Second {
			t.Errorf("a grant of %s: sessions of %s, want %d s", lasts, p.MaxSession, want)
		}
	}
}

// TestPlanRefuses are requests for which there is no plan that AWS would take.
func TestPlanRefuses(t *testing.T) {
	t.Parallel()
	const before, after = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Sid":"`, `"}]}`
	replaced := func(sid string) *templates.Set {
		set, err := templates.Load(fstest.MapFS{templates.PermissionPolicyFile: {Data: []byte(before + sid + after)}})
		noError(t, err)
		return set
	}
	tests := []struct {
		name   string
		change func(*iamops.Options, *iamops.Request)
		want   string
	}{
		{"no run id", func(_ *iamops.Options, g *iamops.Request) { g.RunID = "" }, "the run id holds characters that an IAM name cannot have"},
		{"a run id with a slash", func(_ *iamops.Options, g *iamops.Request) { g.RunID = "r/1" }, "the run id holds characters that an IAM name cannot have"},
		{"a run id with a line break", func(_ *iamops.Options, g *iamops.Request) { g.RunID = "r_1\n" }, "the run id holds characters that an IAM name cannot have"},
		{"path and name of 65", func(o *iamops.Options, g *iamops.Request) {
			o.Path, g.RunID = "/"+strings.Repeat("p", 34)+"/", strings.Repeat("r", 19)
		}, "path and name have 65 characters, and the console switches to 64 at most: shorten IAM_PATH"},
		{"a policy of 6145", func(o *iamops.Options, _ *iamops.Request) {
			o.Templates = replaced(strings.Repeat(" x", 6145-len(before)-len(after))) // white space does not count
		}, "the permission policy would have 6145 characters, and AWS allows 6144: request fewer permissions at once, or on a resource with a shorter name"},
		{"a trust that is too long", func(_ *iamops.Options, g *iamops.Request) { g.UserName = strings.Repeat("x", 2048) }, "the trust policy would have"},
		{"a template that does not escape", func(o *iamops.Options, g *iamops.Request) {
			o.Templates, g.Requester = replaced("{{ .Requester }}"), "\u20ac@example.com"
		}, "IAM takes nothing above U+00FF: use the json function in the template"},
		{"a user name with a wildcard", func(_ *iamops.Options, g *iamops.Request) { g.UserName = "*" }, "acts as a wildcard"},
		{"a variable for an IAM user", func(o *iamops.Options, g *iamops.Request) {
			o.Trust, g.UserName = templates.TrustIAMUser, "${aws:username}"
		}, "acts as a policy variable"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := request()
			_, err := planner(t, func(o *iamops.Options) { tt.change(o, &g) }).Plan(g)
			wantKind(t, "Plan", iamops.KindInvalid, err)
			if err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
	g := request()
	g.RunID = strings.Repeat("r", 18)
	if _, err := planner(t, func(o *iamops.Options) { o.Path = "/" + strings.Repeat("p", 34) + "/" }).Plan(g); err != nil {
		t.Errorf("path and name of 64: %v", err)
	}
}

// TestPlanIsTheSame checks that a plan depends on nothing but the grant and the
// settings: an attempt after a restart must find what it made to be its own.
func TestPlanIsTheSame(t *testing.T) {
	t.Parallel()
	g := request()
	first, err := planner(t, func(*iamops.Options) {}).Plan(g)
	noError(t, err)
	for range 20 {
		g := g
		g.Actions = []string{g.Actions[1], g.Actions[0], g.Actions[1]}
		again, err := planner(t, func(o *iamops.Options) { o.Tags = maps.Clone(o.Tags) }).Plan(g)
		noError(t, err)
		if diff := cmp.Diff(first, again); diff != "" {
			t.Fatalf("(-first +again):\n%s", diff)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Permission-r_1": "r_1", iamops.Name("r-2"): "r-2",
		"Permission-": "", "permission-r_1": "", "xPermission-r_1": "", "Permission-r/1": "", "Permission-r_1\n": "", "": "",
	} {
		if got, ok := iamops.RunID(name); got != want || ok != (want != "") {
			t.Errorf("%q is of run %q, %v", name, got, ok)
		}
	}
}
