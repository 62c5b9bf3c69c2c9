package port_test

import (
	"strings"
	"testing"

	"port-iam/port"
)

func TestServiceAccounts(t *testing.T) {
	for email, want := range map[string]bool{
		"deploy-bot@serviceaccounts.getport.io":        true,
		"Deploy-Bot@ServiceAccounts.GetPort.IO":        true,
		"bot@serviceaccounts.getport.io.":              true,
		"bot@serviceaccounts.us.getport.io":            true,
		"bot@serviceaccounts.port.io":                  true,
		"bot@us.serviceaccounts.port.io":               true,
		"alice@example.com@serviceaccounts.getport.io": true,
		"bot.serviceaccounts.getport.io":               true,
		"h2Mf13aRSCYQCUPIcqufoP4XRLwAt8Od@clients":     true,
		"alice@example.com":                            false,
		"alice@getport.io":                             false,
		"serviceaccounts@port.io":                      false,
		"alice@serviceaccounts.example.com":            false,
		"alice@serviceaccounts.getport.io.example.com": false,
		"alice@notserviceaccounts.getport.io":          false,
		"serviceaccounts.getport.io@example.com":       false,
		"alice@clients.example.com":                    false,
		"":                                             false,
	} {
		if got := port.IsServiceAccount(email); got != want {
			t.Errorf("%q: %v, want %v", email, got, want)
		}
	}
}

// The e-mail of a record is shown to people: what could break a line, or hide a part of
// one, is not taken from there.
func TestEmailsThatCannotBeShown(t *testing.T) {
	for escaped, want := range map[string]string{
		`alice@example.com`:                        "alice@example.com",
		`o'neil+a b@exämple.com`:                   "o'neil+a b@exämple.com",
		`alice@example.com\nSign-in URL: x`:        "",
		`\u001b[2Jalice@example.com`:               "",
		`alice@example.com\u202e`:                  "",
		`alice@example.com\u2028`:                  "",
		`alice\u0000@example.com`:                  "",
		strings.Repeat("a", 1001) + `@example.com`: "",
	} {
		message := `{"action":"a","context":{"runId":"r_1"},"trigger":{"by":{"user":{"email":"` + escaped + `"}}}}`
		r, v := port.Decode([]byte(message))
		if v != port.VerdictRun || r.RunID != "r_1" || r.Requester != want {
			t.Errorf("%.60s: %s, %+v", escaped, verdicts[v], r)
		}
	}
}

func TestFindText(t *testing.T) {
	const document = `{"a":[1e999,{"b":"\u0063"}],"d":null}`
	for _, want := range []string{"a", "b", "c", "d"} {
		if got, found := port.FindText([]byte(document), func(s string) bool { return s == want }); got != want || !found {
			t.Errorf("%q: %q, %v", want, got, found)
		}
	}
	for _, broken := range []string{document, "", `{"x":`, `"x`, "x"} {
		if got, found := port.FindText([]byte(broken), func(s string) bool { return s == "1e999" }); found {
			t.Errorf("%q: %q", broken, got)
		}
	}
}

// TestWorkflowAroundARun: whatever the wrapper of a node calls the ids of its
// workflow, what it wraps is no run of an action.
func TestWorkflowAroundARun(t *testing.T) {
	const ours = `{"action":"request_permissions","resourceType":"run","context":{"entity":"e","blueprint":"aws_resource","runId":"r_1"},
		"payload":{"action":{"identifier":"request_permissions","invocationMethod":{"type":"KAFKA"}},"properties":{}}}`
	for _, wrapper := range []string{
		`"runId":"wfnr_1"`, `"id":"WFNR_1"`, `"run":{"id":"wfnr_1"}`, `"metadata":{"workflowRunId":"wfr_1"}`, `"workflow":{"runId":"wfr_1"}`,
		`"context":{"run":{"id":"wfnr_1"}}`, `"context":{"workflow-run-id":"wfnr_1"}`, `"context":{"runId":["wfnr_1"]}`, `"context":{"runId":"Wfr_1"}`,
		`"headers":{"X-Port-Workflow-Run-Id":"wfr_1"}`,
	} {
		if _, verdict := port.Decode([]byte(`{` + wrapper + `,"payload":` + ours + `}`)); verdict != port.VerdictWorkflow {
			t.Errorf("%s: verdict %v", wrapper, verdict)
		}
	}
	for _, envelope := range []string{`"id":"evt_1"`, `"metadata":{"topic":"org_1.runs"}`} {
		if rec, verdict := port.Decode([]byte(`{` + envelope + `,"payload":` + ours + `}`)); verdict != port.VerdictRun || rec.RunID != "r_1" {
			t.Errorf("%s: verdict %v, run %q", envelope, verdict, rec.RunID)
		}
	}
}
