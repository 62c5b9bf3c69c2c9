package porttest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"port-iam/port/porttest"
)

// Filters leave the runs that fit all of them, the newest first.
func TestRunsAreFiltered(t *testing.T) {
	w := newWorld(t, porttest.Options{})
	w.StartRun(porttest.RunSpec{ID: "r_bob", Action: "request_permissions", Entity: "other", Requester: "Bob@Example.com"})
	w.StartRun(porttest.RunSpec{ID: "r_auto", Action: "revoke_expired_permissions", Blueprint: grants, Entity: bucket})
	w.StartRun(porttest.RunSpec{ID: "r_wait", Action: "revoke_permissions", RequiredApproval: true})
	w.want(t, 200, "", "PATCH", "/v1/actions/runs/r_bob", `{"status":"SUCCESS","externalRunId":"build-7"}`)

	for query, want := range map[string]string{
		"":                                    "r_wait r_auto r_bob r_open",
		"limit=2":                             "r_wait r_auto",
		"action=request_permissions":          "r_bob r_open",
		"action=request_permissions&limit=1":  "r_bob",
		"entity=" + bucket:                    "r_auto r_open",
		"entity=" + bucket + "&source=UI":     "r_open",
		"source=AUTOMATION&source=UI&limit=3": "r_wait r_auto r_bob",
		"source=API":                          "",
		"blueprint=" + grants:                 "r_auto",
		"active=true":                         "r_wait r_auto r_open",
		"active=false":                        "r_wait r_auto r_bob r_open",
		"active=true&blueprint=aws_resource":  "r_open",
		"user_email=bob@example.com":          "r_bob",
		"user_email=BOB@EXAMPLE.COM":          "r_bob",
		"user_email=":                         "r_wait r_auto",
		"user_id=client@clients":              "r_wait r_auto",
		"external_run_id=build-7":             "r_bob",
		"external_run_id=build-8":             "",
		"action=unknown":                      "",
	} {
		list := w.want(t, 200, "", "GET", "/v1/actions/runs?"+query, "").body["runs"].([]any)
		ids := make([]string, 0, len(list))
		for _, r := range list {
			ids = append(ids, r.(map[string]any)["id"].(string))
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
	// The id that its backend gave it names a run as well.
	run := w.want(t, 200, "", "GET", "/v1/actions/runs/build-7", "").body["run"].(map[string]any)
	if run["id"] != "r_bob" {
		t.Errorf("build-7 is %v", run["id"])
	}
}

// All that an answer tells of a run.
func TestAnEndedRunAsTheAPIShowsIt(t *testing.T) {
	now := time.Date(2025, 3, 1, 8, 0, 0, 123456789, time.UTC)
	w := newWorld(t, porttest.Options{Now: func() time.Time { return now }})
	w.StartRun(porttest.RunSpec{ID: "r_1", Action: "request_permissions", Entity: bucket, Properties: `{"permissions":["a"]}`})
	now = now.Add(time.Minute)
	w.want(t, 200, "", "PATCH", "/v1/actions/runs/r_1", `{"status":"FAILURE","statusLabel":"l","summary":"s","link":"k"}`)
	now = now.Add(time.Minute)
	link := func(id string) map[string]any {
		return map[string]any{"identifier": id, "title": nil, "icon": nil, "deleted": false}
	}
	want := map[string]any{
		"id": "r_1", "status": "FAILURE", "statusLabel": "l", "summary": "s", "link": "k", "source": "UI",
		"requiredApproval": false, "approval": nil, "createdBy": "client@clients", "updatedBy": "client@clients",
		"action": link("request_permissions"), "blueprint": link("aws_resource"), "entity": link(bucket),
		"createdAt": "2025-03-01T08:00:00.123Z", "updatedAt": "2025-03-01T08:01:00.123Z", "endedAt": "2025-03-01T08:01:00.123Z",
		"properties": map[string]any{"permissions": []any{"a"}},
	}
	got := w.want(t, 200, "", "GET", "/v1/actions/runs/r_1?version=v2", "").body["run"]
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	delete(want, "properties")
	delete(want, "link")
	list := w.want(t, 200, "", "GET", "/v1/actions/runs?version=v2&limit=1&exclude=properties&exclude=link", "").body["runs"].([]any)
	if diff := cmp.Diff([]any{want}, list); diff != "" {
		t.Errorf("in a list (-want +got):\n%s", diff)
	}
}
