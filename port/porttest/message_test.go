package porttest_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/port"
	"port-iam/port/porttest"
)

// Every form says the same, and the package that reads messages understands it.
func TestMessagesAreUnderstood(t *testing.T) {
	s := porttest.New(porttest.Options{})
	s.GuideModel()
	grant := s.StartRun(porttest.RunSpec{
		Action: "request_permissions", Entity: bucket, Requester: "alice@example.com", Properties: map[string]any{"permissions": []string{"a"}},
	})
	expiry := s.StartRun(porttest.RunSpec{Action: "revoke_expired_permissions", Blueprint: grants, Entity: "Permission-1"})
	bare := s.StartRun(porttest.RunSpec{Action: "unknown"})
	for _, want := range []port.Record{
		{
			RunID: grant, Action: "request_permissions", Blueprint: "aws_resource", Entity: bucket, Requester: "alice@example.com",
			Permissions: []string{"a"},
		},
		{RunID: expiry, Action: "revoke_expired_permissions", Blueprint: grants, Entity: "Permission-1"},
		{RunID: bare, Action: "unknown"},
	} {
		for _, form := range []porttest.Form{porttest.FormTemplated, porttest.FormEnvelope, porttest.FormWrapped} {
			got, verdict := port.Decode(s.Message(want.RunID, form))
			if diff := cmp.Diff(want, got); verdict != port.VerdictRun || diff != "" {
				t.Errorf("form %d: verdict %d (-want +got):\n%s", form, verdict, diff)
			}
		}
	}
}

func TestOperationsOfMessages(t *testing.T) {
	s := porttest.New(porttest.Options{})
	s.GuideModel()
	for action, want := range map[string]struct{ operation, origin string }{
		"request_permissions":        {"DAY-2", "UI"},
		"revoke_permissions":         {"DELETE", "UI"},
		"revoke_expired_permissions": {"TIMER_PROPERTY_EXPIRED", "AUTOMATION"},
		"unknown":                    {"DAY-2", "UI"},
	} {
		var m struct {
			Trigger struct {
				Origin    string  `json:"origin"`
				Operation *string `json:"operation"`
			} `json:"trigger"`
			Payload struct {
				Action struct {
					Trigger string `json:"trigger"`
				} `json:"action"`
			} `json:"payload"`
		}
		if err := json.Unmarshal(s.Message(s.StartRun(porttest.RunSpec{Action: action}), porttest.FormTemplated), &m); err != nil {
			t.Fatal(err)
		}
		if m.Payload.Action.Trigger != want.operation || m.Trigger.Origin != want.origin {
			t.Errorf("%s: %+v", action, m)
		}
		if given := m.Trigger.Operation != nil; given == (want.origin == "AUTOMATION") {
			t.Errorf("%s: trigger.operation given: %v", action, given)
		}
	}
}
