package iamops_test

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/templates"
)

// A grant from nothing to nothing. What happens in between, and when to try
// again, is the business of package grants.
func ExampleNew() {
	fake := iamtest.New(iamtest.Options{})
	l := iamtest.NewListener()
	defer fake.Serve(l)()
	clients, err := iamops.NewClients(aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String("http://iam.invalid"), HTTPClient: l.Client(),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "any", SecretAccessKey: "any"}, nil
		}),
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	documents, err := templates.Load(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	ops, err := iamops.New(iamops.Options{
		API: clients.IAM, Account: "123456789012", Partition: "aws", OrgID: "org_1", Path: "/port-iam/",
		Trust: templates.TrustIdentityCenter, Templates: documents,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := ops.Plan(iamops.Request{
		RunID: "r_1", Requester: "alice@example.com", UserName: "alice@example.com",
		Resource: "arn:aws:s3:::reports", Actions: []string{"s3:ListBucket"},
		End: time.Date(2030, 11, 23, 14, 0, 0, 0, time.UTC),
	})
	fmt.Println(plan.RoleARN, err)
	fmt.Println(ops.CreatePolicy(ctx, plan), ops.CreateRole(ctx, plan), ops.Attach(ctx, plan))

	state, err := ops.Look(ctx, plan.Name)
	fmt.Println(state.Complete(), err)
	fmt.Println(ops.Cut(ctx, state), ops.Detach(ctx, state))
	fmt.Println(ops.DeletePolicy(ctx, state), ops.DeleteRole(ctx, state))
	fmt.Println(len(fake.Snapshot().Roles), len(fake.Snapshot().Policies))
	// Output:
	// arn:aws:iam::123456789012:role/port-iam/Permission-r_1 <nil>
	// <nil> <nil> <nil>
	// true <nil>
	// <nil> <nil>
	// <nil> <nil>
	// 0 0
}
