package grants_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"port-iam/grants"
	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

// TestUnreportable: a run whose end Port fails, while it takes that of others, is
// given up after half an hour, and is not tried without pauses: one that
// succeeded, and one that is refused.
func TestUnreportable(t *testing.T) {
	for name, properties := range map[string]map[string]any{
		"success": {"permissions": []any{"s3:PutObject"}},
		"refusal": {"permissions": []any{"s3:PutObject"}, "duration": "nonsense"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				p := w.process()
				rec := w.request(properties)
				w.port.Fault(porttest.Fault{Route: "run_log", ID: rec.RunID, Status: 502, Count: -1})
				ended := make(chan error, 1)
				began := time.Now()
				go func() { ended <- p.handle(rec) }()
				for range 10 {
					later(4 * time.Minute)
					p.succeed(w.request(nil))
				}
				if err := <-ended; err != nil {
					t.Error(err)
				}
				if took := time.Since(began); took < 30*time.Minute || took > 45*time.Minute {
					t.Errorf("given up after %s", took)
				}
				if n := strings.Count(p.log.String(), "run waits"); n > 120 {
					t.Errorf("%d attempts", n)
				}
				p.wantMetric("port_iam_unreportable_runs_total", 1)
			})
		})
	}
}

// TestOutageThenHiccup: the time without Port counts against no run, also where
// Port takes the end of others before it answers this one.
func TestOutageThenHiccup(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		granted, waiting := w.request(nil), w.request(nil)
		p.succeed(granted)
		revoke := w.revoke(granted.RunID)
		outage := w.port.Fault(porttest.Fault{Status: 502, Count: -1})
		hiccup := w.port.Fault(porttest.Fault{Route: "run_get", ID: revoke.RunID, Status: 503, Count: -1})
		ends := make(chan error, 2)
		go func() { ends <- p.handle(waiting) }()
		go func() { ends <- p.handle(revoke) }()
		later(40 * time.Minute)
		outage()
		for range 5 {
			later(time.Minute)
			p.succeed(w.request(nil))
		}
		hiccup()
		for range 2 {
			if err := <-ends; err != nil {
				t.Error(err)
			}
		}
		w.wantRun(waiting.RunID, "SUCCESS")
		w.wantRun(revoke.RunID, "SUCCESS")
		p.wantMetric("port_iam_unreportable_runs_total", 0)
	})
}

// TestPatienceOfSeveralCauses: trouble that changes between Port and AWS does not
// keep a run from giving up.
func TestPatienceOfSeveralCauses(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.request(nil)
		j := p.job(rec)
		began := time.Now()
		for aws := true; ; aws = !aws {
			var back func()
			if aws {
				back = w.aws.Fault(iamtest.Fault{Status: 503, Code: "ServiceUnavailable", Count: -1})
			} else {
				back = w.port.Fault(porttest.Fault{Route: "run_get", Status: 503, Count: -1})
			}
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			err := j.Attempt(ctx)
			cancel()
			back()
			if err == nil || time.Since(began) > 2*time.Hour {
				break
			}
			later(20 * time.Second)
		}
		if took := time.Since(began); took > time.Hour {
			t.Errorf("took %s", took)
		}
		contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), "gave up after 10m")
	})
}

// TestWaitForClock: while the clock is wrong, runs are tried seldom.
func TestWaitForClock(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process(func(o *grants.Options) {
			o.ClockSkew = func() (time.Duration, bool) { return -2 * time.Minute, true }
		})
		ctx, stop := context.WithTimeout(context.Background(), 10*time.Minute)
		defer stop()
		if err := p.finish(ctx, p.job(w.request(nil))); err == nil {
			t.Error("granted by a wrong clock")
		}
		if n := strings.Count(p.log.String(), "run waits"); n > 60 {
			t.Errorf("%d attempts in 10 minutes", n)
		}
	})
}
