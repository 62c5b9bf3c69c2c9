package iamops_test

import (
	"errors"
	"maps"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"

	"port-iam/iamops"
)

// What another person in the account does, straight through the API.

const (
	allowAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	allowOne = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a+b/é 1%20/*"}]}`
	trustAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}`
)

func tags(m map[string]string) []types.Tag {
	var out []types.Tag
	for k, v := range m {
		out = append(out, types.Tag{Key: aws.String(k), Value: aws.String(v)})
	}
	return out
}

func (w *world) createRole(t *testing.T, path, name string, m map[string]string) error {
	_, err := w.iam.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: &name, Path: &path, AssumeRolePolicyDocument: aws.String(trustAll), Tags: tags(m), Description: aws.String("by hand"),
	})
	return err
}

// createLasting makes a role whose sessions may last some seconds.
func (w *world) createLasting(t *testing.T, seconds int32) error {
	_, err := w.iam.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: aws.String("lasting"), AssumeRolePolicyDocument: aws.String(trustAll), MaxSessionDuration: &seconds,
	})
	return err
}

// role makes a role that no test looks at by itself.
func (w *world) role(t *testing.T, name string) {
	t.Helper()
	noError(t, w.createRole(t, "/", name, nil))
}

func (w *world) createPolicy(t *testing.T, path, name string, m map[string]string) (string, error) {
	out, err := w.iam.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: &name, Path: &path, PolicyDocument: aws.String(allowOne), Tags: tags(m)})
	if err != nil {
		return "", err
	}
	return *out.Policy.Arn, nil
}

// policy makes a policy that no test looks at by itself.
func (w *world) policy(t *testing.T, path, name string) (arn string) {
	t.Helper()
	arn, err := w.createPolicy(t, path, name, nil)
	noError(t, err)
	return arn
}

// redescribePolicy makes a policy again with another description, which AWS has no call
// for.
func (w *world) redescribePolicy(t *testing.T, arn, text string) {
	t.Helper()
	old, err := w.iam.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: &arn})
	noError(t, err)
	version, err := w.iam.GetPolicyVersion(t.Context(), &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: old.Policy.DefaultVersionId})
	noError(t, err)
	noError(t, w.deletePolicy(t, arn))
	document := plain(t, version.PolicyVersion.Document)
	_, err = w.iam.CreatePolicy(t.Context(), &iam.CreatePolicyInput{
		PolicyName: old.Policy.PolicyName, Path: old.Policy.Path, Description: &text, PolicyDocument: &document, Tags: old.Policy.Tags,
	})
	noError(t, err)
}

func (w *world) attach(t *testing.T, role, arn string) error {
	_, err := w.iam.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: &role, PolicyArn: &arn})
	return err
}

func (w *world) detach(t *testing.T, role, arn string) error {
	_, err := w.iam.DetachRolePolicy(t.Context(), &iam.DetachRolePolicyInput{RoleName: &role, PolicyArn: &arn})
	return err
}

func (w *world) putInline(t *testing.T, role, name string) error {
	_, err := w.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: &role, PolicyName: &name, PolicyDocument: aws.String(allowOne)})
	return err
}

func (w *world) deleteInline(t *testing.T, role, name string) error {
	_, err := w.iam.DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: &role, PolicyName: &name})
	return err
}

func (w *world) deleteRole(t *testing.T, name string) error {
	_, err := w.iam.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: &name})
	return err
}

func (w *world) deletePolicy(t *testing.T, arn string) error {
	_, err := w.iam.DeletePolicy(t.Context(), &iam.DeletePolicyInput{PolicyArn: &arn})
	return err
}

func (w *world) addVersion(t *testing.T, arn string, inUse bool) error {
	_, err := w.iam.CreatePolicyVersion(t.Context(), &iam.CreatePolicyVersionInput{PolicyArn: &arn, PolicyDocument: aws.String(allowAll), SetAsDefault: inUse})
	return err
}

func (w *world) deleteVersion(t *testing.T, arn, id string) error {
	_, err := w.iam.DeletePolicyVersion(t.Context(), &iam.DeletePolicyVersionInput{PolicyArn: &arn, VersionId: &id})
	return err
}

// with returns m with one value set, or removed where value is "".
func with(m map[string]string, key, value string) map[string]string {
	m = maps.Clone(m)
	m[key] = value
	if value == "" {
		delete(m, key)
	}
	return m
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// errOf is the error of a call that returns the id of a role besides.
func errOf(_ string, err error) error { return err }

// code returns the error code that AWS answered with, "" for success.
func code(err error) string {
	var api smithy.APIError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &api):
		return api.ErrorCode()
	}
	return "no answer: " + err.Error()
}

// wantKind checks the kind of an error of ours.
func wantKind(t *testing.T, what string, want iamops.Kind, err error) {
	t.Helper()
	if !iamops.IsKind(err, want) {
		t.Errorf("%s: %v, want an error of kind %d", what, err, want)
	}
}
