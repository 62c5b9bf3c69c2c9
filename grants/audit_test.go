package grants_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/internal/audit"
	"port-iam/port"
	"port-iam/port/porttest"
)

// notebook keeps audit events of all processes, and fails as the test says.
type notebook struct {
	mu     sync.Mutex
	events []audit.Event
	err    error
}

func (n *notebook) Write(_ context.Context, e audit.Event) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.err == nil {
		n.events = append(n.events, e)
	}
	return n.err
}

func (n *notebook) Problem() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.err
}

func (n *notebook) breaks(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.err = err
}

func (n *notebook) in(o *grants.Options) { o.Audit = n }

// told are the events in their order.
func (n *notebook) told() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var names []string
	for _, e := range n.events {
		names = append(names, e.Event)
	}
	return strings.Join(names, " ")
}

func (n *notebook) want(t *testing.T, want ...audit.Event) {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	if diff := cmp.Diff(want, n.events, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func (w *world) roleID(name string) string {
	w.t.Helper()
	r := w.roleIn(account, name)
	if r == nil {
		w.t.Fatalf("no role %s", name)
	}
	return r.ID
}

func roleARN(name string) string { return "arn:aws:iam::" + account + ":role/port-iam/" + name }

// TestAuditLife: the events of a grant that is made, revoked, made again and expires.
func TestAuditLife(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		var n notebook
		p := w.process(n.in)
		rec := w.request(map[string]any{"permissions": []any{"s3:PutObject"}, "duration": "1h", "reason": "ticket 7\u202e"})
		grant := iamops.Name(rec.RunID)
		start := time.Now().UTC().Truncate(time.Second)
		p.succeed(rec)
		granted := audit.Event{
			Event: audit.Granted, RunID: rec.RunID, Grant: grant, Account: account, RoleARN: roleARN(grant), RoleID: w.roleID(grant),
			Requester: alice, PortAction: grantAction, Resource: "arn:aws:s3:::my-s3-bucket", Permissions: []string{"s3:PutObject"},
			Actions: []string{"s3:PutObject"}, Start: start, End: start.Add(time.Hour), Reason: "ticket 7\u202e", By: audit.ByRequester,
		}
		n.want(t, granted)

		revoke := w.revoke(rec.RunID)
		p.succeed(revoke)
		run, err := p.portal.Run(context.Background(), revoke.RunID)
		w.must(err)
		revoked := audit.Event{
			Event: audit.Revoked, RunID: revoke.RunID, Grant: grant, Account: account, RoleARN: granted.RoleARN, RoleID: granted.RoleID,
			Requester: run.CreatedBy, PortAction: revokeAction, By: audit.ByRequester,
		}
		n.want(t, granted, revoked)

		n.events = nil
		name := w.granted(p, "1h")
		second, id := strings.TrimPrefix(name, iamops.NamePrefix), w.roleID(name)
		n.events = nil
		later(2 * time.Hour)
		w.sweep(p.sweeper())
		w.wantGrants(0)
		n.want(t, audit.Event{
			Event: audit.Expired, RunID: second, Grant: name, Account: account, RoleARN: roleARN(name), RoleID: id, Requester: alice,
			End: n.events[0].End, By: audit.BySweeper, Why: "its time is over",
		})
	})
}

// TestAuditEnds: what ends a run otherwise leaves its event before the end.
func TestAuditEnds(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		var n notebook
		p := w.process(n.in)
		defer w.at("run_log", false, func() {
			if n.told() == "" {
				t.Error("a run ends before its event")
			}
		})()
		for _, c := range []struct {
			name string
			rec  func() port.Record
			want string
		}{
			{"a wrong input", func() port.Record {
				return w.request(map[string]any{"permissions": []any{"s3:PutObject"}, "duration": "1m"})
			}, "refused requester " + alice},
			{"no such grant", func() port.Record {
				return w.start(porttest.RunSpec{Action: revokeAction, Entity: "other", Requester: alice})
			}, "refused requester"},
			{"AWS cannot", func() port.Record {
				w.aws.Fault(iamtest.Fault{Op: "CreateRole", Code: "LimitExceeded", Status: 409})
				return w.request(nil)
			}, "failed requester " + alice + ", removed requester " + alice},
			{"not its run", func() port.Record {
				rec := w.request(nil)
				rec.Entity = "other"
				return rec
			}, "dropped"},
		} {
			n.events = nil
			rec := c.rec()
			if err := p.handle(rec); err != nil && !isMismatch(err) {
				t.Errorf("%s: %v", c.name, err)
			}
			var got []string
			for _, e := range n.events {
				if e.RunID != rec.RunID || e.Why == "" {
					t.Errorf("%s: %+v", c.name, e)
				}
				got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s", e.Event, e.By, e.Requester)))
			}
			if got := strings.Join(got, ", "); !strings.HasPrefix(got, c.want) {
				t.Errorf("%s: events %s, want %s", c.name, got, c.want)
			}
		}
		dropped := n.events[0]
		if diff := cmp.Diff(audit.Event{Event: audit.Dropped, RunID: dropped.RunID, Why: "wrong_entity"}, dropped); diff != "" {
			t.Errorf("dropped (-want +got):\n%s", diff)
		}
	})
}

var errDisk = errors.New("no space left on device")

// TestAuditFullDisk: it stops grants before anything is made or ended, and no removal.
func TestAuditFullDisk(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		var n notebook
		p := w.process(n.in)
		p.wantMetric("port_iam_audit_errors_total", 0)
		revoked := strings.TrimPrefix(w.granted(p, "8h"), iamops.NamePrefix)
		w.granted(p, "1h")
		n.events = nil
		n.breaks(errDisk)

		ended := make(chan error, 2)
		grant, wrong := w.request(nil), w.request(map[string]any{"permissions": []any{}})
		for _, rec := range []port.Record{grant, wrong} {
			go func() { ended <- p.handle(rec) }()
		}
		later(30 * time.Minute)
		w.wantLabel(grant.RunID, "Waiting for the audit log")
		w.wantRun(grant.RunID, "IN_PROGRESS")
		w.wantRun(wrong.RunID, "IN_PROGRESS")
		w.wantGrants(2)

		began := time.Now()
		p.succeed(w.revoke(revoked))
		if took := time.Since(began); took > time.Minute {
			t.Errorf("the revocation took %s", took)
		}
		later(time.Hour)
		w.sweep(p.sweeper())
		w.wantGrants(0)
		if p.metric("port_iam_audit_errors_total") < 2 {
			t.Error("events that were not kept are not counted")
		}

		n.breaks(nil)
		for range 2 {
			w.must(<-ended)
		}
		w.wantRun(grant.RunID, "SUCCESS")
		w.wantRun(wrong.RunID, "FAILURE")
		w.wantGrants(1)
		if told := n.told(); told != "granted refused" && told != "refused granted" {
			t.Errorf("events %s", told)
		}
	})
}

// TestAuditWaitCounts: the count goes on as long as grants wait, so that its alert does
// not end before the trouble, also where nothing else is to be written.
func TestAuditWaitCounts(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		var n notebook
		p, rec := w.process(n.in), w.request(nil)
		n.breaks(errDisk)
		ended := make(chan error, 1)
		go func() { ended <- p.handle(rec) }()
		for range 3 {
			before := p.metric("port_iam_audit_errors_total")
			later(5 * time.Minute)
			if now := p.metric("port_iam_audit_errors_total"); now <= before {
				t.Errorf("%v events are counted after 5 minutes, %v before", now, before)
			}
		}
		n.breaks(nil)
		w.must(<-ended)
	})
}

// TestAuditFullBetween: the disk is full when the entity has been written: nothing is
// attached until the event is kept.
func TestAuditFullBetween(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		var n notebook
		p, rec := w.process(n.in), w.request(nil)
		defer w.at("entity_upsert", true, func() { n.breaks(errDisk) })()
		ended := make(chan error, 1)
		go func() { ended <- p.handle(rec) }()
		later(20 * time.Minute)
		roles, _, entities := w.left()
		if len(roles) != 1 || len(entities) != 1 || len(roles[0].Attached) > 0 {
			t.Errorf("while nothing can be kept: %+v, entities %v", roles, entities)
		}
		n.breaks(nil)
		w.must(<-ended)
		w.wantRun(rec.RunID, "SUCCESS")
		w.wantGrants(1)
		if n.told() != "granted" {
			t.Errorf("events %s", n.told())
		}
	})
}

// TestAuditLastEventIsTrue: whatever else happens to the run of a grant, its last event
// says whether it can be used.
func TestAuditLastEventIsTrue(t *testing.T) {
	for _, c := range []struct {
		name, at  string
		done      bool
		meanwhile func(w *world, p *process, rec port.Record)
		want      string
	}{
		{"ended before attaching", "AttachRolePolicy", false, func(_ *world, p *process, rec port.Record) {
			_ = p.portal.SetStatus(context.Background(), rec.RunID, port.StatusFailure)
		}, "granted removed"},
		{"ended before the entity", "entity_upsert", false, func(_ *world, p *process, rec port.Record) {
			_ = p.portal.SetStatus(context.Background(), rec.RunID, port.StatusFailure)
		}, "removed"},
		{"revoked before attaching", "AttachRolePolicy", false, func(w *world, p *process, rec port.Record) {
			w.must(p.handle(w.revoke(rec.RunID)))
		}, "granted failed revoked removed"},
		{"revoked by hand before attaching", "AttachRolePolicy", false, func(w *world, p *process, rec port.Record) {
			w.must(p.operator().Revoke(context.Background(), iamops.Name(rec.RunID)))
		}, "granted failed revoked removed"},
		{"granted by another instance", "AttachRolePolicy", false, func(w *world, p *process, rec port.Record) {
			w.must(p.handle(rec))
		}, "granted granted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				var n notebook
				p, other, rec := w.process(n.in), w.process(n.in), w.request(nil)
				var once sync.Once
				defer w.at(c.at, c.done, func() { once.Do(func() { c.meanwhile(w, other, rec) }) })()
				w.must(p.handle(rec))
				if told := n.told(); told != c.want {
					t.Errorf("events %s, want %s", told, c.want)
				}
				usable := 0
				if strings.HasSuffix(c.want, audit.Granted) {
					usable = 1
				}
				w.wantGrants(usable)
			})
		})
	}
}

// TestAuditCorrected: an attempt that gives up finds that another one has granted it.
func TestAuditCorrected(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		var n notebook
		p, other, rec := w.process(n.in), w.process(n.in), w.request(nil)
		w.aws.Fault(iamtest.Fault{Op: "CreateRole", Code: "LimitExceeded", Status: 409})
		var once sync.Once
		defer w.at("run_log", false, func() { once.Do(func() { w.must(other.handle(rec)) }) })()
		w.must(p.handle(rec))
		w.wantRun(rec.RunID, "SUCCESS")
		w.wantGrants(1)
		if told := n.told(); told != "failed granted granted" {
			t.Errorf("events %s", told)
		}
		if last := n.events[2]; last.RoleID != n.events[1].RoleID || last.RoleARN != n.events[1].RoleARN || last.Why == "" {
			t.Errorf("the last one: %+v", last)
		}
	})
}

// TestAuditLate: an attempt whose time is over tells nothing any more. It cannot end the
// run either, and another one may.
func TestAuditLate(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		var n notebook
		rec := w.request(nil)
		w.aws.Fault(iamtest.Fault{Op: "CreateRole", Code: "LimitExceeded", Status: 409})
		w.aws.Fault(iamtest.Fault{Op: "CreatePolicy", Kind: iamtest.Delayed, Delay: time.Hour})
		p := w.process(n.in)
		j := p.job(rec)
		short, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := j.Attempt(short); err == nil {
			t.Error("the attempt ended the run")
		}
		w.must(p.finish(context.Background(), j))
		w.wantRun(rec.RunID, "SUCCESS")
		if told := n.told(); told != "granted" {
			t.Errorf("events %s, want granted alone", told)
		}
	})
}

// TestAuditCrash: a process that crashes on the way leaves the rest to the next one.
func TestAuditCrash(t *testing.T) {
	for at, want := range map[string][2]string{
		"CreateRole":       {"granted", "removed"},
		"AttachRolePolicy": {"granted granted", "granted removed"},
	} {
		for i, end := range []port.Status{"", port.StatusFailure} {
			t.Run(fmt.Sprintf("%s, then %s", at, end), func(t *testing.T) {
				inWorld(t, iamtest.Options{}, func(w *world) {
					var n notebook
					rec := w.request(nil)
					w.crashAt(w.process(n.in), rec, at)
					p := w.process(n.in)
					if end != "" {
						w.must(p.portal.SetStatus(context.Background(), rec.RunID, end))
					}
					w.must(p.handle(rec))
					if told := n.told(); told != want[i] {
						t.Errorf("events %s, want %s", told, want[i])
					}
				})
			})
		}
	}
}
