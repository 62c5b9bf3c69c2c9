package grants_test

import (
	"context"
	"testing"
	"time"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

// slowly lets each call to Port and AWS take as long as over a network.
func (w *world) slowly() (fast func()) {
	const network = 100 * time.Millisecond
	port := w.port.Fault(porttest.Fault{Kind: porttest.Delayed, Delay: network, Count: -1})
	aws := w.aws.Fault(iamtest.Fault{Kind: iamtest.Delayed, Delay: network, Count: -1})
	return func() { port(); aws() }
}

// within checks how long something takes.
func within(t *testing.T, what string, limit time.Duration, do func()) {
	t.Helper()
	began := time.Now()
	do()
	took := time.Since(began)
	t.Logf("%s took %s", what, took)
	if took > limit {
		t.Errorf("%s took %s, and %s are allowed", what, took, limit)
	}
}

// TestManyGrants: a thousand grants are listed while an operator waits, also closely
// and without Port; they are judged by a sweep long before the next begins.
func TestManyGrants(t *testing.T) {
	withoutRace(t)
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		for range 1000 {
			p.succeed(w.short())
		}
		fast := w.slowly()
		list := func(what string, closely, complete bool) {
			within(t, what, 15*time.Second, func() {
				all, err := p.operator().List(context.Background(), closely)
				if len(all) != 1000 || (err == nil) != complete {
					t.Errorf("%s: %d grants, %v", what, len(all), err)
				}
				for _, g := range all {
					if !g.Of(alice) || closely && !g.On(bucket) {
						t.Errorf("%s: %+v", what, g)
					}
				}
			})
		}
		list("a list", false, true)
		list("a close list", true, true)
		back := w.portAway()
		list("a list without Port", true, false)
		back()
		s := p.sweeper()
		within(t, "a first sweep", 30*time.Second, func() {
			if found := w.sweep(s); len(found) != 1000 {
				t.Errorf("%d found", len(found))
			}
		})
		p.wantMetric("port_iam_grants", 1000, "active")
		fast()
	})
}

// TestSweepBeginsBehindTrouble: whatever order the answers come in, a sweep that
// gave up is followed by one that begins behind, so that all come to their turn.
func TestSweepBeginsBehindTrouble(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		for range 60 {
			p.succeed(w.short())
		}
		later(2 * time.Hour)
		roles, _, _ := w.left()
		stuck := map[string]bool{}
		for i, r := range roles {
			if i%6 == 0 { // ten of them
				stuck[r.Name] = true
				w.aws.Fault(iamtest.Fault{Op: "GetRole", Name: r.Name, Status: 500, Code: "ServiceFailure", Count: -1})
				w.aws.Fault(iamtest.Fault{Kind: iamtest.Delayed, Op: "GetRole", Name: r.Name, Delay: time.Duration(i%5) * time.Second, Count: -1})
			}
		}
		s := p.sweeper()
		for range 4 { // each gives up at three at least
			_, _ = s.Sweep(context.Background())
		}
		roles, _, _ = w.left()
		for _, r := range roles {
			if !stuck[r.Name] {
				t.Errorf("%s is left", r.Name)
			}
		}
		if len(roles) != len(stuck) {
			t.Errorf("%d roles left, want %d", len(roles), len(stuck))
		}
	})
}

// TestSweepEntityElsewhere: a grant whose entity names a role elsewhere is an
// orphan: role and policy go after the grace, and the entity is not touched.
func TestSweepEntityElsewhere(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.request(nil)
		p.succeed(rec)
		w.setEntity(iamops.Name(rec.RunID), "role_arn", "arn:aws:iam::999999999999:role/port-iam/"+iamops.Name(rec.RunID))
		s := p.sweeper()
		w.sweep(s)
		w.wantRoles(1, 1)
		later(sweepGrace)
		w.sweep(s)
		w.wantRoles(0, 1)
		later(sweepGrace)
		w.sweep(s)
		w.wantRoles(0, 1)
	})
}

// TestSweepBrakeElsewhere: many entities that name roles elsewhere are a broken
// environment.
func TestSweepBrakeElsewhere(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		for i := range 12 {
			rec := w.request(nil)
			p.succeed(rec)
			if i%2 == 0 {
				takeFromPort(w, p, iamops.Name(rec.RunID))
				continue
			}
			w.setEntity(iamops.Name(rec.RunID), "role_arn", "arn:aws:iam::999999999999:role/port-iam/"+iamops.Name(rec.RunID))
		}
		later(2 * sweepGrace)
		s := p.sweeper()
		r, err := s.Sweep(context.Background())
		if err != nil || r.Braked != 12 {
			t.Errorf("braked %d, %v", r.Braked, err)
		}
		w.wantRoles(12, 6)
	})
}

// TestSweepForgottenEntity: an entity without a role, whose run Port has forgotten,
// goes when its time is over.
func TestSweepForgottenEntity(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.short()
		p.succeed(rec)
		takeFromIAM(w, p, iamops.Name(rec.RunID))
		w.port.Fault(porttest.Fault{Route: "run_get", ID: rec.RunID, Status: 404, Count: -1})
		later(2 * sweepGrace)
		s := p.sweeper()
		w.sweep(s)
		w.wantRoles(0, 1)
		contains(t, "log", p.log.String(), "Port does not know the run of a grant")
		later(time.Hour)
		w.sweep(s)
		w.wantRoles(0, 0)
	})
}

// TestOverdueForeign: of what is not ours no end is known, whatever its description
// says: it is never overdue.
func TestOverdueForeign(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.short()
		p.succeed(rec)
		w.retag(iamops.Name(rec.RunID), "port-iam-org-id", "org_theirs")
		later(3 * time.Hour)
		s := p.sweeper()
		for range 2 {
			w.sweep(s)
			p.wantMetric("port_iam_grants_overdue", 0)
			p.wantMetric("port_iam_grants", 1, "foreign")
		}
		back := w.port.Fault(porttest.Fault{Status: 503, Count: -1})
		defer back()
		if _, err := s.Sweep(context.Background()); err == nil {
			t.Error("swept without Port")
		}
		p.wantMetric("port_iam_grants_overdue", 0)
	})
}

// wantRoles checks how many roles and entities there are.
func (w *world) wantRoles(n, entities int) {
	w.t.Helper()
	roles, _, of := w.left()
	if len(roles) != n || len(of) != entities {
		w.t.Errorf("%d roles and %d entities, want %d and %d", len(roles), len(of), n, entities)
	}
}
