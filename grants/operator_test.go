package grants_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

func (p *process) operator() *grants.Operator {
	return p.NewOperator(sweepGrace)
}

// granted makes a grant and returns its name.
func (w *world) granted(p *process, duration string) string {
	rec := w.request(map[string]any{"permissions": []any{"s3:PutObject", "s3:GetObject"}, "duration": duration})
	p.succeed(rec)
	return iamops.Name(rec.RunID)
}

// takeFromIAM removes role and policy behind Port's back.
func takeFromIAM(w *world, p *process, name string) {
	w.t.Helper()
	ctx := context.Background()
	state, err := p.ops.Look(ctx, name)
	for _, step := range []func(context.Context, iamops.Live) error{p.ops.Detach, p.ops.DeletePolicy, p.ops.DeleteRole} {
		if err == nil {
			err = step(ctx, state)
		}
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func takeFromPort(w *world, p *process, name string) {
	w.t.Helper()
	if err := p.portal.DeleteEntity(context.Background(), grantEntity, name, ""); err != nil {
		w.t.Fatal(err)
	}
}

// portAway makes every call to Port fail; the clients give up at once.
func (w *world) portAway() (back func()) {
	return w.port.Fault(porttest.Fault{Status: 503, RetryAfter: "3600", Count: -1})
}

// TestOperatorStates: what is said of a grant in every state that there is.
func TestOperatorStates(t *testing.T) {
	const ended = "its run ended FAILURE"
	for _, c := range []struct {
		name  string
		make  func(w *world, p *process) string // returns the name of the grant
		state grants.State
		why   string
	}{
		{"active", func(w *world, p *process) string { return w.granted(p, "8h") }, grants.StateActive, ""},
		{"expired", func(w *world, p *process) string {
			name := w.granted(p, "1h")
			later(2 * time.Hour)
			return name
		}, grants.StateExpired, "its time is over"},
		{"its run failed", func(w *world, p *process) string {
			rec := w.request(nil)
			w.aws.Fault(iamtest.Fault{Op: "AttachRolePolicy", Code: "AccessDenied", Status: 403, Count: -1})
			w.crashAt(p, rec, "run_log")
			return iamops.Name(rec.RunID)
		}, grants.StateOrphaned, ended},
		{"being made", func(w *world, p *process) string {
			rec := w.request(nil)
			w.crashAt(p, rec, "AttachRolePolicy")
			return iamops.Name(rec.RunID)
		}, grants.StateIncomplete, "its run is still open"},
		{"removal interrupted", func(w *world, p *process) string {
			name := w.granted(p, "8h")
			w.crashAt(p, w.revoke(strings.TrimPrefix(name, iamops.NamePrefix)), "PutRolePolicy")
			return name
		}, grants.StateIncomplete, "its removal was interrupted"},
		{"entity alone", func(w *world, p *process) string {
			name := w.granted(p, "8h")
			takeFromIAM(w, p, name)
			return name
		}, grants.StateIncomplete, "an entity without a role"},
		{"no entity", func(w *world, p *process) string {
			name := w.granted(p, "8h")
			takeFromPort(w, p, name)
			return name
		}, grants.StateMissing, "its run succeeded, and Port has no entity of it"},
		{"no run", func(w *world, p *process) string {
			name := w.granted(p, "8h")
			takeFromPort(w, p, name)
			w.port.Fault(porttest.Fault{Route: "run_get", Status: 404, Count: -1})
			return name
		}, grants.StateMissing, "Port does not know its run"},
		{"foreign by its tags", func(w *world, _ *process) string {
			w.aws.AddRoleSession("/port-iam/", "Permission-r_foreign", "mallory")
			return "Permission-r_foreign"
		}, grants.StateForeign, "its tags are not ours"},
		{"foreign by its name", func(w *world, _ *process) string {
			w.aws.AddRoleSession("/port-iam/", "Something", "mallory")
			return "Something"
		}, grants.StateForeign, "its name is not that of a grant"},
		{"changed by hand", func(w *world, p *process) string {
			name := w.granted(p, "8h")
			w.changeByHand(name)
			return name
		}, grants.StateChanged, "changed by hand"},
		{"one that Port fails", func(w *world, p *process) string {
			name := w.granted(p, "8h")
			takeFromPort(w, p, name)
			w.port.Fault(porttest.Fault{Route: "entity_get", ID: name, Status: 422, Count: -1})
			return name
		}, grants.StateUnknown, "read entity"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				name := c.make(w, w.process())
				o := w.process().operator()
				all, err := o.List(context.Background(), false)
				if (err != nil) != (c.state == grants.StateUnknown) || len(all) != 1 {
					t.Fatalf("list: %+v, %v", all, err)
				}
				shown, err := show(o, name)
				if (err != nil) != (c.state == grants.StateUnknown) {
					t.Fatalf("show: %v", err)
				}
				for _, g := range []grants.Listing{all[0], shown} {
					if g.Name != name || g.State != c.state || !strings.Contains(g.Why, c.why) || g.Why != "" && c.why == "" {
						t.Errorf("%s is %s (%s), want %s (%s)", g.Name, g.State, g.Why, c.state, c.why)
					}
				}
				other := cmpopts.IgnoreFields(grants.Listing{}, "Looked", "Why", "Unread") // which may hold the number of a call
				if diff := cmp.Diff(all[0], shown, other, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("listed and shown differ:\n%s", diff)
				}
			})
		})
	}
}

// TestOperatorDetails: who, what and until when, with Port and without.
func TestOperatorDetails(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		name := w.granted(p, "2h")
		ends := time.Now().Add(2 * time.Hour).UTC().Truncate(time.Second)
		permissions := []string{"s3:GetObject", "s3:PutObject"}
		check := func(what string, got, want grants.Listing) {
			t.Helper()
			sorted := cmpopts.SortSlices(func(a, b string) bool { return a < b })
			ignored := cmpopts.IgnoreFields(grants.Listing{}, "SignInURL", "Run", "Unread", "Policy", "Trust", "Versions")
			if diff := cmp.Diff(want, got, sorted, ignored); diff != "" {
				t.Errorf("%s (-want +got):\n%s", what, diff)
			}
		}
		whole := grants.Listing{
			Account: account, Name: name, State: grants.StateActive, Requester: alice, Resource: bucket, Permissions: permissions, Ends: ends,
			Tagged: []string{alice}, Resources: []string{bucket + "/*"}, InIAM: true, InPort: true, Looked: &grants.Details{Attached: true},
		}
		shown, err := p.show(name)
		if err != nil || shown.SignInURL == "" {
			t.Errorf("show: %+v, %v", shown, err)
		}
		check("show", shown, whole)
		if !shown.On(bucket) || shown.On(bucket+"-2") {
			t.Errorf("it is on %s: %v", bucket, shown)
		}

		back := w.portAway()
		blind := whole
		blind.State, blind.Resource, blind.InPort = grants.StateUnknown, "", false
		all, err := w.process().operator().List(context.Background(), false)
		if err == nil || len(all) != 1 {
			t.Fatalf("with Port away: %+v, %v", all, err)
		}
		blind.Why = all[0].Why
		check("with Port away", all[0], blind)
		if !all[0].On(bucket) || all[0].On("arn:aws:s3:::my-s3") {
			t.Errorf("it is on %s: %+v", bucket, all[0])
		}
		back()

		if _, err := p.show("Permission-none"); !errors.Is(err, grants.ErrNoGrant) {
			t.Errorf("of none: %v", err)
		}
	})
}

// TestOperatorLooksCloser: what a list looks at by itself is bounded.
func TestOperatorLooksCloser(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		var last string
		for range 60 {
			last = max(last, w.granted(p, "8h"))
		}
		w.changeByHand(last)
		for closely, want := range map[bool]grants.State{false: grants.StateActive, true: grants.StateChanged} {
			w.aws.ResetCalls()
			all, err := p.operator().List(context.Background(), closely)
			if err != nil || len(all) != 60 || all[59].State != want {
				t.Fatalf("closely %v: %d grants, the last is %s, %v", closely, len(all), all[len(all)-1].State, err)
			}
			if n := w.aws.CallCount(""); !closely && n > 50*7+2 {
				t.Errorf("%d calls", n)
			}
		}
	})
}

// TestOperatorClock: by a wrong clock nobody can tell what has expired.
func TestOperatorClock(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		w.granted(p, "8h")
		w.aws.SetClockSkew(2 * time.Hour)
		all, err := w.process().operator().List(context.Background(), false)
		if err == nil || !strings.Contains(err.Error(), "clock") || len(all) != 1 || all[0].State != grants.StateUnknown {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

// changeByHand hangs another policy on the role.
func (w *world) changeByHand(name string) {
	w.aws.AddRoleSession("/port-iam/", name, "mallory", fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Sid":%q,"Effect":"Allow","Action":"s3:*","Resource":"*"}}`, "ByHand"))
}

// TestListingOn: a resource is told by its ARN or as the policy has it, whether that
// writes the signs of a name so that they mean themselves, or is from before.
func TestListingOn(t *testing.T) {
	const (
		function = "arn:aws:lambda:us-east-1:123456789012:function:thumb"
		alarm    = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:CPU "
		api      = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3/"
	)
	for _, tc := range []struct {
		resource string // of the policy
		on, not  []string
	}{
		{function + ":${$}LATEST", []string{function, function + ":$LATEST", function + ":${$}LATEST"}, []string{function + ":1", function[:len(function)-1]}},
		{function + ":$LATEST", []string{function, function + ":$LATEST"}, []string{function + ":1", function + ":$LATES"}},
		{api + "$default/*", []string{api + "$default", api + "$default/*", api}, []string{api + "default", api + "prod"}},
		{api + "${$}default/*", []string{api + "$default", api + "${$}default", api + "${$}default/*"}, []string{api + "default"}},
		{alarm + "${*}", []string{alarm + "*", alarm + "${*}"}, []string{alarm + "1", alarm}},
		{alarm + "${?}", []string{alarm + "?", alarm + "${?}"}, []string{alarm + "*", alarm + "${*}"}},
		{bucket + "/*", []string{bucket, bucket + "/", bucket + "/*"}, []string{bucket + "2", bucket + "/a", bucket + "2/*"}},
		{bucket, []string{bucket, bucket + "/"}, []string{bucket + "/*", bucket + "2"}},
		{bucket, nil, []string{"arn:", "arn:aws:s3", "arn:aws:s3:::", "arn:aws:s3:::/"}},
		{"*", []string{bucket, function}, nil},
	} {
		listed := grants.Listing{Resources: []string{tc.resource}}
		for _, arn := range tc.on {
			if !listed.On(arn) {
				t.Errorf("%s is not on %s", tc.resource, arn)
			}
		}
		for _, arn := range tc.not {
			if listed.On(arn) {
				t.Errorf("%s is on %s", tc.resource, arn)
			}
		}
	}
}
