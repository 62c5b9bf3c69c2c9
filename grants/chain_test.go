package grants_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

// webIdentity are credentials that are asked for again before each call, from an
// STS that gives them until refused is set.
type webIdentity struct {
	refused atomic.Bool
	given   aws.CredentialsProvider
	denied  aws.CredentialsProvider
}

func newWebIdentity() *webIdentity {
	refusing := sts.NewFromConfig(aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String("http://sts.invalid"), HTTPClient: denying{},
	})
	return &webIdentity{
		given:  credentials.NewStaticCredentialsProvider("test", "test", ""),
		denied: stscreds.NewWebIdentityRoleProvider(refusing, "arn:aws:iam::"+account+":role/daemon", identityToken{}),
	}
}

// Retrieve is part of aws.CredentialsProvider.
func (w *webIdentity) Retrieve(ctx context.Context) (aws.Credentials, error) {
	if w.refused.Load() {
		return w.denied.Retrieve(ctx)
	}
	return w.given.Retrieve(ctx)
}

type identityToken struct{}

// GetIdentityToken is part of stscreds.IdentityTokenRetriever.
func (identityToken) GetIdentityToken() ([]byte, error) { return []byte("token"), nil }

// denying is an STS that denies everything.
type denying struct{}

// Do is part of aws.HTTPClient.
func (denying) Do(*http.Request) (*http.Response, error) {
	r := httptest.NewRecorder()
	r.WriteHeader(http.StatusForbidden)
	_, _ = r.WriteString("<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>Not authorized to perform sts:AssumeRoleWithWebIdentity</Message></Error></ErrorResponse>")
	return r.Result(), nil
}

// TestCredentialsDenied: the daemon is denied new credentials in the middle of a
// grant or a revocation. That is no answer of IAM: the run waits, and goes on when
// they are given again; where they are not, it gives up after its time.
func TestCredentialsDenied(t *testing.T) {
	for name, tt := range map[string]struct {
		op     string // the call after which credentials are denied
		revoke bool
		lasts  time.Duration
		status string
		after  time.Duration // of the end of the run, at least
	}{
		"grant, for a while":      {"CreatePolicy", false, 5 * time.Minute, "SUCCESS", 5 * time.Minute},
		"grant, for long":         {"CreatePolicy", false, 20 * time.Minute, "FAILURE", 10 * time.Minute},
		"revocation, for a while": {"PutRolePolicy", true, 5 * time.Minute, "SUCCESS", 5 * time.Minute},
		"revocation, for long":    {"PutRolePolicy", true, 20 * time.Minute, "FAILURE", 15 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				chain := newWebIdentity()
				w.creds = chain
				p := w.process()
				rec := w.request(nil)
				if tt.revoke {
					p.succeed(rec)
					later(time.Hour)
					rec = w.revoke(rec.RunID)
				}
				defer w.at(tt.op, true, func() {
					chain.refused.Store(true)
					time.AfterFunc(tt.lasts, func() { chain.refused.Store(false) })
				})()
				began := time.Now()
				if err := p.handle(rec); err != nil {
					t.Error(err)
				}
				log := w.wantRun(rec.RunID, tt.status)
				run, _ := w.port.Run(rec.RunID)
				took := run.EndedAt.Sub(began)
				if took < tt.after || took > tt.after+2*time.Minute {
					t.Errorf("ended after %s, want %s: %s", took, tt.after, log)
				}
			})
		})
	}
}

// TestPermissionsDenied: that IAM itself denies the daemon a call is final.
func TestPermissionsDenied(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		w.aws.Fault(iamtest.Fault{Op: "AttachRolePolicy", Code: "AccessDenied", Status: http.StatusForbidden, Count: -1})
		rec := w.request(nil)
		began := time.Now()
		if err := p.handle(rec); err != nil {
			t.Error(err)
		}
		w.wantRun(rec.RunID, "FAILURE")
		if took := time.Since(began); took > time.Minute {
			t.Errorf("ended after %s", took)
		}
		if roles, _, _ := w.left(); len(roles) != 0 {
			t.Errorf("%d roles left, %s", len(roles), iamops.Name(rec.RunID))
		}
	})
}
