package templates_test

import (
	"fmt"
	"testing/fstest"

	"port-iam/templates"
)

// An operator who wants every grant used from one network replaces one of the
// two documents. Without its end, or the account of resources whose ARNs name none,
// Check would refuse it.
func ExampleLoad() {
	set, err := templates.Load(fstest.MapFS{templates.PermissionPolicyFile: {Data: []byte(`{
		"Version": "2012-10-17",
		"Statement": [{{ range $i, $s := .Statements }}{{ if $i }},{{ end }}{
			"Effect": "Allow", "Action": {{ json $s.Actions }}, "Resource": {{ json $s.Resources }},
			"Condition": {
				"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}
				{{ if $.End }}, "DateLessThan": {"aws:CurrentTime": {{ json $.End }}}{{ end }}
				{{ if $s.ResourceAccount }}, "StringEquals": {"aws:ResourceAccount": {{ json $s.ResourceAccount }}}{{ end }}
			}
		}{{ end }}]
	}`)}})
	if err != nil {
		fmt.Println(err)
		return
	}
	doc, err := set.PermissionPolicy(templates.Data{
		Statements: []templates.Statement{{Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::reports/*"}, ResourceAccount: "123456789012"}},
		End:        "2030-11-23T14:00:00Z",
	})
	fmt.Println(doc, err)
	// Output:
	// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::reports/*"],"Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"},"DateLessThan":{"aws:CurrentTime":"2030-11-23T14:00:00Z"},"StringEquals":{"aws:ResourceAccount":"123456789012"}}}]} <nil>
}
