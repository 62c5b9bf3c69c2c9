package grants_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port"
	"port-iam/port/porttest"
)

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

// TestCloseLooksTakeTurns: what must be looked at closely in each sweep does not
// keep the turn from coming to everything else.
func TestCloseLooksTakeTurns(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		var names []string
		for range 120 {
			rec := w.request(nil)
			p.succeed(rec)
			names = append(names, iamops.Name(rec.RunID))
		}
		const document = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`
		w.aws.AddPolicy("arn:aws:iam::"+account+":policy/port-iam/Permission-r_zzz", document) // a policy without a role
		w.aws.AddRoleSession("/port-iam/", slices.Max(names), "mallory", document)
		s := p.sweeper()
		for range 3 {
			w.sweep(s)
		}
		p.wantMetric("port_iam_grants", 1, "changed")
	})
}

// TestSweepFinishesAtOnce: among many grants, an interrupted removal of one that
// has expired is finished by the next sweep, whosever turn for a close look it is.
func TestSweepFinishesAtOnce(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		var short []string
		for i := range 160 {
			if i%20 != 0 {
				p.succeed(w.request(nil))
				continue
			}
			rec := w.short()
			p.succeed(rec)
			short = append(short, iamops.Name(rec.RunID))
		}
		for _, name := range short {
			live, err := p.ops.Look(context.Background(), name)
			if err == nil {
				err = p.ops.Cut(context.Background(), live)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		later(2 * time.Hour)
		w.sweep(p.sweeper())
		w.wantGrants(160 - len(short))
	})
}

// TestDryRunIsTheNextSweep: a sweep removes what a dry run has said, also where
// only a close look shows it.
func TestDryRunIsTheNextSweep(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		for i := range 150 {
			rec := w.request(nil)
			p.succeed(rec)
			if i%15 != 0 {
				continue
			}
			live, err := p.ops.Look(context.Background(), iamops.Name(rec.RunID))
			if err == nil {
				err = p.ops.Cut(context.Background(), live)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		s := p.sweeper()
		removed := func(sweep func(context.Context) (grants.Report, error)) (names []string) {
			for name, f := range w.look(sweep) {
				if f.Removed {
					names = append(names, name)
				}
			}
			slices.Sort(names)
			return names
		}
		for range 3 {
			said := removed(s.DryRun)
			if done := removed(s.Sweep); !slices.Equal(said, done) || len(done) == 0 {
				t.Errorf("said %v, removed %v", said, done)
			}
		}
	})
}
