package grants_test

import (
	"context"
	"testing"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

// TestConsoleIsNoOtherResource: what AWS's console needs makes no grant one on other
// resources, on everything in the Region or on what holds the resource, and neither an
// operator's list nor a sweep takes it for a change.
func TestConsoleIsNoOtherResource(t *testing.T) {
	const object = bucket + "/2030/"
	inWorld(t, iamtest.Options{}, func(w *world) {
		w.console = true
		w.resource(instance, `"resource_type":"EC2"`)
		w.resource("folder", `"resource_type":"S3","arn":"`+object+`"`)
		w.offers("EC2", "ec2:StartInstances")
		p := w.process()
		on := map[string]string{}
		for entity, permission := range map[string]string{instance: "ec2:StartInstances", "folder": "s3:GetObject"} {
			rec := w.start(porttest.RunSpec{Action: grantAction, Entity: entity, Requester: alice, Properties: map[string]any{"permissions": []any{permission}}})
			p.succeed(rec)
			p.succeed(rec) // by another copy of the message
			on[iamops.Name(rec.RunID)] = map[string]string{instance: instance, "folder": object}[entity]
		}
		all, err := p.operator().List(context.Background(), true)
		w.must(err)
		if len(all) != 2 {
			t.Fatalf("%d grants", len(all))
		}
		for _, g := range all {
			if g.Looked == nil || len(g.Looked.Changes) > 0 || len(g.Looked.Differences) > 0 {
				t.Errorf("%s: %+v", g.Name, g.Looked)
			}
			if len(g.Resources) != 1 || !g.On(on[g.Name]) {
				t.Errorf("%s is on %q", g.Name, g.Resources)
			}
			for _, other := range []string{"arn:aws:s3:::other", "arn:aws:ec2:eu-west-1:" + account + ":instance/i-1"} {
				if g.On(other) {
					t.Errorf("%s counts as one on %s", g.Name, other)
				}
			}
		}
		w.setEntity(all[0].Name, "requester", "mallory@example.com")
		all, err = p.operator().List(context.Background(), true)
		w.must(err)
		if len(all[0].Looked.Differences) != 1 {
			t.Errorf("a difference is hidden: %q", all[0].Looked.Differences)
		}
	})
}
