package setup_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"port-iam/iamops/catalogue"
	"port-iam/internal/setup"
)

// permissions are the starter permissions of services, by type of resource, without
// bundles.
func permissions(t *testing.T, c setup.Choice) map[string][]string {
	t.Helper()
	of := map[string][]string{}
	for _, e := range want(t, c).Entities {
		if e.Properties["actions"] != nil {
			continue
		}
		kind := strings.Trim(string(e.Properties["resource_type"]), `"`)
		of[kind] = append(of[kind], e.Identifier)
	}
	return of
}

func TestStarterPermissions(t *testing.T) {
	for _, tt := range []struct {
		name        string
		prefix      string
		kind        string
		rules       catalogue.Rules
		has, hasNot []string
	}{
		{
			"what a bucket and its objects take", "s3", "S3",
			catalogue.Rules{},
			[]string{"s3:PutObject", "s3:GetObject", "s3:ListBucket", "s3:DeleteBucket"},
			[]string{"s3:ListAllMyBuckets", "s3:PutBucketPolicy", "s3:CreateAccessPoint", "s3:DescribeJob"},
		},
		{
			"what an instance takes", "ec2", "EC2",
			catalogue.Rules{},
			[]string{"ec2:StopInstances", "ec2:StartInstances"},
			[]string{"ec2:DescribeInstances", "ec2:DeleteVpc"},
		},
		{
			"anything of a service whose resources are of many types", "dynamodb", "DYNAMODB",
			catalogue.Rules{},
			[]string{"dynamodb:GetItem", "dynamodb:DeleteBackup"},
			[]string{"dynamodb:ListTables", "dynamodb:PutResourcePolicy"},
		},
		{
			"the operator denies", "s3", "S3",
			catalogue.Rules{Deny: []string{"s3:Delete*"}},
			[]string{"s3:PutObject"},
			[]string{"s3:DeleteBucket", "s3:DeleteObject"},
		},
		{"the operator allows", "rds-db", "RDS-DB", catalogue.Rules{Allow: []string{"rds-db:connect"}}, []string{"rds-db:connect"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := choice()
			c.Starter, c.Rules = []string{tt.prefix}, tt.rules
			got := permissions(t, c)
			if len(got) != 1 {
				t.Fatalf("types: %v", got)
			}
			for _, a := range tt.has {
				if !slices.Contains(got[tt.kind], a) {
					t.Errorf("%s is missing", a)
				}
			}
			for _, a := range tt.hasNot {
				if slices.Contains(got[tt.kind], a) {
					t.Errorf("%s is among them", a)
				}
			}
		})
	}
}

// What is offered on a sample is what the daemon grants on it.
func TestStarterPermissionsAreGrantable(t *testing.T) {
	known, err := catalogue.Open()
	if err != nil {
		t.Fatal(err)
	}
	c := choice()
	c.Starter = []string{"s3", "ec2"}
	for kind, resource := range map[string]string{"S3": bucket, "EC2": instance} {
		actions := permissions(t, c)[kind]
		if len(actions) < 20 {
			t.Errorf("only %d for %s", len(actions), kind)
		}
		if _, err := known.Scope(catalogue.Request{Account: account, Partition: "aws", Entity: resource, Actions: actions}); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// Bundles come with the actions of a service; those of which the operator denies an
// action do not, and the plan says so.
func TestStarterBundles(t *testing.T) {
	bundles := func(c setup.Choice) map[string]setup.Entity {
		all := map[string]setup.Entity{}
		for _, e := range want(t, c).Entities {
			if e.Properties["actions"] != nil {
				all[e.Identifier] = e
			}
		}
		return all
	}
	c := choice()
	c.Starter = []string{"sqs", "kms", "glue"}
	got := bundles(c)
	for _, b := range setup.Bundles() {
		e, there := got[b.ID]
		if isOf := slices.Contains(c.Starter, b.Service()); there != isOf {
			t.Errorf("%s: %v", b.ID, there)
		}
		var actions []string
		if there && (json.Unmarshal(e.Properties["actions"], &actions) != nil || !slices.Equal(actions, b.Actions) || e.Title != b.Title ||
			string(e.Properties["resource_type"]) != strconv.Quote(strings.ToUpper(b.Service())) || string(e.Properties["description"]) != strconv.Quote(b.Meaning+".")) {
			t.Errorf("%s: %v", b.ID, e)
		}
	}

	w := newWorld(t)
	w.mustInstall(t, want(t, choice()))
	w.AddEntity("iam_permissions", `{"identifier":"sqs-consume","title":"Mine","properties":{"resource_type":"S3","actions":["s3:GetObject"]}}`)
	c.Rules.Deny = []string{"sqs:Send*", "kms:GenerateDataKey"}
	d := want(t, c)
	shown, _ := w.mustInstall(t, d)
	for _, line := range []string{
		"? the bundle sqs-write is left out: sqs:SendMessage is refused here: the operator denies sqs:Send*\n",
		"? the bundle sqs-write-encrypted is left out: ",
		"? the bundle kms-encrypt is left out: kms:GenerateDataKey is refused here: the operator denies kms:GenerateDataKey\n",
	} {
		if !strings.Contains(shown, line) {
			t.Errorf("the plan does not say %q:\n%s", line, shown)
		}
	}
	if strings.Count(shown, "is left out") != 3 {
		t.Errorf("%s", shown)
	}
	for id, has := range map[string]bool{"sqs-read": true, "sqs-read-encrypted": true, "kms-decrypt": true, "sqs-write": false, "sqs-write-encrypted": false, "kms-encrypt": false} {
		if _, there := w.Entity("iam_permissions", id); there != has {
			t.Errorf("%s: %v", id, there)
		}
	}
	if e, _ := w.Entity("iam_permissions", "sqs-consume"); e["title"] != "Mine" {
		t.Errorf("an entity that exists was changed: %v", e)
	}
	w.settled(t, d)
}

// Many permissions are shown by their number, their type becomes one that
// resources can have, and the titles of samples win.
func TestStarterPermissionsInPort(t *testing.T) {
	w := newWorld(t)
	w.GuideModel()
	c := choice()
	c.Samples, c.Starter = true, []string{"sqs", "s3"}
	d := want(t, c)
	shown, progress := w.mustInstall(t, d)
	for _, line := range []string{
		"~ blueprint aws_resource\n    + schema.properties.resource_type.enum: \"SQS\"\n",
		"~ blueprint iam_permissions\n    + schema.properties.resource_type.enum: \"SQS\"\n",
		"+ entity " + bucket + " of aws_resource\n",
		" entities of iam_permissions, from ec2:StartInstances to sqs:UntagQueue\n",
	} {
		if !strings.Contains(shown, line) {
			t.Errorf("the plan does not say %q:\n%s", line, shown)
		}
	}
	if n := strings.Count(progress, "\n"); n > 20 || !strings.Contains(progress, " entities\n") {
		t.Errorf("progress:\n%s", progress)
	}
	for id, title := range map[string]string{"s3:PutObject": "Put S3 objects", "sqs:SendMessage": "sqs:SendMessage"} {
		if e, _ := w.Entity("iam_permissions", id); e["title"] != title {
			t.Errorf("%s: %v", id, e)
		}
	}
	w.settled(t, d)
}

func TestChoicesRefused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*setup.Choice)
		want   string
	}{
		{"no account", func(c *setup.Choice) { c.Actions.Accounts = nil }, `no account is served`},
		{"the same action twice", func(c *setup.Choice) { c.Actions.Revoke = c.Actions.Grants[0].ID }, "must be different actions"},
		{"samples of no partition", func(c *setup.Choice) { c.Samples, c.Partition = true, "mars" }, `nothing is known of an account "123456789012" in a partition "mars"`},
		{
			"no such service", func(c *setup.Choice) { c.Starter = []string{"s3", "s33", "nope"} },
			"starter permissions: AWS has no service \"s33\": prefixes are those of IAM actions, such as s3 in s3:GetObject\n" +
				"starter permissions: AWS has no service \"nope\"",
		},
		{"a service that is never granted", func(c *setup.Choice) { c.Starter = []string{"iam"} }, `starter permissions: nothing of the service "iam" may be granted`},
		{"a rule that is none", func(c *setup.Choice) { c.Starter, c.Rules.Deny = []string{"s3"}, []string{"x"} }, `"x" is not an action pattern`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := choice()
			tt.change(&c)
			if _, err := setup.Want(c); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}
