package grants_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port"
	"port-iam/port/porttest"
)

// TestRunPage: what a run shows beside its log once it has ended.
func TestRunPage(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		said := &picky{}
		p := w.process(said.use)
		rec := w.short()
		p.succeed(rec)
		run, _ := w.port.Run(rec.RunID)
		w.wantLabel(rec.RunID, "Granted until "+run.CreatedAt.UTC().Truncate(time.Second).Add(time.Hour).Format(time.RFC3339))
		if url := "https://signin.aws.amazon.com/switchrole?"; !strings.HasPrefix(run.Link.(string), url) {
			t.Errorf("link is %v, want %s…", run.Link, url)
		}
		entity, _ := w.port.Entity(grantEntity, iamops.Name(rec.RunID))
		if got := entity["properties"].(map[string]any)["sign_in_url"]; got != run.Link {
			t.Errorf("link is %v, and the entity has %v", run.Link, got)
		}

		rev := w.revoke(rec.RunID)
		p.succeed(rev)
		w.wantLabel(rev.RunID, "Revoked")

		expired := w.short()
		p.succeed(expired)
		later(time.Hour)
		expiry := w.start(porttest.RunSpec{Action: expireAction, Blueprint: grantEntity, Entity: iamops.Name(expired.RunID)})
		p.succeed(expiry)
		w.wantLabel(expiry.RunID, "Revoked")

		refused := w.request(map[string]any{"permissions": []any{"s3:*"}})
		if err := p.handle(refused); err != nil {
			t.Fatal(err)
		}
		w.wantRun(refused.RunID, "FAILURE")
		w.wantLabel(refused.RunID, "Refused")

		w.aws.Fault(iamtest.Fault{Op: "CreateRole", Code: "AccessDenied", Status: http.StatusForbidden})
		failed := w.request(nil)
		if err := p.handle(failed); err != nil {
			t.Fatal(err)
		}
		w.wantRun(failed.RunID, "FAILURE")
		w.wantLabel(failed.RunID, "Failed")
		if run, _ := w.port.Run(failed.RunID); run.Link != nil {
			t.Errorf("a failed run has the link %v", run.Link)
		}
		wantSaid(t, said)
	})
}

func TestRunPageUntilRevoked(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process(func(o *grants.Options) { o.Duration, o.MaxDuration = 0, 0 })
		rec := w.request(nil)
		p.succeed(rec)
		w.wantLabel(rec.RunID, "Granted until revoked")
	})
}

// TestOpenGrantRevokedUnlabelled: a Port that fails at each end with a label keeps
// neither the run of the grant nor the one that revokes it open.
func TestOpenGrantRevokedUnlabelled(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		said := &picky{end: func(context.Context) error { return &port.Error{Op: "test", Kind: port.KindUnavailable, Status: 500} }}
		p, rec := w.process(said.use), w.request(nil)
		crashed, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		j := p.job(rec)
		if err := j.Attempt(crashed); err == nil {
			t.Fatal("the run ended")
		}
		j.Abandon()
		rev, began := w.revoke(rec.RunID), time.Now()
		p.succeed(rev)
		if took := time.Since(began); took > time.Minute {
			t.Errorf("took %s", took)
		}
		w.wantRun(rec.RunID, "FAILURE")
		w.wantLabel(rec.RunID, "Revoked")
		w.wantLabel(rev.RunID, "Revoked")
		w.wantGrants(0)
	})
}

// TestOpenGrantRevoked: the run of a grant that a revocation ended says so.
func TestOpenGrantRevoked(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		rec := w.request(nil)
		remove := w.port.Fault(porttest.Fault{Route: "run_log", ID: rec.RunID, Count: -1})
		crashed, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		p := w.process()
		j := p.job(rec)
		if err := j.Attempt(crashed); err == nil {
			t.Fatal("the run ended")
		}
		j.Abandon()
		remove()
		rev := w.revoke(rec.RunID)
		p.succeed(rev)
		w.wantRun(rec.RunID, "FAILURE")
		w.wantLabel(rec.RunID, "Revoked")
	})
}
