package iamops_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"port-iam/iamops"
	"port-iam/iamops/catalogue"
	"port-iam/iamops/iamtest"
)

// outside are those of two actions that a boundary does not allow.
func outside(b iamops.Boundary) []string {
	return b.Outside(iamops.Scope{Statements: []catalogue.Statement{{Actions: []string{"s3:GetObject", "ec2:StopInstances"}, Resources: []string{"*"}}}})
}

// wantReads checks how often the boundary was read since the last time: the policy, and
// its text.
func (w *world) wantReads(t *testing.T, when string, policies, texts int) {
	t.Helper()
	if p, v := w.fake.CallCount("GetPolicy"), w.fake.CallCount("GetPolicyVersion"); p != policies || v != texts {
		t.Errorf("%s: the policy was read %d times and its text %d times, want %d and %d", when, p, v, policies, texts)
	}
	w.fake.ResetCalls()
}

// TestBoundaryIsReadSeldom: at most every five minutes, once for all that ask, and the
// text only when it has changed.
func TestBoundaryIsReadSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFake(t, iamtest.Options{Delay: 50 * time.Millisecond})
		ask := func(want int) {
			t.Helper()
			var asking sync.WaitGroup
			for range 20 {
				asking.Go(func() {
					b, err := w.ops.Boundary(context.Background())
					if err != nil || b.ARN != boundary || b.Denied != nil || len(outside(b)) != want {
						t.Errorf("%+v, %v; %d actions are to be outside", b, err, want)
					}
				})
			}
			asking.Wait()
		}
		ask(0)
		w.wantReads(t, "at first", 1, 1)
		<-time.After(5*time.Minute - 200*time.Millisecond)
		ask(0)
		w.wantReads(t, "within five minutes", 0, 0)
		<-time.After(200 * time.Millisecond)
		ask(0)
		w.wantReads(t, "after five minutes", 1, 0)

		document := allowOne
		_, err := w.iam.CreatePolicyVersion(context.Background(), &iam.CreatePolicyVersionInput{PolicyArn: aws.String(boundary), PolicyDocument: &document, SetAsDefault: true})
		noError(t, err)
		ask(0)
		<-time.After(5 * time.Minute)
		ask(1)
		w.wantReads(t, "with a new version", 1, 1)
	})
}

// TestNoBoundaryIsNotRead: where there is none, nothing is asked and nothing is outside.
func TestNoBoundaryIsNotRead(t *testing.T) {
	t.Parallel()
	w := newFake(t, iamtest.Options{})
	o := options(t, newClients(t, w.config, nil).IAM)
	o.Boundary = ""
	ops, err := iamops.New(o)
	noError(t, err)
	b, err := ops.Boundary(t.Context())
	noError(t, err)
	if len(outside(b)) > 0 || w.fake.CallCount("") > 0 {
		t.Errorf("%+v, %d calls", b, w.fake.CallCount(""))
	}
}

// TestBoundaryOfAWS: AWS's own policies can be boundaries.
func TestBoundaryOfAWS(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:iam::aws:policy/AmazonEC2FullAccess"
	w := newFake(t, iamtest.Options{})
	w.fake.AddPolicy(arn, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:*","Resource":"*"}]}`)
	o := options(t, newClients(t, w.config, nil).IAM)
	o.Boundary = arn
	ops, err := iamops.New(o)
	noError(t, err)
	b, err := ops.Boundary(t.Context())
	noError(t, err)
	if got := outside(b); len(got) != 1 || got[0] != "s3:GetObject" {
		t.Errorf("outside are %v", got)
	}
}

// TestBoundaryTrouble: what AWS says instead of the text, and for how long that counts.
func TestBoundaryTrouble(t *testing.T) {
	always := func(op, code string, status int) iamtest.Fault {
		return iamtest.Fault{Op: op, Code: code, Status: status, Count: -1}
	}
	for _, tt := range []struct {
		name   string
		fault  iamtest.Fault
		kind   iamops.Kind
		denied bool // no error, but nothing to judge by
	}{
		{"missing", always("GetPolicy", "NoSuchEntity", http.StatusNotFound), iamops.KindBoundary, false},
		{"away", always("GetPolicy", "ServiceFailure", http.StatusInternalServerError), iamops.KindUnavailable, false},
		{"throttled", always("GetPolicyVersion", "Throttling", http.StatusBadRequest), iamops.KindUnavailable, false},
		{"a version that is gone already", always("GetPolicyVersion", "NoSuchEntity", http.StatusNotFound), iamops.KindUnavailable, false},
		{"credentials that expired", always("GetPolicy", "ExpiredToken", http.StatusForbidden), iamops.KindUnavailable, false},
		{"not allowed to read", always("GetPolicy", "AccessDenied", http.StatusForbidden), 0, true},
		{"not allowed to read the text", always("GetPolicyVersion", "AccessDenied", http.StatusForbidden), 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newFake(t, iamtest.Options{})
				remove := w.fake.Fault(tt.fault)
				b, err := w.ops.Boundary(context.Background())
				if !tt.denied {
					wantKind(t, "Boundary", tt.kind, err)
				} else if err != nil || b.Denied == nil || len(outside(b)) > 0 {
					t.Errorf("%+v, %v", b, err)
				}
				remove()
				b, err = w.ops.Boundary(context.Background())
				noError(t, err)
				if (b.Denied != nil) != tt.denied {
					t.Errorf("right after it: %+v", b)
				}
				<-time.After(5 * time.Minute)
				if b, err = w.ops.Boundary(context.Background()); err != nil || b.Denied != nil {
					t.Errorf("five minutes after it: %+v, %v", b, err)
				}
			})
		})
	}
}

// TestBoundaryReaderLeaves: a run that needs no answer any more does not take it from
// those who wait for it.
func TestBoundaryReaderLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFake(t, iamtest.Options{Delay: time.Second})
		short, cancel := context.WithTimeout(context.Background(), 1500*time.Millisecond)
		defer cancel()
		var asking sync.WaitGroup
		asking.Go(func() {
			_, err := w.ops.Boundary(short)
			wantKind(t, "Boundary", iamops.KindUnavailable, err)
		})
		synctest.Wait()
		for range 5 {
			asking.Go(func() {
				if b, err := w.ops.Boundary(context.Background()); err != nil || b.ARN != boundary {
					t.Errorf("%+v, %v", b, err)
				}
			})
		}
		asking.Wait()
		w.wantReads(t, "once more for all of them", 2, 2)
	})
}
