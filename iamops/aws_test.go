package iamops_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

func newClients(t *testing.T, cfg aws.Config, reg prometheus.Registerer) *iamops.Clients {
	t.Helper()
	c, err := iamops.NewClients(cfg, reg)
	noError(t, err)
	return c
}

// TestRetries checks how often a call is sent, by the code of the answer.
func TestRetries(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]int{
		"ConcurrentModification": 8, "EntityTemporarilyUnmodifiable": 8, "Throttling": 8, "": 8, // which is a ServiceFailure
		"DeleteConflict": 1, "LimitExceeded": 1, "EntityAlreadyExists": 1, "NoSuchEntity": 1, "AccessDenied": 1, "InvalidClientTokenId": 1, "ValidationError": 1,
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newFake(t, iamtest.Options{})
				w.fake.Fault(iamtest.Fault{Code: code, Count: -1})
				if err := w.ops.Attach(t.Context(), w.plan(t)); err == nil {
					t.Error("no error")
				}
				if got := w.fake.CallCount("AttachRolePolicy"); got != want {
					t.Errorf("sent %d times, want %d", got, want)
				}
			})
		})
	}
}

// TestRetriesLast checks that outages do not use up the retries.
func TestRetriesLast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newFake(t, iamtest.Options{})
		p := w.plan(t)
		over := w.fake.Fault(iamtest.Fault{Kind: iamtest.LostRequest, Count: -1})
		for range 60 {
			if err := w.ops.Attach(t.Context(), p); err == nil {
				t.Fatal("no error")
			}
		}
		over()
		w.fake.Fault(iamtest.Fault{Kind: iamtest.LostRequest})
		noError(t, w.ops.CreatePolicy(t.Context(), p))
	})
}

// TestThrottledSoon checks that a throttled call is tried again soon, each time:
// its attempts take a few seconds at most.
func TestThrottledSoon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newFake(t, iamtest.Options{})
		p := w.plan(t)
		w.create(t, p)
		over := w.fake.Fault(iamtest.Fault{Code: "Throttling", Count: -1})
		began := time.Now()
		err := w.ops.Attach(t.Context(), p)
		if took := time.Since(began); took > 4*time.Second || !iamops.Throttled(err) {
			t.Errorf("after %v: %v", took, err)
		}
		over()
		noError(t, w.ops.Attach(t.Context(), p))
	})
}

// TestWaitEnds checks that a call which waits for its turn ends with its context,
// and says so as one that is worth trying again.
func TestWaitEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newFake(t, iamtest.Options{Rate: 1, Burst: 1})
		p := w.plan(t)
		const limit = 5 * time.Second
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				began := time.Now()
				err := w.ops.Attach(ctx, p)
				if took := time.Since(began); took > limit || !iamops.Temporary(err) && !iamops.IsKind(err, iamops.KindNotFound) {
					t.Errorf("after %v: %v", took, err)
				}
			})
		}
		all.Wait()
	})
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	for _, partition := range []string{"aws", "aws-us-gov", "aws-cn"} {
		fake := iamtest.New(iamtest.Options{Partition: partition, Account: "210987654321"})
		l := iamtest.NewListener()
		t.Cleanup(fake.Serve(l))
		w := &world{config: awsConfig("http://iam.invalid", l.Client())}
		got, err := newClients(t, w.config, nil).Identity(t.Context())
		noError(t, err)
		want := iamops.Identity{Account: "210987654321", Partition: partition, ARN: "arn:" + partition + ":iam::210987654321:user/port-iam"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if got.String() != want.ARN+" (account 210987654321)" {
			t.Error(got.String())
		}
		fake.RejectCredentials(true)
		if _, err := newClients(t, w.config, nil).Identity(t.Context()); !iamops.RejectedCredentials(err) || !strings.HasPrefix(err.Error(), "ask AWS who we are (sts:GetCallerIdentity): InvalidClientTokenId: ") {
			t.Errorf("rejected: %v", err)
		}
	}
}

// answers is a server that gives one answer to everything.
type answers struct{ date, body string }

// Do is part of aws.HTTPClient.
func (a answers) Do(r *http.Request) (*http.Response, error) {
	h := http.Header{}
	if a.date != "" {
		h.Set("Date", a.date)
	}
	return &http.Response{StatusCode: http.StatusOK, Header: h, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

// TestIdentityWithoutARN checks that an answer of something other than AWS, such
// as a proxy, is not taken for an identity.
func TestIdentityWithoutARN(t *testing.T) {
	t.Parallel()
	for _, arn := range []string{"", "nobody", "urn:aws:iam::123456789012:user/x"} {
		cfg := awsConfig("http://iam.invalid", nil)
		cfg.HTTPClient = answers{body: "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>" + arn + "</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>"}
		_, err := newClients(t, cfg, nil).Identity(t.Context())
		wantKind(t, "Identity as "+arn, iamops.KindUnavailable, err)
	}
}

// TestEmptyAnswers checks that an answer which says nothing is not taken for one
// that says that there is nothing.
func TestEmptyAnswers(t *testing.T) {
	t.Parallel()
	w := newFake(t, iamtest.Options{})
	p := w.plan(t)
	cfg := w.config.Copy()
	cfg.HTTPClient = answers{body: "<Response><GetRoleResult/><GetPolicyResult/></Response>"}
	ops, err := iamops.New(options(t, newClients(t, cfg, nil).IAM))
	noError(t, err)
	_, err = ops.Look(t.Context(), p.Name)
	wantKind(t, "Look", iamops.KindUnavailable, err)
	wantKind(t, "Verify", iamops.KindUnavailable, errOf(ops.Verify(t.Context(), p)))
}

// TestClockSkew compares clocks by the answers of AWS, refusals included.
func TestClockSkew(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{0, 90 * time.Second, -90 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			// A slow answer was dated somewhere on its way.
			w := newFake(t, iamtest.Options{Delay: 2 * time.Second})
			c := newClients(t, w.config, nil)
			if d, known := c.ClockSkew(); known || d != 0 {
				t.Errorf("before the first answer: %v, %v", d, known)
			}
			w.fake.SetClockSkew(skew)
			_, err := c.IAM.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("none")})
			if code(err) != "NoSuchEntity" {
				t.Fatal(err)
			}
			if d, known := c.ClockSkew(); !known || (d+skew).Abs() > time.Second {
				t.Errorf("AWS's clock is %v ahead; ours is said to be %v, %v", skew, d, known)
			}
		})
	}
}

// TestNoClock checks that an answer without a date leaves what was known.
func TestNoClock(t *testing.T) {
	t.Parallel()
	for _, date := range []string{"", "yesterday"} {
		cfg := awsConfig("http://iam.invalid", nil)
		cfg.HTTPClient = answers{date: date, body: "<ListRolesResponse><ListRolesResult/></ListRolesResponse>"}
		c := newClients(t, cfg, nil)
		_, err := c.IAM.ListRoles(t.Context(), &iam.ListRolesInput{})
		noError(t, err)
		if d, known := c.ClockSkew(); known {
			t.Errorf("date %q: %v", date, d)
		}
	}
}
