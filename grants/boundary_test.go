package grants_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"port-iam/iamops/iamtest"
)

// onlyReads has the boundary allow no more than reading, by hand.
func (w *world) onlyReads() {
	w.t.Helper()
	_, err := w.admin().CreatePolicyVersion(context.Background(), &iam.CreatePolicyVersionInput{
		PolicyArn: aws.String(boundary), SetAsDefault: true,
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}`),
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestOutsideOfBoundary: what the boundary certainly does not allow is refused before
// anything is made, at most five minutes after the boundary has become so.
func TestOutsideOfBoundary(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		p.succeed(w.request(nil))
		w.onlyReads()
		later(5 * time.Minute)
		w.aws.ResetCalls()
		rec := w.request(nil)
		if err := p.handle(rec); err != nil {
			t.Fatal(err)
		}
		contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), "refused", boundary, "s3:PutObject", "platform team")
		if n := w.aws.CallCount("CreateRole") + w.aws.CallCount("CreatePolicy"); n != 0 {
			t.Errorf("%d creates for a request that is refused", n)
		}
		p.wantMetric("port_iam_runs_total", 1, "grant", "refused")
		w.wantGrants(1)
	})
}

// TestBoundaryAway: a boundary that cannot be read is waited for as other answers of AWS.
func TestBoundaryAway(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.request(nil)
		defer w.aws.Fault(iamtest.Fault{Op: "GetPolicyVersion", Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable", Count: 12})()
		began := time.Now()
		p.succeed(rec)
		if took := time.Since(began); took < time.Second {
			t.Errorf("took %s, and AWS was away for longer", took)
		}
		w.wantGrants(1)
	})
}

// TestBoundaryUnread: with a management policy of an earlier version, which does not let
// the daemon read the boundary, grants are made as before, and that is told once.
func TestBoundaryUnread(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		w.onlyReads()
		p := w.process()
		defer w.aws.Fault(iamtest.Fault{Op: "GetPolicy", Code: "AccessDenied", Status: http.StatusForbidden, Count: -1})()
		for range 3 {
			p.succeed(w.request(nil))
			later(6 * time.Minute)
		}
		w.wantGrants(3)
		if n := strings.Count(p.log.String(), "may not read the permissions boundary"); n != 1 {
			t.Errorf("told %d times:\n%s", n, p.log.String())
		}
	})
}

// TestOldRecordsReadNoBoundary: after a restart old records are read again, whose runs have
// ended: they cost no call to AWS.
func TestOldRecordsReadNoBoundary(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		rec := w.request(nil)
		w.process().succeed(rec)
		later(2 * time.Minute)
		w.aws.ResetCalls()
		w.process().succeed(rec)
		if n := w.aws.CallCount(""); n != 0 {
			t.Errorf("%d calls to AWS for a run that has ended", n)
		}
		late := w.request(nil)
		later(2 * time.Minute)
		w.process().succeed(late)
		w.wantGrants(2)
	})
}
