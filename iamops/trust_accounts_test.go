package iamops_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/templates"
)

// TestTrustAccountsAreChecked: what no role could be made with is refused when the daemon
// starts, by the name of the setting.
func TestTrustAccountsAreChecked(t *testing.T) {
	t.Parallel()
	w := newFake(t, iamtest.Options{})
	many := func(n int) (ids []string) {
		for i := range n {
			ids = append(ids, fmt.Sprintf("%012d", i))
		}
		return ids
	}
	for name, tc := range map[string]struct {
		trust    string
		accounts []string
		want     string // "" for none
	}{
		"none":                     {templates.TrustIdentityCenter, nil, ""},
		"one":                      {templates.TrustIdentityCenter, []string{member}, ""},
		"two":                      {templates.TrustIdentityCenter, []string{account, member}, ""},
		"a user of one":            {templates.TrustIAMUser, []string{member}, ""},
		"the accounts themselves":  {templates.TrustAccount, many(20), ""},
		"a user of two":            {templates.TrustIAMUser, []string{account, member}, "exactly one"},
		"a name":                   {templates.TrustIdentityCenter, []string{"self"}, `"self" is not the id of an account: it has 12 digits`},
		"11 digits":                {templates.TrustAccount, []string{member[1:]}, "12 digits"},
		"twice":                    {templates.TrustAccount, []string{member, account, member}, "account " + member + " is named twice"},
		"too many":                 {templates.TrustIdentityCenter, many(30), "AWS takes 2048"},
		"too many without pattern": {templates.TrustAccount, many(60), "AWS takes 2048"},
	} {
		o := options(t, newClients(t, w.config, nil).IAM)
		o.Trust, o.TrustAccounts = tc.trust, tc.accounts
		_, err := iamops.New(o)
		if tc.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), "GRANT_TRUST_ACCOUNTS: ") || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}

// TestTrustAccountsFit: as many accounts as are taken are enough for the longest name of a
// user, and one more is not.
func TestTrustAccountsFit(t *testing.T) {
	t.Parallel()
	w := newFake(t, iamtest.Options{})
	o := options(t, newClients(t, w.config, nil).IAM)
	for len(o.TrustAccounts) < 100 {
		next := o
		next.TrustAccounts = append(next.TrustAccounts[:len(o.TrustAccounts):len(o.TrustAccounts)], fmt.Sprintf("%012d", len(o.TrustAccounts)))
		if _, err := iamops.New(next); err != nil {
			break
		}
		o = next
	}
	ops, err := iamops.New(o)
	noError(t, err)
	g := request()
	g.UserName = strings.Repeat("x", 64) // the name of a session has no more
	p, err := ops.Plan(g)
	noError(t, err)
	n, most := len(o.TrustAccounts), templates.MaxTrust-templates.Length(p.Trust)
	if perAccount := len(`"arn:aws:iam::000000000000:root",`) + len(`"arn:aws:iam::000000000000:role/aws-reserved/sso.amazonaws.com*/AWSReservedSSO_*",`); n < 10 || most >= perAccount {
		t.Errorf("%d accounts are taken, which leaves %d characters, and one more takes %d", n, most, perAccount)
	}
}

// trusting are the operations of a daemon whose grants trust two accounts.
func (m *members) trusting(t *testing.T) *iamops.Ops {
	t.Helper()
	o := options(t, m.clients.IAM)
	o.Account, o.Boundary, o.TrustAccounts = member, memberBoundary, []string{account, member}
	ops, err := iamops.New(o)
	noError(t, err)
	return ops
}

// TestPeopleOfTrustAccounts: who gets into a grant, from which account.
func TestPeopleOfTrustAccounts(t *testing.T) {
	t.Parallel()
	m := newMembers(t, iamtest.Options{})
	third := m.fake.AddAccount("333333333333")
	ops := m.trusting(t)
	g := request()
	g.End = g.End.AddDate(1000, 0, 0)
	p, err := ops.Plan(g)
	noError(t, err)
	noError(t, errOf(ops.Create(t.Context(), p)))
	const sso = "/aws-reserved/sso.amazonaws.com/eu-west-1/"
	for name, tc := range map[string]struct {
		of         *iamtest.Server
		path, user string
		want       bool
	}{
		"the requester in the first account":  {m.fake, sso, g.UserName, true},
		"the requester in the second account": {m.there, sso, g.UserName, true},
		"the requester in a third account":    {third, sso, g.UserName, false},
		"another person in the first account": {m.fake, sso, "bob@example.com", false},
		"a role that is called so":            {m.fake, "/", g.UserName, false},
	} {
		key, secret, token := tc.of.AddRoleSession(tc.path, "AWSReservedSSO_"+strings.ReplaceAll(name, " ", "_"), tc.user, allowAll)
		_, err := sts.NewFromConfig(signedBy(m.config, key, secret, token)).AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: &p.RoleARN, RoleSessionName: aws.String("s1")})
		if (err == nil) != tc.want {
			t.Errorf("%s: %v, want in: %v", name, err, tc.want)
		}
	}
}

// TestChangedTrustOfSeveral: a trust in several accounts was not changed where AWS returns
// its lists in another order, and was where an account is missing or added.
func TestChangedTrustOfSeveral(t *testing.T) {
	t.Parallel()
	const third = "333333333333"
	swapped := strings.NewReplacer(account, member, member, account)
	for name, tc := range map[string]struct {
		change  func(string) string
		changed bool
	}{
		"nothing":           {func(s string) string { return s }, false},
		"another order":     {swapped.Replace, false},
		"another account":   {func(s string) string { return strings.ReplaceAll(s, account, third) }, true},
		"another principal": {func(s string) string { return strings.Replace(s, account, third, 1) }, true},
		"one more principal": {func(s string) string {
			return strings.Replace(s, `"AWS":[`, `"AWS":["arn:aws:iam::`+third+`:root",`, 1)
		}, true},
		"one pattern less":   {func(s string) string { return withoutFirst(s, `"aws:PrincipalArn":[`) }, true},
		"one principal less": {func(s string) string { return withoutFirst(s, `"AWS":[`) }, true},
		"a pattern for anybody": {func(s string) string {
			return strings.Replace(s, `"aws:PrincipalArn":[`, `"aws:PrincipalArn":["*",`, 1)
		}, true},
	} {
		m := newMembers(t, iamtest.Options{})
		ops := m.trusting(t)
		p, err := ops.Plan(request())
		noError(t, err)
		noError(t, errOf(ops.Create(t.Context(), p)))
		document := tc.change(p.Trust)
		if document == p.Trust && name != "nothing" {
			t.Errorf("%s: nothing was changed in %s", name, p.Trust)
		}
		_, err = iam.NewFromConfig(m.inMember(t)).UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: &p.Name, PolicyDocument: &document})
		noError(t, err)
		live, err := ops.Look(t.Context(), p.Name)
		noError(t, err)
		got := ops.Changed(live, request().UserName)
		if (len(got) > 0) != tc.changed {
			t.Errorf("%s: %v", name, got)
		}
		if adopted := errOf(ops.Verify(t.Context(), p)); (adopted != nil) != tc.changed {
			t.Errorf("%s: verify: %v", name, adopted)
		}
	}
}

// withoutFirst takes the first value out of a list.
func withoutFirst(document, list string) string {
	before, after, _ := strings.Cut(document, list)
	_, rest, _ := strings.Cut(after, ",")
	return before + list + rest
}

// inMember is another person in the account that the daemon enters.
func (m *members) inMember(t *testing.T) aws.Config {
	t.Helper()
	key, secret := m.there.AddUser("person", allowAll)
	return signedBy(m.config, key, secret, "")
}

// signedBy is a configuration with other credentials.
func signedBy(cfg aws.Config, key, secret, token string) aws.Config {
	cfg = cfg.Copy()
	cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: key, SecretAccessKey: secret, SessionToken: token}, nil
	})
	return cfg
}
