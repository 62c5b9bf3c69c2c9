package grants_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"port-iam/grants"
	"port-iam/iamops/iamtest"
	"port-iam/port"
	"port-iam/port/porttest"
)

// asking names permissions in a record.
func asking(ids ...string) map[string]json.RawMessage {
	raw, _ := json.Marshal(ids)
	return map[string]json.RawMessage{"permissions": raw}
}

// claiming is the record of a run as it is read if it claims other inputs.
func (w *world) claiming(rec port.Record, inputs map[string]json.RawMessage) port.Record {
	w.t.Helper()
	var m map[string]any
	if err := json.Unmarshal(w.port.Message(rec.RunID, porttest.FormTemplated), &m); err != nil {
		w.t.Fatal(err)
	}
	m["payload"].(map[string]any)["properties"] = inputs
	message, err := json.Marshal(m)
	if err != nil {
		w.t.Fatal(err)
	}
	claims, verdict := port.Decode(message)
	if verdict != port.VerdictRun {
		w.t.Fatalf("verdict %v of %.200s", verdict, message)
	}
	claims.Time = rec.Time
	return claims
}

// wantLeft checks that a forged record was dropped soon and that its run is left
// to the genuine one.
func (p *process) wantLeft(genuine, forged port.Record, event string) {
	p.w.t.Helper()
	began := time.Now()
	if err := p.handle(forged); !isMismatch(err) {
		p.w.t.Errorf("error %.200v, want a mismatch", err)
	}
	if took := time.Since(began); took > 20*time.Second {
		p.w.t.Errorf("dropped after %s", took)
	}
	p.w.wantRun(genuine.RunID, "IN_PROGRESS")
	p.w.wantGrants(0)
	p.wantMetric("port_iam_security_events_total", 1, event)
}

// refusals are what Port may say to something that nobody should ask it.
var refusals = []int{400, 413, 414, 422, 431, 500, 502}

// TestForgedReads: whatever Port answers to what only the record names, the run is
// left to its genuine record.
func TestForgedReads(t *testing.T) {
	other := func(r *port.Record) { r.Entity = "arn:aws:s3:::other" }
	for name, c := range map[string]struct {
		event string
		fault porttest.Fault
		forge func(r *port.Record)
	}{
		"resource":                   {"wrong_entity", porttest.Fault{Route: "entity_get", ID: "arn:aws:s3:::other"}, other},
		"permission, wrong resource": {"wrong_entity", porttest.Fault{Route: "entity_get", ID: "poison"}, func(r *port.Record) { other(r); r.Permissions = []string{"poison"} }},
		"permission, wrong requester": {"wrong_requester", porttest.Fault{Route: "entity_get", ID: "poison"}, func(r *port.Record) {
			r.Requester, r.Permissions = "mallory@example.com", []string{"poison", "s3:PutObject"}
		}},
		"requester, wrong resource": {"wrong_entity", porttest.Fault{Route: "run_list"}, other},
		"own entity, wrong resource": {"wrong_entity", porttest.Fault{Route: "entity_get"}, func(r *port.Record) {
			other(r)
			r.Requester = "mallory@example.com"
		}},
		"own entity, wrong requester": {"wrong_requester", porttest.Fault{Route: "entity_get"}, func(r *port.Record) { r.Requester = "mallory@example.com" }},
	} {
		for _, status := range refusals {
			t.Run(fmt.Sprintf("%s, %d", name, status), func(t *testing.T) {
				inWorld(t, iamtest.Options{}, func(w *world) {
					p, genuine := w.process(), w.request(nil)
					forged := genuine
					c.forge(&forged)
					c.fault.Status, c.fault.Count = status, -1
					repaired := w.port.Fault(c.fault)
					p.wantLeft(genuine, forged, c.event)
					repaired()
					p.succeed(genuine)
				})
			})
		}
	}
}

// TestForgedRequesterRefused: that Port refuses to list the runs of the record's
// requester is no confirmation; that Port is away is no answer.
func TestForgedRequesterRefused(t *testing.T) {
	for _, status := range refusals {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				p, genuine := w.process(), w.request(nil)
				forged := genuine
				forged.Requester = "not an e-mail"
				repaired := w.port.Fault(porttest.Fault{Route: "run_list", Status: status, Count: -1})
				if status >= 500 {
					go func() {
						later(20 * time.Minute)
						w.wantRun(genuine.RunID, "IN_PROGRESS")
						repaired()
					}()
					if err := p.handle(forged); !isMismatch(err) {
						t.Errorf("error %v, want a mismatch", err)
					}
					w.wantRun(genuine.RunID, "IN_PROGRESS")
				} else {
					p.wantLeft(genuine, forged, "wrong_requester")
					repaired()
				}
				p.succeed(genuine)
			})
		})
	}
}

// TestForgedInputs: a record that fits its run in all that is compared may claim
// any inputs: they change nothing and keep nothing from being granted.
func TestForgedInputs(t *testing.T) {
	many := make([]string, 300)
	for i := range many {
		many[i] = fmt.Sprintf("s3:Made%dUp", i)
	}
	troubles := map[string]porttest.Fault{"hangs": {Kind: porttest.Delayed, Delay: time.Hour}}
	for _, status := range refusals {
		troubles[fmt.Sprint(status)] = porttest.Fault{Status: status}
	}
	for name, properties := range map[string]map[string]json.RawMessage{
		"one":       asking("poison"),
		"with true": asking("poison", "s3:PutObject"),
		"300":       asking(append([]string{"poison"}, many...)...),
		"2 MB":      asking("poison", strings.Repeat("y", 2<<20)),
		"dots":      asking("poison", "..", ".", ""),
		"no list":   {"permissions": json.RawMessage(`{"poison":[1]}`)},
	} {
		for trouble, fault := range troubles {
			t.Run(name+", "+trouble, func(t *testing.T) {
				inWorld(t, iamtest.Options{}, func(w *world) {
					p, rec := w.process(), w.claiming(w.request(nil), properties)
					fault.Route, fault.ID, fault.Count = "entity_get", "poison", -1
					fault.Maybe = func() {} // nothing need be asked about what only the record claims
					w.port.Fault(fault)
					began := time.Now()
					p.succeed(rec)
					if took := time.Since(began); took > 5*time.Second {
						t.Errorf("took %s", took)
					}
					w.wantGrants(1)
					reads := 0
					for _, c := range w.port.Calls() {
						if c.Route == "entity_get" {
							reads++
						}
					}
					if reads > 60 {
						t.Errorf("%d entities were read", reads)
					}
				})
			})
		}
	}
}

// TestForgedNatural: records that are too long, or name what cannot exist, without
// any fault of Port.
func TestForgedNatural(t *testing.T) {
	long := strings.Repeat("x", 2<<20)
	for name, c := range map[string]struct {
		event string
		forge func(r *port.Record)
	}{
		"dot":          {"wrong_entity", func(r *port.Record) { r.Entity = "." }},
		"long entity":  {"wrong_entity", func(r *port.Record) { r.Entity = long }},
		"nul":          {"wrong_entity", func(r *port.Record) { r.Entity = "a\x00b" }},
		"no entity":    {"wrong_entity", func(r *port.Record) { r.Entity = "" }},
		"long e-mail":  {"wrong_requester", func(r *port.Record) { r.Requester = long + "@example.com" }},
		"nul e-mail":   {"wrong_requester", func(r *port.Record) { r.Requester = "a\x00@example.com" }},
		"no requester": {"wrong_requester", func(r *port.Record) { r.Requester = "" }},
		"long run":     {"unknown_run", func(r *port.Record) { r.RunID = long }},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				p, genuine := w.process(), w.request(nil)
				forged := genuine
				c.forge(&forged)
				p.wantLeft(genuine, forged, c.event)
				p.succeed(genuine)
			})
		})
	}
}

// TestNoRequester: the run of a machine has no requester and is refused; where
// nobody is to be asked, so is any run whose record names none.
func TestNoRequester(t *testing.T) {
	for _, confirm := range []bool{true, false} {
		inWorld(t, iamtest.Options{}, func(w *world) {
			p := w.process(func(o *grants.Options) { o.ConfirmRequester = confirm })
			var rec port.Record
			if confirm {
				rec = w.start(porttest.RunSpec{Action: grantAction, Entity: bucket, Properties: map[string]any{"permissions": []any{"s3:PutObject"}}})
			} else {
				rec = w.request(nil)
				rec.Requester = ""
			}
			if err := p.handle(rec); err != nil {
				t.Fatal(err)
			}
			contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), "refused", "no requester")
			w.wantGrants(0)
		})
	}
}

// TestRunNotGiven: a run that Port refuses to give cannot be compared with its
// record: it is left alone, whatever the record wants.
func TestRunNotGiven(t *testing.T) {
	for _, status := range []int{400, 404, 414, 422, 431} {
		inWorld(t, iamtest.Options{}, func(w *world) {
			p, granted := w.process(), w.request(nil)
			p.succeed(granted)
			for i, rec := range []port.Record{w.request(nil), w.revoke(granted.RunID)} {
				repaired := w.port.Fault(porttest.Fault{Route: "run_get", ID: rec.RunID, Status: status, Count: -1})
				began := time.Now()
				if err := p.handle(rec); !isMismatch(err) {
					t.Errorf("%d: error %v, want a mismatch", status, err)
				}
				if took := time.Since(began); took < 9*time.Second || took > 20*time.Second {
					t.Errorf("%d: dropped after %s", status, took)
				}
				w.wantRun(rec.RunID, "IN_PROGRESS")
				w.wantGrants(1)
				p.wantMetric("port_iam_security_events_total", float64(i+1), "unknown_run")
				repaired()
			}
		})
	}
}

// TestWhatTheRunNames: Port's answers to what the run itself names do count.
func TestWhatTheRunNames(t *testing.T) {
	for _, id := range []string{bucket, "s3:PutObject"} {
		for status, want := range map[int]string{422: "FAILURE", 503: "SUCCESS"} {
			inWorld(t, iamtest.Options{}, func(w *world) {
				p, rec := w.process(), w.request(nil)
				count := -1
				if want == "SUCCESS" {
					count = 9
				}
				w.port.Fault(porttest.Fault{Route: "entity_get", ID: id, Status: status, Count: count})
				if err := p.handle(rec); err != nil {
					t.Fatal(err)
				}
				w.wantRun(rec.RunID, want)
			})
		}
	}
}
