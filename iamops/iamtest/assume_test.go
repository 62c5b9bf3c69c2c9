package iamtest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"port-iam/iamops/iamtest"
)

const (
	ssoPath    = "/aws-reserved/sso.amazonaws.com/eu-west-1/"
	mayAssume  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::123456789012:role/p/*"}]}`
	centerForm = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole",
 "Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com*/AWSReservedSSO_*"},
  "StringLike":{"aws:userid":"*:alice@example.com"},"DateLessThan":{"aws:CurrentTime":"%s"}}}]}`
)

type keys struct{ id, secret, token string }

func user(id, secret string) keys           { return keys{id, secret, ""} }
func session(id, secret, token string) keys { return keys{id, secret, token} }

func (w *world) assume(t *testing.T, k keys, role string, duration time.Duration) (*sts.AssumeRoleOutput, error) {
	t.Helper()
	return w.sts(k.id, k.secret, k.token).AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::123456789012:role/p/" + role), RoleSessionName: aws.String("s1"), DurationSeconds: aws.Int32(int32(duration / time.Second)),
	})
}

func (w *world) trusted(t *testing.T, name, trust string) {
	t.Helper()
	_, err := w.iam.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: &name, Path: aws.String("/p/"), AssumeRolePolicyDocument: &trust, MaxSessionDuration: aws.Int32(7200), Tags: tagsOf("team", "blue"),
	})
	noError(t, err)
}

func TestAssumeRole(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	valid, expired := fmt.Sprintf(centerForm, "2026-11-23T14:00:00Z"), fmt.Sprintf(centerForm, "2026-11-23T12:00:00Z")
	named := func(principal string) string {
		return fmt.Sprintf(`{"Statement":{"Effect":"Allow","Principal":{"AWS":%q},"Action":"sts:AssumeRole"}}`, principal)
	}
	with := func(operator, key, value string) string {
		return strings.Replace(trustAll, `"Action"`, fmt.Sprintf(`"Condition":{%q:{%q:%q}},"Action"`, operator, key, value), 1)
	}
	alice := func(docs ...string) func(*world) keys {
		return func(w *world) keys {
			return session(w.AddRoleSession(ssoPath, "AWSReservedSSO_Dev_abc", "alice@example.com", docs...))
		}
	}
	bob := func(w *world) keys {
		return session(w.AddRoleSession(ssoPath, "AWSReservedSSO_Dev_abc", "bob@example.com", mayAssume))
	}
	impostor := func(w *world) keys {
		return session(w.AddRoleSession("/", "AWSReservedSSO_Dev_abc", "alice@example.com", mayAssume))
	}
	carol := func(docs ...string) func(*world) keys {
		return func(w *world) keys { return user(w.AddUser("carol", docs...)) }
	}
	deny := statement("Deny", "sts:*", "*")
	tests := []struct {
		name   string
		trust  string
		caller func(*world) keys
		want   string
	}{
		{"identity center: the right user", valid, alice(mayAssume), ""},
		{"identity center: without a right of her own", valid, alice(), "AccessDenied"},
		{"identity center: the right is denied to her", valid, alice(mayAssume, deny), "AccessDenied"},
		{"identity center: another user", valid, bob, "AccessDenied"},
		{"identity center: a session of another role that calls itself so", valid, impostor, "AccessDenied"},
		{"identity center: expired", expired, alice(mayAssume), "AccessDenied"},
		{"account: a user with the right", trustAll, carol(mayAssume), ""},
		{"account: a user without", trustAll, carol(), "AccessDenied"},
		{"account: by its id", named(account), carol(mayAssume), ""},
		{"account: another one", named("arn:aws:iam::210987654321:root"), carol(mayAssume), "AccessDenied"},
		{"account: the daemon", trustAll, func(*world) keys { return keys{"AKIAUNKNOWN", "s", ""} }, ""},
		{"user: needs no right", named("arn:aws:iam::123456789012:user/carol"), carol(), ""},
		{"user: but may be denied", named("arn:aws:iam::123456789012:user/carol"), carol(deny), "AccessDenied"},
		{"user: another one", named("arn:aws:iam::123456789012:user/dave"), carol(mayAssume), "AccessDenied"},
		{"user: by condition", with("StringEquals", "aws:username", "carol"), carol(mayAssume), ""},
		{"user: another by condition", with("StringEquals", "aws:username", "dave"), carol(mayAssume), "AccessDenied"},
		{"a session has no user name", with("StringLike", "aws:username", "*"), alice(mayAssume), "AccessDenied"},
		{"session name", with("StringEquals", "sts:RoleSessionName", "s1"), carol(mayAssume), ""},
		{"no external id given", with("StringEquals", "sts:ExternalId", "x"), carol(mayAssume), "AccessDenied"},
		{"unknown operator", with("IpAddress", "aws:SourceIp", "10.0.0.0/8"), carol(mayAssume), "AccessDenied"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, iamtest.Options{Now: func() time.Time { return now }})
			w.AddUser("dave")
			caller := tt.caller(w)
			w.trusted(t, "R", tt.trust)
			out, err := w.assume(t, caller, "R", time.Hour)
			wantCode(t, tt.want, err)
			if err == nil && (!out.Credentials.Expiration.Equal(now.Add(time.Hour)) || !strings.HasSuffix(*out.AssumedRoleUser.Arn, ":assumed-role/R/s1")) {
				t.Errorf("until %v, %s", out.Credentials.Expiration, *out.AssumedRoleUser.Arn)
			}
		})
	}
}

func TestSessionLengths(t *testing.T) {
	t.Parallel()
	w := newWorld(t, iamtest.Options{})
	w.trusted(t, "R", trustAll) // two hours at most
	carol := user(w.AddUser("carol", mayAssume))
	chained := session(w.AddRoleSession("/", "other", "carol", mayAssume))
	for _, tt := range []struct {
		who    keys
		role   string
		lasts  time.Duration
		answer string
	}{
		{carol, "R", 15 * time.Minute, ""},
		{carol, "R", 899 * time.Second, "ValidationError"},
		{carol, "R", 2 * time.Hour, ""},
		{carol, "R", 2*time.Hour + time.Second, "ValidationError"},
		{chained, "R", time.Hour, ""},
		{chained, "R", time.Hour + time.Second, "ValidationError"},
		{carol, "r", time.Hour, "AccessDenied"}, // exact case only
		{carol, "none", time.Hour, "AccessDenied"},
	} {
		_, err := w.assume(t, tt.who, tt.role, tt.lasts)
		if code(err) != tt.answer {
			t.Errorf("%s for %v: %v, want %q", tt.role, tt.lasts, err, tt.answer)
		}
	}
}

// TestSessionFollowsRole checks that what a session may do is what its role may
// do at that moment, and that it dies with the role.
func TestSessionFollowsRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, iamtest.Options{})
	ctx := t.Context()
	role := aws.String("R")
	w.trusted(t, "R", trustAll)
	out, err := w.assume(t, keys{"AKIADAEMON", "s", ""}, "R", time.Hour)
	noError(t, err)
	k := keys{*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken}
	check := func(when string, want bool) {
		t.Helper()
		if got, why := w.Allowed(k.id, "s3:PutObject", "arn:aws:s3:::b/k"); got != want {
			t.Errorf("%s: allowed %v: %s", when, got, why)
		}
	}
	me, err := w.sts(k.id, k.secret, k.token).GetCallerIdentity(ctx, nil)
	if noError(t, err); *me.UserId != w.Snapshot().Roles[0].ID+":s1" {
		t.Error(*me.UserId)
	}
	_, err = w.sts(k.id, k.secret, "other").GetCallerIdentity(ctx, nil)
	wantCode(t, "InvalidClientTokenId", err)

	check("without policies", false)
	arn := w.policy(t, "P")
	w.attach(t, "R", arn)
	check("attached", true)
	_, err = w.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: role, PolicyName: aws.String("deny"), PolicyDocument: aws.String(statement("Deny", "*", "*"))})
	noError(t, err)
	check("denied", false)
	_, err = w.iam.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: role, PolicyName: aws.String("deny")})
	noError(t, err)
	check("no longer denied", true)
	w.AddPolicy(boundary, statement("Allow", "ec2:*", "*"))
	_, err = w.iam.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: role, PermissionsBoundary: aws.String(boundary)})
	noError(t, err)
	check("beyond the boundary", false)
	w.AddPolicy(boundary, statement("Allow", "s3:Put*", "*"))
	check("within the boundary", true)
	_, err = w.iam.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: role, PolicyArn: &arn})
	noError(t, err)
	check("detached", false)

	_, err = w.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: role})
	noError(t, err)
	w.trusted(t, "R", trustAll)
	w.attach(t, "R", arn)
	check("made again", false)
	_, err = w.sts(k.id, k.secret, k.token).GetCallerIdentity(ctx, nil)
	wantCode(t, "InvalidClientTokenId", err)
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, iamtest.Options{})
		w.trusted(t, "R", trustAll)
		w.attach(t, "R", w.policy(t, "P"))
		var c *ststypes.Credentials
		out, err := w.assume(t, keys{"AKIADAEMON", "s", ""}, "R", 15*time.Minute)
		noError(t, err)
		c = out.Credentials
		pass(t, 15*time.Minute-time.Second)
		if ok, why := w.Allowed(*c.AccessKeyId, "s3:GetObject", "arn:aws:s3:::b/k"); !ok {
			t.Error(why)
		}
		pass(t, time.Second)
		_, err = w.sts(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken).GetCallerIdentity(t.Context(), nil)
		wantCode(t, "ExpiredToken", err)
		if ok, _ := w.Allowed(*c.AccessKeyId, "s3:GetObject", "arn:aws:s3:::b/k"); ok {
			t.Error("an ended session may go on")
		}
	})
}

// TestTrustNamesOneRole checks that a role made again under the name that a trust
// policy gives is not the one that was meant.
func TestTrustNamesOneRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, iamtest.Options{})
	w.trusted(t, "caller", trustAll)
	w.trusted(t, "R", strings.Replace(trustAll, ":root", ":role/p/caller", 1))
	become := func() keys {
		out, err := w.assume(t, keys{"AKIADAEMON", "s", ""}, "caller", time.Hour)
		noError(t, err)
		return keys{*out.Credentials.AccessKeyId, "", *out.Credentials.SessionToken}
	}
	try := func(k keys) string {
		k.secret = "s"
		_, err := w.assume(t, k, "R", time.Hour)
		return code(err)
	}
	if got := try(become()); got != "" {
		t.Error(got)
	}
	_, err := w.iam.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: aws.String("caller")})
	noError(t, err)
	w.trusted(t, "caller", trustAll)
	if got := try(become()); got != "AccessDenied" {
		t.Errorf("code %q", got)
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t, iamtest.Options{})
	w.RequireKnownKeys(true)
	_, err := w.iam.ListRoles(t.Context(), nil)
	wantCode(t, "InvalidClientTokenId", err)
	id, secret := w.AddUser("lister", statement("Allow", "iam:ListRoles", "*"))
	lister := w.client(id, secret, "")
	_, err = lister.ListRoles(t.Context(), nil)
	wantCode(t, "", err)
	_, err = lister.ListPolicies(t.Context(), nil)
	wantCode(t, "AccessDenied", err)
	for _, header := range []string{"", "Basic x", "AWS4-HMAC-SHA256 Credential=a/b, Signature=c"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://iam.invalid/", strings.NewReader("Action=ListRoles&Version=2010-05-08"))
		noError(t, err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Authorization", header)
		resp, err := w.http.Do(req)
		noError(t, err)
		noError(t, resp.Body.Close())
		if resp.StatusCode < 400 {
			t.Errorf("%q: status %d", header, resp.StatusCode)
		}
	}
}
