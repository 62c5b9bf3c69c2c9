package iamtest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"go.uber.org/goleak"

	"port-iam/iamops/iamtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	account  = "123456789012"
	trustAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}`
	boundary = "arn:aws:iam::123456789012:policy/Boundary"
)

// statement is a document of one statement.
func statement(effect, action, resource string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":%q,"Action":%q,"Resource":%q}]}`, effect, action, resource)
}

// world is an account and the SDK's clients of it.
type world struct {
	*iamtest.Server
	http *http.Client
	iam  *iam.Client // the daemon, one attempt per call
}

func newWorld(t *testing.T, opts iamtest.Options) *world {
	t.Helper()
	w := &world{Server: iamtest.New(opts)}
	w.CheckFaults(t)
	l := iamtest.NewListener()
	t.Cleanup(w.Serve(l))
	w.http = l.Client()
	w.iam = w.client("AKIADAEMON", "secret", "")
	return w
}

func (w *world) config(key, secret, token string) aws.Config {
	return aws.Config{
		Region:       "us-east-1",
		BaseEndpoint: aws.String("http://iam.invalid"),
		HTTPClient:   w.http,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: key, SecretAccessKey: secret, SessionToken: token}, nil
		}),
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}
}

func (w *world) client(key, secret, token string) *iam.Client {
	return iam.NewFromConfig(w.config(key, secret, token))
}

func (w *world) sts(key, secret, token string) *sts.Client {
	return sts.NewFromConfig(w.config(key, secret, token))
}

// role makes a role through the API.
func (w *world) role(t *testing.T, name string) {
	t.Helper()
	_, err := w.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(trustAll), Path: aws.String("/p/")})
	noError(t, err)
}

// policy makes a policy through the API and returns its ARN.
func (w *world) policy(t *testing.T, name string) string {
	t.Helper()
	out, err := w.iam.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: aws.String(statement("Allow", "s3:*", "*")), Path: aws.String("/p/")})
	noError(t, err)
	return *out.Policy.Arn
}

func (w *world) attach(t *testing.T, role, arn string) {
	t.Helper()
	_, err := w.iam.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: &role, PolicyArn: &arn})
	noError(t, err)
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// code returns the error code of an answer, "" for success.
func code(err error) string {
	var e smithy.APIError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.ErrorCode()
	}
	return "not an answer: " + err.Error()
}

func wantCode(t *testing.T, want string, err error) {
	t.Helper()
	if got := code(err); got != want {
		t.Errorf("code %q, want %q (%v)", got, want, err)
	}
}
