package grants_test

import "port-iam/iamops/catalogue"

const instance = "arn:aws:ec2:eu-west-1:" + account + ":instance/i-0123456789abcdef0"

// givenConsole are grants with what AWS's console needs.
func givenConsole() []play {
	onInstance := func(s *stage) string {
		s.console = true
		s.resource(instance, `"resource_type":"EC2"`)
		s.offers("EC2", "ec2:StartInstances")
		return s.requested(instance, "ec2:StartInstances")
	}
	return []play{
		{name: "with the lists for AWS's console, on a bucket", f: func(s *stage) string {
			s.console = true
			return s.requested(bucket, "s3:PutObject")
		}},
		{name: "with the lists for AWS's console, on an instance", f: onInstance},
		{name: "with the lists for AWS's console, of which the boundary and the operator deny some", f: func(s *stage) string {
			s.rules = catalogue.Rules{Deny: []string{"ec2:DescribeVpcs"}}
			s.aws.AddPolicy(boundary, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:*","Resource":"*"},{"Effect":"Deny","Action":"ec2:DescribeTags","Resource":"*"}]}`)
			return onInstance(s)
		}},
	}
}
