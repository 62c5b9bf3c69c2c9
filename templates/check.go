package templates

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Check renders samples for partitions of AWS and each kind of trust and reports
// what is wrong with either template, by file name: text that does not render to a
// JSON object, an unknown field, another version of the policy language than
// 2012-10-17 (the older one has no variables, so "${*}" would not be a star), or,
// where grants are limited in time, an Allow without that end.
func (s *Set) Check(limited bool) error {
	var permission, trust error // the first of each: the others repeat it
	for _, d := range samples() {
		if permission == nil {
			permission = check(PermissionPolicyFile, s.PermissionPolicy, d, limited)
		}
		if trust == nil {
			trust = check(TrustPolicyFile, s.TrustPolicy, d, limited)
		}
	}
	return errors.Join(permission, trust)
}

// samples are what a branch of a template may depend on.
func samples() (out []Data) {
	const account = "123456789012"
	for _, partition := range []string{"aws", "aws-us-gov", "aws-cn", "aws-eusc"} {
		for _, end := range []string{"", "2030-01-02T11:04:05Z"} {
			for _, kind := range []string{TrustIdentityCenter, TrustIAMUser, TrustAccount} {
				bucket := "arn:" + partition + ":s3:::sample"
				out = append(out, Data{
					Statements: []Statement{
						{Sid: "Grant0", Actions: []string{"s3:GetObject", "s3:PutObject"}, Resources: []string{bucket + "/*"}, ResourceAccount: account},
						{Sid: "Grant1", Actions: []string{"s3:ListBucket"}, Resources: []string{bucket}, ResourceAccount: account},
						{Sid: "Grant2", Actions: []string{"lambda:InvokeFunction"}, Resources: []string{"arn:" + partition + ":lambda:eu-west-1:" + account + ":function:sample:${$}LATEST"}},
						{Sid: "Companion3", Actions: []string{"kms:Decrypt"}, Resources: []string{"arn:" + partition + ":kms:eu-west-1:" + account + ":key/sample"}},
					},
					Account: account, Partition: partition, OrgID: "org_sample", RunID: "r_sample",
					Requester: "sample@example.com", UserName: "sample@example.com", Trust: kind,
					Start: "2030-01-02T03:04:05Z", End: end,
				})
			}
		}
	}
	return out
}

// policyVersion is the version of the policy language that has policy variables.
const policyVersion = "2012-10-17"

func check(name string, render func(Data) (string, error), d Data, limited bool) error {
	text, err := render(d)
	if err != nil {
		return err
	}
	var doc struct {
		Version   string
		Statement []struct {
			Effect    string
			Condition map[string]map[string]any
		}
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		return fmt.Errorf("template %s: not a policy document with a list of statements: %w", name, err)
	}
	if doc.Version != policyVersion {
		return fmt.Errorf("template %s: the document has the Version %q, and needs %q", name, doc.Version, policyVersion)
	}
	if len(doc.Statement) == 0 {
		return fmt.Errorf("template %s: the document has no Statement", name)
	}
	for i, st := range doc.Statement {
		ends := st.Condition["DateLessThan"]["aws:CurrentTime"] == d.End
		if limited && st.Effect == "Allow" && d.End != "" && !ends {
			return fmt.Errorf(`template %s: statement %d allows without an end; it needs "DateLessThan": {"aws:CurrentTime": {{ json .End }}} whenever .End is not empty`, name, i+1)
		}
	}
	return nil
}
