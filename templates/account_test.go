package templates_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"port-iam/templates"
	goldenfile "port-iam/test/kit/golden"
)

func samplePlace() templates.Place {
	return templates.Place{Account: "123456789012", Partition: "aws", Path: "/port-iam/"}
}

func sampleManagement() templates.Management {
	return templates.Management{Place: samplePlace(), Boundary: "arn:aws:iam::123456789012:policy/PortIamBoundary"}
}

func sampleLimits() templates.Limits {
	return templates.Limits{Account: "123456789012", Services: []string{"s3", "ec2"}, Never: []string{"sts", "iam", "ec2:AssociateEnclaveCertificateIamRole"}}
}

// TestAccountDocuments holds every document for the account, byte for byte.
func TestAccountDocuments(t *testing.T) {
	management := func(change func(*templates.Management)) func() (string, error) {
		m := sampleManagement()
		change(&m)
		return func() (string, error) { return templates.ManagementPolicy(m) }
	}
	for name, render := range map[string]func() (string, error){
		"management-policy":      management(func(*templates.Management) {}),
		"management-policy-role": management(func(m *templates.Management) { m.Role = "arn:aws:iam::123456789012:role/platform/port-iam" }),
		"management-policy-tags": management(func(m *templates.Management) {
			m.Tags = map[string]string{"team": "platform", "Kosten stelle": "r\u00fccklage \u20ac", "empty": ""}
		}),
		"management-policy-aws-cn": management(func(m *templates.Management) {
			m.Partition, m.Path, m.Boundary = "aws-cn", "/", "arn:aws-cn:iam::aws:policy/job-function/ViewOnlyAccess"
		}),
		"boundary": func() (string, error) { return templates.Boundary(sampleLimits()) },
		"boundary-console": func() (string, error) {
			l := sampleLimits()
			l.Console = []string{"rds:DescribeDBInstances", "cloudwatch:DescribeAlarms", "rds:DescribeDBInstances"}
			return templates.Boundary(l)
		},
		"requester-policy": func() (string, error) { return templates.RequesterPolicy(samplePlace()) },
	} {
		t.Run(name, func(t *testing.T) {
			got, err := render()
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range got {
				if r > 0x7e {
					t.Fatalf("%q, which IAM may not take", r)
				}
			}
			goldenfile.Check(t, *update, filepath.Join("testdata", "account", name+".json"), got)
		})
	}
}

// TestAccountRefused are arguments for which a document would allow more than it
// says, or nothing at all.
func TestAccountRefused(t *testing.T) {
	management := func(change func(*templates.Management)) func() (string, error) {
		m := sampleManagement()
		change(&m)
		return func() (string, error) { return templates.ManagementPolicy(m) }
	}
	limits := func(change func(*templates.Limits)) func() (string, error) {
		l := sampleLimits()
		change(&l)
		return func() (string, error) { return templates.Boundary(l) }
	}
	for _, tt := range []struct {
		name   string
		render func() (string, error)
		want   string
	}{
		{"no boundary", management(func(m *templates.Management) { m.Boundary = "" }), "without a permissions boundary"},
		{"boundary none", management(func(m *templates.Management) { m.Boundary = "none" }), `"none" is not the ARN of a managed policy`},
		{"boundary with a wildcard", management(func(m *templates.Management) { m.Boundary = "arn:aws:iam::123456789012:policy/*" }), "is not the ARN"},
		{"boundary with a variable", management(func(m *templates.Management) { m.Boundary = "arn:aws:iam::123456789012:policy/${aws:username}" }), "is not the ARN"},
		{"boundary that is a role", management(func(m *templates.Management) { m.Boundary = "arn:aws:iam::123456789012:role/B" }), "is not the ARN"},
		{"boundary of another account", management(func(m *templates.Management) { m.Boundary = "arn:aws:iam::210987654321:policy/B" }), "is not of account 123456789012"},
		{"boundary of another partition", management(func(m *templates.Management) { m.Boundary = "arn:aws-cn:iam::aws:policy/B" }), "is not of account 123456789012 in partition aws"},
		{"boundary with a name of grants", management(func(m *templates.Management) {
			m.Boundary = "arn:aws:iam::123456789012:policy/port-iam/Permission-Boundary"
		}), "the daemon could delete it"},
		{"boundary in a folder of grants", management(func(m *templates.Management) {
			m.Boundary = "arn:aws:iam::123456789012:policy/port-iam/Permission-/B"
		}), "the daemon could delete it"},
		{"role with a wildcard", management(func(m *templates.Management) { m.Role = "arn:aws:iam::123456789012:role/*" }), "is not the ARN of a role or user"},
		{"role with a variable", management(func(m *templates.Management) { m.Role = "arn:aws:iam::123456789012:role/${aws:username}" }), "is not the ARN of a role or user"},
		{"role that is a session", management(func(m *templates.Management) { m.Role = "arn:aws:sts::123456789012:assumed-role/port-iam/i-1" }), "is not the ARN of a role or user"},
		{"role that is a name", management(func(m *templates.Management) { m.Role = "port-iam" }), "is not the ARN of a role or user"},
		{"role of another account", management(func(m *templates.Management) { m.Role = "arn:aws:iam::210987654321:role/port-iam" }), "is not of account 123456789012"},
		{"role of another partition", management(func(m *templates.Management) { m.Role = "arn:aws-cn:iam::123456789012:role/port-iam" }), "is not of account 123456789012 in partition aws"},
		{"tag with a wildcard", management(func(m *templates.Management) { m.Tags = map[string]string{"team": "*"} }), "the tag team=*"},
		{"tag key with a variable", management(func(m *templates.Management) { m.Tags = map[string]string{"${x}": "y"} }), "the tag ${x}=y"},
		{"account", management(func(m *templates.Management) { m.Account = "*" }), `the account "*" is not 12 digits`},
		{"partition", management(func(m *templates.Management) { m.Partition = "*" }), `"*" is not a partition of AWS`},
		{"path with a wildcard", management(func(m *templates.Management) { m.Path = "/*/" }), `"/*/" is not a path`},
		{"path without an end", func() (string, error) {
			return templates.RequesterPolicy(templates.Place{Account: "123456789012", Partition: "aws", Path: "/port-iam"})
		}, `"/port-iam" is not a path`},
		{"no service", limits(func(l *templates.Limits) { l.Services = nil }), "a boundary needs services"},
		{"nothing denied", limits(func(l *templates.Limits) { l.Never = nil }), "and something that it never does"},
		{"every service", limits(func(l *templates.Limits) { l.Services = []string{"*"} }), `"*" is not the prefix of a service`},
		{"an action for a service", limits(func(l *templates.Limits) { l.Services = []string{"s3:GetObject"} }), `"s3:GetObject" is not the prefix`},
		{"a service that is denied", limits(func(l *templates.Limits) { l.Services = []string{"iam"} }), "iam is never granted"},
		{"something strange denied", limits(func(l *templates.Limits) { l.Never = []string{`x"y`} }), "is neither the prefix of a service nor an action"},
		{"account of a boundary", limits(func(l *templates.Limits) { l.Account = "" }), `the account "" is not 12 digits`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.render()
			if err == nil || !strings.Contains(err.Error(), tt.want) || got != "" {
				t.Errorf("%q, %v, want %s", got, err, tt.want)
			}
		})
	}
}

// TestAccountDocumentsFit: IAM refuses a managed policy of more than 6,144
// characters. The longest names leave room for tags; what does not fit is an
// error and not a surprise at installation.
func TestAccountDocumentsFit(t *testing.T) {
	m := sampleManagement()
	m.Partition, m.Path = "aws-us-gov", "/"+strings.Repeat("x", 34)+"/"
	m.Boundary = "arn:aws-us-gov:iam::123456789012:policy/" + strings.Repeat("y", 64) + "/" + strings.Repeat("z", 128)
	m.Role = "arn:aws-us-gov:iam::123456789012:role/" + strings.Repeat("r", 64) + "/" + strings.Repeat("s", 64)
	m.Tags = map[string]string{}
	for i := range 8 {
		m.Tags[fmt.Sprintf("mandatory-tag-%02d", i)] = strings.Repeat("v", 24)
	}
	text, err := templates.ManagementPolicy(m)
	if n := length(text); err != nil || n > 6144 || n < 4000 {
		t.Errorf("%d characters with the longest names and 8 tags, %v", n, err)
	}
	if n := length(must(templates.ManagementPolicy(sampleManagement()))); n > 2700 {
		t.Errorf("%d characters with the usual names: what made it longer?", n)
	}
	for i := range 40 {
		m.Tags[fmt.Sprintf("mandatory-tag-%02d", i)] = strings.Repeat("v", 24)
	}
	if text, err := templates.ManagementPolicy(m); err == nil || !strings.Contains(err.Error(), "fewer or shorter tags") || text != "" {
		t.Errorf("40 tags: %d characters, %v", length(text), err)
	}

	l := sampleLimits()
	for i := range 700 {
		l.Services = append(l.Services, fmt.Sprintf("service%d", i))
	}
	if text, err := templates.Boundary(l); err == nil || !strings.Contains(err.Error(), "choose fewer services") || text != "" {
		t.Errorf("700 services: %d characters, %v", length(text), err)
	}
}

func length(text string) int {
	return len(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text))
}

func must(text string, err error) string {
	if err != nil {
		panic(err)
	}
	return text
}

// ExampleBoundary shows which services a boundary allows.
func ExampleBoundary() {
	text, err := templates.Boundary(templates.Limits{Account: "123456789012", Services: []string{"s3", "ec2"}, Never: []string{"iam", "sts"}})
	var doc struct {
		Statement []struct{ Effect, Action any }
	}
	if err == nil {
		err = json.Unmarshal([]byte(text), &doc)
	}
	fmt.Println(doc.Statement, err)
	// Output: [{Allow [ec2:* s3:*]} {Deny [iam:* sts:*]}] <nil>
}
