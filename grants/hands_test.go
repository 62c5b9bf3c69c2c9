package grants_test

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// What people do by hand, in AWS and in Port.

// retag writes a tag of role and policy of a grant.
func (w *world) retag(name, key, value string) {
	w.t.Helper()
	tags := []types.Tag{{Key: &key, Value: &value}}
	arn := "arn:aws:iam::" + account + ":policy/port-iam/" + name
	_, err := w.admin().TagRole(context.Background(), &iam.TagRoleInput{RoleName: &name, Tags: tags})
	if err == nil {
		_, err = w.admin().TagPolicy(context.Background(), &iam.TagPolicyInput{PolicyArn: &arn, Tags: tags})
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// trust replaces the trust policy of a role.
func (w *world) trust(name, document string) {
	w.t.Helper()
	_, err := w.admin().UpdateAssumeRolePolicy(context.Background(), &iam.UpdateAssumeRolePolicyInput{RoleName: &name, PolicyDocument: &document})
	if err != nil {
		w.t.Fatal(err)
	}
}

// setEntity replaces a property of a grant's entity; nil empties the relation of
// that name.
func (w *world) setEntity(name, key string, value any) {
	w.t.Helper()
	e, ok := w.port.Entity(grantEntity, name)
	if !ok {
		w.t.Fatalf("no entity %s", name)
	}
	part := "properties"
	if value == nil {
		part = "relations"
	}
	e[part].(map[string]any)[key] = value
	text, err := json.Marshal(map[string]any{
		"identifier": name, "title": name, "properties": e["properties"], "relations": e["relations"],
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.port.AddEntity(grantEntity, string(text))
}
