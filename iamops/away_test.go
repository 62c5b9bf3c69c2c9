package iamops_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

// callsOf makes one call of each kind in an account, and returns their errors.
func (m *members) callsOf(t *testing.T, p iamops.Plan) map[string]error {
	t.Helper()
	_, look := m.member.Look(t.Context(), p.Name)
	_, list := m.member.List(t.Context())
	_, identity := m.clients.Identity(t.Context())
	_, boundary := m.member.Boundary(t.Context())
	_, simulate := m.clients.Simulate(t.Context(), memberRole, m.member.Rights())
	_, principal := m.clients.Principal(t.Context(), "arn:aws:sts::"+member+":assumed-role/PortIam/port-iam")
	return map[string]error{
		"look": look, "list": list, "identity": identity, "boundary": boundary, "simulate": simulate, "principal": principal,
		"attach": m.member.Attach(t.Context(), p), "create role": m.member.CreateRole(t.Context(), p),
	}
}

// TestAway: a role that cannot be assumed is away, for every call and whatever the reason.
// The error names account and role; what can be put right says where to look.
func TestAway(t *testing.T) {
	t.Parallel()
	refused := func(code string, status int) func(*members) {
		return func(m *members) { m.there.Fault(stsFault(iamtest.Fault{Code: code, Status: status})) }
	}
	for name, tc := range map[string]struct {
		trouble   func(*members)
		throttled bool
		remedy    bool
	}{
		"no such role": {func(m *members) { m.there.RemoveRole("PortIam") }, false, true},
		"other external id": {func(m *members) {
			m.there.AddRole("/platform/", "PortIam", strings.Replace(hubTrust, externalID, "other", 1))
		}, false, true},
		"another hub":    {func(m *members) { m.fake.SetOrganization("o-other") }, false, true},
		"denied":         {refused("AccessDenied", http.StatusForbidden), false, true},
		"expired":        {refused("ExpiredToken", http.StatusForbidden), false, false},
		"unknown key":    {refused("InvalidClientTokenId", http.StatusForbidden), false, false},
		"no such entity": {refused("NoSuchEntity", http.StatusNotFound), false, false},
		"invalid":        {refused("ValidationError", http.StatusBadRequest), false, false},
		"region":         {refused("RegionDisabledException", http.StatusForbidden), false, false},
		"outage":         {refused("", 0), false, false},
		"throttling":     {refused("Throttling", http.StatusBadRequest), true, false},
		"no answer":      {func(m *members) { m.there.Fault(stsFault(iamtest.Fault{Kind: iamtest.LostAnswer})) }, false, false},
		"hangs":          {func(m *members) { m.there.Fault(stsFault(iamtest.Fault{Kind: iamtest.Delayed, Delay: time.Hour})) }, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := newMembers(t, iamtest.Options{})
				p, err := m.member.Plan(request())
				noError(t, err)
				tc.trouble(m)
				for call, err := range m.callsOf(t, p) {
					wantKind(t, call, iamops.KindUnavailable, err)
					if !iamops.Temporary(err) || iamops.RejectedCredentials(err) || iamops.Throttled(err) != tc.throttled {
						t.Errorf("%s: temporary %v, rejected %v, throttled %v: %v", call, iamops.Temporary(err), iamops.RejectedCredentials(err), iamops.Throttled(err), err)
					}
					want := []string{"account " + member + " cannot be entered", "assume " + memberRole}
					if tc.remedy {
						want = append(want, "AccessDenied", "trust policy", "ACCOUNT_EXTERNAL_ID", "print hub-policy")
					}
					for _, w := range want {
						if !strings.Contains(err.Error(), w) {
							t.Errorf("%s: the error does not say %q: %v", call, w, err)
						}
					}
				}
				if up := m.member.Up(t.Context()); (up == nil) != tc.throttled {
					t.Errorf("up: %v", up)
				}
				for _, c := range append(m.there.Calls(), m.fake.Calls()...) {
					if c.Op != "AssumeRole" {
						t.Errorf("%s was called", c.Op)
					}
				}
			})
		})
	}
}

// TestEnterFailsFast: STS that hangs holds up a call for a few seconds.
func TestEnterFailsFast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMembers(t, iamtest.Options{})
		m.there.Fault(stsFault(iamtest.Fault{Kind: iamtest.Delayed, Delay: time.Hour}))
		began := time.Now()
		wantKind(t, "list", iamops.KindUnavailable, listError(t, m.member))
		if took := time.Since(began); took < 4*time.Second || took > 10*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

func listError(t *testing.T, ops *iamops.Ops) error {
	t.Helper()
	_, err := ops.List(t.Context())
	return err
}

// TestLimiterKnowsNothingOfSTS: where STS throttles or hangs, nothing is learned of IAM,
// and no turn is used up.
func TestLimiterKnowsNothingOfSTS(t *testing.T) {
	t.Parallel()
	for _, trouble := range []iamtest.Fault{
		{Code: "Throttling"}, {Kind: iamtest.Delayed, Delay: time.Hour}, {Code: "AccessDenied", Status: http.StatusForbidden},
	} {
		synctest.Test(t, func(t *testing.T) {
			m := newMembers(t, iamtest.Options{})
			over := m.there.Fault(stsFault(trouble))
			var all sync.WaitGroup
			for range 60 {
				all.Go(func() { wantKind(t, "list", iamops.KindUnavailable, listError(t, m.member)) })
			}
			all.Wait()
			over()
			noError(t, m.member.Up(t.Context()))
			began := time.Now()
			for range 60 {
				all.Go(func() { noErrorHere(t, listError(t, m.member)) })
			}
			all.Wait()
			if took := time.Since(began); took != 0 {
				t.Errorf("%+v: 60 calls afterwards took %v", trouble, took)
			}
		})
	}
}

// TestLimitersAreApart: an account that throttles slows down nothing in the other, in
// either direction, and an account is asked whether it is up whatever waits there.
func TestLimitersAreApart(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"the other account throttles", "the daemon's account throttles"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := newMembers(t, iamtest.Options{})
				noError(t, m.member.Up(t.Context()))
				own := opsOf(t, m.hub, account, boundary)
				slow, fast, server := m.member, own, m.there
				if strings.HasPrefix(name, "the daemon") {
					slow, fast, server = own, m.member, m.fake
				}
				server.Throttle(1, 1, 0)
				var waiting sync.WaitGroup
				for range 100 {
					waiting.Go(func() { _ = listError(t, slow) })
				}
				pass(t, 2*time.Second)
				began := time.Now()
				for range 50 {
					noErrorHere(t, listError(t, fast))
				}
				if took := time.Since(began); took != 0 {
					t.Errorf("the other account took %v", took)
				}
				noErrorHere(t, slow.Up(t.Context()))
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("whether it is up was known after %v", took)
				}
				server.Throttle(0, 0, 0)
				waiting.Wait()
			})
		})
	}
}

// TestMetricsAreShared: one registration counts the calls to all accounts, and those that
// enter them; one clock is compared.
func TestMetricsAreShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMembers(t, iamtest.Options{})
		noErrorHere(t, listError(t, m.member))
		noErrorHere(t, listError(t, opsOf(t, m.hub, account, boundary)))
		m.there.Fault(iamtest.Fault{Op: "ListRoles", Code: "ExpiredToken", Status: http.StatusForbidden})
		wantKind(t, "expired", iamops.KindUnavailable, listError(t, m.member))
		m.there.Fault(iamtest.Fault{Op: "AssumeRole", Code: "AccessDenied", Status: http.StatusForbidden})
		wantKind(t, "away", iamops.KindUnavailable, listError(t, m.member))
		got := requests(t, m.reg)
		for metric, want := range map[string]int{
			"ListRoles ok": 2, "ListRoles ExpiredToken": 1, "ListRoles AccessDenied": 0, "ListRoles no_answer": 0, "AssumeRole ok": 1, "AssumeRole AccessDenied": 1,
		} {
			if got[metric] != want {
				t.Errorf("%s: %d, want %d", metric, got[metric], want)
			}
		}
		m.fake.SetClockSkew(90 * time.Second)
		noErrorHere(t, m.member.Up(t.Context()))
		for name, c := range map[string]*iamops.Clients{"own": m.hub, "other": m.clients} {
			if skew, known := c.ClockSkew(); !known || (skew+90*time.Second).Abs() > time.Second {
				t.Errorf("%s account: %v, %v", name, skew, known)
			}
		}
	})
}

// TestSessionWithAWrongClock: how long a session lasts does not depend on what time it is
// here.
func TestSessionWithAWrongClock(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{2 * time.Hour, -2 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			m := newMembers(t, iamtest.Options{})
			m.fake.SetClockSkew(skew)
			for range 10 {
				noErrorHere(t, m.member.Up(t.Context()))
				pass(t, 4*time.Minute)
			}
			m.assumed(t, "in forty minutes", 1)
		})
	}
}

// TestUp: what counts as an account that is up.
func TestUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMembers(t, iamtest.Options{})
		noError(t, m.member.Up(t.Context()))
		for _, c := range m.there.Calls() {
			if c.Op != "AssumeRole" && c.Op != "ListRoles" {
				t.Errorf("%s was called", c.Op)
			}
		}
		fault := func(f iamtest.Fault) error {
			f.Op, f.Count = "ListRoles", -1
			defer m.there.Fault(f)()
			return m.member.Up(t.Context())
		}
		noErrorHere(t, fault(iamtest.Fault{Code: "Throttling"}))
		wantKind(t, "denied", iamops.KindDenied, fault(iamtest.Fault{Code: "AccessDenied", Status: http.StatusForbidden}))
		wantKind(t, "outage", iamops.KindUnavailable, fault(iamtest.Fault{}))
		wantKind(t, "no answer", iamops.KindUnavailable, fault(iamtest.Fault{Kind: iamtest.LostRequest}))
		noErrorHere(t, m.member.Up(t.Context()))
	})
}

// TestForeignInAnotherAccount: what is ours is judged by the tags in the account where it
// is: the same name in another account says nothing.
func TestForeignInAnotherAccount(t *testing.T) {
	t.Parallel()
	m := newMembers(t, iamtest.Options{})
	p, err := m.member.Plan(request())
	noError(t, err)
	m.grant(t, m.plan(t)) // of the same run, in the daemon's own account
	state, err := m.member.Look(t.Context(), p.Name)
	noError(t, err)
	if state.Exists() {
		t.Error("the grant is said to be in the other account")
	}
	m.there.AddRole(path, p.Name, trustAll)
	_, err = m.member.Look(t.Context(), p.Name)
	wantKind(t, "a role without tags", iamops.KindForeign, err)
	state, err = m.ops.Look(t.Context(), p.Name)
	noError(t, err)
	if !state.Attached() {
		t.Error("the grant in the daemon's account is not complete any more")
	}
}

// TestRightsInAnotherAccount: the role that was assumed can be simulated there, with its
// path, and what a role lacks is found.
func TestRightsInAnotherAccount(t *testing.T) {
	t.Parallel()
	m := newMembers(t, iamtest.Options{})
	lacking := func() []string {
		who, err := m.clients.Identity(t.Context())
		noError(t, err)
		principal, err := m.clients.Principal(t.Context(), who.ARN)
		noError(t, err)
		if principal != memberRole {
			t.Errorf("the principal is %s", principal)
		}
		lacks, err := m.clients.Simulate(t.Context(), principal, m.member.Rights())
		noError(t, err)
		return lacks
	}
	if got := lacking(); got != nil {
		t.Errorf("lacks %v", got)
	}
	m.there.AddRole("/platform/", "PortIam", hubTrust, allowAll, `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:DeleteRole","Resource":"`+memberARN("role")+path+`*"}]}`)
	_, err := m.clients.Identity(t.Context())
	wantKind(t, "the session of the role before", iamops.KindUnavailable, err)
	if got := lacking(); len(got) != 1 || got[0] != "iam:DeleteRole" {
		t.Errorf("lacks %v", got)
	}
}

// TestBoundaryOfAnotherAccount: a boundary that one account lacks is named with that account.
func TestBoundaryOfAnotherAccount(t *testing.T) {
	t.Parallel()
	m := newMembers(t, iamtest.Options{})
	_, err := m.member.Boundary(t.Context())
	noError(t, err)
	ops := opsOf(t, m.clients, member, iamops.BoundaryARN("aws", member, "Missing"))
	_, err = ops.Boundary(t.Context())
	wantKind(t, "missing", iamops.KindBoundary, err)
	if !strings.Contains(err.Error(), memberARN("policy/Missing does not exist in this account")) {
		t.Errorf("the account is not named: %v", err)
	}
	if _, err := m.clients.IAM.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: aws.String(boundary)}); code(err) != "NoSuchEntity" {
		t.Errorf("the boundary of the daemon's account is to be unknown there: %v", err)
	}
}
