package grants_test

import (
	"context"
	"testing"
	"time"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port"
	"port-iam/port/porttest"
)

// short is a request whose grant has expired after an hour.
func (w *world) short() port.Record {
	return w.request(map[string]any{"permissions": []any{"s3:PutObject"}, "duration": "1h"})
}

// TestSweepBrakeWithoutAnswers: what Port does not tell counts for the brake.
func TestSweepBrakeWithoutAnswers(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		for i := range 12 {
			rec := w.request(nil)
			p.succeed(rec)
			if err := p.portal.DeleteEntity(context.Background(), grantEntity, iamops.Name(rec.RunID), ""); err != nil {
				t.Fatal(err)
			}
			if i < 2 { // one call with its four tries
				w.port.Fault(porttest.Fault{Route: "run_get", ID: rec.RunID, Status: 503, Count: 4})
			}
		}
		later(2 * sweepGrace)
		w.sweep(p.sweeper())
		if roles, _, _ := w.left(); len(roles) != 12 {
			t.Errorf("%d roles left", len(roles))
		}
		p.wantMetric("port_iam_sweeps_total", 1, "stopped")
	})
}

// endless is a Port that does not say when runs have ended.
type endless struct{ grants.Portal }

func (e endless) Run(ctx context.Context, id string) (port.Run, error) {
	r, err := e.Portal.Run(ctx, id)
	r.EndedAt = time.Time{}
	return r, err
}

// TestSweepUnknownEnd: where Port does not say when a run has ended, what counts
// from there is left, until the grant expires.
func TestSweepUnknownEnd(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process(func(o *grants.Options) { o.Portal = endless{o.Portal} })
		rec := w.short()
		p.succeed(rec)
		if err := p.portal.DeleteEntity(context.Background(), grantEntity, iamops.Name(rec.RunID), ""); err != nil {
			t.Fatal(err)
		}
		later(2 * sweepGrace)
		s := p.sweeper()
		w.sweep(s)
		if roles, _, _ := w.left(); len(roles) != 1 {
			t.Errorf("%d roles left", len(roles))
		}
		later(time.Hour)
		w.sweep(s)
		w.wantGrants(0)
	})
}
