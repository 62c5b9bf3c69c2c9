package iamops_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

// TestNew checks what is refused before anything is called.
func TestNew(t *testing.T) {
	t.Parallel()
	many := map[string]string{}
	for i := range 46 {
		many[fmt.Sprintf("k%d", i)] = "v"
	}
	tests := []struct {
		name   string
		change func(*iamops.Options)
		want   string
	}{
		{"a working set", func(*iamops.Options) {}, ""},
		{"no boundary", func(o *iamops.Options) { o.Boundary = "" }, ""},
		{"no tags", func(o *iamops.Options) { o.Tags = nil }, ""},
		{"45 tags", func(o *iamops.Options) { delete(many, "k45"); o.Tags = many }, ""},
		{"no API", func(o *iamops.Options) { o.API = nil }, "the API is required"},
		{"no templates", func(o *iamops.Options) { o.Templates = nil }, "the templates are required"},
		{"no account", func(o *iamops.Options) { o.Account = "" }, `the account "" is not 12 digits`},
		{"8 digits", func(o *iamops.Options) { o.Account = "12345678" }, `the account "12345678" is not 12 digits`},
		{"another partition", func(o *iamops.Options) { o.Partition = "AWS" }, `"AWS" is not a partition of AWS, such as aws or aws-us-gov`},
		{"no organization", func(o *iamops.Options) { o.OrgID = "" }, `the organization id "" cannot be the value of a tag`},
		{"an organization that is no tag", func(o *iamops.Options) { o.OrgID = "org'1" }, `the organization id "org'1" cannot be the value of a tag`},
		{"a path without end", func(o *iamops.Options) { o.Path = "/port-iam" }, `"/port-iam" is not a path such as /port-iam/ (it begins and ends with a slash)`},
		{"no trust", func(o *iamops.Options) { o.Trust = "" }, `unknown trust "": use identity-center, iam-user or account`},
		{"another trust", func(o *iamops.Options) { o.Trust = "everybody" }, `unknown trust "everybody": use identity-center, iam-user or account`},
		{"a tag value that is none", func(o *iamops.Options) { o.Tags = map[string]string{"k": "*"} }, `AWS does not take the tag "k"="*"`},
		{"a tag of AWS", func(o *iamops.Options) { o.Tags = map[string]string{"AWS:k": "v"} }, `AWS does not take the tag "AWS:k"="v"`},
		{
			"a tag of ours", func(o *iamops.Options) { o.Tags = map[string]string{"Port-IAM-run-id": "r_2"} },
			`the tag "Port-IAM-run-id" is not free: keys that begin with port-iam- are port-iam's own`,
		},
		{"a tag twice", func(o *iamops.Options) { o.Tags = map[string]string{"Team": "a", "team": "b"} }, `the tag "team" is given twice, in different letter case`},
		{"46 tags", func(o *iamops.Options) { many["k45"] = "v"; o.Tags = many }, "46 tags are given, and 45 are allowed in addition to port-iam's own"},
		{"all at once", func(o *iamops.Options) { o.Account, o.OrgID = "1", "" }, `the account "1" is not 12 digits` + "\n" + `the organization id "" cannot be the value of a tag`},
	}
	w := newFake(t, iamtest.Options{})
	for _, tt := range tests {
		o := options(t, newClients(t, w.config, nil).IAM)
		tt.change(&o)
		_, err := iamops.New(o)
		got := ""
		if err != nil {
			got = strings.TrimPrefix(err.Error(), "iamops: ")
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestCheckPath(t *testing.T) {
	t.Parallel()
	tests := []struct {
		path string
		ok   bool
	}{
		{"/", true},
		{"/port-iam/", true},
		{"/a/b.c,d+e@f=g_h-1/", true},
		{"/" + strings.Repeat("x", 34) + "/", true},
		{"/" + strings.Repeat("x", 35) + "/", false},
		{"", false},
		{"port-iam/", false},
		{"/port-iam", false},
		{"//", false},
		{"/a//b/", false},
		{"/a b/", false},
		{"/a*/", false},
		{"/a/\n", false},
		{"/\u00fc/", false},
		{"/aws-reserved/x/", false},
		{"/aws-service-role/", false},
		{"/service-role/", false},
	}
	for _, tt := range tests {
		if err := iamops.CheckPath(tt.path); (err == nil) != tt.ok {
			t.Errorf("%q: %v, want ok %v", tt.path, err, tt.ok)
		}
	}
}

// TestLegalTags holds our idea of legal tags to what AWS takes, as the fake
// knows it: one that we take and AWS does not fails every grant.
func TestLegalTags(t *testing.T) {
	t.Parallel()
	texts := []string{
		"", "alice@example.com", "user+x@example.com", "a/b:c=d_e-f.g", "J\u00f6rg \u20ac", "J\u00f6rg", "\u6c49 \u0661", "a\tb", "a\nb", "o'brien@example.com",
		"a*b", "a?b", "${x}", "a,b", "a\"b", "\xff", "aws:x", "AWS:x", "xaws:", strings.Repeat("\u00fc", 128), strings.Repeat("x", 129), strings.Repeat("x", 256), strings.Repeat("x", 257),
	}
	taken := func(key, value string) bool {
		w := newFake(t, iamtest.Options{})
		return w.createRole(t, "/", "r", map[string]string{key: value}) == nil
	}
	legal := 0
	for _, text := range texts {
		if text == "\xff" {
			continue // the SDK would not send it as it is
		}
		if got, want := iamops.LegalTagValue(text), taken("k", text); got != want {
			t.Errorf("value %q: %v, AWS says %v", text, got, want)
		}
		if got, want := iamops.LegalTagKey(text), taken(text, "v"); got != want {
			t.Errorf("key %q: %v, AWS says %v", text, got, want)
		} else if got {
			legal++
		}
	}
	if legal < 4 || iamops.LegalTagValue("\xff") {
		t.Error("the texts are not a test, or invalid UTF-8 passes")
	}
}
