package grants_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"port-iam/grants"
	"port-iam/iamops/iamtest"
	"port-iam/port"
	"port-iam/port/porttest"
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
			if e.Summary != `input "duration" is wrong` {
				t.Errorf("summary %q", e.Summary)
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

// TestSummaries: what the status page shows to everybody names no people and
// resources, and never quotes what others wrote.
func TestSummaries(t *testing.T) {
	input := func(name string, value any) func(*world) port.Record {
		return func(w *world) port.Record {
			properties := map[string]any{"permissions": []any{"s3:PutObject"}}
			properties[name] = value
			return w.request(properties)
		}
	}
	denied := iamtest.Fault{Op: "CreateRole", Status: 403, Code: "AccessDenied", Message: "User: arn:aws:sts::123456789012:assumed-role/x/alice@example.com", Count: -1}
	for want, c := range map[string]struct {
		start func(*world) port.Record
		fault iamtest.Fault
	}{
		`input "duration" is wrong`:                      {start: input("duration", "when alice@example.com says so")},
		`input "permissions" is wrong`:                   {start: input("permissions", "alice@example.com")},
		`input "reason" is wrong`:                        {start: input("reason", strings.Repeat("alice@example.com", 100))},
		"a permission is not in the catalogue":           {start: input("permissions", []any{"s3:GetObjectTagging"})},
		"this cannot be granted on this resource":        {start: input("permissions", []any{"s3:alice@example.com"})},
		"it was not started on a provisioned permission": {start: func(w *world) port.Record { return w.start(porttest.RunSpec{Action: revokeAction, Requester: alice}) }},
		"AWS refuses the daemon a right":                 {start: input("reason", "alice@example.com"), fault: denied},
		"the requester cannot be a user name in AWS":     {start: func(w *world) port.Record { return w.request(nil) }},
	} {
		t.Run(want, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				p := w.process(func(o *grants.Options) {
					if strings.HasPrefix(want, "the requester") {
						o.UserName = func(email string) (string, error) { return "", errors.New(email + " is not of this company") }
					}
				})
				if c.fault.Op != "" {
					w.aws.Fault(c.fault)
				}
				if err := p.handle(c.start(w)); err != nil {
					t.Fatal(err)
				}
				got := p.Recent()
				if len(got) != 1 || got[0].Summary != want || got[0].Reason == "" {
					t.Errorf("%+v, want the summary %q", got, want)
				}
			})
		})
	}
}

// TestSummariesAreConstant: the summary of a refusal is written in the code, so
// that nothing of a request can come into it.
func TestSummariesAreConstant(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			callee, ok := call.Fun.(*ast.Ident)
			if !ok || callee.Name != "refuse" {
				return true
			}
			seen++
			switch first := call.Args[0].(type) {
			case *ast.BasicLit:
			case *ast.CallExpr:
				if f, ok := first.Fun.(*ast.Ident); !ok || f.Name != "badInput" {
					t.Errorf("%s: the summary of a refusal is computed", name)
				}
			default:
				t.Errorf("%s: the summary of a refusal is computed", name)
			}
			return true
		})
	}
	if seen < 10 {
		t.Errorf("only %d refusals were found", seen)
	}
}
