package main

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/internal/demo"
	"port-iam/templates"
)

// merge applies a JSON merge patch (RFC 7396), which null removes by.
func merge(to map[string]any, patch map[string]any) map[string]any {
	out := map[string]any{}
	maps.Copy(out, to)
	for name, v := range patch {
		inner, isObject := v.(map[string]any)
		old, _ := out[name].(map[string]any)
		switch {
		case v == nil:
			delete(out, name)
		case isObject:
			out[name] = merge(old, inner)
		default:
			out[name] = v
		}
	}
	return out
}

// change patches a blueprint of the guide, or an action as setup makes it, by the
// name of its step.
func (w *checkWorld) change(stepName string, patches ...string) {
	w.t.Helper()
	kind, id, _ := strings.Cut(stepName, " ")
	body, _ := w.Port.Blueprint(id)
	add := w.Port.AddBlueprint
	if kind != "blueprint" {
		add = w.Port.AddAction
		all, err := templates.Actions(templates.Automation{
			Accounts: []string{demo.Account}, ActionIDs: templates.ActionIDs{Grants: []templates.GrantAction{{ID: "request_permissions"}}, Revoke: "revoke_permissions", Expire: "revoke_expired_permissions"},
		})
		if err != nil {
			w.t.Fatal(err)
		}
		for _, raw := range all {
			var a map[string]any
			if err := json.Unmarshal(raw, &a); err != nil {
				w.t.Fatal(err)
			}
			if a["identifier"] == id {
				body = a
			}
		}
	}
	for _, p := range patches {
		var patch map[string]any
		if err := json.Unmarshal([]byte(p), &patch); err != nil {
			w.t.Fatalf("%v: %s", err, p)
		}
		body = merge(body, patch)
	}
	text, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	add(string(text))
}

const (
	ofResources   = "blueprint aws_resource"
	ofPermissions = "blueprint iam_permissions"
	ofGrants      = "blueprint provisioned_permissions"
	toRequest     = "action request_permissions"
	toRevoke      = "action revoke_permissions"
	toExpire      = "automation revoke_expired_permissions"
)

// message patches the message of an action, or a part of it.
func message(patch string) string { return `{"invocationMethod":{"payload":` + patch + `}}` }

// wrapped makes of the message of the request its wrapped form, which the daemon
// reads as well.
const wrapped = `{"action":null,"resourceType":null,"status":null,"trigger":null,"context":null,"payload":{
	"action":"{{ .action.identifier }}","resourceType":"run","trigger":"{{ .trigger }}","entity":null,"properties":null,
	"context":{"entity":"{{ .entity.identifier }}","runId":"{{ .run.id }}"},
	"payload":{"action":"{{ .action.identifier }}","properties":"{{ .inputs }}"}}}`

// input patches one input of the form.
func input(name, patch string) string {
	return `{"trigger":{"userInputs":{"properties":{"` + name + `":` + patch + `}}}}`
}

// TestCheckModel: with each of these a daemon cannot work. The step says what is
// wrong and what to do, and where that is setup, it helps.
func TestCheckModel(t *testing.T) {
	const (
		bySetup  = "run `port-iam setup`"
		inPort   = "change it in Port, or give yours another name there"
		optional = "make it optional in Port"
		another  = "choose another identifier with "
		foreign  = "rename or delete that action in Port, or " + another
		theInput = "change it in Port: the daemon reads this input"
		form     = "trigger.userInputs.properties."
		property = "schema.properties."
		payload  = "invocationMethod.payload"
		noRun    = "the daemon does not read " + payload + " as a run, because of its field "
		remove   = "remove from it what port-iam does not write"
	)
	for _, tt := range []struct {
		name, step  string
		patches     []string
		why, remedy string
	}{
		{"a property is required", ofGrants, []string{`{"schema":{"properties":{"cost_center":{"type":"string"}},"required":["cost_center"]}}`}, `schema.required holds "cost_center"`, optional},
		{"the end is required", ofGrants, []string{`{"schema":{"required":["expiry_time"]}}`}, `schema.required holds "expiry_time"`, optional},
		{"a relation is required", ofGrants, []string{`{"relations":{"team":{"target":"aws_resource","required":true}}}`}, `relations.team is required`, optional},
		{"the end is no timer", ofGrants, []string{`{"schema":{"properties":{"expiry_time":{"format":"date-time"}}}}`}, property + `expiry_time.format is "date-time" and must be "timer"`, inPort},
		{"the end has no format", ofGrants, []string{`{"schema":{"properties":{"expiry_time":{"format":null}}}}`}, property + `expiry_time.format is missing and must be "timer"`, bySetup},
		{"a property is missing", ofGrants, []string{`{"schema":{"properties":{"role_arn":null}}}`}, property + `role_arn is missing and must be of type "string"`, bySetup},
		{"a URL for an ARN", ofGrants, []string{`{"schema":{"properties":{"role_arn":{"format":"url"}}}}`}, property + `role_arn.format is "url" and must be null`, inPort},
		{"a time for an ARN", ofGrants, []string{`{"schema":{"properties":{"policy_arn":{"format":"date-time"}}}}`}, property + `policy_arn.format is "date-time" and must be null`, inPort},
		{"a URL for a person", ofGrants, []string{`{"schema":{"properties":{"requester":{"format":"url"}}}}`}, property + `requester.format is "url" and must be "user"`, inPort},
		{"few requesters", ofGrants, []string{`{"schema":{"properties":{"requester":{"enum":["alice@example.com"]}}}}`}, property + `requester.enum is ["alice@example.com"] and must be null`, inPort},
		{"a property of another type", ofGrants, []string{`{"schema":{"properties":{"iam_policy":{"type":"string"}}}}`}, property + `iam_policy.type is "string" and must be "object"`, inPort},
		{"a relation is missing", ofGrants, []string{`{"relations":{"aws_resource":null}}`}, `relations.aws_resource is missing and must lead to "aws_resource"`, bySetup},
		{"a relation to another blueprint", ofGrants, []string{`{"relations":{"permissions":{"target":"aws_resource"}}}`}, `relations.permissions.target is "aws_resource" and must be "iam_permissions"`, inPort},
		{"a relation to one", ofGrants, []string{`{"relations":{"permissions":{"many":false}}}`}, `relations.permissions.many is false and must be true`, inPort},
		{"resources without a type", ofResources, []string{`{"schema":{"properties":{"resource_type":null},"required":[]}}`}, property + `resource_type is missing`, bySetup},
		{"types of permissions are lists", ofPermissions, []string{`{"schema":{"properties":{"resource_type":{"type":"array","enum":null}}}}`}, property + `resource_type.type is "array" and must be "string"`, inPort},

		{"another backend", toRevoke, []string{`{"invocationMethod":{"type":"WEBHOOK"}}`}, `invocationMethod.type is "WEBHOOK" and must be "KAFKA"`, "switch its backend to Kafka in Port, or " + another + "REVOKE_ACTION"},
		{"another operation", toRevoke, []string{`{"trigger":{"operation":"DAY-2"}}`}, `trigger.operation is "DAY-2" and must be "DELETE"`, foreign + "REVOKE_ACTION"},
		{"on another blueprint", toRequest, []string{`{"trigger":{"blueprintIdentifier":"iam_permissions"}}`}, `trigger.blueprintIdentifier is "iam_permissions" and must be "aws_resource"`, foreign + "GRANT_ACTION"},
		{"not an automation", toExpire, []string{`{"trigger":{"type":"self-service"}}`}, `trigger.type is "self-service" and must be "automation"`, foreign + "EXPIRE_ACTION"},
		{"the timer of another property", toExpire, []string{`{"trigger":{"event":{"propertyIdentifier":"review_at"}}}`}, `trigger.event.propertyIdentifier is "review_at" and must be "expiry_time"`, foreign + "EXPIRE_ACTION"},
		{"another event", toExpire, []string{`{"trigger":{"event":{"type":"ENTITY_UPDATED"}}}`}, `trigger.event.type is "ENTITY_UPDATED" and must be "TIMER_PROPERTY_EXPIRED"`, foreign + "EXPIRE_ACTION"},
		{"permissions are a text", toRequest, []string{input("permissions", `{"type":"string"}`)}, `trigger.userInputs.properties.permissions.type is "string" and must be "array"`, "change it in Port"},
		{"the duration is a number", toRequest, []string{input("duration", `{"type":"number"}`)}, `trigger.userInputs.properties.duration.type is "number" and must be "string"`, "change it in Port"},
		{"resources for permissions", toRequest, []string{input("permissions", `{"items":{"blueprint":"aws_resource"}}`)}, form + `permissions.items.blueprint is "aws_resource" and must be "iam_permissions"`, theInput},
		{"permissions that nobody sees", toRequest, []string{input("permissions", `{"visible":false}`)}, form + `permissions.visible is false and must be true`, theInput},
		{"no permissions", toRequest, []string{input("permissions", `null`)}, `trigger.userInputs.properties.permissions is missing and must be of type "array"`, bySetup},

		{"another account", toRequest, []string{message(`{"context":{"account":"210987654321"}}`)}, `it is for account 210987654321 and must be for ` + demo.Account, "serve that account (ACCOUNTS, or AWS credentials of it), or choose other identifiers"},
		{"another message", toRequest, []string{message(`null`), message(`{"hello":"{{ .run.id }}"}`)}, payload + `.context is missing and must be {`, bySetup},
		{"no run id", toRevoke, []string{message(`{"context":{"runId":null}}`)}, payload + `.context.runId is missing and must be "{{ .run.id }}"`, bySetup},
		{"another thing for the run id", toExpire, []string{message(`{"context":{"runId":"{{ .event.context.entityIdentifier }}"}}`)}, payload + `.context.runId is "{{ .event.context.entityIdentifier }}" and must be`, bySetup},
		{"another name of the action", toRequest, []string{message(`{"action":"mine","payload":{"action":{"identifier":null}}}`)}, payload + `.action is "mine" and must be "{{ .action.identifier }}"`, bySetup},
		{"the same entity always", toRequest, []string{message(`{"context":{"entity":"arn:aws:s3:::b"}}`)}, payload + `.context.entity is "arn:aws:s3:::b" and must be "{{ .entity.identifier }}"`, bySetup},
		{"no requester", toRequest, []string{message(`{"trigger":null}`)}, payload + `.trigger is missing and must be "{{ .trigger }}"`, bySetup},
		{"not a run", toRequest, []string{message(`{"resourceType":"audit"}`)}, payload + `.resourceType is "audit" and must be "run"`, bySetup},
		{"for another backend", toRequest, []string{message(`{"payload":{"action":{"invocationMethod":{"type":"WEBHOOK"}}}}`)}, payload + `.payload.action.invocationMethod.type is "WEBHOOK" and must be "KAFKA"`, bySetup},
		{"for an agent", toRequest, []string{message(`{"payload":{"action":{"invocationMethod":{"agent":true}}}}`)}, noRun + `"payload.action.invocationMethod.agent"`, remove},
		{"a change", toRequest, []string{message(`{"diff":{"before":{}}}`)}, noRun + `"diff"`, remove},
		{"a change that says so twice", toRequest, []string{message(`{"diff":{},"changelogDestination":{}}`)}, noRun + `"diff, changelogDestination"`, remove},
		{"a change behind a long text", toRequest, []string{message(`{"mine":"` + strings.Repeat("x", 200) + `","diff":1}`)}, noRun + `"diff"`, remove},
		{"no entity to request for", toRequest, []string{message(`{"context":{"entity":null}}`)}, payload + `.context.entity is missing and must be "{{ .entity.identifier }}"`, bySetup},
		{"no entity to revoke", toRevoke, []string{message(`{"context":{"entity":null}}`)}, payload + `.context.entity is missing and must be "{{ .entity.identifier }}"`, bySetup},
		{"no entity that has expired", toExpire, []string{message(`{"context":{"entity":null}}`)}, payload + `.context.entity is missing and must be "{{ .event.context.entityIdentifier }}"`, bySetup},
		{"the run for the entity", toRequest, []string{message(`{"context":{"entity":"{{ .run.id }}"}}`)}, payload + `.context.entity is "{{ .run.id }}" and must be`, bySetup},
		{"the time for the trigger", toRequest, []string{message(`{"trigger":"{{ .trigger.at }}"}`)}, payload + `.trigger is "{{ .trigger.at }}" and must be "{{ .trigger }}"`, bySetup},
		{"the same requester always", toRequest, []string{message(`{"trigger":{"by":{"user":{"email":"alice@example.com"}}}}`)}, payload + `.trigger is {"by":{"user":{"email":"alice@example.com"}}} and must be "{{ .trigger }}"`, bySetup},
		{"another name of the action inside", toRequest, []string{message(`{"payload":{"action":{"identifier":"mine"}}}`)}, payload + `.payload.action.identifier is "mine" and must be`, bySetup},
		{"another entity in the wrapped form", toRequest, []string{message(wrapped), message(`{"payload":{"context":{"entity":"x"}}}`)}, payload + `.context is missing and must be {`, bySetup},
		{"no requester in the wrapped form", toRequest, []string{message(wrapped), message(`{"payload":{"trigger":{"by":{"user":"{{ .trigger.by.userId }}"}}}}`)}, payload + `.trigger is missing and must be`, bySetup},
		{"a list", toRequest, []string{message(`[]`)}, payload + ` is not an object`, "make it one in Port, or empty it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newCheckWorld(t)
			w.change(tt.step, tt.patches...)
			code, steps, _ := w.check()
			if diff := cmp.Diff([]string{tt.step}, results(steps, resultFailed)); diff != "" || code != exitFailed {
				t.Fatalf("exit code %d, failed (-want +got):\n%s", code, diff)
			}
			s := steps[tt.step]
			if !strings.Contains(s.Why, tt.why) || !strings.Contains(s.Remedy, tt.remedy) {
				t.Errorf("%q, do %q; want %q, %q", s.Why, s.Remedy, tt.why, tt.remedy)
			}
			if n := writesOf(w.Port); n > 0 {
				t.Errorf("the check made %d writes", n)
			}
			if s.Remedy != bySetup {
				return
			}
			if code, out, errs := command("setup", "--yes", "--account", demo.Account); code != 0 {
				t.Fatalf("setup: %s%s", out, errs)
			}
			if code, steps, _ := w.check(); code != 0 {
				t.Errorf("after setup: %+v", steps[tt.step])
			}
		})
	}
}

// TestCheckLeavesTheCustomersChoices: what the daemon can work with is no failure.
func TestCheckLeavesTheCustomersChoices(t *testing.T) {
	const alone = "as the daemon needs it"
	changes := func(path string) string {
		return alone + "; `port-iam setup` would change invocationMethod.payload." + path
	}
	doubt := func(path string) string {
		return alone + "; invocationMethod.payload." + path + " cannot be judged: \"{{ "
	}
	for _, tt := range []struct {
		name, step string
		patches    []string
		why        string
	}{
		{"titles and icons", ofGrants, []string{`{"title":"Access","icon":"Alert","description":"x","schema":{"properties":{"role_arn":{"title":"Role","icon":"AWS"}}}}`}, alone},
		{"optional properties and relations", ofGrants, []string{`{"schema":{"properties":{"ticket":{"type":"string"}}},"relations":{"team":{"target":"aws_resource","required":false}}}`}, alone},
		{"what every grant has is required", ofGrants, []string{`{"schema":{"required":["role_arn","requester"]},"relations":{"aws_resource":{"required":true}}}`}, alone},
		{"a text instead of a user", ofGrants, []string{`{"schema":{"properties":{"requester":{"format":null}}}}`}, alone},
		{"further types", ofResources, []string{`{"schema":{"properties":{"resource_type":{"enum":["S3","EC2","RDS"]}},"required":["owner"]}}`}, alone},
		{"any types", ofPermissions, []string{`{"schema":{"properties":{"resource_type":{"enum":null}},"required":[]}}`}, alone},
		{"other types", ofPermissions, []string{`{"schema":{"properties":{"resource_type":{"enum":["Bucket"]}}}}`}, alone},
		{"no types", ofResources, []string{`{"schema":{"properties":{"resource_type":{"enum":[]}}}}`}, alone},
		{"no tags", ofResources, []string{`{"schema":{"properties":{"tags":null}}}`}, "`port-iam setup` would change schema.properties.tags"},
		{"tags of another type", ofResources, []string{`{"schema":{"properties":{"tags":{"type":"object"}}}}`}, alone},

		{"as setup makes it", toRequest, nil, alone},
		{"words", toRequest, []string{`{"title":"Ask","icon":"AWS","description":"x","trigger":{"actionCardButtonText":"Ask"}}`}, alone},
		{"approval", toRequest, []string{`{"requiredApproval":{"type":"ANY"},"approvalNotification":{"type":"email"},"allowAnyoneToViewRuns":false}`}, alone},
		{"further inputs", toRequest, []string{input("ticket", `{"type":"string"}`), `{"trigger":{"userInputs":{"required":["permissions","ticket"],"order":["ticket"]}}}`}, alone},
		{"a choice of durations", toRequest, []string{input("duration", `{"enum":["1h","8h"],"pattern":null}`)}, alone},
		{"a condition", toRequest, []string{`{"trigger":{"condition":{"type":"SEARCH","combinator":"and","rules":[]}}}`}, alone},
		{"no reason", toRequest, []string{input("reason", `null`)}, "`port-iam setup` would change trigger.userInputs.properties.reason"},
		{"Port's own message", toRequest, []string{message(`null`)}, "it does not name an AWS account"},
		{"no account", toRevoke, []string{message(`{"context":{"account":null}}`)}, "it does not name an AWS account"},
		{
			"a message that Port has migrated", toRequest,
			[]string{message(`{"action":"{{ .action.identifier[(\"vm_\" | length):] }}","trigger":"{{ .trigger | {by, origin, at} }}",
			"context":{"entity":"{{ (if .entity == {} then null else .entity.identifier end) }}"},"payload":{"entity":"{{ (if .entity == {} then null else .entity end) }}"}}`)},
			`payload.trigger cannot be judged: "{{ .trigger | {by, origin, at} }}"; ` + "`port-iam setup` would change invocationMethod.payload.action; " +
				"`port-iam setup` would change invocationMethod.payload.context.entity; `port-iam setup` would change invocationMethod.payload.payload.entity; " +
				"`port-iam setup` would change invocationMethod.payload.trigger",
		},
		{"email addresses", ofGrants, []string{`{"schema":{"properties":{"requester":{"format":"email"},"role_arn":{"format":"markdown"}}}}`}, alone},
		{"permissions that are fixed", toRequest, []string{input("permissions", `{"visible":false,"default":["s3:GetObject"]}`)}, alone},
		{"permissions as texts", toRequest, []string{input("permissions", `{"items":{"blueprint":null,"format":null,"dataset":null}}`)}, alone},
		{"an input that nobody needs to see", toRequest, []string{input("reason", `{"visible":false}`)}, alone},

		{"a part of the trigger", toRequest, []string{message(`{"trigger":{"by":"{{ .trigger.by }}"}}`)}, changes("trigger")},
		{"the user of the trigger", toRequest, []string{message(`{"trigger":{"by":{"user":"{{ .trigger.by.user }}"}}}`)}, changes("trigger")},
		{"the email of the trigger", toRequest, []string{message(`{"trigger":{"by":{"user":{"email":"{{.trigger.by.user.email}}"}}}}`)}, changes("trigger")},
		{"the whole action inside", toRequest, []string{message(`{"payload":{"action":"{{ .action }}"}}`)}, changes("payload.action")},
		{"the wrapped form", toRequest, []string{message(wrapped)}, changes("action")},
		{"an empty account", toRequest, []string{message(`{"context":{"account":""}}`)}, "it does not name an AWS account"},
		{"a number as the account", toRequest, []string{message(`{"context":{"account":210987654321}}`)}, "it does not name an AWS account"},
		{"no requester of a revocation", toRevoke, []string{message(`{"trigger":null}`)}, changes("trigger")},
		{"a filter", toRequest, []string{message(`{"context":{"runId":"{{ .run.id | tostring }}"}}`)}, doubt("context.runId")},
		{"an index", toRevoke, []string{message(`{"context":{"runId":"{{ .run[\"id\"] }}"}}`)}, doubt("context.runId")},
		{"a property of the entity", toRequest, []string{message(`{"context":{"entity":"{{ .entity.properties.arn }}"}}`)}, doubt("context.entity")},
		{"more than the entity", toRequest, []string{message(`{"context":{"entity":"{{ .entity.identifier }}/x"}}`)}, doubt("context.entity")},
		{"the entity of another event", toRequest, []string{message(`{"context":{"entity":"{{ .event.context.entityIdentifier }}"}}`)}, doubt("context.entity")},
		{"an email in small letters", toRequest, []string{message(`{"trigger":{"by":{"user":{"email":"{{ .trigger.by.user.email | ascii_downcase }}"}}}}`)}, doubt("trigger.by.user.email")},
		{"a kind of resource that is worked out", toRequest, []string{message(`{"resourceType":"{{ \"run\" }}"}`)}, doubt("resourceType")},
		{"a backend that is worked out", toRequest, []string{message(`{"payload":{"action":{"invocationMethod":"{{ {type: \"KAFKA\"} }}"}}}`)}, changes("payload.action.invocationMethod")},
		{"an expression in the wrapped form", toRequest, []string{message(wrapped), message(`{"payload":{"context":{"entity":"{{ .entity | .identifier }}"}}}`)}, doubt("payload.context.entity")},
		{"an expression that nothing depends on", toRequest, []string{message(`{"mine":"{{ now }}"}`)}, alone},
		{"further fields of the message", toRequest, []string{message(`{"mine":"{{ .trigger.at }}","status":"NEW"}`)}, "would change invocationMethod.payload.status"},
		{"the action by its name", toExpire, []string{message(`{"action":"revoke_expired_permissions","payload":null,"trigger":null}`)}, "would change invocationMethod.payload.action"},
		{"switched off", toExpire, []string{`{"publish":false}`}, "what has expired stays listed until the daemon sweeps"},
		{"switched off", toRevoke, []string{`{"publish":false}`}, "it is switched off in Port (publish is false) and stays so: nobody can start it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newCheckWorld(t)
			w.change(tt.step, tt.patches...)
			code, steps, _ := w.check()
			s := steps[tt.step]
			if code != 0 || s.Result != resultOK || !strings.Contains(s.Why, tt.why) || tt.why == alone && s.Why != alone {
				t.Errorf("exit code %d, failed %q, %+v, want %q", code, results(steps, resultFailed), s, tt.why)
			}
			if n := writesOf(w.Port); n > 0 {
				t.Errorf("the check made %d writes", n)
			}
		})
	}
}

// TestCheckWithoutAWS: where AWS does not tell the account, actions are judged
// with the one that they name.
func TestCheckWithoutAWS(t *testing.T) {
	w := newCheckWorld(t)
	w.change(toRequest)
	w.env["AWS_ACCESS_KEY_ID"] = "AKIAWRONG"
	_, steps, _ := w.check()
	if diff := cmp.Diff([]string{"AWS identity"}, results(steps, resultFailed)); diff != "" {
		t.Errorf("failed (-want +got):\n%s", diff)
	}
	for name, why := range map[string]string{toRequest: "as the daemon needs it; it is for AWS account " + demo.Account + ", and whether", toRevoke: "it does not name an AWS account"} {
		if !strings.Contains(steps[name].Why, why) {
			t.Errorf("%s: %+v", name, steps[name])
		}
	}
}

// TestCheckReach: actions of GRANT_ACTION name the accounts that each may reach, and
// everything else is as without.
func TestCheckReach(t *testing.T) {
	const elsewhere = "request_elsewhere"
	w := newTwoAccounts(t)
	grants := []templates.GrantAction{{ID: "request_permissions", Accounts: []string{demo.Account}}, {ID: elsewhere, Accounts: []string{member}}}
	w.env["GRANT_ACTION"] = "request_permissions=" + demo.Account + "," + elsewhere + "=" + member
	all, err := templates.Actions(templates.Automation{
		Accounts:  []string{demo.Account, member},
		ActionIDs: templates.ActionIDs{Grants: grants, Revoke: "revoke_permissions", Expire: "revoke_expired_permissions"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range all {
		w.Port.AddAction(string(body))
	}
	_, steps, _ := w.check()
	for _, name := range []string{ofResources, ofPermissions, ofGrants, toRequest, "action " + elsewhere, toRevoke, toExpire} {
		if s := steps[name]; s.Result != resultOK || strings.Contains(s.Why, "would change") {
			t.Errorf("%+v", s)
		}
	}
	w.env["GRANT_ACTION"] = "request_permissions=" + member + "," + elsewhere + "=" + member
	_, steps, _ = w.check()
	if diff := cmp.Diff([]string{toRequest}, results(steps, resultFailed)); diff != "" || !strings.Contains(steps[toRequest].Why, "must be for "+member) {
		t.Errorf("with another account, failed (-want +got):\n%s\n%+v", diff, steps[toRequest])
	}
}
