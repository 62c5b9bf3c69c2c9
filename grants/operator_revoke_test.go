package grants_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

// TestOperatorRevokes: whatever is left of a grant goes, in the order of the
// daemon; again there is nothing.
func TestOperatorRevokes(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(w *world, p *process) string
	}{
		{"active", func(w *world, p *process) string { return w.granted(p, "8h") }},
		{"expired", func(w *world, p *process) string {
			name := w.granted(p, "1h")
			later(2 * time.Hour)
			return name
		}},
		{"being made", func(w *world, p *process) string {
			rec := w.request(nil)
			w.crashAt(p, rec, "AttachRolePolicy")
			return iamops.Name(rec.RunID)
		}},
		{"policy alone", func(w *world, p *process) string {
			rec := w.request(nil)
			// Both are made at once, so the crash may come before this one is sent.
			w.aws.Fault(iamtest.Fault{Op: "CreateRole", Kind: iamtest.LostRequest, Count: -1, Maybe: func() {}})
			w.crashAt(p, rec, "CreatePolicy")
			return iamops.Name(rec.RunID)
		}},
		{"removal interrupted", func(w *world, p *process) string {
			name := w.granted(p, "8h")
			w.crashAt(p, w.revoke(strings.TrimPrefix(name, iamops.NamePrefix)), "DetachRolePolicy")
			return name
		}},
		{"entity alone", func(w *world, p *process) string {
			name := w.granted(p, "8h")
			takeFromIAM(w, p, name)
			return name
		}},
		{"no entity", func(w *world, p *process) string {
			name := w.granted(p, "8h")
			takeFromPort(w, p, name)
			return name
		}},
		{"no run", func(w *world, p *process) string {
			name := w.granted(p, "8h")
			w.port.Fault(porttest.Fault{Route: "run_get", Status: 404, Count: -1})
			return name
		}},
		{"changed by hand", func(w *world, p *process) string {
			name := w.granted(p, "8h")
			w.changeByHand(name)
			return name
		}},
		{"trouble at AWS", func(w *world, p *process) string {
			name := w.granted(p, "8h")
			w.aws.Fault(iamtest.Fault{Op: "DeleteRole", Code: "ServiceFailure", Status: 500, Count: 7})
			return name
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				name := c.make(w, w.process())
				o := w.process().operator()
				if err := o.Revoke(context.Background(), name); err != nil {
					t.Fatalf("revoke: %v", err)
				}
				w.wantGrants(0)
				if r, _ := w.port.Run(strings.TrimPrefix(name, iamops.NamePrefix)); !r.Ended() {
					t.Errorf("its run is %s", r.Status)
				}
				later(visibilityLag)
				if err := o.Revoke(context.Background(), name); !errors.Is(err, grants.ErrNoGrant) {
					t.Errorf("again: %v", err)
				}
			})
		})
	}
}

// visibilityLag is how long after the end of a run something may show up in IAM.
const visibilityLag = 2 * time.Minute

// TestOperatorRevokeOrder: the access goes first, and the entity last.
func TestOperatorRevokeOrder(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.request(nil)
		w.crashAt(p, rec, "AttachRolePolicy")
		var mu sync.Mutex
		var writes []string
		note := func(write string) {
			mu.Lock()
			defer mu.Unlock()
			writes = append(writes, write)
		}
		defer w.port.OnCall(func(c porttest.Call) {
			if c.Done && (c.Route == "run_log" || c.Route == "entity_delete") {
				note(c.Route)
			}
		})()
		defer w.aws.OnCall(func(c iamtest.Call) {
			if c.Done && !strings.HasPrefix(c.Op, "Get") && !strings.HasPrefix(c.Op, "List") {
				note(c.Op)
			}
		})()
		if err := p.operator().Revoke(context.Background(), iamops.Name(rec.RunID)); err != nil {
			t.Fatal(err)
		}
		want := []string{"PutRolePolicy", "run_log", "DetachRolePolicy", "DeletePolicy", "DeleteRolePolicy", "DeleteRole", "entity_delete"}
		if diff := cmp.Diff(want, writes); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), "revoked before it was complete")
	})
}

// TestOperatorRevokeWithoutPort: the access goes at once, and the role stays as a
// mark until Port can be told; the sweep, or another revocation, does the rest.
func TestOperatorRevokeWithoutPort(t *testing.T) {
	sweep := func(w *world, _ string) { w.sweep(w.process().sweeper()) }
	revoke := func(w *world, name string) {
		if err := w.process().operator().Revoke(context.Background(), name); err != nil {
			w.t.Errorf("revoke again: %v", err)
		}
	}
	for _, c := range []struct {
		name   string
		make   func(w *world, p *process) string
		finish func(w *world, name string)
	}{
		{"active, then sweep", func(w *world, p *process) string { return w.granted(p, "8h") }, sweep},
		{"active, then revoke", func(w *world, p *process) string { return w.granted(p, "8h") }, revoke},
		{"being made, then revoke", func(w *world, p *process) string {
			rec := w.request(nil)
			w.crashAt(p, rec, "AttachRolePolicy")
			return iamops.Name(rec.RunID)
		}, revoke},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				name := c.make(w, w.process())
				back := w.portAway()
				began := time.Now()
				err := w.process().operator().Revoke(context.Background(), name)
				var left *grants.Unfinished
				if !errors.As(err, &left) || !strings.Contains(left.Left, "the access is removed") {
					t.Fatalf("error %v", err)
				}
				if took := time.Since(began); took > time.Minute {
					t.Errorf("it took %s", took)
				}
				roles, policies, _ := w.left()
				if len(roles) != 1 || len(policies) != 0 || len(roles[0].Attached) != 0 || len(roles[0].Inline) != 1 {
					t.Errorf("left: %+v", roles)
				}
				back()
				c.finish(w, name)
				w.wantGrants(0)
			})
		})
	}
}

// TestOperatorRevokePortGoes: Port goes away in the middle, and before anything is
// known of a grant.
func TestOperatorRevokePortGoes(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		name := w.granted(p, "8h")
		w.port.Fault(porttest.Fault{Route: "entity_delete", Status: 503, RetryAfter: "3600", Count: -1})
		err := p.operator().Revoke(context.Background(), name)
		var left *grants.Unfinished
		if !errors.As(err, &left) || !strings.Contains(left.Left, "role and policy are gone") {
			t.Errorf("error %v", err)
		}
		w.portAway()
		if err := p.operator().Revoke(context.Background(), name); !errors.As(err, &left) || !strings.Contains(left.Left, "IAM has nothing") {
			t.Errorf("error %v", err)
		}
	})
}

// TestOperatorLeavesOthers: what is not ours, or cannot be, stays as it is.
func TestOperatorLeavesOthers(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		w.aws.AddRoleSession("/port-iam/", "Permission-r_foreign", "mallory")
		w.aws.AddRoleSession("/", "Permission-r_elsewhere", "mallory")
		w.port.AddEntity(grantEntity, `{"identifier":"Permission-r_other","properties":{"role_arn":"arn:aws:iam::210987654321:role/port-iam/Permission-r_other"}}`)
		before := fmt.Sprintf("%+v %v", w.aws.Snapshot().Roles, w.port.Entities(grantEntity))
		for name, foreign := range map[string]bool{
			"Permission-r_foreign": true, "Permission-r_elsewhere": true, "Permission-r_other": true, "Permission-none": false, "none": false,
		} {
			err := p.operator().Revoke(context.Background(), name)
			if iamops.IsKind(err, iamops.KindForeign) != foreign || errors.Is(err, grants.ErrNoGrant) == foreign {
				t.Errorf("%s: %v", name, err)
			}
		}
		if after := fmt.Sprintf("%+v %v", w.aws.Snapshot().Roles, w.port.Entities(grantEntity)); after != before {
			t.Errorf("changed: %s", cmp.Diff(before, after))
		}
	})
}

// TestOperatorGivesUp: a person does not wait for ever, and is told what is true.
func TestOperatorGivesUp(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		name := w.granted(p, "8h")
		w.aws.Fault(iamtest.Fault{Op: "DeleteRole", Code: "ServiceFailure", Status: 500, Count: -1})
		began := time.Now()
		err := p.operator().Revoke(context.Background(), name)
		if err == nil || !strings.Contains(err.Error(), "the access is cut") {
			t.Errorf("error %v", err)
		}
		if took := time.Since(began); took > 4*time.Minute {
			t.Errorf("it took %s", took)
		}
	})
}
