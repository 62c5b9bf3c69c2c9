package grants_test

import (
	"testing"
	"testing/synctest"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

// TestCatalogueChangesBetween: what belongs to a resource is changed after an attempt has
// made its documents. The next one neither mixes nor repairs: it fails after its time and
// leaves nothing.
func TestCatalogueChangesBetween(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		w.encryptedBucket()
		rec := w.start(porttest.RunSpec{
			Action: grantAction, Entity: encrypted, Requester: alice, Properties: map[string]any{"permissions": []any{"s3:GetObject", "kms:Decrypt"}},
		})
		w.crashAt(w.process(), rec, "entity_upsert")
		other := key[:len(key)-1] + "1"
		w.resource(other, `"resource_type":"EC2"`)
		w.resource(encrypted, "", other)
		p := w.process()
		if err := p.handle(rec); err != nil {
			t.Fatal(err)
		}
		contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), "its document is not that of this request")
		synctest.Wait()
		w.wantGrants(0)
	})
}

// TestOnRelatedAlone: a grant whose policy names a related resource alone is as Port has
// it.
func TestOnRelatedAlone(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		w.encryptedBucket()
		rec := w.start(porttest.RunSpec{
			Action: grantAction, Entity: encrypted, Requester: alice, Properties: map[string]any{"permissions": []any{"kms:Decrypt"}},
		})
		p := w.process()
		p.succeed(rec)
		listed, err := p.show(iamops.Name(rec.RunID))
		if err != nil || listed.Looked == nil || !listed.On(key) || len(listed.Looked.Differences) > 0 {
			t.Errorf("%+v, %v", listed, err)
		}
	})
}

// TestEntityIsNoARN: a resource whose identifier is no ARN has its grant under the ARN of
// the property, in IAM and in the list, and can be found by it.
func TestEntityIsNoARN(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		const arn = "arn:aws:s3:::my other bucket"
		w.resource("my-bucket", `"resource_type":"S3","arn":"`+arn+`"`)
		rec := w.start(porttest.RunSpec{
			Action: grantAction, Entity: "my-bucket", Requester: alice, Properties: map[string]any{"permissions": []any{"s3:ListBucket"}},
		})
		p := w.process()
		p.succeed(rec)
		contains(t, "log", w.wantRun(rec.RunID, "SUCCESS"), "AWS resource: "+arn)
		listed, err := p.show(iamops.Name(rec.RunID))
		if err != nil {
			t.Fatal(err)
		}
		if !listed.On(arn) || listed.Resource != "my-bucket" || listed.State != grants.StateActive || listed.Looked == nil || len(listed.Looked.Differences) > 0 {
			t.Errorf("%+v", listed)
		}
	})
}
