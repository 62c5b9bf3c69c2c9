package templates

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// check renders samples and reports what is wrong with either template, see [Load].
func (s *Set) check() error {
	var permission, trust error // the first of each: the others repeat it
	for _, d := range samples() {
		if permission == nil {
			permission = tryOut(PermissionPolicyFile, s.PermissionPolicy, d)
		}
		if trust == nil {
			trust = tryOut(TrustPolicyFile, s.TrustPolicy, d)
		}
	}
	return errors.Join(permission, trust)
}

// sampleRegion is that of a partition whose Regions are not known.
const sampleRegion = "sample-east-1"

// The life of a sample.
const sampleStart, sampleEnd = "2030-01-02T03:04:05Z", "2030-01-02T11:04:05Z"

// samples are what a branch of a template may depend on.
func samples() (out []Data) {
	const account, other = "123456789012", "210987654321"
	for _, partition := range append(slices.Sorted(maps.Keys(sampleRegions)), "aws-sample") {
		bucket, own := "arn:"+partition+":s3:::sample", ":"+cmp.Or(sampleRegions[partition], sampleRegion)+":"+account+":"
		statements := []Statement{
			{Sid: "Grant0", Actions: []string{"s3:GetObject", "s3:PutObject"}, Resources: []string{bucket + "/*"}, ResourceAccount: account},
			{Sid: "Grant1", Actions: []string{"s3:ListBucket"}, Resources: []string{bucket}, ResourceAccount: account},
			{Sid: "Grant2", Actions: []string{"lambda:InvokeFunction"}, Resources: []string{"arn:" + partition + ":lambda" + own + "function:sample:${$}LATEST"}},
			{Sid: "Grant3", Actions: []string{"cloudwatch:DescribeAlarms"}, Resources: []string{"arn:" + partition + ":cloudwatch" + own + "alarm:sample ${*} ${?} ${$}"}},
			{Sid: "Grant4", Actions: []string{"cloudwatch:DescribeAlarms"}, Resources: []string{"arn:" + partition + ":cloudwatch" + own + `alarm:sample " \u002a`}},
			{Sid: "Companion5", Actions: []string{"kms:Decrypt"}, Resources: []string{"arn:" + partition + ":kms" + own + "key/sample"}},
		}
		for _, end := range []string{"", sampleEnd} {
			for _, trust := range []Data{
				{Trust: TrustIdentityCenter},
				{Trust: TrustIAMUser},
				{Trust: TrustAccount},
				{Trust: TrustIdentityCenter, TrustAccounts: []string{other, account}},
				{Trust: TrustIAMUser, TrustAccounts: []string{other}},
				{Trust: TrustAccount, TrustAccounts: []string{other, account}},
			} {
				out = append(out, Data{
					Statements: statements,
					Account:    account, Partition: partition, OrgID: "org_sample", RunID: "r_sample",
					Requester: "sample@example.com", UserName: "sample@example.com", Trust: trust.Trust, TrustAccounts: trust.TrustAccounts,
					Start: sampleStart, End: end,
				})
			}
		}
	}
	return out
}

// policyVersion is the version of the policy language that has policy variables.
const policyVersion = "2012-10-17"

// rendered is what is read of a statement of a policy document.
type rendered struct {
	Effect    string
	Action    any
	Resource  any
	Condition map[string]map[string]any
}

func tryOut(name string, render func(Data) (string, error), d Data) error {
	text, err := render(d)
	if err != nil {
		return err
	}
	var doc struct {
		Version   string
		Statement []rendered
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
		if st.Effect != "Allow" {
			continue
		}
		if d.End != "" && st.Condition["DateLessThan"]["aws:CurrentTime"] != d.End {
			return fmt.Errorf(`template %s: statement %d allows without an end; it needs "DateLessThan": {"aws:CurrentTime": {{ json .End }}} whenever .End is not empty`, name, i+1)
		}
		if owner := d.ownerOf(st.Resource); owner != "" && !slices.Equal(texts(st.Condition["StringEquals"]["aws:ResourceAccount"]), []string{owner}) {
			return fmt.Errorf(`template %s: statement %d allows resources of any account; it needs "StringEquals": {"aws:ResourceAccount": {{ json .ResourceAccount }}} whenever .ResourceAccount of a statement is not empty`, name, i+1)
		}
		if region := d.regionOf(st); region != "" && !slices.Equal(texts(st.Condition["StringEquals"]["aws:RequestedRegion"]), []string{region}) {
			return fmt.Errorf(`template %s: statement %d allows what AWS's console needs (GRANT_CONSOLE) in every Region; it needs "StringEquals": {"aws:RequestedRegion": {{ json .Region }}} whenever .Region of a statement is not empty`, name, i+1)
		}
	}
	return nil
}

// ownerOf returns the account that has to own the resources of a rendered statement; ""
// if their ARNs tell.
func (d Data) ownerOf(resource any) string {
	for _, s := range d.Statements {
		named := func(r string) bool { return slices.Contains(s.Resources, r) }
		if s.ResourceAccount != "" && slices.ContainsFunc(texts(resource), named) {
			return s.ResourceAccount
		}
	}
	return ""
}

// regionOf returns the Region to which a rendered statement has to be limited; "" if any
// may be called.
func (d Data) regionOf(st rendered) string {
	for _, s := range d.Statements {
		named := func(a string) bool { return slices.Contains(s.Actions, a) }
		if s.Region != "" && slices.ContainsFunc(texts(st.Action), named) {
			return s.Region
		}
	}
	return ""
}

// texts are the values of a text or a list of texts.
func texts(value any) (out []string) {
	list, is := value.([]any)
	if !is {
		list = []any{value}
	}
	for _, v := range list {
		if text, is := v.(string); is {
			out = append(out, text)
		}
	}
	return out
}
