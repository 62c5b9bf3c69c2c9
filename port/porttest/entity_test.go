package porttest_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"port-iam/port/porttest"
)

func toText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func TestEntitiesFitTheirBlueprint(t *testing.T) {
	const mismatch = "blueprint_schema_mismatch"
	for name, c := range map[string]struct {
		blueprint, body string
		status          int
		code            string
	}{
		"all that there is": {grants, `{"identifier":"a","properties":{"requester":"a@b.example","iam_policy":{"a":1},"sign_in_url":"https://x.example/y",
			"policy_arn":"p","role_arn":"r","expiry_time":"2025-01-01T00:00:00.000Z"},"relations":{"permissions":["s3:GetObject"],"aws_resource":"` + bucket + `"}}`, 201, ""},
		"unknown blueprint":       {"none", `{"identifier":"a"}`, 404, "not_found"},
		"unknown property":        {grants, `{"identifier":"a","properties":{"x":1}}`, 422, mismatch},
		"text for an object":      {grants, `{"identifier":"a","properties":{"iam_policy":"{}"}}`, 422, mismatch},
		"number for a text":       {grants, `{"identifier":"a","properties":{"role_arn":5}}`, 422, mismatch},
		"null for a text":         {grants, `{"identifier":"a","properties":{"role_arn":null}}`, 422, mismatch},
		"no URL":                  {grants, `{"identifier":"a","properties":{"sign_in_url":"somewhere"}}`, 422, mismatch},
		"no time":                 {grants, `{"identifier":"a","properties":{"expiry_time":"tomorrow"}}`, 422, mismatch},
		"required property":       {"aws_resource", `{"identifier":"a"}`, 422, mismatch},
		"not among the values":    {"aws_resource", `{"identifier":"a","properties":{"resource_type":"RDS"}}`, 422, mismatch},
		"a list":                  {"aws_resource", `{"identifier":"a","properties":{"resource_type":"S3","tags":[{"k":"v"}]}}`, 201, ""},
		"unknown relation":        {grants, `{"identifier":"a","relations":{"x":"y"}}`, 404, "not_found"},
		"unknown target":          {grants, `{"identifier":"a","relations":{"aws_resource":"none"}}`, 404, "not_found"},
		"one unknown of several":  {grants, `{"identifier":"a","relations":{"permissions":["s3:GetObject","none"]}}`, 404, "not_found"},
		"several for one":         {grants, `{"identifier":"a","relations":{"aws_resource":["` + bucket + `"]}}`, 422, "relation_many_violation"},
		"one for several":         {grants, `{"identifier":"a","relations":{"permissions":"s3:GetObject"}}`, 422, "relation_many_violation"},
		"null is no relation":     {grants, `{"identifier":"a","relations":{"aws_resource":null,"permissions":null}}`, 201, ""},
		"none of several is fine": {grants, `{"identifier":"a","relations":{"permissions":[]}}`, 201, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, porttest.Options{})
			w.want(t, c.status, c.code, "POST", "/v1/blueprints/"+c.blueprint+"/entities?upsert=true", c.body)
			if _, exists := w.Entity(c.blueprint, "a"); exists != (c.status == 201) {
				t.Errorf("exists: %v", exists)
			}
		})
	}
}

func TestHowEntitiesAreWritten(t *testing.T) {
	w := newWorld(t, porttest.Options{})
	properties := func() string {
		e, _ := w.Entity(grants, "a")
		return toText(e["properties"]) + toText(e["relations"])
	}
	write := func(status int, code, query, body string) {
		t.Helper()
		w.want(t, status, code, "POST", grantsPath+query, body)
	}
	step := func(want string) {
		t.Helper()
		if diff := cmp.Diff(want, properties()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	write(201, "", "?upsert=true&validation_only=false", `{"identifier":"a","properties":{"role_arn":"r"},"relations":{"aws_resource":"`+bucket+`"}}`)
	step(`{"role_arn":"r"}{"aws_resource":"` + bucket + `"}`)
	write(409, "identifier_taken", "?upsert=false", `{"identifier":"a"}`)
	write(201, "", "?upsert=true&merge=true", `{"identifier":"a","properties":{"policy_arn":"p"}}`)
	step(`{"policy_arn":"p","role_arn":"r"}{"aws_resource":"` + bucket + `"}`)
	write(201, "", "?upsert=true&merge=true", `{"identifier":"a","relations":{"aws_resource":null}}`)
	step(`{"policy_arn":"p","role_arn":"r"}{}`)
	write(200, "", "?upsert=true&validation_only=true", `{"identifier":"a"}`)
	write(422, "blueprint_schema_mismatch", "?upsert=true&validation_only=true", `{"identifier":"a","properties":{"x":1}}`)
	step(`{"policy_arn":"p","role_arn":"r"}{}`)
	write(201, "", "?upsert=true", `{"identifier":"a"}`)
	step(`{}{}`)
	write(201, "", "?upsert=true&create_missing_related_entities=true", `{"identifier":"a","relations":{"permissions":["s3:GetObject","s3:New"]}}`)
	if _, exists := w.Entity("iam_permissions", "s3:New"); !exists {
		t.Error("the related entity was not created")
	}
}

func TestDependentsHoldAnEntity(t *testing.T) {
	w := newWorld(t, porttest.Options{})
	w.AddEntity(grants, `{"identifier":"a","relations":{"aws_resource":"`+bucket+`"}}`)
	w.AddEntity(grants, `{"identifier":"b","relations":{"permissions":["s3:GetObject","s3:PutObject"]}}`)
	resource, permission := "/v1/blueprints/aws_resource/entities/"+bucket, "/v1/blueprints/iam_permissions/entities/s3:PutObject"
	for _, path := range []string{resource, permission} {
		w.want(t, 403, "has_dependents", "DELETE", path+"?delete_dependents=false", "")
		w.want(t, 200, "", "GET", path, "")
	}
	w.want(t, 200, "", "DELETE", resource+"?delete_dependents=true", "")
	if got := w.Entities(grants); len(got) != 1 || got[0] != "b" {
		t.Errorf("left are %q", got)
	}
	w.want(t, 200, "", "DELETE", grantsPath+"/b?delete_dependents=false", "")
	w.want(t, 200, "", "DELETE", permission+"?delete_dependents=false", "")
	w.want(t, 404, "not_found", "DELETE", permission+"?delete_dependents=false", "")
}

func TestEntitiesAreListed(t *testing.T) {
	w := newWorld(t, porttest.Options{})
	list := func() []any { return w.want(t, 200, "", "GET", grantsPath, "").body["entities"].([]any) }
	if got := list(); len(got) != 0 {
		t.Errorf("entities %v", got)
	}
	w.AddEntity(grants, `{"identifier":"b"}`)
	w.AddEntity(grants, `{"identifier":"a"}`)
	if got := list(); len(got) != 2 || got[0].(map[string]any)["identifier"] != "a" {
		t.Errorf("entities %v", got)
	}
	w.want(t, 404, "not_found", "GET", "/v1/blueprints/none/entities", "")
	w.want(t, 404, "not_found", "GET", "/v1/blueprints/none/entities/a", "")
	w.want(t, 404, "not_found", "GET", "/v1/blueprints/none", "")
	w.want(t, 404, "not_found", "GET", "/v1/actions/none", "")
}

// The test that sets up a world wrongly is told so at once.
func TestASetUpThatPortWouldRefuse(t *testing.T) {
	s := porttest.New(porttest.Options{})
	s.GuideModel()
	s.StartRun(porttest.RunSpec{ID: "r_1"})
	for name, f := range map[string]func(){
		"blueprint that is not JSON": func() { s.AddBlueprint(`{`) },
		"action that is not JSON":    func() { s.AddAction(`{`) },
		"entity that is not JSON":    func() { s.AddEntity(grants, `{`) },
		"entity without identifier":  func() { s.AddEntity(grants, `{}`) },
		"entity that does not fit":   func() { s.AddEntity("aws_resource", `{"identifier":"a"}`) },
		"entity of no blueprint":     func() { s.AddEntity("none", `{"identifier":"a"}`) },
		"run with a taken id":        func() { s.StartRun(porttest.RunSpec{ID: "r_1"}) },
		"run with odd properties":    func() { s.StartRun(porttest.RunSpec{Properties: []int{1}}) },
		"message of no run":          func() { s.Message("r_2", porttest.FormTemplated) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

// Each write leaves its time; only a new entity has a new time of creation.
func TestEntitiesSayWhenTheyWereChanged(t *testing.T) {
	at := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	w := newWorld(t, porttest.Options{Now: func() time.Time { at = at.Add(time.Second); return at }})
	const path, body = "/v1/blueprints/iam_permissions/entities/s3:Fresh", `{"identifier":"s3:Fresh","properties":{"resource_type":"S3"}}`
	read := func() (created, updated time.Time) {
		t.Helper()
		e := w.want(t, 200, "", "GET", path, "").body["entity"].(map[string]any)
		for name, to := range map[string]*time.Time{"createdAt": &created, "updatedAt": &updated} {
			v, err := time.Parse("2006-01-02T15:04:05.000Z", e[name].(string))
			must(t, err)
			*to = v
		}
		return created, updated
	}
	w.AddEntity("iam_permissions", body)
	created, first := read()
	if !created.Equal(first) {
		t.Errorf("created at %v and changed at %v", created, first)
	}
	w.want(t, 201, "", "POST", "/v1/blueprints/iam_permissions/entities?upsert=true&merge=true", body)
	again, second := read()
	w.AddEntity("iam_permissions", body)
	replaced, third := read()
	if !again.Equal(created) || !replaced.Equal(created) || !second.After(first) || !third.After(second) {
		t.Errorf("created at %v, %v, changed at %v, %v", again, replaced, second, third)
	}
	must(t, w.RemoveEntity("iam_permissions", "s3:Fresh"))
	w.want(t, 404, "not_found", "GET", path, "")
	w.AddEntity("iam_permissions", body)
	if remade, fourth := read(); !remade.After(third) || !fourth.Equal(remade) {
		t.Errorf("made again at %v, changed at %v", remade, fourth)
	}
	w.AddEntity(grants, `{"identifier":"x","relations":{"permissions":["s3:Fresh"]}}`)
	if w.RemoveEntity("iam_permissions", "s3:Fresh") == nil || w.RemoveEntity("iam_permissions", "none") == nil {
		t.Error("removed what a grant has a relation to, or what there is none of")
	}
}
