package grants

import (
	"testing"
)

// TestDifferences: Port and the policy name one resource, however the policy writes it.
func TestDifferences(t *testing.T) {
	const (
		function = "arn:aws:lambda:us-east-1:123456789012:function:thumb"
		api      = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3/"
		alarm    = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:CPU "
		secret   = "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db"
		group    = "arn:aws:logs:us-east-1:123456789012:log-group:app"
	)
	for _, tc := range []struct {
		resource, policy string
		differ           bool
	}{
		{function + ":$LATEST", function + ":${$}LATEST", false},
		{function + ":$LATEST", function + ":$LATEST", false},
		{function + ":$LATEST", function + ":1", true},
		{function, function + ":$LATEST", false},
		{api + "$default", api + "$default/*", false},
		{api + "$default", api + "${$}default/*", false},
		{api + "$default", api + "prod/*", true},
		{alarm + "*", alarm + "${*}", false},
		{alarm + "?", alarm + "${*}", true},
		{alarm + "1", alarm + "${*}", true},
		{group + ":*", group, false},
		{group, group + ":*", false},
		{group, group + ":log-stream:*", false},
		{group, group + "2:*", true},
		{secret + "-AbCdEf", secret + "-??????", false},
		{secret, secret + "-??????", false},
		{secret, secret + "2-??????", true},
		{"arn:aws:s3:::reports", "arn:aws:s3:::reports/*", false},
		{"arn:aws:s3:::reports/a/", "arn:aws:s3:::reports/a/*", false},
		{"arn:aws:s3:::reports/a", "arn:aws:s3:::reports/*", false},
		{"arn:aws:s3:::reports", "arn:aws:s3:::reports2/*", true},
		{"arn:aws:s3:::reports2", "arn:aws:s3:::reports/*", true},
		{"arn:aws:s3:::reports", "*", false},
	} {
		g := Listing{Resource: tc.resource, Resources: []string{tc.policy}}
		if got := g.differences(); (len(got) > 0) != tc.differ {
			t.Errorf("%s in Port, %s in the policy: %q", tc.resource, tc.policy, got)
		}
	}
}
