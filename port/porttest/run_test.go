package porttest_test

import (
	"strings"
	"testing"

	"port-iam/port/porttest"
)

const (
	waiting = "r_waiting"
	entity  = `{"identifier":"Permission-1"}`
)

// ends are the ways in which a run may end.
var ends = map[string]struct {
	status string
	end    func(*testing.T, *world)
}{
	"success by a log": {"SUCCESS", func(t *testing.T, w *world) {
		w.want(t, 201, "", "POST", runPath+"/logs", `{"message":"m","terminationStatus":"SUCCESS"}`)
	}},
	"failure by a log": {"FAILURE", func(t *testing.T, w *world) {
		w.want(t, 201, "", "POST", runPath+"/logs", `{"message":"m","terminationStatus":"FAILURE"}`)
	}},
	"success by a patch": {"SUCCESS", func(t *testing.T, w *world) {
		w.want(t, 200, "", "PATCH", runPath, `{"status":"SUCCESS"}`)
	}},
	"failure by a patch": {"FAILURE", func(t *testing.T, w *world) {
		w.want(t, 200, "", "PATCH", runPath, `{"status":"FAILURE"}`)
	}},
}

func TestAnEndedRunIsClosed(t *testing.T) {
	for name, c := range ends {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, porttest.Options{})
			w.AddEntity(grants, `{"identifier":"old"}`)
			c.end(t, w)
			before, _ := w.Run(openRun)
			if before.Status != c.status || before.EndedAt.IsZero() || before.Ends != 1 {
				t.Fatalf("run is %+v", before)
			}

			w.want(t, 422, "run_exhausted", "POST", runPath+"/logs", `{"message":"more"}`)
			w.want(t, 422, "run_exhausted", "POST", runPath+"/logs", `{"message":"more","terminationStatus":"FAILURE"}`)
			w.want(t, 422, "invalid_request", "PATCH", runPath, `{"status":"FAILURE"}`)
			w.want(t, 422, "invalid_request", "PATCH", runPath, `{"statusLabel":"more"}`)
			w.want(t, 400, "run_exhausted", "POST", grantsPath+"?upsert=true&run_id="+openRun, entity)
			w.want(t, 400, "run_exhausted", "DELETE", grantsPath+"/old?delete_dependents=false&run_id="+openRun, "")
			w.want(t, 422, "run_not_waiting_for_approval", "PATCH", runPath+"/approval", `{"status":"APPROVE"}`)

			after, _ := w.Run(openRun)
			if after.Status != before.Status || after.Ends != 1 || len(after.Logs) != len(before.Logs) || !after.UpdatedAt.Equal(before.UpdatedAt) {
				t.Errorf("the run has changed: %+v, before %+v", after, before)
			}
			if got := w.Entities(grants); len(got) != 1 || got[0] != "old" {
				t.Errorf("entities %q", got)
			}
			// Without the run's id the same writes are nobody's but the caller's.
			w.want(t, 201, "", "POST", grantsPath+"?upsert=true", entity)
			w.want(t, 200, "", "DELETE", grantsPath+"/old?delete_dependents=false", "")
		})
	}
}

func TestAnOpenRunTakesMany(t *testing.T) {
	w := newWorld(t, porttest.Options{})
	w.want(t, 201, "", "POST", runPath+"/logs", `{"message":"one","statusLabel":"first"}`)
	w.want(t, 200, "", "PATCH", runPath, `{"statusLabel":"second","link":"https://x.example"}`)
	w.want(t, 201, "", "POST", runPath+"/logs", `{"message":"two"}`)
	w.want(t, 201, "", "POST", grantsPath+"?upsert=true&run_id="+openRun, entity)
	r, _ := w.Run(openRun)
	if r.Status != "IN_PROGRESS" || r.StatusLabel != "second" || len(r.Logs) != 2 || r.Logs[1].Message != "two" || r.Ends != 0 {
		t.Errorf("run is %+v", r)
	}
	logs := w.want(t, 200, "", "GET", runPath+"/logs?offset=1&limit=1", "").body["runLogs"].([]any)
	if len(logs) != 1 || logs[0].(map[string]any)["message"] != "two" {
		t.Errorf("logs %v", logs)
	}
}

// Nothing is done for a run that nobody has approved.
func TestAWaitingRun(t *testing.T) {
	path := "/v1/actions/runs/" + waiting
	newWaiting := func(t *testing.T) *world {
		w := newWorld(t, porttest.Options{})
		w.StartRun(porttest.RunSpec{ID: waiting, Action: "request_permissions", RequiredApproval: true})
		return w
	}
	status := func(w *world) string { r, _ := w.Run(waiting); return r.Status }

	t.Run("writes are refused", func(t *testing.T) {
		w := newWaiting(t)
		w.want(t, 400, "bad_request", "POST", grantsPath+"?upsert=true&run_id="+waiting, entity)
		w.want(t, 422, "invalid_request", "PATCH", path, `{"status":"SUCCESS"}`)
		w.want(t, 422, "invalid_request", "POST", path+"/logs", `{"message":"m","terminationStatus":"SUCCESS"}`)
		if s := status(w); s != "WAITING_FOR_APPROVAL" {
			t.Errorf("run is %s", s)
		}
	})
	t.Run("approved", func(t *testing.T) {
		w := newWaiting(t)
		var ready []string
		defer w.OnRun(func(id string) { ready = append(ready, id) })()
		w.want(t, 201, "", "PATCH", path+"/approval", `{"status":"APPROVE"}`)
		if s := status(w); s != "IN_PROGRESS" || len(ready) != 1 || ready[0] != waiting {
			t.Errorf("run is %s, ready are %q", s, ready)
		}
		if err := w.Approve(waiting); err == nil {
			t.Error("approved twice")
		}
	})
	t.Run("declined", func(t *testing.T) {
		w := newWaiting(t)
		if err := w.Decline(waiting); err != nil {
			t.Fatal(err)
		}
		if s := status(w); s != "DECLINED" {
			t.Errorf("run is %s", s)
		}
		w.want(t, 422, "run_exhausted", "POST", path+"/logs", `{"message":"m"}`)
	})
	t.Run("withdrawn", func(t *testing.T) {
		w := newWaiting(t)
		w.want(t, 200, "", "PATCH", path, `{"status":"FAILURE"}`)
		if err := w.Approve(waiting); err == nil || status(w) != "FAILURE" {
			t.Errorf("run is %s after its approval: %v", status(w), err)
		}
	})
}

func TestUnknownRuns(t *testing.T) {
	w := newWorld(t, porttest.Options{})
	const path = "/v1/actions/runs/r_unknown"
	w.want(t, 404, "not_found", "GET", path, "")
	w.want(t, 404, "not_found", "PATCH", path, `{}`)
	w.want(t, 404, "not_found", "POST", path+"/logs", `{"message":"m"}`)
	w.want(t, 404, "not_found", "GET", path+"/logs", "")
	w.want(t, 404, "not_found", "PATCH", path+"/approval", `{"status":"APPROVE"}`)
	w.want(t, 404, "not_found", "POST", grantsPath+"?upsert=true&run_id=r_unknown", entity)
}

// The two versions of the API differ in how they name what a run is about.
func TestVersionsOfARun(t *testing.T) {
	w := newWorld(t, porttest.Options{})
	for query, want := range map[string]any{"": bucket, "?version=v1": bucket, "?version=v2": nil} {
		run := w.want(t, 200, "", "GET", runPath+query, "").body["run"].(map[string]any)
		if want == nil {
			run, want = run["entity"].(map[string]any), bucket
			if run["identifier"] != want {
				t.Errorf("entity %v", run)
			}
		} else if run["entity"] != want {
			t.Errorf("%s: entity %v", query, run["entity"])
		}
		if strings.Contains(strings.ToLower(toText(run)), "alice@") {
			t.Errorf("the run names its requester: %v", run)
		}
	}
}

func TestRunsAreStartedAsTheFormAllows(t *testing.T) {
	const path = "/v1/actions/request_permissions/runs"
	w := newWorld(t, porttest.Options{})
	got := w.want(t, 202, "", "POST", path+"?run_as=bob@example.com", `{"entity":"`+bucket+`","properties":{"permissions":["s3:GetObject"]}}`)
	run := got.body["run"].(map[string]any)
	id, _ := run["id"].(string)
	if by, machine := toText(run["createdBy"]), toText(run["impersonatedBy"]); !strings.Contains(by, "auth0|") || !strings.Contains(machine, "@clients") {
		t.Errorf("started in the name of a person, and created by %s, impersonated by %s", by, machine)
	}
	own := w.want(t, 202, "", "POST", path, `{"entity":"`+bucket+`","properties":{"permissions":["s3:GetObject"]}}`)
	if by, given := own.body["run"].(map[string]any)["impersonatedBy"]; given {
		t.Errorf("started in its own name, and impersonated by %v", by)
	}
	r, found := w.Run(id)
	if !found || r.Requester != "bob@example.com" || r.Blueprint != "aws_resource" || r.Source != "API" {
		t.Errorf("run is %+v", r)
	}
	w.want(t, 422, "invalid_request", "POST", path, `{"entity":"`+bucket+`","properties":{}}`)
	w.want(t, 422, "invalid_request", "POST", path, `{"entity":"`+bucket+`","properties":{"permissions":"s3:GetObject"}}`)
	w.want(t, 422, "invalid_request", "POST", path, `{"entity":"`+bucket+`","properties":{"permissions":[],"more":1}}`)
	w.want(t, 422, "invalid_request", "POST", path, `{"properties":{"permissions":[]}}`)
	w.want(t, 404, "not_found", "POST", path, `{"entity":"none","properties":{"permissions":[]}}`)
	w.want(t, 404, "not_found", "POST", "/v1/actions/unknown/runs", `{}`)
	w.want(t, 422, "invalid_request", "POST", "/v1/actions/revoke_expired_permissions/runs", `{}`)
	if n := len(w.Runs()); n != 3 {
		t.Errorf("%d runs, want 3", n)
	}
}
