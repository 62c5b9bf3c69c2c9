package catalogue_test

import (
	"fmt"

	"port-iam/iamops/catalogue"
)

func Example() {
	c, err := catalogue.Open()
	if err != nil {
		panic(err)
	}
	scope, err := c.Scope(catalogue.Request{
		Account: "111122223333", Partition: "aws", Entity: "arn:aws:s3:::reports",
		Actions: []string{"s3:PutObject", "s3:ListBucket", "s3:GetObject"},
	})
	for _, g := range scope.Statements {
		fmt.Println(g.Actions, g.Resources)
	}
	fmt.Println(err)

	_, err = c.Scope(catalogue.Request{
		Account: "111122223333", Partition: "aws", Entity: "arn:aws:s3:::reports",
		Actions: []string{"s3:GetObject", "s3:ListAllMyBuckets", "s3:ListObjectsV2"},
	})
	fmt.Println(err)
	// Output:
	// [s3:ListBucket] [arn:aws:s3:::reports]
	// [s3:GetObject s3:PutObject] [arn:aws:s3:::reports/*]
	// <nil>
	// s3:ListAllMyBuckets cannot be limited to one resource: AWS accepts it on all resources ("*") only, and access is granted to one. For a resource of type bucket (s3) there is s3:ListBucket, s3:ListBucketVersions or s3:ListBucketMultipartUploads
	// s3:ListObjectsV2 is not an IAM action. Did you mean s3:ListBucket?
}
