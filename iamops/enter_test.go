package iamops_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

func TestAccountARNs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ got, want string }{
		{iamops.RoleARN("aws", member, "PortIam"), "arn:aws:iam::222222222222:role/PortIam"},
		{iamops.RoleARN("aws-cn", member, "/a/b/PortIam"), "arn:aws-cn:iam::222222222222:role/a/b/PortIam"},
		{iamops.RoleARN("aws", member, "a/PortIam"), "arn:aws:iam::222222222222:role/a/PortIam"},
		{iamops.BoundaryARN("aws", member, ""), ""},
		{iamops.BoundaryARN("aws", member, "arn:aws:iam::aws:policy/ReadOnlyAccess"), "arn:aws:iam::aws:policy/ReadOnlyAccess"},
		{iamops.BoundaryARN("aws-us-gov", member, "PortIamBoundary"), "arn:aws-us-gov:iam::222222222222:policy/PortIamBoundary"},
		{iamops.BoundaryARN("aws", member, "/security/PortIamBoundary"), memberARN("policy/security/PortIamBoundary")},
		{iamops.BoundaryARN("aws", member, "security/PortIamBoundary"), memberARN("policy/security/PortIamBoundary")},
	} {
		if tc.got != tc.want {
			t.Errorf("%s, want %s", tc.got, tc.want)
		}
	}
}

func memberARN(rest string) string { return "arn:aws:iam::" + member + ":" + rest }

// TestEnter: a whole grant is made and removed in an account that was entered, and the
// daemon's own account is not touched.
func TestEnter(t *testing.T) {
	t.Parallel()
	m := newMembers(t, iamtest.Options{})
	got, err := m.clients.Identity(t.Context())
	noError(t, err)
	want := iamops.Identity{Account: member, Partition: "aws", ARN: "arn:aws:sts::" + member + ":assumed-role/PortIam/port-iam"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	p, err := m.member.Plan(request())
	noError(t, err)
	noError(t, m.member.CreatePolicy(t.Context(), p))
	noError(t, m.member.CreateRole(t.Context(), p))
	noError(t, m.member.Attach(t.Context(), p))
	if roles := m.there.Snapshot().Roles; len(roles) != 2 || roles[0].ARN != p.RoleARN || !strings.HasPrefix(p.RoleARN, memberARN("role")+path) {
		t.Errorf("%s is to be there: %v", p.RoleARN, roles)
	}
	if own := m.fake.Snapshot(); len(own.Roles) != 0 || len(own.Policies) != 1 || m.fake.CallCount("") != 0 {
		t.Errorf("the daemon's own account was touched: %v", own)
	}
	m.assumed(t, "in all", 1)
}

// TestEnterOnce: all that come meanwhile wait for one call, and none of them suffers from
// another one that gives up.
func TestEnterOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMembers(t, iamtest.Options{})
		m.there.Fault(stsFault(iamtest.Fault{Kind: iamtest.Delayed, Delay: time.Second}))
		soon, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		began := time.Now()
		var all sync.WaitGroup
		all.Go(func() {
			err := m.member.Up(soon)
			wantKind(t, "the first, which gives up", iamops.KindUnavailable, err)
			if took := time.Since(began); took != 100*time.Millisecond {
				t.Errorf("it gave up after %v", took)
			}
		})
		synctest.Wait()
		for range 50 {
			all.Go(func() { noErrorHere(t, m.member.Up(t.Context())) })
		}
		all.Wait()
		if took := time.Since(began); took != time.Second {
			t.Errorf("all took %v", took)
		}
		m.assumed(t, "at once", 1)
	})
}

func noErrorHere(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// TestSessionIsRenewed: before it ends, behind the calls; a renewal that fails is tried
// again and no call notices, until the session has ended.
func TestSessionIsRenewed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMembers(t, iamtest.Options{})
		call := func(when string, assumed int) {
			t.Helper()
			began := time.Now()
			noErrorHere(t, m.member.Up(t.Context()))
			if took := time.Since(began); took != 0 {
				t.Errorf("%s: a call waited %v", when, took)
			}
			synctest.Wait() // for what goes on behind the call
			m.assumed(t, when, assumed)
		}
		call("at first", 1)
		pass(t, 44*time.Minute)
		call("long before the end", 0)
		pass(t, time.Minute)
		call("a quarter of an hour before the end", 1)
		pass(t, 44*time.Minute)
		call("with the next session", 0)

		down := m.there.Fault(stsFault(iamtest.Fault{Code: "InternalFailure", Status: http.StatusInternalServerError}))
		pass(t, time.Minute)
		noErrorHere(t, m.member.Up(t.Context()))
		pass(t, 20*time.Second)
		m.assumed(t, "while STS fails", 2)
		call("soon after a renewal that failed", 0)
		pass(t, 10*time.Second)
		noErrorHere(t, m.member.Up(t.Context()))
		pass(t, 10*time.Second)
		m.assumed(t, "half a minute later", 2)
		pass(t, 14*time.Minute+21*time.Second)
		if err := m.member.Up(t.Context()); err == nil || !strings.Contains(err.Error(), "cannot be entered") {
			t.Errorf("after the end of the session: %v", err)
		}
		down()
		m.there.ResetCalls()
		call("when STS is back", 1)
	})
}

// TestRenewalThatHangs does not hold up the calls.
func TestRenewalThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMembers(t, iamtest.Options{})
		noError(t, m.member.Up(t.Context()))
		m.there.Fault(stsFault(iamtest.Fault{Kind: iamtest.Delayed, Delay: time.Hour}))
		pass(t, 50*time.Minute)
		for range 20 {
			began := time.Now()
			noErrorHere(t, m.member.Up(t.Context()))
			if took := time.Since(began); took != 0 {
				t.Errorf("a call waited %v", took)
			}
			pass(t, 5*time.Second)
		}
	})
}

// TestSessionIsDropped: once AWS does not accept a session, the next call assumes the
// role again.
func TestSessionIsDropped(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"ExpiredToken", "InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException"} {
		synctest.Test(t, func(t *testing.T) {
			m := newMembers(t, iamtest.Options{})
			noError(t, m.member.Up(t.Context()))
			m.there.Fault(iamtest.Fault{Op: "ListRoles", Code: code, Status: http.StatusForbidden})
			wantKind(t, code, iamops.KindUnavailable, m.member.Up(t.Context()))
			noError(t, m.member.Up(t.Context()))
			m.assumed(t, "in all", 2)
		})
	}
	t.Run("role made again", func(t *testing.T) {
		t.Parallel()
		m := newMembers(t, iamtest.Options{})
		noError(t, m.member.Up(t.Context()))
		m.makeRole()
		wantKind(t, "made again", iamops.KindUnavailable, m.member.Up(t.Context()))
		noError(t, m.member.Up(t.Context()))
	})
	t.Run("calls of before", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			m := newMembers(t, iamtest.Options{})
			noError(t, m.member.Up(t.Context()))
			late := m.there.Fault(iamtest.Fault{Op: "GetRole", Kind: iamtest.Delayed, Delay: time.Second, Count: -1})
			var all sync.WaitGroup
			for range 20 {
				all.Go(func() {
					_, err := m.member.Find(t.Context(), iamops.Name("r_1"))
					wantKind(t, "a call of the old session", iamops.KindUnavailable, err)
				})
			}
			synctest.Wait()
			m.makeRole()
			wantKind(t, "the first", iamops.KindUnavailable, m.member.Up(t.Context()))
			noErrorHere(t, m.member.Up(t.Context()))
			all.Wait()
			late()
			noErrorHere(t, m.member.Up(t.Context()))
			m.assumed(t, "the new session stays", 2)
		})
	})
}

// TestDeniedSession: a call that is denied gives up an old session, whose role may have
// been made again, and not a new one.
func TestDeniedSession(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMembers(t, iamtest.Options{})
		m.there.Fault(iamtest.Fault{Op: "ListRoles", Code: "AccessDenied", Status: http.StatusForbidden, Count: -1})
		for range 5 {
			wantKind(t, "denied", iamops.KindDenied, m.member.Up(t.Context()))
		}
		m.assumed(t, "within a minute", 1)
		pass(t, time.Minute)
		for range 5 {
			wantKind(t, "denied", iamops.KindDenied, m.member.Up(t.Context()))
		}
		m.assumed(t, "later", 1)
	})
}

// TestEnterEndpoint: AssumeRole goes to STS of the region, or where the settings say.
func TestEnterEndpoint(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		sources []any
		want    string
	}{
		{nil, "sts.eu-central-1.amazonaws.com"},
		{[]any{endpoints{"STS": "http://sts.private.example"}}, "sts.private.example"},
	} {
		hosts := &recording{}
		cfg := aws.Config{Region: "eu-central-1", HTTPClient: hosts, Credentials: awsConfig("", nil).Credentials, ConfigSources: tc.sources}
		err := opsOf(t, newClients(t, cfg, nil).Enter(memberRole, ""), member, "").Up(t.Context())
		wantKind(t, "Up", iamops.KindUnavailable, err)
		if diff := cmp.Diff([]string{tc.want}, hosts.asked); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// recording refuses everything, and knows what it was asked.
type recording struct {
	mu    sync.Mutex
	asked []string
}

// Do is part of aws.HTTPClient.
func (r *recording) Do(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, req.URL.Host)
	return refusing{http.StatusForbidden, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"}.Do(req)
}
