package iamops_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"port-iam/iamops"
	"port-iam/iamops/catalogue"
	"port-iam/templates"
)

// TestScope checks what a permission on a resource covers, as far as it can be
// read off the policy.
func TestScope(t *testing.T) {
	t.Parallel()
	type covers struct{ Action, Resource []string }
	const bucket = "arn:aws:s3:::reports"
	tests := []struct {
		name     string
		resource string
		actions  []string
		want     []covers // nil: refused
	}{
		{"the bucket", bucket, []string{"s3:ListBucket"}, []covers{{[]string{"s3:ListBucket"}, []string{bucket}}}},
		{"its objects", bucket, []string{"s3:PutObject"}, []covers{{[]string{"s3:PutObject"}, []string{bucket + "/*"}}}},
		{"both", bucket, []string{"s3:PutObject", "s3:ListBucket", "s3:PutObject"}, []covers{
			{[]string{"s3:ListBucket"}, []string{bucket}}, {[]string{"s3:PutObject"}, []string{bucket + "/*"}},
		}},
		{"nothing", bucket, nil, nil},
		{"any action", bucket, []string{"s3:*"}, nil},
		{"another service", bucket, []string{"sqs:SendMessage"}, nil},
		{"another account", "arn:aws:sqs:eu-west-1:210987654321:q", []string{"sqs:SendMessage"}, nil},
		{"another partition", "arn:aws-cn:s3:::reports", []string{"s3:ListBucket"}, nil},
		{"any bucket", "arn:aws:s3:::*", []string{"s3:ListBucket"}, nil},
		{"a variable", "arn:aws:s3:::${aws:username}", []string{"s3:ListBucket"}, nil},
		{"no ARN", "reports", []string{"s3:ListBucket"}, nil},
		{"an open end", "arn:aws:s3:::reports/", []string{"s3:GetObject"}, nil},
	}
	ops := planner(t, func(*iamops.Options) {})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := request()
			g.Resource, g.Actions, g.End = tt.resource, tt.actions, time.Time{}
			p, err := ops.Plan(g)
			if tt.want == nil {
				wantKind(t, "Plan", iamops.KindInvalid, err)
				return
			}
			noError(t, err)
			var doc struct{ Statement []covers }
			noError(t, json.Unmarshal([]byte(p.Policy), &doc))
			if diff := cmp.Diff(tt.want, doc.Statement); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestPartitions: what is the name of a partition is one thing.
func TestPartitions(t *testing.T) {
	t.Parallel()
	c, err := catalogue.Open()
	noError(t, err)
	for name, is := range map[string]bool{
		"aws": true, "aws-cn": true, "aws-us-gov": true, "aws-eusc": true, "aws-iso-b": true, "aws-2": true,
		"": false, "aws-": false, "awsx": false, "aws--cn": false, "aws-CN": false, "AWS": false, "gov": false, "aws-cn-": false, "aws cn": false, "*": false,
	} {
		_, err := c.Scope(catalogue.Request{
			Account: account, Partition: name, Entity: "arn:" + name + ":s3:::reports", Actions: []string{"s3:GetObject"},
		})
		if (err == nil) != is || templates.IsPartition(name) != is {
			t.Errorf("%q: the catalogue says %v, and the templates %v", name, err, templates.IsPartition(name))
		}
	}
}
