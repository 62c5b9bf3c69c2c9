package grants_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

// keptOnce has AWS keep a role once, as it does while it does not see that its
// policies are gone.
var keptOnce = iamtest.Fault{Op: "DeleteRole", Code: "DeleteConflict", Status: 409, Message: "Cannot delete entity, must delete policies first.", Count: 1}

// wantDeny checks that there is one role, and that it carries the Deny.
func (w *world) wantDeny(when string) {
	w.t.Helper()
	if roles, _, _ := w.left(); len(roles) != 1 || roles[0].Inline[denyName] == "" {
		w.t.Errorf("%s: %+v", when, roles)
	}
}

// TestDenyComesBack: a removal that waits while the Deny is off puts it back where
// the next attempt waits for something else, and where there is no next one.
func TestDenyComesBack(t *testing.T) {
	t.Run("Port goes away", func(t *testing.T) {
		inWorld(t, iamtest.Options{}, func(w *world) {
			p := w.process()
			rec := w.request(nil)
			p.succeed(rec)
			w.aws.Fault(keptOnce)
			back := func() {}
			w.at("DeleteRole", true, func() { back = w.portAway() })
			revoke, done := w.revoke(rec.RunID), make(chan error, 1)
			go func() { done <- p.handle(revoke) }()
			later(20 * time.Second)
			w.wantDeny("with Port away")
			later(time.Hour)
			w.wantDeny("an hour later")
			back()
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			w.wantRun(revoke.RunID, "SUCCESS")
			w.wantGrants(0)
		})
	})
	t.Run("handed back", func(t *testing.T) {
		inWorld(t, iamtest.Options{}, func(w *world) {
			p := w.process()
			rec := w.request(nil)
			p.succeed(rec)
			w.aws.Fault(keptOnce)
			j := p.job(w.revoke(rec.RunID))
			for range 2 {
				if err := j.Attempt(context.Background()); !errors.As(err, new(*grants.Waiting)) {
					t.Fatal(err)
				}
			}
			j.Abandon()
			w.wantDeny("handed back")
		})
	})
}

// TestAttachedWhileRemoved: another person attaches a policy to a role that is
// being removed. The Deny is back at once, and what was attached goes, too.
func TestAttachedWhileRemoved(t *testing.T) {
	const admin = "arn:aws:iam::" + account + ":policy/Admin"
	for by, revoke := range map[string]func(w *world, p *process, run string){
		"run": func(w *world, p *process, run string) { p.succeed(w.revoke(run)) },
		"operator": func(w *world, p *process, run string) {
			w.must(p.operator().Revoke(context.Background(), iamops.Name(run)))
		},
		"sweep": func(w *world, p *process, _ string) {
			later(time.Hour)
			w.sweep(p.sweeper())
			w.sweep(p.sweeper())
		},
	} {
		t.Run(by, func(t *testing.T) {
			inWorld(t, iamtest.Options{Delay: 20 * time.Millisecond}, func(w *world) {
				p := w.process()
				rec := w.short()
				p.succeed(rec)
				later(10 * time.Minute)
				w.aws.AddPolicy(admin, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)
				name := iamops.Name(rec.RunID)
				w.at("DeletePolicy", true, func() {
					_, err := w.admin().AttachRolePolicy(context.Background(), &iam.AttachRolePolicyInput{RoleName: &name, PolicyArn: aws.String(admin)})
					w.must(err)
				})
				var mu sync.Mutex
				var cut bool
				var open time.Time
				longest := time.Duration(0)
				w.aws.OnCall(func(iamtest.Call) {
					mu.Lock()
					defer mu.Unlock()
					usable := false
					for _, r := range w.aws.Snapshot().Roles {
						cut = cut || r.Inline[denyName] != ""
						usable = cut && r.Inline[denyName] == "" && len(r.Attached) > 0
					}
					switch {
					case usable && open.IsZero():
						open = time.Now()
					case usable:
						longest = max(longest, time.Since(open))
					default:
						open = time.Time{}
					}
				})
				revoke(w, p, rec.RunID)
				if roles, policies, _ := w.left(); len(roles) != 0 || len(policies) != 1 {
					t.Errorf("left: %+v, %d policies", roles, len(policies))
				}
				if !cut || longest > 500*time.Millisecond {
					t.Errorf("the role could be used for %s without its Deny", longest)
				}
			})
		})
	}
}

// must ends the test with an error.
func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestStandAsideLeavesTheRun: an attempt whose role is not the one that the entity
// names cannot remove its own role. The run is not its to end.
func TestStandAsideLeavesTheRun(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		rec := w.request(nil)
		w.crashAt(w.process(), rec, "CreateRole")
		w.addGrantEntity(rec.RunID, "210987654321")
		kept := keptOnce
		kept.Count = -1
		w.aws.Fault(kept)
		if err := w.process().handle(rec); err != nil {
			t.Fatal(err)
		}
		w.wantRun(rec.RunID, "IN_PROGRESS")
		w.wantDeny("left")
		if _, _, entities := w.left(); len(entities) != 1 {
			t.Errorf("entities %v", entities)
		}
	})
}

// TestDenyIsNotFound: AWS does not find the role for the Deny, which it has just
// shown. That is no cut, and nobody is told so.
func TestDenyIsNotFound(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.request(nil)
		p.succeed(rec)
		for _, op := range []string{"PutRolePolicy", "DetachRolePolicy"} {
			w.aws.Fault(iamtest.Fault{Op: op, Code: "NoSuchEntity", Status: 404, Message: "The role cannot be found.", Count: 1})
		}
		letGo := w.aws.Fault(iamtest.Fault{Op: "ListPolicyVersions", Code: "AccessDenied", Status: 403, Count: -1})
		revoke := w.revoke(rec.RunID)
		w.must(p.handle(revoke))
		contains(t, "log", w.wantRun(revoke.RunID, "FAILURE"), "may still be usable")
		letGo()
		p.succeed(w.revoke(rec.RunID))
		w.wantGrants(0)
	})
}

// TestOperatorNamesWhatIsLeft: what a person is told about role and Deny is true
// where Port cannot be told, and where AWS takes no Deny.
func TestOperatorNamesWhatIsLeft(t *testing.T) {
	t.Run("the run is not ended", func(t *testing.T) {
		inWorld(t, iamtest.Options{}, func(w *world) {
			p := w.process()
			rec := w.request(nil)
			w.crashAt(p, rec, "AttachRolePolicy")
			w.port.Fault(porttest.Fault{Route: "run_log", Status: 503, Count: -1})
			err := p.operator().Revoke(context.Background(), iamops.Name(rec.RunID))
			if err == nil {
				t.Fatal("no error")
			}
			contains(t, "error", err.Error(), "left are the role, which carries a Deny, and the entity")
			w.wantDeny("left")
		})
	})
	t.Run("no Deny", func(t *testing.T) {
		inWorld(t, iamtest.Options{}, func(w *world) {
			p := w.process()
			rec := w.request(nil)
			w.crashAt(p, rec, "CreateRole")
			w.aws.Fault(iamtest.Fault{Op: "PutRolePolicy", Code: "AccessDenied", Status: 403, Count: -1})
			w.portAway()
			err := p.operator().Revoke(context.Background(), iamops.Name(rec.RunID))
			if err == nil {
				t.Fatal("no error")
			}
			contains(t, "error", err.Error(), "AWS does not take a Deny on the role", "can make the grant again")
		})
	})
}

// TestTwoPoisoned: two runs that Port alone fails do not keep each other waiting.
func TestTwoPoisoned(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		var all sync.WaitGroup
		for range 2 {
			rec := w.request(nil)
			w.poison([]string{"run_get"}, rec.RunID)
			all.Go(func() { w.must(p.handle(rec)) })
		}
		began := time.Now()
		all.Wait()
		if took := time.Since(began); took > time.Hour {
			t.Errorf("given up after %s", took)
		}
		p.wantMetric("port_iam_unreportable_runs_total", 2)
	})
}

// TestRoleRetagged: the role of a grant has lost our tags by hand. The run says
// that, and not that AWS sees something late.
func TestRoleRetagged(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.request(nil)
		p.succeed(rec)
		later(time.Hour)
		name := iamops.Name(rec.RunID)
		_, err := w.admin().TagRole(context.Background(), &iam.TagRoleInput{
			RoleName: &name, Tags: []types.Tag{{Key: aws.String("port-iam-org-id"), Value: aws.String("another")}},
		})
		w.must(err)
		revoke, began := w.revoke(rec.RunID), time.Now()
		w.must(p.handle(revoke))
		contains(t, "log", w.wantRun(revoke.RunID, "FAILURE"), "not ours", "port-iam-org-id", "still attached to role "+name, "may still be usable")
		if took := time.Since(began); took > time.Minute {
			t.Errorf("it took %s", took)
		}
		if err := p.operator().Revoke(context.Background(), name); !iamops.IsKind(err, iamops.KindForeign) {
			t.Errorf("operator: %v", err)
		}
	})
}

// TestLateAttach: the requests of an instance arrive after another one has finished
// the grant, and a revocation has taken it away. What they make is removed again.
func TestLateAttach(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p, late, other := w.process(), w.process(), w.process()
		rec := w.request(nil)
		run, err := p.portal.Run(context.Background(), rec.RunID)
		w.must(err)
		start := run.CreatedAt.UTC().Truncate(time.Second)
		plan, err := p.ops.Plan(iamops.Request{
			RunID: rec.RunID, Requester: alice, UserName: alice, Resource: bucket, Actions: []string{"s3:PutObject"}, Start: start, End: start.Add(8 * time.Hour),
		})
		w.must(err)
		w.at("AttachRolePolicy", false, func() {
			other.succeed(rec)
			other.succeed(w.revoke(rec.RunID))
			w.wantGrants(0)
			_, err := p.ops.Create(context.Background(), plan)
			w.must(err)
		})
		w.must(late.handle(rec))
		w.wantRun(rec.RunID, "SUCCESS")
		w.wantGrants(0)
	})
}

// TestExpiredEntityElsewhere: an entity whose role_arn was edited goes with its
// grant at the end, as it does where a run or an operator removes it.
func TestExpiredEntityElsewhere(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.short()
		p.succeed(rec)
		w.port.AddEntity(grantEntity, fmt.Sprintf(`{"identifier":%q,"properties":{"role_arn":"arn:aws:iam::999999999999:role/port-iam/other"}}`, iamops.Name(rec.RunID)))
		later(2 * time.Hour)
		w.sweep(p.sweeper())
		w.wantGrants(0)
	})
}

// TestInlineWhileRemoved: an inline policy that another person puts on a role that
// is being removed goes, too.
func TestInlineWhileRemoved(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.request(nil)
		p.succeed(rec)
		name := iamops.Name(rec.RunID)
		w.at("DetachRolePolicy", true, func() {
			_, err := w.admin().PutRolePolicy(context.Background(), &iam.PutRolePolicyInput{
				RoleName: &name, PolicyName: aws.String("more"),
				PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`),
			})
			w.must(err)
		})
		p.succeed(w.revoke(rec.RunID))
		w.wantGrants(0)
	})
}

// TestFurtherTags: tags that the settings do not set are reported, also where role
// and policy have the same.
func TestFurtherTags(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		name := w.granted(p, "8h")
		w.retag(name, "team", "admins")
		row, err := p.show(name)
		w.must(err)
		if row.State != grants.StateChanged || len(row.Looked.Changes) != 2 {
			t.Errorf("state %q, changes %q", row.State, row.Looked.Changes)
		}
	})
}

// TestDenyStaysOffWhereAWSIsSlow: AWS takes 1.2 s to answer, and shows for 10 s that the
// Deny is on the role. The removal waits for that, and does not write the Deny again:
// the 10 s would begin once more.
func TestDenyStaysOffWhereAWSIsSlow(t *testing.T) {
	inWorld(t, iamtest.Options{Delay: 1200 * time.Millisecond, Visibility: 10 * time.Second}, func(w *world) {
		p := w.process()
		rec := w.request(nil)
		p.succeed(rec)
		later(time.Minute)
		p.succeed(w.revoke(rec.RunID))
		w.wantGrants(0)
		if n := w.aws.CallCount("PutRolePolicy"); n != 1 {
			t.Errorf("the Deny was written %d times, want 1", n)
		}
	})
}
