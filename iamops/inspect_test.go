package iamops_test

import (
	"reflect"
	"slices"
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

func TestHasIdentityCenterRole(t *testing.T) {
	t.Parallel()
	w := newFake(t, iamtest.Options{})
	for _, tc := range []struct {
		path, role string
		want       bool
	}{
		{"/", "AWSReservedSSO_Pretender_0123456789abcdef", false},
		{"/aws-reserved/sso.amazonaws.com/eu-west-1/", "AWSReservedSSO_Developers_0123456789abcdef", true},
	} {
		w.fake.AddRoleSession(tc.path, tc.role, "alice")
		got, err := newClients(t, w.config, nil).HasIdentityCenterRole(t.Context())
		if noError(t, err); got != tc.want {
			t.Errorf("with %s%s: %v", tc.path, tc.role, got)
		}
	}
}

// TestRightsAreComplete holds the list of rights to the calls in the code.
func TestRightsAreComplete(t *testing.T) {
	t.Parallel()
	want := []string{"iam:TagPolicy", "iam:TagRole"}
	for m := range reflect.TypeFor[iamops.API]().Methods() {
		want = append(want, "iam:"+m.Name)
	}
	var got []string
	for _, r := range newFake(t, iamtest.Options{}).ops.Rights() {
		got = append(got, r.Actions...)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("calls of the code and rights that are asked about (-code +rights):\n%s", diff)
	}
}

// TestSimulate: the printed policy lacks nothing, and less of it is noticed.
func TestSimulate(t *testing.T) {
	t.Parallel()
	w := newFake(t, iamtest.Options{})
	management, err := templates.ManagementPolicy(templates.Management{
		Place: templates.Place{Account: account, Partition: "aws", Path: path}, Boundary: boundary, Tags: map[string]string{"team": "platform"},
	})
	noError(t, err)
	const reading = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:Get*","iam:List*","iam:Create*"],"Resource":"*"}]}`
	for _, tc := range []struct {
		name, document string
		lacking        []string
	}{
		{"daemon", management, nil},
		{"reader", reading, []string{
			"iam:AttachRolePolicy", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:DeleteRole", "iam:DeleteRolePolicy",
			"iam:DetachRolePolicy", "iam:PutRolePolicy", "iam:TagPolicy", "iam:TagRole",
		}},
	} {
		w.fake.AddUser(tc.name, tc.document)
		w.fake.AddRoleSession("/", tc.name+"-role", "session", tc.document)
		for _, principal := range []string{
			"arn:aws:iam::" + account + ":user/" + tc.name,
			"arn:aws:sts::" + account + ":assumed-role/" + tc.name + "-role/session",
		} {
			got, err := newClients(t, w.config, nil).Simulate(t.Context(), principal, w.ops.Rights())
			noError(t, err)
			if diff := cmp.Diff(tc.lacking, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", principal, diff)
			}
		}
	}
	if _, err := newClients(t, w.config, nil).Simulate(t.Context(), "arn:aws:iam::"+account+":user/nobody", w.ops.Rights()); !iamops.IsKind(err, iamops.KindNotFound) {
		t.Errorf("of nobody: %v", err)
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
