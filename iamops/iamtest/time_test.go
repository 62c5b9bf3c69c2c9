package iamtest_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"port-iam/iamops/iamtest"
)

// pass lets fake time go by.
func pass(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
		t.Fatal(t.Context().Err())
	}
}

func TestVisibility(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, iamtest.Options{Visibility: 10 * time.Second})
		ctx := t.Context()
		name := aws.String("r")
		w.role(t, "r")
		arn := w.policy(t, "P")
		getRole := func() error { _, err := w.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: name}); return err }
		getPolicy := func() error { _, err := w.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn}); return err }
		attach := func() error {
			_, err := w.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: &arn})
			return err
		}
		detach := func() error {
			_, err := w.iam.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: name, PolicyArn: &arn})
			return err
		}
		deleteRole := func() error { _, err := w.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name}); return err }
		deletePolicy := func() error {
			_, err := w.iam.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: &arn})
			return err
		}
		attached := func() int {
			out, err := w.iam.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: name})
			noError(t, err)
			return len(out.AttachedPolicies)
		}

		// just made
		wantCode(t, "NoSuchEntity", getRole())
		wantCode(t, "NoSuchEntity", getPolicy())
		wantCode(t, "NoSuchEntity", attach())
		_, err := w.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(trustAll)})
		wantCode(t, "EntityAlreadyExists", err)
		out, err := w.iam.ListRoles(ctx, nil)
		if noError(t, err); len(out.Roles) != 0 {
			t.Error("a new role is listed at once")
		}
		pass(t, 10*time.Second)
		wantCode(t, "", getRole())
		wantCode(t, "", getPolicy())

		// just attached
		wantCode(t, "", attach())
		if attached() != 0 {
			t.Error("an attachment shows at once")
		}
		pass(t, 10*time.Second)
		if attached() != 1 {
			t.Error("an attachment does not show")
		}

		// just detached
		wantCode(t, "", detach())
		wantCode(t, "NoSuchEntity", detach())
		wantCode(t, "DeleteConflict", deleteRole())
		wantCode(t, "DeleteConflict", deletePolicy())
		pass(t, 10*time.Second)
		wantCode(t, "", deleteRole())
		wantCode(t, "", deletePolicy())

		// just deleted
		wantCode(t, "", getRole())
		wantCode(t, "", getPolicy())
		wantCode(t, "NoSuchEntity", attach())
		wantCode(t, "NoSuchEntity", deleteRole())
		if snap := w.Snapshot(); len(snap.Roles)+len(snap.Policies) != 0 {
			t.Error("the snapshot shows what is gone")
		}
		w.SetVisibility(0)
		w.role(t, "r") // made again meanwhile: from here on this one shows
		wantCode(t, "", getRole())
		pass(t, 10*time.Second)
		wantCode(t, "", getRole())
		wantCode(t, "NoSuchEntity", getPolicy())
	})
}

// TestLag has each write stay invisible for a time of its own: a later one that
// shows hides an earlier one that does not.
func TestLag(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, iamtest.Options{})
		lags := []time.Duration{time.Minute, 20 * time.Second}
		w.SetLag(func() time.Duration {
			lag := lags[0]
			lags = lags[1:]
			return lag
		})
		getRole := func() error {
			_, err := w.iam.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("r")})
			return err
		}
		w.role(t, "r")
		if shown := time.Until(w.Snapshot().Roles[0].Shown); shown != time.Minute {
			t.Errorf("shown in %v", shown)
		}
		_, err := w.iam.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: aws.String("r")})
		noError(t, err)
		wantCode(t, "NoSuchEntity", getRole())
		pass(t, time.Minute)
		wantCode(t, "NoSuchEntity", getRole())
	})
}

// TestBehind has reads disagree: one no longer shows what the one before did.
func TestBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, iamtest.Options{})
		behind := time.Duration(0)
		w.SetBehind(func() time.Duration { return behind })
		getRole := func() error {
			_, err := w.iam.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("r")})
			return err
		}
		w.role(t, "r")
		wantCode(t, "", getRole())
		pass(t, 10*time.Second)
		behind = 20 * time.Second
		wantCode(t, "NoSuchEntity", getRole())
		_, err := w.iam.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: aws.String("r")})
		noError(t, err)
		pass(t, 15*time.Second)
		wantCode(t, "", getRole())
		behind = 0
		wantCode(t, "NoSuchEntity", getRole())
	})
}

func TestThrottling(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, iamtest.Options{Rate: 2, Burst: 4})
		list := func() error { _, err := w.iam.ListRoles(t.Context(), nil); return err }
		for range 4 {
			wantCode(t, "", list())
		}
		wantCode(t, "Throttling", list())
		pass(t, time.Second)
		wantCode(t, "", list())
		wantCode(t, "", list())
		wantCode(t, "Throttling", list())
	})
}

func TestThrottlingAtRandom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, iamtest.Options{Rate: 1, Burst: 1})
		throttled := func(share float64) (n int) {
			w.Throttle(0, 0, share)
			for range 200 {
				if _, err := w.iam.ListRoles(t.Context(), nil); err != nil {
					wantCode(t, "Throttling", err)
					n++
				}
			}
			return n
		}
		if n := throttled(0.3); n < 40 || n > 80 {
			t.Errorf("%d of 200 calls are throttled", n)
		}
		if n := throttled(0); n != 0 {
			t.Errorf("%d of 200 calls are throttled", n)
		}
	})
}

// TestClock moves AWS's clock away from ours.
func TestClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, iamtest.Options{})
		w.SetClockSkew(90 * time.Second)
		resp, err := w.http.Get("http://iam.invalid/") // unsigned, but dated
		noError(t, err)
		noError(t, resp.Body.Close())
		date, err := http.ParseTime(resp.Header.Get("Date"))
		if noError(t, err); time.Until(date) != 90*time.Second || resp.StatusCode != http.StatusForbidden || resp.Header.Get("x-amzn-RequestId") == "" {
			t.Errorf("status %d, headers %v", resp.StatusCode, resp.Header)
		}
	})
}

// TestDelay checks that a call waits before it is applied, and that one whose
// caller has given up is not applied.
func TestDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, iamtest.Options{Delay: time.Second})
		start := time.Now()
		w.role(t, "a")
		if took := time.Since(start); took != time.Second {
			t.Errorf("took %v", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		if _, err := w.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String("a")}); err == nil {
			t.Error("no error")
		}
		synctest.Wait()
		if calls := w.Calls(); len(w.Snapshot().Roles) != 1 || calls[len(calls)-1].Code != "RequestEnded" {
			t.Errorf("the call was applied: %+v", calls)
		}
	})
}
