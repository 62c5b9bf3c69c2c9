package porttest_test

import (
	"strings"
	"testing"

	"port-iam/port/porttest"
)

// A run says who approved or declined it, once that is so.
func TestARunSaysWhoDecidedAboutIt(t *testing.T) {
	const path = "/v1/actions/runs/" + waiting
	for name, c := range map[string]struct {
		decide func(*testing.T, *world)
		by     string // an e-mail, empty for the machine
		state  string
	}{
		"another person": {func(t *testing.T, w *world) { must(t, w.ApproveAs(waiting, "Bob@example.com")) }, "bob@example.com", "APPROVED"},
		"the requester":  {func(t *testing.T, w *world) { must(t, w.ApproveAs(waiting, "alice@example.com")) }, "alice@example.com", "APPROVED"},
		"not said":       {func(t *testing.T, w *world) { must(t, w.Approve(waiting)) }, porttest.Approver, "APPROVED"},
		"declined":       {func(t *testing.T, w *world) { must(t, w.Decline(waiting)) }, porttest.Approver, "DECLINED"},
		"a machine": {func(t *testing.T, w *world) {
			w.want(t, 201, "", "PATCH", path+"/approval", `{"status":"APPROVE","description":"by rule"}`)
		}, "", "APPROVED"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, porttest.Options{})
			w.StartRun(porttest.RunSpec{ID: waiting, Action: "request_permissions", Requester: "Alice@example.com", RequiredApproval: true})
			run := func() map[string]any {
				return w.want(t, 200, "", "GET", path+"?version=v2", "").body["run"].(map[string]any)
			}
			if r := run(); r["approval"] != nil || r["requiredApproval"] != true || r["createdBy"] != w.UserID("alice@example.com") {
				t.Errorf("before it was decided: %v", r)
			}
			c.decide(t, w)
			a, _ := run()["approval"].(map[string]any)
			if a["userId"] != w.UserID(c.by) || a["state"] != c.state {
				t.Errorf("decided: %v", a)
			}
			if machine := strings.HasSuffix(toText(a["userId"]), `@clients"`); machine != (c.by == "") || machine != (a["description"] == "by rule") {
				t.Errorf("decided by %v", a)
			}
			if s, _ := w.Run(waiting); s.Approval == nil || s.Approval.State != c.state {
				t.Errorf("the run is %+v", s)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
