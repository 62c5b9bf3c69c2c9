package grants_test

import (
	"context"
	"testing"
	"time"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

// TestSweepOfALeftRole: a role that an attempt left in another account goes, and the
// grant that the entity names stays as it is, with its entity.
func TestSweepOfALeftRole(t *testing.T) {
	for name, crash := range map[string]string{"made": "CreateRole", "removal begun": "PutRolePolicy"} {
		t.Run(name, func(t *testing.T) {
			inAccounts(t, iamtest.Options{}, func(w *world) {
				w.bucketIn(second)
				rec := w.request(nil)
				w.crashAt(w.process(), rec, "CreateRole")
				w.bucketIn(third)
				if crash == "PutRolePolicy" {
					w.crashAt(w.process(), rec, "entity_upsert")
					w.bucketIn(second) // the other attempt stands aside, and crashes when it has cut its role
					w.crashAt(w.process(), rec, crash)
					w.bucketIn(third)
				}
				w.process().succeed(rec)
				grant := iamops.Name(rec.RunID)
				s := w.process().sweeper()
				for range 4 {
					later(sweepInterval)
					w.sweep(s)
				}
				w.wantIn(grant, third)
				if r := w.roleIn(third, grant); r == nil || len(r.Attached) != 1 || len(r.Inline) != 0 {
					t.Errorf("role %+v", r)
				}
				if _, exists := w.port.Entity(grantEntity, grant); !exists {
					t.Error("the entity is gone")
				}
			})
		})
	}
}

// TestSweepKeepsAnEntity whose grant may be where nobody was asked.
func TestSweepKeepsAnEntity(t *testing.T) {
	for _, c := range []struct {
		name    string
		arrange func(w *world, run string)
		stays   bool
	}{
		{"gone everywhere", func(w *world, run string) { w.removeByHand(second, run) }, false},
		{"gone, and the resource moved to a served one", func(w *world, run string) { w.removeByHand(second, run); w.bucketIn(third) }, false},
		{"gone, and the resource moved to one that is away", func(w *world, run string) {
			w.removeByHand(second, run)
			w.bucketIn(third)
			w.closed(third)
		}, true},
		{"gone, and the resource is of one that is not served", func(w *world, run string) { w.removeByHand(second, run); w.bucketIn(unserved) }, true},
		{"gone, and nothing says where", func(w *world, run string) { w.removeByHand(second, run); w.bucketIn("") }, false},
		{"taken out, and the entity names the hub", func(w *world, run string) { w.serving(account, third); w.says(run, account) }, true},
		{"taken out, and one is served", func(w *world, run string) { w.serving(account); w.says(run, account) }, true},
		{"taken out", func(w *world, _ string) { w.serving(account, third) }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			inAccounts(t, iamtest.Options{}, func(w *world) {
				run := w.grantedIn(second, nil)
				c.arrange(w, run)
				p := w.process()
				s := p.sweeper()
				for range 4 {
					later(sweepInterval)
					if _, err := s.Sweep(context.Background()); err != nil {
						t.Error(err)
					}
				}
				if _, stays := w.port.Entity(grantEntity, iamops.Name(run)); stays != c.stays {
					t.Errorf("the entity is there: %t", stays)
				}
				p.wantMetric("port_iam_sweeps_total", 4, "ok")
			})
		})
	}
}

var _ = time.Second
