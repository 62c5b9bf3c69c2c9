package catalogue_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/iamops/catalogue"
)

// TestIdle: an action that a pattern would not change is no effect of it.
func TestIdle(t *testing.T) {
	rules := catalogue.Rules{
		Deny:  []string{"s3:Delete*", "S3:getobject", "*:Nonesuch", "s33:*", "a4b:*", "iam:*", "s3:Delte*"},
		Allow: []string{"s3:PutBucketPolicy", "s3:GetObject", "iam:*", "s3:GetDataAccess", "sns:Subscribe", "*:PutResourcePolicy", "*:GetObject"},
	}
	want := catalogue.Rules{
		Deny:  []string{"*:Nonesuch", "s33:*", "s3:Delte*"},
		Allow: []string{"s3:GetObject", "iam:*", "s3:GetDataAccess", "*:GetObject"},
	}
	got, err := open(t).Idle(rules)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	services := open(t).Services()
	for _, prefix := range []string{services[0], services[len(services)-1]} {
		got, err := open(t).Idle(catalogue.Rules{Deny: []string{prefix + ":*"}})
		if err != nil || len(got.Deny) != 0 {
			t.Fatalf("%s: %v, %v", prefix, got.Deny, err)
		}
	}
}
