package grants_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

const unserved = "444444444444"

// removals are the ways in which people and Port take a grant away. Each returns why that
// failed; "": it did not.
var removals = map[string]func(w *world, p *process, grantRun string) (failed string){
	"revoke": func(w *world, p *process, grantRun string) string {
		rec := w.revoke(grantRun)
		w.must(p.handle(rec))
		return w.outcome(rec.RunID)
	},
	"expire": func(w *world, p *process, grantRun string) string {
		later(time.Hour)
		rec := w.start(porttest.RunSpec{Action: expireAction, Blueprint: grantEntity, Entity: iamops.Name(grantRun)})
		w.must(p.handle(rec))
		return w.outcome(rec.RunID)
	},
	"lost run": func(w *world, p *process, grantRun string) string {
		run := w.revoke(grantRun).RunID
		s := p.sweeper()
		for range 9 {
			_, _ = s.Sweep(w.t.Context()) // of lost runs only: the accounts are swept elsewhere
			later(sweepInterval)
		}
		return w.outcome(run)
	},
	"operator": func(w *world, p *process, grantRun string) string {
		if err := p.operator().Revoke(w.t.Context(), iamops.Name(grantRun)); err != nil {
			return err.Error()
		}
		return ""
	},
}

// outcome is why a run failed; "" where it ended well.
func (w *world) outcome(run string) string {
	w.t.Helper()
	r, _ := w.port.Run(run)
	if !r.Ended() || r.Ends != 1 {
		w.t.Errorf("run %s is %s, ended %d times", run, r.Status, r.Ends)
	}
	if r.Status == "SUCCESS" || len(r.Logs) == 0 {
		return ""
	}
	return r.Logs[len(r.Logs)-1].Message
}

// TestRemovalInAccounts: where a grant is looked for, and when it is called gone. The
// grant is in the second account.
func TestRemovalInAccounts(t *testing.T) {
	for _, c := range []struct {
		name    string
		arrange func(w *world, run string)
		failed  string   // a part of why; "": the grant is gone
		left    []string // where there is a role of that name at the end
		apart   []string // the accounts in which nothing is asked
		swept   bool     // the sweep comes before a lost run
	}{
		{"entity and run agree", func(*world, string) {}, "", nil, []string{account, third}, false},
		{"they agree and another account is away", func(w *world, _ string) { w.closed(third) }, "", nil, []string{account}, false},
		{"they agree and there is another of that name", func(w *world, run string) {
			w.copyTo(third, w.roleIn(second, iamops.Name(run)), true)
			w.in[third].ResetCalls()
		}, "", []string{third}, []string{account, third}, true},
		{"entity names another account", func(w *world, run string) { w.says(run, third) }, "", nil, nil, false},
		{"entity names the daemon's account", func(w *world, run string) { w.says(run, account) }, "", nil, nil, false},
		{"entity names one that is not served", func(w *world, run string) { w.says(run, unserved) }, "", nil, nil, true},
		{"entity names no role", func(w *world, run string) { w.setEntity(iamops.Name(run), "role_arn", "") }, "", nil, nil, false},
		{"resource has moved", func(w *world, _ string) { w.bucketIn(third) }, "", nil, nil, false},
		{"resource has moved to one that is not served", func(w *world, _ string) { w.bucketIn(unserved) }, "", nil, nil, false},
		{"resource is of no account", func(w *world, _ string) { w.bucketIn("") }, "", nil, nil, false},
		{"entity names a copy that is ours", func(w *world, run string) {
			w.copyTo(third, w.roleIn(second, iamops.Name(run)), true)
			w.says(run, third)
		}, "", nil, nil, false},
		{"entity names a copy that is not ours", func(w *world, run string) {
			w.copyTo(third, w.roleIn(second, iamops.Name(run)), false)
			w.says(run, third)
		}, "not ours", []string{third}, nil, false},
		{"they differ and an account is away", func(w *world, run string) {
			w.says(run, account)
			w.closed(third)
		}, third, nil, nil, true},
		{"entity names an account that is away", func(w *world, run string) {
			w.says(run, third)
			w.closed(third)
		}, third, nil, nil, true},
		{"resource has moved to an account that is away", func(w *world, _ string) {
			w.bucketIn(third)
			w.closed(third)
		}, third, nil, nil, true},
		{"role is gone and entity names one that is not served", func(w *world, run string) {
			w.removeByHand(second, run)
			w.says(run, unserved)
		}, "no account and path that is served", nil, nil, false},
		{"role is gone, and the run is of one that is not served", func(w *world, run string) {
			w.removeByHand(second, run)
			w.bucketIn(unserved)
		}, "resource of account " + unserved + ", which is not served", nil, nil, false},
		{"account was taken out and entity names the daemon's", func(w *world, run string) {
			w.serving(account, third)
			w.says(run, account)
		}, "resource of account " + second + ", which is not served", []string{second}, []string{second}, false},
		{"account was taken out and entity names it", func(w *world, _ string) { w.serving(account, third) }, "no account and path that is served", []string{second}, []string{second}, false},
		{"one is served, and entity names it", func(w *world, run string) {
			w.serving(account)
			w.says(run, account)
		}, "resource of account " + second + ", which is not served", []string{second}, []string{second, third}, false},
		{"one is served, and entity names another", func(w *world, _ string) { w.serving(account) }, "not of this account and path", []string{second}, []string{second, third}, false},
	} {
		for name, take := range removals {
			t.Run(c.name+", "+name, func(t *testing.T) {
				inAccounts(t, iamtest.Options{}, func(w *world) {
					run := w.grantedIn(second, map[string]any{"permissions": []any{"s3:PutObject"}, "duration": "1h"})
					grant := iamops.Name(run)
					for _, in := range w.in {
						in.ResetCalls()
					}
					c.arrange(w, run)
					later(time.Second)
					p := w.process()
					if name == "lost run" {
						c.apart = nil // the sweep asks all
					}
					if name == "lost run" && c.swept {
						return // by then the sweep has taken away what is not where the entity says
					}
					failed := take(w, p, run)
					if c.failed == "" && failed != "" || !strings.Contains(failed, c.failed) {
						t.Errorf("failed: %q, want %q", failed, c.failed)
					}
					if _, exists := w.port.Entity(grantEntity, grant); exists != (failed != "") {
						t.Errorf("entity exists: %t", exists)
					}
					w.wantRolesIn(grant, c.left...)
					for _, id := range c.apart {
						if calls := w.in[id].Calls(); len(calls) > 0 {
							t.Errorf("account %s was asked: %v", id, calls)
						}
					}
					if role := w.roleIn(second, grant); role != nil && len(role.Inline) > 0 {
						t.Errorf("role %+v", role)
					}
				})
			})
		}
	}
}

// TestKeptInAnAccount: what could not be removed is told with its account, where several
// were asked.
func TestKeptInAnAccount(t *testing.T) {
	inAccounts(t, iamtest.Options{}, func(w *world) {
		run := w.grantedIn(second, nil)
		w.says(run, third)
		w.in[second].Fault(iamtest.Fault{Op: "DeleteRole", Code: "DeleteConflict", Status: 409, Count: -1})
		rec := w.revoke(run)
		w.must(w.process().handle(rec))
		contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), "in account "+second+": gave up after 2m: delete role")
	})
}

// TestAskedWhilePortWasAway: an account that was asked only because Port did not give the
// entity, and has a role of that name which is not ours, says nothing about a grant of
// which entity and run then name another account.
func TestAskedWhilePortWasAway(t *testing.T) {
	inAccounts(t, iamtest.Options{}, func(w *world) {
		run := w.grantedIn(second, nil)
		name := iamops.Name(run)
		w.copyTo(third, w.roleIn(second, name), false)
		p, rec := w.process(), w.revoke(run)
		j := p.job(rec)
		back := w.port.Fault(porttest.Fault{Route: "entity_get", ID: name, Status: 503, Count: -1})
		if p.attempt(j) {
			t.Fatal("finished")
		}
		back()
		w.must(p.finish(context.Background(), j))
		w.wantRun(rec.RunID, "SUCCESS")
		if w.roleIn(second, name) != nil || w.roleIn(third, name) == nil {
			t.Errorf("ours: %v, the other one: %v", w.roleIn(second, name), w.roleIn(third, name))
		}
	})
}
