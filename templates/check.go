package templates

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Check renders samples of every kind of trust and reports what is wrong with
// either template, by file name: text that does not render to a JSON object, an
// unknown field, or, where grants are limited in time, an Allow without that end.
func (s *Set) Check(limited bool) error {
	var permission, trust error // the first of each: the others repeat it
	for _, end := range []string{"", "2030-01-02T11:04:05Z"} {
		d := Data{
			Statements: []Statement{
				{Sid: "Grant0", Actions: []string{"s3:GetObject", "s3:PutObject"}, Resources: []string{"arn:aws:s3:::sample/*"}},
				{Sid: "Grant1", Actions: []string{"s3:ListBucket"}, Resources: []string{"arn:aws:s3:::sample"}},
			},
			Account: "123456789012", Partition: "aws", OrgID: "org_sample", RunID: "r_sample",
			Requester: "sample@example.com", UserName: "sample@example.com",
			Start: "2030-01-02T03:04:05Z", End: end,
		}
		if permission == nil {
			permission = check(PermissionPolicyFile, s.PermissionPolicy, d, limited)
		}
		for _, d.Trust = range []string{TrustIdentityCenter, TrustIAMUser, TrustAccount} {
			if trust == nil {
				trust = check(TrustPolicyFile, s.TrustPolicy, d, limited)
			}
		}
	}
	return errors.Join(permission, trust)
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
