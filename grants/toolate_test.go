package grants_test

import (
	"testing"
	"time"

	"port-iam/grants"
	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

// TestWaitedTooLong: a request is granted up to 24 hours after its start, with at
// least 5 minutes left, and not a moment later, however long the grant is to last.
// Its start is the start of the run, or the record's time where it was approved.
func TestWaitedTooLong(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		name     string
		lasts    string // "": until revoked
		age      time.Duration
		approved bool
		granted  bool
	}{
		{"until revoked, a day", "", day, false, true},
		{"until revoked, more", "", day + time.Millisecond, false, false},
		{"until revoked, a week", "", 7 * day, false, false},
		{"a week, a day", "168h", day, false, true},
		{"a week, more", "168h", day + time.Millisecond, false, false},
		{"an hour, 5 minutes left", "1h", 55 * time.Minute, false, true},
		{"an hour, less left", "1h", 55*time.Minute + time.Millisecond, false, false},
		{"approved, a day", "", day, true, true},
		{"approved, more", "", day + time.Millisecond, true, false},
		{"approved an hour, 5 minutes left", "1h", 55 * time.Minute, true, true},
		{"approved an hour, less left", "1h", 55*time.Minute + time.Millisecond, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				p := w.process(func(o *grants.Options) { o.Duration, o.MaxDuration = 0, 0 })
				inputs := map[string]any{"permissions": []any{"s3:PutObject"}}
				if c.lasts != "" {
					inputs["duration"] = c.lasts
				}
				later(time.Until(time.Now().Truncate(time.Second).Add(time.Second))) // starts are whole seconds
				rec := w.start(porttest.RunSpec{
					Action: grantAction, Entity: bucket, Requester: alice, Properties: inputs, RequiredApproval: c.approved,
				})
				if c.approved {
					later(30 * time.Hour)
					if err := w.port.Approve(rec.RunID); err != nil {
						t.Fatal(err)
					}
					rec.Time = time.Now()
				}
				later(c.age)
				if c.granted {
					p.succeed(rec)
					w.wantGrants(1)
					return
				}
				if err := p.handle(rec); err != nil {
					t.Fatal(err)
				}
				contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), "refused", "waited too long, please request again")
				w.wantGrants(0)
				p.wantMetric("port_iam_runs_total", 1, "grant", "refused")
			})
		})
	}
}

// TestWaitedTooLongWithIt: what a request had made before it waited too long goes.
func TestWaitedTooLongWithIt(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process(func(o *grants.Options) { o.Duration, o.MaxDuration = 0, 0 })
		rec := w.request(nil)
		w.crashAt(p, rec, "AttachRolePolicy")
		later(25 * time.Hour)
		if err := p.handle(rec); err != nil {
			t.Fatal(err)
		}
		contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), "waited too long")
		w.wantGrants(0)
	})
}
