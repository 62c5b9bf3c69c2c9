package grants_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"port-iam/grants"
	"port-iam/iamops/iamtest"
)

// TestRecent: the last runs are there with outcome and reason, newest first.
func TestRecent(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		good := w.request(nil)
		p.succeed(good)
		bad := w.request(map[string]any{"permissions": []any{"s3:PutObject"}, "duration": "soon, says bob"})
		if err := p.handle(bad); err != nil {
			t.Fatal(err)
		}
		p.succeed(w.revoke(good.RunID))

		got := p.Recent()
		if len(got) != 3 {
			t.Fatalf("%d runs are remembered, want 3: %+v", len(got), got)
		}
		for i, want := range []string{"revoke succeeded Permission-" + good.RunID, "grant refused Permission-" + bad.RunID, "grant succeeded Permission-" + good.RunID} {
			e := got[i]
			if has := e.Operation + " " + e.Outcome + " " + e.Grant; has != want || e.Requester != alice || e.At.IsZero() {
				t.Errorf("run %d is %q of %q at %v, want %q of %q", i, has, e.Requester, e.At, want, alice)
			}
		}
		contains(t, "reason", got[1].Reason, `input "duration" is "soon, says bob"`)
		if got[0].Resource != "" || got[2].Resource != bucket {
			t.Errorf("resources %q and %q, want none and %q", got[0].Resource, got[2].Resource, bucket)
		}
	})
}

// TestRecentIsBounded: neither the number of runs nor their reasons grow.
func TestRecentIsBounded(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		var last string
		for i := range 60 {
			rec := w.request(map[string]any{"permissions": []any{"s3:PutObject"}, "duration": fmt.Sprint(i, strings.Repeat("é", 2000))})
			if err := p.handle(rec); err != nil {
				t.Fatal(err)
			}
			last = "Permission-" + rec.RunID
		}
		got := p.Recent()
		if len(got) != 50 || got[0].Grant != last {
			t.Fatalf("%d runs are remembered, the newest is %s; want 50 and %s", len(got), got[0].Grant, last)
		}
		for i, e := range got {
			contains(t, "reason", e.Reason, fmt.Sprintf("is \"%dé", 59-i))
			if n := len([]rune(e.Reason)); n > 501 {
				t.Errorf("a reason has %d characters", n)
			}
			if plain := e.PlainReason(); strings.Contains(plain, "é") {
				t.Errorf("a quotation that was cut is shown: %s", plain)
			}
		}
	})
}

// TestLastSweep: what a sweep leaves is there, what it removes is not.
func TestLastSweep(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		if _, ok := p.LastSweep(); ok {
			t.Error("a sweep is remembered before there was one")
		}
		short := w.request(map[string]any{"permissions": []any{"s3:PutObject"}, "duration": "15m"})
		long := w.request(map[string]any{"permissions": []any{"s3:PutObject"}, "duration": "8h"})
		p.succeed(short)
		p.succeed(long)
		later(time.Hour)
		w.sweep(p.sweeper())

		got, ok := p.LastSweep()
		if !ok || len(got.Grants) != 1 || got.Grants[0].Name != "Permission-"+long.RunID || !got.At.Equal(time.Now()) {
			t.Errorf("after the sweep: %+v, %v; want the long grant only", got, ok)
		}
	})
}

func TestPlainReason(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]string{
		"": "",
		`input "duration" is "tell \"Bob\" it is late", and a duration such as 30m or 8h was expected`:     `input "duration" is [hidden], and a duration such as 30m or 8h was expected`,
		`requester: "Eve.Doe@other.example" is not of the domain example.com`:                              `requester: [hidden] is not of the domain example.com`,
		`requester: Eve.Doe@other.example, eve.doe eve.doe`:                                                `requester: [hidden], [hidden] [hidden]`,
		`the resource my bucket is not in the catalogue (blueprint "aws_resource")`:                        `the resource [hidden] is not in the catalogue (blueprint "aws_resource")`,
		`create role: User: arn:aws-cn:sts::123456789012:assumed-role/x/y is not authorized`:               `create role: User: [hidden] is not authorized`,
		`create role: Another@example.org (someone) asked`:                                                 `create role: [hidden] (someone) asked`,
		`it was made for "mallory@exa`:                                                                     `it was made for [hidden]`,
		`permission s3:PutObject is not in the catalogue: choose another one, or ask the platform team to`: `permission s3:PutObject is not in the catalogue: choose another one, or ask the platform team to`,
	} {
		e := grants.Ended{Reason: reason, Requester: "eve.doe@other.example", Resource: "my bucket"}
		if got := e.PlainReason(); got != want {
			t.Errorf("%s\nbecomes %s\nwant    %s", reason, got, want)
		}
	}
}
