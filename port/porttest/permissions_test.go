package porttest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/port/porttest"
)

const (
	mayUse  = "/v1/actions/request_permissions/permissions"
	mayEdit = "/v1/blueprints/aws_resource/permissions"
)

// What the schema of permissions does not allow is refused, and changes nothing.
func TestPermissionsThatDoNotFitTheirSchema(t *testing.T) {
	const query = `{"combinator":"and","rules":[]}`
	for _, c := range []struct{ name, method, path, body string }{
		{"unknown field", "PATCH", mayUse, `{"read":{}}`},
		{"execute of another type", "PATCH", mayUse, `{"execute":[]}`},
		{"null", "PATCH", mayUse, `{"execute":null}`},
		{"unknown field of execute", "PATCH", mayUse, `{"execute":{"groups":[]}}`},
		{"users", "PATCH", mayUse, `{"execute":{"users":"a@example.com"}}`},
		{"roles", "PATCH", mayUse, `{"execute":{"roles":null}}`},
		{"teams", "PATCH", mayUse, `{"execute":{"teams":[5]}}`},
		{"owners", "PATCH", mayUse, `{"execute":{"ownedByTeam":"yes"}}`},
		{"owners approve", "PATCH", mayUse, `{"approve":{"ownedByTeam":true}}`},
		{"policy without queries", "PATCH", mayUse, `{"approve":{"policy":{"conditions":["x"]}}}`},
		{"policy with no query", "PATCH", mayUse, `{"approve":{"policy":{"queries":{},"conditions":["x"]}}}`},
		{"query", "PATCH", mayUse, `{"approve":{"policy":{"queries":{"q":{"rules":[]}},"conditions":["x"]}}}`},
		{"policy without conditions", "PATCH", mayUse, `{"approve":{"policy":{"queries":{"q":` + query + `}}}}`},
		{"policy with no condition", "PATCH", mayUse, `{"approve":{"policy":{"queries":{"q":` + query + `},"conditions":[]}}}`},
		{"empty condition", "PATCH", mayUse, `{"approve":{"policy":{"queries":{"q":` + query + `},"conditions":[""]}}}`},
		{"condition", "PATCH", mayUse, `{"approve":{"policy":{"queries":{"q":` + query + `},"conditions":[true]}}}`},
		{"unknown field of a policy", "PATCH", mayUse, `{"approve":{"policy":{"queries":{"q":` + query + `},"conditions":["x"],"combinator":"and"}}}`},
		{"query parameter", "PATCH", mayUse + "?merge=true", `{}`},
		{"query parameter of a read", "GET", mayUse + "?x=1", ``},
		{"body of a read", "GET", mayEdit, `{}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, porttest.Options{})
			before := w.ActionPermissions("request_permissions")
			w.want(t, 422, "invalid_request", c.method, c.path, c.body)
			if diff := cmp.Diff(before, w.ActionPermissions("request_permissions")); diff != "" {
				t.Errorf("they changed (-before +after):\n%s", diff)
			}
		})
	}
}

// Everybody may execute a new action, administrators approve, and the moderators of a
// blueprint edit its entities. What is set replaces execute or approve.
func TestPermissionsOfActionsAndBlueprints(t *testing.T) {
	w := newWorld(t, porttest.Options{})
	w.want(t, 404, "not_found", "PATCH", mayUse, `{"execute":{"teams":["a"]}}`)
	w.want(t, 404, "not_found", "GET", "/v1/teams/a", "")
	w.AddTeams("a", "b")
	w.want(t, 200, "", "GET", "/v1/teams/a", "")
	permissions := func(method, path, body string) map[string]any {
		t.Helper()
		o, _ := w.want(t, 200, "", method, path, body).body["permissions"].(map[string]any)
		return o
	}
	toAdmins := map[string]any{"users": []any{}, "roles": []any{"Admin"}, "teams": []any{}}
	want := map[string]any{
		"execute": map[string]any{"users": []any{}, "roles": []any{"Admin", "Member"}, "teams": []any{}, "ownedByTeam": false},
		"approve": toAdmins,
	}
	if diff := cmp.Diff(want, permissions("GET", mayUse, "")); diff != "" {
		t.Errorf("of a new action (-want +got):\n%s", diff)
	}
	const policy = `"policy":{"queries":{"q":{"combinator":"or","rules":[]}},"conditions":["true"]}`
	permissions("PATCH", mayUse, `{"execute":{"teams":["b","a","b"],`+policy+`}}`)
	got := permissions("GET", mayUse, "")
	execute, _ := got["execute"].(map[string]any)
	if diff := cmp.Diff([]any{[]any{"a", "b"}, []any{}, false}, []any{execute["teams"], execute["roles"], execute["ownedByTeam"]}); diff != "" || execute["policy"] == nil {
		t.Errorf("execute is replaced, its lists sorted (-want +got):\n%s%v", diff, execute)
	}
	if diff := cmp.Diff(any(toAdmins), got["approve"]); diff != "" {
		t.Errorf("approve stays (-want +got):\n%s", diff)
	}
	got = permissions("PATCH", mayUse, `{"execute":{"roles":["Member"],"policy":null}}`)
	if execute, _ = got["execute"].(map[string]any); execute["policy"] != nil {
		t.Errorf("null removes a policy: %v", execute)
	}
	w.want(t, 200, "", "PUT", "/v1/actions/request_permissions", `{"identifier":"request_permissions","invocationMethod":{"type":"KAFKA"},"trigger":`+selfService+`}`)
	if diff := cmp.Diff(got, permissions("GET", mayUse, "")); diff != "" {
		t.Errorf("a put of the action changes them (-want +got):\n%s", diff)
	}
	w.want(t, 404, "not_found", "PATCH", "/v1/actions/none/permissions", `{}`)
	w.want(t, 404, "not_found", "GET", "/v1/actions/none/permissions", ``)
	w.want(t, 404, "not_found", "GET", "/v1/blueprints/none/permissions", ``)

	entities, _ := permissions("GET", mayEdit, "")["entities"].(map[string]any)
	edit := map[string]any{"users": []any{}, "roles": []any{"Admin", "aws_resource-moderator"}, "teams": []any{}, "ownedByTeam": false}
	for _, name := range []string{"register", "update", "unregister"} {
		if diff := cmp.Diff(any(edit), entities[name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	of, _ := entities["updateProperties"].(map[string]any)
	if diff := cmp.Diff(any(edit), of["resource_type"]); diff != "" || len(of) != 8 {
		t.Errorf("%d properties (-want +got):\n%s", len(of), diff)
	}
	w.SetBlueprintPermissions("aws_resource", `{"entities":{}}`)
	w.want(t, 200, "", "PATCH", "/v1/blueprints/aws_resource", `{"title":"A"}`)
	if diff := cmp.Diff(map[string]any{"entities": map[string]any{}}, permissions("GET", mayEdit, "")); diff != "" {
		t.Errorf("a patch of the blueprint changes them (-want +got):\n%s", diff)
	}
}

// Port works out values of inputs by queries, and takes a run of such a form.
func TestInputsWithQueries(t *testing.T) {
	w := newWorld(t, porttest.Options{})
	w.want(t, 201, "", "POST", "/v1/actions", withInputs(`{"properties":{
		"size":{"type":"string","enum":{"jqQuery":"[\"S\",\"M\"]"},"default":{"jqQuery":"\"S\""},"visible":{"jqQuery":"true"},"disabled":{"jqQuery":"false"}},
		"all":{"type":"array","minItems":{"jqQuery":"1"},"items":{"type":"string","enum":["a"]}},"one":{"type":"string","enum":["a","b"]}},
		"required":{"jqQuery":"[\"size\"]"},"steps":[{"title":"One","order":["size"],"visible":{"jqQuery":"true"}},{"title":"Two","order":["all","one"],"visible":false}]}`))
	w.want(t, 202, "", "POST", "/v1/actions/a/runs", `{"properties":{"size":"L","all":[],"one":"b"}}`)
	w.want(t, 422, "invalid_request", "POST", "/v1/actions/a/runs", `{"properties":{"one":"c"}}`)
	for _, inputs := range []string{
		`{"properties":{"p":{"type":"string","enum":{"query":"x"}}}}`, `{"properties":{"p":{"type":"string","enum":"a"}}}`,
		`{"properties":{},"steps":[{"title":"One","visible":"yes"}]}`, `{"properties":{},"steps":[{"title":"One","more":1}]}`,
	} {
		w.want(t, 422, "invalid_request", "POST", "/v1/actions", withInputs(inputs))
	}
	w.want(t, 422, "invalid_request", "POST", "/v1/blueprints", `{"identifier":"b","title":"B","schema":{"properties":{"p":{"type":"string","enum":{"jqQuery":"x"}}}}}`)
}
