package grants_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

// TestCutRefused: where AWS refuses the Deny, whatever it says, the policies are
// detached anyway.
func TestCutRefused(t *testing.T) {
	for _, code := range []string{"AccessDenied", "LimitExceeded", "UnmodifiableEntity"} {
		t.Run(code, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				p := w.process()
				rec := w.request(nil)
				p.succeed(rec)
				w.aws.Fault(iamtest.Fault{Op: "PutRolePolicy", Status: 409, Code: code, Count: -1})
				p.succeed(w.revoke(rec.RunID))
				w.wantGrants(0)
			})
		})
	}
}

// TestDetachingTroubledAfterRefusedDeny: AWS never takes the Deny, and is away for the
// detaching. The removal goes on until that succeeds.
func TestDetachingTroubledAfterRefusedDeny(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.request(nil)
		p.succeed(rec)
		w.aws.Fault(iamtest.Fault{Op: "PutRolePolicy", Status: 403, Code: "AccessDenied", Count: -1})
		w.aws.Fault(iamtest.Fault{Op: "DetachRolePolicy", Status: 503, Code: "ServiceUnavailable", Count: 12})
		p.succeed(w.revoke(rec.RunID))
		w.wantGrants(0)
	})
}

// TestDenyLost: the first Deny is lost on its way, so the policy is detached. The Deny
// follows, and stays where the removal cannot go on: an attachment that was still on
// its way gives nobody access.
func TestDenyLost(t *testing.T) {
	for name, over := range map[string]iamtest.Call{
		"until the policy is detached": {Op: "DetachRolePolicy", Done: true},
		"until the next attempt":       {Op: "GetRole"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				p := w.process()
				rec := w.request(nil)
				p.succeed(rec)
				letGo := w.aws.Fault(iamtest.Fault{Op: "PutRolePolicy", Kind: iamtest.LostRequest, Count: -1})
				w.aws.Fault(iamtest.Fault{Op: "ListAttachedRolePolicies", Code: "AccessDenied", Status: 403, Count: -1})
				var detached atomic.Bool
				w.aws.OnCall(func(c iamtest.Call) {
					if c.Op == "DetachRolePolicy" && c.Done {
						detached.Store(true)
					}
					if detached.Load() && c.Op == over.Op && c.Done == over.Done {
						letGo()
					}
				})
				revoke := w.revoke(rec.RunID)
				if err := p.handle(revoke); err != nil {
					t.Fatal(err)
				}
				contains(t, "log", w.wantRun(revoke.RunID, "FAILURE"), "already cut")
				if roles, _, _ := w.left(); len(roles) != 1 || roles[0].Inline[denyName] == "" || len(roles[0].Attached) != 0 {
					t.Errorf("left: %+v", roles)
				}
			})
		})
	}
}

// TestPolicyNotOurs: where the policy of a grant has lost our tags, it stays, and
// is named; the role goes: by a run, and by an operator.
func TestPolicyNotOurs(t *testing.T) {
	for name, revoke := range map[string]func(w *world, p *process, run string){
		"run": func(w *world, p *process, run string) {
			rec := w.revoke(run)
			if err := p.handle(rec); err != nil {
				t.Error(err)
			}
			contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), "not ours", "already cut")
		},
		"operator": func(_ *world, p *process, run string) {
			err := p.NewOperator(sweepGrace).Revoke(context.Background(), iamops.Name(run))
			if !iamops.IsKind(err, iamops.KindForeign) {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				p := w.process()
				rec := w.request(nil)
				p.succeed(rec)
				w.retagPolicy(iamops.Name(rec.RunID))
				revoke(w, p, rec.RunID)
				roles, policies, _ := w.left()
				if len(roles) != 0 || len(policies) != 1 {
					t.Errorf("left: %+v, %d policies", roles, len(policies))
				}
			})
		})
	}
}

// retagPolicy does to the policy of a grant what a tagging rule might.
func (w *world) retagPolicy(name string) {
	w.t.Helper()
	_, err := w.admin().TagPolicy(context.Background(), &iam.TagPolicyInput{
		PolicyArn: aws.String("arn:aws:iam::" + account + ":policy/port-iam/" + name),
		Tags:      []types.Tag{{Key: aws.String("port-iam-managed-by"), Value: aws.String("another-tool")}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestExpireABitEarly: a clock a little behind Port's waits, and refuses nothing.
func TestExpireABitEarly(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.short()
		p.succeed(rec)
		r, _ := w.port.Run(rec.RunID)
		end := r.CreatedAt.Truncate(time.Second).Add(time.Hour)
		later(time.Until(end) - 20*time.Second)
		p.succeed(w.start(porttest.RunSpec{Action: expireAction, Blueprint: grantEntity, Entity: iamops.Name(rec.RunID)}))
		if time.Now().Before(end) {
			t.Error("removed before its end")
		}
		w.wantGrants(0)
	})
}
