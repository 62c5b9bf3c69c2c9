package grants_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

// TestRoleKept: AWS never deletes the role. The Deny stays on it, the run says what
// keeps it, and the sweep goes on when it is let go.
func TestRoleKept(t *testing.T) {
	for name, c := range map[string]struct {
		fault iamtest.Fault
		says  string
	}{
		"in an instance profile":       {iamtest.Fault{Code: "DeleteConflict", Status: 409, Message: "Cannot delete entity, must remove roles from instance profile first."}, "remove-role-from-instance-profile"},
		"something unknown":            {iamtest.Fault{Code: "DeleteConflict", Status: 409, Message: "Cannot delete entity, must detach all policies first."}, "what was added to it since"},
		"a policy of the organisation": {iamtest.Fault{Code: "AccessDenied", Status: 403, Message: "with an explicit deny in a service control policy"}, "iam:DeleteRole"},
		"AWS is in trouble":            {iamtest.Fault{}, "gave up after 15m: "},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				g := w.guard()
				p := w.process()
				rec := w.request(nil)
				p.succeed(rec)
				c.fault.Op, c.fault.Count = "DeleteRole", -1
				letGo := w.aws.Fault(c.fault)
				revoke := w.revoke(rec.RunID)
				if err := p.handle(revoke); err != nil {
					t.Fatal(err)
				}
				contains(t, "log", w.wantRun(revoke.RunID, "FAILURE"), c.says, "already cut")
				roles, policies, entities := w.left()
				if len(roles) != 1 || roles[0].Inline[denyName] == "" || len(policies) != 0 || len(entities) != 1 {
					t.Errorf("left: %+v, %d policies, entities %v", roles, len(policies), entities)
				}
				s := p.sweeper()
				w.sweep(s)
				if roles, _, _ := w.left(); len(roles) != 1 || roles[0].Inline[denyName] == "" {
					t.Errorf("left after a sweep: %+v", roles)
				}
				letGo()
				w.sweep(s)
				w.wantGrants(0)
				g.want(t)
			})
		})
	}
}

// TestPolicyLent: the policy was attached to another role by hand. The run says to
// which, and until when it can be used there; the grant's own role is cut.
func TestPolicyLent(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.request(nil)
		p.succeed(rec)
		w.lend(rec.RunID)
		revoke := w.revoke(rec.RunID)
		began := time.Now()
		if err := p.handle(revoke); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 2*time.Minute || took > 3*time.Minute {
			t.Errorf("it took %s", took)
		}
		contains(t, "log", w.wantRun(revoke.RunID, "FAILURE"), "still attached to role Borrower", "until 2000-01-01T08:00:00Z", "already cut")
		roles, policies, entities := w.left()
		if len(roles) != 2 || roles[1].Inline[denyName] == "" || len(policies) != 1 || len(entities) != 1 {
			t.Errorf("left: %+v, %d policies, entities %v", roles, len(policies), entities)
		}
	})
}

// lend attaches the policy of a grant to a role that is not ours.
func (w *world) lend(run string) {
	w.t.Helper()
	ctx, name := context.Background(), aws.String("Borrower")
	_, err := w.admin().CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(anybody)})
	if err == nil {
		_, err = w.admin().AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{
			RoleName: name, PolicyArn: aws.String("arn:aws:iam::" + account + ":policy/port-iam/" + iamops.Name(run)),
		})
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

const anybody = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}`

// TestCutNeedsNothingElse: whatever else about the grant cannot be read, the Deny
// is on the role at once, by a run and by an operator. Where AWS refuses the Deny,
// the policy is detached.
func TestCutNeedsNothingElse(t *testing.T) {
	for name, c := range map[string]struct {
		aws      []iamtest.Fault
		port     porttest.Fault
		grantRun porttest.Fault // met by the run that made the grant
	}{
		"versions denied":            {aws: []iamtest.Fault{{Op: "ListPolicyVersions", Code: "AccessDenied", Status: 403}}},
		"policy throttled":           {aws: []iamtest.Fault{{Op: "GetPolicy", Code: "Throttling"}}},
		"attachments fail":           {aws: []iamtest.Fault{{Op: "ListAttachedRolePolicies"}}},
		"inline policies denied":     {aws: []iamtest.Fault{{Op: "ListRolePolicies", Code: "AccessDenied", Status: 403}}},
		"every list throttled":       {aws: []iamtest.Fault{{Op: "ListRolePolicies", Code: "Throttling"}, {Op: "ListAttachedRolePolicies", Code: "Throttling"}, {Op: "ListPolicyVersions", Code: "Throttling"}}},
		"Deny refused, lists denied": {aws: []iamtest.Fault{{Op: "PutRolePolicy", Code: "AccessDenied", Status: 403}, {Op: "ListAttachedRolePolicies", Code: "AccessDenied", Status: 403}}},
		"Deny throttled":             {aws: []iamtest.Fault{{Op: "PutRolePolicy", Code: "Throttling"}}},
		"entity fails":               {port: porttest.Fault{Route: "entity_get", Status: 500}},
		"entity refused":             {port: porttest.Fault{Route: "entity_get", Status: 422, Code: "invalid_request"}},
		"grant's run fails":          {grantRun: porttest.Fault{Route: "run_get", Status: 500}},
		"grant's run is refused":     {grantRun: porttest.Fault{Route: "run_get", Status: 422, Code: "invalid_request"}},
	} {
		for by, revoke := range map[string]func(w *world, p *process, run string){
			"run": func(w *world, p *process, run string) {
				_ = p.handle(w.revoke(run)) // how it ends is not the matter here
			},
			"operator": func(_ *world, p *process, run string) {
				_ = p.operator().Revoke(context.Background(), iamops.Name(run))
			},
		} {
			t.Run(name+"/"+by, func(t *testing.T) {
				inWorld(t, iamtest.Options{Delay: 20 * time.Millisecond}, func(w *world) {
					p := w.process()
					rec := w.request(nil)
					p.succeed(rec)
					for _, f := range c.aws {
						f.Count = -1
						w.aws.Fault(f)
					}
					c.port.Count, c.grantRun.Count, c.grantRun.ID = -1, -1, rec.RunID
					for _, f := range []porttest.Fault{c.port, c.grantRun} {
						if f.Route != "" {
							w.port.Fault(f)
						}
					}
					var mu sync.Mutex
					var harmless time.Time
					w.aws.OnCall(func(iamtest.Call) {
						mu.Lock()
						defer mu.Unlock()
						roles, _, _ := w.left()
						if harmless.IsZero() && (len(roles) == 0 || roles[0].Inline[denyName] != "" || len(roles[0].Attached) == 0) {
							harmless = time.Now()
						}
					})
					began := time.Now()
					revoke(w, p, rec.RunID)
					if harmless.IsZero() || harmless.Sub(began) > 20*time.Second {
						t.Errorf("the access was cut after %s", harmless.Sub(began))
					}
				})
			})
		}
	}
}

// TestEntityOfAnotherAccount: an entity names a role that is not here, and nothing
// of its name is. It is never called gone: not by a revocation, not by an expiry,
// not by the sweep and not by an operator.
func TestEntityOfAnotherAccount(t *testing.T) {
	const name = "Permission-r_OtherAccount0001"
	for _, arn := range []string{
		"arn:aws:iam::999999999999:role/port-iam/" + name,
		"arn:aws:iam::" + account + ":role/elsewhere/" + name,
		"arn:aws-cn:iam::" + account + ":role/port-iam/" + name,
		"",
	} {
		t.Run(arn, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				w.port.AddEntity(grantEntity, fmt.Sprintf(`{"identifier":%q,"properties":{"role_arn":%q,"expiry_time":"2099-01-01T00:00:00Z"}}`, name, arn))
				p := w.process()
				for _, action := range []string{revokeAction, expireAction} {
					rec := w.start(porttest.RunSpec{Action: action, Blueprint: grantEntity, Entity: name, Requester: alice})
					if err := p.handle(rec); err != nil {
						t.Fatal(err)
					}
					contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), "refused", "not of this account and path")
				}
				if err := p.operator().Revoke(context.Background(), name); !iamops.IsKind(err, iamops.KindForeign) {
					t.Errorf("operator: %v", err)
				}
				s := p.sweeper()
				for range 3 {
					later(sweepGrace)
					w.sweep(s)
				}
				if got := w.port.Entities(grantEntity); len(got) != 1 {
					t.Errorf("entities left: %v", got)
				}
			})
		})
	}
}

// TestEntityNamesAnotherRole: a role that is found and ours is removed, whatever
// was written into its entity; the run names the difference.
func TestEntityNamesAnotherRole(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.request(nil)
		p.succeed(rec)
		const other = "arn:aws:iam::999999999999:role/port-iam/other"
		w.port.AddEntity(grantEntity, fmt.Sprintf(`{"identifier":%q,"properties":{"role_arn":%q}}`, iamops.Name(rec.RunID), other))
		revoke := w.revoke(rec.RunID)
		p.succeed(revoke)
		contains(t, "log", w.wantRun(revoke.RunID, "SUCCESS"), other, "has been deleted")
		w.wantGrants(0)
	})
}

// TestTombstone: Port does not end, or does not give, the run of a grant that is
// being made. Policy and access go; the role with its Deny and the entity stay
// until the run has ended, in the daemon, in the sweep and by hand.
func TestTombstone(t *testing.T) {
	for name, trouble := range map[string]func(w *world, run string) (over func()){
		"its end is refused": func(w *world, run string) func() {
			stopLog := w.port.Fault(porttest.Fault{Route: "run_log", ID: run, Status: 422, Code: "invalid_request", Count: -1})
			stopPatch := w.port.Fault(porttest.Fault{Route: "run_patch", ID: run, Status: 422, Code: "invalid_request", Count: -1})
			return func() { stopLog(); stopPatch() }
		},
		"it is not given": func(w *world, run string) func() {
			return w.port.Fault(porttest.Fault{Route: "run_get", ID: run, Status: 500, Count: -1})
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				p := w.process()
				rec := w.request(nil)
				w.crashAt(p, rec, "AttachRolePolicy")
				over := trouble(w, rec.RunID)
				stands := func(after string) {
					t.Helper()
					roles, policies, entities := w.left()
					if len(roles) != 1 || roles[0].Inline[denyName] == "" || len(policies) != 0 || len(entities) != 1 {
						t.Errorf("left after %s: %+v, %d policies, entities %v", after, roles, len(policies), entities)
					}
				}
				revoke := w.revoke(rec.RunID)
				if err := p.handle(revoke); err != nil {
					t.Fatal(err)
				}
				contains(t, "log", w.wantRun(revoke.RunID, "FAILURE"), "until the run that made it has ended", "already cut")
				stands("the revocation")
				if err := p.operator().Revoke(context.Background(), iamops.Name(rec.RunID)); err == nil {
					t.Error("the operator's revocation says that all is gone")
				}
				stands("the operator's")
				s := p.sweeper()
				_, _ = s.Sweep(context.Background())
				stands("a sweep")
				// Whatever works on the grant's record meanwhile makes nothing of it.
				attempt, cancel := context.WithTimeout(context.Background(), 20*time.Second)
				_ = p.job(rec).Attempt(attempt)
				cancel()
				if roles, policies, _ := w.left(); len(roles) == 1 && len(roles[0].Attached) > 0 || len(policies) != 0 {
					t.Errorf("the grant came back: %+v, %d policies", roles, len(policies))
				}
				over()
				w.sweep(s)
				w.wantRun(rec.RunID, "FAILURE")
				w.wantGrants(0)
			})
		})
	}
}

// TestCutDuration: the time from the record to the Deny is measured once for each
// revocation, however many attempts it takes.
func TestCutDuration(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.request(nil)
		p.succeed(rec)
		w.aws.Fault(iamtest.Fault{Op: "DeletePolicy", Count: 12})
		revoke := w.revoke(rec.RunID)
		later(3 * time.Second)
		p.succeed(revoke)
		families, err := p.reg.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() != "port_iam_cut_duration_seconds" {
				continue
			}
			h := f.GetMetric()[0].GetHistogram()
			if h.GetSampleCount() != 1 || h.GetSampleSum() < 3 || h.GetSampleSum() > 4 {
				t.Errorf("%d samples of together %v s", h.GetSampleCount(), h.GetSampleSum())
			}
			return
		}
		t.Error("no such metric")
	})
}
