package demo

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// ssoPath and ssoRole are what Identity Center makes in an account for a
// permission set.
const (
	ssoPath = "/aws-reserved/sso.amazonaws.com/"
	ssoRole = "AWSReservedSSO_Developers_0123456789abcdef"
	// mayAssumeGrants is what every requester needs, whatever the grant.
	mayAssumeGrants = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::` + Account + `:role/port-iam/Permission-*"}]}`
)

// person is a user who is signed in to the account with Identity Center.
type person struct {
	email string
	sts   *sts.Client
}

func (w *World) signIn(email string) person {
	key, secret, token := w.AWS.AddRoleSession(ssoPath, ssoRole, email, mayAssumeGrants)
	return person{email, sts.NewFromConfig(aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(w.AWSURL), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, token),
	})}
}

// assume switches to a role and returns the access key of the session.
func (p person) assume(ctx context.Context, roleARN string) (accessKey string, err error) {
	out, err := p.sts.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String(roleARN), RoleSessionName: aws.String(p.email)})
	if err != nil {
		return "", fmt.Errorf("assume %s as %s: %w", roleARN, p.email, err)
	}
	return aws.ToString(out.Credentials.AccessKeyId), nil
}
