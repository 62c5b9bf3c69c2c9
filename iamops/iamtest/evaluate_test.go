package iamtest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"port-iam/iamops/iamtest"
)

// TestSimulate evaluates one statement, or two, for s3:PutObject on an object.
func TestSimulate(t *testing.T) {
	t.Parallel()
	allow := statement("Allow", "s3:*", "*")
	when := func(effect, operator, key, values string) string {
		return fmt.Sprintf(`{"Statement":{"Effect":%q,"Action":"*","Resource":"*","Condition":{%q:{%q:%s}}}}`, effect, operator, key, values)
	}
	odd := func(operator, value string) string {
		return strings.Replace(when("Allow", operator, "aws:Odd", value), "{", `{"Version":"2012-10-17",`, 1)
	}
	const yes, no, denied = "allowed", "implicitDeny", "explicitDeny"
	tests := []struct {
		name     string
		identity []string
		boundary string
		want     string
	}{
		{"nothing", nil, "", no},
		{"exact", []string{statement("Allow", "s3:PutObject", "arn:aws:s3:::b/k")}, "", yes},
		{"action in other letters", []string{statement("Allow", "S3:putobject", "*")}, "", yes},
		{"action with a question mark", []string{statement("Allow", "s3:P?tObject", "*")}, "", yes},
		{"star", []string{statement("Allow", "*", "*")}, "", yes},
		{"another action", []string{statement("Allow", "s3:PutObjectAcl", "*")}, "", no},
		{"resource below", []string{statement("Allow", "s3:*", "arn:aws:s3:::b/*")}, "", yes},
		{"resource itself", []string{statement("Allow", "s3:*", "arn:aws:s3:::b")}, "", no},
		{"resource in other letters", []string{statement("Allow", "s3:*", "arn:aws:s3:::B/k")}, "", no},
		{"deny wins", []string{allow, statement("Deny", "s3:Put*", "*")}, "", denied},
		{"deny of another", []string{allow, statement("Deny", "s3:Get*", "*")}, "", yes},
		{"within the boundary", []string{allow}, allow, yes},
		{"beyond the boundary", []string{allow}, statement("Allow", "ec2:*", "*"), no},
		{"boundary denies", []string{allow}, statement("Deny", "s3:*", "*"), denied},
		{"a boundary grants nothing", nil, allow, no},
		{"StringEquals", []string{when("Allow", "StringEquals", "AWS:requestedregion", `["a","eu-west-1"]`)}, "", yes},
		{"StringEquals other", []string{when("Allow", "StringEquals", "aws:RequestedRegion", `"EU-west-1"`)}, "", no},
		{"StringLike", []string{when("Allow", "StringLike", "aws:RequestedRegion", `"eu-*"`)}, "", yes},
		{"StringNotEquals", []string{when("Deny", "StringNotEquals", "aws:RequestedRegion", `["eu-west-1","x"]`), allow}, "", yes},
		{"StringNotEquals other", []string{when("Deny", "StringNotEquals", "aws:RequestedRegion", `["x"]`), allow}, "", denied},
		{"key that is missing", []string{when("Allow", "StringLike", "aws:Missing", `"*"`)}, "", no},
		{"key that is missing, negated", []string{when("Allow", "StringNotEquals", "aws:Missing", `"x"`)}, "", yes},
		{"ArnLike", []string{when("Allow", "ArnLike", "aws:PrincipalArn", `"arn:aws:iam::*:role/p/*"`)}, "", yes},
		{"ArnEquals part by part", []string{when("Allow", "ArnEquals", "aws:PrincipalArn", `"arn:*:role/p/R"`)}, "", no},
		{"DateLessThan", []string{when("Allow", "DateLessThan", "aws:CurrentTime", `"2100-01-01T00:00:00Z"`)}, "", yes},
		{"DateLessThan past", []string{when("Allow", "DateLessThan", "aws:CurrentTime", `"2000-01-01T00:00:00Z"`)}, "", no},
		{"DateGreaterThan", []string{when("Allow", "DateGreaterThan", "aws:CurrentTime", `"2000-01-01T00:00:00Z"`)}, "", yes},
		{"a date that is none", []string{when("Allow", "DateLessThan", "aws:CurrentTime", `"tomorrow"`)}, "", no},
		{"Bool", []string{when("Allow", "Bool", "aws:SecureTransport", `true`)}, "", yes},
		{"Bool other", []string{when("Allow", "Bool", "aws:SecureTransport", `"false"`)}, "", no},
		{"ForAllValues", []string{when("Allow", "ForAllValues:StringLike", "aws:TagKeys", `"port-*"`)}, "", yes},
		{"ForAllValues one of them not", []string{when("Allow", "ForAllValues:StringLike", "aws:TagKeys", `"port-iam-a"`)}, "", no},
		{"ForAllValues of none", []string{when("Allow", "ForAllValues:StringLike", "aws:Missing", `"x"`)}, "", yes},
		{"PrincipalTag", []string{when("Allow", "StringEquals", "aws:PrincipalTag/team", `"blue"`)}, "", yes},
		{"StringEquals written as itself", []string{odd("StringEquals", `"a${*}${?}${$}"`)}, "", yes},
		{"StringEquals has no wildcards", []string{odd("StringEquals", `"a*?$"`)}, "", yes},
		{"StringLike written as itself", []string{odd("StringLike", `"${*}*"`)}, "", no},
		{"unknown operator", []string{allow, when("Allow", "NumericEquals", "aws:X", `"1"`)}, "", denied},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, iamtest.Options{})
			ctx := t.Context()
			w.trusted(t, "R", trustAll)
			for i, d := range tt.identity {
				_, err := w.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("R"), PolicyName: aws.String(fmt.Sprint(i)), PolicyDocument: &d})
				noError(t, err)
			}
			if tt.boundary != "" {
				w.AddPolicy(boundary, tt.boundary)
				_, err := w.iam.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: aws.String("R"), PermissionsBoundary: aws.String(boundary)})
				noError(t, err)
			}
			entry := func(key string, values ...string) types.ContextEntry {
				return types.ContextEntry{ContextKeyName: &key, ContextKeyType: types.ContextKeyTypeEnumString, ContextKeyValues: values}
			}
			out, err := w.iam.SimulatePrincipalPolicy(ctx, &iam.SimulatePrincipalPolicyInput{
				PolicySourceArn: aws.String("arn:aws:iam::123456789012:role/p/R"), ActionNames: []string{"s3:PutObject"}, ResourceArns: []string{"arn:aws:s3:::b/k"},
				ContextEntries: []types.ContextEntry{entry("aws:RequestedRegion", "eu-west-1"), entry("aws:SecureTransport", "true"), entry("aws:Odd", "a*?$"), entry("aws:TagKeys", "port-iam-a", "port-iam-b")},
			})
			noError(t, err)
			if got := string(out.EvaluationResults[0].EvalDecision); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

// TestLeastPrivilege runs calls under a policy that ties everything to the
// boundary, the tags and the path.
func TestLeastPrivilege(t *testing.T) {
	t.Parallel()
	const (
		role    = "arn:aws:iam::123456789012:role/p/G-*"
		bounded = `"ArnEquals":{"iam:PermissionsBoundary":"` + boundary + `"}`
		tagged  = `"StringEquals":{"aws:RequestTag/own-by":"me"},"ForAllValues:StringLike":{"aws:TagKeys":"own-*"}`
	)
	allow := func(action, condition string) string {
		return fmt.Sprintf(`{"Effect":"Allow","Action":%q,"Resource":%q,"Condition":{%s}}`, action, role, condition)
	}
	w := newWorld(t, iamtest.Options{})
	w.AddPolicy(boundary, statement("Allow", "s3:*", "*"))
	own, foreign := w.policy(t, "G-1"), w.policy(t, "Admin")
	id, secret := w.AddUser("limited", fmt.Sprintf(`{"Version":"2012-10-17","Statement":[%s,%s,%s]}`,
		allow("iam:CreateRole", bounded+","+tagged), allow("iam:TagRole", tagged),
		allow("iam:AttachRolePolicy", bounded+`,"ArnLike":{"iam:PolicyARN":"arn:aws:iam::123456789012:policy/p/G-*"}`)))
	c := w.client(id, secret, "")
	create := func(name, bound string, tags ...string) error {
		in := &iam.CreateRoleInput{RoleName: &name, Path: aws.String("/p/"), AssumeRolePolicyDocument: aws.String(trustAll), Tags: tagsOf(tags...)}
		if bound != "" {
			in.PermissionsBoundary = &bound
		}
		_, err := c.CreateRole(t.Context(), in)
		return err
	}
	attach := func(name, arn string) error {
		_, err := c.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: &name, PolicyArn: &arn})
		return err
	}
	wantCode(t, "AccessDenied", create("G-1", "", "own-by", "me"))
	wantCode(t, "AccessDenied", create("G-1", own, "own-by", "me"))
	wantCode(t, "AccessDenied", create("G-1", boundary, "own-by", "you"))
	wantCode(t, "AccessDenied", create("G-1", boundary, "own-by", "me", "team", "admins"))
	wantCode(t, "AccessDenied", create("X", boundary, "own-by", "me"))
	wantCode(t, "", create("G-1", boundary, "own-by", "me", "own-x", ""))
	wantCode(t, "", attach("G-1", own))
	wantCode(t, "AccessDenied", attach("G-1", foreign))
	w.role(t, "G-2") // without the boundary
	wantCode(t, "AccessDenied", attach("G-2", own))
	_, err := c.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: aws.String("G-1")})
	wantCode(t, "AccessDenied", err)
}

// TestResourceAccount: a request says whose the resource is, also where the ARN does not.
func TestResourceAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, iamtest.Options{})
	key, _ := w.AddUser("owner", `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceAccount":"123456789012"}}}}`)
	for resource, want := range map[string]bool{
		"arn:aws:s3:::b/k:1": true, "arn:aws:sqs:eu-west-1:123456789012:q": true, "arn:aws:sqs:eu-west-1:210987654321:q": false,
	} {
		if got, why := w.Allowed(key, "x:Do", resource); got != want {
			t.Errorf("%s: %v, %s", resource, got, why)
		}
	}
}

// TestLiteralSigns: in a resource and in a condition, what would be a wildcard or
// begin a variable means itself where it is written so.
func TestLiteralSigns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, iamtest.Options{})
	const alarm = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:"
	when := func(operator, value string) string {
		return fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{%q:{"aws:userid":%q}}}}`, operator, value)
	}
	for i, tt := range []struct {
		document, resource string
		want               bool
	}{
		{statement("Allow", "*", alarm+"a${*}b"), alarm + "a*b", true},
		{statement("Allow", "*", alarm+"a${*}b"), alarm + "axb", false},
		{statement("Allow", "*", alarm+"a${*}b"), alarm + "a${*}b", false},
		{statement("Allow", "*", alarm+"a${?}b"), alarm + "a?b", true},
		{statement("Allow", "*", alarm+"a${?}b"), alarm + "axb", false},
		{statement("Allow", "*", alarm+"${$}LATEST"), alarm + "$LATEST", true},
		{statement("Allow", "*", alarm+"${$}LATEST"), alarm + "LATEST", false},
		{statement("Allow", "*", alarm+"${$}${*}?*"), alarm + "$*12", true},
		{statement("Allow", "*", alarm+"${$}${*}?*"), alarm + "$*", false},
		{statement("Allow", "*", alarm+"$5 (ü)"), alarm + "$5 (ü)", true},
		{when("StringEquals", "a${*}"), "*", false},
		{when("StringLike", "AIDA*"), "*", true},
		{when("StringLike", "AIDA${*}"), "*", false},
		{when("StringNotEquals", "a${$}"), "*", true},
	} {
		id, _ := w.AddUser(fmt.Sprint("u", i), tt.document)
		if got, why := w.Allowed(id, "cloudwatch:DeleteAlarms", tt.resource); got != tt.want {
			t.Errorf("%s on %s: %v, %s", tt.document, tt.resource, got, why)
		}
	}
	for document, want := range map[string]string{
		statement("Allow", "*", alarm+"${*}${?}${$}"):                                  "",
		statement("Allow", "*", alarm+"${*}${aws:username}"):                           "MalformedPolicyDocument",
		when("StringLike", "${*}${aws:userid}"):                                        "MalformedPolicyDocument",
		`{"Statement":{"Effect":"Allow","Action":"*","Resource":"` + alarm + `${*}"}}`: "MalformedPolicyDocument",
	} {
		_, err := w.iam.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String("P"), PolicyDocument: &document})
		wantCode(t, want, err)
	}
}
