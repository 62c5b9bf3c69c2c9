package grants_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port"
	"port-iam/port/porttest"
)

// attempt makes one attempt at a run, and reports whether it is finished.
func (p *process) attempt(j *grants.Job) (finished bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	_, waits := errors.AsType[*grants.Waiting](j.Attempt(ctx))
	return !waits
}

// TestFenceAcrossAccounts: the account of a resource is edited while its request is
// handled. The attempt whose role the entity names goes on, and another one removes what
// it made itself, also after a restart.
func TestFenceAcrossAccounts(t *testing.T) {
	for _, crash := range []string{"run_get", "CreatePolicy", "CreateRole"} {
		t.Run("crash at "+crash, func(t *testing.T) {
			inAccounts(t, iamtest.Options{}, func(w *world) {
				w.bucketIn(second)
				rec := w.request(nil)
				grant := iamops.Name(rec.RunID)
				w.crashAt(w.process(), rec, crash)
				w.bucketIn(third)
				other := w.process()
				w.crashAt(other, rec, "entity_upsert") // the entity names the third account
				w.bucketIn(second)
				back := w.process()
				w.must(back.handle(rec))
				w.wantRun(rec.RunID, "IN_PROGRESS")
				contains(t, "log", back.log.String(), "left to another attempt")
				w.wantIn(grant, third)
				if r := w.roleIn(third, grant); len(r.Inline)+len(r.Attached) != 0 {
					t.Errorf("the role of the other attempt: %+v", r)
				}
				w.bucketIn(third)
				w.process().succeed(rec)
				w.wantIn(grant, third)
			})
		})
	}
}

// TestStandsAsideAfterARestart: the entity names an account that is not served, and the
// resource has no account in its ARN. What an earlier attempt made is removed.
func TestStandsAsideAfterARestart(t *testing.T) {
	for _, ended := range []port.Status{"", port.StatusFailure} {
		inAccounts(t, iamtest.Options{}, func(w *world) {
			w.bucketIn(second)
			rec := w.request(nil)
			w.crashAt(w.process(), rec, "CreateRole")
			p := w.process()
			if ended != "" {
				w.must(p.portal.SetStatus(context.Background(), rec.RunID, ended))
			} else {
				w.addGrantEntity(rec.RunID, unserved)
			}
			w.must(p.handle(rec))
			w.wantIn(iamops.Name(rec.RunID))
		})
	}
}

// TestStandingAsideLeavesTheOther: a job that was on its way to the account before in
// which the entity names a role removes nothing of that role.
func TestStandingAsideLeavesTheOther(t *testing.T) {
	inAccounts(t, iamtest.Options{}, func(w *world) {
		w.bucketIn(third)
		rec := w.request(nil)
		grant := iamops.Name(rec.RunID)
		p := w.process()
		j := p.job(rec)
		// Its first attempt does not get so far that it makes something.
		down := w.in[third].Fault(iamtest.Fault{Op: "GetPolicy", Code: "ServiceUnavailable", Status: 503, Count: -1})
		if p.attempt(j) {
			t.Fatal("finished")
		}
		down()
		// Another instance does, and finishes nothing yet.
		w.crashAt(w.process(), rec, "entity_upsert")
		w.bucketIn(second)
		w.must(p.finish(context.Background(), j))
		w.wantRun(rec.RunID, "IN_PROGRESS")
		w.wantIn(grant, third)
		w.bucketIn(third)
		w.process().succeed(rec)
		w.wantIn(grant, third)
	})
}

// TestAccountChangesBetween: the account of a resource is edited between two attempts of a
// job that has made something. The run ends, and nothing of it is left.
func TestAccountChangesBetween(t *testing.T) {
	for _, at := range []string{"CreateRole", "AttachRolePolicy"} {
		inAccounts(t, iamtest.Options{}, func(w *world) {
			w.bucketIn(second)
			rec := w.request(nil)
			p := w.process()
			j := p.job(rec)
			back := w.in[second].Fault(iamtest.Fault{Op: at, Kind: iamtest.LostAnswer, Count: -1})
			if p.attempt(j) {
				t.Fatal("finished")
			}
			back()
			w.bucketIn(third)
			w.must(p.finish(context.Background(), j))
			contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), "was of account "+second+" when the grant was begun, and is of account "+third+" now: please request again")
			w.wantIn(iamops.Name(rec.RunID))
		})
	}
}

// TestEntityAfterAHiccup: a Port that takes no property account and fails at the write
// without it, once, does not end the run.
func TestEntityAfterAHiccup(t *testing.T) {
	inAccounts(t, iamtest.Options{}, func(w *world) {
		w.bucketIn(second)
		w.grantBlueprint(false)
		rec := w.request(nil)
		p := w.process()
		j := p.job(rec)
		back := func() {}
		stop := w.at("entity_upsert", true, func() { back = w.port.Fault(porttest.Fault{Route: "entity_upsert", Status: 503, Count: -1}) })
		if p.attempt(j) {
			t.Error("finished while Port fails")
		}
		stop()
		back()
		w.must(p.finish(context.Background(), j))
		w.wantRun(rec.RunID, "SUCCESS")
		w.wantIn(iamops.Name(rec.RunID), second)
	})
}
