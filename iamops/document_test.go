package iamops_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/templates"
)

func TestPolicyDocument(t *testing.T) {
	t.Parallel()
	w := newFake(t, iamtest.Options{})
	document, err := newClients(t, w.config, nil).PolicyDocument(t.Context(), boundary)
	noError(t, err)
	outside, err := iamops.Outside(document, []string{"s3:GetObject"})
	if noError(t, err); len(outside) > 0 {
		t.Errorf("everything is allowed, and these are outside: %v", outside)
	}
	if _, err := newClients(t, w.config, nil).PolicyDocument(t.Context(), boundary+"X"); !iamops.IsKind(err, iamops.KindNotFound) {
		t.Errorf("a policy that is not there: %v", err)
	}
}

func TestOutside(t *testing.T) {
	t.Parallel()
	printed, err := templates.Boundary(templates.Limits{Account: account, Services: []string{"s3"}, Never: []string{"iam", "s3:PutBucketPolicy"}})
	noError(t, err)
	actions := []string{"s3:GetObject", "s3:PutBucketPolicy", "ec2:StopInstances", "iam:CreateUser"}
	for _, tc := range []struct {
		name, document string
		want           []string
	}{
		{"as printed", printed, actions[1:]},
		{"everything", allowAll, nil},
		{"letter case", `{"Statement":{"Effect":"Allow","Action":"S3:get*","Resource":"*"}}`, actions[1:]},
		{"one character", `{"Statement":{"Effect":"Allow","Action":["s?:GetObject","ec2:Stop*s"],"Resource":"*"}}`, []string{actions[1], actions[3]}},
		{"all but", `{"Statement":{"Effect":"Allow","NotAction":["iam:*","ec2:*"],"Resource":"*"}}`, actions[2:]},
		{"denied sometimes", `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
			{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}},
			{"Effect":"Deny","Action":"ec2:*","Resource":"arn:aws:ec2:*:*:instance/i-1"}]}`, nil},
		{"as IAM returns it", `%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3A%2A%22%7D%7D`, actions[2:]},
		{"nothing", `{"Statement":[]}`, actions},
	} {
		got, err := iamops.Outside(tc.document, actions)
		noError(t, err)
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
	for _, bad := range []string{"", "{", `{"Statement":"x"}`, "%zz"} {
		if _, err := iamops.Outside(bad, actions); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}
