package grants_test

import (
	"fmt"
	"slices"
	"strings"

	"port-iam/port/porttest"
)

const (
	encrypted = "arn:aws:s3:::my-encrypted-bucket"
	key       = "arn:aws:kms:us-east-1:" + account + ":key/1234abcd-12ab-34cd-56ef-1234567890ab"
)

// resource puts a resource into the catalogue in Port, with what is related to it.
func (w *world) resource(id, properties string, related ...string) {
	w.t.Helper()
	if properties == "" {
		properties = `"resource_type":"S3"`
	}
	list := make([]string, len(related))
	for i, r := range related {
		list[i] = fmt.Sprintf("%q", r)
	}
	w.port.AddEntity("aws_resource", fmt.Sprintf(`{"identifier":%q,"properties":{%s},"relations":{"related":[%s]}}`, id, properties, strings.Join(list, ",")))
}

// offers puts permissions for a type of resources into the catalogue in Port.
func (w *world) offers(kind string, actions ...string) {
	w.t.Helper()
	for _, a := range actions {
		w.port.AddEntity("iam_permissions", fmt.Sprintf(`{"identifier":%q,"properties":{"resource_type":%q}}`, a, kind))
	}
}

// encryptedBucket puts a bucket with its key into the catalogue in Port.
func (w *world) encryptedBucket() {
	w.t.Helper()
	w.resource(key, `"resource_type":"EC2"`)
	w.resource(encrypted, "", key)
	w.offers("EC2", "kms:Decrypt", "kms:GenerateDataKey")
}

// otherBlueprint replaces a blueprint, and its entities, by one with these fields.
func (w *world) otherBlueprint(id, properties, relations string) {
	w.t.Helper()
	w.port.AddBlueprint(fmt.Sprintf(`{"identifier":%q,"title":"Another","schema":{"properties":{%s},"required":[]},"relations":{%s}}`, id, properties, relations))
}

// requested plays a request for permissions on a resource.
func (s *stage) requested(entity string, permissions ...any) (run string) {
	return s.starts(porttest.RunSpec{Entity: entity, Properties: map[string]any{"permissions": permissions}})
}

// givenRelated are grants that cover more than their resource.
func givenRelated() []play {
	return []play{
		{name: "on a bucket and its key", f: func(s *stage) string {
			s.encryptedBucket()
			return s.requested(encrypted, "s3:GetObject", "kms:Decrypt")
		}},
		{name: "on a bucket whose key is related, and was not asked for", f: func(s *stage) string {
			s.encryptedBucket()
			return s.requested(encrypted, "s3:GetObject")
		}},
		{name: "on a resource with a star in its name", f: func(s *stage) string {
			s.resource("my-report", `"resource_type":"S3","arn":"`+bucket+`/all *.csv"`)
			return s.requested("my-report", "s3:GetObject")
		}},
		{name: "on a bucket to which something is related that cannot be", f: func(s *stage) string {
			s.resource(encrypted, "", bucket)
			return s.requested(encrypted, "s3:ListBucket")
		}},
		{name: "on a bucket whose key has many related resources of its own", f: func(s *stage) string {
			s.encryptedBucket()
			s.resource(key, `"resource_type":"EC2"`, slices.Repeat([]string{bucket}, 11)...)
			return s.requested(encrypted, "s3:GetObject", "kms:Decrypt")
		}},
		{name: "on a key, to which nothing can be related", f: func(s *stage) string {
			s.offers("EC2", "kms:Decrypt")
			s.resource(key, `"resource_type":"EC2"`, bucket)
			return s.requested(key, "kms:Decrypt")
		}},
		{name: "on a resource whose ARN is a property", f: func(s *stage) string {
			s.resource("my-bucket", `"resource_type":"S3","arn":"arn:aws:s3:::my-other-bucket"`)
			return s.requested("my-bucket", "s3:ListBucket")
		}},
	}
}

// givenBeside are grants of actions for which AWS asks for other rights in some calls.
func givenBeside() []play {
	on := func(service, resource, action string) func(*stage) string {
		return func(s *stage) string {
			s.aws.AddPolicy(boundary, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)
			arn := "arn:aws:" + service + ":us-east-1:" + account + ":" + resource
			s.offers("S3", action)
			return s.on(arn, action)
		}
	}
	return []play{
		{name: "with a right that can be asked for, too", f: on("states", "stateMachine:Orders", "states:UpdateStateMachine")},
		{name: "with several rights that can be asked for, too", f: on("codeconnections", "connection/0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d", "codeconnections:CreateRepositoryLink")},
		{name: "with a right on what can be related", f: on("imagebuilder", "component/agent/1.0.0/1", "imagebuilder:GetComponent")},
		{name: "with a right of which no grant on it holds one", f: on("kafka", "topic/events/0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d-5/orders", "kafka-cluster:ReadData")},
		{name: "with a right that acts on many types of others", f: on("rds", "cluster:orders", "rds:ModifyDBCluster")},
		{name: "with rights on several others", f: on("wafv2", "regional/webacl/web/0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d", "wafv2:UpdateWebACL")},
		{name: "with a right on more than this resource", f: on("cleanrooms", "collaboration/0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d", "cleanrooms:BatchGetSchema")},
	}
}

// refusedCatalogues are requests for what the catalogue in Port has wrong.
func refusedCatalogues() []play {
	many := make([]string, 11)
	for i := range many {
		many[i] = fmt.Sprintf("%s-%d", key, i)
	}
	on := func(prepare func(s *stage), entity string, permissions ...any) func(*stage) string {
		return func(s *stage) string {
			s.offers("EC2", "kms:Decrypt")
			prepare(s)
			return s.requested(entity, permissions...)
		}
	}
	return []play{
		{name: "two ARNs for one resource", f: on(func(s *stage) {
			s.resource(encrypted, `"resource_type":"S3","arn":"arn:aws:s3:::another"`)
		}, encrypted, "s3:GetObject")},
		{name: "the ARN is no text", f: func(s *stage) string {
			s.otherBlueprint("aws_resource", `"arn":{"type":"number"}`, ``)
			s.port.AddEntity("aws_resource", `{"identifier":"my-bucket","properties":{"arn":7}}`)
			return s.requested("my-bucket", "s3:GetObject")
		}},
		{name: "the type of a permission is no text", f: func(s *stage) string {
			s.otherBlueprint("iam_permissions", `"resource_type":{"type":"array"}`, ``)
			s.port.AddEntity("iam_permissions", `{"identifier":"s3:PutObject","properties":{"resource_type":["S3"]}}`)
			return s.requested(bucket, "s3:PutObject")
		}},
		{name: "the relation is no list", f: func(s *stage) string {
			s.otherBlueprint("aws_resource", ``, `"related":{"target":"aws_resource","many":false}`)
			s.port.AddEntity("aws_resource", fmt.Sprintf(`{"identifier":%q,"properties":{}}`, key))
			s.port.AddEntity("aws_resource", fmt.Sprintf(`{"identifier":%q,"properties":{},"relations":{"related":%q}}`, encrypted, key))
			return s.requested(encrypted, "s3:GetObject")
		}},
		{name: "too many related resources", f: on(func(s *stage) {
			for _, k := range many {
				s.resource(k, `"resource_type":"EC2"`)
			}
			s.resource(encrypted, "", many...)
		}, encrypted, "s3:GetObject")},
		{name: "a related resource that has no ARN", f: on(func(s *stage) {
			s.resource("my-key", `"resource_type":"EC2"`)
			s.resource(encrypted, "", "my-key")
		}, encrypted, "s3:GetObject", "kms:Decrypt")},
		{name: "a related resource of another type", f: on(func(s *stage) {
			s.resource(encrypted, "", bucket)
		}, encrypted, "kms:Decrypt")},
		{name: "a related resource in another Region", f: on(func(s *stage) {
			s.resource(key, `"resource_type":"EC2"`)
			s.resource("arn:aws:sqs:eu-west-1:"+account+":orders", `"resource_type":"EC2"`, key)
		}, "arn:aws:sqs:eu-west-1:"+account+":orders", "kms:Decrypt")},
		{name: "a table related to another database", f: on(func(s *stage) {
			lake := "arn:aws:glue:us-east-1:" + account + ":database/lake"
			s.resource(lake, `"resource_type":"EC2"`)
			s.resource("arn:aws:glue:us-east-1:"+account+":table/sales/orders", `"resource_type":"EC2"`, lake)
		}, "arn:aws:glue:us-east-1:"+account+":table/sales/orders", "kms:Decrypt")},
		{name: "a permission on the database of a table", f: on(func(s *stage) {
			lake := "arn:aws:glue:us-east-1:" + account + ":database/lake"
			s.resource(lake, `"resource_type":"EC2"`)
			s.resource("arn:aws:glue:us-east-1:"+account+":table/lake/orders", `"resource_type":"EC2"`, lake)
			s.offers("EC2", "glue:UpdateDatabase")
		}, "arn:aws:glue:us-east-1:"+account+":table/lake/orders", "glue:UpdateDatabase")},
		{name: "a permission of a related resource that it does not act on", f: func(s *stage) string {
			s.encryptedBucket()
			s.offers("EC2", "s3:DeleteObject")
			return s.requested(encrypted, "s3:DeleteObject")
		}},
	}
}
