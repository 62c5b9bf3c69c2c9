package iamtest_test

import (
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"port-iam/iamops/iamtest"
)

// TestProtected checks that what belongs to AWS can be read and used, but not
// changed.
func TestProtected(t *testing.T) {
	t.Parallel()
	w := newWorld(t, iamtest.Options{})
	ctx := t.Context()
	managed := "arn:aws:iam::aws:policy/job-function/Viewer"
	w.AddPolicy(managed, statement("Allow", "s3:Get*", "*"))
	w.AddRoleSession(ssoPath, "AWSReservedSSO_Dev_abc", "alice@example.com", statement("Allow", "*", "*"))
	w.role(t, "r")
	w.attach(t, "r", managed)
	w.policy(t, "Viewer") // no clash with AWS's

	_, err := w.iam.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: aws.String("AWSReservedSSO_Dev_abc"), PolicyName: aws.String("policy-1")})
	wantCode(t, "UnmodifiableEntity", err)
	_, err = w.iam.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: &managed})
	wantCode(t, "AccessDenied", err)
	for scope, want := range map[types.PolicyScopeType]int{"All": 2, "AWS": 1, "Local": 1} {
		out, err := w.iam.ListPolicies(ctx, &iam.ListPoliciesInput{Scope: scope})
		if noError(t, err); len(out.Policies) != want {
			t.Errorf("%s: %d policies, want %d", scope, len(out.Policies), want)
		}
	}
	out, err := w.iam.ListPolicies(ctx, &iam.ListPoliciesInput{OnlyAttached: true, PathPrefix: aws.String("/job-function/")})
	if noError(t, err); len(out.Policies) != 1 || *out.Policies[0].Arn != managed {
		t.Errorf("attached: %+v", out.Policies)
	}
}

func TestFixturesMustBeValid(t *testing.T) {
	t.Parallel()
	s := iamtest.New(iamtest.Options{})
	for name, add := range map[string]func(){
		"document": func() { s.AddUser("u", "{") },
		"session":  func() { s.AddRoleSession("/", "r", "o'brien") },
		"account":  func() { s.AddPolicy("arn:aws:iam::210987654321:policy/P", statement("Allow", "*", "*")) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			add()
		}()
	}
}

// TestOneWins makes the same role from many goroutines at once.
func TestOneWins(t *testing.T) {
	t.Parallel()
	w := newWorld(t, iamtest.Options{})
	codes := make([]string, 16)
	var wg sync.WaitGroup
	for i := range codes {
		wg.Go(func() {
			_, err := w.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: aws.String(trustAll)})
			codes[i] = code(err)
		})
	}
	wg.Wait()
	won := 0
	for _, c := range codes {
		if c == "" {
			won++
		} else if c != "EntityAlreadyExists" {
			t.Error(c)
		}
	}
	if won != 1 {
		t.Errorf("%d calls made the role", won)
	}
}
