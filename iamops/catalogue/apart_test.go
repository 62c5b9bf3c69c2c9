package catalogue_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"port-iam/iamops/catalogue"
)

// TestApart: what the ARNs tell to belong to something else cannot be related.
func TestApart(t *testing.T) {
	west := func(arn string) string { return strings.Replace(arn, ":us-east-1:", ":eu-west-1:", 1) }
	udf := "arn:aws:glue:" + east + "userDefinedFunction/lake/f"
	task := "arn:aws:ecs:" + east + "task/c1/0123456789abcdef0123456789abcdef"
	c1 := "arn:aws:ecs:" + east + "cluster/c1"
	trail := "arn:aws:cloudtrail:" + east + "trail/main"
	zone := "arn:aws:route53:::hostedzone/Z0123456789"
	inRegion := func(related, name string) string {
		return related + " is in Region eu-west-1, and the " + name + " of "
	}
	for _, tc := range []struct {
		name, entity, related, action string
		says                          string // of the refusal; empty: it is granted
	}{
		{"a volume elsewhere", server, west(disk), "ec2:AttachVolume", inRegion(west(disk), "ec2 volume") + server + " has to be in us-east-1"},
		{"a group elsewhere", server, west(logs), "logs:GetLogEvents", inRegion(west(logs), "logs log-group") + server + " has to be in us-east-1"},
		{"a key elsewhere", queue, west(kmsKey), "kms:Decrypt", inRegion(west(kmsKey), "kms key") + queue + " has to be in us-east-1"},
		{"a replica of a key elsewhere", queue, "arn:aws:kms:eu-west-1:" + account + ":key/mrk-1234abcd12ab34cd56ef1234567890ab", "kms:Decrypt", "has to be in us-east-1"},
		{"a replica of a key", queue, "arn:aws:kms:" + east + "key/mrk-1234abcd12ab34cd56ef1234567890ab", "kms:Decrypt", ""},
		{"a volume here", server, disk, "ec2:AttachVolume", ""},
		{"a bucket has no Region", bucket, west(kmsKey), "kms:Decrypt", ""},
		{"an object has none either", bucket + "/2024/q1.csv", west(kmsKey), "kms:Decrypt", ""},
		{"the key of the trail's bucket", trail, west(kmsKey), "kms:Decrypt", ""},
		{"the group of a trail", trail, west(logs), "logs:GetLogEvents", "has to be in us-east-1"},
		{"the driver sends logs to any Region", task, west(logs), "logs:GetLogEvents", ""},
		{"query logs are in one Region", zone, west(logs), "logs:GetLogEvents", "has to be in us-east-1"},
		{"query logs", zone, logs, "logs:GetLogEvents", ""},
		{"another database", orders, lake + "2", "glue:GetTable", orders + " does not lie in " + lake + "2"},
		{"a database whose name begins so", orders, strings.TrimSuffix(lake, "e"), "glue:GetTable", " does not lie in "},
		{"a database named as the table", orders, "arn:aws:glue:" + east + "database/orders", "glue:GetTable", " does not lie in "},
		{"a database elsewhere", orders, west(lake), "glue:GetTable", "has to be in us-east-1"},
		{"a catalog elsewhere", orders, west(glue), "glue:GetTable", "has to be in us-east-1"},
		{"a function's database", udf, lake + "2", "glue:GetUserDefinedFunction", " does not lie in "},
		{"another cluster", task, c1 + "0", "ecs:ExecuteCommand", task + " does not lie in " + c1 + "0"},
		{"the cluster", task, c1, "ecs:ExecuteCommand", ""},
	} {
		_, err := scoped(t, tc.entity, []string{tc.related}, []string{tc.action})
		if tc.says == "" {
			if err != nil {
				t.Errorf("%s: %v", tc.name, err)
			}
			continue
		}
		var all catalogue.Refusals
		right := func(r *catalogue.Refusal) bool {
			return r.Reason == catalogue.Unrelated && r.ARN == tc.related && strings.Contains(r.Error(), tc.says) &&
				strings.HasSuffix(r.Error(), `: correct the relation "related" in the catalogue`)
		}
		if !errors.As(err, &all) || all[0].Action != tc.action || !slices.ContainsFunc(all, right) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	if _, err := scoped(t, orders, []string{lake, glue}, []string{"glue:GetTable"}); err != nil {
		t.Errorf("a table with its database and the catalog: %v", err)
	}
}
