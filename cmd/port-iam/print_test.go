package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestPrintExitCodes: a script that installs a policy can rely on the code, and
// on nothing being printed along with an error.
func TestPrintExitCodes(t *testing.T) {
	const boundary = "arn:aws:iam::123456789012:policy/PortIamBoundary"
	for _, tc := range []struct {
		args   string
		code   int
		stderr string
	}{
		{"management-policy --boundary " + boundary, 0, ""},
		{"management-policy --role arn:aws:iam::123456789012:role/platform/port-iam --boundary " + boundary, 0, ""},
		{"management-policy --role port-iam --boundary " + boundary, exitConfig, "is not the ARN of a role or user"},
		{"management-policy --role arn:aws:iam::210987654321:role/port-iam --boundary " + boundary, exitConfig, "is not of account 123456789012"},
		{"requester-policy --account 123456789012 --role arn:aws:iam::123456789012:role/port-iam", exitConfig, "unknown flag: --role"},
		{"boundary --account 123456789012", 0, ""},
		{"requester-policy --account 123456789012", 0, ""},
		{"requester-policy --help", 0, ""},
		{"", exitConfig, "say what to do: actions, blueprints, boundary"},
		{"nonsense", exitConfig, `unknown command "nonsense"`},
		{"boundary more", exitConfig, `unknown command "more"`},
		{"boundary --nonsense", exitConfig, "unknown flag: --nonsense"},
		{"management-policy", exitConfig, "IAM_PERMISSIONS_BOUNDARY: is missing"},
		{"management-policy --boundary none", exitConfig, "IAM_PERMISSIONS_BOUNDARY: is missing"},
		{"management-policy --account 210987654321 --boundary " + boundary, exitConfig, "is not of account 210987654321"},
		{"management-policy --partition aws-cn --boundary " + boundary, exitConfig, "is not of account 123456789012 in partition aws-cn"},
		{"management-policy --boundary arn:aws:iam::123456789012:policy/*", exitConfig, "is neither the ARN of a managed policy"},
		{"management-policy --boundary arn:aws:iam::123456789012:policy/port-iam/Permission-x", exitConfig, "the daemon could delete it"},
		{"boundary", exitConfig, "--account: is missing"},
		{"requester-policy", exitConfig, "--account: is missing"},
		{"requester-policy --account 123456789012 --path /aws-reserved/x/", exitConfig, "AWS keeps for itself"},
	} {
		t.Run(tc.args, func(t *testing.T) {
			_, _ = readWith(t, nil) // unsets our variables
			var stdout, stderr bytes.Buffer
			code := execute(append([]string{"print"}, strings.Fields(tc.args)...), &stdout, &stderr)
			if code != tc.code || !strings.Contains(stderr.String(), tc.stderr) {
				t.Errorf("exit code %d, want %d; stderr %q", code, tc.code, stderr.String())
			}
			if printed := stdout.Len() > 0; printed != (tc.code == 0) {
				t.Errorf("stdout: %q", stdout.String())
			}
		})
	}
}
