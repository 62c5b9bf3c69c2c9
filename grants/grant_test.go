package grants_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port"
	"port-iam/port/porttest"
)

func TestGrantThenRevoke(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.request(map[string]any{"permissions": []any{"s3:PutObject", "s3:ListBucket"}, "duration": "1h", "reason": "monthly\nreport"})
		p.succeed(rec)
		w.wantGrants(1)

		run, _ := w.port.Run(rec.RunID)
		end := run.CreatedAt.UTC().Truncate(time.Second).Add(time.Hour).Format(time.RFC3339)
		contains(t, "log", w.wantRun(rec.RunID, "SUCCESS"),
			"Permissions on the AWS resource: "+bucket+"\nRequester: "+alice+"\nSign-in URL: https://signin.aws.amazon.com/switchrole?",
			"\nEnds: "+end, "\nReason: monthly report")
		entity, _ := w.port.Entity(grantEntity, iamops.Name(rec.RunID))
		text, err := json.Marshal(entity)
		if err != nil {
			t.Fatal(err)
		}
		contains(t, "entity", string(text), `"requester":"`+alice+`"`, `"expiry_time":"`+end+`"`, `"aws_resource":"`+bucket+`"`,
			`"permissions":["s3:PutObject","s3:ListBucket"]`, `"role_arn":"arn:aws:iam::`+account+`:role/port-iam/`+iamops.Name(rec.RunID)+`"`)
		p.wantMetric("port_iam_runs_total", 1, "grant", "succeeded")
		p.wantMetric("port_iam_runs_in_flight", 0, "grant")

		rev := w.revoke(rec.RunID)
		p.succeed(rev)
		w.wantGrants(0)
		contains(t, "log", w.wantRun(rev.RunID, "SUCCESS"), iamops.Name(rec.RunID), alice)
		w.wantRun(rec.RunID, "SUCCESS")
		p.wantMetric("port_iam_runs_total", 1, "revoke", "succeeded")
	})
}

// TestRoundTrips holds the price of a grant: five sequential round trips, the
// reads at once, the two creates at once, and the link while AWS attaches.
func TestRoundTrips(t *testing.T) {
	const awsDelay, portDelay = 80 * time.Millisecond, 40 * time.Millisecond
	inWorld(t, iamtest.Options{Delay: awsDelay}, func(w *world) {
		p := w.process()
		p.succeed(w.request(nil)) // fetches the token
		w.port.Fault(porttest.Fault{Kind: porttest.Delayed, Delay: portDelay, Count: -1})
		w.port.ResetCalls()
		w.aws.ResetCalls()
		began := time.Now()
		p.succeed(w.request(nil))
		if took, want := time.Since(began), 3*portDelay+2*awsDelay; took != want {
			t.Errorf("took %s, want %s", took, want)
		}
		calls := map[string]int{}
		for _, c := range w.port.Calls() {
			calls[c.Route]++
		}
		for _, c := range w.aws.Calls() {
			calls[c.Op]++
		}
		want := map[string]int{
			"run_get": 1, "run_list": 1, "entity_get": 3, "entity_upsert": 1, "run_patch": 1, "run_log": 1,
			"CreatePolicy": 1, "CreateRole": 1, "AttachRolePolicy": 1,
		}
		if diff := cmp.Diff(want, calls); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
	})
}

// TestRefused: what a request may not be. The run ends FAILURE with words for
// the requester, and nothing was ever made.
func TestRefused(t *testing.T) {
	permissions := []any{"s3:PutObject"}
	for _, c := range []struct {
		name string
		spec porttest.RunSpec
		want []string
	}{
		{"no permissions", porttest.RunSpec{Properties: map[string]any{"permissions": []any{}}}, []string{"permission", "at least one"}},
		{"no input", porttest.RunSpec{Properties: map[string]any{}}, []string{`"permissions"`}},
		{"wrong type", porttest.RunSpec{Properties: map[string]any{"permissions": 3}}, []string{`"permissions"`}},
		{"wildcard", porttest.RunSpec{Properties: map[string]any{"permissions": []any{"s3:*"}}}, []string{"s3:*"}},
		{"other service", porttest.RunSpec{Properties: map[string]any{"permissions": []any{"ec2:StopInstances"}}}, []string{"ec2:StopInstances", bucket}},
		{"not a duration", porttest.RunSpec{Properties: map[string]any{"permissions": permissions, "duration": "soon"}}, []string{`"duration"`, "soon", "8h"}},
		{"too short", porttest.RunSpec{Properties: map[string]any{"permissions": permissions, "duration": "14m59s"}}, []string{`"duration"`, "15m"}},
		{"negative", porttest.RunSpec{Properties: map[string]any{"permissions": permissions, "duration": "-1h"}}, []string{`"duration"`, "15m"}},
		{"too long", porttest.RunSpec{Properties: map[string]any{"permissions": permissions, "duration": "24h0m1s"}}, []string{`"duration"`, "24h"}},
		{"long reason", porttest.RunSpec{Properties: map[string]any{"permissions": permissions, "reason": fmt.Sprintf("%501s", "x")}}, []string{`"reason"`, "501", "500"}},
		{"nobody", porttest.RunSpec{Requester: "nobody", Properties: map[string]any{"permissions": permissions}}, []string{"requester"}},
		{"not in the catalogue", porttest.RunSpec{Entity: "arn:aws:s3:::unknown", Properties: map[string]any{"permissions": permissions}}, []string{"arn:aws:s3:::unknown", "aws_resource"}},
		{"no entity", porttest.RunSpec{Entity: "none", Properties: map[string]any{"permissions": permissions}}, []string{"aws_resource"}},
		{"other blueprint", porttest.RunSpec{Blueprint: "iam_permissions", Entity: "s3:PutObject", Properties: map[string]any{"permissions": permissions}}, []string{"iam_permissions", "aws_resource"}},
		{"waited too long", porttest.RunSpec{At: time.Date(1999, 12, 31, 16, 4, 0, 0, time.UTC), Properties: map[string]any{"permissions": permissions}}, []string{"waited too long", "request again"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				p := w.process()
				spec := c.spec
				spec.Action = grantAction
				spec.Requester = or(spec.Requester, alice, "nobody")
				spec.Entity = or(spec.Entity, bucket, "none")
				rec := w.start(spec)
				if err := p.handle(rec); err != nil {
					t.Fatal(err)
				}
				contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), append(c.want, "refused")...)
				w.wantGrants(0)
				if n := w.aws.CallCount("CreateRole") + w.aws.CallCount("CreatePolicy"); n != 0 {
					t.Errorf("%d creates for a request that is refused", n)
				}
				p.wantMetric("port_iam_runs_total", 1, "grant", "refused")
			})
		})
	}
}

// TestCatalogueDecides: the form in Port filters permissions by type; a run that
// was started without the form meets the same rule here.
func TestCatalogueDecides(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		w.port.AddEntity("iam_permissions", `{"identifier":"s3:DeleteObject","properties":{"resource_type":"EC2"}}`)
		for permission, want := range map[string]string{
			"s3:GetObjectTagging": "not in the catalogue",
			"s3:DeleteObject":     `resource_type "EC2"`,
		} {
			rec := w.request(map[string]any{"permissions": []any{"s3:PutObject", permission}})
			if err := p.handle(rec); err != nil {
				t.Fatal(err)
			}
			contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), permission, want)
		}
		w.wantGrants(0)
		// What the record claims about the inputs changes nothing.
		rec := w.request(nil)
		rec.Permissions = []string{"s3:GetObject", "s3:DeleteObject"}
		p.succeed(rec)
		_, policies, _ := w.left()
		if doc := policies[0].Versions[0].Document; strings.Contains(doc, "GetObject") || !strings.Contains(doc, "PutObject") {
			t.Errorf("policy %s", doc)
		}
	})
}

// TestSignature: a wrong signature drops a record, a missing one only where the
// operator wants one.
func TestSignature(t *testing.T) {
	for _, c := range []struct {
		signature port.Signature
		required  bool
		granted   bool
	}{
		{port.SignatureAbsent, false, true},
		{port.SignatureAbsent, true, false},
		{port.SignatureValid, true, true},
		{port.SignatureWrong, false, false},
		{port.SignatureWrong, true, false},
	} {
		inWorld(t, iamtest.Options{}, func(w *world) {
			p := w.process(func(o *grants.Options) { o.RequireSignature = c.required })
			rec := w.request(nil)
			rec.Signature = c.signature
			err := p.handle(rec)
			if c.granted != (err == nil) || !c.granted && !isMismatch(err) {
				t.Errorf("%+v: %v", c, err)
			}
			want := map[bool]string{true: "SUCCESS", false: "IN_PROGRESS"}[c.granted]
			w.wantRun(rec.RunID, want)
			p.wantMetric("port_iam_security_events_total", map[bool]float64{true: 0, false: 1}[c.granted], "signature")
		})
	}
}

// or is s, its default when empty, and empty for the word that stands for it.
func or(s, empty, nothing string) string {
	switch s {
	case "":
		return empty
	case nothing:
		return ""
	}
	return s
}

// TestDropped: a record that does not fit its run is dropped with an event, and
// the run is left to its genuine record.
func TestDropped(t *testing.T) {
	for _, c := range []struct {
		reason string
		forge  func(w *world, rec port.Record) port.Record
	}{
		{"unknown_run", func(_ *world, r port.Record) port.Record { r.RunID = "r_0000000000000000"; return r }},
		{"wrong_action", func(w *world, r port.Record) port.Record {
			r.RunID = w.port.StartRun(porttest.RunSpec{Action: "deploy_service", Requester: alice})
			return r
		}},
		{"wrong_entity", func(_ *world, r port.Record) port.Record {
			r.Entity = fmt.Sprintf(porttest.SampleInstance, account)
			return r
		}},
		{"wrong_requester", func(_ *world, r port.Record) port.Record { r.Requester = "mallory@example.com"; return r }},
	} {
		t.Run(c.reason, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				p := w.process()
				genuine := w.request(nil)
				began := time.Now()
				err := p.handle(c.forge(w, genuine))
				if !isMismatch(err) {
					t.Errorf("error %v, want a mismatch", err)
				}
				if took := time.Since(began); took > 15*time.Second {
					t.Errorf("dropped after %s", took)
				}
				w.wantGrants(0)
				w.wantRun(genuine.RunID, "IN_PROGRESS")
				p.wantMetric("port_iam_security_events_total", 1, c.reason)
				p.succeed(genuine)
			})
		})
	}
}

// TestEmailCase: e-mails are compared without regard to case.
func TestEmailCase(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		rec := w.request(nil)
		rec.Requester = "Alice@Example.com"
		w.process().succeed(rec)
	})
}

// TestRunAppearsLate: the record may be here before Port shows the run.
func TestRunAppearsLate(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		rec := w.request(nil)
		w.port.Fault(porttest.Fault{Route: "run_get", Status: 404, Count: 3})
		p.succeed(rec)
		p.wantMetric("port_iam_security_events_total", 0, "unknown_run")
	})
}

// TestApproval: a run that waits for approval is not acted upon; an approved one
// begins when Port wrote its record.
func TestApproval(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		spec := porttest.RunSpec{
			Action: grantAction, Entity: bucket, Requester: alice, RequiredApproval: true,
			Properties: map[string]any{"permissions": []any{"s3:PutObject"}, "duration": "1h"},
		}
		rec := w.start(spec)
		if err := p.handle(rec); err != nil {
			t.Fatal(err)
		}
		w.wantRun(rec.RunID, "WAITING_FOR_APPROVAL")
		w.wantGrants(0)

		later(3 * time.Hour)
		if err := w.port.Approve(rec.RunID); err != nil {
			t.Fatal(err)
		}
		forged := rec
		forged.Time = time.Now().Add(6 * time.Minute)
		if err := p.handle(forged); !isMismatch(err) {
			t.Errorf("a record from the future: %v, want a mismatch", err)
		}
		p.wantMetric("port_iam_security_events_total", 1, "timestamp")
		rec.Time = time.Now()
		p.succeed(rec)
		contains(t, "log", w.wantRun(rec.RunID, "SUCCESS"), "Ends: "+rec.Time.UTC().Add(time.Hour).Format(time.RFC3339))

		declined := w.start(spec)
		if err := w.port.Decline(declined.RunID); err != nil {
			t.Fatal(err)
		}
		if err := p.handle(declined); err != nil {
			t.Fatal(err)
		}
		w.wantGrants(1)
	})
}

// TestUntilRevoked: without a duration a grant has no end anywhere.
func TestUntilRevoked(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		p := w.process(func(o *grants.Options) { o.Duration, o.MaxDuration = 0, 0 })
		rec := w.request(nil)
		p.succeed(rec)
		roles, policies, _ := w.left()
		if len(roles) != 1 || roles[0].Description != "port-iam run "+rec.RunID+" ends when revoked" {
			t.Errorf("roles %+v", roles)
		}
		if _, has := policies[0].Tags["port-iam-expires-at"]; has {
			t.Error("the policy has an end")
		}
		contains(t, "log", w.wantRun(rec.RunID, "SUCCESS"), "Ends: when revoked")
	})
}
