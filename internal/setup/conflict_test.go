package setup_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/internal/setup"
)

// model is a blueprint of grants with something in place of what port-iam has.
func model(properties, required, relations string) func(*world) {
	return func(w *world) {
		w.AddBlueprint(`{"identifier":"provisioned_permissions","title":"P","schema":{"properties":{` + properties + `},"required":[` + required + `]},"relations":{` + relations + `}}`)
	}
}

// action is one under the identifier of the grant action.
func action(trigger, method string) func(*world) {
	return func(w *world) {
		w.AddAction(`{"identifier":"request_permissions","trigger":` + trigger + `,"invocationMethod":` + method + `}`)
	}
}

const (
	dayTwo = `{"type":"self-service","operation":"DAY-2","blueprintIdentifier":"aws_resource","userInputs":{"properties":{}}}`
	kafka  = `{"type":"KAFKA"}`
	rename = ": rename or delete that action in Port, or choose another identifier with GRANT_ACTION"
	yours  = ": change it in Port, or give yours another name there"
)

// What cannot be had without overwriting something is said, and nothing at all
// is changed.
func TestConflicts(t *testing.T) {
	for _, tt := range []struct {
		name    string
		prepare func(*world)
		want    []string
	}{
		{
			"property of another type", model(`"iam_policy":{"type":"string"}`, ``, ``),
			[]string{`blueprint provisioned_permissions: schema.properties.iam_policy.type is "string" and must be "object"` + yours},
		},
		{
			"the end of a grant is no timer", model(`"expiry_time":{"type":"string","format":"date-time"}`, ``, ``),
			[]string{`blueprint provisioned_permissions: schema.properties.expiry_time.format is "date-time" and must be "timer"` + yours},
		},
		{"relation to something else", model(``, ``, `"aws_resource":{"target":"service","many":true}`), []string{
			`blueprint provisioned_permissions: relations.aws_resource.target is "service" and must be "aws_resource"` + yours,
			`blueprint provisioned_permissions: relations.aws_resource.many is true and must be false` + yours,
		}},
		{"more is required than the daemon writes", model(`"ticket":{"type":"string"}`, `"role_arn","ticket","expiry_time"`, `"team":{"target":"aws_resource","required":true}`), []string{
			`blueprint provisioned_permissions: schema.required holds "ticket", which not every grant has, so Port would refuse grants: make it optional in Port`,
			`blueprint provisioned_permissions: schema.required holds "expiry_time", which not every grant has, so Port would refuse grants: make it optional in Port`,
			`blueprint provisioned_permissions: relations.team is required and the daemon does not write it, so Port would refuse grants: make it optional in Port`,
		}},
		{
			"another backend", action(dayTwo, `{"type":"GITHUB","org":"o","repo":"r","workflow":"w"}`),
			[]string{`action request_permissions: invocationMethod.type is "GITHUB" and must be "KAFKA": ` +
				`switch its backend to Kafka in Port, or choose another identifier with GRANT_ACTION`},
		},
		{
			"another account", func(w *world) { w.AddAction(foreignAction) },
			[]string{`action request_permissions: it is for account 999999999999 and must be for 123456789012, because all accounts of an action are served by one daemon: ` +
				`serve that account (ACCOUNTS, or AWS credentials of it), or choose other identifiers with GRANT_ACTION, REVOKE_ACTION and EXPIRE_ACTION, or delete this action in Port if that account is gone`},
		},
		{
			"a list of messages", action(dayTwo, `{"type":"KAFKA","payload":[{}]}`),
			[]string{`action request_permissions: invocationMethod.payload is not an object: make it one in Port, or empty it`},
		},
		{
			"a message that the daemon takes for a change", action(dayTwo, `{"type":"KAFKA","payload":{"diff":{"before":"x"}}}`),
			[]string{`action request_permissions: the daemon does not read invocationMethod.payload as a run, because of its field "diff": ` +
				`remove from it what port-iam does not write`},
		},
		{"an automation", action(`{"type":"automation","event":{"type":"RUN_CREATED","actionIdentifier":"x"}}`, kafka), []string{
			`action request_permissions: trigger.type is "automation" and must be "self-service"` + rename,
			`action request_permissions: trigger.operation is null and must be "DAY-2"` + rename,
			`action request_permissions: trigger.blueprintIdentifier is null and must be "aws_resource"` + rename,
			`action request_permissions: trigger.event.type is "RUN_CREATED" and must be null` + rename,
		}},
		{
			"another blueprint", action(strings.Replace(dayTwo, "aws_resource", "service", 1), kafka),
			[]string{`action request_permissions: trigger.blueprintIdentifier is "service" and must be "aws_resource"` + rename},
		},
		{
			"values that the daemon does not write", model(`"role_arn":{"type":"string","format":"url"},"requester":{"type":"string","format":"email","enum":["a@example.com"]}`, ``, ``),
			[]string{
				`blueprint provisioned_permissions: schema.properties.requester.enum is ["a@example.com"] and must be null` + yours,
				`blueprint provisioned_permissions: schema.properties.role_arn.format is "url" and must be null` + yours,
			},
		},
		{
			"a field that decides, which setup does not write", action(dayTwo, `{"type":"KAFKA","payload":{"context":{"workflowRunId":"w_1"},"diff":{"before":"x"}}}`),
			[]string{`action request_permissions: the daemon does not read invocationMethod.payload as a run, because of its field "diff": remove from it what port-iam does not write`},
		},
		{
			"an input that shows nothing to choose",
			action(strings.Replace(dayTwo, `{"properties":{}}`, `{"properties":{"permissions":{"type":"array","visible":false,"items":{"format":"entity","blueprint":"aws_resource"}}}}`, 1), kafka),
			[]string{
				`action request_permissions: trigger.userInputs.properties.permissions.items.blueprint is "aws_resource" and must be "iam_permissions": change it in Port: the daemon reads this input`,
				`action request_permissions: trigger.userInputs.properties.permissions.visible is false and must be true, or nobody can fill it: change it in Port: the daemon reads this input`,
			},
		},
		{
			"an input of another type", action(strings.Replace(dayTwo, `{"properties":{}}`, `{"properties":{"permissions":{"type":"string"}}}`, 1), kafka),
			[]string{`action request_permissions: trigger.userInputs.properties.permissions.type is "string" and must be "array": change it in Port: the daemon reads this input`},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			tt.prepare(w)
			plan, err := setup.Compare(t.Context(), w.client, everything(t))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, plan.Conflicts()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			var shown, progress strings.Builder
			if err := plan.Write(&shown); err != nil || strings.Count(shown.String(), "\n  ! ") != len(tt.want) {
				t.Errorf("shown: %v\n%s", err, &shown)
			}
			if err := plan.Apply(t.Context(), &progress); !errors.Is(err, setup.ErrConflict) || progress.Len() > 0 {
				t.Errorf("applied: %v\n%s", err, &progress)
			}
			if plan.Empty() || len(w.writes()) > 0 {
				t.Errorf("written: %q", w.writes())
			}
		})
	}
}
