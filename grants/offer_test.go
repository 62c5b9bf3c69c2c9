package grants_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port"
	"port-iam/port/porttest"
)

const bob = "bob@example.com"

// answering has Port answer with one text for another.
func (w *world) answering(of, with string) {
	w.portHTTP.Transport = rewriting{w.portHTTP.Transport, func(_ string, body []byte) []byte {
		return bytes.ReplaceAll(body, []byte(of), []byte(with))
	}}
}

// allowed are the actions that the policy of a grant allows, sorted.
func (w *world) allowed(run string) (actions []string) {
	w.t.Helper()
	var policy struct{ Statement []struct{ Action []string } }
	if err := json.Unmarshal([]byte(w.policyIn(account, iamops.Name(run))), &policy); err != nil {
		w.t.Fatal(err)
	}
	for _, st := range policy.Statement {
		actions = append(actions, st.Action...)
	}
	slices.Sort(actions)
	return actions
}

// TestBundle: a bundle gives exactly its actions, as the catalogue says and not the
// record, the relation keeps what was asked for, and the log names both.
func TestBundle(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		w.permission("s3-read", `,"actions":["s3:GetObject","s3:listbucket","s3:GetObject"]`)
		p := w.process()
		rec := w.request(map[string]any{"permissions": []any{"s3-read", map[string]any{"identifier": "s3:PutObject", "properties": map[string]any{"actions": []string{"s3:DeleteObject"}}}}})
		p.succeed(rec)
		if diff := cmp.Diff([]string{"s3:GetObject", "s3:ListBucket", "s3:PutObject"}, w.allowed(rec.RunID)); diff != "" {
			t.Errorf("actions (-want +got):\n%s", diff)
		}
		contains(t, "log", w.wantRun(rec.RunID, "SUCCESS"), "Bundle: s3-read (s3:GetObject, s3:ListBucket)")
		e, _ := w.port.Entity(grantEntity, iamops.Name(rec.RunID))
		text, err := json.Marshal(e["relations"])
		if err != nil {
			t.Fatal(err)
		}
		contains(t, "relations", string(text), `"permissions":["s3-read","s3:PutObject"]`)
	})
}

// TestRoundTripsOfBundles: what a bundle costs is one round trip more, for the entities
// of its actions.
func TestRoundTripsOfBundles(t *testing.T) {
	const awsDelay, portDelay = 80 * time.Millisecond, 40 * time.Millisecond
	inWorld(t, iamtest.Options{Delay: awsDelay}, func(w *world) {
		w.permission("s3-read", `,"actions":["s3:GetObject","s3:ListBucket"]`)
		p := w.process()
		p.succeed(w.request(nil)) // fetches the token
		w.port.Fault(porttest.Fault{Kind: porttest.Delayed, Delay: portDelay, Count: -1})
		for permission, trips := range map[string]time.Duration{"s3:PutObject": 3, "s3-read": 4} {
			rec := w.request(map[string]any{"permissions": []any{permission}})
			began := time.Now()
			p.succeed(rec)
			if took, want := time.Since(began), trips*portDelay+2*awsDelay; took != want {
				t.Errorf("%s: took %s, want %s", permission, took, want)
			}
		}
	})
}

// TestLimitsOfPermissions: of the limits of a request, of its permissions and of the
// single actions of its bundles, the strictest counts.
func TestLimitsOfPermissions(t *testing.T) {
	for _, c := range []struct {
		name     string
		asked    []any
		duration string
		lasts    time.Duration // 0: until revoked
		refused  string
		change   func(*grants.Options)
	}{
		{name: "nothing of its own", asked: []any{"s3:PutObject"}, lasts: 8 * time.Hour},
		{name: "its own", asked: []any{"short"}, lasts: time.Hour},
		{name: "its own, in days", asked: []any{"days"}, lasts: 8 * time.Hour},
		{name: "that of an action", asked: []any{"bundle"}, lasts: 30 * time.Minute},
		{name: "the shortest of several", asked: []any{"short", "bundle", "s3:PutObject"}, lasts: 30 * time.Minute},
		{name: "that of an action as the bundle spells it", asked: []any{"other-case"}, lasts: 20 * time.Minute},
		{name: "asked for less", asked: []any{"bundle"}, duration: "20m", lasts: 20 * time.Minute},
		{name: "asked for as much", asked: []any{"short"}, duration: "1h", lasts: time.Hour},
		{name: "asked for more", asked: []any{"short"}, duration: "61m", refused: "permission short may be had for 1h at most"},
		{name: "asked for more than an action may be had for", asked: []any{"bundle"}, duration: "1h", refused: "permission s3:GetObject may be had for 30m at most"},
		{name: "more than the daemon allows", asked: []any{"days"}, duration: "25h", refused: "the longest duration here is 24h"},
		{name: "until revoked", asked: []any{"s3:PutObject"}, change: func(o *grants.Options) { o.Duration, o.MaxDuration = 0, 0 }},
		{name: "never until revoked", asked: []any{"days"}, lasts: 48 * time.Hour, change: func(o *grants.Options) { o.Duration, o.MaxDuration = 0, 0 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				w.permission("short", `,"actions":["s3:ListBucket"],"max_duration":"1h"`)
				w.permission("days", `,"actions":["s3:ListBucket"],"max_duration":"2d"`)
				w.permission("bundle", `,"actions":["s3:getobject"],"max_duration":"2h"`)
				w.permission("s3:GetObject", `,"max_duration":"30m"`)
				w.permission("other-case", `,"actions":["s3:putobject"]`)
				w.permission("s3:putobject", `,"max_duration":"20m"`)
				inputs := map[string]any{"permissions": c.asked}
				if c.duration != "" {
					inputs["duration"] = c.duration
				}
				change := c.change
				if change == nil {
					change = func(*grants.Options) {}
				}
				p, rec := w.process(change), w.request(inputs)
				if err := p.handle(rec); err != nil {
					t.Fatal(err)
				}
				run, _ := w.port.Run(rec.RunID)
				switch {
				case c.refused != "":
					contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), c.refused)
					w.wantGrants(0)
				case c.lasts == 0:
					contains(t, "log", w.wantRun(rec.RunID, "SUCCESS"), "Ends: when revoked")
				default:
					end := run.CreatedAt.Add(c.lasts).UTC().Format(time.RFC3339)
					contains(t, "log", w.wantRun(rec.RunID, "SUCCESS"), "Ends: "+end)
					contains(t, "policy", w.policyIn(account, iamops.Name(rec.RunID)), end)
				}
			})
		})
	}
}

// TestVeryLargeRequest: a request for more than could be read in an attempt is refused at
// the first one; it would be read again for ever.
func TestVeryLargeRequest(t *testing.T) {
	for _, c := range []struct {
		name                    string
		asked, actions, counted int
	}{
		{"bundles", 12, 200, 12 + 12*200},
		{"permissions", 2000, 0, 2000},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				var asked []any
				for i := range c.asked {
					id := fmt.Sprintf("bundle-%d", i)
					if asked = append(asked, id); c.actions == 0 {
						continue
					}
					var actions []string
					for n := range c.actions {
						actions = append(actions, fmt.Sprintf("%q", fmt.Sprintf("s3:Action%dOf%d", n, i)))
					}
					w.permission(id, `,"actions":[`+strings.Join(actions, ",")+`]`)
				}
				p, rec := w.process(), w.request(map[string]any{"permissions": asked})
				w.port.Fault(porttest.Fault{Kind: porttest.Delayed, Delay: 100 * time.Millisecond, Count: -1})
				began := time.Now()
				w.must(p.Grant(rec).Attempt(context.Background()))
				contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), fmt.Sprintf("stands for %d permissions and actions, and 500 are allowed", c.counted))
				if took := time.Since(began); took > 10*time.Second {
					t.Errorf("took %s", took)
				}
			})
		})
	}
}

// TestNeedsApproval: what needs approval is granted only by a run that another person
// has approved, also where a single action of a bundle needs it.
func TestNeedsApproval(t *testing.T) {
	for _, c := range []struct {
		name, by, refused string
		prepare           func(*world)
	}{
		{name: "by another person", by: bob},
		{name: "by the requester", by: alice, refused: "who asked for it gave it"},
		{name: "by the requester in other letters", by: strings.ToUpper(alice), refused: "who asked for it gave it"},
		{name: "by a machine", by: "", refused: "does not name a person who gave it"},
		{name: "by a person whom Port does not name", by: bob, refused: "does not name a person who gave it", prepare: func(w *world) { w.answering(`"userId":`, `"user":`) }},
		{name: "in a form that cannot be read", by: bob, refused: `"approval"`, prepare: func(w *world) { w.answering(`"userId":`, `"userId":7,"user":`) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				w.permission("s3-write", `,"actions":["s3:PutObject","s3:DeleteObject"]`)
				w.permission("s3:DeleteObject", `,"needs_approval":true`)
				if c.prepare != nil {
					c.prepare(w)
				}
				p := w.process()
				rec := w.approval(c.by, nil, porttest.RunSpec{}, "s3-write")
				if err := p.handle(rec); err != nil {
					t.Fatal(err)
				}
				if c.refused == "" {
					w.wantRun(rec.RunID, "SUCCESS")
					w.wantGrants(1)
					return
				}
				contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), c.refused)
				w.wantGrants(0)
			})
		})
	}
}

// TestCatalogueChangedAfterRequest: an approval is for what a permission was at the
// request. What needs no approval may change.
func TestCatalogueChangedAfterRequest(t *testing.T) {
	edit := func(id, properties string) func(*world) {
		return func(w *world) { w.permission(id, properties) }
	}
	for name, c := range map[string]struct {
		edit    func(*world)
		refused bool
	}{
		"nothing":                       {func(*world) {}, false},
		"the bundle":                    {edit("s3-read", `,"actions":["s3:GetObject","s3:PutObject"]`), true},
		"the bundle, to the same":       {edit("s3-read", `,"actions":["s3:GetObject"]`), true},
		"the limits of an action of it": {edit("s3:GetObject", `,"max_duration":"20h"`), true},
		"an action of it that is new":   {edit("s3:ListBucket", ""), true},
		"another permission":            {edit("s3:PutObject", ""), false},
		"the bundle, removed and set back": {func(w *world) {
			w.must(w.port.RemoveEntity("iam_permissions", "s3-read"))
			edit("s3-read", `,"actions":["s3:GetObject"]`)(w)
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				w.permission("s3-read", `,"actions":["s3:GetObject","s3:ListBucket"]`)
				w.permission("s3:GetObject", "")
				p := w.process()
				rec := w.approval(bob, func() { c.edit(w) }, porttest.RunSpec{}, "s3-read")
				if err := p.handle(rec); err != nil {
					t.Fatal(err)
				}
				if c.refused {
					contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), "the catalogue changed, please request again")
					w.wantGrants(0)
					return
				}
				w.wantRun(rec.RunID, "SUCCESS")
			})
		})
	}
}

// people are those that AWS knows.
type people struct {
	known map[string]iamops.User
	err   error
}

func (p *people) User(_ context.Context, email string) (iamops.User, error) {
	if u, ok := p.known[email]; ok && p.err == nil {
		return u, nil
	}
	if p.err != nil {
		return iamops.User{}, p.err
	}
	return noUser{}.User(context.Background(), email)
}

// TestUserOfRequester: where people are looked up, the trust names the user that was
// found; a person whom AWS does not know is refused before anything is made; and while
// AWS does not answer the run waits. A record that names another person decides nothing.
func TestUserOfRequester(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		known := &people{known: map[string]iamops.User{alice: {ID: "90677c608a-1", Name: "asmith"}}}
		p := w.process(func(o *grants.Options) { o.Users = known })
		rec := w.request(nil)
		p.succeed(rec)
		trust := w.roleIn(account, iamops.Name(rec.RunID)).Trust
		contains(t, "trust", trust, "asmith")
		if strings.Contains(trust, alice) {
			t.Errorf("the trust names the e-mail: %s", trust)
		}

		known.known = nil
		rec = w.request(nil)
		w.must(p.handle(rec))
		contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), "has no user in IAM Identity Center")
		w.wantGrants(1)
		p.wantMetric("port_iam_runs_total", 1, "grant", "refused")

		forged := w.request(nil)
		genuine := forged
		forged.Requester = "eve@example.com"
		if err := p.handle(forged); !isMismatch(err) {
			t.Errorf("a record with another requester: %v, want a mismatch", err)
		}
		w.wantRun(genuine.RunID, "IN_PROGRESS")

		known.err = &iamops.Error{Op: "look up a user", Kind: iamops.KindUnavailable, Err: errors.New("no answer")}
		if err := p.Grant(genuine).Attempt(context.Background()); err == nil || errors.Is(err, port.ErrMismatch) {
			t.Errorf("an attempt without AWS: %v, want one that waits", err)
		}
		w.wantRun(genuine.RunID, "IN_PROGRESS")
		known.known, known.err = map[string]iamops.User{alice: {ID: "90677c608a-1", Name: "asmith"}}, nil
		p.succeed(genuine)
	})
}

// silentStore never finds anybody.
type silentStore struct{ asked atomic.Int32 }

func (h *silentStore) User(ctx context.Context, _ string) (iamops.User, error) {
	h.asked.Add(1)
	<-ctx.Done()
	return iamops.User{}, &iamops.Error{Op: "look up a user", Kind: iamops.KindUnavailable, Err: ctx.Err()}
}

// TestUserIsNotWaitedFor: while people cannot be looked up, what needs nobody goes on: runs
// that have ended are let be, at once where their records are old, and what does not fit
// is dropped.
func TestUserIsNotWaitedFor(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		rec := w.request(nil)
		w.process().succeed(rec)
		h := &silentStore{}
		p := w.process(func(o *grants.Options) { o.Users = h })
		handled := func(what string, within time.Duration, rec port.Record, want error) {
			t.Helper()
			began := time.Now()
			if err := p.Grant(rec).Attempt(context.Background()); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", what, err, want)
			}
			if took := time.Since(began); took > within {
				t.Errorf("%s: took %s", what, took)
			}
		}
		handled("an ended run", 3*time.Second, rec, nil)
		other := w.request(nil)
		other.Entity = "arn:aws:s3:::another"
		handled("another entity", 3*time.Second, other, port.ErrMismatch)
		later(time.Hour)
		before := h.asked.Load()
		handled("an old record", 10*time.Millisecond, rec, nil)
		if n := h.asked.Load() - before; n != 0 {
			t.Errorf("for an old record %d people are looked up", n)
		}
	})
}

// TestLookUpLabel: a run that waits for the look-up of its requester says that AWS is who
// does not answer.
func TestLookUpLabel(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process(func(o *grants.Options) { o.Users = &silentStore{} })
		rec := w.request(nil)
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		ended := make(chan error, 1)
		go func() { ended <- p.Grant(rec).Attempt(ctx) }()
		later(8 * time.Second)
		w.wantLabel(rec.RunID, "Waiting for AWS")
		if err := <-ended; err == nil {
			t.Error("the attempt has finished without AWS")
		}
	})
}
