package demo

import (
	"encoding/json"
	"fmt"
	"slices"

	"port-iam/internal/setup"
	"port-iam/port"
	"port-iam/port/porttest"
	"port-iam/templates"
)

// What the story asks for beside the samples of the guide.
const (
	key       = "arn:aws:kms:us-east-1:" + Account + ":key/1234abcd-12ab-34cd-56ef-1234567890ab"
	bundle    = "s3-read-encrypted"
	dangerous = "s3:DeleteObject" // needs the approval of another person
)

// AddCatalogue adds to the catalogue in Port what the guide's has not: the key that the
// bucket is encrypted with, a reviewed bundle, and a permission that needs approval.
func (w *World) AddCatalogue() error {
	bodies, err := templates.Blueprints("KMS")
	if err != nil {
		return err
	}
	for _, body := range bodies {
		var b port.Object
		if err := json.Unmarshal(body, &b); err != nil {
			return err
		}
		if id := b.Text("identifier"); id == templates.BlueprintResource || id == templates.BlueprintPermission {
			w.Port.AddBlueprint(string(body))
		}
	}
	w.Port.GuideSamples(Account)
	reviewed := setup.Bundles()
	at := slices.IndexFunc(reviewed, func(b setup.Bundle) bool { return b.ID == bundle })
	if at < 0 {
		return fmt.Errorf("there is no reviewed bundle %s", bundle)
	}
	actions, err := json.Marshal(reviewed[at].Actions)
	if err != nil {
		return err
	}
	add := func(blueprint, format string, args ...any) { w.Port.AddEntity(blueprint, fmt.Sprintf(format, args...)) }
	add(templates.BlueprintResource, `{"identifier":%q,"properties":{"resource_type":"KMS"}}`, key)
	add(templates.BlueprintResource, `{"identifier":%q,"properties":{"resource_type":"S3"},"relations":{"related":[%q]}}`, porttest.SampleBucket, key)
	add(templates.BlueprintPermission, `{"identifier":%q,"title":%q,"properties":{"resource_type":"S3","actions":%s}}`, bundle, reviewed[at].Title, actions)
	add(templates.BlueprintPermission, `{"identifier":%q,"properties":{"resource_type":"S3","needs_approval":true,"max_duration":"2h"}}`, dangerous)
	return nil
}
