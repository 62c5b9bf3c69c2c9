package catalogue_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/iamops/catalogue"
)

const (
	east   = "us-east-1:" + account + ":"
	bucket = "arn:aws:s3:::reports"
	queue  = "arn:aws:sqs:" + east + "orders"
	kmsKey = "arn:aws:kms:" + east + "key/1234abcd-12ab-34cd-56ef-1234567890ab"
	server = "arn:aws:ec2:" + east + "instance/i-0abc"
	disk   = "arn:aws:ec2:" + east + "volume/vol-1"
	disk2  = "arn:aws:ec2:" + east + "volume/vol-2"
	logs   = "arn:aws:logs:" + east + "log-group:app"
	table  = "arn:aws:dynamodb:" + east + "table/Orders"
	orders = "arn:aws:glue:" + east + "table/lake/orders"
	lake   = "arn:aws:glue:" + east + "database/lake"
	farm   = "arn:aws:deadline:" + east + "farm/farm-1"
	glue   = "arn:aws:glue:" + east + "catalog"

	document   = "arn:aws:ssm:" + east + "document/restart"
	definition = "arn:aws:batch:" + east + "job-definition/frame:3"
	jobQueue   = "arn:aws:batch:" + east + "job-queue/render"
)

// scoped is a request in short: an entity, what is related to it, actions and rules.
func scoped(t *testing.T, entity string, related, actions []string, rules ...catalogue.Rules) (catalogue.Scope, error) {
	t.Helper()
	req := catalogue.Request{Account: account, Partition: "aws", Entity: entity, Related: related, Actions: actions}
	if len(rules) > 0 {
		req.Rules = rules[0]
	}
	return open(t).Scope(req)
}

// TestRelated: what an action is granted on when resources are related to the entity.
func TestRelated(t *testing.T) {
	for _, tc := range []struct {
		name    string
		entity  string
		related []string
		actions []string
		want    []string // "origin actions on resources"
	}{
		{"it acts on the entity: on that alone", queue, []string{kmsKey}, []string{"sqs:SendMessage"}, []string{"asked sqs:SendMessage on " + queue}},
		{"it acts on a related one only", queue, []string{kmsKey}, []string{"kms:Decrypt", "sqs:SendMessage"}, []string{
			"asked kms:Decrypt on " + kmsKey, "asked sqs:SendMessage on " + queue,
		}},
		{"it acts on several related ones", server, []string{disk2, disk, logs}, []string{"ec2:ModifyVolume"}, []string{"asked ec2:ModifyVolume on " + disk + " " + disk2}},
		{"it acts on what lies in a related one", server, []string{logs}, []string{"logs:GetLogEvents"}, []string{"asked logs:GetLogEvents on " + logs + ":log-stream:*"}},
		{"it acts on both: on the entity alone", server, []string{disk}, []string{"ec2:CreateTags"}, []string{"asked ec2:CreateTags on " + server}},
		{"it needs both", server, []string{disk, disk2}, []string{"ec2:AttachVolume"}, []string{"asked ec2:AttachVolume on " + strings.Join([]string{server, disk, disk2}, " ")}},
		{"it needs the entity, and takes others", server, []string{disk}, []string{"ec2:ModifyInstanceAttribute"}, []string{"asked ec2:ModifyInstanceAttribute on " + server + " " + disk}},
		{"it needs what the entity lies in", orders, []string{lake, glue}, []string{"glue:GetTable"}, []string{"asked glue:GetTable on " + strings.Join([]string{glue, lake, orders}, " ")}},
		{"it runs a shared document", server, []string{document}, []string{"ssm:SendCommand"}, []string{"asked ssm:SendCommand on " + server + " " + document}},
		{"it goes to a shared queue", definition, []string{jobQueue}, []string{"batch:SubmitJob"}, []string{"asked batch:SubmitJob on " + definition + " " + jobQueue}},
		{"it makes one inside the entity", farm, nil, []string{"deadline:CreateQueue"}, []string{"asked deadline:CreateQueue on " + farm + "/queue/*"}},
		{"one is related in two forms", server, []string{logs + ":*", logs}, []string{"logs:PutRetentionPolicy"}, []string{"asked logs:PutRetentionPolicy on " + logs + " " + logs + ":*"}},
		{"one is related twice", queue, []string{kmsKey, kmsKey}, []string{"kms:Decrypt"}, []string{"asked kms:Decrypt on " + kmsKey}},
	} {
		scope, err := scoped(t, tc.entity, tc.related, tc.actions)
		var got []string
		for _, s := range scope.Statements {
			got = append(got, fmt.Sprintf("%s %s on %s", s.Origin, strings.Join(s.Actions, " "), strings.Join(s.Resources, " ")))
		}
		if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", tc.name, err, diff)
		}
	}
}

// TestSeveral: of an action that each call is checked on several resources for, the scope
// says which of them stand in for each other.
func TestSeveral(t *testing.T) {
	scope, err := scoped(t, server, []string{disk2, disk}, []string{"ec2:AttachVolume", "ec2:ModifyInstanceAttribute", "ec2:ModifyVolume", "ec2:StopInstances"})
	want := map[string][][]string{
		"ec2:AttachVolume":            {{server}, {disk, disk2}},
		"ec2:ModifyInstanceAttribute": {{server}},
	}
	if diff := cmp.Diff(want, scope.Several); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

// TestUnrelated: what is related and cannot be is no part of a grant, and says why; it
// costs nothing that does not need it. What acts on it is refused, with the same words.
func TestUnrelated(t *testing.T) {
	role := "arn:aws:iam::" + account + ":role/app"
	secret := "arn:aws:secretsmanager:" + east + "secret:db-a1B2c3"
	function := "arn:aws:lambda:" + east + "function:f"
	peering := "arn:aws:ec2:" + east + "vpc-peering-connection/pcx-1"
	for _, tc := range []struct {
		name, entity, related, action string
		on                            string // an action on what is related
		why                           []string
	}{
		{"another type", queue, table, "sqs:SendMessage", "dynamodb:GetItem", []string{table + " is of type table (dynamodb)", "cannot be related to " + queue, "only resources of these types can be: kms key"}},
		{"of the same type", queue, queue + "2", "sqs:SendMessage", "", []string{"queue (sqs)"}},
		{"a secret", server, secret, "ec2:StopInstances", "secretsmanager:GetSecretValue", []string{secret, "ec2 volume, logs log-group"}},
		{"a role", function, role, "lambda:InvokeFunction", "", []string{role, "kms key, logs log-group"}},
		{"a function", server, function, "ec2:StopInstances", "lambda:InvokeFunction", []string{function, "ec2 volume, logs log-group"}},
		{"nothing can be", peering, kmsKey, "ec2:CreateTags", "kms:Decrypt", []string{"none can be"}},
		{"of no type", queue, "arn:aws:kms:" + east + "teapot/1", "sqs:SendMessage", "kms:Decrypt", []string{"has the form of no resource of kms"}},
		{"of another account", queue, strings.Replace(kmsKey, account, "444455556666", 1), "sqs:SendMessage", "kms:Decrypt", []string{"444455556666"}},
		{"of another partition", queue, strings.Replace(kmsKey, ":aws:", ":aws-cn:", 1), "sqs:SendMessage", "kms:Decrypt", []string{"is of partition aws-cn"}},
		{"no ARN", queue, "key", "sqs:SendMessage", "kms:Decrypt", []string{`"key" is not an ARN`}},
	} {
		scope, err := scoped(t, tc.entity, []string{tc.related}, []string{tc.action})
		if err != nil || len(scope.Statements) != 1 || !slices.Equal(scope.Statements[0].Resources, []string{tc.entity}) {
			t.Errorf("%s: %v, %v", tc.name, scope, err)
		}
		warnings := strings.Join(scope.Warnings, "\n")
		for _, part := range append(tc.why, "a related resource is no part of this grant: ") {
			if !strings.Contains(warnings, part) {
				t.Errorf("%s: %q is not in %q", tc.name, part, warnings)
			}
		}
		if tc.on == "" {
			continue
		}
		if _, err := scoped(t, tc.entity, []string{tc.related}, []string{tc.action, tc.on}); err == nil {
			t.Errorf("%s: %s is granted", tc.name, tc.on)
		} else if !strings.Contains(err.Error(), tc.why[0]) || strings.Count(err.Error(), "\na related resource is no part of this grant: ") != 1 {
			t.Errorf("%s: %s: %v", tc.name, tc.on, err)
		}
	}
	if _, err := scoped(t, server, slices.Repeat([]string{disk}, 11), []string{"ec2:StopInstances"}); err == nil || !strings.Contains(err.Error(), "11 resources are related") {
		t.Errorf("too many: %v", err)
	}
}

// TestOfNoHelp: what a refusal says where a related resource is missing, or does not help.
func TestOfNoHelp(t *testing.T) {
	for _, tc := range []struct {
		name, entity string
		related      []string
		action       string
		reason       catalogue.Reason
		message      []string
	}{
		{"of no use", server, []string{logs}, "ec2:AttachVolume", catalogue.Incomplete, []string{"AWS also checks volume", `Relate the ec2 volume to the instance in the catalogue (relation "related")`}},
		{"not of the entity's", queue, nil, "kms:Decrypt", catalogue.WrongService, []string{`Relate the kms key to the queue in the catalogue (relation "related")`}},
		{"another than the entity is made", "arn:aws:fsx:" + east + "file-system/fs-1", nil, "fsx:CreateFileSystem", catalogue.Incomplete, []string{"file-system", "which the call makes"}},
		{"another than those inside is made", farm + "/queue/q-1", nil, "deadline:CreateQueue", catalogue.Incomplete, []string{"which the call makes"}},
		{"a parent gives nothing by itself", orders, []string{lake}, "glue:UpdateDatabase", catalogue.WrongType, []string{"glue:UpdateDatabase acts on"}},
		{"a shared document is not changed", server, []string{document}, "ssm:UpdateDocument", catalogue.WrongService, []string{"ssm:UpdateDocument acts on"}},
		{"a shared document is not read", server, []string{document}, "ssm:GetDocument", catalogue.WrongService, []string{"ssm:GetDocument acts on", ". " + document + " is related, which only completes actions on the instance"}},
		{"a shared queue is not deleted", definition, []string{jobQueue}, "batch:DeleteJobQueue", catalogue.WrongType, []string{"batch:DeleteJobQueue acts on"}},
		{"a parent alone is not enough", orders, []string{lake}, "glue:GetTable", catalogue.Incomplete, []string{"rootcatalog", "Relate the glue rootcatalog to the table"}},
	} {
		scope, err := scoped(t, tc.entity, tc.related, []string{tc.action})
		var refusal *catalogue.Refusal
		if !errors.As(err, &refusal) || refusal.Reason != tc.reason || scope.Statements != nil {
			t.Errorf("%s: %v, %v", tc.name, scope, err)
			continue
		}
		for _, part := range tc.message {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q is not in %q", tc.name, part, err)
			}
		}
	}
}

// TestNamesOfAnyScript: what people name their files is granted as it is.
func TestNamesOfAnyScript(t *testing.T) {
	for _, name := range []string{"Screenshot 10.15.00\u202fAM.png", "\u0645\u06cc\u200c\u0631\u0648\u0645", "a\u3000b", "a\u00a0b", "\u65e5\u672c", "a\u200db"} {
		object := bucket + "/" + name
		if scope, err := scoped(t, object, nil, []string{"s3:GetObject"}); err != nil || !slices.Equal(scope.Statements[0].Resources, []string{object}) {
			t.Errorf("%q: %v, %v", name, scope, err)
		}
	}
	for _, name := range []string{"a\u202eb", "a\u2028b", "a\u0085b", "a\u200bb", "a\ufeffb", "a\u00a0"} {
		if scope, err := scoped(t, bucket+"/"+name, nil, []string{"s3:GetObject"}); err == nil {
			t.Errorf("%q: %v", name, scope)
		}
	}
	if scope, err := scoped(t, "arn:aws:s3:::/a", nil, []string{"s3:GetObject"}); err == nil {
		t.Errorf("in no bucket: %v", scope)
	}
}

// TestMayBelong: what can be related to an entity is told from the ARNs alone.
func TestMayBelong(t *testing.T) {
	for _, tc := range []struct {
		resource, entity string
		want             bool
	}{
		{kmsKey, queue, true},
		{kmsKey, bucket, true},
		{logs + ":log-stream:*", server, true},
		{lake, orders, true},
		{"arn:aws:ssm:us-east-1::document/AWS-RunShellScript", server, true},
		{"arn:aws:ssm:us-east-1::document/shell", server, false},
		{strings.Replace(kmsKey, account, "", 1), queue, false},
		{strings.Replace(kmsKey, account, "444455556666", 1), queue, false},
		{strings.Replace(kmsKey, ":aws:", ":aws-cn:", 1), queue, false},
		{queue, bucket, false},
		{lake, queue, false},
		{kmsKey, "my-bucket", false},
		{"*", queue, false},
	} {
		if got := catalogue.MayBelong(tc.resource, tc.entity); got != tc.want {
			t.Errorf("%s to %s: %v", tc.resource, tc.entity, got)
		}
	}
}

// TestRefusalNamesTheEntity: a refusal of an action carries it and the entity.
func TestRefusalNamesTheEntity(t *testing.T) {
	var refusal *catalogue.Refusal
	if _, err := scoped(t, queue, nil, []string{"kms:Decrypt"}); !errors.As(err, &refusal) || refusal.ARN != queue || refusal.Action != "kms:Decrypt" {
		t.Errorf("of an action: %+v", refusal)
	}
}

// TestIncomplete shows what a developer reads when an action needs more.
func TestIncomplete(t *testing.T) {
	for _, tc := range []struct{ entity, action, message string }{
		{
			server, "ec2:AttachVolume",
			"ec2:AttachVolume cannot work with what is granted on " + server + ": in each call AWS also checks volume (arn:aws:ec2:${Region}:${Account}:volume/${VolumeId}). " +
				`Relate the ec2 volume to the instance in the catalogue (relation "related"), and ask again`,
		},
		{
			disk, "ec2:CreateSnapshot",
			"ec2:CreateSnapshot cannot work with what is granted on " + disk + ": in each call AWS also checks snapshot (arn:aws:ec2:${Region}::snapshot/${SnapshotId}), which the call makes. " +
				"That is no part of this resource, and no grant on it can cover that: ask your platform team for another way",
		},
		{
			"arn:aws:ecs:" + east + "cluster/main", "ecs:ExecuteCommand",
			"ecs:ExecuteCommand cannot work with what is granted on arn:aws:ecs:" + east + "cluster/main: in each call AWS also checks task (arn:aws:ecs:${Region}:${Account}:task/${ClusterName}/${TaskId}). " +
				`Ask for it on the ecs task, to which this cluster has to be related in the catalogue (relation "related")`,
		},
		{
			"arn:aws:appconfig:" + east + "application/a1/environment/e1", "appconfig:UpdateEnvironment",
			"appconfig:UpdateEnvironment cannot work with what is granted on arn:aws:appconfig:" + east + "application/a1/environment/e1: in each call AWS also checks application (arn:aws:appconfig:${Region}:${Account}:application/${ApplicationId}). " +
				"This resource lies in the application: ask for it on that, if all of it may be granted",
		},
	} {
		if _, err := scoped(t, tc.entity, nil, []string{tc.action}); err == nil || err.Error() != tc.message {
			t.Errorf("%s on %s:\ngot  %v\nwant %s", tc.action, tc.entity, err, tc.message)
		}
	}
}

// TestCompanions: what an action needs besides itself is added inside the resource,
// told, or refused.
func TestCompanions(t *testing.T) {
	const advice = `s3:GetObject: if it is encrypted with a customer key`
	index := catalogue.Statement{Origin: catalogue.Companion, Actions: []string{"dynamodb:Query"}, Resources: []string{table + "/index/*"}}
	scope, err := scoped(t, table, nil, []string{"dynamodb:Query", "dynamodb:GetItem"})
	if err != nil || len(scope.Statements) != 2 || cmp.Diff(index, scope.Statements[1]) != "" {
		t.Errorf("an index: %+v, %v", scope, err)
	}
	for _, tc := range []struct {
		name    string
		related []string
		actions []string
		want    string // how the one warning begins; empty: none
	}{
		{"no key", nil, []string{"s3:GetObject", "s3:getobject"}, advice},
		{"a key and no right on it", []string{kmsKey}, []string{"s3:GetObject"}, "s3:GetObject: if " + kmsKey + " encrypts it, AWS also checks the key: ask for kms:Decrypt, too"},
		{"a key and the right", []string{kmsKey}, []string{"s3:GetObject", "kms:decrypt"}, ""},
		{"another action", nil, []string{"s3:ListBucket"}, ""},
	} {
		scope, err := scoped(t, bucket, tc.related, tc.actions)
		if err != nil || len(scope.Warnings) > 1 || (tc.want != "") != (len(scope.Warnings) == 1) {
			t.Errorf("%s: %v, %v", tc.name, scope, err)
		} else if tc.want != "" && !strings.HasPrefix(scope.Warnings[0], tc.want) {
			t.Errorf("%s: %q", tc.name, scope.Warnings)
		}
	}
	const secret = "arn:aws:secretsmanager:" + east + "secret:db-a1B2c3"
	const key2 = "arn:aws:kms:" + east + "key/2"
	for _, tc := range []struct {
		entity, action string
		related        []string
		want           string // the one warning
	}{
		{secret, "secretsmanager:PutSecretValue", []string{kmsKey}, "secretsmanager:PutSecretValue: if " + kmsKey + " encrypts it, AWS also checks the key: ask for kms:GenerateDataKey and kms:Decrypt, too"},
		{secret, "secretsmanager:GetSecretValue", []string{kmsKey, key2}, "secretsmanager:GetSecretValue: if " + kmsKey + " or " + key2 + " encrypts it, AWS also checks the key: ask for kms:Decrypt, too"},
		{"arn:aws:ssm:" + east + "parameter/db", "ssm:PutParameter", []string{kmsKey}, "ssm:PutParameter: if it is a SecureString that " + kmsKey + " encrypts, AWS also checks the key: ask for kms:Encrypt (in the advanced tier kms:GenerateDataKey), too"},
		{"arn:aws:lambda:" + east + "function:f", "lambda:GetFunction", []string{kmsKey}, "lambda:GetFunction: environment variables that " + kmsKey + " encrypts are shown only with rights on the key: ask for kms:Decrypt, too"},
		{"arn:aws:kms:" + east + "alias/app", "kms:CreateAlias", []string{kmsKey}, ""},
	} {
		scope, err := scoped(t, tc.entity, tc.related, []string{tc.action})
		if got := strings.Join(scope.Warnings, "\n"); err != nil || got != tc.want {
			t.Errorf("%s: %q, %v", tc.action, got, err)
		}
	}
	_, err = scoped(t, "arn:aws:bedrock:"+east+"inference-profile/eu.meta.llama3-2-1b-instruct-v1:0", nil, []string{"bedrock:InvokeModel"})
	var refusal *catalogue.Refusal
	if !errors.As(err, &refusal) || refusal.Reason != catalogue.Incomplete || !strings.HasPrefix(refusal.Error(), "bedrock:InvokeModel: AWS checks it on the profile") {
		t.Errorf("a profile: %v", err)
	}
}
