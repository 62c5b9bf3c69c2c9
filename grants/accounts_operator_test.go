package grants_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port"
	"port-iam/port/porttest"
)

// TestElsewhere counts what nobody sweeps any more.
func TestElsewhere(t *testing.T) {
	inAccounts(t, iamtest.Options{}, func(w *world) {
		for _, id := range []string{account, second, second, third} {
			w.grantedIn(id, nil)
		}
		w.says(w.grantedIn(account, nil), unserved)
		for i, role := range []string{"", "nonsense", "arn:aws:iam::" + unserved + ":role/elsewhere/NAME", "arn:aws:iam::" + unserved + ":role/port-iam/Other", "arn:aws-cn:iam::" + unserved + ":role/port-iam/NAME"} {
			name := fmt.Sprintf("Permission-r_%d", i)
			w.port.AddEntity(grantEntity, fmt.Sprintf(`{"identifier":%q,"properties":{"role_arn":%q}}`, name, strings.ReplaceAll(role, "NAME", name)))
		}
		w.port.AddEntity(grantEntity, `{"identifier":"by-hand","properties":{"role_arn":"arn:aws:iam::`+unserved+`:role/port-iam/by-hand"}}`)
		for _, c := range []struct {
			served []string
			want   map[string]int
		}{
			{[]string{account, second, third}, map[string]int{unserved: 1}},
			{[]string{account}, map[string]int{second: 2, third: 1, unserved: 1}},
			{[]string{third}, map[string]int{account: 1, second: 2, unserved: 1}},
		} {
			w.serving(c.served...)
			got, err := w.process().Elsewhere(context.Background())
			w.must(err)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("served %v (-want +got):\n%s", c.served, diff)
			}
		}
		w.portAway()
		if _, err := w.process().Elsewhere(context.Background()); err == nil {
			t.Error("no error without Port")
		}
	})
}

// TestOperatorCutsWithoutPort: with Port away a revocation cuts the access in whichever
// account the role is, and leaves role and Deny.
func TestOperatorCutsWithoutPort(t *testing.T) {
	for _, id := range []string{account, second, third} {
		inAccounts(t, iamtest.Options{}, func(w *world) {
			run := w.grantedIn(id, nil)
			name := iamops.Name(run)
			back := w.portAway()
			o := w.process().operator()
			err := o.Revoke(context.Background(), name)
			if _, unfinished := errors.AsType[*grants.Unfinished](err); !unfinished {
				t.Errorf("%s: %v", id, err)
			}
			w.wantRolesIn(name, id)
			if r := w.roleIn(id, name); !isDenied(*r) || len(r.Attached) != 0 {
				t.Errorf("role %+v", r)
			}
			back()
			o = w.process().operator() // Port asked the other one to wait
			w.must(o.Revoke(context.Background(), name))
			w.wantIn(name)
			if _, exists := w.port.Entity(grantEntity, name); exists {
				t.Error("the entity is left")
			}
			if err := o.Revoke(context.Background(), name); !errors.Is(err, grants.ErrNoGrant) {
				t.Errorf("once more: %v", err)
			}
		})
	}
}

// TestOperatorList has a row for each account that has a name, and says which accounts
// could not be asked.
func TestOperatorList(t *testing.T) {
	inAccounts(t, iamtest.Options{}, func(w *world) {
		one, two := iamops.Name(w.grantedIn(second, nil)), w.grantedIn(third, nil)
		w.copyTo(account, w.roleIn(third, iamops.Name(two)), true)
		p := w.process()
		rows := func(all []grants.Listing) (out []string) {
			for _, l := range all {
				out = append(out, fmt.Sprintf("%s %s %s %t", l.Account, l.Name, l.State, l.InPort))
			}
			return out
		}
		all, err := p.operator().List(context.Background(), true)
		w.must(err)
		want := []string{
			account + " " + iamops.Name(two) + " orphaned true",
			second + " " + one + " active true",
			third + " " + iamops.Name(two) + " active true",
		}
		if diff := cmp.Diff(want, rows(all)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		all, err = p.operator().Show(context.Background(), iamops.Name(two))
		w.must(err)
		if diff := cmp.Diff([]string{want[0], want[2]}, rows(all)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		back := w.portAway()
		_, err = w.process().operator().List(context.Background(), false)
		if err == nil || strings.Count(err.Error(), "\n") > 0 {
			t.Errorf("without Port, which is to be said once: %v", err)
		}
		back()
		for _, id := range []string{second, third} {
			w.in[id].Fault(iamtest.Fault{Code: "Throttling", Count: -1})
		}
		all, err = p.operator().List(context.Background(), false)
		if err == nil {
			t.Fatal("no error")
		}
		contains(t, "error", err.Error(), "account "+second, "account "+third)
		if diff := cmp.Diff([]string{
			want[0], second + " " + one + " unknown true", third + " " + iamops.Name(two) + " unknown true",
		}, rows(all)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestRevokedInPart: what a revocation says that could not ask every account.
func TestRevokedInPart(t *testing.T) {
	inAccounts(t, iamtest.Options{}, func(w *world) {
		run := w.grantedIn(second, nil)
		w.says(run, account)
		w.closed(third)
		rec := w.revoke(run)
		p := w.process()
		j, began := p.job(rec), time.Now()
		p.attempt(j)
		if r := w.roleIn(second, iamops.Name(run)); r != nil && !isDenied(*r) {
			t.Errorf("not cut at once: %+v", r)
		}
		w.must(p.finish(context.Background(), j))
		if took := time.Since(began); took < 15*time.Minute || took > 17*time.Minute {
			t.Errorf("gave up after %s", took)
		}
		w.wantIn(iamops.Name(run))
		contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), "completely", "in account "+third, "Its role in account "+second+" is already cut. In account "+third+" there may be another one")
		p.wantIn("port_iam_runs_total", second, 1, "revoke", "failed")

		other := w.grantedIn(second, nil)
		w.says(other, account)
		err := p.operator().Revoke(context.Background(), iamops.Name(other))
		if err == nil {
			t.Fatal("no error")
		}
		contains(t, "error", err.Error(), "Its role in account "+second+" is already cut", third)
	})
}

// TestCutWithoutTheRun: that Port does not give the run of a grant, or its entity, does
// not delay the cut, wherever the entity says that the role is.
func TestCutWithoutTheRun(t *testing.T) {
	for _, trouble := range []porttest.Fault{
		{Route: "run_get", Status: 500},
		{Route: "run_get", Kind: porttest.Delayed, Delay: time.Hour},
		{Route: "entity_get", Status: 500},
		{Route: "entity_get", Kind: porttest.Delayed, Delay: time.Hour},
	} {
		for _, says := range []string{second, third, unserved} {
			inAccounts(t, iamtest.Options{}, func(w *world) {
				run := w.grantedIn(second, nil)
				w.says(run, says)
				if trouble.ID, trouble.Count = run, -1; trouble.Route == "entity_get" {
					trouble.ID = iamops.Name(run)
				}
				w.port.Fault(trouble)
				cuts := deniedIn(w.in[second])
				rec := w.revoke(run)
				p := w.process()
				ctx, stop := context.WithTimeout(context.Background(), time.Minute)
				defer stop()
				_ = p.finish(ctx, p.job(rec))
				if took := cuts.took(t, map[string]port.Record{iamops.Name(run): rec}); took[0] > 2*time.Second {
					t.Errorf("cut after %s", took)
				}
				w.wantRolesIn(iamops.Name(run), second)
			})
		}
	}
}
