package iamtest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"port-iam/iamops/iamtest"
)

func tagsOf(pairs ...string) []types.Tag {
	var tags []types.Tag
	for i := 0; i < len(pairs); i += 2 {
		tags = append(tags, types.Tag{Key: &pairs[i], Value: &pairs[i+1]})
	}
	return tags
}

func manyTags(n int) []types.Tag {
	var pairs []string
	for i := range n {
		pairs = append(pairs, fmt.Sprintf("k%d", i), "v")
	}
	return tagsOf(pairs...)
}

// padded is a document of n characters, white space not counted.
func padded(document string, n int) string {
	return strings.Replace(document, `"Statement"`, "\n \t"+`"Id":"`+strings.Repeat("x", n-len(document)-8)+`","Statement"`, 1)
}

func TestCreateRoleLimits(t *testing.T) {
	t.Parallel()
	trust := func(principal string) func(*iam.CreateRoleInput) {
		return func(in *iam.CreateRoleInput) {
			in.AssumeRolePolicyDocument = aws.String(fmt.Sprintf(`{"Statement":{"Effect":"Allow","Principal":%s,"Action":"sts:AssumeRole"}}`, principal))
		}
	}
	tests := []struct {
		name   string
		change func(*iam.CreateRoleInput)
		want   string
	}{
		{"nothing special", func(*iam.CreateRoleInput) {}, ""},
		{"name of 64", func(in *iam.CreateRoleInput) { in.RoleName = aws.String(strings.Repeat("x", 64)) }, ""},
		{"name of 65", func(in *iam.CreateRoleInput) { in.RoleName = aws.String(strings.Repeat("x", 65)) }, "ValidationError"},
		{"name with a slash", func(in *iam.CreateRoleInput) { in.RoleName = aws.String("a/b") }, "ValidationError"},
		{"name with a letter outside ASCII", func(in *iam.CreateRoleInput) { in.RoleName = aws.String("é") }, "ValidationError"},
		{"path without end", func(in *iam.CreateRoleInput) { in.Path = aws.String("/a") }, "ValidationError"},
		{"path with a blank", func(in *iam.CreateRoleInput) { in.Path = aws.String("/a b/") }, "ValidationError"},
		{"path of AWS", func(in *iam.CreateRoleInput) { in.Path = aws.String("/aws-reserved/sso.amazonaws.com/") }, "InvalidInput"},
		{"description of 1001", func(in *iam.CreateRoleInput) { in.Description = aws.String(strings.Repeat("é", 1001)) }, "ValidationError"},
		{"description beyond Latin-1", func(in *iam.CreateRoleInput) { in.Description = aws.String("→") }, "ValidationError"},
		{"session of an hour less a second", func(in *iam.CreateRoleInput) { in.MaxSessionDuration = aws.Int32(3599) }, "ValidationError"},
		{"session of 12 hours and a second", func(in *iam.CreateRoleInput) { in.MaxSessionDuration = aws.Int32(43201) }, "ValidationError"},
		{"session of 12 hours", func(in *iam.CreateRoleInput) { in.MaxSessionDuration = aws.Int32(43200) }, ""},
		{"boundary", func(in *iam.CreateRoleInput) { in.PermissionsBoundary = aws.String(boundary) }, ""},
		{"boundary of AWS", func(in *iam.CreateRoleInput) {
			in.PermissionsBoundary = aws.String("arn:aws:iam::aws:policy/ReadOnlyAccess")
		}, ""},
		{"boundary that does not exist", func(in *iam.CreateRoleInput) { in.PermissionsBoundary = aws.String(boundary + "2") }, "NoSuchEntity"},
		{"50 tags", func(in *iam.CreateRoleInput) { in.Tags = manyTags(50) }, ""},
		{"51 tags", func(in *iam.CreateRoleInput) { in.Tags = manyTags(51) }, "ValidationError"},
		{"one bad tag of two", func(in *iam.CreateRoleInput) { in.Tags = tagsOf("a", "b", "c", "o'brien@example.com") }, "ValidationError"},
		{"tag value with a star", func(in *iam.CreateRoleInput) { in.Tags = tagsOf("a", "arn:aws:s3:::b/*") }, "ValidationError"},
		{"tag value of 256", func(in *iam.CreateRoleInput) { in.Tags = tagsOf("a", strings.Repeat("ü", 256)) }, ""},
		{"tag value of 257", func(in *iam.CreateRoleInput) { in.Tags = tagsOf("a", strings.Repeat("ü", 257)) }, "ValidationError"},
		{"tag key of 129", func(in *iam.CreateRoleInput) { in.Tags = tagsOf(strings.Repeat("k", 129), "") }, "ValidationError"},
		{"tag key of AWS", func(in *iam.CreateRoleInput) { in.Tags = tagsOf("AWS:k", "") }, "InvalidInput"},
		{"tag keys that differ in case", func(in *iam.CreateRoleInput) { in.Tags = tagsOf("a", "", "A", "") }, "InvalidInput"},
		{"trust of 2048", func(in *iam.CreateRoleInput) { in.AssumeRolePolicyDocument = aws.String(padded(trustAll, 2048)) }, ""},
		{"trust of 2049", func(in *iam.CreateRoleInput) { in.AssumeRolePolicyDocument = aws.String(padded(trustAll, 2049)) }, "LimitExceeded"},
		{"trust that is not JSON", func(in *iam.CreateRoleInput) { in.AssumeRolePolicyDocument = aws.String("{") }, "MalformedPolicyDocument"},
		{"trust with a letter beyond Latin-1", func(in *iam.CreateRoleInput) { in.AssumeRolePolicyDocument = aws.String(`{"Id":"→"}`) }, "ValidationError"},
		{"trust with a resource", func(in *iam.CreateRoleInput) {
			in.AssumeRolePolicyDocument = aws.String(statement("Allow", "sts:*", "*"))
		}, "MalformedPolicyDocument"},
		{"trust in a user", trust(`{"AWS":"arn:aws:iam::123456789012:user/alice"}`), ""},
		{"trust in nobody", trust(`{"AWS":"arn:aws:iam::123456789012:user/nobody"}`), "MalformedPolicyDocument"},
		{"trust in some users", trust(`{"AWS":"arn:aws:iam::123456789012:user/*"}`), "MalformedPolicyDocument"},
		{"trust in a service", trust(`{"Service":"ec2.amazonaws.com"}`), ""},
		{"trust in the account id", trust(`{"AWS":["123456789012"]}`), ""},
		{"trust in anyone", trust(`"*"`), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, iamtest.Options{})
			w.AddUser("alice")
			w.AddPolicy(boundary, statement("Allow", "*", "*"))
			w.AddPolicy("arn:aws:iam::aws:policy/ReadOnlyAccess", statement("Allow", "s3:Get*", "*"))
			in := &iam.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: aws.String(trustAll)}
			tt.change(in)
			_, err := w.iam.CreateRole(t.Context(), in)
			wantCode(t, tt.want, err)
			if made := len(w.Snapshot().Roles) == 1; made != (tt.want == "") {
				t.Errorf("role made: %v", made)
			}
		})
	}
}

func TestPolicyLimits(t *testing.T) {
	t.Parallel()
	one := statement("Allow", "s3:*", "*")
	tests := []struct {
		name, path, document, want string
	}{
		{"P", "/", padded(one, 6144), ""},
		{"P", "/", padded(one, 6145), "LimitExceeded"},
		{strings.Repeat("p", 128), "/", one, ""},
		{strings.Repeat("p", 129), "/", one, "ValidationError"},
		{"P", "/a!/", one, "ValidationError"},
		{"P", "//", one, "ValidationError"},
		{"P", "/", `{"Version":"2012-10-17"}`, "MalformedPolicyDocument"},
		{"P", "/", `{"Version":"2013-10-17","Statement":[]}`, "MalformedPolicyDocument"},
		{"P", "/", strings.Replace(one, "Effect", "effect", 1), "MalformedPolicyDocument"},
		{"P", "/", strings.Replace(one, `"Effect"`, `"Effect":"Deny","Effect"`, 1), "MalformedPolicyDocument"},
		{"P", "/", strings.Replace(one, `"Action"`, `"NotAction"`, 1), "MalformedPolicyDocument"},
		{"P", "/", strings.Replace(one, "s3:*", "s3", 1), "MalformedPolicyDocument"},
		{"P", "/", statement("Allow", "s3:*", "bucket"), "MalformedPolicyDocument"},
		{"P", "/", statement("Allow", "s3:*", "arn:aws:s3:::${aws:username}"), "MalformedPolicyDocument"},
		{"P", "/", trustAll, "MalformedPolicyDocument"},
		{"P", "/", `{"Statement":[{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"}]}`, "MalformedPolicyDocument"},
	}
	for _, tt := range tests {
		w := newWorld(t, iamtest.Options{})
		_, err := w.iam.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: &tt.name, Path: &tt.path, PolicyDocument: &tt.document})
		if code(err) != tt.want {
			t.Errorf("%.20s %s %.120s: code %q, want %q", tt.name, tt.path, tt.document, code(err), tt.want)
		}
	}
}

// TestQuotas fills an account, a role and a policy, and checks the typed errors.
func TestQuotas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, iamtest.Options{MaxRoles: 2, MaxPolicies: 12})
	w.AddPolicy("arn:aws:iam::aws:policy/X", statement("Allow", "*", "*")) // AWS's own do not count
	ctx := t.Context()
	w.role(t, "a")
	w.role(t, "b")
	_, err := w.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("c"), AssumeRolePolicyDocument: aws.String(trustAll)})
	if limit := (*types.LimitExceededException)(nil); !errors.As(err, &limit) || !strings.Contains(limit.ErrorMessage(), "RolesPerAccount: 2") {
		t.Errorf("third role: %v", err)
	}
	var arns []string
	for i := range 12 {
		arns = append(arns, w.policy(t, fmt.Sprintf("p%d", i)))
	}
	_, err = w.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("q"), PolicyDocument: aws.String(statement("Allow", "*", "*"))})
	wantCode(t, "LimitExceeded", err)
	for _, arn := range arns[:10] {
		w.attach(t, "a", arn)
	}
	_, err = w.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("a"), PolicyArn: &arns[10]})
	wantCode(t, "LimitExceeded", err)
	for range 4 {
		_, err = w.iam.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: &arns[0], PolicyDocument: aws.String(statement("Deny", "*", "*")), SetAsDefault: true})
		noError(t, err)
	}
	_, err = w.iam.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: &arns[0], PolicyDocument: aws.String(statement("Deny", "*", "*"))})
	wantCode(t, "LimitExceeded", err)
	_, err = w.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("a"), PolicyName: aws.String("x"), PolicyDocument: aws.String(padded(statement("Allow", "*", "*"), 10240))})
	noError(t, err)
	_, err = w.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("a"), PolicyName: aws.String("y"), PolicyDocument: aws.String(statement("Allow", "*", "*"))})
	wantCode(t, "LimitExceeded", err)
	_, err = w.iam.TagRole(ctx, &iam.TagRoleInput{RoleName: aws.String("a"), Tags: manyTags(50)})
	noError(t, err)
	_, err = w.iam.TagRole(ctx, &iam.TagRoleInput{RoleName: aws.String("a"), Tags: tagsOf("K1", "same key")})
	noError(t, err)
	_, err = w.iam.TagRole(ctx, &iam.TagRoleInput{RoleName: aws.String("a"), Tags: tagsOf("other", "")})
	wantCode(t, "LimitExceeded", err)

	if _, err = w.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("c")}); !errors.As(err, new(*types.NoSuchEntityException)) {
		t.Errorf("GetRole of none: %v", err)
	}
	_, err = w.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String("a")})
	if !errors.As(err, new(*types.DeleteConflictException)) {
		t.Errorf("DeleteRole in use: %v", err)
	}
}
