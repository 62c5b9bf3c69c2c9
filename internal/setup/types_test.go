package setup_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/internal/setup"
)

// Types come back for what is missing only: setup leaves it alone when a customer
// renames them after the samples were made.
func TestTypesRenamedAfterTheSamples(t *testing.T) {
	w := newWorld(t)
	c := choice()
	c.Samples = true
	w.mustInstall(t, want(t, c))
	for _, id := range []string{"aws_resource", "iam_permissions"} {
		b, _ := w.Blueprint(id)
		b["schema"].(map[string]any)["properties"].(map[string]any)["resource_type"].(map[string]any)["enum"] = []any{"Bucket", "VM"}
	}
	w.settled(t, want(t, c))
}

// What a customer made of the list of types stays, and only what this run's samples
// and starter permissions need is added.
func TestTypesOfResources(t *testing.T) {
	samples := func(c *setup.Choice) { c.Samples = true }
	starter := func(prefixes ...string) func(*setup.Choice) {
		return func(c *setup.Choice) { c.Starter = prefixes }
	}
	for _, tt := range []struct {
		name   string
		has    string // the list, or nothing
		needed func(*setup.Choice)
		want   any
	}{
		{"renamed", `,"enum":["Bucket","VM"]`, nil, []any{"Bucket", "VM"}},
		{"one removed", `,"enum":["S3"]`, nil, []any{"S3"}},
		{"emptied", `,"enum":[]`, nil, []any{}},
		{"extended", `,"enum":["S3","RDS","EC2"]`, nil, []any{"S3", "RDS", "EC2"}},
		{"removed", ``, nil, nil},
		{"renamed, samples", `,"enum":["Bucket","VM"]`, samples, []any{"Bucket", "VM", "S3", "EC2"}},
		{"one removed, samples", `,"enum":["S3"]`, samples, []any{"S3", "EC2"}},
		{"emptied, samples", `,"enum":[]`, samples, []any{"S3", "EC2"}},
		{"removed, samples", ``, samples, nil},
		{"renamed, a service", `,"enum":["Bucket","VM"]`, starter("s3"), []any{"Bucket", "VM", "S3"}},
		{"emptied, services", `,"enum":[]`, starter("sqs", "ec2"), []any{"SQS", "EC2"}},
		{"extended, a service that is there", `,"enum":["SQS","VM"]`, starter("sqs"), []any{"SQS", "VM"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.GuideModel()
			blueprints := []string{"aws_resource", "iam_permissions"}
			for _, id := range blueprints {
				w.AddBlueprint(fmt.Sprintf(`{"identifier":%q,"title":"T","schema":{"properties":{"tags":{"type":"array"},"arn":{"type":"string"},"account":{"type":"string"},
					"actions":{"type":"array","items":{"type":"string"}},"max_duration":{"type":"string"},"needs_approval":{"type":"boolean"},"description":{"type":"string"},
					"resource_type":{"type":"string"%s}},"required":["resource_type"]},"relations":{"related":{"target":"aws_resource","many":true}}}`, id, tt.has))
			}
			plain := want(t, choice())
			for i, id := range blueprints {
				problems, notes, err := setup.Judge(t.Context(), w.client, plain.Model[i])
				if err != nil || len(problems)+len(notes) > 0 {
					t.Errorf("check says of %s: %v %v %v", id, problems, notes, err)
				}
			}
			c := choice()
			if tt.needed != nil {
				tt.needed(&c)
			}
			w.mustInstall(t, want(t, c))
			for _, id := range blueprints {
				b, _ := w.Blueprint(id)
				if diff := cmp.Diff(tt.want, at(b, "schema", "properties", "resource_type", "enum")); diff != "" {
					t.Errorf("%s (-want +got):\n%s", id, diff)
				}
			}
			w.settled(t, want(t, c))
			w.settled(t, plain)
		})
	}
}
