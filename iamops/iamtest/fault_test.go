package iamtest_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"port-iam/iamops/iamtest"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, iamtest.Options{})
	ctx := t.Context()
	create := func(name string) error {
		_, err := w.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(trustAll)})
		return err
	}
	exists := func(name string) bool {
		for _, r := range w.Snapshot().Roles {
			if r.Name == name {
				return true
			}
		}
		return false
	}

	w.Fault(iamtest.Fault{Kind: iamtest.LostAnswer, Op: "CreateRole"})
	if err := create("a"); err == nil || !exists("a") {
		t.Errorf("lost answer: %v, exists %v", err, exists("a"))
	}
	w.Fault(iamtest.Fault{Kind: iamtest.LostRequest, Op: "CreateRole"})
	if err := create("b"); err == nil || exists("b") {
		t.Errorf("lost request: %v, exists %v", err, exists("b"))
	}
	w.Fault(iamtest.Fault{Kind: iamtest.Refused, Op: "CreateRole", Name: "c", Code: "ConcurrentModification", Status: 409, Count: 2})
	w.Fault(iamtest.Fault{Kind: iamtest.Delayed, Delay: time.Millisecond, Count: -1})
	wantCode(t, "", create("d"))
	wantCode(t, "ConcurrentModification", create("c"))
	wantCode(t, "ConcurrentModification", create("c"))
	wantCode(t, "", create("c"))
	remove := w.Fault(iamtest.Fault{Kind: iamtest.Refused, Count: -1})
	wantCode(t, "ServiceFailure", create("e"))
	remove()
	wantCode(t, "", create("e"))

	// the SDK itself retries a lost answer, and so meets what it made
	w.Fault(iamtest.Fault{Kind: iamtest.LostAnswer})
	cfg := w.config("k", "s", "")
	cfg.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = time.Millisecond })
	}
	_, err := iam.NewFromConfig(cfg).CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("f"), AssumeRolePolicyDocument: aws.String(trustAll)})
	wantCode(t, "EntityAlreadyExists", err)

	w.RejectCredentials(true)
	wantCode(t, "InvalidClientTokenId", create("g"))
	w.RejectCredentials(false)
	wantCode(t, "", create("g"))
}

func TestCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t, iamtest.Options{})
	var seen []iamtest.Call
	made := map[bool]int{}
	remove := w.OnCall(func(c iamtest.Call) {
		seen = append(seen, c)
		made[c.Done] = len(w.Snapshot().Roles)
	})
	w.role(t, "a")
	remove()
	_, err := w.iam.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("b")})
	wantCode(t, "NoSuchEntity", err)

	daemon := "arn:aws:iam::123456789012:user/port-iam"
	first := iamtest.Call{N: 1, Op: "CreateRole", Principal: daemon, Name: "a"}
	done := first
	done.Done = true
	if diff := cmp.Diff([]iamtest.Call{first, done}, seen); diff != "" || made[false] != 0 || made[true] != 1 {
		t.Errorf("roles made %v, calls (-want +got):\n%s", made, diff)
	}
	want := []iamtest.Call{done, {N: 2, Op: "GetRole", Principal: daemon, Name: "b", Done: true, Code: "NoSuchEntity"}}
	if diff := cmp.Diff(want, w.Calls()); diff != "" || w.CallCount("GetRole") != 1 || w.CallCount("") != 2 {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if w.ResetCalls(); w.CallCount("") != 0 {
		t.Error("calls left after the reset")
	}
}

func TestStart(t *testing.T) {
	t.Parallel()
	s := iamtest.New(iamtest.Options{Partition: "aws-us-gov", Account: "210987654321"})
	url, stop, err := s.Start()
	noError(t, err)
	defer stop()
	client := iam.New(iam.Options{Region: "us-gov-west-1", BaseEndpoint: &url, Credentials: (&world{}).config("k", "s", "").Credentials})
	out, err := client.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String("P"), PolicyDocument: aws.String(statement("Allow", "*", "*"))})
	if noError(t, err); *out.Policy.Arn != "arn:aws-us-gov:iam::210987654321:policy/P" {
		t.Error(*out.Policy.Arn)
	}
}
