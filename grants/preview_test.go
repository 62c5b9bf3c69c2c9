package grants_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port"
	"port-iam/port/porttest"
	"port-iam/templates"
)

// planner are operations that can plan and call nothing.
func planner(t testing.TB) *iamops.Ops { return plannerIn(t, account) }

func surveyor(t testing.TB) map[string]grants.Surveyor {
	return map[string]grants.Surveyor{account: planner(t)}
}

// plannerIn is one in an account.
func plannerIn(t testing.TB, account string) *iamops.Ops {
	t.Helper()
	docs, err := templates.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	ops, err := iamops.New(iamops.Options{
		API: &iamops.API{}, Account: account, Partition: "aws", OrgID: "org_demo", Path: "/port-iam/", Boundary: iamops.BoundaryARN("aws", account, "PortIamBoundary"),
		Trust: templates.TrustIdentityCenter, Templates: docs,
	})
	if err != nil {
		t.Fatal(err)
	}
	return ops
}

func entityOf(id, kind string, related ...string) port.Entity {
	e := port.Entity{Identifier: id, Properties: map[string]json.RawMessage{"resource_type": json.RawMessage(fmt.Sprintf("%q", kind))}}
	if related != nil {
		raw, _ := json.Marshal(related)
		e.Relations = map[string]json.RawMessage{"related": raw}
	}
	return e
}

// TestPreview: a request that is worked out beforehand has the documents and the log
// that the run then has, to the last byte.
func TestPreview(t *testing.T) {
	t.Parallel()
	inWorld(t, iamtest.Options{}, func(w *world) {
		w.encryptedBucket()
		rec := w.start(porttest.RunSpec{
			Action: grantAction, Entity: encrypted, Requester: alice, Properties: map[string]any{"permissions": []any{"s3:GetObject", "kms:Decrypt"}},
		})
		p := w.process()
		run, err := p.portal.Run(context.Background(), rec.RunID)
		if err != nil {
			t.Fatal(err)
		}
		resource, keyEntity := entityOf(encrypted, "S3", key), entityOf(key, "EC2")
		object, decrypt := entityOf("s3:GetObject", "S3"), entityOf("kms:Decrypt", "EC2")
		terms := grants.Terms{
			Duration: 8 * time.Hour, MaxDuration: 24 * time.Hour,
			UserName: func(email string) (string, error) { return email, nil },
		}
		asking := grants.Asking{
			Run: run, Requester: alice, At: run.CreatedAt, Resource: resource,
			Related:     map[string]*port.Entity{key: &keyEntity},
			Permissions: map[string]*port.Entity{"s3:GetObject": &object, "kms:Decrypt": &decrypt},
		}
		got, err := terms.Preview(map[string]grants.Planner{account: p.ops}, asking)
		if err != nil {
			t.Fatal(err)
		}
		p.succeed(rec)
		if diff := cmp.Diff(w.wantRun(rec.RunID, "SUCCESS"), got.Log); diff != "" {
			t.Errorf("log (-run +preview):\n%s", diff)
		}
		policy := w.aws.Snapshot().Policies[1].Versions[0].Document
		if policy != got.Plan.Policy {
			t.Errorf("the policy is\n%s\nand was to be\n%s", policy, got.Plan.Policy)
		}
		delete(asking.Permissions, "kms:Decrypt")
		if _, err := terms.Preview(map[string]grants.Planner{account: p.ops}, asking); err == nil || err.Error() != `permission kms:Decrypt is not in the catalogue (blueprint "iam_permissions"): choose another one, or ask the platform team to add it` {
			t.Errorf("a permission that is not offered: %v", err)
		}
	})
}

// TestRelatedTwice: two entities that stand for one resource are one, and the log has it
// as the policy has.
func TestRelatedTwice(t *testing.T) {
	t.Parallel()
	const (
		instance = "arn:aws:ec2:us-east-1:" + account + ":instance/i-0123456789abcdef0"
		group    = "arn:aws:logs:us-east-1:" + account + ":log-group:/app"
	)
	terms := grants.Terms{UserName: func(email string) (string, error) { return email, nil }}
	for name, related := range map[string][]port.Entity{
		"the same ARN":       {entityOf(group, "Logs"), entityOf("my-group", "Logs")},
		"as it is listed":    {entityOf(group+":*", "Logs"), entityOf("my-group", "Logs")},
		"one of two entries": {entityOf(group+":*", "Logs")},
	} {
		byID := map[string]*port.Entity{}
		var ids []string
		for i := range related {
			if e := &related[i]; e.Identifier == "my-group" {
				e.Properties["arn"] = json.RawMessage(fmt.Sprintf("%q", group))
			}
			ids = append(ids, related[i].Identifier)
			byID[related[i].Identifier] = &related[i]
		}
		filter := entityOf("logs:FilterLogEvents", "Logs")
		got, err := terms.Preview(map[string]grants.Planner{account: planner(t)}, grants.Asking{
			Run:       port.Run{ID: "r_1", Properties: map[string]json.RawMessage{"permissions": json.RawMessage(`["logs:FilterLogEvents"]`)}},
			Requester: alice, Resource: entityOf(instance, "EC2", ids...),
			Related: byID, Permissions: map[string]*port.Entity{"logs:FilterLogEvents": &filter},
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		const want = "\nAlso covers: " + group + " (logs:FilterLogEvents)\n"
		if n := strings.Count(got.Log, "Also covers: "); n != 1 || !strings.Contains(got.Log, want) || len(got.Related) != 1 {
			t.Errorf("%s: %d times in %q", name, n, got.Log)
		}
	}
}

// TestSurvey: each permission is judged on every resource of its type.
func TestSurvey(t *testing.T) {
	t.Parallel()
	const (
		instance = "arn:aws:ec2:us-east-1:" + account + ":instance/i-0123456789abcdef0"
		volume   = "arn:aws:ec2:us-east-1:" + account + ":volume/vol-0123456789abcdef0"
	)
	tooLong := "s3:" + strings.Repeat("A", 140)
	resources := []port.Entity{
		entityOf("arn:aws:s3:::one", "S3"), entityOf("arn:aws:s3:::two", "S3"), entityOf("no-arn", "S3"),
		entityOf(instance, "EC2", volume), entityOf(volume, "Volume"),
	}
	var permissions []port.Entity
	for _, p := range [][2]string{
		{"s3:GetObject", "S3"},
		{"s3:ListAllMyBuckets", "S3"},
		{"ec2:StopInstances", "EC2"},
		{"ec2:AttachVolume", "EC2"},
		{"ec2:AttachVolume", "Volume"},
		{"EC2:describevolumeattribute", "Volume"},
		{"ec2:RebootInstances", "Volume"},
		{"sqs:SendMessage", "SQS"},
		{tooLong, "S3"},
	} {
		permissions = append(permissions, entityOf(p[0], p[1]))
	}
	got, err := grants.Survey(context.Background(), surveyor(t), resources, permissions)
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		Permission, Type string
		Works, Of        int
		On               string
		Never            bool
	}
	var rows []row
	for _, s := range got {
		rows = append(rows, row{s.Permission, s.ResourceType, s.Works, s.Resources, s.On, s.Never()})
		if (s.Why == "") != (s.Works == s.Resources) {
			t.Errorf("%s works on %d of %d: %q", s.Permission, s.Works, s.Resources, s.Why)
		}
	}
	if diff := cmp.Diff([]row{
		{"s3:GetObject", "S3", 2, 3, "no-arn", false},
		{"s3:ListAllMyBuckets", "S3", 0, 3, "arn:aws:s3:::one", true},
		{"ec2:StopInstances", "EC2", 1, 1, "", false},
		{"ec2:AttachVolume", "EC2", 1, 1, "", false},
		{"ec2:AttachVolume", "Volume", 1, 2, volume, false},
		{"EC2:describevolumeattribute", "Volume", 2, 2, "", false},
		{"ec2:RebootInstances", "Volume", 0, 1, volume, true},
		{"sqs:SendMessage", "SQS", 0, 0, "", false},
		{tooLong, "S3", 0, 3, "arn:aws:s3:::one", true},
	}, rows); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
