package iamops_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/prometheus/client_golang/prometheus"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

// refusing is a server that refuses everything.
type refusing struct {
	status int
	body   string
}

// Do is part of aws.HTTPClient.
func (r refusing) Do(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: r.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(r.body)), Request: req}, nil
}

func refusingSTS(code string, status int) *sts.Client {
	body := "<ErrorResponse><Error><Type>Sender</Type><Code>" + code + "</Code><Message>not you</Message></Error></ErrorResponse>"
	return sts.NewFromConfig(aws.Config{
		Region: "us-east-1", HTTPClient: refusing{status, body}, BaseEndpoint: aws.String("http://sts.invalid"),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIASOURCE", SecretAccessKey: secret}, nil
		}),
	})
}

// token is a web identity's.
type token string

// GetIdentityToken is part of stscreds.IdentityTokenRetriever.
func (t token) GetIdentityToken() ([]byte, error) { return []byte(t), nil }

const daemonRole = "arn:aws:iam::123456789012:role/daemon"

// chains are sources of credentials that answer, with codes that IAM has too, and
// give none.
func chains() map[string]aws.CredentialsProvider {
	all := map[string]aws.CredentialsProvider{
		"container endpoint": endpointcreds.New("http://169.254.170.2/", func(o *endpointcreds.Options) {
			o.HTTPClient = refusing{http.StatusForbidden, `{"code":"AccessDenied","message":"not you"}`}
		}),
		"anything else": aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{}, &smithy.GenericAPIError{Code: "UnrecognizedClientException", Message: "not you"}
		}),
		"nothing": aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{}, errors.New("no source of credentials")
		}),
	}
	for code, status := range map[string]int{
		"AccessDenied": http.StatusForbidden, "ExpiredToken": http.StatusForbidden, "NoSuchEntity": http.StatusNotFound,
		"ValidationError": http.StatusBadRequest, "Throttling": http.StatusBadRequest, "InvalidClientTokenId": http.StatusForbidden,
	} {
		all["role: "+code] = stscreds.NewAssumeRoleProvider(refusingSTS(code, status), daemonRole)
		all["web identity: "+code] = stscreds.NewWebIdentityRoleProvider(refusingSTS(code, status), daemonRole, token("x"))
	}
	return all
}

// TestCredentialChain: what the source of our credentials answers is never taken
// for the answer of IAM or STS to the call that they were for. It may pass.
func TestCredentialChain(t *testing.T) {
	t.Parallel()
	for name, chain := range chains() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newFake(t, iamtest.Options{})
				cfg := w.config.Copy()
				cfg.Credentials = chain
				reg := prometheus.NewRegistry()
				clients := newClients(t, cfg, reg)
				ops, err := iamops.New(options(t, clients.IAM))
				noError(t, err)
				p := w.plan(t)
				_, identity := clients.Identity(t.Context())
				_, look := ops.Look(t.Context(), p.Name)
				for call, err := range map[string]error{
					"attach": ops.Attach(t.Context(), p), "create role": ops.CreateRole(t.Context(), p), "look": look, "identity": identity,
				} {
					wantKind(t, call, iamops.KindUnavailable, err)
					err = fmt.Errorf("grant: %w", err)
					if !iamops.Temporary(err) || iamops.Throttled(err) || iamops.RejectedCredentials(err) {
						t.Errorf("%s: temporary %v, throttled %v, rejected %v: %v", call,
							iamops.Temporary(err), iamops.Throttled(err), iamops.RejectedCredentials(err), err)
					}
				}
				if n := w.fake.CallCount(""); n != 0 {
					t.Errorf("%d calls reached AWS", n)
				}
				for metric, n := range requests(t, reg) {
					if n != 0 {
						t.Errorf("%d requests counted as %q", n, metric)
					}
				}
			})
		})
	}
}
