package grants_test

import (
	"context"
	"fmt"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port"
	"port-iam/port/porttest"
)

const otherAccount = "999999999999"

// addGrantEntity makes the entity of a grant as an attempt in that account does.
func (w *world) addGrantEntity(runID, inAccount string) {
	name := iamops.Name(runID)
	w.port.AddEntity(grantEntity, fmt.Sprintf(
		`{"identifier":%q,"properties":{"role_arn":"arn:aws:iam::%s:role/port-iam/%s","requester":"by hand"}}`, name, inAccount, name))
}

// TestRefusedEntity: where Port refuses the entity, run and entity decide what
// becomes of the attempt, whichever of two reasons Port names.
func TestRefusedEntity(t *testing.T) {
	for _, order := range []struct {
		name   string
		status int
		code   string
	}{{"run first", 400, "run_exhausted"}, {"entity first", 409, "identifier_taken"}} {
		for _, c := range []struct {
			run    port.Status // that another one ends it with; "": open
			entity string      // account of the role that it names; "": none
			status string      // of the run at the end
			roles  int
		}{
			{"", account, "SUCCESS", 1},
			{"", otherAccount, "IN_PROGRESS", 0},
			{port.StatusSuccess, account, "SUCCESS", 1},
			{port.StatusSuccess, otherAccount, "SUCCESS", 1},
			{port.StatusFailure, account, "FAILURE", 0},
			{port.StatusFailure, otherAccount, "FAILURE", 0},
			{port.StatusFailure, "", "FAILURE", 0},
			{"", "", "FAILURE", 0},
		} {
			t.Run(fmt.Sprintf("%s, run %s, entity %s", order.name, c.run, c.entity), func(t *testing.T) {
				inWorld(t, iamtest.Options{}, func(w *world) {
					p, rec := w.process(), w.request(nil)
					defer w.at("entity_upsert", false, func() {
						if c.run != "" {
							_ = p.portal.SetStatus(context.Background(), rec.RunID, c.run)
						}
						if c.entity != "" {
							w.addGrantEntity(rec.RunID, c.entity)
						}
						count := 1
						if c.entity == "" {
							count = -1 // Port goes on refusing it
						}
						w.port.Fault(porttest.Fault{Route: "entity_upsert", Status: order.status, Code: order.code, Count: count})
					})()
					if err := p.handle(rec); err != nil {
						t.Fatal(err)
					}
					w.wantRun(rec.RunID, c.status)
					roles, policies, entities := w.left()
					if len(roles) != c.roles || len(policies) != c.roles {
						t.Errorf("%d roles, %d policies; want %d of each", len(roles), len(policies), c.roles)
					}
					if attached := len(roles) == 1 && len(roles[0].Attached) > 0; attached != (c.run == "" && c.entity == account) {
						t.Errorf("attached: %t", attached)
					}
					if stays := c.entity != "" && c.status != "FAILURE"; stays != (len(entities) == 1) {
						t.Errorf("entities %v", entities)
					}
					if e, exists := w.port.Entity(grantEntity, iamops.Name(rec.RunID)); exists && e["properties"].(map[string]any)["requester"] != "by hand" {
						t.Errorf("the entity was overwritten: %v", e)
					}
				})
			})
		}
	}
}

// TestEntityOfAnotherAttempt: an attempt whose role the entity does not name makes
// nothing, removes what it made before, and leaves run and entity alone, also
// where the request could not be granted here.
func TestEntityOfAnotherAttempt(t *testing.T) {
	for name, c := range map[string]struct {
		properties map[string]any
		crash      string
		trouble    iamtest.Fault
	}{
		"nothing made":    {nil, "run_get", iamtest.Fault{}},
		"role made":       {nil, "CreateRole", iamtest.Fault{}},
		"removal delayed": {nil, "CreatePolicy", iamtest.Fault{Op: "DeletePolicy", Status: 503, Code: "ServiceUnavailable", Count: 20}},
		"refused here":    {map[string]any{"permissions": []any{"s3:*"}}, "run_get", iamtest.Fault{}},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				rec := w.request(c.properties)
				w.crashAt(w.process(), rec, c.crash)
				w.addGrantEntity(rec.RunID, otherAccount)
				before, _ := w.port.Entity(grantEntity, iamops.Name(rec.RunID))
				w.aws.ResetCalls()
				if c.trouble.Op != "" {
					w.aws.Fault(c.trouble)
				}
				p := w.process()
				if err := p.handle(rec); err != nil {
					t.Fatal(err)
				}
				w.wantRun(rec.RunID, "IN_PROGRESS")
				contains(t, "log", p.log.String(), "left to another attempt")
				if roles, policies, _ := w.left(); len(roles)+len(policies) != 0 {
					t.Errorf("left: %+v %+v", roles, policies)
				}
				if after, _ := w.port.Entity(grantEntity, iamops.Name(rec.RunID)); !reflect.DeepEqual(before, after) {
					t.Errorf("entity %v, was %v", after, before)
				}
				if n := w.aws.CallCount("CreateRole") + w.aws.CallCount("CreatePolicy"); n != 0 {
					t.Errorf("%d creates", n)
				}
			})
		})
	}
}

// TestEntityIsWrittenOnce: an attempt that finds its entity goes on without
// writing it again, and what a person changed there stays.
func TestEntityIsWrittenOnce(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		rec := w.request(nil)
		w.crashAt(w.process(), rec, "entity_upsert")
		w.addGrantEntity(rec.RunID, account) // a person has edited it
		w.port.ResetCalls()
		w.process().succeed(rec)
		w.wantGrants(1)
		for _, c := range w.port.Calls() {
			if c.Route == "entity_upsert" {
				t.Error("the entity was written again")
			}
		}
		e, _ := w.port.Entity(grantEntity, iamops.Name(rec.RunID))
		if e["properties"].(map[string]any)["requester"] != "by hand" {
			t.Errorf("entity %v", e)
		}
	})
}

// TestRevokedBeforeAttach: a revocation that happens between any two calls of an
// attempt that finds its entity leaves nothing, and nothing usable on the way.
func TestRevokedBeforeAttach(t *testing.T) {
	var counted atomic.Int64
	for n, total := 0, 0; n <= total; n, total = n+1, int(counted.Load()) {
		inWorld(t, iamtest.Options{}, func(w *world) {
			rec := w.request(nil)
			w.crashAt(w.process(), rec, "entity_upsert")
			rev := w.revoke(rec.RunID)
			p, other := w.process(), w.process()
			var cut atomic.Bool
			var stop func()
			if n == 0 {
				stop = w.calls(func(c numbered) { counted.Store(max(counted.Load(), int64(c.n))) })
			} else {
				stop = w.atCall(n, false, func(numbered) { other.succeed(rev) })
			}
			watch := w.aws.OnCall(func(c iamtest.Call) {
				if c.Done && c.Op == "PutRolePolicy" {
					cut.Store(true)
				}
				for _, r := range w.aws.Snapshot().Roles {
					if cut.Load() && len(r.Attached) > 0 && len(r.Inline) == 0 {
						t.Errorf("revoked at call %d of %d: usable after the Deny", n, total)
					}
				}
			})
			err := p.handle(rec)
			stop()
			watch()
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				w.wantGrants(1)
				return
			}
			w.wantGrants(0)
			if r, _ := w.port.Run(rec.RunID); r.Ends != 1 {
				t.Errorf("revoked at call %d of %d: the run ended %d times", n, total, r.Ends)
			}
		})
	}
}

// TestNothingIsMadeAfterTheEntity: where role and policy are gone although the
// entity exists, an attempt waits for them for two minutes and fails; it makes
// neither again.
func TestNothingIsMadeAfterTheEntity(t *testing.T) {
	for name, crash := range map[string]bool{"at the attaching": false, "at the check": true} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				rec := w.request(nil)
				var made atomic.Int64
				gone := w.port.OnCall(func(c porttest.Call) {
					if c.Route == "entity_upsert" && c.Done {
						made.Store(int64(w.aws.CallCount("CreateRole") + w.aws.CallCount("CreatePolicy")))
						w.deleteByHand(iamops.Name(rec.RunID))
					}
				})
				defer gone()
				if crash {
					w.crashAt(w.process(), rec, "entity_upsert")
				}
				began := time.Now()
				if err := w.process().handle(rec); err != nil {
					t.Fatal(err)
				}
				run, _ := w.port.Run(rec.RunID)
				if took := run.EndedAt.Sub(began); took < 2*time.Minute || took > 3*time.Minute {
					t.Errorf("gave up after %s", took)
				}
				contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), "gave up after 2m")
				w.wantGrants(0)
				if n := int64(w.aws.CallCount("CreateRole") + w.aws.CallCount("CreatePolicy")); made.Load() != 2 || n != made.Load() {
					t.Errorf("%d creates after the entity", n-made.Load())
				}
			})
		})
	}
}

// deleteByHand deletes role and policy of a grant that are not attached.
func (w *world) deleteByHand(name string) {
	w.t.Helper()
	admin := w.admin()
	_, err := admin.DeleteRole(w.t.Context(), &iam.DeleteRoleInput{RoleName: &name})
	if err == nil {
		_, err = admin.DeletePolicy(w.t.Context(), &iam.DeletePolicyInput{
			PolicyArn: aws.String("arn:aws:iam::" + account + ":policy/port-iam/" + name),
		})
	}
	if err != nil {
		w.t.Error(err)
	}
}
