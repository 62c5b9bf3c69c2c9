package setup_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/internal/setup"
)

// form is the grant action with that form and nothing else to remark.
func form(inputs string) string {
	return `{"identifier":"request_permissions","trigger":{"type":"self-service","operation":"DAY-2","blueprintIdentifier":"aws_resource",
		"userInputs":` + inputs + `},"invocationMethod":{"type":"KAFKA"}}`
}

// expiry is the automation with some more fields.
func expiry(more string) string {
	return `{"identifier":"revoke_expired_permissions","trigger":{"type":"automation","event":{"type":"TIMER_PROPERTY_EXPIRED",
		"blueprintIdentifier":"provisioned_permissions","propertyIdentifier":"expiry_time"}},"invocationMethod":{"type":"KAFKA"}` + more + `}`
}

// TestActions are existing actions, and what of them is touched.
func TestActions(t *testing.T) {
	const all = `"permissions":{"type":"array"},"duration":{"type":"string"}`
	approved := func(c *setup.Choice) { c.Actions.ApproveGrants, c.Actions.ApproveRevokes = true, true }
	asBefore := func(*setup.Choice) {}
	for _, tt := range []struct {
		name, body string
		choose     func(*setup.Choice)
		path       []string
		want       string // JSON
		shown      string // line of the plan
	}{
		{
			"an order gets the new input at its end", form(`{"properties":{` + all + `},"order":["duration","permissions"]}`), asBefore,
			[]string{"trigger", "userInputs", "order"},
			`["duration","permissions","reason"]`, "    + trigger.userInputs.properties.reason: {",
		},
		{
			"no order stays none", form(`{"properties":{` + all + `},"order":[]}`), asBefore,
			[]string{"trigger", "userInputs", "order"},
			`[]`, "    + trigger.userInputs.properties.reason: {",
		},
		{
			"the last step gets the new input", form(`{"properties":{` + all + `},"steps":[{"title":"A","order":["permissions"]},{"title":"B","order":["duration"]}]}`), asBefore,
			[]string{"trigger", "userInputs", "steps"},
			`[{"title":"A","order":["permissions"]},{"title":"B","order":["duration","reason"]}]`, "",
		},
		{
			"a query of what is required stays", form(`{"properties":{` + all + `},"required":{"jqQuery":"[\"permissions\"]"}}`), asBefore,
			[]string{"trigger", "userInputs", "required"},
			`{"jqQuery":"[\"permissions\"]"}`, "",
		},
		{
			"a wrong field of the message is put right", strings.Replace(form(`{"properties":{}}`), `"KAFKA"`, `"KAFKA","payload":{"action":"{{ .trigger.at }}","context":"x"}`, 1), asBefore,
			[]string{"invocationMethod", "payload", "action"},
			`"{{ .action.identifier }}"`, `    ~ invocationMethod.payload.action: "{{ .trigger.at }}" -> "{{ .action.identifier }}"`,
		},
		{
			"an empty message is filled", strings.Replace(form(`{"properties":{}}`), `"KAFKA"`, `"KAFKA","payload":{}`, 1), asBefore,
			[]string{"invocationMethod", "payload", "context", "account"},
			`"` + account + `"`, "",
		},
		{"approval is asked for", form(`{"properties":{}}`), approved, []string{"requiredApproval"}, `true`, "    + requiredApproval: true"},
		{
			"approval was refused before", strings.Replace(form(`{"properties":{}}`), `{`, `{"requiredApproval":false,`, 1), approved,
			[]string{"requiredApproval"},
			`true`, "    ~ requiredApproval: false -> true",
		},
		{
			"approval by all stays", strings.Replace(form(`{"properties":{}}`), `{`, `{"requiredApproval":{"type":"ALL"},`, 1), approved,
			[]string{"requiredApproval"},
			`{"type":"ALL"}`, "",
		},
		{
			"approval stays although setup is not asked for it", strings.Replace(form(`{"properties":{}}`), `{`, `{"requiredApproval":true,`, 1), asBefore,
			[]string{"requiredApproval"},
			`true`, "",
		},
		{"an automation is switched on where nothing says so", expiry(``), asBefore, []string{"publish"}, `true`, "    + publish: true"},
		{
			"an automation that is switched off stays so", expiry(`,"publish":false`), asBefore,
			[]string{"publish"},
			`false`,
			"  ? it is switched off in Port (publish is false) and stays so: what has expired stays listed until the daemon sweeps",
		},
		{
			"an action that is switched off stays so", strings.Replace(form(`{"properties":{}}`), `{`, `{"publish":false,`, 1), asBefore,
			[]string{"publish"},
			`false`, "  ? it is switched off in Port (publish is false) and stays so: nobody can start it",
		},
		{
			"an account that is none is written", strings.Replace(form(`{"properties":{}}`), `"KAFKA"`, `"KAFKA","payload":{"context":{"account":210987654321}}`, 1), asBefore,
			[]string{"invocationMethod", "payload", "context", "account"},
			`"` + account + `"`, `    ~ invocationMethod.payload.context.account: 210987654321 -> "` + account + `"`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.GuideModel()
			w.AddAction(tt.body)
			id := plain(t, tt.body).(object)["identifier"].(string)
			c := choice()
			tt.choose(&c)
			shown, _ := w.mustInstall(t, want(t, c))
			a, _ := w.Action(id)
			if diff := cmp.Diff(plain(t, tt.want), at(a, tt.path...)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !strings.Contains(shown, tt.shown) {
				t.Errorf("the plan does not say %q:\n%s", tt.shown, shown)
			}
			w.settled(t, want(t, c))
		})
	}
}

// A message that is laid out otherwise is the same message.
func TestWhiteSpaceOfTemplatesDoesNotMatter(t *testing.T) {
	w := newWorld(t)
	w.GuideModel()
	d := want(t, choice())
	text := form(`{"properties":{"permissions":{"type":"array"},"duration":{"type":"string"},"reason":{"type":"string"}}}`)
	message := `{"action":"{{.action.identifier}}","resourceType":"run","status":"TRIGGERED","trigger":"{{.trigger}}",
		"context":{"account":"` + account + `","entity":"{{  .entity.identifier}}","blueprint":"{{.action.blueprint}}","runId":"{{.run.id}}"},
		"payload":{"entity":"{{.entity}}","action":{"identifier":"{{.action.identifier}}","trigger":"{{.trigger.operation}}",
		"invocationMethod":{"type":"KAFKA"}},"properties":"{{.inputs}}"}}`
	w.AddAction(strings.Replace(text, `"KAFKA"`, `"KAFKA","payload":`+message, 1))
	if shown, _ := w.mustInstall(t, d); !strings.Contains(shown, "= action request_permissions\n") {
		t.Errorf("it is changed:\n%s", shown)
	}
}

// TestBlueprints are existing blueprints, and what of them is touched.
func TestBlueprints(t *testing.T) {
	const head = `{"identifier":"iam_permissions","title":"P","schema":{"properties":{`
	for _, tt := range []struct {
		name, body string
		path       []string
		want       string
	}{
		{"values may be anything", head + `"resource_type":{"type":"string"}}}}`, []string{"schema", "properties", "resource_type"}, `{"type":"string"}`},
		{"the property is missing", head + `"other":{"type":"number"}}}}`, []string{"schema", "properties", "resource_type", "enum"}, `["S3","EC2"]`},
		{"it is required no longer", head + `"resource_type":{"type":"string","enum":["RDS"]}},"required":[]}}`, []string{"schema", "required"}, `[]`},
		{
			"its own values stay", head + `"resource_type":{"type":"string","enum":["RDS"],"enumColors":{"RDS":"red"}}}}}`,
			[]string{"schema", "properties", "resource_type"},
			`{"type":"string","enum":["RDS"],"enumColors":{"RDS":"red"}}`,
		},
		{
			"other relations stay", head + `},"required":["x"]},"relations":{"team":{"target":"iam_permissions","required":true,"many":false}}}`,
			[]string{"relations"},
			`{"team":{"target":"iam_permissions","required":true,"many":false}}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.AddBlueprint(tt.body)
			w.mustInstall(t, want(t, choice()))
			b, _ := w.Blueprint("iam_permissions")
			if diff := cmp.Diff(plain(t, tt.want), at(b, tt.path...)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			w.settled(t, want(t, choice()))
		})
	}
}

// An end of grants without a format becomes a timer: nothing expires otherwise.
func TestTheEndOfGrantsBecomesATimer(t *testing.T) {
	w := newWorld(t)
	w.AddBlueprint(`{"identifier":"provisioned_permissions","title":"P","schema":{"properties":{"expiry_time":{"type":"string","title":"End"}}}}`)
	w.mustInstall(t, want(t, choice()))
	b, _ := w.Blueprint("provisioned_permissions")
	got := at(b, "schema", "properties", "expiry_time")
	if diff := cmp.Diff(object{"type": "string", "title": "End", "format": "timer"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := len(at(b, "relations").(object)); n != 2 {
		t.Errorf("%d relations", n)
	}
}

// Of a blueprint only what changes is sent: what another program changes meanwhile
// in the rest of it stays.
func TestOnlyWhatChangesOfABlueprintIsSent(t *testing.T) {
	w := newWorld(t)
	body := func(relations string) string {
		return `{"identifier":"iam_permissions","title":"P","schema":{"properties":{}},"relations":{` + relations + `}}`
	}
	w.AddBlueprint(body(``))
	w.before(t, "blueprint_patch", func() {
		w.AddBlueprint(body(`"team":{"target":"aws_resource","required":false,"many":false}`))
	})
	w.mustInstall(t, want(t, choice()))
	b, _ := w.Blueprint("iam_permissions")
	if at(b, "relations", "team") == nil || at(b, "schema", "properties", "resource_type") == nil {
		t.Errorf("%v", b)
	}
}
