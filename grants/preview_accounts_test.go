package grants_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/port"
)

// in sets the account of a resource in the catalogue.
func in(e port.Entity, account string) port.Entity {
	e.Properties["account"] = json.RawMessage(fmt.Sprintf("%q", account))
	return e
}

// TestPreviewOfAccounts: a request goes where the ARN of the resource says, else where its
// property says, and nowhere else; what is related has to be there too.
func TestPreviewOfAccounts(t *testing.T) {
	t.Parallel()
	const bucket, queue = "arn:aws:s3:::reports", "arn:aws:sqs:us-east-1:%s:jobs"
	both := map[string]grants.Planner{account: planner(t), otherAccount: plannerIn(t, otherAccount)}
	one := map[string]grants.Planner{otherAccount: plannerIn(t, otherAccount)}
	key := func(id string) string {
		return "arn:aws:kms:us-east-1:" + id + ":key/1234abcd-12ab-34cd-56ef-1234567890ab"
	}
	for _, tt := range []struct {
		name     string
		accounts map[string]grants.Planner
		resource port.Entity
		related  []port.Entity
		want     string // account, or a part of why not
	}{
		{"the ARN says it", both, entityOf(fmt.Sprintf(queue, otherAccount), "SQS"), nil, otherAccount},
		{"the property says another, and the ARN counts", both, in(entityOf(fmt.Sprintf(queue, otherAccount), "SQS"), account), nil, otherAccount},
		{"the property says it", both, in(entityOf(bucket, "S3"), otherAccount), nil, otherAccount},
		{"nothing says it", both, entityOf(bucket, "S3"), nil, `into its property "account" in Port`},
		{"nothing says it, and one is served", one, entityOf(bucket, "S3"), nil, otherAccount},
		{"not served", both, entityOf(fmt.Sprintf(queue, "333333333333"), "SQS"), nil, "is of account 333333333333"},
		{"not served, by the property", both, in(entityOf(bucket, "S3"), "333333333333"), nil, "is of account 333333333333"},
		{"not served, by the property, and one is", one, in(entityOf(bucket, "S3"), account), nil, "is of account " + account},
		{"a key of the same account", both, in(entityOf(bucket, "S3", key(otherAccount)), otherAccount), []port.Entity{entityOf(key(otherAccount), "KMS")}, otherAccount},
		{"a key of another account", both, in(entityOf(bucket, "S3", key(account)), otherAccount), []port.Entity{entityOf(key(account), "KMS")}, otherAccount},
		{"a related bucket of another account by its property", both, in(entityOf(bucket, "S3", "arn:aws:s3:::logs"), otherAccount), []port.Entity{in(entityOf("arn:aws:s3:::logs", "S3"), account)}, otherAccount},
	} {
		action := map[string]string{"SQS": "sqs:SendMessage", "S3": "s3:GetObject"}[strings.Trim(string(tt.resource.Properties["resource_type"]), `"`)]
		related := map[string]*port.Entity{}
		for i := range tt.related {
			related[tt.related[i].Identifier] = &tt.related[i]
		}
		permission := entityOf(action, strings.Trim(string(tt.resource.Properties["resource_type"]), `"`))
		got, err := grants.Terms{UserName: func(email string) (string, error) { return email, nil }}.Preview(tt.accounts, grants.Asking{
			Run:       port.Run{ID: "r_1", Properties: map[string]json.RawMessage{"permissions": json.RawMessage(`["` + action + `"]`)}},
			Requester: alice, Resource: tt.resource, Related: related, Permissions: map[string]*port.Entity{action: &permission},
		})
		if err != nil {
			if !strings.Contains(err.Error(), tt.want) || len(tt.want) == 12 {
				t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
			}
			continue
		}
		if foreign := strings.Contains(tt.name, "of another account"); foreign != strings.Contains(got.Log, "is of account "+account+", and access is granted in account "+otherAccount) {
			t.Errorf("%s: the log does not say what is left out, or says it of what is not:\n%s", tt.name, got.Log)
		}
		if where, _ := iamops.AccountOf(got.Plan.RoleARN); where != tt.want {
			t.Errorf("%s: it is granted in %q, want %s", tt.name, where, tt.want)
		}
		if strings.HasPrefix(got.Resource, "arn:aws:s3") && !strings.Contains(got.Plan.Policy, `"aws:ResourceAccount":"`+tt.want+`"`) {
			t.Errorf("%s: the policy does not say whose the bucket is: %s", tt.name, got.Plan.Policy)
		}
	}
}

// TestSurveyOfAccounts: each resource is judged in its own account.
func TestSurveyOfAccounts(t *testing.T) {
	t.Parallel()
	surveyors := map[string]grants.Surveyor{account: planner(t), otherAccount: plannerIn(t, otherAccount)}
	got, err := grants.Survey(context.Background(), surveyors, []port.Entity{
		entityOf("arn:aws:sqs:us-east-1:"+account+":a", "SQS"), entityOf("arn:aws:sqs:us-east-1:"+otherAccount+":b", "SQS"), entityOf("arn:aws:sqs:us-east-1:333333333333:c", "SQS"),
		in(entityOf("arn:aws:s3:::one", "S3"), otherAccount), entityOf("arn:aws:s3:::two", "S3"),
		in(entityOf("arn:aws:s3:::three", "S3", "arn:aws:s3:::one"), account),
	}, []port.Entity{entityOf("sqs:SendMessage", "SQS"), entityOf("s3:GetObject", "S3"), entityOf("ec2:StopInstances", "EC2"), entityOf("s3:ListAllMyBuckets", "Other")})
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, s := range got {
		rows = append(rows, fmt.Sprintf("%s %d/%d on %s never %v", s.Permission, s.Works, s.Resources, s.On, s.Never()))
	}
	if diff := cmp.Diff([]string{
		"sqs:SendMessage 2/3 on arn:aws:sqs:us-east-1:333333333333:c never false",
		"s3:GetObject 2/3 on arn:aws:s3:::two never false",
		"ec2:StopInstances 0/0 on  never false",
		"s3:ListAllMyBuckets 0/0 on  never true",
	}, rows); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
