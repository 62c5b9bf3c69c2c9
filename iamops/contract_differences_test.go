package iamops_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// differences are where moto does not do what AWS is documented to do, and what
// it does instead. The rest of the contract stays away from them. An entry that
// no longer holds fails: then it moves to the common part.
var differences = []struct {
	name, why  string
	do         func(t *testing.T, w *world) string
	fake, moto string
}{
	{
		"encoding of policy documents", "moto encodes trust and inline documents and forgets this one",
		func(t *testing.T, w *world) string {
			out, err := w.iam.GetPolicyVersion(t.Context(), &iam.GetPolicyVersionInput{PolicyArn: aws.String(w.policy(t, "/", "p")), VersionId: aws.String("v1")})
			noError(t, err)
			return (*out.PolicyVersion.Document)[:3]
		}, "%7B", `{"V`,
	},
	{
		"a role name in other letter case", "moto compares names as they are; in AWS they are unique without regard to case",
		func(t *testing.T, w *world) string {
			w.role(t, "r")
			return code(w.createRole(t, "/", "R", nil))
		}, "EntityAlreadyExists", "",
	},
	{
		"a policy name under another path", "moto finds policies by ARN; in AWS the name alone is unique",
		func(t *testing.T, w *world) string {
			w.policy(t, "/", "p")
			_, err := w.createPolicy(t, "/other/", "p", nil)
			return code(err)
		}, "EntityAlreadyExists", "",
	},
	{
		"delete a policy in use", "moto does not look who uses it",
		func(t *testing.T, w *world) string {
			arn := w.policy(t, "/", "p")
			w.role(t, "r")
			noError(t, w.attach(t, "r", arn))
			return code(w.deletePolicy(t, arn))
		}, "DeleteConflict", "",
	},
	{
		"delete a policy with old versions", "moto deletes them along with it",
		func(t *testing.T, w *world) string {
			arn := w.policy(t, "/", "p")
			noError(t, w.addVersion(t, arn, true))
			return code(w.deletePolicy(t, arn))
		}, "DeleteConflict", "",
	},
	{
		"a path that is none", "moto does not check paths",
		func(t *testing.T, w *world) string { return code(w.createRole(t, "/a b", "r", nil)) },
		"ValidationError", "",
	},
	{
		"a name that is none", "moto does not check names",
		func(t *testing.T, w *world) string { return code(w.createRole(t, "/", "a/b", nil)) },
		"ValidationError", "",
	},
	{
		"a tag value that is none", "moto checks the length of values and not their characters; in AWS the whole call fails",
		func(t *testing.T, w *world) string {
			return code(w.createRole(t, "/", "r", map[string]string{"who": "o'brien@example.com"}))
		}, "ValidationError", "",
	},
	{
		"sessions of less than an hour", "moto does not check how long they are",
		func(t *testing.T, w *world) string { return code(w.createLasting(t, 3599)) }, "ValidationError", "",
	},
	{
		"sessions of more than 12 hours", "moto does not check how long they are",
		func(t *testing.T, w *world) string { return code(w.createLasting(t, 43201)) }, "ValidationError", "",
	},
	{
		"a trust policy that is none", "moto reads it only when the role is assumed",
		func(t *testing.T, w *world) string {
			_, err := w.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: aws.String("{")})
			return code(err)
		}, "MalformedPolicyDocument", "",
	},
	{
		"a policy that is too long", "moto does not count",
		func(t *testing.T, w *world) string {
			long := strings.Replace(allowOne, "s3:GetObject", "s3:"+strings.Repeat("x", 6144), 1)
			_, err := w.iam.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String("p"), PolicyDocument: &long})
			return code(err)
		}, "LimitExceeded", "",
	},
	{
		"a boundary that does not exist", "moto checks no more than its account",
		func(t *testing.T, w *world) string {
			_, err := w.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: aws.String(trustAll), PermissionsBoundary: aws.String(w.boundary + "2")})
			return code(err)
		}, "NoSuchEntity", "",
	},
	{
		"eleven attachments", "moto has no quotas but that of versions",
		func(t *testing.T, w *world) string {
			w.role(t, "r")
			var err error
			for i := range 11 {
				err = w.attach(t, "r", w.policy(t, "/", fmt.Sprintf("p%d", i)))
			}
			return code(err)
		}, "LimitExceeded", "",
	},
	{
		"how often a policy is attached", "moto counts calls and not roles; nothing of ours looks at it",
		func(t *testing.T, w *world) string {
			arn := w.policy(t, "/", "p")
			w.role(t, "r")
			noError(t, w.attach(t, "r", arn))
			noError(t, w.attach(t, "r", arn))
			out, err := w.iam.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: &arn})
			noError(t, err)
			return fmt.Sprint(*out.Policy.AttachmentCount)
		}, "1", "2",
	},
	{
		"pages of inline policies", "moto returns all of them whatever was asked for",
		func(t *testing.T, w *world) string {
			w.role(t, "r")
			noError(t, w.putInline(t, "r", "a"))
			noError(t, w.putInline(t, "r", "b"))
			out, err := w.iam.ListRolePolicies(t.Context(), &iam.ListRolePoliciesInput{RoleName: aws.String("r"), MaxItems: aws.Int32(1)})
			noError(t, err)
			return fmt.Sprint(len(out.PolicyNames))
		}, "1", "2",
	},
	{
		"pages of versions", "as with inline policies",
		func(t *testing.T, w *world) string {
			arn := w.policy(t, "/", "p")
			noError(t, w.addVersion(t, arn, false))
			out, err := w.iam.ListPolicyVersions(t.Context(), &iam.ListPolicyVersionsInput{PolicyArn: &arn, MaxItems: aws.Int32(1)})
			noError(t, err)
			return fmt.Sprint(len(out.Versions))
		}, "1", "2",
	},
}

func testDifferences(t *testing.T, newWorld func(t *testing.T) *world) {
	for _, d := range differences {
		t.Run(d.name, func(t *testing.T) {
			w := newWorld(t)
			want := map[server]string{fakeServer: d.fake, motoServer: d.moto}[w.server()]
			if got := d.do(t, w); got != want {
				t.Errorf("%q, want %q (%s)", got, want, d.why)
			}
		})
	}
}
