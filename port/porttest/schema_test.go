package porttest_test

import (
	"strings"
	"testing"

	"port-iam/port/porttest"
)

const (
	runPath    = "/v1/actions/runs/" + openRun
	grantsPath = "/v1/blueprints/" + grants + "/entities"
)

// What Port's schemas do not allow is refused.
func TestCallsThatDoNotFitTheirSchema(t *testing.T) {
	const token = "/v1/auth/access_token"
	long := strings.Repeat("x", 1001)
	for _, c := range []struct{ name, method, path, body string }{
		{"token: unknown field", "POST", token, `{"clientId":"client","clientSecret":"secret","grant":"x"}`},
		{"token: no secret", "POST", token, `{"clientId":"client"}`},
		{"token: no id", "POST", token, `{"clientSecret":"secret"}`},
		{"token: id of another type", "POST", token, `{"clientId":5,"clientSecret":"secret"}`},
		{"token: query", "POST", token + "?x=1", `{"clientId":"client","clientSecret":"secret"}`},
		{"organization: query", "GET", "/v1/organization?x=1", ``},
		{"organization: body", "GET", "/v1/organization", `{}`},
		{"kafka: query", "GET", "/v1/kafka-credentials?x=1", ``},

		{"run: version", "GET", runPath + "?version=v3", ``},
		{"run: unknown parameter", "GET", runPath + "?fields=id", ``},
		{"run: repeated parameter", "GET", runPath + "?version=v1&version=v2", ``},
		{"runs: limit of none", "GET", "/v1/actions/runs?limit=0", ``},
		{"runs: limit too high", "GET", "/v1/actions/runs?limit=1001", ``},
		{"runs: limit is no number", "GET", "/v1/actions/runs?limit=many", ``},
		{"runs: active", "GET", "/v1/actions/runs?active=yes", ``},
		{"runs: source", "GET", "/v1/actions/runs?source=UI&source=EMAIL", ``},
		{"runs: unknown parameter", "GET", "/v1/actions/runs?page=2", ``},
		{"runs: two actions", "GET", "/v1/actions/runs?action=a&action=b", ``},
		{"runs: bad escape", "GET", "/v1/actions/runs?action=%zz", ``},

		{"patch: unknown field", "PATCH", runPath, `{"state":"SUCCESS"}`},
		{"patch: back to progress", "PATCH", runPath, `{"status":"IN_PROGRESS"}`},
		{"patch: unknown status", "PATCH", runPath, `{"status":"success"}`},
		{"patch: status of another type", "PATCH", runPath, `{"status":null}`},
		{"patch: label", "PATCH", runPath, `{"statusLabel":5}`},
		{"patch: link", "PATCH", runPath, `{"link":{"url":"x"}}`},
		{"patch: links", "PATCH", runPath, `{"link":["x",5]}`},
		{"patch: message", "PATCH", runPath, `{"message":"text"}`},
		{"patch: summary", "PATCH", runPath, `{"summary":["text"]}`},
		{"patch: version", "PATCH", runPath + "?version=2", `{"status":"SUCCESS"}`},
		{"patch: not JSON", "PATCH", runPath, `status=SUCCESS`},
		{"patch: not an object", "PATCH", runPath, `["SUCCESS"]`},
		{"patch: null", "PATCH", runPath, `null`},
		{"patch: two objects", "PATCH", runPath, `{"status":"SUCCESS"}{}`},

		{"log: no message", "POST", runPath + "/logs", `{"terminationStatus":"SUCCESS"}`},
		{"log: message of another type", "POST", runPath + "/logs", `{"message":["a"]}`},
		{"log: null message", "POST", runPath + "/logs", `{"message":null}`},
		{"log: unknown status", "POST", runPath + "/logs", `{"message":"m","terminationStatus":"DONE"}`},
		{"log: status of a patch", "POST", runPath + "/logs", `{"message":"m","status":"SUCCESS"}`},
		{"log: query", "POST", runPath + "/logs?version=v2", `{"message":"m"}`},
		{"logs: limit", "GET", runPath + "/logs?limit=51", ``},
		{"logs: offset", "GET", runPath + "/logs?offset=-1", ``},
		{"approval: no status", "PATCH", runPath + "/approval", `{"description":"d"}`},
		{"approval: unknown status", "PATCH", runPath + "/approval", `{"status":"APPROVED"}`},
		{"start: unknown field", "POST", "/v1/actions/request_permissions/runs", `{"inputs":{}}`},
		{"start: properties", "POST", "/v1/actions/request_permissions/runs", `{"properties":[]}`},

		{"upsert: parameter missing", "POST", grantsPath, `{"identifier":"a"}`},
		{"upsert: parameter is no boolean", "POST", grantsPath + "?upsert=1", `{"identifier":"a"}`},
		{"upsert: unknown parameter", "POST", grantsPath + "?upsert=true&runId=r", `{"identifier":"a"}`},
		{"upsert: no identifier", "POST", grantsPath + "?upsert=true", `{"title":"a"}`},
		{"upsert: empty identifier", "POST", grantsPath + "?upsert=true", `{"identifier":""}`},
		{"upsert: dots", "POST", grantsPath + "?upsert=true", `{"identifier":".."}`},
		{"upsert: star", "POST", grantsPath + "?upsert=true", `{"identifier":"s3:*"}`},
		{"upsert: space", "POST", grantsPath + "?upsert=true", `{"identifier":"a b"}`},
		{"upsert: too long", "POST", grantsPath + "?upsert=true", `{"identifier":"` + long + `"}`},
		{"upsert: identifier of another type", "POST", grantsPath + "?upsert=true", `{"identifier":5}`},
		{"upsert: title", "POST", grantsPath + "?upsert=true", `{"identifier":"a","title":null}`},
		{"upsert: icon", "POST", grantsPath + "?upsert=true", `{"identifier":"a","icon":5}`},
		{"upsert: team", "POST", grantsPath + "?upsert=true", `{"identifier":"a","team":null}`},
		{"upsert: teams", "POST", grantsPath + "?upsert=true", `{"identifier":"a","team":["x",5]}`},
		{"upsert: properties", "POST", grantsPath + "?upsert=true", `{"identifier":"a","properties":[]}`},
		{"upsert: relations", "POST", grantsPath + "?upsert=true", `{"identifier":"a","relations":"x"}`},
		{"upsert: relation to a number", "POST", grantsPath + "?upsert=true", `{"identifier":"a","relations":{"aws_resource":5}}`},
		{"upsert: relation to a wildcard", "POST", grantsPath + "?upsert=true", `{"identifier":"a","relations":{"permissions":["s3:*"]}}`},
		{"delete: parameter missing", "DELETE", grantsPath + "/a", ``},
		{"delete: unknown parameter", "DELETE", grantsPath + "/a?delete_dependents=false&force=true", ``},
		{"entity: unknown parameter", "GET", grantsPath + "/a?limit=1", ``},
		{"entity: parameter is no boolean", "GET", grantsPath + "/a?exclude_calculated_properties=no", ``},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, porttest.Options{})
			w.want(t, 422, "invalid_request", c.method, c.path, c.body)
			if r, _ := w.Run(openRun); r.Status != "IN_PROGRESS" || len(r.Logs) > 0 || !r.UpdatedAt.Equal(r.CreatedAt) {
				t.Errorf("the run has changed: %+v", r)
			}
			if list := w.Entities(grants); len(list) > 0 {
				t.Errorf("entities were written: %q", list)
			}
		})
	}
}

// What the schemas do allow is taken.
func TestCallsThatFitTheirSchema(t *testing.T) {
	for _, c := range []struct {
		status             int
		method, path, body string
	}{
		{200, "GET", "/v1/actions/runs?limit=1000&active=true&source=UI&source=API&exclude=properties&version=v1&blueprint=b&user_id=u&external_run_id=x", ``},
		{200, "PATCH", runPath + "?version=v1", `{"statusLabel":"l","link":["a","b"],"summary":"s","externalRunId":"x","message":{"a":1}}`},
		{200, "PATCH", runPath, `{}`},
		{201, "POST", runPath + "/logs", `{"message":"","statusLabel":"l"}`},
		{201, "POST", grantsPath + "?upsert=false&merge=true&run_id=" + openRun, `{"identifier":"a","title":"A","icon":"i","team":["t"],"properties":{},"relations":{},"blueprint":"b"}`},
		{201, "POST", grantsPath + "?upsert=true", `{"identifier":"ünï/日本\\@_.+:=-5","team":"t","relations":{"aws_resource":null}}`},
		{200, "GET", "/v1/blueprints/aws_resource/entities/" + bucket + "?include=title&include=identifier", ``},
		{200, "GET", "/v1/blueprints/aws_resource/entities", ``},
		{200, "GET", "/v1/blueprints/aws_resource", ``},
		{200, "GET", "/v1/actions/request_permissions", ``},
		{200, "GET", "/v1/kafka-credentials", ``},
		{200, "GET", "/v1/organization", ``},
	} {
		newWorld(t, porttest.Options{}).want(t, c.status, "", c.method, c.path, c.body)
	}
}

func TestCallsOutsideTheAPI(t *testing.T) {
	w := newWorld(t, porttest.Options{})
	for _, c := range []struct{ method, path string }{
		{"GET", "/"},
		{"GET", "/v1"},
		{"GET", "/v2/organization"},
		{"POST", "/v1/organization"},
		{"GET", "/v1/organization/"},
		{"GET", "/v1//organization"},
		{"DELETE", runPath},
		{"PUT", grantsPath},
		{"GET", grantsPath + "/"},
		{"GET", "/v1/actions/runs/"},
		{"GET", "/v1/blueprints/aws_resource/entities/arn:aws:ec2:us-east-1:" + account + ":instance/i-0123456789abcdef0"},
	} {
		w.want(t, 404, "not_found", c.method, c.path, "")
	}
}

func TestBodiesAreBounded(t *testing.T) {
	w := newWorld(t, porttest.Options{})
	body := func(size int) string { return `{"message":"` + strings.Repeat("x", size-len(`{"message":""}`)) + `"}` }
	w.want(t, 201, "", "POST", runPath+"/logs", body(1<<20))
	w.want(t, 413, "bad_request", "POST", runPath+"/logs", body(1<<20+1))
}

func TestBodiesSayWhatTheyAre(t *testing.T) {
	w := newWorld(t, porttest.Options{})
	for contentType, want := range map[string]int{"application/json; charset=utf-8": 201, "text/plain": 415, "application/x-www-form-urlencoded": 415, "": 415} {
		if got := w.send(t, contentType); got != want {
			t.Errorf("content type %q: %d, want %d", contentType, got, want)
		}
	}
}
