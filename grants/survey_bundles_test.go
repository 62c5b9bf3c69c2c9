package grants_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/catalogue"
	"port-iam/port"
)

// with returns the entity of a permission with a property.
func with(e port.Entity, property, value string) port.Entity {
	e.Properties[property] = json.RawMessage(value)
	return e
}

// TestSurveyOfBundles: a bundle works where all of its actions do, on the resource or on
// the key that is related to it.
func TestSurveyOfBundles(t *testing.T) {
	t.Parallel()
	const contacts = "arn:aws:connect:us-east-1:" + account + ":instance/1234abcd-12ab-34cd-56ef-1234567890ab"
	const keyARN = "arn:aws:kms:us-east-1:" + account + ":key/1234abcd-12ab-34cd-56ef-1234567890ab"
	resources := []port.Entity{entityOf("arn:aws:s3:::plain", "S3"), entityOf("arn:aws:s3:::secret", "S3", keyARN), entityOf(keyARN, "KMS"), entityOf(contacts, "CONNECT")}
	bundle := func(id, kind string, actions ...string) port.Entity {
		text, err := json.Marshal(actions)
		if err != nil {
			t.Fatal(err)
		}
		return with(entityOf(id, kind), "actions", string(text))
	}
	got, err := grants.Survey(context.Background(), surveyor(t), resources, []port.Entity{
		bundle("s3-read", "S3", "s3:GetObject", "s3:ListBucket"),
		bundle("s3-read-encrypted", "S3", "s3:GetObject", "kms:Decrypt"),
		bundle("key", "KMS", "kms:Decrypt", "kms:DescribeKey"),
		bundle("both", "KMS", "kms:Decrypt", "s3:GetObject"),
		bundle("wild", "S3", "s3:Get*"),
		bundle("never", "SQS", "sqs:SendMessage", "iam:PassRole"),
		bundle("somewhere", "SQS", "sqs:SendMessage"),
		bundle("nothing", "S3"),
		bundle("large", "CONNECT", tooLongFor(t, "connect", contacts)...),
		bundle("s3:ListBucket", "S3", "s3:listbucket"),
	})
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, s := range got {
		rows = append(rows, fmt.Sprintf("%s %d/%d never %v %s", s.Permission, s.Works, s.Resources, s.Never(), s.On))
	}
	if diff := cmp.Diff([]string{
		"s3-read 2/2 never false ",
		"s3-read-encrypted 1/2 never false arn:aws:s3:::plain",
		"key 2/2 never false ",
		"both 0/1 never true " + keyARN,
		"wild 0/2 never true arn:aws:s3:::plain",
		"never 0/0 never true ",
		"somewhere 0/0 never false ",
		"nothing 0/2 never true arn:aws:s3:::plain",
		"large 0/1 never true " + contacts,
		"s3:ListBucket 2/2 never false ",
	}, rows); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for i, want := range map[int]string{1: "kms:Decrypt", 4: `"s3:Get*" is not one IAM action`, 5: "iam:PassRole is never granted", 7: `"nothing" is not one IAM action`, 8: "6144"} {
		if !strings.Contains(got[i].String(), want) {
			t.Errorf("%s does not say %s", got[i], want)
		}
	}
}

// tooLongFor are actions that are granted on a resource, and more than fit into a policy.
func tooLongFor(t *testing.T, service, resource string) (out []string) {
	t.Helper()
	known, err := catalogue.Open()
	if err != nil {
		t.Fatal(err)
	}
	all, err := known.Actions(service)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		out = append(out, a.Name)
	}
	refused, err := planner(t).Refused(iamops.Request{Resource: resource, Actions: out})
	if err != nil {
		t.Fatal(err)
	}
	out = slices.DeleteFunc(out, func(a string) bool { return refused[a] != nil })
	return out[:min(len(out), 200)]
}

// TestSurveyOfWhatCannotBeRead: what a request would be refused for is found without one,
// and says which property it is.
func TestSurveyOfWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		e    port.Entity
		want string
	}{
		"a type that is no text":             {with(entityOf("s3:GetObject", "S3"), "resource_type", "1"), `the property "resource_type" of s3:GetObject is not a text`},
		"actions that are no list":           {with(entityOf("b", "S3"), "actions", `"s3:GetObject"`), `the property "actions" of b is not a list of texts`},
		"an action that is no text":          {with(entityOf("b", "S3"), "actions", `["s3:GetObject",1]`), `the property "actions" of b is not a list of texts`},
		"an empty text":                      {with(entityOf("b", "S3"), "actions", `["s3:GetObject",""]`), `the property "actions" of b holds an empty text`},
		"no actions":                         {with(entityOf("b", "S3"), "actions", `[]`), `the property "actions" of b is an empty list`},
		"no actions, by a misspelled name":   {with(entityOf("s3:GetObjct", "S3"), "actions", `[]`), "Did you mean s3:GetObject"},
		"an action with another one":         {with(entityOf("s3:GetObject", "S3"), "actions", `["s3:PutObject"]`), "the permission s3:GetObject is an action of AWS, and its property \"actions\" names another one, s3:PutObject"},
		"a duration that is none":            {with(entityOf("s3:GetObject", "S3"), "max_duration", `"soon"`), `the property "max_duration" of s3:GetObject is "soon"`},
		"a duration that is too short":       {with(entityOf("s3:GetObject", "S3"), "max_duration", `"5m"`), `the property "max_duration" of s3:GetObject is "5m"`},
		"an approval that is a text":         {with(entityOf("s3:GetObject", "S3"), "needs_approval", `"yes"`), `the property "needs_approval" of s3:GetObject is neither true nor false`},
		"a bundle with an action's duration": {with(entityOf("b", "S3"), "actions", `["s3:DeleteObject"]`), `the property "max_duration" of s3:DeleteObject is "x"`},
	} {
		offered := []port.Entity{tt.e, with(entityOf("s3:DeleteObject", "S3"), "max_duration", `"x"`), entityOf("s3:ListBucket", "S3")}
		got, err := grants.Survey(context.Background(), surveyor(t), []port.Entity{entityOf("arn:aws:s3:::one", "S3")}, offered)
		if err != nil {
			t.Fatal(err)
		}
		if !got[0].Never() || !strings.Contains(got[0].Why, tt.want) || got[2].Never() {
			t.Errorf("%s: %v %q", name, got[0].Never(), got[0].Why)
		}
	}
}

// TestSurveyOfLimits: the strictest limits of a bundle and its actions count, and what is
// named twice is told.
func TestSurveyOfLimits(t *testing.T) {
	t.Parallel()
	offered := []port.Entity{
		with(with(entityOf("b", "S3"), "actions", `["s3:GetObject","s3:PutObject","S3:getobject"]`), "max_duration", `"4h"`),
		with(entityOf("s3:GetObject", "S3"), "max_duration", `"2h"`),
		with(entityOf("s3:PutObject", "S3"), "needs_approval", "true"),
		entityOf("s3:ListBucket", "S3"),
	}
	got, err := grants.Survey(context.Background(), surveyor(t), nil, offered)
	if err != nil {
		t.Fatal(err)
	}
	type limits struct {
		For      time.Duration
		Approval bool
		Odd      string
	}
	var rows []limits
	for _, s := range got {
		rows = append(rows, limits{s.MaxDuration, s.NeedsApproval, strings.Join(s.Odd(time.Hour), "; ")})
	}
	if diff := cmp.Diff([]limits{
		{2 * time.Hour, true, "b names S3:getobject more than once; b may be had for 2h, and 1h is the longest that is granted"},
		{2 * time.Hour, false, "s3:GetObject may be had for 2h, and 1h is the longest that is granted"},
		{0, true, ""},
		{},
	}, rows); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"s3:GetObject", "s3:ListBucket", "s3:PutObject"}, grants.ActionsOf(planner(t), offered)); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
}
