package grants_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"port-iam/grants"
	"port-iam/iamops/iamtest"
	"port-iam/port"
	"port-iam/port/porttest"
)

// picky is a Port that does not take everything that people read, and remembers
// the labels of runs that wait.
type picky struct {
	grants.Portal
	end, label, link func(context.Context) error

	mu     sync.Mutex
	labels []string
}

func (p *picky) EndRun(ctx context.Context, id string, e port.RunEnd) error {
	if p.end != nil && e.Label != "" {
		return p.end(ctx)
	}
	return p.Portal.EndRun(ctx, id, e)
}

func (p *picky) LabelRun(ctx context.Context, id, label string) error {
	p.mu.Lock()
	p.labels = append(p.labels, label)
	p.mu.Unlock()
	if p.label != nil {
		return p.label(ctx)
	}
	return p.Portal.LabelRun(ctx, id, label)
}

func (p *picky) LinkRun(ctx context.Context, id, link string) error {
	if p.link != nil {
		return p.link(ctx)
	}
	return p.Portal.LinkRun(ctx, id, link)
}

func (p *picky) said() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.labels)
}

func (p *picky) use(o *grants.Options) { p.Portal, o.Portal = o.Portal, p }

// wantLabel checks the status label of a run.
func (w *world) wantLabel(id, want string) {
	w.t.Helper()
	if run, _ := w.port.Run(id); run.StatusLabel != want {
		w.t.Errorf("run %s has the label %q, want %q", id, run.StatusLabel, want)
	}
}

// wantSaid checks which labels were sent while runs waited.
func wantSaid(t *testing.T, p *picky, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, p.said()); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
}

// TestWaitingLabel: a run that waits for more than five seconds says for whom, in
// one call for each change.
func TestWaitingLabel(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		said := &picky{}
		p := w.process(said.use)
		rec := w.request(nil)
		cure := w.aws.Fault(iamtest.Fault{Op: "CreateRole", Code: "ServiceUnavailable", Status: 503, Count: -1})
		ended := make(chan error, 1)
		go func() { ended <- p.handle(rec) }()
		later(4 * time.Second)
		w.wantLabel(rec.RunID, "")
		later(2 * time.Minute)
		w.wantLabel(rec.RunID, "Waiting for AWS")
		wantSaid(t, said, "Waiting for AWS")

		away := w.port.Fault(porttest.Fault{Route: "entity_upsert", Status: 503, Count: -1})
		cure()
		later(2 * time.Minute)
		w.wantLabel(rec.RunID, "Waiting for Port")
		away()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		w.wantRun(rec.RunID, "SUCCESS")
		later(time.Minute)
		wantSaid(t, said, "Waiting for AWS", "Waiting for Port")
		run, _ := w.port.Run(rec.RunID)
		contains(t, "label", run.StatusLabel, "Granted until ")
	})
}

// TestWaitingInACall: a run says for whom it waits while a single call takes long.
func TestWaitingInACall(t *testing.T) {
	for route, want := range map[string]string{"run_get": "Waiting for Port", "entity_upsert": "Waiting for Port", "AttachRolePolicy": "Waiting for AWS"} {
		t.Run(route, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				said := &picky{}
				p := w.process(said.use)
				rec := w.request(nil)
				if route == "AttachRolePolicy" {
					w.aws.Fault(iamtest.Fault{Kind: iamtest.Delayed, Op: route, Delay: 8 * time.Second})
				} else {
					w.port.Fault(porttest.Fault{Kind: porttest.Delayed, Route: route, Delay: 7 * time.Second})
				}
				p.succeed(rec)
				wantSaid(t, said, want)
			})
		})
	}
}

// TestWaitingInTheQueue: a run whose record waits for others says so too, if the
// record is one of ours that may be worked on.
func TestWaitingInTheQueue(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		said := &picky{}
		p := w.process(said.use)
		ours, theirs, unsigned := w.request(nil), w.start(porttest.RunSpec{Action: "restart_server", Entity: bucket}), w.request(nil)
		theirs.Action = grantAction
		unsigned.Signature = port.SignatureWrong
		gone := w.request(nil)
		gone.RunID = "r_gone"
		jobs := []*grants.Job{p.job(ours), p.job(theirs), p.job(unsigned), p.job(gone)}
		given := w.request(nil)
		p.job(given).Abandon()
		later(time.Minute)
		w.wantLabel(ours.RunID, "Waiting for other requests")
		wantSaid(t, said, "Waiting for other requests")
		if err := p.finish(context.Background(), jobs[0]); err != nil {
			t.Fatal(err)
		}
		w.wantRun(ours.RunID, "SUCCESS")
		for _, rec := range []port.Record{theirs, unsigned, given} {
			w.wantLabel(rec.RunID, "")
		}
	})
}

// TestNoLabelOfTheWaitStays: a run that has ended does not say that it waits, whatever
// Port did not take of its end.
func TestNoLabelOfTheWaitStays(t *testing.T) {
	refuse := func(context.Context) error { return &port.Error{Op: "test", Kind: port.KindRefused, Status: 422} }
	for name, c := range map[string]struct {
		said  *picky
		fails int // ends that Port fails at
	}{
		"fails once": {&picky{}, 1}, "fails three times": {&picky{}, 3}, "fails for long": {&picky{}, 12}, "refused": {&picky{end: refuse}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				p := w.process(c.said.use)
				rec := w.request(nil)
				w.aws.Fault(iamtest.Fault{Kind: iamtest.Delayed, Op: "CreateRole", Delay: 7 * time.Second})
				if c.fails > 0 {
					w.port.Fault(porttest.Fault{Route: "run_log", Status: 503, Count: c.fails})
				}
				p.succeed(rec)
				later(time.Minute)
				if said := c.said.said(); len(said) == 0 || said[0] != "Waiting for AWS" {
					t.Errorf("labels are %q", said)
				}
				run, _ := w.port.Run(rec.RunID)
				contains(t, "label", run.StatusLabel, "Granted until ")
			})
		})
	}
}

// TestOtherCopyKnowsMore: a copy of a record that waits for its turn does not say so
// where the other copy has said for whom it waits.
func TestOtherCopyKnowsMore(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		first, second := &picky{}, &picky{}
		p, q := w.process(first.use), w.process(second.use)
		rec := w.request(nil)
		cure := w.aws.Fault(iamtest.Fault{Op: "CreateRole", Code: "ServiceUnavailable", Status: 503, Count: -1})
		ended := make(chan error, 1)
		go func() { ended <- p.handle(rec) }()
		later(30 * time.Second)
		again := q.job(rec)
		later(time.Minute)
		w.wantLabel(rec.RunID, "Waiting for AWS")
		wantSaid(t, first, "Waiting for AWS")
		wantSaid(t, second)
		again.Abandon()
		cure()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	})
}

// TestRevocationWaits: a revocation names who keeps it waiting, and nobody else.
func TestRevocationWaits(t *testing.T) {
	for route, want := range map[string]string{"run_get": "Port", "entity_get": "Port", "entity_delete": "Port", "GetRole": "AWS", "DetachRolePolicy": "AWS", "DeleteRole": "AWS"} {
		t.Run(route, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				said := &picky{}
				p := w.process(said.use)
				rec := w.request(nil)
				p.succeed(rec)
				later(5 * time.Minute)
				rev := w.revoke(rec.RunID)
				if want == "Port" {
					w.port.Fault(porttest.Fault{Kind: porttest.Delayed, Route: route, Delay: 9 * time.Second})
				} else {
					w.aws.Fault(iamtest.Fault{Kind: iamtest.Delayed, Op: route, Delay: 9 * time.Second})
				}
				p.succeed(rev)
				wantSaid(t, said, "Waiting for "+want)
			})
		})
	}
}

// TestCutWaits: a Deny and a detaching that are both slow are one wait for AWS.
func TestCutWaits(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		said := &picky{}
		p := w.process(said.use)
		rec := w.request(nil)
		p.succeed(rec)
		later(5 * time.Minute)
		rev := w.revoke(rec.RunID)
		for _, op := range []string{"PutRolePolicy", "DetachRolePolicy"} {
			w.aws.Fault(iamtest.Fault{Kind: iamtest.Delayed, Op: op, Delay: 4 * time.Second})
		}
		p.succeed(rev)
		wantSaid(t, said, "Waiting for AWS")
	})
}

// TestForgedGetsNoLabel: a record that turns out to be of another person puts nothing
// on the run.
func TestForgedGetsNoLabel(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		said := &picky{}
		p := w.process(said.use)
		rec := w.request(nil)
		rec.Requester = "mallory@example.com"
		if err := p.handle(rec); !isMismatch(err) {
			t.Fatalf("handled: %v", err)
		}
		later(time.Minute)
		wantSaid(t, said)
	})
}

// TestManyShortSteps: the whole wait counts, not each step by itself.
func TestManyShortSteps(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		said := &picky{}
		p := w.process(said.use)
		const slow = 4500 * time.Millisecond
		w.port.Fault(porttest.Fault{Kind: porttest.Delayed, Route: "run_get", Delay: slow})
		w.aws.Fault(iamtest.Fault{Kind: iamtest.Delayed, Op: "CreateRole", Delay: slow})
		w.port.Fault(porttest.Fault{Kind: porttest.Delayed, Route: "entity_upsert", Delay: slow})
		p.succeed(w.request(nil))
		wantSaid(t, said, "Waiting for AWS")
	})
}

// TestLinkIsSentOnce: it is, however often AWS fails to attach.
func TestLinkIsSentOnce(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		n := 0
		p := w.process((&picky{link: func(context.Context) error {
			n++
			return &port.Error{Op: "test", Kind: port.KindUnavailable, Status: 500}
		}}).use)
		w.aws.Fault(iamtest.Fault{Op: "AttachRolePolicy", Code: "ServiceUnavailable", Status: 503, Count: 20})
		p.succeed(w.request(nil))
		if n != 1 {
			t.Errorf("%d calls, want 1", n)
		}
	})
}

// TestAbandonedHoldNothingUp: runs that were handed back are not in the way of the
// label of one that waits.
func TestAbandonedHoldNothingUp(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		said := &picky{}
		p := w.process(said.use)
		var jobs []*grants.Job
		for range 500 {
			jobs = append(jobs, p.job(w.request(nil)))
		}
		later(5*time.Second + 900*time.Millisecond)
		for _, j := range jobs {
			j.Abandon()
		}
		p.job(w.request(nil))
		n := len(said.said())
		later(7 * time.Second)
		if got := len(said.said()); n == len(jobs) || got != n+1 {
			t.Errorf("%d labels, then %d", n, got)
		}
	})
}

// TestManyWait: the labels of many runs leave Port's rate limit to the runs.
func TestManyWait(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		said := &picky{}
		p := w.process(said.use)
		var recs []port.Record
		for range 100 {
			recs = append(recs, w.request(nil))
		}
		for _, rec := range recs {
			p.job(rec)
		}
		later(5*time.Second + 2*time.Second + 50*time.Millisecond)
		if n := len(said.said()); n != 11 {
			t.Errorf("%d labels in two seconds, want 11", n)
		}
		later(time.Minute)
		if n := len(said.said()); n != len(recs) {
			t.Errorf("%d labels, want %d", n, len(recs))
		}
	})
}

// TestPickyPort: what Port does not take of label and link costs no grant, and
// hardly any time.
func TestPickyPort(t *testing.T) {
	refuse := func(context.Context) error { return &port.Error{Op: "test", Kind: port.KindRefused, Status: 422} }
	fail := func(context.Context) error { return &port.Error{Op: "test", Kind: port.KindUnavailable, Status: 500} }
	hang := func(ctx context.Context) error {
		<-ctx.Done()
		return &port.Error{Op: "test", Kind: port.KindUnavailable, Err: ctx.Err()}
	}
	for name, c := range map[string]struct {
		said  *picky
		label string
		limit time.Duration
		log   string
	}{
		"end refused":  {&picky{end: refuse}, "Granted until ", 0, "Port refused the end of a run, trying it with less"},
		"end fails":    {&picky{end: fail}, "Granted until ", 10 * time.Second, "run waits"},
		"both refused": {&picky{end: refuse, label: refuse}, "", 0, "Port did not take the status label of a run that ends"},
		"both hang":    {&picky{end: refuse, label: hang}, "", 2 * time.Second, "Port did not take the status label of a run that ends"},
		"link refused": {&picky{link: refuse}, "Granted until ", 0, "Port did not take the link of the run"},
		"link fails":   {&picky{link: fail}, "Granted until ", 0, "Port did not take the link of the run"},
		"link hangs":   {&picky{link: hang}, "Granted until ", 2 * time.Second, "Port did not take the link of the run"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				p := w.process(c.said.use)
				rec := w.request(nil)
				began := time.Now()
				p.succeed(rec)
				if took := time.Since(began); took > c.limit {
					t.Errorf("took %s, want %s at most", took, c.limit)
				}
				w.wantGrants(1)
				run, _ := w.port.Run(rec.RunID)
				if !strings.HasPrefix(run.StatusLabel, c.label) || c.label == "" && run.StatusLabel != "" {
					t.Errorf("label is %q, want %q", run.StatusLabel, c.label)
				}
				contains(t, "log of the run", run.Logs[len(run.Logs)-1].Message, "Sign-in URL: ")
				contains(t, "log", p.log.String(), c.log)
			})
		})
	}
	for name, label := range map[string]func(context.Context) error{"refused": refuse, "fails": fail, "hangs": hang} {
		t.Run("waiting label "+name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				said := &picky{label: label}
				p := w.process(said.use)
				rec := w.request(nil)
				w.aws.Fault(iamtest.Fault{Kind: iamtest.Delayed, Op: "CreateRole", Delay: 6 * time.Second})
				began := time.Now()
				p.succeed(rec)
				if took := time.Since(began); took != 6*time.Second {
					t.Errorf("took %s, want 6s", took)
				}
				wantSaid(t, said, "Waiting for AWS")
			})
		})
	}
}
