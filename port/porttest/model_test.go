package porttest_test

import (
	"strings"
	"testing"

	"port-iam/port/porttest"
)

const (
	selfService = `{"type":"self-service","operation":"DAY-2","blueprintIdentifier":"aws_resource","userInputs":{"properties":{}}}`
	minimal     = `"identifier":"b","title":"B","schema":{"properties":{}}`
)

// withInputs is an action with that form.
func withInputs(inputs string) string {
	return `{"identifier":"a","invocationMethod":{"type":"KAFKA"},"trigger":{"type":"self-service","operation":"CREATE","userInputs":` + inputs + `}}`
}

func withTrigger(trigger string) string {
	return `{"identifier":"a","invocationMethod":{"type":"KAFKA"},"trigger":` + trigger + `}`
}

func withMethod(method string) string {
	return `{"identifier":"a","invocationMethod":` + method + `,"trigger":` + selfService + `}`
}

// with adds a field to an action.
func with(field string) string {
	return `{"identifier":"a","invocationMethod":{"type":"KAFKA"},"trigger":` + selfService + `,` + field + `}`
}

// What the schemas of blueprints and actions do not allow is refused.
func TestModelsThatDoNotFitTheirSchema(t *testing.T) {
	for _, c := range []struct{ name, method, path, body string }{
		{"blueprint: no schema", "POST", "/v1/blueprints", `{"identifier":"b","title":"B"}`},
		{"blueprint: no title", "POST", "/v1/blueprints", `{"identifier":"b","schema":{"properties":{}}}`},
		{"blueprint: empty title", "POST", "/v1/blueprints", `{"identifier":"b","title":"","schema":{"properties":{}}}`},
		{"blueprint: identifier", "POST", "/v1/blueprints", `{"identifier":"a=b","title":"B","schema":{"properties":{}}}`},
		{"blueprint: dots", "POST", "/v1/blueprints", `{"identifier":"..","title":"B","schema":{"properties":{}}}`},
		{"blueprint: description", "POST", "/v1/blueprints", `{"description":"` + strings.Repeat("x", 201) + `",` + minimal + `}`},
		{"blueprint: unknown parameter", "POST", "/v1/blueprints?page=true", `{` + minimal + `}`},
		{"blueprint: parameter", "POST", "/v1/blueprints?create_catalog_page=yes", `{` + minimal + `}`},
		{"schema: no properties", "POST", "/v1/blueprints", `{"identifier":"b","title":"B","schema":{"required":[]}}`},
		{"schema: unknown field", "POST", "/v1/blueprints", `{"identifier":"b","title":"B","schema":{"properties":{},"optional":[]}}`},
		{"property: no type", "POST", "/v1/blueprints", `{"identifier":"b","title":"B","schema":{"properties":{"p":{}}}}`},
		{"property: unknown type", "POST", "/v1/blueprints", `{"identifier":"b","title":"B","schema":{"properties":{"p":{"type":"integer"}}}}`},
		{"property: unknown format", "POST", "/v1/blueprints", `{"identifier":"b","title":"B","schema":{"properties":{"p":{"type":"string","format":"entity"}}}}`},
		{"property: name", "POST", "/v1/blueprints", `{"identifier":"b","title":"B","schema":{"properties":{"a b":{"type":"string"}}}}`},
		{"relation: not said how many", "POST", "/v1/blueprints", `{"relations":{"r":{"target":"aws_resource","required":false}},` + minimal + `}`},
		{"relation: unknown field", "POST", "/v1/blueprints", `{"relations":{"r":{"target":"aws_resource","required":false,"many":false,"x":1}},` + minimal + `}`},
		{"patch: schema without properties", "PATCH", "/v1/blueprints/aws_resource", `{"schema":{}}`},
		{"patch: property loses its type", "PATCH", "/v1/blueprints/aws_resource", `{"schema":{"properties":{"p":{"title":"P"}}}}`},
		{"patch: query", "PATCH", "/v1/blueprints/aws_resource?merge=true", `{}`},

		{"action: no trigger", "POST", "/v1/actions", `{"identifier":"a","invocationMethod":{"type":"KAFKA"}}`},
		{"action: no method", "POST", "/v1/actions", `{"identifier":"a","trigger":` + selfService + `}`},
		{"action: identifier", "POST", "/v1/actions", strings.Replace(with(`"publish":true`), `"a"`, `"a/b"`, 1)},
		{"action: unknown field", "POST", "/v1/actions", with(`"createdAt":"2030-01-01T00:00:00Z"`)},
		{"action: approval", "POST", "/v1/actions", with(`"requiredApproval":{"type":"SOME"}`)},
		{"action: approval with more", "POST", "/v1/actions", with(`"requiredApproval":{"type":"ANY","by":"x"}`)},
		{"action: notification", "POST", "/v1/actions", with(`"approvalNotification":{"url":"https://x.example"}`)},
		{"action: publish", "POST", "/v1/actions", with(`"publish":"yes"`)},
		{"action: query", "POST", "/v1/actions?version=v2", with(`"publish":true`)},
		{"trigger: unknown type", "POST", "/v1/actions", withTrigger(`{"type":"manual","operation":"CREATE","userInputs":{"properties":{}}}`)},
		{"trigger: unknown operation", "POST", "/v1/actions", withTrigger(`{"type":"self-service","operation":"UPDATE","userInputs":{"properties":{}}}`)},
		{"trigger: no inputs", "POST", "/v1/actions", withTrigger(`{"type":"self-service","operation":"CREATE"}`)},
		{"trigger: condition of a creation", "POST", "/v1/actions", withTrigger(`{"type":"self-service","operation":"CREATE","userInputs":{"properties":{}},"condition":{}}`)},
		{"automation: no event", "POST", "/v1/actions", withTrigger(`{"type":"automation"}`)},
		{"automation: no property", "POST", "/v1/actions", withTrigger(`{"type":"automation","event":{"type":"TIMER_PROPERTY_EXPIRED","blueprintIdentifier":"aws_resource"}}`)},
		{"automation: event with more", "POST", "/v1/actions", withTrigger(`{"type":"automation","event":{"type":"ENTITY_CREATED","blueprintIdentifier":"aws_resource","propertyIdentifier":"p"}}`)},
		{"automation: inputs", "POST", "/v1/actions", withTrigger(`{"type":"automation","event":{"type":"RUN_CREATED","actionIdentifier":"a"},"userInputs":{"properties":{}}}`)},
		{"inputs: no properties", "POST", "/v1/actions", withInputs(`{"order":[]}`)},
		{"inputs: no type", "POST", "/v1/actions", withInputs(`{"properties":{"p":{"title":"P"}}}`)},
		{"inputs: unknown format", "POST", "/v1/actions", withInputs(`{"properties":{"p":{"type":"string","format":"timer"}}}`)},
		{"inputs: dataset", "POST", "/v1/actions", withInputs(`{"properties":{"p":{"type":"string","dataset":{"rules":[]}}}}`)},
		{"inputs: order and steps", "POST", "/v1/actions", withInputs(`{"properties":{},"order":[],"steps":[]}`)},
		{"inputs: step without title", "POST", "/v1/actions", withInputs(`{"properties":{},"steps":[{"order":[]}]}`)},
		{"inputs: required", "POST", "/v1/actions", withInputs(`{"properties":{},"required":"p"}`)},
		{"method: unknown", "POST", "/v1/actions", withMethod(`{"type":"SQS"}`)},
		{"method: unknown field", "POST", "/v1/actions", withMethod(`{"type":"KAFKA","topic":"x"}`)},
		{"method: payload", "POST", "/v1/actions", withMethod(`{"type":"KAFKA","payload":"x"}`)},
		{"put: unknown field", "PUT", "/v1/actions/request_permissions", with(`"id":"x"`)},
		{"put: other identifier", "PUT", "/v1/actions/request_permissions", with(`"publish":true`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, porttest.Options{})
			w.want(t, 422, "invalid_request", c.method, c.path, c.body)
			if _, made := w.Blueprint("b"); made {
				t.Error("the blueprint was made")
			}
			if _, made := w.Action("a"); made {
				t.Error("the action was made")
			}
		})
	}
}

func TestModelsThatFitTheirSchema(t *testing.T) {
	w := newWorld(t, porttest.Options{})
	w.want(t, 201, "", "POST", "/v1/blueprints?create_catalog_page=false", `{`+minimal+`,"icon":"AWS"}`)
	w.want(t, 409, "identifier_taken", "POST", "/v1/blueprints", `{`+minimal+`}`)
	w.want(t, 201, "", "POST", "/v1/blueprints", `{"identifier":"c","title":"C","schema":{"properties":{"p":{"type":"string","format":"timer","x":1}},"required":["p"]},`+
		`"relations":{"to_b":{"target":"b","required":true,"many":false}}}`)
	w.want(t, 404, "not_found", "POST", "/v1/blueprints", `{"identifier":"d","title":"D","schema":{"properties":{}},"relations":{"r":{"target":"x","required":false,"many":false}}}`)
	if got := w.Pages(); len(got) != 1 || got[0] != "c" {
		t.Errorf("pages: %q", got)
	}
	got := w.want(t, 200, "", "GET", "/v1/blueprints/c", "").body["blueprint"].(map[string]any)
	if got["createdAt"] == nil || got["updatedBy"] == nil {
		t.Errorf("Port says who made it and when: %v", got)
	}

	w.want(t, 200, "", "PATCH", "/v1/blueprints/c", `{"title":"CC"}`)
	w.want(t, 404, "not_found", "PATCH", "/v1/blueprints/none", `{"title":"CC"}`)
	b, _ := w.Blueprint("c")
	if b["title"] != "CC" || b["schema"] == nil {
		t.Errorf("the patch changed more than the title: %v", b)
	}
	w.want(t, 200, "", "PATCH", "/v1/blueprints/c", `{"schema":{"properties":{"q":{"type":"string"}}}}`)
	b, _ = w.Blueprint("c")
	if properties := b["schema"].(map[string]any)["properties"].(map[string]any); properties["p"] != nil {
		t.Error("fields are merged at the top only")
	}

	for _, body := range []string{
		with(`"requiredApproval":{"type":"ALL"},"approvalNotification":{"type":"email"},"allowAnyoneToViewRuns":false`),
		withInputs(`{"properties":{"p":{"type":"string","minLength":1,"visible":{"jqQuery":"true"}}},"required":{"jqQuery":"[]"},"titles":{},"order":["p"]}`),
		withInputs(`{"properties":{},"steps":[{"title":"One","order":[]}]}`),
		withTrigger(`{"type":"automation","event":{"type":"RUN_UPDATED","actionIdentifier":"x"},"condition":{"type":"JQ","expressions":[]}}`),
		withMethod(`{"type":"KAFKA","payload":[]}`), withMethod(`{"type":"WEBHOOK","url":"https://x.example"}`),
	} {
		newWorld(t, porttest.Options{}).want(t, 201, "", "POST", "/v1/actions", body)
	}
	w.want(t, 201, "", "POST", "/v1/actions", with(`"publish":true`))
	w.want(t, 409, "identifier_taken", "POST", "/v1/actions", with(`"publish":true`))
	w.want(t, 200, "", "PUT", "/v1/actions/a", with(`"title":"A"`))
	w.want(t, 404, "not_found", "PUT", "/v1/actions/none", with(`"title":"A"`))
	w.want(t, 404, "not_found", "POST", "/v1/actions", strings.Replace(withTrigger(`{"type":"automation","event":{"type":"ENTITY_CREATED","blueprintIdentifier":"none"}}`), `"a"`, `"e"`, 1))
	if a, _ := w.Action("a"); a["title"] != "A" || a["publish"] != nil {
		t.Errorf("a put replaces the action: %v", a)
	}
}

// The template of an action makes its message.
func TestMessagesFollowTheTemplate(t *testing.T) {
	s := porttest.New(porttest.Options{})
	s.AddAction(withMethod(`{"type":"KAFKA","payload":{"whole":"{{.inputs}}","part":"run {{ .run.id }} of {{ .inputs }}","nothing":"{{ .event.x.y }}","list":["{{ .action.identifier }}",5]}}`))
	id := s.StartRun(porttest.RunSpec{ID: "r_1", Action: "a", Properties: `{"p":1}`})
	const want = `{"list":["a",5],"nothing":null,"part":"run r_1 of {\"p\":1}","whole":{"p":1}}`
	if got := string(s.Message(id, porttest.FormTemplated)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	defer func() {
		if recover() == nil {
			t.Error("a template of more than paths was rendered")
		}
	}()
	s.AddAction(withMethod(`{"type":"KAFKA","payload":{"x":"{{ .inputs | keys }}"}}`))
	s.Message(id, porttest.FormTemplated)
}
