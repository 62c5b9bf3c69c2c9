package iamtest_test

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"port-iam/iamops/iamtest"
)

// A session may do what its role allows until a Deny is put on the role.
func ExampleNew() {
	account := iamtest.New(iamtest.Options{})
	l := iamtest.NewListener()
	defer account.Serve(l)()
	client := iam.New(iam.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://iam.invalid"), HTTPClient: l.Client(),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "any", SecretAccessKey: "any"}, nil
		}),
	})

	key, _, _ := account.AddRoleSession("/", "Reader", "alice@example.com",
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::reports/*"}}`)
	fmt.Println(account.Allowed(key, "s3:GetObject", "arn:aws:s3:::reports/june"))

	_, err := client.PutRolePolicy(context.Background(), &iam.PutRolePolicyInput{
		RoleName: aws.String("Reader"), PolicyName: aws.String("stop"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`),
	})
	fmt.Println(err)
	fmt.Println(account.Allowed(key, "s3:GetObject", "arn:aws:s3:::reports/june"))
	// Output:
	// true allowed by inline policy policy-1
	// <nil>
	// false an explicit deny in inline policy stop
}
