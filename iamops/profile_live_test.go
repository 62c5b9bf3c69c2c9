package iamops_test

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

// TestLiveProfileRegion: the Region is the one that the policy's resources agree on, as
// they are in IAM now.
func TestLiveProfileRegion(t *testing.T) {
	t.Parallel()
	const key = "arn:aws:kms:eu-central-1:111122223333:key/1"
	for name, tc := range map[string]struct {
		resources []string
		want      string
	}{
		"none":                  {[]string{"arn:aws:s3:::reports", "arn:aws:s3:::reports/*"}, ""},
		"one of two":            {[]string{"arn:aws:s3:::reports", key}, ""}, // as in the log of the run
		"the same":              {[]string{key, "arn:aws:sqs:eu-central-1:111122223333:jobs"}, "eu-central-1"},
		"two":                   {[]string{key, "arn:aws:sqs:us-east-1:111122223333:jobs"}, ""},
		"not the form of one":   {[]string{"arn:aws:sqs:eu-central-1\nx = y:111122223333:jobs"}, ""},
		"what is no ARN at all": {[]string{"*"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newFake(t, iamtest.Options{})
			p := w.plan(t)
			w.grant(t, p)
			resources, err := json.Marshal(tc.resources)
			noError(t, err)
			document := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:Decrypt","Resource":` + string(resources) + `}}`
			_, err = w.iam.CreatePolicyVersion(t.Context(), &iam.CreatePolicyVersionInput{PolicyArn: &p.PolicyARN, PolicyDocument: aws.String(document), SetAsDefault: true})
			noError(t, err)
			got, err := w.ops.LiveProfile(t.Context(), p.Name)
			noError(t, err)
			want := "[profile " + p.Name + "]\nrole_arn = " + p.RoleARN + "\nsource_profile = <your profile>\n"
			if tc.want != "" {
				want += "region = " + tc.want + "\n"
			}
			if diff := cmp.Diff(want+"duration_seconds = 3600", got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			state, err := w.ops.Look(t.Context(), p.Name)
			noError(t, err)
			if diff := cmp.Diff([]string{"v2", "v1"}, state.Versions()); diff != "" {
				t.Errorf("versions (-want +got):\n%s", diff)
			}
			noError(t, w.ops.Cut(t.Context(), state))
			if got, err := w.ops.LiveProfile(t.Context(), p.Name); got != "" || !iamops.IsKind(err, iamops.KindCut) {
				t.Errorf("of a grant that is cut: %q, %v", got, err)
			}
		})
	}
}
