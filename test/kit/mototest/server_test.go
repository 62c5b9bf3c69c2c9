package mototest_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"go.uber.org/goleak"

	"port-iam/test/kit/mototest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// anyone returns a configuration with credentials that moto accepts.
func anyone(t *testing.T, url string) aws.Config {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return aws.Config{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(url),
		HTTPClient:   &http.Client{Transport: transport},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	}
}

func TestServer(t *testing.T) {
	started := time.Now()
	s := mototest.Start(t)
	t.Logf("started in %v", time.Since(started).Round(time.Millisecond))
	ctx, cfg := t.Context(), anyone(t, s.URL())

	identity, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := aws.ToString(identity.Account), "123456789012"; got != want {
		t.Errorf("account %s, want %s", got, want)
	}

	roles := iam.NewFromConfig(cfg)
	create := &iam.CreateRoleInput{
		RoleName:                 aws.String("example"),
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[]}`),
	}
	created, err := roles.CreateRole(ctx, create)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := aws.ToString(created.Role.Arn), "arn:aws:iam::123456789012:role/example"; got != want {
		t.Errorf("role %s, want %s", got, want)
	}
	var exists *types.EntityAlreadyExistsException
	if _, err := roles.CreateRole(ctx, create); !errors.As(err, &exists) {
		t.Errorf("created a second time: %v, want EntityAlreadyExists", err)
	}

	s.Reset()
	var missing *types.NoSuchEntityException
	if _, err := roles.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("example")}); !errors.As(err, &missing) {
		t.Errorf("after Reset: %v, want NoSuchEntity", err)
	}
}
