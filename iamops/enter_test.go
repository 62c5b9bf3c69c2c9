package iamops_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

func TestEnterOwnAccount(t *testing.T) {
	t.Parallel()
	w := newFake(t, iamtest.Options{})
	_, err := w.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("PortIam"), AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}`)})
	noError(t, err)
	entered := newClients(t, w.config, nil).Enter(iamops.RoleARN("aws", account, "/PortIam"), "")
	got, err := entered.Identity(t.Context())
	noError(t, err)
	if got.ARN != "arn:aws:sts::"+account+":assumed-role/PortIam/port-iam" {
		t.Error(got.ARN)
	}
	if n := w.fake.CallCount("AssumeRole"); n != 1 {
		t.Errorf("assumed %d times", n)
	}
}
