package templates

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Check renders samples for every partition of AWS and kind of trust and reports
// what is wrong with either template, by file name: text that does not render to a
// JSON object, an unknown field, or, where grants are limited in time, an Allow
// without that end.
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
	for _, partition := range []string{"aws", "aws-us-gov", "aws-cn"} {
		for _, end := range []string{"", "2030-01-02T11:04:05Z"} {
			for _, kind := range []string{TrustIdentityCenter, TrustIAMUser, TrustAccount} {
				bucket := "arn:" + partition + ":s3:::sample"
				out = append(out, Data{
					Statements: []Statement{
						{Sid: "Grant0", Actions: []string{"s3:GetObject", "s3:PutObject"}, Resources: []string{bucket + "/*"}},
						{Sid: "Grant1", Actions: []string{"s3:ListBucket"}, Resources: []string{bucket}},
					},
					Account: "123456789012", Partition: partition, OrgID: "org_sample", RunID: "r_sample",
					Requester: "sample@example.com", UserName: "sample@example.com", Trust: kind,
					Start: "2030-01-02T03:04:05Z", End: end,
				})
			}
		}
	}
	return out
}

func check(name string, render func(Data) (string, error), d Data, limited bool) error {
	text, err := render(d)
	if err != nil {
		return err
	}
	var doc struct {
		Statement []struct {
			Effect    string
			Condition map[string]map[string]any
		}
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		return fmt.Errorf("template %s: not a policy document with a list of statements: %w", name, err)
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
