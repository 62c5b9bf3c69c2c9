package iamtest_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"port-iam/iamops/iamtest"
)

const (
	member     = "222222222222"
	memberRole = "arn:aws:iam::" + member + ":role/PortIam"
	hubRole    = "arn:aws:iam::" + account + ":role/port/hub"
	anyAction  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
)

// enter assumes a role of any account.
func (w *world) enter(t *testing.T, k keys, role, externalID string) (keys, error) {
	t.Helper()
	in := &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("port-iam")}
	if externalID != "" {
		in.ExternalId = &externalID
	}
	out, err := w.sts(k.id, k.secret, k.token).AssumeRole(t.Context(), in)
	if err != nil {
		return keys{}, err
	}
	return keys{*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken}, nil
}

// trusting is a trust policy; conditions are its Condition element.
func trusting(principal, conditions string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":%q},"Action":"sts:AssumeRole","Condition":{%s}}]}`, principal, conditions)
}

// TestEnterAccount: both sides have to allow it.
func TestEnterAccount(t *testing.T) {
	t.Parallel()
	const (
		inOrg  = `"StringEquals":{"aws:PrincipalOrgID":"o-exampleorg"}`
		withID = `"StringEquals":{"sts:ExternalId":"id-1","aws:PrincipalOrgID":"o-exampleorg"}`
		hub    = "arn:aws:iam::" + account + ":root"
	)
	may := statement("Allow", "sts:AssumeRole", memberRole)
	for name, tc := range map[string]struct {
		trust, policy, id, org, want string
	}{
		"named":                           {trusting(hubRole, ""), may, "", "", ""},
		"named, without a right":          {trusting(hubRole, ""), statement("Allow", "iam:*", "*"), "", "", "AccessDenied"},
		"named, the right is denied":      {trusting(hubRole, ""), may[:len(may)-2] + `,{"Effect":"Deny","Action":"sts:*","Resource":"*"}]}`, "", "", "AccessDenied"},
		"the right for another account":   {trusting(hubRole, ""), statement("Allow", "sts:AssumeRole", strings.Replace(memberRole, member, account, 1)), "", "", "AccessDenied"},
		"anybody, without a right":        {trusting("*", inOrg), statement("Allow", "iam:*", "*"), "", "", "AccessDenied"},
		"the hub's account":               {trusting(hub, ""), may, "", "", ""},
		"the hub's account, by its id":    {trusting(account, ""), may, "", "", ""},
		"its own account":                 {trusting("arn:aws:iam::"+member+":root", ""), may, "", "", "AccessDenied"},
		"the organization":                {trusting(hubRole, inOrg), may, "", "", ""},
		"another organization":            {trusting(hubRole, inOrg), may, "", "o-other", "AccessDenied"},
		"the external id":                 {trusting(hubRole, withID), may, "id-1", "", ""},
		"another external id":             {trusting(hubRole, withID), may, "id-2", "", "AccessDenied"},
		"no external id":                  {trusting(hubRole, withID), may, "", "", "AccessDenied"},
		"an external id that is not used": {trusting(hubRole, ""), may, "id-1", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, iamtest.Options{})
			w.RequireKnownKeys(true)
			hub := session(w.AddRoleSession("/port/", "hub", "i-0", tc.policy))
			if tc.org != "" {
				w.SetOrganization(tc.org)
			}
			m := w.AddAccount(member)
			m.AddRole("/", "PortIam", tc.trust, anyAction)
			k, err := w.enter(t, hub, memberRole, tc.id)
			wantCode(t, tc.want, err)
			if err != nil {
				return
			}
			who, err := w.sts(k.id, k.secret, k.token).GetCallerIdentity(t.Context(), nil)
			noError(t, err)
			if *who.Account != member || *who.Arn != "arn:aws:sts::"+member+":assumed-role/PortIam/port-iam" {
				t.Errorf("%s in %s", *who.Arn, *who.Account)
			}
			if m.CallCount("AssumeRole") != 1 || w.CallCount("AssumeRole") != 0 {
				t.Error("AssumeRole does not count for the account of the role")
			}
		})
	}
}

// TestAccountsAreApart: what is made in one account, and what trouble it has, is not
// seen in the other.
func TestAccountsAreApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, iamtest.Options{})
	m := w.AddAccount(member)
	m.AddRole("/", "PortIam", trusting("arn:aws:iam::"+account+":user/port-iam", ""), anyAction)
	k, err := w.enter(t, keys{"AKIADAEMON", "s", ""}, memberRole, "")
	noError(t, err)
	there := w.client(k.id, k.secret, k.token)
	w.role(t, "R")
	_, err = there.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("R")})
	wantCode(t, "NoSuchEntity", err)
	_, err = there.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String("P"), PolicyDocument: aws.String(anyAction)})
	noError(t, err)
	if here, there := w.Snapshot(), m.Snapshot(); len(here.Policies) != 0 || len(there.Policies) != 1 || there.Policies[0].ARN != "arn:aws:iam::"+member+":policy/P" {
		t.Errorf("here %v, there %v", here.Policies, there.Policies)
	}
	m.Fault(iamtest.Fault{Code: "Throttling"})
	m.Throttle(1e-9, 2, 0)
	_, err = w.iam.ListRoles(t.Context(), nil)
	wantCode(t, "", err)
	for i, want := range []string{"Throttling", "", "", "Throttling"} {
		if _, err = there.ListRoles(t.Context(), nil); code(err) != want {
			t.Errorf("call %d: %v, want %q", i, err, want)
		}
	}
	m.Throttle(0, 0, 0)
	m.RejectCredentials(true)
	_, err = there.ListRoles(t.Context(), nil)
	wantCode(t, "InvalidClientTokenId", err)
	_, err = w.iam.ListRoles(t.Context(), nil)
	wantCode(t, "", err)
	_, err = w.enter(t, keys{"AKIADAEMON", "s", ""}, "arn:aws:iam::999999999999:role/PortIam", "")
	wantCode(t, "AccessDenied", err)
}

// TestMemberSessions end at their time, and with their role.
func TestMemberSessions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, iamtest.Options{})
		m := w.AddAccount(member)
		trust := trusting("arn:aws:iam::"+account+":root", "")
		m.AddRole("/", "PortIam", trust, anyAction)
		daemon := keys{"AKIADAEMON", "s", ""}
		list := func(k keys) string {
			_, err := w.client(k.id, k.secret, k.token).ListRoles(t.Context(), nil)
			return code(err)
		}
		k, err := w.enter(t, daemon, memberRole, "")
		noError(t, err)
		pass(t, time.Hour-time.Second)
		if got := list(k); got != "" {
			t.Error(got)
		}
		pass(t, time.Second)
		if got := list(k); got != "ExpiredToken" {
			t.Errorf("after its end: %q", got)
		}
		k, err = w.enter(t, daemon, memberRole, "")
		noError(t, err)
		m.RemoveRole("PortIam")
		_, err = w.enter(t, daemon, memberRole, "")
		wantCode(t, "AccessDenied", err)
		m.AddRole("/", "PortIam", trust, anyAction)
		if got := list(k); got != "InvalidClientTokenId" {
			t.Errorf("of a role that was made again: %q", got)
		}
	})
}

// TestPeopleOfOtherAccounts enter the role of a grant that trusts two accounts, each by
// its own pattern.
func TestPeopleOfOtherAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, iamtest.Options{})
	m, other := w.AddAccount(member), w.AddAccount("333333333333")
	pattern := func(account string) string {
		return "arn:aws:iam::" + account + ":role/aws-reserved/sso.amazonaws.com*/AWSReservedSSO_*"
	}
	m.AddRole("/port-iam/", "Grant", fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
		"Principal":{"AWS":["arn:aws:iam::%s:root","arn:aws:iam::%s:root"]},
		"Condition":{"ArnLike":{"aws:PrincipalArn":[%q,%q]},"StringLike":{"aws:userid":"*:alice@example.com"}}}]}`,
		account, member, pattern(account), pattern(member)))
	grant := "arn:aws:iam::" + member + ":role/port-iam/Grant"
	may := statement("Allow", "sts:AssumeRole", "arn:aws:iam::*:role/port-iam/*")
	for name, tc := range map[string]struct {
		of         *iamtest.Server
		path, user string
		policy     string
		want       string
	}{
		"alice of the first account":   {w.Server, ssoPath, "alice@example.com", may, ""},
		"alice of the grant's account": {m, ssoPath, "alice@example.com", may, ""},
		"alice of a third account":     {other, ssoPath, "alice@example.com", may, "AccessDenied"},
		"bob of the first account":     {w.Server, ssoPath, "bob@example.com", may, "AccessDenied"},
		"a role that is called so":     {w.Server, "/", "alice@example.com", may, "AccessDenied"},
		"alice without a right":        {w.Server, ssoPath, "alice@example.com", statement("Allow", "s3:*", "*"), "AccessDenied"},
	} {
		role := "AWSReservedSSO_" + strings.NewReplacer(" ", "_", "'", "").Replace(name)
		_, err := w.enter(t, session(tc.of.AddRoleSession(tc.path, role, tc.user, tc.policy)), grant, "")
		if code(err) != tc.want {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}

func TestAddAccountRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, iamtest.Options{})
	for _, id := range []string{"", "12345678901", account} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("account %q: no panic", id)
				}
			}()
			w.AddAccount(id)
		}()
	}
}
