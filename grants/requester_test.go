package grants_test

import (
	"strings"
	"testing"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port"
	"port-iam/port/porttest"
	"port-iam/templates"
)

// TestAnyNameWithTrustInTheAccount: where a grant is open to all of the account, no name
// of a requester keeps it from being made, found as it was made, and taken away.
func TestAnyNameWithTrustInTheAccount(t *testing.T) {
	for _, who := range []string{
		"deploy-bot@serviceaccounts.getport.io", "o'neil@example.com", "jörg@example.com", "佐藤@example.com", "a b@example.com", "*@example.com",
		"?@example.com", "${aws:username}@example.com", "a:b@example.com", `"quoted\\name"@example.com`, "<b>&@example.com", "{{ .Account }}@example.com",
		strings.Repeat("x", 300) + "@example.com", "not-an-email", "auth0|1234", "a", "@", "aws:root",
	} {
		t.Run(who[:min(20, len(who))], func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				w.trusts = templates.TrustAccount
				p := w.process()
				rec := w.start(porttest.RunSpec{Action: grantAction, Entity: bucket, Requester: who, Properties: map[string]any{"permissions": []any{"s3:PutObject"}}})
				p.succeed(rec)
				w.wantGrants(1)
				contains(t, "log", w.wantRun(rec.RunID, "SUCCESS"), "Requester: "+who+"\n")
				tag, tagged := w.aws.Snapshot().Roles[0].Tags["port-iam-requester"]
				if legal := iamops.LegalTagValue(who); tagged != legal || legal && tag != who {
					t.Errorf("tagged %v %q, and the name is legal: %v", tagged, tag, legal)
				}
				if hits := p.changed(rec.RunID); len(hits) > 0 {
					t.Errorf("changed since: %v", hits)
				}
				p.succeed(w.start(porttest.RunSpec{Action: revokeAction, Entity: iamops.Name(rec.RunID), Requester: who}))
				w.wantGrants(0)
			})
		})
	}
}

// changed is what differs from how a grant was made.
func (p *process) changed(run string) []string {
	p.w.t.Helper()
	live, err := p.ops.Look(p.w.t.Context(), iamops.Name(run))
	if err != nil {
		p.w.t.Fatal(err)
	}
	return p.ops.Changed(live, live.Requester())
}

// TestImpersonated: who asks for access starts the run. A run in the name of another
// person is refused by what it says itself, no matter whom the record names, and a revocation
// that was started so is carried out.
func TestImpersonated(t *testing.T) {
	for name, forge := range map[string]func(*port.Record){
		"genuine":         func(*port.Record) {},
		"of the machine":  func(r *port.Record) { r.Requester = "" },
		"another's":       func(r *port.Record) { r.Requester = "mallory@example.com" },
		"other inputs":    func(r *port.Record) { r.Permissions = []string{"made-up"} },
		"service account": func(r *port.Record) { r.Requester = "bot@serviceaccounts.getport.io" },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				p := w.process()
				rec := w.start(porttest.RunSpec{
					Action: grantAction, Entity: bucket, Requester: alice, ImpersonatedBy: "client@clients",
					Properties: map[string]any{"permissions": []any{"s3:PutObject"}},
				})
				forge(&rec)
				if err := p.handle(rec); err != nil {
					t.Fatal(err)
				}
				contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), "refused", "run_as", "start the action as the person who needs the access")
				w.wantGrants(0)
				p.wantMetric("port_iam_runs_total", 1, "grant", "refused")
				for _, event := range []string{"wrong_requester", "unknown_run"} {
					p.wantMetric("port_iam_security_events_total", 0, event)
				}
				for _, d := range p.Recent() {
					if d.Requester != "" {
						t.Errorf("%s is named, and nobody has confirmed it", d.Requester)
					}
				}
			})
		})
	}
	inWorld(t, iamtest.Options{}, func(w *world) {
		p, rec := w.process(), w.request(nil)
		p.succeed(rec)
		p.succeed(w.start(porttest.RunSpec{Action: revokeAction, Entity: iamops.Name(rec.RunID), Requester: alice, ImpersonatedBy: "client@clients"}))
		w.wantGrants(0)
	})
}

// TestImpersonatedThatCannotBeRead: it is not guessed who started a run.
func TestImpersonatedThatCannotBeRead(t *testing.T) {
	for _, form := range []string{`{"id":"x"}`, `true`, `0`} {
		inWorld(t, iamtest.Options{}, func(w *world) {
			rec := w.start(porttest.RunSpec{
				Action: grantAction, Entity: bucket, Requester: alice, ImpersonatedBy: "client@clients",
				Properties: map[string]any{"permissions": []any{"s3:PutObject"}},
			})
			hits := w.rewrite(rec.RunID, "impersonatedBy", form)
			if err := w.process().handle(rec); err != nil {
				t.Fatal(err)
			}
			contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), "could not be granted", "impersonatedBy", "No access was given")
			if w.wantGrants(0); hits.Load() == 0 {
				t.Error("Port gave everything as it was")
			}
		})
	}
}

func TestUserName(t *testing.T) {
	for _, tc := range []struct {
		name          string
		localPart     bool
		domain, email string
		want, problem string
	}{
		{"e-mail", false, "", "Alice.B+x@example.com", "Alice.B+x@example.com", ""},
		{"local part", true, "example.com", "alice@EXAMPLE.com", "alice", ""},
		{"other domain", true, "example.com", "alice@example.org", "", "not of the domain example.com"},
		{"subdomain", true, "example.com", "alice@sub.example.com", "", "not of the domain"},
		{"two at signs", true, "example.com", "alice@evil.com@example.com", "", "not of the domain"},
		{"domain with e-mail", false, "example.com", "alice@example.org", "", "not of the domain"},
		{"asterisk", false, "", "*@example.com", "", "cannot be a user name"},
		{"question mark", false, "", "alic?@example.com", "", "cannot be a user name"},
		{"variable", false, "", "${aws:username}@example.com", "", "cannot be a user name"},
		{"apostrophe", false, "", "o'brien@example.com", "", "cannot be a user name"},
		{"colon", false, "", "a:b@example.com", "", "cannot be a user name"},
		{"not ASCII", false, "", "jörg@example.com", "", "cannot be a user name"},
		{"line break", false, "", "alice@example.com\n", "", "cannot be a user name"},
		{"too long", false, "", strings.Repeat("a", 60) + "@example.com", "", "cannot be a user name"},
		{"too short", true, "example.com", "a@example.com", "", "cannot be a user name"},
		{"no e-mail", false, "", "alice", "", "is not an e-mail"},
		{"service account", false, "", "bot@serviceaccounts.getport.io", "", "only a person can sign in to AWS: start the action as the person"},
		{"service account in capitals", true, "example.com", "Bot@ServiceAccounts.GetPort.io", "", "is a service account of Port"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := grants.UserName(tc.localPart, tc.domain)(tc.email)
			if got != tc.want || (err == nil) != (tc.problem == "") || err != nil && !strings.Contains(err.Error(), tc.problem) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}
